/* Below which density packed survivors beat a dense matrix: a committed table, not a clock, decides. */
#ifndef KERNELS_CROSSOVER_H
#define KERNELS_CROSSOVER_H

#include <stdint.h>

double crossover_default(int32_t instruction_set, int64_t rows, int64_t columns);

#endif
