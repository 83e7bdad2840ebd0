/* A step of an optimiser over a whole tensor. */
#include "kernels/update.h"

#include "kernels/isa/set.h"
#include "kernels/isa/update_vector.h"

static void apply(const struct update *update, struct range parameters) {
  const struct update_vectors v = update_vectors_of(update);
  update_range(update, &v, parameters.first, parameters.end);
}

const struct update_kernels KERNEL(update_kernels) = {.apply = apply};
