/* Mean and deviation of a dataset's inputs. They are computed from the elements and then scaled, so that elements that
 * are all equal have a deviation of exactly 0. */
#include <math.h>

#include "base/arithmetic.h"
#include "data/dataset.h"

enum { PARTS = 64 }; /* whose sums are on the stack at a time */

/* Parts of every example: `width` elements each, side by side from element `first` on. */
struct parts {
  int64_t count, first, width;
};

struct moments {
  double mean, variance;
};

/* Exact: 64 bits hold the sum of the squares of 2^48 bytes. */
static void measure_bytes(const struct lottery_dataset *dataset, const struct parts *parts, struct moments *moments) {
  const struct storage *storage = dataset->inputs.storage;
  uint64_t sums[PARTS] = {0}, squares[PARTS] = {0};
  for (int64_t example = 0; example < dataset->count; example++) {
    const unsigned char *row = storage->values;
    row += rows_at(&dataset->inputs, example) * storage->width + parts->first;
    for (int64_t i = 0; i < parts->count; i++)
      for (int64_t j = 0; j < parts->width; j++) {
        const uint64_t element = row[i * parts->width + j];
        sums[i] += element;
        squares[i] += element * element;
      }
  }
  const uint64_t total = (uint64_t)dataset->count * (uint64_t)parts->width;
  for (int64_t i = 0; i < parts->count; i++) {
    /* About the whole number next to the mean, the variance loses at most one bit in its subtraction. */
    const uint64_t centre = (sums[i] + total / 2) / total;
    const uint64_t about = squares[i] - 2 * centre * sums[i] + total * centre * centre; /* modulo 2^64, and below it */
    const double rest = (double)(int64_t)(sums[i] - total * centre) / (double)total;
    moments[i] = (struct moments){(double)centre + rest, (double)about / (double)total - rest * rest};
  }
}

/* Sums over all examples of element - centre and of its square. */
static void sum_floats(const struct lottery_dataset *dataset, const struct parts *parts, const double *centres,
                       double *sums, double *squares) {
  const struct storage *storage = dataset->inputs.storage;
  for (int64_t i = 0; i < parts->count; i++) sums[i] = squares[i] = 0.0;
  for (int64_t example = 0; example < dataset->count; example++) {
    const float *row = storage->values;
    row += rows_at(&dataset->inputs, example) * storage->width + parts->first;
    for (int64_t i = 0; i < parts->count; i++) {
      double sum = 0.0, square = 0.0;
      for (int64_t j = 0; j < parts->width; j++) {
        const double difference = (double)row[i * parts->width + j] - centres[i];
        sum += difference;
        square += difference * difference;
      }
      sums[i] += sum;
      squares[i] += square;
    }
  }
}

/* Two passes. The first finds the mean, from the first element on; the second corrects it, and takes the error out of
 * the squares (Chan, Golub & LeVeque, The American Statistician 37, 1983). */
static void measure_floats(const struct lottery_dataset *dataset, const struct parts *parts, struct moments *moments) {
  const struct storage *storage = dataset->inputs.storage;
  const float *row = storage->values;
  row += rows_at(&dataset->inputs, 0) * storage->width + parts->first;
  const double total = (double)dataset->count * (double)parts->width;
  double centres[PARTS], sums[PARTS], squares[PARTS];
  for (int64_t i = 0; i < parts->count; i++) centres[i] = (double)row[i * parts->width];
  sum_floats(dataset, parts, centres, sums, squares);
  for (int64_t i = 0; i < parts->count; i++) centres[i] += sums[i] / total;
  sum_floats(dataset, parts, centres, sums, squares);
  for (int64_t i = 0; i < parts->count; i++) {
    const double rest = sums[i] / total;
    moments[i] = (struct moments){centres[i] + rest, fmax(squares[i] / total - rest * rest, 0.0)};
  }
}

/* Adds part number `number` (from 0) to the mean and the sum of variances of the parts before it, all of one size. */
static void merge(int64_t number, double mean, double deviation, struct moments *all) {
  const double difference = mean - all->mean, share = 1.0 / (double)(number + 1);
  if (number == 0) all->mean = mean;
  if (number > 0) all->mean += difference * share;
  all->variance += deviation * deviation;
  if (number > 0) all->variance += difference * difference * (double)number * share;
}

void dataset_statistics(const struct lottery_dataset *dataset, int64_t groups, double *mean, double *deviation) {
  /* A part has one scaling and belongs to one group. */
  const int64_t count = groups > dataset->groups ? groups : dataset->groups;
  const bool bytes = dataset->inputs.storage->element == LOTTERY_ELEMENT_UINT8;
  struct moments all = {0.0, 0.0};
  for (int64_t first = 0; first < count; first += PARTS) {
    const int64_t width = dataset->features / count;
    const struct parts parts = {arithmetic_minimum(PARTS, count - first), first * width, width};
    struct moments moments[PARTS];
    if (bytes)
      measure_bytes(dataset, &parts, moments);
    else
      measure_floats(dataset, &parts, moments);
    for (int64_t i = 0; i < parts.count; i++) {
      const struct scaling *scaling = &dataset->scalings[dataset->groups == 1 ? 0 : first + i];
      const double scaled_mean = scaling_apply(scaling, moments[i].mean),
                   scaled_deviation = fabs(scaling->scale) * sqrt(moments[i].variance);
      if (groups == count) {
        mean[first + i] = scaled_mean;
        deviation[first + i] = scaled_deviation;
      } else {
        merge(first + i, scaled_mean, scaled_deviation, &all);
      }
    }
  }
  if (groups == count) return;
  mean[0] = all.mean;
  deviation[0] = sqrt(all.variance / (double)count);
}
