/* Mean and deviation of a dataset's inputs. */
#include <math.h>

#include "data/dataset.h"

/* The sum over one group of a row of (value - centre)^power, power 1 or 2. */
static double sum_group(const struct lottery_dataset *dataset, int64_t row, int64_t first, int64_t count, double centre,
                        int power) {
  const struct storage *storage = dataset->inputs.storage;
  const int64_t features_per_scaling = dataset->features / dataset->groups;
  double sum = 0.0;
  for (int64_t feature = first; feature < first + count;) {
    /* A run of features that share a scaling. */
    const int64_t group = feature / features_per_scaling;
    const struct scaling scaling = dataset->scalings[group];
    int64_t end = (group + 1) * features_per_scaling;
    if (end > first + count) end = first + count;
    for (; feature < end; feature++) {
      const int64_t at = row * storage->width + feature;
      const double element = storage->element == LOTTERY_ELEMENT_UINT8
                                 ? (double)((const unsigned char *)storage->values)[at]
                                 : (double)((const float *)storage->values)[at];
      const double difference = element * scaling.scale + scaling.shift - centre;
      sum += power == 2 ? difference * difference : difference;
    }
  }
  return sum;
}

void dataset_statistics(const struct lottery_dataset *dataset, int64_t groups, double *mean, double *deviation) {
  const int64_t width = dataset->features / groups;
  const double total = (double)dataset->count * (double)width;
  for (int64_t i = 0; i < groups; i++) mean[i] = deviation[i] = 0.0;
  for (int64_t example = 0; example < dataset->count; example++)
    for (int64_t i = 0; i < groups; i++)
      mean[i] += sum_group(dataset, rows_at(&dataset->inputs, example), i * width, width, 0.0, 1);
  for (int64_t i = 0; i < groups; i++) mean[i] /= total;
  /* The deviation takes a second pass about the mean: a single pass would lose it for values far from 0. */
  for (int64_t example = 0; example < dataset->count; example++)
    for (int64_t i = 0; i < groups; i++)
      deviation[i] += sum_group(dataset, rows_at(&dataset->inputs, example), i * width, width, mean[i], 2);
  for (int64_t i = 0; i < groups; i++) deviation[i] = sqrt(deviation[i] / total);
}
