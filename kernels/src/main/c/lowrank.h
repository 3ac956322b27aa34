/*
 * Low-rank changes of linear operations, many at once: each run of rows has an adapter of its own. Weights are laid out as
 * LowRank.java says. Inputs and sums stay float32 on every instruction set: there is too little to multiply for rounding to pay.
 */
enum {
    RANK_BLOCK = 4,
    /* Bytes of a block of ranks for one unit of inputs: 32 inputs in bfloat16, 16 in float32. */
    RANK_UNIT = RANK_BLOCK * 64,
    /* Bytes ahead in a block of ranks, which is one stream; past its end usually comes the next block. */
    RANK_PREFETCH = 2048,
    /* Bytes of the next change's B that are fetched while the one before is computed. */
    NEXT_PREFETCH = 4096
};

INLINE int32_t rank_units(int32_t format, int32_t inputs)
{
    return format == FORMAT_BF16 ? (inputs + 31) / 32 : (inputs + 15) / 16;
}

/* One unit of inputs of R rows on four ranks: lane i of a sum takes inputs i, i + 16, ... in order. */
INLINE void shrink_unit(const int R, const int is_bf16, const uint8_t *w, const float *x, int64_t stride, v16 sums[][RANK_BLOCK])
{
#pragma GCC unroll 4
    for (int i = 0; i < RANK_BLOCK; i++) {
        if (is_bf16) {
            i16 both = i_load(w + 64 * i);
            v16 low = v_bits(i_shl(both, 16)), high = v_bits(i_and(both, i_set((int32_t)0xFFFF0000)));
#pragma GCC unroll 4
            for (int r = 0; r < R; r++) {
                sums[r][i] = v_fma(low, v_load(x + r * stride), sums[r][i]);
                sums[r][i] = v_fma(high, v_load(x + r * stride + 16), sums[r][i]);
            }
        } else {
            v16 weight = v_load(w + 64 * i);
#pragma GCC unroll 4
            for (int r = 0; r < R; r++) {
                sums[r][i] = v_fma(weight, v_load(x + r * stride), sums[r][i]);
            }
        }
    }
}

INLINE void shrink_tile(const int R, const int is_bf16, const uint8_t *w, int32_t inputs, const float *x, int64_t x_stride,
                        float *shrunk, int64_t shrunk_stride)
{
    const int width = is_bf16 ? 32 : 16;
    v16 sums[4][RANK_BLOCK];
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) {
#pragma GCC unroll 4
        for (int i = 0; i < RANK_BLOCK; i++) {
            sums[r][i] = v_zero();
        }
    }
    int32_t k = 0;
    for (; k + width <= inputs; k += width) {
        shrink_unit(R, is_bf16, w, x + k, x_stride, sums);
#pragma GCC unroll 4
        for (int line = 0; line < RANK_UNIT; line += 64) {
            __builtin_prefetch(w + RANK_PREFETCH + line);
        }
        w += RANK_UNIT;
    }
    if (k < inputs) {
        float tail[4 * 32] = {0};
        for (int r = 0; r < R; r++) {
            memcpy(tail + 32 * r, x + r * x_stride + k, (size_t)(inputs - k) * 4);
        }
        shrink_unit(R, is_bf16, w, tail, 32, sums);
    }
    for (int r = 0; r < R; r++) {
        for (int i = 0; i < RANK_BLOCK; i++) {
            shrunk[r * shrunk_stride + i] = v_sum(sums[r][i]);
        }
    }
}

INLINE void shrink_tasks(const int is_bf16, int32_t inputs, const struct low_rank_task *tasks, int32_t count, int64_t x_stride,
                         int64_t shrunk_stride)
{
    const int64_t block_bytes = (int64_t)rank_units(is_bf16 ? FORMAT_BF16 : FORMAT_F32, inputs) * RANK_UNIT;
    for (int32_t i = 0; i < count; i++) {
        const struct low_rank_task *task = tasks + i;
        for (int32_t block = task->from; block < task->to; block++) {
            const uint8_t *w = task->weights + block * block_bytes;
            const float *x = task->in;
            float *shrunk = task->out + block * RANK_BLOCK;
            int32_t row = 0;
            for (; SHRINK_ROWS > 1 && row + SHRINK_ROWS <= task->rows; row += SHRINK_ROWS) {
                shrink_tile(SHRINK_ROWS, is_bf16, w, inputs, x + row * x_stride, x_stride, shrunk + row * shrunk_stride,
                            shrunk_stride);
            }
            for (; row < task->rows; row++) {
                shrink_tile(1, is_bf16, w, inputs, x + row * x_stride, x_stride, shrunk + row * shrunk_stride, shrunk_stride);
            }
        }
    }
}

static void shrink(int32_t format, int32_t inputs, const struct low_rank_task *tasks, int32_t count, int64_t x_stride,
                   int64_t shrunk_stride)
{
    if (format == FORMAT_BF16) {
        shrink_tasks(1, inputs, tasks, count, x_stride, shrunk_stride);
    } else {
        shrink_tasks(0, inputs, tasks, count, x_stride, shrunk_stride);
    }
}

/* Adds to R rows the sums of sixteen outputs, of which those from lane first on and before lane end are wanted. */
INLINE void expand_tile(const int R, const int is_bf16, const uint8_t *w, int32_t rank, const float *shrunk,
                        int64_t shrunk_stride, float *y, int64_t y_stride, int32_t first, int32_t end)
{
    v16 even[4], odd[4];
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) {
        even[r] = odd[r] = v_zero();
    }
    for (int32_t i = 0; i < rank; i += 2) {
        v16 w_even, w_odd;
        if (is_bf16) {
            i16 both = i_load(w);
            w_even = v_bits(i_shl(both, 16));
            w_odd = v_bits(i_and(both, i_set((int32_t)0xFFFF0000)));
        } else {
            w_even = v_load(w);
            w_odd = v_load(w + 128);
        }
#pragma GCC unroll 4
        for (int r = 0; r < R; r++) {
            const float *from = shrunk + r * shrunk_stride + i;
            even[r] = v_fma(w_even, v_set(from[0]), even[r]);
            odd[r] = v_fma(w_odd, v_set(i + 1 < rank ? from[1] : 0.0f), odd[r]);
        }
        w += is_bf16 ? 128 : 256;
    }
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) {
        float *to = y + r * y_stride;
        v16 sum = v_add(even[r], odd[r]);
        if (first == 0 && end == 16) {
            v_store(to, v_add(v_load(to), sum));
        } else {
            float lanes[16];
            v_store(lanes, sum);
            for (int32_t i = first; i < end; i++) {
                to[i] = to[i] + lanes[i];
            }
        }
    }
}

/* The first task from i on that has outputs in some columns; count when there is none. */
INLINE int32_t next_task(const struct low_rank_task *tasks, int32_t i, int32_t count, int32_t first, int32_t end)
{
    while (i < count && (tasks[i].to <= first || tasks[i].from >= end)) {
        i++;
    }
    return i;
}

INLINE void expand_tasks(const int is_bf16, const struct low_rank_task *tasks, int32_t count, int32_t first, int32_t end,
                         int64_t shrunk_stride, int64_t y_stride)
{
    const int32_t format = is_bf16 ? FORMAT_BF16 : FORMAT_F32;
    int32_t i = next_task(tasks, 0, count, first, end);
    while (i < count) {
        const struct low_rank_task *task = tasks + i;
        const int64_t block_bytes = units(format, task->rank) * unit_bytes(format);
        const int32_t from = first > task->from ? first - task->from : 0;
        const int32_t to = (end < task->to ? end : task->to) - task->from;
        i = next_task(tasks, i + 1, count, first, end);
        if (i < count) {
            const struct low_rank_task *next = tasks + i;
            int64_t next_bytes = units(format, next->rank) * unit_bytes(format);
            int32_t start = (first > next->from ? first - next->from : 0) / BLOCK;
            int32_t stop = ((end < next->to ? end : next->to) - next->from + BLOCK - 1) / BLOCK;
            const uint8_t *w = next->weights + start * next_bytes;
            for (int64_t line = 0; line < (stop - start) * next_bytes && line < NEXT_PREFETCH; line += 64) {
                __builtin_prefetch(w + line);
            }
        }
        for (int32_t output = from / 16 * 16; output < to; output += 16) {
            const uint8_t *w = task->weights + output / BLOCK * block_bytes + output % BLOCK / 16 * 64;
            const int32_t lane = from > output ? from - output : 0;
            const int32_t lanes = to - output < 16 ? to - output : 16;
            int32_t row = 0;
            for (; row + EXPAND_ROWS <= task->rows; row += EXPAND_ROWS) {
                expand_tile(EXPAND_ROWS, is_bf16, w, task->rank, task->in + row * shrunk_stride, shrunk_stride,
                            task->out + row * y_stride + task->from + output, y_stride, lane, lanes);
            }
            for (; row < task->rows; row++) {
                expand_tile(1, is_bf16, w, task->rank, task->in + row * shrunk_stride, shrunk_stride,
                            task->out + row * y_stride + task->from + output, y_stride, lane, lanes);
            }
        }
    }
}

static void expand(int32_t format, const struct low_rank_task *tasks, int32_t count, int32_t first, int32_t end,
                   int64_t shrunk_stride, int64_t y_stride)
{
    if (format == FORMAT_BF16) {
        expand_tasks(1, tasks, count, first, end, shrunk_stride, y_stride);
    } else {
        expand_tasks(0, tasks, count, first, end, shrunk_stride, y_stride);
    }
}

/* Inputs [0, count) of one row as one unit; what is not finite shows in bad. */
INLINE void put_down(const int is_bf16, const uint8_t *source, const int32_t type, int64_t from, int32_t count, uint8_t *to,
                     v16 *bad)
{
    float values[32] = {0};
    if (count == (is_bf16 ? 32 : 16)) {
        for (int i = 0; i < (is_bf16 ? 32 : 16); i++) {
            values[i] = element(source, type, from + i);
        }
    } else {
        for (int32_t i = 0; i < count; i++) {
            values[i] = element(source, type, from + i);
        }
    }
    /* x - x is not zero for what is not finite */
    v16 a = v_load(values), b = v_load(values + 16);
    *bad = v_add(*bad, v_add(v_sub(a, a), v_sub(b, b)));
    if (is_bf16) {
        uint32_t pairs[16];
        for (int i = 0; i < 16; i++) {
            pairs[i] = bf16(values[i]) | bf16(values[i + 16]) << 16;
        }
        memcpy(to, pairs, sizeof pairs);
    } else {
        v_store(to, a);
    }
}

INLINE int pack_down_rows(const int is_bf16, const uint8_t *source, const int32_t type, int32_t inputs, int32_t rows,
                          int32_t first_rank, uint8_t *down)
{
    const int32_t width = is_bf16 ? 32 : 16;
    const int64_t block_bytes = (int64_t)rank_units(is_bf16 ? FORMAT_BF16 : FORMAT_F32, inputs) * RANK_UNIT;
    v16 bad = v_zero();
    for (int32_t row = 0; row < rows; row++) {
        int32_t rank = first_rank + row;
        uint8_t *to = down + rank / RANK_BLOCK * block_bytes + rank % RANK_BLOCK * 64;
        for (int32_t k = 0; k < inputs; k += width, to += RANK_UNIT) {
            put_down(is_bf16, source, type, (int64_t)row * inputs + k, inputs - k < width ? inputs - k : width, to, &bad);
        }
    }
    return v_equal(bad, v_zero()) != 0xFFFF;
}

static int32_t pack_down(int32_t format, const uint8_t *source, int32_t type, int32_t inputs, int32_t rows, int32_t first_rank,
                         uint8_t *down)
{
    switch (type) {
    case SOURCE_F32:
        return format == FORMAT_BF16 ? pack_down_rows(1, source, SOURCE_F32, inputs, rows, first_rank, down)
                                     : pack_down_rows(0, source, SOURCE_F32, inputs, rows, first_rank, down);
    case SOURCE_F16:
        return format == FORMAT_BF16 ? pack_down_rows(1, source, SOURCE_F16, inputs, rows, first_rank, down)
                                     : pack_down_rows(0, source, SOURCE_F16, inputs, rows, first_rank, down);
    default:
        return format == FORMAT_BF16 ? pack_down_rows(1, source, SOURCE_BF16, inputs, rows, first_rank, down)
                                     : pack_down_rows(0, source, SOURCE_BF16, inputs, rows, first_rank, down);
    }
}
