/* A dataset: an immutable view of examples in reference-counted storage that several datasets share. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include <stdbool.h>

#include "base/object.h"
#include "data/scaling.h"

enum { DATASET_RANK_LIMIT = 3 };

/* Rows of elements, owned or borrowed. */
struct storage {
  struct object object;
  int32_t element; /* LOTTERY_ELEMENT_… */
  int64_t count;
  int64_t width;                   /* elements of a row */
  const void *values;              /* [count][width] */
  double largest;                  /* no element's magnitude exceeds it */
  void *owned;                     /* `values` if the storage allocated them, else NULL */
  lottery_dataset_release release; /* called once when the storage goes; may be NULL */
  void *user;
};

/* Some rows of a storage, in any order. */
struct rows {
  struct storage *storage;
  int32_t *order; /* row of each example; NULL: all rows, in order */
};

struct lottery_dataset {
  struct object object;
  int64_t count;
  int64_t features;
  int32_t rank;
  int64_t shape[DATASET_RANK_LIMIT];
  struct rows inputs;
  int64_t groups; /* feature f has scalings[f / (features / groups)]; 1 or shape[0] */
  struct scaling *scalings;
  int32_t classes;     /* 0: no labels */
  int32_t *labels;     /* of each example, or NULL */
  struct rows targets; /* storage NULL: none; rows are float32, their width is the number of targets */
};

/* Storage for count * width elements, all 0, in memory of its own. Their bytes must fit 64 bits. NULL when memory is
 * out (message set), as in all functions below. */
struct storage *storage_create(struct lottery_context *context, int32_t element, int64_t count, int64_t width);

/* Storage that borrows its values. Set its release callback when nothing can fail any more. */
struct storage *storage_borrow(struct lottery_context *context, int32_t element, int64_t count, int64_t width,
                               const void *values);

/* Sets storage->largest; false, with *row the first offending row, when an element is infinite or not a number. */
bool storage_measure(struct storage *storage, int64_t *row);

/* Bytes of an element. */
int64_t element_size(int32_t element);

/* A dataset of all rows of `storage`, which it keeps alive. */
struct lottery_dataset *dataset_create(struct lottery_context *context, struct storage *storage, int32_t rank,
                                       const int64_t *shape, const struct scaling *scaling);

/* Datasets made from a dataset, which share its storage. */
struct lottery_dataset *dataset_with_labels(const struct lottery_dataset *dataset, int32_t classes,
                                            const int32_t *labels);
struct lottery_dataset *dataset_with_targets(const struct lottery_dataset *dataset, struct storage *targets);
struct lottery_dataset *dataset_select(const struct lottery_dataset *dataset, const int32_t *examples, int64_t count);
struct lottery_dataset *dataset_shuffle_labels(const struct lottery_dataset *dataset, uint64_t seed);
struct lottery_dataset *dataset_relabel(const struct lottery_dataset *dataset, int32_t classes, const int32_t *map);
/* normalise may also return NOT_FINITE. */
lottery_status dataset_normalise(const struct lottery_dataset *dataset, int64_t groups, const double *mean,
                                 const double *deviation, struct lottery_dataset **out);

/* `first` receives count examples, `second` the others. False when memory is out; then both are NULL. */
bool dataset_split(const struct lottery_dataset *dataset, int64_t count, uint64_t seed, struct lottery_dataset **first,
                   struct lottery_dataset **second);

/* Mean and population deviation of the input values of each group. */
void dataset_statistics(const struct lottery_dataset *dataset, int64_t groups, double *mean, double *deviation);

/* The row of an example in its storage. */
static inline int64_t rows_at(const struct rows *rows, int64_t example) {
  return rows->order == NULL ? example : rows->order[example];
}

#endif
