/* What value a stored element has: an affine map, true to its numbers at any offset. */
#ifndef DATA_SCALING_H
#define DATA_SCALING_H

#include <stdbool.h>

#include "kernels/gather.h"

/* The value of an element e is (e - centre) * scale + shift. The centre is what normalising moves: far from 0, sums of
 * the shift's size would round the values away. */
struct scaling {
  double centre, scale, shift;
  struct affine affine; /* how it is computed */
};

/* e * scale + shift. largest: no element's magnitude is above it, here and below. */
struct scaling scaling_create(double scale, double shift, double largest);

/* The scaled value less `mean`, divided by `deviation`, or by 1 where the deviation is 0. */
struct scaling scaling_normalise(const struct scaling *scaling, double mean, double deviation, double largest);

/* Whether elements up to `largest` stay finite in float32 under a scaling. */
bool scaling_is_finite(const struct scaling *scaling, double largest);

/* Whether it only multiplies. */
static inline bool scaling_is_factor(const struct scaling *scaling) {
  return scaling->centre == 0.0 && scaling->shift == 0.0;
}

/* The value of an element that is not in float32, such as a mean. */
static inline double scaling_apply(const struct scaling *scaling, double element) {
  return (element - scaling->centre) * scaling->scale + scaling->shift;
}

#endif
