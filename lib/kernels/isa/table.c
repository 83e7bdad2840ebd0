/* The table of this instruction set's kernels. */
#include "kernels/isa/isa.h"

#define TEXT_EXPAND(set) #set
#define TEXT(set) TEXT_EXPAND(set)

#if defined(__AVX512F__)
#define INSTRUCTION_SET LOTTERY_INSTRUCTION_SET_AVX512
#elif defined(__AVX2__)
#define INSTRUCTION_SET LOTTERY_INSTRUCTION_SET_AVX2
#elif defined(__aarch64__)
#define INSTRUCTION_SET LOTTERY_INSTRUCTION_SET_NEON
#else
#define INSTRUCTION_SET LOTTERY_INSTRUCTION_SET_PORTABLE
#endif

const struct kernels KERNEL(kernels) = {
    .instruction_set = INSTRUCTION_SET,
    .name = TEXT(LOTTERY_KERNELS),
    .own_micro_kernel = &KERNEL(own_micro_kernel),
    .product = KERNEL(product),
    .add_bias = KERNEL(add_bias),
    .sum_lanes = KERNEL(sum_lanes),
    .activate = KERNEL(activate),
    .activate_backward = KERNEL(activate_backward),
    .add = KERNEL(add),
    .cross_entropy = KERNEL(cross_entropy),
    .squared_error = KERNEL(squared_error),
    .count_correct = KERNEL(count_correct),
    .sgd = KERNEL(sgd),
    .adam = KERNEL(adam),
    .apply_mask = KERNEL(apply_mask),
};
