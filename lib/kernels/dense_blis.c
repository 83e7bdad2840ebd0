/* The one file that knows BLIS: its micro-kernels, called by name.
 *
 * Naming them links these two objects of libblis.a and nothing else: no initialisation, no memory pool, no getenv, and
 * no abort. BLIS's own choice of kernel knows no CPU newer than itself; ours is by instruction set (dispatch.c). */
#include "kernels/dense.h"
#include "kernels/kernels.h"

#include <stddef.h>

#if defined(__x86_64__)
#include <blis.h>
#include <string.h>

/* Column-preferring: writes columns of 32 contiguous floats, which are our rows. */
static void run_skx(int64_t depth, const float *narrow, const float *wide, bool accumulate, float *c, int64_t stride) {
  float one = 1.0F, beta = accumulate ? 1.0F : 0.0F;
  auxinfo_t information;
  memset(&information, 0, sizeof information);
  bli_auxinfo_set_next_a((void *)(uintptr_t)(wide + depth * 32), &information); /* what to prefetch */
  bli_auxinfo_set_next_b((void *)(uintptr_t)narrow, &information);
  bli_sgemm_skx_asm_32x12_l2(32, 12, depth, &one, (float *)(uintptr_t)wide, (float *)(uintptr_t)narrow, &beta, c, 1,
                             stride, &information, NULL);
}

/* Row-preferring: writes rows of 16 contiguous floats. */
static void run_haswell(int64_t depth, const float *narrow, const float *wide, bool accumulate, float *c,
                        int64_t stride) {
  float one = 1.0F, beta = accumulate ? 1.0F : 0.0F;
  auxinfo_t information;
  memset(&information, 0, sizeof information);
  bli_auxinfo_set_next_a((void *)(uintptr_t)narrow, &information);
  bli_auxinfo_set_next_b((void *)(uintptr_t)(wide + depth * 16), &information);
  bli_sgemm_haswell_asm_6x16(6, 16, depth, &one, (float *)(uintptr_t)narrow, (float *)(uintptr_t)wide, &beta, c, stride,
                             1, &information, NULL);
}

static const struct micro_kernel skx = {"skx 32x12", 12, 32, run_skx};
static const struct micro_kernel haswell = {"haswell 6x16", 6, 16, run_haswell};

const struct micro_kernel *blis_micro_kernel(int32_t instruction_set) {
  switch (instruction_set) {
    case LOTTERY_INSTRUCTION_SET_AVX512: return &skx;
    case LOTTERY_INSTRUCTION_SET_AVX2: return &haswell;
    default: return NULL;
  }
}

#else

const struct micro_kernel *blis_micro_kernel(int32_t instruction_set) {
  (void)instruction_set;
  return NULL;
}

#endif

#if !defined(LOTTERY_BLIS_VERSION)
#define LOTTERY_BLIS_VERSION "unknown"
#endif
const char *kernels_blis_version(void) { return LOTTERY_BLIS_VERSION; }
