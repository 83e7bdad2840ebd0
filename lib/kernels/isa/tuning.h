/* Every size that depends on the instruction set, and why it is what it is. A further set gets a block here. (The
 * densities below which packing pays are in kernels/choice.c.) */
#ifndef KERNELS_ISA_TUNING_H
#define KERNELS_ISA_TUNING_H

#include "base/public.h"

/* INSTRUCTION_SET   the set's constant in the public header.
 * ROW_BLOCK, LANE_VECTORS
 *                   a block of sums of a dense product, so many outputs by so many vectors of lanes: with what feeds it
 *                   it fills the registers, 32 of them, or 16.
 * SPARSE_VECTORS    vectors of lanes of a sparse product whose sums are kept in registers: a whole tile where there are
 *                   enough, else a part, several times.
 * SPARSE_SETS       sets of these sums: two, for odd and even entries, make shorter chains where registers are left.
 * NONZERO_PERCENT   where the kernels over inputs that are not 0 and the other dense ones take equal time, measured
 * with 300 rows on a Zen 4 core: in forward passes alone at 0.48 (AVX-512) and 0.38 (AVX2), in training above 0.5.
 * LIVE_BLOCKS       whether entries of dead inputs can be taken out (live.h): the set compresses a vector within
 *                   registers.
 * BYTE_PARTS        sixteens of bytes that are transposed side by side (bytes.h): a vector of bytes that shuffles
 * within each; of AVX-512's 64 bytes a core that splits them in two is no faster. */
#if defined(__AVX512F__)
enum {
  INSTRUCTION_SET = LOTTERY_INSTRUCTION_SET_AVX512,
  ROW_BLOCK = 6,
  LANE_VECTORS = 4,
  SPARSE_VECTORS = 4,
  SPARSE_SETS = 2,
  NONZERO_PERCENT = 50,
  LIVE_BLOCKS = 1,
  BYTE_PARTS = 2
};
#elif defined(__AVX2__)
enum {
  INSTRUCTION_SET = LOTTERY_INSTRUCTION_SET_AVX2,
  ROW_BLOCK = 6,
  LANE_VECTORS = 2,
  SPARSE_VECTORS = 8,
  SPARSE_SETS = 1,
  NONZERO_PERCENT = 40,
  LIVE_BLOCKS = 0,
  BYTE_PARTS = 2
};
#elif defined(__aarch64__)
enum {
  INSTRUCTION_SET = LOTTERY_INSTRUCTION_SET_NEON,
  ROW_BLOCK = 6,
  LANE_VECTORS = 4,
  SPARSE_VECTORS = 8,
  SPARSE_SETS = 1,
  NONZERO_PERCENT = 40,
  LIVE_BLOCKS = 0,
  BYTE_PARTS = 1
};
#else
enum {
  INSTRUCTION_SET = LOTTERY_INSTRUCTION_SET_PORTABLE,
  ROW_BLOCK = 4,
  LANE_VECTORS = 2,
  SPARSE_VECTORS = 8,
  SPARSE_SETS = 1,
  NONZERO_PERCENT = 40,
  LIVE_BLOCKS = 0,
  BYTE_PARTS = 1
};
#endif

#endif
