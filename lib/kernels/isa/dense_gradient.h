/* The gradient of dense weights, which has a file of its own. */
#ifndef KERNELS_ISA_DENSE_GRADIENT_H
#define KERNELS_ISA_DENSE_GRADIENT_H

#include "kernels/dense.h"
#include "kernels/isa/set.h"

extern const struct micro_kernel KERNEL(own_micro_kernel);

void KERNEL(dense_weight_gradient)(const struct weight_gradient_arguments *arguments, struct range columns);

#endif
