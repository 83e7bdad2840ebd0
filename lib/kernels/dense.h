/* Kernels of dense weights. */
#ifndef KERNELS_DENSE_H
#define KERNELS_DENSE_H

#include "kernels/matrix.h"

enum {
  PANEL_DEPTH = 256, /* of packed panels for a micro-kernel, so that two of them stay in the nearest cache */
  PANEL_STEP = 64    /* a multiple of the width of every micro-kernel's wide panels, and no less than its narrow ones */
};

/* A micro-kernel computes c (+)= narrow * wide on packed panels: narrow [depth][narrow_width], wide
 * [depth][wide_width], c [narrow_width][wide_width] with `stride` from row to row. */
struct micro_kernel {
  const char *name;
  int32_t narrow_width, wide_width;
  void (*run)(int64_t depth, const float *narrow, const float *wide, bool accumulate, float *c, int64_t stride);
};

struct dense_kernels {
  const struct micro_kernel *own_micro_kernel; /* where BLIS has none: see choice_micro_kernel */
  void (*forward)(const struct forward_arguments *arguments, struct range rows);
  void (*input_gradient)(const struct input_gradient_arguments *arguments, struct range columns);
  void (*weight_gradient)(const struct weight_gradient_arguments *arguments, struct range columns);
};

/* BLIS's micro-kernels (dense_blis.c); NULL where BLIS has none for the set. */
const struct micro_kernel *blis_micro_kernel(int32_t instruction_set);

/* Floats of workspace that the gradient of dense weights over a batch of `count` needs. */
int64_t weight_gradient_workspace(int64_t rows, int64_t columns, int64_t count);

#endif
