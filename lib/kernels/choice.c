/* The numbers that decide, each with what was measured. */
#include "kernels/choice.h"

#include <stddef.h>

#include "base/float_mode.h"
#include "base/public.h"
#include "kernels/dense.h"
#include "kernels/index/nonzeros.h"
#include "kernels/index/sparse_index.h"
#include "kernels/kernels.h"
#include "kernels/nonzero.h"
#include "kernels/sparse.h"

/* Crossovers, rounded from what tests/bench/bench_crossover measured at batch 60 on a Zen 5 core, with AVX-512 and AVX2
 * on a Zen 4 core again: small matrices stay in the cache in both forms, so that packing pays sooner. For a first layer
 * it depends on the data, which the form must not: 0.38 where four fifths of the inputs are 0 (MNIST), since the dense
 * layer passes them over, 0.76 where none are; 0.56 lies between, and is right for layers within. */
struct crossovers {
  int32_t instruction_set;
  double tiny, small, large; /* up to TINY weights, up to SMALL, more */
};

enum { TINY = 4096, SMALL = 32768 };

static const struct crossovers crossovers[] = {
    {LOTTERY_INSTRUCTION_SET_PORTABLE, 0.95, 0.90, 0.65},
    {LOTTERY_INSTRUCTION_SET_AVX2, 0.95, 0.80, 0.55},
    {LOTTERY_INSTRUCTION_SET_AVX512, 0.95, 0.75, 0.56},
    {LOTTERY_INSTRUCTION_SET_NEON, 0.95, 0.80, 0.55}, /* not measured: as AVX2 */
};

double choice_crossover(int32_t instruction_set, int64_t rows, int64_t columns) {
  const struct crossovers *of = &crossovers[0];
  for (unsigned i = 0; i < sizeof crossovers / sizeof crossovers[0]; i++)
    if (crossovers[i].instruction_set == instruction_set) of = &crossovers[i];
  const int64_t weights = rows * columns;
  return weights <= TINY ? of->tiny : weights <= SMALL ? of->small : of->large;
}

bool choice_packs(int32_t instruction_set, int64_t rows, int64_t columns, int64_t kept, double crossover) {
  const uint64_t mode = float_mode_enter_ieee();
  const volatile double given = crossover, shape[] = {(double)rows, (double)columns}; /* volatile: kept in the mode */
  const double limit = given < 0.0 ? choice_crossover(instruction_set, rows, columns) : given;
  const volatile bool below = (double)kept / (shape[0] * shape[1]) < limit;
  float_mode_leave(mode);
  return below && sparse_fits(rows, columns, kept);
}

/* Entries of a list have 16 bits for the feature. Of larger batches the output gradients would not stay in the
 * second-level cache: 4 tiles of 300 rows are 300 KB. */
bool choice_lists_nonzeros(int64_t features, int64_t tiles) {
  enum { FEATURE_LIMIT = 65536, TILE_LIMIT = 4 };
  return features <= FEATURE_LIMIT && tiles <= TILE_LIMIT;
}

/* Of fewer rows, an input's place in the list costs more than its products. */
bool choice_reads_nonzeros(int64_t rows) {
  enum { LEAST_ROWS = 64 };
  return rows >= LEAST_ROWS;
}

/* Where the two dense kernels take equal time: the percentage is in isa/tuning.h. */
bool choice_takes_nonzeros(const struct kernels *kernels, int64_t rows, int64_t count, int64_t live, int64_t tiles) {
  return count >= 0 && choice_reads_nonzeros(rows) &&
         count * 100 <= live * tiles * BATCH_TILE * kernels->nonzero->percent;
}

/* Taking entries out repays only where inputs have several: steps of LeNet with masks made at initialisation became 4 %
 * faster with 7.5 entries an input and 4 % slower with 5.4 (Zen 4); with tickets, whose weights avoid dead inputs, it
 * makes no difference. */
bool choice_may_skip(const struct kernels *kernels, int64_t columns, int64_t kept) {
  enum { ENTRIES_PER_INPUT = 7 };
  return kernels->sparse->skips_dead && columns <= LIVE_STEP && kept >= columns * ENTRIES_PER_INPUT;
}

/* Taking the dead entries out and putting their gradients back costs a seventh of the products of all (Zen 4), so a
 * fifth has to be dead. */
bool choice_skips(int64_t kept, int64_t live) { return live <= kept * 4 / 5; }

/* An estimate, not measured: that a sixteenth is dead pays for one more look-up in a list for each of the others. */
bool choice_leaves_out(int64_t live, int64_t features) { return live <= features * 15 / 16; }

/* Packed survivors leave out dead features in training only: that moves the others between two sums, and a prediction
 * should not depend on the examples beside it. */
static enum matrix_choice choice_of_packed(const struct kernels *kernels, const struct sparse_index *index,
                                           const struct input *input, bool training) {
  const bool may = training && input->live_bits != NULL && choice_may_skip(kernels, index->columns, index->kept);
  return may && choice_skips(index->kept, sparse_live_entries(index, input->live_bits)) ? MATRIX_LIVE : MATRIX_WHOLE;
}

enum matrix_choice choice_of_matrix(const struct kernels *kernels, const struct weights *weights,
                                    const struct input *input, int64_t tiles, bool training) {
  if (weights->index != NULL) return choice_of_packed(kernels, weights->index, input, training);
  const bool listed = input->nonzeros != NULL;
  return listed && choice_takes_nonzeros(kernels, weights->rows, input->nonzeros->count, input->live_count, tiles)
             ? MATRIX_NONZERO
             : MATRIX_WHOLE;
}

/* BLIS's are faster than the library's own or at most 8 % slower: tests/bench/bench_product. */
const struct micro_kernel *choice_micro_kernel(const struct kernels *kernels) {
  const struct micro_kernel *blis = blis_micro_kernel(kernels->instruction_set);
  return blis != NULL ? blis : kernels->dense->own_micro_kernel;
}
