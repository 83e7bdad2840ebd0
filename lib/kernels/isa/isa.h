/* Names of the kernels of one instruction set: every file here is compiled once for each, LOTTERY_KERNELS saying which.
 */
#ifndef KERNELS_ISA_ISA_H
#define KERNELS_ISA_ISA_H

#include "kernels/kernels.h"

#define KERNEL_JOIN(name, set) name##_##set
#define KERNEL_EXPAND(name, set) KERNEL_JOIN(name, set)
/* name_avx512 and the like */
#define KERNEL(name) KERNEL_EXPAND(name, LOTTERY_KERNELS)

extern const struct kernels KERNEL(kernels);
extern const struct micro_kernel KERNEL(own_micro_kernel);

void KERNEL(product)(const struct micro_kernel *micro_kernel, int64_t rows, int64_t columns, int64_t depth,
                     struct matrix a, struct matrix b, bool accumulate, float *c, int64_t c_row_stride,
                     float *workspace);
void KERNEL(add_bias)(float *tile, const float *bias, int64_t features);
void KERNEL(sum_lanes)(const float *tile, int64_t features, float *sums);
void KERNEL(activate)(enum activation activation, const float *input, float *output, int64_t count);
void KERNEL(activate_backward)(enum activation activation, const float *output, const float *output_gradient,
                               float *input_gradient, int64_t count, bool accumulate);
void KERNEL(add)(const float *a, const float *b, float *output, int64_t count);
void KERNEL(cross_entropy)(const float *logits, int64_t classes, const int32_t *labels, float scale, float *losses,
                           float *gradient);
void KERNEL(squared_error)(const float *outputs, const float *targets, int64_t features, int64_t valid, float scale,
                           float *losses, float *gradient);
int64_t KERNEL(count_correct)(const float *logits, int64_t classes, const int32_t *labels);
void KERNEL(sgd)(const struct sgd_step *step, int64_t count, float *weights, const float *gradient, float *momentum);
void KERNEL(adam)(const struct adam_step *step, int64_t count, float *weights, const float *gradient, float *first,
                  float *second);
void KERNEL(apply_mask)(float *values, const uint64_t *bits, int64_t count);

#endif
