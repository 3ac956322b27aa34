/* What the machine can do at best: reading memory, and multiplying in registers. */

static float read_memory(const uint8_t *bytes, int64_t count)
{
    v16 a = v_zero(), b = a, c = a, d = a;
    for (int64_t i = 0; i + 256 <= count; i += 256) {
        __builtin_prefetch(bytes + i + PREFETCH);
        __builtin_prefetch(bytes + i + PREFETCH + 64);
        __builtin_prefetch(bytes + i + PREFETCH + 128);
        __builtin_prefetch(bytes + i + PREFETCH + 192);
        a = v_add(a, v_load(bytes + i));
        b = v_add(b, v_load(bytes + i + 64));
        c = v_add(c, v_load(bytes + i + 128));
        d = v_add(d, v_load(bytes + i + 192));
    }
    return v_sum(v_add(v_add(a, b), v_add(c, d)));
}

/* Independent chains: enough to hide the latency of a multiply-add. */
enum { CHAINS = 14 };

INLINE void keep(v16 *sums)
{
    __asm__ volatile("" : : "r"(sums) : "memory");
}

static int64_t peak(int32_t format, int64_t turns)
{
    if (format >= FORMAT_Q8) {
        i16 sums[CHAINS];
        i16 w = i_set(0x01020304), x = i_set(0x04030201);
        __asm__ volatile("" : "+m"(w), "+m"(x));
        for (int i = 0; i < CHAINS; i++) {
            sums[i] = i_set(i);
        }
        for (int64_t t = 0; t < turns; t++) {
#pragma GCC unroll 14
            for (int i = 0; i < CHAINS; i++) {
                sums[i] = i_dot_q8(sums[i], w, x);
            }
        }
        __asm__ volatile("" : : "r"(sums) : "memory");
        return CHAINS * 16 * 8;
    }
    v16 sums[CHAINS];
    v16 w = v_set(0.5f), x = v_set(0.25f);
    __asm__ volatile("" : "+m"(w), "+m"(x));
    for (int i = 0; i < CHAINS; i++) {
        sums[i] = v_set((float)i);
    }
#ifdef HAS_BF16_DOT
    if (format == FORMAT_BF16) {
        for (int64_t t = 0; t < turns; t++) {
#pragma GCC unroll 14
            for (int i = 0; i < CHAINS; i++) {
                sums[i] = v_dot_bf16(sums[i], i_bits(w), i_bits(x));
            }
        }
        keep(sums);
        return CHAINS * 16 * 4;
    }
#endif
    for (int64_t t = 0; t < turns; t++) {
#pragma GCC unroll 14
        for (int i = 0; i < CHAINS; i++) {
            sums[i] = v_fma(w, x, sums[i]);
        }
    }
    keep(sums);
    return CHAINS * 16 * 2;
}
