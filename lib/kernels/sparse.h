/* Kernels of packed survivors (index/sparse_index.h). */
#ifndef KERNELS_SPARSE_H
#define KERNELS_SPARSE_H

#include "kernels/matrix.h"

struct sparse_kernels {
  bool skips_dead; /* they leave out what input.live_bits, if given, do not name, up to LIVE_STEP features */
  void (*forward)(const struct forward_arguments *arguments, struct range rows);
  void (*input_gradient)(const struct input_gradient_arguments *arguments, struct range columns);
  /* Of the entries of the index, up to index->entries. Leaves gradient[kept …], past the survivors, as it is: 0. */
  void (*weight_gradient)(const struct weight_gradient_arguments *arguments, struct range entries);
};

#endif
