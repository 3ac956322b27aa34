/*
 * Softmax attention over paged keys and values (KvLayout.java). Scores have one lane per position and weighted sums one lane per
 * dimension. Up to eight queries, heads of one row or rows of a chain, share every load; what is computed for one of them does
 * not depend on the others. Rows of a draft tree are taken one by one, because branches put different slots at one position.
 */

struct tile {
    const struct attention *task;
    int32_t count;
    int32_t start;              /* first position that any query looks at */
    int32_t end;                /* one after the last */
    const int32_t *path;        /* slots from position prefix on, or NULL */
    int64_t stride;             /* floats between the scores of two queries */
    const float *query[ATTENTION_TILE];
    float *output[ATTENTION_TILE];
    int32_t from[ATTENTION_TILE];
    int32_t to[ATTENTION_TILE];
    float *scores;
};

INLINE const uint8_t *page_of(const struct attention *task, int32_t slot)
{
    return task->pages + task->blocks[slot / PAGE] * task->block_stride;
}

/* Scores of the 16 slots of a page, for N queries. */
INLINE void score_page(const int N, const int is_bf16, const struct tile *tile, const uint8_t *keys, int32_t slot)
{
    v16 even[ATTENTION_TILE], odd[ATTENTION_TILE];
#pragma GCC unroll 8
    for (int q = 0; q < N; q++) {
        even[q] = v_zero();
        odd[q] = v_zero();
    }
    for (int32_t d = 0; d < tile->task->head_dim; d += 2) {
        v16 k_even, k_odd;
        if (is_bf16) {
            i16 both = i_load(keys + d * 32);
            k_even = v_bits(i_shl(both, 16));
            k_odd = v_bits(i_and(both, i_set((int32_t)0xFFFF0000)));
        } else {
            k_even = v_load(keys + d * 64);
            k_odd = v_load(keys + d * 64 + 64);
        }
#pragma GCC unroll 8
        for (int q = 0; q < N; q++) {
            even[q] = v_fma(k_even, v_set(tile->query[q][d]), even[q]);
            odd[q] = v_fma(k_odd, v_set(tile->query[q][d + 1]), odd[q]);
        }
    }
    v16 scale = v_set(tile->task->scale);
#pragma GCC unroll 8
    for (int q = 0; q < N; q++) {
        v_store(tile->scores + q * tile->stride + slot, v_mul(v_add(even[q], odd[q]), scale));
    }
}

/* Turns scores by slot into weights by position, zero outside the query's own range; returns their sum. */
static float softmax(const struct tile *tile, int32_t query)
{
    const struct attention *task = tile->task;
    float *scores = tile->scores + query * tile->stride;
    int32_t from = tile->from[query], to = tile->to[query];
    if (tile->path) {
        float *in_order = tile->scores + ATTENTION_TILE * tile->stride;
        for (int32_t p = task->prefix; p < to; p++) {
            in_order[p - task->prefix] = scores[tile->path[p - task->prefix]];
        }
        if (to > task->prefix) {
            memcpy(scores + task->prefix, in_order, (size_t)(to - task->prefix) * 4);
        }
    }
    v16 best = v_set(-INFINITY);
    int32_t p = from;
    for (; p + 16 <= to; p += 16) {
        best = v_max(best, v_load(scores + p));
    }
    float lanes[16];
    v_store(lanes, best);
    float max = -INFINITY;
    for (int i = 0; i < 16; i++) {
        max = lanes[i] > max ? lanes[i] : max;
    }
    for (; p < to; p++) {
        max = scores[p] > max ? scores[p] : max;
    }
    /* vectors start at multiples of 16, so that a position's lane is the position modulo 16 */
    v16 sum = v_zero(), limit = v_set(max);
    for (p = tile->start & -16; p < tile->end; p += 16) {
        v16 weight = v_exp(v_sub(v_load(scores + p), limit));
        if (p < from || p + 16 > to) {
            v_store(lanes, weight);
            for (int i = 0; i < 16; i++) {
                lanes[i] = p + i < from || p + i >= to ? 0.0f : lanes[i];
            }
            weight = v_load(lanes);
        }
        v_store(scores + p, weight);
        sum = v_add(sum, weight);
    }
    return v_sum(sum);
}

INLINE int32_t slot_of(const struct tile *tile, int32_t position)
{
    return !tile->path || position < tile->task->prefix ? position : tile->path[position - tile->task->prefix];
}

/* Adds the weighted values of one position to sums of 16*C dimensions. */
INLINE void add_value(const int N, const int C, const float *weights, int64_t stride, const v16 *value, v16 (*acc)[4])
{
#pragma GCC unroll 8
    for (int q = 0; q < N; q++) {
        v16 weight = v_set(weights[q * stride]);
#pragma GCC unroll 4
        for (int c = 0; c < C; c++) {
            acc[q][c] = v_fma(value[c], weight, acc[q][c]);
        }
    }
}

/* Adds the values of positions [from, to), which lie in one page at slots from the same place on. */
INLINE void add_values(const int N, const int C, const int is_bf16, const struct tile *tile, const uint8_t *values,
                       int32_t slot, int32_t from, int32_t to, v16 (*acc)[4])
{
    const int64_t dim = tile->task->head_dim, stride = tile->stride;
    const float *weights = tile->scores + from;
    for (int32_t left = to - from; left > 0;) {
        v16 first[4], second[4];
        /* a pair of positions shares its bytes in bfloat16 */
        const int pair = is_bf16 && slot % 2 == 0 && left >= 2;
#pragma GCC unroll 4
        for (int c = 0; c < C; c++) {
            if (is_bf16) {
                i16 both = i_load(values + (slot / 2) * dim * 4 + c * 64);
                first[c] = v_bits(slot % 2 ? i_and(both, i_set((int32_t)0xFFFF0000)) : i_shl(both, 16));
                second[c] = v_bits(i_and(both, i_set((int32_t)0xFFFF0000)));
            } else {
                first[c] = v_load(values + slot * dim * 4 + c * 64);
                second[c] = first[c];
            }
        }
        add_value(N, C, weights, stride, first, acc);
        if (pair) {
            add_value(N, C, weights + 1, stride, second, acc);
        }
        slot += 1 + pair;
        weights += 1 + pair;
        left -= 1 + pair;
    }
}

INLINE void sum_values(const int N, const int C, const int is_bf16, const struct tile *tile, const float *totals, int32_t d)
{
    const struct attention *task = tile->task;
    int64_t at = (int64_t)task->head_dim * PAGE * (is_bf16 ? 2 : 4) + d * 4;
    v16 acc[ATTENTION_TILE][4];
#pragma GCC unroll 8
    for (int q = 0; q < N; q++) {
#pragma GCC unroll 4
        for (int c = 0; c < C; c++) {
            acc[q][c] = v_zero();
        }
    }
    int32_t in_order = tile->path && task->prefix < tile->end ? task->prefix : tile->end;
    for (int32_t p = tile->start; p < in_order;) {
        int32_t next = (p / PAGE + 1) * PAGE < in_order ? (p / PAGE + 1) * PAGE : in_order;
        add_values(N, C, is_bf16, tile, page_of(task, p) + at, p % PAGE, p, next, acc);
        p = next;
    }
    for (int32_t p = tile->start > in_order ? tile->start : in_order; p < tile->end; p++) {
        int32_t slot = slot_of(tile, p);
        add_values(N, C, is_bf16, tile, page_of(task, slot) + at, slot % PAGE, p, p + 1, acc);
    }
#pragma GCC unroll 8
    for (int q = 0; q < N; q++) {
#pragma GCC unroll 4
        for (int c = 0; c < C; c++) {
            v_store(tile->output[q] + d + c * 16, v_div(acc[q][c], v_set(totals[q])));
        }
    }
}

/* Dimensions that do not fill a vector. */
static void sum_rest(const struct tile *tile, const float *totals, int32_t d)
{
    const struct attention *task = tile->task;
    int is_bf16 = task->format != FORMAT_F32;
    for (; d < task->head_dim; d++) {
        for (int q = 0; q < tile->count; q++) {
            float sum = 0.0f;
            for (int32_t p = tile->start; p < tile->end; p++) {
                int32_t slot = slot_of(tile, p);
                const uint8_t *values = page_of(task, slot) + (int64_t)task->head_dim * PAGE * (is_bf16 ? 2 : 4);
                slot %= PAGE;
                float value;
                if (is_bf16) {
                    uint32_t bits = 0;
                    memcpy((uint8_t *)&bits + 2, values + ((slot / 2 * task->head_dim + d) * 2 + slot % 2) * 2, 2);
                    memcpy(&value, &bits, 4);
                } else {
                    memcpy(&value, values + (slot * task->head_dim + d) * 4, 4);
                }
                sum = fmaf(value, tile->scores[q * tile->stride + p], sum);
            }
            tile->output[q][d] = sum / totals[q];
        }
    }
}

INLINE void attend_tile(const int N, const int is_bf16, const struct tile *tile, int32_t slots)
{
    const struct attention *task = tile->task;
    for (int32_t slot = tile->start & -PAGE; slot < slots; slot += PAGE) {
        const uint8_t *page = page_of(task, slot);
        if (N == ATTENTION_TILE && !WIDE_ATTENTION) {
            struct tile half = *tile;
            score_page(N / 2, is_bf16, &half, page, slot);
            for (int q = 0; q < N / 2; q++) {
                half.query[q] = tile->query[q + N / 2];
            }
            half.scores += N / 2 * tile->stride;
            score_page(N / 2, is_bf16, &half, page, slot);
        } else {
            score_page(N, is_bf16, tile, page, slot);
        }
    }
    float totals[ATTENTION_TILE];
    for (int q = 0; q < N; q++) {
        totals[q] = softmax(tile, q);
    }
    int32_t d = 0;
    for (; d + 16 * VALUE_COLUMNS <= task->head_dim; d += 16 * VALUE_COLUMNS) {
        sum_values(N, VALUE_COLUMNS, is_bf16, tile, totals, d);
    }
    for (; d + 16 <= task->head_dim; d += 16) {
        sum_values(N, 1, is_bf16, tile, totals, d);
    }
    if (d < task->head_dim) {
        sum_rest(tile, totals, d);
    }
}

#define DEFINE(N) \
    static void attend_bf16_##N(const struct tile *tile, int32_t slots) { attend_tile(N, 1, tile, slots); } \
    static void attend_f32_##N(const struct tile *tile, int32_t slots) { attend_tile(N, 0, tile, slots); }
DEFINE(1) DEFINE(2) DEFINE(3) DEFINE(4) DEFINE(5) DEFINE(6) DEFINE(7) DEFINE(8)
#undef DEFINE

typedef void attend_function(const struct tile *tile, int32_t slots);

static void attend(const struct attention *task)
{
    static attend_function *const of_bf16[] = {0, attend_bf16_1, attend_bf16_2, attend_bf16_3, attend_bf16_4,
                                               attend_bf16_5, attend_bf16_6, attend_bf16_7, attend_bf16_8};
    static attend_function *const of_f32[] = {0, attend_f32_1, attend_f32_2, attend_f32_3, attend_f32_4,
                                              attend_f32_5, attend_f32_6, attend_f32_7, attend_f32_8};
    /* query i is head i % heads of row i / heads */
    int32_t queries = task->rows * task->heads;
    for (int32_t first = 0; first < queries;) {
        int32_t limit = task->paths ? (first / task->heads + 1) * task->heads : queries;
        int32_t count = limit - first < ATTENTION_TILE ? limit - first : ATTENTION_TILE;
        struct tile tile = {.task = task, .count = count, .start = INT32_MAX, .end = 0, .scores = task->scratch};
        int32_t row = 0;
        for (int32_t q = 0; q < count; q++) {
            row = (first + q) / task->heads;
            int64_t column = (int64_t)((first + q) % task->heads) * task->head_dim;
            int32_t position = task->positions[row];
            tile.query[q] = task->queries + row * task->query_stride + column;
            tile.output[q] = task->output + row * task->output_stride + column;
            tile.from[q] = task->window == 0 || position < task->window ? 0 : position - task->window + 1;
            tile.to[q] = position + 1;
            tile.start = tile.from[q] < tile.start ? tile.from[q] : tile.start;
            tile.end = tile.to[q] > tile.end ? tile.to[q] : tile.end;
        }
        int32_t slots = tile.end;
        if (task->paths) {
            tile.path = task->paths + (int64_t)row * task->path_stride;
            for (int32_t p = task->prefix; p < tile.end; p++) {
                int32_t slot = tile.path[p - task->prefix];
                slots = slot + 1 > slots ? slot + 1 : slots;
            }
        }
        tile.stride = ((int64_t)slots + PAGE - 1) / PAGE * PAGE;
        (task->format == FORMAT_F32 ? of_f32 : of_bf16)[count](&tile, slots);
        first += count;
    }
}

/* Writes keys and values of one position, rounded once. */
INLINE void store(int32_t format, int32_t head_dim, uint8_t *page, int32_t slot, const float *key, const float *value)
{
    uint8_t *values = page + (int64_t)head_dim * PAGE * (format == FORMAT_F32 ? 4 : 2);
    if (format == FORMAT_F32) {
        for (int32_t d = 0; d < head_dim; d++) {
            memcpy(page + (d * PAGE + slot) * 4, key + d, 4);
        }
        memcpy(values + slot * head_dim * 4, value, (size_t)head_dim * 4);
        return;
    }
    for (int32_t d = 0; d < head_dim; d += 2) {
        uint32_t pair = bf16(key[d]) | bf16(key[d + 1]) << 16;
        memcpy(page + (d * PAGE / 2 + slot) * 4, &pair, 4);
    }
    for (int32_t d = 0; d < head_dim; d++) {
        uint16_t rounded = (uint16_t)bf16(value[d]);
        memcpy(values + ((slot / 2 * head_dim + d) * 2 + slot % 2) * 2, &rounded, 2);
    }
}

static void rotate_and_store(const struct new_rows *task)
{
    int32_t pairs = task->head_dim / 2;
    for (int32_t row = 0; row < task->rows; row++) {
        const float *cos = task->cos + task->positions[row] * task->angle_stride;
        const float *sin = task->sin + task->positions[row] * task->angle_stride;
        float *key = task->keys + row * task->stride;
        rotate(task->queries + row * task->stride, task->heads, pairs, cos, sin);
        rotate(key, 1, pairs, cos, sin);
        int32_t slot = task->first_slot + row;
        store(task->format, task->head_dim, task->pages + task->blocks[slot / PAGE] * task->block_stride, slot % PAGE, key,
              task->values + row * task->stride);
    }
}
