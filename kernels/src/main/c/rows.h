/* Operations on rows of activations, in the order of ScalarKernels.java: sums go to 16 interleaved lanes. */
#include <math.h>

/* e^x; 0 below -87, e^88 above 88, NaN for NaN. */
INLINE v16 v_exp(v16 x)
{
    const v16 rounder = v_set(12582912.0f);
    v16 clamped = v_min(v_set(88.0f), x);
    v16 shifted = v_fma(clamped, v_set(1.4426950408889634f), rounder);
    v16 n = v_sub(shifted, rounder);
    v16 r = v_fma(n, v_set(-1.42860682030941723212e-6f), v_fma(n, v_set(-0.693145751953125f), clamped));
    v16 p = v_set(1.0f / 5040);
    p = v_fma(p, r, v_set(1.0f / 720));
    p = v_fma(p, r, v_set(1.0f / 120));
    p = v_fma(p, r, v_set(1.0f / 24));
    p = v_fma(p, r, v_set(1.0f / 6));
    p = v_fma(p, r, v_set(1.0f / 2));
    p = v_fma(p, r, v_set(1.0f));
    p = v_fma(p, r, v_set(1.0f));
    i16 exponent = i_add(i_sub(i_bits(shifted), i_bits(rounder)), i_set(127));
    return v_if_less(x, v_set(-87.0f), v_zero(), v_mul(p, v_bits(i_shl(exponent, 23))));
}

INLINE v16 v_silu(v16 a)
{
    return v_div(a, v_add(v_set(1.0f), v_exp(v_neg(a))));
}

/* The first count floats, the rest zero. */
INLINE v16 load_some(const float *p, int32_t count)
{
    float lanes[16] = {0};
    memcpy(lanes, p, (size_t)count * 4);
    return v_load(lanes);
}

INLINE void store_some(float *p, v16 v, int32_t count)
{
    float lanes[16];
    v_store(lanes, v);
    memcpy(p, lanes, (size_t)count * 4);
}

static void rms_norm(const float *x, int64_t x_stride, int32_t rows, int32_t columns, const float *weight, float epsilon,
                     float *y, int64_t y_stride)
{
    for (int32_t row = 0; row < rows; row++, x += x_stride, y += y_stride) {
        v16 sum = v_zero();
        int32_t i = 0;
        for (; i + 16 <= columns; i += 16) {
            v16 value = v_load(x + i);
            sum = v_fma(value, value, sum);
        }
        if (i < columns) {
            v16 value = load_some(x + i, columns - i);
            sum = v_fma(value, value, sum);
        }
        float mean = v_sum(sum) / (float)columns;
        v16 scale = v_set((float)(1.0 / sqrt((double)mean + (double)epsilon)));
        for (i = 0; i + 16 <= columns; i += 16) {
            v_store(y + i, v_mul(v_mul(v_load(x + i), scale), v_load(weight + i)));
        }
        if (i < columns) {
            v16 value = v_mul(v_mul(load_some(x + i, columns - i), scale), load_some(weight + i, columns - i));
            store_some(y + i, value, columns - i);
        }
    }
}

INLINE void rotate(float *heads, int32_t count, int32_t pairs, const float *cos, const float *sin)
{
    for (int32_t head = 0; head < count; head++) {
        float *first = heads + 2 * (int64_t)pairs * head;
        float *second = first + pairs;
        int32_t i = 0;
        for (; i + 16 <= pairs; i += 16) {
            v16 c = v_load(cos + i), s = v_load(sin + i), a = v_load(first + i), b = v_load(second + i);
            v_store(first + i, v_fma(a, c, v_neg(v_mul(b, s))));
            v_store(second + i, v_fma(b, c, v_mul(a, s)));
        }
        if (i < pairs) {
            int32_t n = pairs - i;
            v16 c = load_some(cos + i, n), s = load_some(sin + i, n);
            v16 a = load_some(first + i, n), b = load_some(second + i, n);
            store_some(first + i, v_fma(a, c, v_neg(v_mul(b, s))), n);
            store_some(second + i, v_fma(b, c, v_mul(a, s)), n);
        }
    }
}

static void gated_activation(const float *gate, int64_t gate_stride, const float *up, int64_t up_stride, int32_t rows,
                             int32_t columns, float *y, int64_t y_stride)
{
    for (int32_t row = 0; row < rows; row++, gate += gate_stride, up += up_stride, y += y_stride) {
        int32_t i = 0;
        for (; i + 16 <= columns; i += 16) {
            v_store(y + i, v_mul(v_silu(v_load(gate + i)), v_load(up + i)));
        }
        if (i < columns) {
            int32_t n = columns - i;
            store_some(y + i, v_mul(v_silu(load_some(gate + i, n)), load_some(up + i, n)), n);
        }
    }
}

static void residual_activation(const float *x, int64_t x_stride, const float *a, int64_t a_stride, const float *bias,
                                int32_t rows, int32_t columns, float *y, int64_t y_stride)
{
    for (int32_t row = 0; row < rows; row++, x += x_stride, a += a_stride, y += y_stride) {
        int32_t i = 0;
        for (; i + 16 <= columns; i += 16) {
            v_store(y + i, v_add(v_load(x + i), v_silu(v_add(v_load(a + i), v_load(bias + i)))));
        }
        if (i < columns) {
            int32_t n = columns - i;
            v16 biased = v_add(load_some(a + i, n), load_some(bias + i, n));
            store_some(y + i, v_add(load_some(x + i, n), v_silu(biased)), n);
        }
    }
}

static void reduce_logits(const float *row, int32_t from, int32_t to, struct logit_chunk *result)
{
    const float *x = row + from;
    int32_t count = to - from;
    v16 best = v_set(-INFINITY);
    v16 check = v_zero();
    int32_t i = 0;
    for (; i + 16 <= count; i += 16) {
        v16 value = v_load(x + i);
        best = v_max(best, value);
        check = v_fma(value, v_zero(), check); /* NaN stays, and infinity becomes it */
    }
    float lanes[16], checks[16];
    v_store(lanes, best);
    v_store(checks, check);
    float max = -INFINITY;
    int suspicious = 0;
    for (int l = 0; l < 16; l++) {
        max = lanes[l] > max ? lanes[l] : max;
        suspicious |= checks[l] != 0.0f;
    }
    for (; i < count; i++) {
        max = x[i] > max ? x[i] : max;
        suspicious |= x[i] * 0.0f != 0.0f;
    }
    if (suspicious) {
        for (int32_t k = 0; k < count; k++) {
            if (x[k] != x[k]) {
                *result = (struct logit_chunk){-1, NAN, NAN};
                return;
            }
            max = x[k] > max ? x[k] : max;
        }
    }
    v16 sum = v_zero(), limit = v_set(max);
    for (i = 0; i + 16 <= count; i += 16) {
        sum = v_add(sum, v_exp(v_sub(v_load(x + i), limit)));
    }
    if (i < count) {
        v_store(lanes, sum);
        float tail[16];
        v_store(tail, v_exp(v_sub(load_some(x + i, count - i), limit)));
        for (int l = 0; l < count - i; l++) {
            lanes[l] += tail[l];
        }
        sum = v_load(lanes);
    }
    int32_t arg_max = 0;
    for (i = 0; i + 16 <= count; i += 16) {
        uint32_t equal = v_equal(v_load(x + i), limit);
        if (equal) {
            break;
        }
    }
    for (arg_max = i; arg_max < count && x[arg_max] != max; arg_max++) {
    }
    *result = (struct logit_chunk){from + arg_max, max, v_sum(sum)};
}
