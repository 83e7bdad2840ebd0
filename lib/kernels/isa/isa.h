/* Names of the kernels of one instruction set: every file here is compiled once for each, LOTTERY_KERNELS saying which.
 * What they do is said in kernels.h. */
#ifndef KERNELS_ISA_ISA_H
#define KERNELS_ISA_ISA_H

#include "kernels/kernels.h"

#define KERNEL_JOIN(name, set) name##_##set
#define KERNEL_EXPAND(name, set) KERNEL_JOIN(name, set)
/* name_avx512 and the like */
#define KERNEL(name) KERNEL_EXPAND(name, LOTTERY_KERNELS)

/* Where the kernels over inputs that are not 0 and the others take equal time, measured with 300 rows on a Zen 4 core:
 * in forward passes alone at 0.48 and 0.38, in training above 0.5. */
#if defined(__AVX512F__)
enum { NONZERO_PERCENT = 50 };
#else
enum { NONZERO_PERCENT = 40 };
#endif

extern const struct kernels KERNEL(kernels);
extern const struct micro_kernel KERNEL(own_micro_kernel);

void KERNEL(dense_forward)(const struct weights *weights, const float *bias, const struct input *input, int64_t tile,
                           bool relu, float *output);
void KERNEL(sparse_forward)(const struct weights *weights, const float *bias, const struct input *input, int64_t tile,
                            bool relu, float *output);
void KERNEL(dense_input_gradient)(const struct weights *weights, const float *output_gradient, bool accumulate,
                                  const float *relu, float *input_gradient);
void KERNEL(sparse_input_gradient)(const struct weights *weights, const float *output_gradient, bool accumulate,
                                   const float *relu, float *input_gradient);
void KERNEL(dense_weight_gradient)(const struct micro_kernel *micro_kernel, const struct weights *weights,
                                   const struct input *input, const float *output_gradient, int64_t count,
                                   const struct update *update, float *workspace);
void KERNEL(sparse_weight_gradient)(const struct weights *weights, const struct input *input,
                                    const float *output_gradient, int64_t count, const struct update *update);
void KERNEL(nonzero_forward)(const struct weights *weights, const float *bias, const struct input *input, int64_t tile,
                             bool relu, float *output);
void KERNEL(nonzero_weight_gradient)(const struct weights *weights, const struct input *input,
                                     const float *output_gradient, int64_t count, const struct update *update,
                                     float *workspace);
void KERNEL(bias_gradient)(const float *output_gradient, int64_t rows, int64_t tiles, const struct update *update);
void KERNEL(apply)(const struct update *update, int64_t count);
void KERNEL(gather_halves)(const uint8_t *const rows[BATCH_TILE], int64_t features, uint16_t *tile,
                           uint16_t *live_bits);
bool KERNEL(list_nonzeros)(const uint8_t *const rows[BATCH_TILE], const uint16_t *halves, int64_t tile,
                           struct nonzeros *nonzeros);
void KERNEL(gather_bytes)(const uint8_t *const rows[BATCH_TILE], int64_t first, int64_t features, float scale,
                          float shift, float *tile);
void KERNEL(find_live)(const float *values, int64_t features, int64_t tiles, uint16_t *live_bits);
void KERNEL(activate)(enum activation activation, const float *input, float *output, int64_t count);
void KERNEL(activate_backward)(enum activation activation, const float *output, const float *output_gradient,
                               float *input_gradient, int64_t count, bool accumulate);
void KERNEL(add)(const float *a, const float *b, float *output, int64_t count);
void KERNEL(cross_entropy)(const float *logits, int64_t classes, const int32_t *labels, float scale, float *losses,
                           float *gradient);
void KERNEL(squared_error)(const float *outputs, const float *targets, int64_t features, int64_t valid, float scale,
                           float *losses, float *gradient);
int64_t KERNEL(count_correct)(const float *logits, int64_t classes, const int32_t *labels);

#endif
