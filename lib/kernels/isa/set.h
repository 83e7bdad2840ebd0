/* The names of what is made once for each instruction set: every file here is compiled for each, LOTTERY_KERNELS saying
 * which. */
#ifndef KERNELS_ISA_SET_H
#define KERNELS_ISA_SET_H

#define KERNEL_JOIN(name, set) name##_##set
#define KERNEL_EXPAND(name, set) KERNEL_JOIN(name, set)
/* name_avx512 and the like */
#define KERNEL(name) KERNEL_EXPAND(name, LOTTERY_KERNELS)

#endif
