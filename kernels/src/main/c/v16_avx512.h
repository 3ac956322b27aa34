/* Sixteen float32 or int32 lanes: one AVX-512 register. */
#ifndef V16_H
#define V16_H

#include <immintrin.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))

typedef __m512 v16;
typedef __m512i i16;

INLINE v16 v_load(const void *p) { return _mm512_loadu_ps(p); }
INLINE void v_store(void *p, v16 v) { _mm512_storeu_ps(p, v); }
INLINE v16 v_zero(void) { return _mm512_setzero_ps(); }
INLINE v16 v_set(float x) { return _mm512_set1_ps(x); }
INLINE v16 v_add(v16 a, v16 b) { return _mm512_add_ps(a, b); }
INLINE v16 v_sub(v16 a, v16 b) { return _mm512_sub_ps(a, b); }
INLINE v16 v_mul(v16 a, v16 b) { return _mm512_mul_ps(a, b); }
INLINE v16 v_div(v16 a, v16 b) { return _mm512_div_ps(a, b); }
INLINE v16 v_fma(v16 a, v16 b, v16 c) { return _mm512_fmadd_ps(a, b, c); }
/* b when either is NaN */
INLINE v16 v_min(v16 a, v16 b) { return _mm512_min_ps(a, b); }
INLINE v16 v_max(v16 a, v16 b) { return _mm512_max_ps(a, b); }
INLINE v16 v_neg(v16 a) { return _mm512_xor_ps(a, _mm512_set1_ps(-0.0f)); }
/* a where x < limit, else b */
INLINE v16 v_if_less(v16 x, v16 limit, v16 a, v16 b)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, limit, _CMP_LT_OQ), b, a);
}
/* bit i set when lane i of a equals that of b */
INLINE uint32_t v_equal(v16 a, v16 b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }

/* i with i + 8, then i + 4, i + 2, i + 1 */
INLINE float v_sum(v16 a)
{
    __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

INLINE i16 i_load(const void *p) { return _mm512_loadu_si512(p); }
INLINE void i_store(void *p, i16 v) { _mm512_storeu_si512(p, v); }
INLINE i16 i_set(int32_t x) { return _mm512_set1_epi32(x); }
INLINE i16 i_add(i16 a, i16 b) { return _mm512_add_epi32(a, b); }
INLINE i16 i_sub(i16 a, i16 b) { return _mm512_sub_epi32(a, b); }
INLINE i16 i_and(i16 a, i16 b) { return _mm512_and_si512(a, b); }
INLINE i16 i_or(i16 a, i16 b) { return _mm512_or_si512(a, b); }
INLINE i16 i_min(i16 a, i16 b) { return _mm512_min_epi32(a, b); }
INLINE i16 i_max(i16 a, i16 b) { return _mm512_max_epi32(a, b); }
INLINE i16 i_shl(i16 a, int bits) { return _mm512_slli_epi32(a, bits); }
INLINE i16 i_shr(i16 a, int bits) { return _mm512_srli_epi32(a, bits); }
INLINE v16 v_bits(i16 a) { return _mm512_castsi512_ps(a); }
INLINE i16 i_bits(v16 a) { return _mm512_castps_si512(a); }
INLINE v16 v_from_int(i16 a) { return _mm512_cvtepi32_ps(a); }
/* to the nearest integer, ties to even */
INLINE i16 i_round(v16 a) { return _mm512_cvtps_epi32(a); }
INLINE int32_t i_largest(i16 a) { return _mm512_reduce_max_epi32(a); }
INLINE int32_t i_sum(i16 a) { return _mm512_reduce_add_epi32(a); }
/* the low byte of each lane */
INLINE void i_store_bytes(void *p, i16 a) { _mm_storeu_si128(p, _mm512_cvtepi32_epi8(a)); }
INLINE v16 v_from_half(const void *p) { return _mm512_cvtph_ps(_mm256_loadu_si256(p)); }

INLINE uint16_t half(float x) { return (uint16_t)_cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT); }
INLINE float from_half(uint16_t x) { return _cvtsh_ss(x); }

#if defined(__AVX512BF16__)
#define HAS_BF16_DOT 1
/* acc + w.odd*x.odd + w.even*x.even for pairs of bfloat16 */
INLINE v16 v_dot_bf16(v16 acc, i16 w, i16 x) { return _mm512_dpbf16_ps(acc, (__m512bh)w, (__m512bh)x); }
#endif

#if defined(__AVX512VNNI__)
/* acc + the sum of 4 products of bytes; weights hold q + 128 and the caller takes 128 times the sum of x off */
#define Q8_OFFSET 128
INLINE i16 i_dot_q8(i16 acc, i16 w, i16 x) { return _mm512_dpbusd_epi32(acc, w, x); }
INLINE i16 i_dot_q4(i16 acc, i16 w, i16 x) { return _mm512_dpbusd_epi32(acc, w, x); }
#else
#define Q8_OFFSET 0
INLINE i16 i_dot_small(i16 acc, i16 w, i16 x)
{
    return _mm512_add_epi32(acc, _mm512_madd_epi16(_mm512_maddubs_epi16(w, x), _mm512_set1_epi16(1)));
}
/* |w| times x with the sign of w: no sum of two such products leaves 16 bits */
INLINE i16 i_dot_q8(i16 acc, i16 w, i16 x)
{
    i16 q = _mm512_xor_si512(w, _mm512_set1_epi8((char)0x80));
    i16 signed_x = _mm512_mask_sub_epi8(x, _mm512_movepi8_mask(q), _mm512_setzero_si512(), x);
    return i_dot_small(acc, _mm512_abs_epi8(q), signed_x);
}
INLINE i16 i_dot_q4(i16 acc, i16 w, i16 x) { return i_dot_small(acc, w, x); }
#endif

#endif
