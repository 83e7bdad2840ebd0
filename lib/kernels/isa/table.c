/* This instruction set's kernels: a table for each topic, which is at the end of the topic's file. */
#include "kernels/isa/set.h"
#include "kernels/isa/tuning.h"
#include "kernels/kernels.h"

#define TOPICS \
  TOPIC(dense) TOPIC(sparse) TOPIC(nonzero) TOPIC(bias) TOPIC(elementwise) TOPIC(loss) TOPIC(gather) TOPIC(update)

#define TEXT_EXPAND(set) #set
#define TEXT(set) TEXT_EXPAND(set)

#define TOPIC(topic) extern const struct topic##_kernels KERNEL(topic##_kernels);
TOPICS
#undef TOPIC

#define TOPIC(topic) .topic = &KERNEL(topic##_kernels),
const struct kernels KERNEL(kernels) = {.instruction_set = INSTRUCTION_SET, .name = TEXT(LOTTERY_KERNELS), TOPICS};
