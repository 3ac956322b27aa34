/*
 * Matrix products. Weights come in blocks of 32 outputs (see PackedMatrix.java), activations in panels of a few rows. A tile holds
 * the sums of one panel and one block, or two, in registers, and takes the inputs in order: what is summed into an output does
 * not depend on the panel, the tile or the chunk.
 */
#include <string.h>

#ifdef HAS_BF16_DOT
enum { BF16_IS_F32 = 0 };
#else
enum { BF16_IS_F32 = 1 };
#endif

enum {
    /* Rows whose sums wait in memory while a chunk of a block's weights stays in the first-level cache. */
    WAITING_ROWS = 96,
    CHUNK_BYTES = 16384,
    /* Bytes ahead; the hardware looks no further than a page of 4096. */
    PREFETCH = 8192
};

/* Inputs are taken by units: a pair of them, or a group that shares a scale. */
INLINE int32_t units(int32_t format, int32_t inputs)
{
    return format <= FORMAT_BF16 ? (inputs + 1) / 2 : (inputs + GROUP - 1) / GROUP;
}

INLINE int64_t unit_bytes(int32_t format)
{
    switch (format) {
    case FORMAT_F32:
        return 2 * BLOCK * 4;
    case FORMAT_BF16:
        return 2 * BLOCK * 2;
    case FORMAT_Q8:
        return BLOCK * 2 + BLOCK * GROUP;
    default:
        return BLOCK * 2 + BLOCK * GROUP / 2;
    }
}

INLINE int64_t input_unit_bytes(int32_t format)
{
    if (format == FORMAT_F32 || (format == FORMAT_BF16 && BF16_IS_F32)) {
        return 8;
    }
    return format == FORMAT_BF16 ? 4 : 8 + GROUP;
}

INLINE int32_t panel_rows(int32_t format)
{
    if (format >= FORMAT_Q8) {
        return PANEL_ROWS_INT;
    }
    return format == FORMAT_F32 || BF16_IS_F32 ? PANEL_ROWS_FLOAT : PANEL_ROWS_DOT;
}

INLINE int32_t panels(int32_t format, int32_t rows)
{
    return (rows + panel_rows(format) - 1) / panel_rows(format);
}

/* Rows are spread evenly, so that no panel is much smaller than the others. */
INLINE int32_t panel_start(int32_t rows, int32_t panel_count, int32_t panel)
{
    return (int32_t)((int64_t)rows * panel / panel_count);
}

static int64_t input_row_bytes(int32_t format, int32_t inputs)
{
    return units(format, inputs) * input_unit_bytes(format);
}

/* ---- packing of activations ---- */

INLINE uint32_t bf16(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, 4);
    if ((bits & 0x7FFFFFFF) > 0x7F800000) {
        return bits >> 16 | 0x40;
    }
    return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
}

/* Groups of inputs [first, end) of a panel: [pair][row][2] float32. */
static void pack_float(int32_t inputs, int32_t first, int32_t end, const float *x, int64_t stride, int32_t rows, float *out)
{
    int32_t stop = end * GROUP < inputs ? end * GROUP : inputs;
    for (int32_t r = 0; r < rows; r++) {
        const float *row = x + r * stride;
        int32_t k = first * GROUP;
        float *to = out + (int64_t)k * rows + 2 * r;
        for (; k + 2 <= stop; k += 2, to += 2 * rows) {
            memcpy(to, row + k, 8);
        }
        if (k < stop) {
            to[0] = row[k];
            to[1] = 0.0f;
        }
    }
}

#ifdef HAS_BF16_DOT
/* Groups of inputs [first, end) of a panel: [pair][row][2] bfloat16, rounded to nearest even. */
static void pack_bf16(int32_t inputs, int32_t first, int32_t end, const float *x, int64_t stride, int32_t rows, uint32_t *out)
{
    int32_t stop = end * GROUP < inputs ? end * GROUP : inputs;
    for (int32_t r = 0; r < rows; r++) {
        const float *row = x + r * stride;
        for (int32_t k = first * GROUP; k < stop; k += GROUP) {
            uint32_t *to = out + (int64_t)(k / 2) * rows + r;
            int32_t count = stop - k < GROUP ? (stop - k + 1) / 2 : GROUP / 2;
            float tail[GROUP] = {0};
            const float *from = row + k;
            if (stop - k < GROUP) {
                memcpy(tail, from, (size_t)(stop - k) * 4);
                from = tail;
            }
            i16 pairs = (i16)_mm512_cvtne2ps_pbh(v_load(from + 16), v_load(from));
            if (rows == 1 && count == GROUP / 2) {
                i_store(to, pairs);
                continue;
            }
            uint32_t lanes[GROUP / 2];
            i_store(lanes, pairs);
            for (int32_t i = 0; i < count; i++) {
                to[i * rows] = lanes[i];
            }
        }
    }
}
#endif

/* One group of one row: its scale, the sum of its bytes times -offset, and the bytes. */
INLINE void quantize_group(const float *x, int32_t offset, float *scale, int32_t *sum, uint8_t *bytes)
{
    v16 a = v_load(x), b = v_load(x + 16);
    i16 magnitude = i_set(0x7FFFFFFF);
    /* as integers, so that a NaN is the largest of all and spoils the scale, as it must */
    int32_t bits = i_largest(i_max(i_and(i_bits(a), magnitude), i_and(i_bits(b), magnitude)));
    float largest;
    memcpy(&largest, &bits, 4);
    v16 inverse = v_set(largest < 1e-30f ? 0.0f : 127.0f / largest);
    *scale = largest / 127.0f;
    i16 qa = i_round(v_mul(a, inverse)), qb = i_round(v_mul(b, inverse));
    i_store_bytes(bytes, qa);
    i_store_bytes(bytes + 16, qb);
    *sum = -offset * i_sum(i_add(qa, qb));
}

/* Groups of inputs [first, end) of a panel: [group]{ [row] scale, [row] -offset*sum, [inputs/4][row][4] int8 }. */
static void pack_int(int32_t inputs, int32_t offset, int32_t first, int32_t end, const float *x, int64_t stride, int32_t rows,
                     uint8_t *out)
{
    for (int32_t g = first; g < end; g++) {
        uint8_t *unit = out + (int64_t)g * rows * (8 + GROUP);
        uint32_t *bytes = (uint32_t *)unit + 2 * rows;
        for (int32_t r = 0; r < rows; r++) {
            const float *from = x + r * stride + g * GROUP;
            float tail[GROUP] = {0};
            if (inputs - g * GROUP < GROUP) {
                memcpy(tail, from, (size_t)(inputs - g * GROUP) * 4);
                from = tail;
            }
            uint32_t quantized[GROUP / 4];
            quantize_group(from, offset, (float *)unit + r, (int32_t *)unit + rows + r, (uint8_t *)quantized);
            for (int i = 0; i < GROUP / 4; i++) {
                bytes[i * rows + r] = quantized[i];
            }
        }
    }
}

static void pack_inputs(int32_t format, int32_t inputs, const float *x, int64_t stride, int32_t rows, int32_t first,
                        int32_t end, uint8_t *packed)
{
    int32_t count = panels(format, rows);
    int64_t row_bytes = input_row_bytes(format, inputs);
    for (int32_t panel = 0; panel < count; panel++) {
        int32_t start = panel_start(rows, count, panel);
        int32_t size = panel_start(rows, count, panel + 1) - start;
        const float *from = x + start * stride;
        uint8_t *to = packed + start * row_bytes;
        if (format >= FORMAT_Q8) {
            pack_int(inputs, format == FORMAT_Q8 ? Q8_OFFSET : 8, first, end, from, stride, size, to);
#ifdef HAS_BF16_DOT
        } else if (format == FORMAT_BF16) {
            pack_bf16(inputs, first, end, from, stride, size, (uint32_t *)to);
#endif
        } else {
            pack_float(inputs, first, end, from, stride, size, (float *)to);
        }
    }
}

/* ---- tiles ---- */

/*
 * A tile takes R rows, the weights of a block, the number of units, the panel, and sums that it takes up and leaves in memory;
 * fresh says that they are zero.
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
INLINE void tile_dot(const int R, const uint8_t *w, int32_t count, const uint8_t *x, float *sums, int fresh)
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
        __builtin_prefetch(w + PREFETCH);
        __builtin_prefetch(w + PREFETCH + 64);
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
INLINE void tile_float(const int R, const int is_bf16, const uint8_t *w, int32_t count, const uint8_t *x, float *sums, int fresh)
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
                v16 w_even, w_odd;
                if (is_bf16) {
                    i16 both = i_load(weights + c * 64);
                    w_even = v_bits(i_shl(both, 16));
                    w_odd = v_bits(i_and(both, i_set((int32_t)0xFFFF0000)));
                } else {
                    w_even = v_load(weights + c * 64);
                    w_odd = v_load(weights + 128 + c * 64);
                }
#pragma GCC unroll 12
                for (int r = 0; r < R; r++) {
                    even[r][c] = v_fma(w_even, v_set(inputs[2 * r]), even[r][c]);
                    odd[r][c] = v_fma(w_odd, v_set(inputs[2 * r + 1]), odd[r][c]);
                }
            }
            __builtin_prefetch(weights + PREFETCH);
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

/* Whole numbers are summed exactly within a group, then scaled and added in order of groups. Sums are [R][32]. */
INLINE void tile_int(const int R, const int four_bits, const uint8_t *w, int32_t count, const uint8_t *x, float *sums, int fresh)
{
    const int unit = four_bits ? 64 + 512 : 64 + 1024;
#pragma GCC unroll 2
    for (int column = 0; column < 2; column += INT_COLUMNS) {
        v16 acc[12][2];
        const uint8_t *weights = w + column * 64;
        const uint8_t *inputs = x;
#pragma GCC unroll 12
        for (int r = 0; r < R; r++) {
#pragma GCC unroll 2
            for (int c = 0; c < INT_COLUMNS; c++) {
                acc[r][c] = fresh ? v_zero() : v_load(sums + r * 32 + (column + c) * 16);
            }
        }
        for (int32_t u = 0; u < count; u++) {
            i16 dot[12][2];
            const uint8_t *bytes = inputs + 8 * R;
#pragma GCC unroll 12
            for (int r = 0; r < R; r++) {
                int32_t correction;
                memcpy(&correction, inputs + 4 * (R + r), 4);
#pragma GCC unroll 2
                for (int c = 0; c < INT_COLUMNS; c++) {
                    dot[r][c] = four_bits || Q8_OFFSET ? i_set(correction) : i_set(0);
                }
            }
            if (four_bits) {
#pragma GCC unroll 4
                for (int j = 0; j < 4; j++) {
                    i16 low[2], high[2];
#pragma GCC unroll 2
                    for (int c = 0; c < INT_COLUMNS; c++) {
                        i16 both = i_load(weights + 64 + j * 128 + c * 64);
                        low[c] = i_and(both, i_set(0x0F0F0F0F));
                        high[c] = i_and(i_shr(both, 4), i_set(0x0F0F0F0F));
                    }
#pragma GCC unroll 12
                    for (int r = 0; r < R; r++) {
                        i16 first = input_word(bytes, j * R + r);
                        i16 second = input_word(bytes, (j + 4) * R + r);
#pragma GCC unroll 2
                        for (int c = 0; c < INT_COLUMNS; c++) {
                            dot[r][c] = i_dot_q4(dot[r][c], low[c], first);
                            dot[r][c] = i_dot_q4(dot[r][c], high[c], second);
                        }
                    }
                }
            } else {
#pragma GCC unroll 12
                for (int j = 0; j < 8; j++) {
                    i16 weight[2];
#pragma GCC unroll 2
                    for (int c = 0; c < INT_COLUMNS; c++) {
                        weight[c] = i_load(weights + 64 + j * 128 + c * 64);
                    }
#pragma GCC unroll 12
                    for (int r = 0; r < R; r++) {
                        i16 four = input_word(bytes, j * R + r);
#pragma GCC unroll 2
                        for (int c = 0; c < INT_COLUMNS; c++) {
                            dot[r][c] = i_dot_q8(dot[r][c], weight[c], four);
                        }
                    }
                }
            }
#pragma GCC unroll 2
            for (int c = 0; c < INT_COLUMNS; c++) {
                /* scales are 32 half floats at the unit's start; the column offset above was for the bytes */
                v16 scales = v_from_half(weights - column * 64 + (column + c) * 32);
#pragma GCC unroll 12
                for (int r = 0; r < R; r++) {
                    float scale;
                    memcpy(&scale, inputs + 4 * r, 4);
                    acc[r][c] = v_fma(v_from_int(dot[r][c]), v_mul(scales, v_set(scale)), acc[r][c]);
                }
            }
#pragma GCC unroll 17
            for (int line = 0; line < unit; line += 64) {
                __builtin_prefetch(weights + PREFETCH + line);
            }
            weights += unit;
            inputs += (8 + GROUP) * R;
        }
#pragma GCC unroll 12
        for (int r = 0; r < R; r++) {
#pragma GCC unroll 2
            for (int c = 0; c < INT_COLUMNS; c++) {
                v_store(sums + r * 32 + (column + c) * 16, acc[r][c]);
            }
        }
    }
}

/* One function per number of rows: the compiler needs it to keep sums in registers. */
#define ROWS_1_TO_2(CASE) CASE(1) CASE(2)
#define ROWS_1_TO_6(CASE) ROWS_1_TO_2(CASE) CASE(3) CASE(4) CASE(5) CASE(6)
#define ROWS_1_TO_8(CASE) ROWS_1_TO_6(CASE) CASE(7) CASE(8)
#define ROWS_1_TO_12(CASE) ROWS_1_TO_6(CASE) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)

typedef void tile_function(const uint8_t *w, int32_t count, const uint8_t *x, float *sums, int fresh);

#define DEFINE(R) \
    static void f32_##R(const uint8_t *w, int32_t n, const uint8_t *x, float *s, int fresh) { tile_float(R, 0, w, n, x, s, fresh); }
FLOAT_ROWS(DEFINE)
#undef DEFINE
#define DEFINE(R) \
    static void q8_##R(const uint8_t *w, int32_t n, const uint8_t *x, float *s, int fresh) { tile_int(R, 0, w, n, x, s, fresh); } \
    static void q4_##R(const uint8_t *w, int32_t n, const uint8_t *x, float *s, int fresh) { tile_int(R, 1, w, n, x, s, fresh); }
INT_ROWS(DEFINE)
#undef DEFINE
#ifdef HAS_BF16_DOT
#define BF16_ROWS ROWS_1_TO_12
#define DEFINE(R) \
    static void bf16_##R(const uint8_t *w, int32_t n, const uint8_t *x, float *s, int fresh) { tile_dot(R, w, n, x, s, fresh); }
#else
#define BF16_ROWS FLOAT_ROWS
#define DEFINE(R) \
    static void bf16_##R(const uint8_t *w, int32_t n, const uint8_t *x, float *s, int fresh) { tile_float(R, 1, w, n, x, s, fresh); }
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

static void linear(int32_t format, const uint8_t *weights, int32_t outputs, int32_t inputs, int32_t first, int32_t end,
                   const uint8_t *packed, int32_t rows, float *y, int64_t stride, int32_t accumulate)
{
    float sums[WAITING_ROWS * 64] __attribute__((aligned(64)));
    const int32_t width = sum_width(format);
    const int32_t count = units(format, inputs);
    const int32_t panel_count = panels(format, rows);
    const int64_t block_bytes = count * unit_bytes(format);
    const int64_t row_bytes = input_row_bytes(format, inputs);
    const int32_t chunk_units = panel_count == 1 ? count : (int32_t)(CHUNK_BYTES / unit_bytes(format));
    tile_function *const only = panel_count == 1 ? tile_for(format, rows) : NULL;
    for (int32_t block = first; block < end; block++) {
        const uint8_t *w = weights + block * block_bytes;
        int32_t columns = outputs - block * BLOCK < BLOCK ? outputs - block * BLOCK : BLOCK;
        if (only) {
            only(w, count, packed, sums, 1);
            for (int32_t row = 0; row < rows; row++) {
                write_row(sums + row * width, width, y + row * stride + block * BLOCK, columns, accumulate);
            }
            continue;
        }
        for (int32_t panel = 0; panel < panel_count;) {
            int32_t start = panel_start(rows, panel_count, panel);
            int32_t next = panel + 1;
            while (next < panel_count && panel_start(rows, panel_count, next + 1) - start <= WAITING_ROWS) {
                next++;
            }
            for (int32_t u = 0; u < count; u += chunk_units) {
                int32_t n = count - u < chunk_units ? count - u : chunk_units;
                for (int32_t p = panel; p < next; p++) {
                    int32_t row = panel_start(rows, panel_count, p);
                    int32_t size = panel_start(rows, panel_count, p + 1) - row;
                    tile_for(format, size)(w + u * unit_bytes(format), n,
                                           packed + row * row_bytes + u * size * input_unit_bytes(format),
                                           sums + (row - start) * width, u == 0);
                }
            }
            int32_t stop = panel_start(rows, panel_count, next);
            for (int32_t row = start; row < stop; row++) {
                write_row(sums + (row - start) * width, width, y + row * stride + block * BLOCK, columns, accumulate);
            }
            panel = next;
        }
    }
}
