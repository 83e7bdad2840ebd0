/* The table of crossovers, rounded from what tests/bench/bench_crossover measured at batch 60 on a Zen 5 core, with
 * AVX-512 and AVX2 on a Zen 4 core again: small matrices stay in the cache in both forms, so that packing pays sooner.
 * For a first layer it depends on the data, which the form must not: 0.38 where four fifths of the inputs are 0
 * (MNIST), since the dense layer passes them over, 0.76 where none are; 0.56 lies between, and is right for layers
 * within. */
#include "kernels/crossover.h"

#include "base/public.h"

struct row {
  int32_t instruction_set;
  double tiny, small, large; /* up to TINY weights, up to SMALL, more */
};

enum { TINY = 4096, SMALL = 32768 };

static const struct row table[] = {
    {LOTTERY_INSTRUCTION_SET_PORTABLE, 0.95, 0.90, 0.65},
    {LOTTERY_INSTRUCTION_SET_AVX2, 0.95, 0.80, 0.55},
    {LOTTERY_INSTRUCTION_SET_AVX512, 0.95, 0.75, 0.56},
    {LOTTERY_INSTRUCTION_SET_NEON, 0.95, 0.80, 0.55}, /* not measured: as AVX2 */
};

double crossover_default(int32_t instruction_set, int64_t rows, int64_t columns) {
  const struct row *row = &table[0];
  for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++)
    if (table[i].instruction_set == instruction_set) row = &table[i];
  const int64_t weights = rows * columns;
  return weights <= TINY ? row->tiny : weights <= SMALL ? row->small : row->large;
}
