/* Bytes become bfloat16 where all readers can take it: half the memory traffic, and exact. */
#include "train/load.h"

#include "data/batch.h"
#include "kernels/kernels.h"

void load_inputs(struct executor *executor, const struct kernels *kernels, const struct lottery_dataset *dataset,
                 const int32_t *examples, int64_t count) {
  if (dataset_is_whole_numbers(dataset)) {
    struct gathered to;
    if (executor_input_halves(executor, (float)dataset->scalings[0].scale, &to) &&
        dataset_gather_halves(kernels, dataset, examples, count, &to))
      return;
  }
  dataset_gather(kernels, dataset, examples, count, executor_input(executor));
}
