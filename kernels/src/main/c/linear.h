/*
 * Matrix products. Weights come in blocks of 32 outputs (see PackedMatrix.java), activations in panels of a few rows. A tile holds
 * the sums of one panel and one block, or two, in registers, and takes the inputs in order: what is summed into an output does
 * not depend on the panel, the tile or the chunk.
 */
enum {
    /* Rows whose sums wait in memory while a chunk of a block's weights stays in the first-level cache. */
    WAITING_ROWS = 192,
    CHUNK_BYTES = 24576,
    /* Bytes ahead; the hardware looks no further than a page of 4096. */
    PREFETCH = 8192
};

/*
 * A tile takes R rows, the weights of a block, the number of units, the panel, and sums that it takes up and leaves in memory;
 * fresh says that they are zero. It prefetches weights so many bytes ahead: with 0 those that it is about to read, which costs
 * nothing when they are in the first-level cache already.
 */

/* Two bfloat16 or four bytes in every lane. */
INLINE i16 input_word(const uint8_t *x, int index)
{
    int32_t word;
    memcpy(&word, x + 4 * index, 4);
    return i_set(word);
}

#ifdef HAS_BF16_DOT
/* Sums are [R][32]. */
INLINE void tile_dot(const int R, const uint8_t *w, int32_t count, const uint8_t *x, float *sums, int fresh, int64_t ahead)
{
    v16 acc[16][2];
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) {
        acc[r][0] = fresh ? v_zero() : v_load(sums + r * 32);
        acc[r][1] = fresh ? v_zero() : v_load(sums + r * 32 + 16);
    }
#pragma GCC unroll 4
    for (int32_t u = 0; u < count; u++) {
        i16 first = i_load(w), second = i_load(w + 64);
        __builtin_prefetch(w + ahead);
        __builtin_prefetch(w + ahead + 64);
#pragma GCC unroll 16
        for (int r = 0; r < R; r++) {
            i16 pair = input_word(x, r);
            acc[r][0] = v_dot_bf16(acc[r][0], first, pair);
            acc[r][1] = v_dot_bf16(acc[r][1], second, pair);
        }
        w += 128;
        x += 4 * R;
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) {
        v_store(sums + r * 32, acc[r][0]);
        v_store(sums + r * 32 + 16, acc[r][1]);
    }
}
#endif

/* Even inputs in one sum, odd ones in another; sums are [R][2][32], evens first, and one vector of outputs is done at a time. */
INLINE void tile_float(const int R, const int is_bf16, const uint8_t *w, int32_t count, const uint8_t *x, float *sums, int fresh, int64_t ahead)
{
#pragma GCC unroll 2
    for (int column = 0; column < 2; column += FLOAT_COLUMNS) {
        v16 even[8][2], odd[8][2];
        const uint8_t *weights = w + column * 64;
        const float *inputs = (const float *)x;
#pragma GCC unroll 12
        for (int r = 0; r < R; r++) {
#pragma GCC unroll 2
            for (int c = 0; c < FLOAT_COLUMNS; c++) {
                float *at = sums + r * 64 + (column + c) * 16;
                even[r][c] = fresh ? v_zero() : v_load(at);
                odd[r][c] = fresh ? v_zero() : v_load(at + 32);
            }
        }
        for (int32_t u = 0; u < count; u++) {
#pragma GCC unroll 2
            for (int c = 0; c < FLOAT_COLUMNS; c++) {
                const uint8_t *at = weights + c * 64;
                /* evens first, then odds: with both at hand a third row's sums would not fit in sixteen registers */
                v16 w_even = is_bf16 ? v_bits(i_shl(i_load(at), 16)) : v_load(at);
#pragma GCC unroll 12
                for (int r = 0; r < R; r++) {
                    even[r][c] = v_fma(w_even, v_set(inputs[2 * r]), even[r][c]);
                }
                v16 w_odd = is_bf16 ? v_bits(i_and(i_load(at), i_set((int32_t)0xFFFF0000))) : v_load(at + 128);
#pragma GCC unroll 12
                for (int r = 0; r < R; r++) {
                    odd[r][c] = v_fma(w_odd, v_set(inputs[2 * r + 1]), odd[r][c]);
                }
            }
            __builtin_prefetch(weights + ahead);
            weights += is_bf16 ? 128 : 256;
            inputs += 2 * R;
        }
#pragma GCC unroll 12
        for (int r = 0; r < R; r++) {
#pragma GCC unroll 2
            for (int c = 0; c < FLOAT_COLUMNS; c++) {
                float *at = sums + r * 64 + (column + c) * 16;
                v_store(at, even[r][c]);
                v_store(at + 32, odd[r][c]);
            }
        }
    }
}

/*
 * Whole numbers are summed exactly within a group, then scaled and added in order of groups. Sums are [R][32]; what is summed over
 * groups may well be spilled, for it is needed once per group only.
 */
INLINE void tile_int(const int R, const int four_bits, const uint8_t *w, int32_t count, const uint8_t *x, float *sums, int fresh,
                     int64_t ahead)
{
    enum { C = INT_COLUMNS };
    const int unit = four_bits ? 64 + 512 : 64 + 1024;
#pragma GCC unroll 2
    for (int column = 0; column < 2; column += C) {
        v16 acc[8][2];
        const uint8_t *weights = w;
        const uint8_t *inputs = x;
#pragma GCC unroll 8
        for (int r = 0; r < R; r++) {
#pragma GCC unroll 2
            for (int c = 0; c < C; c++) {
                acc[r][c] = fresh ? v_zero() : v_load(sums + r * 32 + (column + c) * 16);
            }
        }
        for (int32_t u = 0; u < count; u++) {
            i16 dot[8][2];
            const uint8_t *bytes = inputs + 8 * R;
#pragma GCC unroll 8
            for (int r = 0; r < R; r++) {
                int32_t correction;
                memcpy(&correction, inputs + 4 * (R + r), 4);
#pragma GCC unroll 2
                for (int c = 0; c < C; c++) {
                    dot[r][c] = four_bits || Q8_OFFSET ? i_set(correction) : i_set(0);
                }
            }
#pragma GCC unroll 8
            for (int j = 0; j < GROUP / 4; j++) {
                i16 weight[2];
#pragma GCC unroll 2
                for (int c = 0; c < C; c++) {
                    const uint8_t *block = weights + 64 + (column + c) * 64;
                    if (!four_bits) {
                        weight[c] = i_load(block + j * 128);
                    } else {
                        i16 both = i_load(block + j % 4 * 128);
                        weight[c] = i_and(j < 4 ? both : i_shr(both, 4), i_set(0x0F0F0F0F));
                    }
                }
#pragma GCC unroll 8
                for (int r = 0; r < R; r++) {
                    i16 four = input_word(bytes, j * R + r);
#pragma GCC unroll 2
                    for (int c = 0; c < C; c++) {
                        dot[r][c] = four_bits ? i_dot_q4(dot[r][c], weight[c], four) : i_dot_q8(dot[r][c], weight[c], four);
                    }
                }
            }
#pragma GCC unroll 2
            for (int c = 0; c < C; c++) {
                v16 scales = v_from_half(weights + (column + c) * 32);
#pragma GCC unroll 8
                for (int r = 0; r < R; r++) {
                    float scale;
                    memcpy(&scale, inputs + 4 * r, 4);
                    acc[r][c] = v_fma(v_from_int(dot[r][c]), v_mul(scales, v_set(scale)), acc[r][c]);
                }
            }
#pragma GCC unroll 17
            for (int line = 0; line < unit; line += 64) {
                __builtin_prefetch(weights + ahead + line);
            }
            weights += unit;
            inputs += (8 + GROUP) * R;
        }
#pragma GCC unroll 8
        for (int r = 0; r < R; r++) {
#pragma GCC unroll 2
            for (int c = 0; c < C; c++) {
                v_store(sums + r * 32 + (column + c) * 16, acc[r][c]);
            }
        }
    }
}

/* One function per number of rows: the compiler needs it to keep sums in registers. */
#define ROWS_1_TO_2(CASE) CASE(1) CASE(2)
#define ROWS_1_TO_3(CASE) ROWS_1_TO_2(CASE) CASE(3)
#define ROWS_1_TO_6(CASE) ROWS_1_TO_3(CASE) CASE(4) CASE(5) CASE(6)
#define ROWS_1_TO_8(CASE) ROWS_1_TO_6(CASE) CASE(7) CASE(8)
#define ROWS_1_TO_12(CASE) ROWS_1_TO_6(CASE) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)

#define TILE_PARAMETERS \
    (const uint8_t *w, int32_t n, const uint8_t *x, float *s, int fresh, int64_t a)

typedef void tile_function(const uint8_t *w, int32_t count, const uint8_t *x, float *sums, int fresh, int64_t ahead);

#define DEFINE(R) \
    static void f32_##R TILE_PARAMETERS { tile_float(R, 0, w, n, x, s, fresh, a); }
FLOAT_ROWS(DEFINE)
#undef DEFINE
#define DEFINE(R) \
    static void q8_##R TILE_PARAMETERS { tile_int(R, 0, w, n, x, s, fresh, a); } \
    static void q4_##R TILE_PARAMETERS { tile_int(R, 1, w, n, x, s, fresh, a); }
INT_ROWS(DEFINE)
#undef DEFINE
#ifdef HAS_BF16_DOT
#define BF16_ROWS ROWS_1_TO_12
#define DEFINE(R) \
    static void bf16_##R TILE_PARAMETERS { tile_dot(R, w, n, x, s, fresh, a); }
#else
#define BF16_ROWS FLOAT_ROWS
#define DEFINE(R) \
    static void bf16_##R TILE_PARAMETERS { tile_float(R, 1, w, n, x, s, fresh, a); }
#endif
BF16_ROWS(DEFINE)
#undef DEFINE

static tile_function *tile_for(int32_t format, int32_t rows)
{
#define ENTRY(R) [R] = f32_##R,
    static tile_function *const f32[] = {FLOAT_ROWS(ENTRY)};
#undef ENTRY
#define ENTRY(R) [R] = q8_##R,
    static tile_function *const q8[] = {INT_ROWS(ENTRY)};
#undef ENTRY
#define ENTRY(R) [R] = q4_##R,
    static tile_function *const q4[] = {INT_ROWS(ENTRY)};
#undef ENTRY
#define ENTRY(R) [R] = bf16_##R,
    static tile_function *const bf[] = {BF16_ROWS(ENTRY)};
#undef ENTRY
    switch (format) {
    case FORMAT_F32:
        return f32[rows];
    case FORMAT_BF16:
        return bf[rows];
    case FORMAT_Q8:
        return q8[rows];
    default:
        return q4[rows];
    }
}

/* Floats of sums per row and block while a tile works. */
INLINE int32_t sum_width(int32_t format)
{
    return format == FORMAT_F32 || (format == FORMAT_BF16 && BF16_IS_F32) ? 64 : 32;
}

/* Writes sums of one row and block to the outputs there are, or adds them. */
INLINE void write_row(const float *sums, int32_t width, float *y, int32_t columns, int32_t accumulate)
{
    v16 a = v_load(sums), b = v_load(sums + 16);
    if (width == 64) {
        a = v_add(a, v_load(sums + 32));
        b = v_add(b, v_load(sums + 48));
    }
    if (columns == BLOCK) {
        v_store(y, accumulate ? v_add(v_load(y), a) : a);
        v_store(y + 16, accumulate ? v_add(v_load(y + 16), b) : b);
        return;
    }
    float lanes[BLOCK];
    v_store(lanes, a);
    v_store(lanes + 16, b);
    for (int32_t i = 0; i < columns; i++) {
        y[i] = accumulate ? y[i] + lanes[i] : lanes[i];
    }
}

struct product {
    int32_t format;
    const uint8_t *weights;
    int32_t outputs;
    int32_t rows;
    int32_t units;
    int64_t block_bytes;
    const uint8_t *packed;
    int64_t row_bytes;
    float *y;
    int64_t stride;
    int32_t accumulate;
};

INLINE void write_sums(const struct product *p, const float *sums, int32_t block, int32_t from, int32_t to)
{
    int32_t width = sum_width(p->format);
    int32_t first = block * BLOCK;
    int32_t columns = p->outputs - first < BLOCK ? p->outputs - first : BLOCK;
    for (int32_t row = from; row < to; row++) {
        write_row(sums + (row - from) * width, width, p->y + row * p->stride + first, columns, p->accumulate);
    }
}

/* All rows are one panel: a block's weights are read once, from memory. */
static void one_panel(const struct product *p, int32_t first, int32_t end)
{
    float sums[16 * 64] __attribute__((aligned(64)));
    tile_function *tile = tile_for(p->format, p->rows);
    for (int32_t block = first; block < end; block++) {
        tile(p->weights + block * p->block_bytes, p->units, p->packed, sums, 1, PREFETCH);
        write_sums(p, sums, block, 0, p->rows);
    }
}

/* A chunk of a block's weights stays in the first-level cache while some panels pass over it. */
static void many_panels(const struct product *p, int32_t block)
{
    float sums[WAITING_ROWS * 64] __attribute__((aligned(64)));
    const int32_t width = sum_width(p->format);
    const int32_t count = panels(p->format, p->rows);
    const int32_t chunk = (int32_t)(CHUNK_BYTES / unit_bytes(p->format));
    const uint8_t *w = p->weights + block * p->block_bytes;
    for (int32_t panel = 0; panel < count;) {
        int32_t start = panel_start(p->rows, count, panel);
        int32_t next = panel + 1;
        while (next < count && panel_start(p->rows, count, next + 1) - start <= WAITING_ROWS) {
            next++;
        }
        for (int32_t u = 0; u < p->units; u += chunk) {
            int32_t n = p->units - u < chunk ? p->units - u : chunk;
            for (int32_t i = panel; i < next; i++) {
                int32_t row = panel_start(p->rows, count, i);
                int32_t size = panel_start(p->rows, count, i + 1) - row;
                tile_for(p->format, size)(w + u * unit_bytes(p->format), n,
                                          p->packed + row * p->row_bytes + u * size * input_unit_bytes(p->format),
                                          sums + (row - start) * width, u == 0, i == panel ? PREFETCH : 0);
            }
        }
        write_sums(p, sums, block, start, panel_start(p->rows, count, next));
        panel = next;
    }
}

static void linear(int32_t format, const uint8_t *weights, int32_t outputs, int32_t inputs, int32_t first, int32_t end,
                   const uint8_t *packed, int32_t rows, float *y, int64_t stride, int32_t accumulate)
{
    const struct product product = {
        .format = format,
        .weights = weights,
        .outputs = outputs,
        .rows = rows,
        .units = units(format, inputs),
        .block_bytes = units(format, inputs) * unit_bytes(format),
        .packed = packed,
        .row_bytes = input_row_bytes(format, inputs),
        .y = y,
        .stride = stride,
        .accumulate = accumulate,
    };
    if (panels(format, rows) == 1) {
        one_panel(&product, first, end);
        return;
    }
    for (int32_t block = first; block < end; block++) {
        many_panels(&product, block);
    }
}
