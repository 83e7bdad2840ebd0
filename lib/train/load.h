/* Feeding an executor: from a dataset, in the form that costs least, or from rows of the host. */
#ifndef TRAIN_LOAD_H
#define TRAIN_LOAD_H

#include "data/dataset.h"
#include "run/input.h"

/* Both return what the feed holds then. layout: that of the parameters which will read it. */
const struct input *load_examples(struct input_feed *feed, const struct layout *layout,
                                  const struct lottery_dataset *dataset, const int32_t *examples, int64_t count);
const struct input *load_rows(struct input_feed *feed, const struct layout *layout, const float *rows, int64_t count);

#endif
