/* The table of this instruction set's kernels. */
#include "kernels/isa/isa.h"
#include "kernels/isa/live.h"

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
    .skips_dead = LIVE_BLOCKS,
    .nonzero_percent = NONZERO_PERCENT,
    .dense_forward = KERNEL(dense_forward),
    .sparse_forward = KERNEL(sparse_forward),
    .dense_input_gradient = KERNEL(dense_input_gradient),
    .sparse_input_gradient = KERNEL(sparse_input_gradient),
    .dense_weight_gradient = KERNEL(dense_weight_gradient),
    .sparse_weight_gradient = KERNEL(sparse_weight_gradient),
    .nonzero_forward = KERNEL(nonzero_forward),
    .nonzero_weight_gradient = KERNEL(nonzero_weight_gradient),
    .bias_gradient = KERNEL(bias_gradient),
    .apply = KERNEL(apply),
    .gather_halves = KERNEL(gather_halves),
    .list_nonzeros = KERNEL(list_nonzeros),
    .gather_bytes = KERNEL(gather_bytes),
    .find_live = KERNEL(find_live),
    .activate = KERNEL(activate),
    .activate_backward = KERNEL(activate_backward),
    .add = KERNEL(add),
    .cross_entropy = KERNEL(cross_entropy),
    .squared_error = KERNEL(squared_error),
    .count_correct = KERNEL(count_correct),
};
