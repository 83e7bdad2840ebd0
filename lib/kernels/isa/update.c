/* A step of an optimiser over a whole tensor. */
#include "kernels/isa/update.h"

#include "kernels/isa/isa.h"

void KERNEL(apply)(const struct update *update, int64_t count) {
  const struct update_vectors v = update_vectors_of(update);
  update_range(update, &v, 0, count);
}
