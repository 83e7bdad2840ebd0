/* Making scalings, and turning them into float32. */
#include "data/scaling.h"

#include <math.h>

/* About the element whose value is 0. Where that is twice as large as any float32 no sum can cancel, and a product and
 * a sum do. Elements near the limits of float32 are moved from there first: differences could pass them. */
static struct affine affine_of(const struct scaling *scaling, double largest) {
  const double scale = scaling->scale, zero = scale == 0.0 ? INFINITY : scaling->centre - scaling->shift / scale;
  if (!(fabs(zero) < 0x1p129))
    return (struct affine){
        .unit = (float)scale, .centre = (float)(scaling->centre * scale - scaling->shift), .scale = 1.0F};
  const double size = largest + fabs(zero), unit = size >= 0x1p125 ? 0.125 : size < 0x1p-62 ? 0x1p64 : 1.0;
  const float centre = (float)(zero * unit);
  return (struct affine){.unit = (float)unit,
                         .centre = centre,
                         .centre_rest = (float)(zero * unit - (double)centre),
                         .scale = (float)(scale / unit)};
}

struct scaling scaling_create(double scale, double shift, double largest) {
  struct scaling scaling = {.scale = scale, .shift = shift};
  scaling.affine = affine_of(&scaling, largest);
  return scaling;
}

struct scaling scaling_normalise(const struct scaling *scaling, double mean, double deviation, double largest) {
  const double divisor = deviation == 0.0 ? 1.0 : deviation;
  struct scaling made = {.centre = scaling->centre, .scale = scaling->scale / divisor};
  const double moved = scaling->scale == 0.0 ? INFINITY : scaling->centre + (mean - scaling->shift) / scaling->scale;
  if (isfinite(moved))
    made.centre = moved;
  else /* a scale of 0, or nearly */
    made.shift = (scaling->shift - mean) / divisor;
  made.affine = affine_of(&made, largest);
  return made;
}

/* Half the largest float32, which leaves room for the roundings of a product and a sum. */
bool scaling_is_finite(const struct scaling *scaling, double largest) {
  const double limit = 0x1p127, scale = fabs(scaling->scale);
  return scale <= limit && scale * (largest + fabs(scaling->centre)) + fabs(scaling->shift) <= limit;
}
