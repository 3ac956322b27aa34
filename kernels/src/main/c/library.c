/* What Java looks up: the version of the interface and the table of each instruction set. */
#include "gorgon.h"

#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

#define EXPORT __attribute__((visibility("default")))

EXPORT int32_t gorgon_abi(void);
EXPORT int32_t gorgon_instruction_sets(void);
EXPORT const char *gorgon_instruction_set_name(int32_t index);
EXPORT const struct kernels *gorgon_kernels(int32_t index);

struct instruction_set {
    const char *name;
    const struct kernels *kernels;
    int (*supported)(void);
};

#if defined(__x86_64__)

static int avx512_vnni(void)
{
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bf16");
}

static int avx512(void)
{
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

static int avx2(void)
{
    /* every processor with AVX2 and FMA converts half floats as well */
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static const struct instruction_set SETS[] = {
    {"avx512-vnni", &gorgon_avx512_vnni, avx512_vnni},
    {"avx512", &gorgon_avx512, avx512},
    {"avx2", &gorgon_avx2, avx2},
};

#elif defined(__aarch64__)

static int neon(void)
{
    return (getauxval(AT_HWCAP) & (1UL << 20)) != 0; /* HWCAP_ASIMDDP */
}

static const struct instruction_set SETS[] = {{"neon", &gorgon_neon, neon}};

#else
#error "no kernels for this architecture"
#endif

int32_t gorgon_abi(void)
{
    return GORGON_ABI;
}

/* Number of instruction sets in this library, the most capable first. */
int32_t gorgon_instruction_sets(void)
{
    return (int32_t)(sizeof SETS / sizeof SETS[0]);
}

const char *gorgon_instruction_set_name(int32_t index)
{
    return SETS[index].name;
}

/* The kernels of an instruction set, or NULL when this machine does not have it. */
const struct kernels *gorgon_kernels(int32_t index)
{
    return SETS[index].supported() ? SETS[index].kernels : NULL;
}
