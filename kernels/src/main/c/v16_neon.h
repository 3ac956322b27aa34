/* Sixteen float32 or int32 lanes: four NEON registers. */
#ifndef V16_H
#define V16_H

#include <arm_neon.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))

typedef struct { float32x4_t q[4]; } v16;
typedef struct { int32x4_t q[4]; } i16;

#define EACH(type, expression) ({ type r_; _Pragma("GCC unroll 4") for (int i = 0; i < 4; i++) r_.q[i] = (expression); r_; })

INLINE v16 v_load(const void *p) { return EACH(v16, vld1q_f32((const float *)p + 4 * i)); }
INLINE void v_store(void *p, v16 v)
{
    for (int i = 0; i < 4; i++) {
        vst1q_f32((float *)p + 4 * i, v.q[i]);
    }
}
INLINE v16 v_set(float x) { return EACH(v16, vdupq_n_f32(x)); }
INLINE v16 v_zero(void) { return v_set(0.0f); }
INLINE v16 v_add(v16 a, v16 b) { return EACH(v16, vaddq_f32(a.q[i], b.q[i])); }
INLINE v16 v_sub(v16 a, v16 b) { return EACH(v16, vsubq_f32(a.q[i], b.q[i])); }
INLINE v16 v_mul(v16 a, v16 b) { return EACH(v16, vmulq_f32(a.q[i], b.q[i])); }
INLINE v16 v_div(v16 a, v16 b) { return EACH(v16, vdivq_f32(a.q[i], b.q[i])); }
INLINE v16 v_fma(v16 a, v16 b, v16 c) { return EACH(v16, vfmaq_f32(c.q[i], a.q[i], b.q[i])); }
/* NaN when either is NaN */
INLINE v16 v_min(v16 a, v16 b) { return EACH(v16, vminq_f32(a.q[i], b.q[i])); }
INLINE v16 v_max(v16 a, v16 b) { return EACH(v16, vmaxq_f32(a.q[i], b.q[i])); }
INLINE v16 v_neg(v16 a) { return EACH(v16, vnegq_f32(a.q[i])); }
/* a where x < limit, else b */
INLINE v16 v_if_less(v16 x, v16 limit, v16 a, v16 b)
{
    return EACH(v16, vbslq_f32(vcltq_f32(x.q[i], limit.q[i]), a.q[i], b.q[i]));
}
/* bit i set when lane i of a equals that of b */
INLINE uint32_t v_equal(v16 a, v16 b)
{
    float x[16], y[16];
    v_store(x, a);
    v_store(y, b);
    uint32_t bits = 0;
    for (int i = 0; i < 16; i++) {
        bits |= (uint32_t)(x[i] == y[i]) << i;
    }
    return bits;
}

/* i with i + 8, then i + 4, i + 2, i + 1 */
INLINE float v_sum(v16 a)
{
    float32x4_t four = vaddq_f32(vaddq_f32(a.q[0], a.q[2]), vaddq_f32(a.q[1], a.q[3]));
    float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

INLINE i16 i_load(const void *p) { return EACH(i16, vld1q_s32((const int32_t *)p + 4 * i)); }
INLINE void i_store(void *p, i16 v)
{
    for (int i = 0; i < 4; i++) {
        vst1q_s32((int32_t *)p + 4 * i, v.q[i]);
    }
}
INLINE i16 i_set(int32_t x) { return EACH(i16, vdupq_n_s32(x)); }
INLINE i16 i_add(i16 a, i16 b) { return EACH(i16, vaddq_s32(a.q[i], b.q[i])); }
INLINE i16 i_sub(i16 a, i16 b) { return EACH(i16, vsubq_s32(a.q[i], b.q[i])); }
INLINE i16 i_and(i16 a, i16 b) { return EACH(i16, vandq_s32(a.q[i], b.q[i])); }
INLINE i16 i_or(i16 a, i16 b) { return EACH(i16, vorrq_s32(a.q[i], b.q[i])); }
INLINE i16 i_min(i16 a, i16 b) { return EACH(i16, vminq_s32(a.q[i], b.q[i])); }
INLINE i16 i_max(i16 a, i16 b) { return EACH(i16, vmaxq_s32(a.q[i], b.q[i])); }
INLINE i16 i_shl(i16 a, int bits) { return EACH(i16, vshlq_s32(a.q[i], vdupq_n_s32(bits))); }
INLINE i16 i_shr(i16 a, int bits)
{
    return EACH(i16, vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(a.q[i]), vdupq_n_s32(-bits))));
}
INLINE v16 v_bits(i16 a) { return EACH(v16, vreinterpretq_f32_s32(a.q[i])); }
INLINE i16 i_bits(v16 a) { return EACH(i16, vreinterpretq_s32_f32(a.q[i])); }
INLINE v16 v_from_int(i16 a) { return EACH(v16, vcvtq_f32_s32(a.q[i])); }
/* to the nearest integer, ties to even */
INLINE i16 i_round(v16 a) { return EACH(i16, vcvtnq_s32_f32(a.q[i])); }
INLINE int32_t i_largest(i16 a)
{
    return vmaxvq_s32(vmaxq_s32(vmaxq_s32(a.q[0], a.q[1]), vmaxq_s32(a.q[2], a.q[3])));
}
INLINE int32_t i_sum(i16 a)
{
    return vaddvq_s32(vaddq_s32(vaddq_s32(a.q[0], a.q[1]), vaddq_s32(a.q[2], a.q[3])));
}
/* the low byte of each lane */
INLINE void i_store_bytes(void *p, i16 a)
{
    int16x8_t low = vcombine_s16(vmovn_s32(a.q[0]), vmovn_s32(a.q[1]));
    int16x8_t high = vcombine_s16(vmovn_s32(a.q[2]), vmovn_s32(a.q[3]));
    vst1q_s8(p, vcombine_s8(vmovn_s16(low), vmovn_s16(high)));
}
INLINE v16 v_from_half(const void *p)
{
    return EACH(v16, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16((const uint16_t *)p + 4 * i))));
}

INLINE uint16_t half(float x)
{
    return vget_lane_u16(vreinterpret_u16_f16(vcvt_f16_f32(vdupq_n_f32(x))), 0);
}
INLINE float from_half(uint16_t x)
{
    return vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(x))), 0);
}

#define Q8_OFFSET 0

INLINE i16 i_dot_q4(i16 acc, i16 w, i16 x)
{
    return EACH(i16, vdotq_s32(acc.q[i], vreinterpretq_s8_s32(w.q[i]), vreinterpretq_s8_s32(x.q[i])));
}
INLINE i16 i_dot_q8(i16 acc, i16 w, i16 x)
{
    int32x4_t offset = vdupq_n_s32((int32_t)0x80808080);
    return i_dot_q4(acc, EACH(i16, veorq_s32(w.q[i], offset)), x);
}

#endif
