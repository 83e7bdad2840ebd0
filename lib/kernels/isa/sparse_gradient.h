/* The gradient of packed survivors, which has a file of its own. */
#ifndef KERNELS_ISA_SPARSE_GRADIENT_H
#define KERNELS_ISA_SPARSE_GRADIENT_H

#include "kernels/isa/set.h"
#include "kernels/matrix.h"

void KERNEL(sparse_weight_gradient)(const struct weight_gradient_arguments *arguments, struct range entries);

#endif
