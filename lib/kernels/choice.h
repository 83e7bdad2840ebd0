/* Which form a matrix has and which kernels run its passes: everything that a measured number decides, in one place.
 *
 * Pure functions of the instruction set, of shapes and of counts, never of a clock or an address: the same training
 * takes the same kernels wherever it runs. */
#ifndef KERNELS_CHOICE_H
#define KERNELS_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

struct input;
struct kernels;
struct weights;

/* --- The form, when a mask changes --- */

/* The density below which packed survivors beat a dense matrix. */
double choice_crossover(int32_t instruction_set, int64_t rows, int64_t columns);

/* Whether a masked matrix of which `kept` weights survive is packed. crossover: negative for choice_crossover. */
bool choice_packs(int32_t instruction_set, int64_t rows, int64_t columns, int64_t kept, double crossover);

/* --- What is worth knowing of an input, before there is one --- */

/* Whether the inputs that are not 0 are ever listed for so many features and tiles, and whether a dense matrix of so
 * many rows can gain by the lists (index/nonzeros.h). */
bool choice_lists_nonzeros(int64_t features, int64_t tiles);
bool choice_reads_nonzeros(int64_t rows);

/* Whether packed survivors can gain by leaving out features that are dead, 0 in a whole batch. */
bool choice_may_skip(const struct kernels *kernels, int64_t columns, int64_t kept);

/* --- Once a batch --- */

/* Whether so few features are live that leaving out the others can pay. */
bool choice_leaves_out(int64_t live, int64_t features);

/* Whether packed survivors leave out the entries of dead features, when `live` of `kept` are not among them. */
bool choice_skips(int64_t kept, int64_t live);

/* Whether a dense matrix visits only the inputs that are not 0, `count` of them in the batch (-1: not listed). live:
 * features that are not dead. While weights are finite, results are the same. */
bool choice_takes_nonzeros(const struct kernels *kernels, int64_t rows, int64_t count, int64_t live, int64_t tiles);

/* What a matrix leaves out of its input in a batch: the result of the functions above. */
enum matrix_choice {
  MATRIX_WHOLE,  /* dense: dead features, where input->live lists the others; packed: nothing */
  MATRIX_LIVE,   /* packed: dead features */
  MATRIX_NONZERO /* dense: inputs that are 0 */
};
enum matrix_choice choice_of_matrix(const struct kernels *kernels, const struct weights *weights,
                                    const struct input *input, int64_t tiles, bool training);

/* The micro-kernel of dense gradients: BLIS's for the kernels' instruction set, or their own where BLIS has none. */
const struct micro_kernel *choice_micro_kernel(const struct kernels *kernels);

#endif
