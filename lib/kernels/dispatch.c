/* Chooses the kernels for the machine: cpuid on x86-64, the baseline elsewhere. No state: the CPU answers each time. */
#include <stdbool.h>
#include <stddef.h>

#include "kernels/kernels.h"

extern const struct kernels kernels_portable;
#if defined(LOTTERY_HAVE_AVX2)
extern const struct kernels kernels_avx2;
#endif
#if defined(LOTTERY_HAVE_AVX512)
extern const struct kernels kernels_avx512;
#endif
#if defined(LOTTERY_HAVE_NEON)
extern const struct kernels kernels_neon;
#endif

#if defined(__x86_64__)
/* The compiler's run-time check includes whether the operating system saves the registers. */
static bool cpu_has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
static bool cpu_has_avx512(void) {
  return cpu_has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

static const struct kernels *best(void) {
  const struct kernels *kernels = kernels_for(LOTTERY_INSTRUCTION_SET_AVX512);
  if (kernels == NULL) kernels = kernels_for(LOTTERY_INSTRUCTION_SET_AVX2);
  if (kernels == NULL) kernels = kernels_for(LOTTERY_INSTRUCTION_SET_NEON);
  return kernels != NULL ? kernels : &kernels_portable;
}

const struct kernels *kernels_for(int32_t instruction_set) {
  switch (instruction_set) {
    case LOTTERY_INSTRUCTION_SET_AUTOMATIC: return best();
    case LOTTERY_INSTRUCTION_SET_PORTABLE: return &kernels_portable;
#if defined(LOTTERY_HAVE_AVX2)
    case LOTTERY_INSTRUCTION_SET_AVX2: return cpu_has_avx2() ? &kernels_avx2 : NULL;
#endif
#if defined(LOTTERY_HAVE_AVX512)
    case LOTTERY_INSTRUCTION_SET_AVX512: return cpu_has_avx512() ? &kernels_avx512 : NULL;
#endif
#if defined(LOTTERY_HAVE_NEON)
    case LOTTERY_INSTRUCTION_SET_NEON: return &kernels_neon;
#endif
    default: return NULL;
  }
}

const char *kernels_cpu_features(void) {
#if defined(__x86_64__)
  return cpu_has_avx512() ? "avx2 fma avx512" : cpu_has_avx2() ? "avx2 fma" : "baseline";
#elif defined(__aarch64__)
  return "neon";
#else
  return "baseline";
#endif
}
