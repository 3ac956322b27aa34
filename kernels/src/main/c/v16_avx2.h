/* Sixteen float32 or int32 lanes: two AVX2 registers. */
#ifndef V16_H
#define V16_H

#include <immintrin.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))

typedef struct { __m256 a, b; } v16;
typedef struct { __m256i a, b; } i16;

#define V(x, y) ((v16){(x), (y)})
#define I(x, y) ((i16){(x), (y)})

INLINE v16 v_load(const void *p) { return V(_mm256_loadu_ps(p), _mm256_loadu_ps((const float *)p + 8)); }
INLINE void v_store(void *p, v16 v)
{
    _mm256_storeu_ps(p, v.a);
    _mm256_storeu_ps((float *)p + 8, v.b);
}
INLINE v16 v_zero(void) { return V(_mm256_setzero_ps(), _mm256_setzero_ps()); }
INLINE v16 v_set(float x) { return V(_mm256_set1_ps(x), _mm256_set1_ps(x)); }
INLINE v16 v_add(v16 x, v16 y) { return V(_mm256_add_ps(x.a, y.a), _mm256_add_ps(x.b, y.b)); }
INLINE v16 v_sub(v16 x, v16 y) { return V(_mm256_sub_ps(x.a, y.a), _mm256_sub_ps(x.b, y.b)); }
INLINE v16 v_mul(v16 x, v16 y) { return V(_mm256_mul_ps(x.a, y.a), _mm256_mul_ps(x.b, y.b)); }
INLINE v16 v_div(v16 x, v16 y) { return V(_mm256_div_ps(x.a, y.a), _mm256_div_ps(x.b, y.b)); }
INLINE v16 v_fma(v16 x, v16 y, v16 z) { return V(_mm256_fmadd_ps(x.a, y.a, z.a), _mm256_fmadd_ps(x.b, y.b, z.b)); }
/* y when either is NaN */
INLINE v16 v_min(v16 x, v16 y) { return V(_mm256_min_ps(x.a, y.a), _mm256_min_ps(x.b, y.b)); }
INLINE v16 v_max(v16 x, v16 y) { return V(_mm256_max_ps(x.a, y.a), _mm256_max_ps(x.b, y.b)); }
INLINE v16 v_neg(v16 x)
{
    __m256 sign = _mm256_set1_ps(-0.0f);
    return V(_mm256_xor_ps(x.a, sign), _mm256_xor_ps(x.b, sign));
}
/* y where x < limit, else z */
INLINE v16 v_if_less(v16 x, v16 limit, v16 y, v16 z)
{
    return V(_mm256_blendv_ps(z.a, y.a, _mm256_cmp_ps(x.a, limit.a, _CMP_LT_OQ)),
             _mm256_blendv_ps(z.b, y.b, _mm256_cmp_ps(x.b, limit.b, _CMP_LT_OQ)));
}
/* bit i set when lane i of x equals that of y */
INLINE uint32_t v_equal(v16 x, v16 y)
{
    return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(x.a, y.a, _CMP_EQ_OQ))
        | (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(x.b, y.b, _CMP_EQ_OQ)) << 8;
}

/* i with i + 8, then i + 4, i + 2, i + 1 */
INLINE float v_sum(v16 x)
{
    __m256 eight = _mm256_add_ps(x.a, x.b);
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

INLINE i16 i_load(const void *p)
{
    return I(_mm256_loadu_si256(p), _mm256_loadu_si256((const __m256i *)p + 1));
}
INLINE void i_store(void *p, i16 v)
{
    _mm256_storeu_si256(p, v.a);
    _mm256_storeu_si256((__m256i *)p + 1, v.b);
}
INLINE i16 i_set(int32_t x) { return I(_mm256_set1_epi32(x), _mm256_set1_epi32(x)); }
INLINE i16 i_add(i16 x, i16 y) { return I(_mm256_add_epi32(x.a, y.a), _mm256_add_epi32(x.b, y.b)); }
INLINE i16 i_sub(i16 x, i16 y) { return I(_mm256_sub_epi32(x.a, y.a), _mm256_sub_epi32(x.b, y.b)); }
INLINE i16 i_and(i16 x, i16 y) { return I(_mm256_and_si256(x.a, y.a), _mm256_and_si256(x.b, y.b)); }
INLINE i16 i_or(i16 x, i16 y) { return I(_mm256_or_si256(x.a, y.a), _mm256_or_si256(x.b, y.b)); }
INLINE i16 i_min(i16 x, i16 y) { return I(_mm256_min_epi32(x.a, y.a), _mm256_min_epi32(x.b, y.b)); }
INLINE i16 i_max(i16 x, i16 y) { return I(_mm256_max_epi32(x.a, y.a), _mm256_max_epi32(x.b, y.b)); }
INLINE i16 i_shl(i16 x, int bits) { return I(_mm256_slli_epi32(x.a, bits), _mm256_slli_epi32(x.b, bits)); }
INLINE i16 i_shr(i16 x, int bits) { return I(_mm256_srli_epi32(x.a, bits), _mm256_srli_epi32(x.b, bits)); }
INLINE v16 v_bits(i16 x) { return V(_mm256_castsi256_ps(x.a), _mm256_castsi256_ps(x.b)); }
INLINE i16 i_bits(v16 x) { return I(_mm256_castps_si256(x.a), _mm256_castps_si256(x.b)); }
INLINE v16 v_from_int(i16 x) { return V(_mm256_cvtepi32_ps(x.a), _mm256_cvtepi32_ps(x.b)); }
/* to the nearest integer, ties to even */
INLINE i16 i_round(v16 x) { return I(_mm256_cvtps_epi32(x.a), _mm256_cvtps_epi32(x.b)); }
INLINE int32_t i_largest(i16 x)
{
    int32_t lanes[16], largest;
    i_store(lanes, x);
    largest = lanes[0];
    for (int i = 1; i < 16; i++) {
        largest = lanes[i] > largest ? lanes[i] : largest;
    }
    return largest;
}
INLINE int32_t i_sum(i16 x)
{
    int32_t lanes[16], sum = 0;
    i_store(lanes, x);
    for (int i = 0; i < 16; i++) {
        sum += lanes[i];
    }
    return sum;
}
/* the low byte of each lane */
INLINE void i_store_bytes(void *p, i16 x)
{
    int32_t lanes[16];
    i_store(lanes, x);
    for (int i = 0; i < 16; i++) {
        ((int8_t *)p)[i] = (int8_t)lanes[i];
    }
}
INLINE v16 v_from_half(const void *p)
{
    return V(_mm256_cvtph_ps(_mm_loadu_si128(p)), _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p + 1)));
}

INLINE uint16_t half(float x) { return (uint16_t)_cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT); }
INLINE float from_half(uint16_t x) { return _cvtsh_ss(x); }

#define Q8_OFFSET 0

INLINE __m256i dot_small(__m256i acc, __m256i w, __m256i x)
{
    return _mm256_add_epi32(acc, _mm256_madd_epi16(_mm256_maddubs_epi16(w, x), _mm256_set1_epi16(1)));
}
/* |w| times x with the sign of w: no sum of two such products leaves 16 bits */
INLINE __m256i dot_q8(__m256i acc, __m256i w, __m256i x)
{
    __m256i q = _mm256_xor_si256(w, _mm256_set1_epi8((char)0x80));
    return dot_small(acc, _mm256_abs_epi8(q), _mm256_sign_epi8(x, q));
}
INLINE i16 i_dot_q8(i16 acc, i16 w, i16 x) { return I(dot_q8(acc.a, w.a, x.a), dot_q8(acc.b, w.b, x.b)); }
INLINE i16 i_dot_q4(i16 acc, i16 w, i16 x) { return I(dot_small(acc.a, w.a, x.a), dot_small(acc.b, w.b, x.b)); }

#endif
