/* Ranges of what a kernel makes, so that a step can be shared among workers: any partition of the whole into ranges
 * gives the same bits as the whole, for each output is made from its own sum, and no range writes what is another's.
 * Gradients of parameters are shared out by parameters, never by examples, or the sum over a batch would depend on the
 * number of workers. Kernels of gather.h and loss.h take one tile of a batch at a time: a tile is the least share.
 *
 * A range begins at a multiple of ROW_STEP and ends at one, or where the whole ends. */
#ifndef KERNELS_RANGE_H
#define KERNELS_RANGE_H

#include <stdint.h>

/* From `first` on, up to `end`. */
struct range {
  int64_t first, end;
};

/* Part number `part` of `parts` of `whole`, cut at multiples of `step`: sizes differ by one step at most. */
static inline struct range range_part(int64_t whole, int64_t step, int64_t part, int64_t parts) {
  const int64_t steps = (whole + step - 1) / step;
  const int64_t first = steps * part / parts * step, end = steps * (part + 1) / parts * step;
  return (struct range){first < whole ? first : whole, end < whole ? end : whole};
}

#endif
