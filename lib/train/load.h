/* Filling an executor's input from a dataset, in the form that costs least. */
#ifndef TRAIN_LOAD_H
#define TRAIN_LOAD_H

#include "data/dataset.h"
#include "model/executor.h"

void load_inputs(struct executor *executor, const struct kernels *kernels, const struct lottery_dataset *dataset,
                 const int32_t *examples, int64_t count);

#endif
