/* Chooses the kernels for the machine: cpuid on x86-64, the baseline elsewhere. No state: the CPU answers each time. */
#include <stddef.h>

#include "base/arithmetic.h"
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

/* BLIS's are faster than the library's own or at most 8 % slower: tests/bench/bench_product. */
const struct micro_kernel *micro_kernel_for(const struct kernels *kernels) {
  const struct micro_kernel *blis = blis_micro_kernel(kernels->instruction_set);
  return blis != NULL ? blis : kernels->own_micro_kernel;
}

/* A column of zeros; a narrow panel; a block of columns; both factors transposed; what micro-kernels read past the last
 * panel. */
int64_t weight_gradient_workspace(int64_t rows, int64_t columns, int64_t count) {
  enum { READ_AHEAD = 512 };
  const int64_t examples = arithmetic_round_up(count, BATCH_TILE), padded = arithmetic_round_up(rows, PANEL_STEP);
  return padded + PANEL_DEPTH * PANEL_STEP + PANEL_STEP * padded +
         examples * (arithmetic_round_up(columns + PANEL_STEP, PANEL_STEP) + padded) + READ_AHEAD;
}
