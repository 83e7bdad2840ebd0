/* Storage, and the datasets made from it and from each other. */
#include "data/dataset.h"

#include <math.h>
#include <string.h>

#include "base/arithmetic.h"
#include "base/context.h"
#include "base/float_mode.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/real_text.h"

int64_t element_size(int32_t element) { return element == LOTTERY_ELEMENT_UINT8 ? 1 : (int64_t)sizeof(float); }

/* --- Storage --- */

static void storage_finalise(void *self) {
  struct storage *storage = self;
  memory_release(storage->object.context, storage->owned);
  if (storage->release != NULL) storage->release(storage->user);
}

struct storage *storage_borrow(struct lottery_context *context, int32_t element, int64_t count, int64_t width,
                               const void *values) {
  struct storage *storage = object_create(context, OBJECT_STORAGE, sizeof *storage, storage_finalise);
  if (storage == NULL) return NULL;
  storage->element = element;
  storage->count = count;
  storage->width = width;
  storage->values = values;
  storage->largest = UINT8_MAX;
  return storage;
}

struct storage *storage_create(struct lottery_context *context, int32_t element, int64_t count, int64_t width) {
  struct storage *storage = storage_borrow(context, element, count, width, NULL);
  if (storage == NULL) return NULL;
  storage->values = storage->owned = memory_allocate(context, count * width, element_size(element));
  if (storage->owned != NULL) return storage;
  object_release(storage);
  return NULL;
}

bool storage_measure(struct storage *storage, int64_t *row) {
  if (storage->element == LOTTERY_ELEMENT_UINT8) return true;
  const float *values = storage->values;
  float largest = 0.0f;
  for (int64_t i = 0; i < storage->count; i++) {
    for (int64_t j = 0; j < storage->width; j++) {
      const float magnitude = fabsf(values[i * storage->width + j]);
      if (!isfinite(magnitude)) {
        *row = i;
        return false;
      }
      if (magnitude > largest) largest = magnitude;
    }
  }
  storage->largest = (double)largest;
  return true;
}

/* --- Datasets --- */

static void dataset_finalise(void *self) {
  struct lottery_dataset *dataset = self;
  struct lottery_context *context = dataset->object.context;
  memory_release(context, dataset->inputs.order);
  memory_release(context, dataset->scalings);
  memory_release(context, dataset->labels);
  memory_release(context, dataset->targets.order);
  object_release(dataset->inputs.storage);
  object_release(dataset->targets.storage);
}

struct lottery_dataset *dataset_create(struct lottery_context *context, struct storage *storage, int32_t rank,
                                       const int64_t *shape, const struct scaling *scaling) {
  struct lottery_dataset *dataset = object_create(context, OBJECT_DATASET, sizeof *dataset, dataset_finalise);
  if (dataset == NULL) return NULL;
  dataset->scalings = memory_allocate(context, 1, sizeof *dataset->scalings);
  if (dataset->scalings == NULL) {
    object_release(dataset);
    return NULL;
  }
  dataset->count = storage->count;
  dataset->features = storage->width;
  dataset->rank = rank;
  memcpy(dataset->shape, shape, (size_t)rank * sizeof *shape);
  dataset->inputs.storage = object_retain(storage);
  dataset->groups = 1;
  dataset->scalings[0] = *scaling;
  return dataset;
}

/* The rows of `examples` (NULL: of all, in order) among `count` rows of `source`. */
static bool select_rows(struct lottery_context *context, const struct rows *source, const int32_t *examples,
                        int64_t count, struct rows *out) {
  out->storage = object_retain(source->storage);
  if (source->storage == NULL || (examples == NULL && source->order == NULL)) return true;
  out->order = memory_allocate(context, count, sizeof *out->order);
  if (out->order == NULL) return false;
  for (int64_t i = 0; i < count; i++) out->order[i] = (int32_t)rows_at(source, examples == NULL ? i : examples[i]);
  return true;
}

/* The part that a function below leaves for its caller to fill in. */
enum part { PART_NONE, PART_LABELS, PART_TARGETS, PART_SCALINGS };

/* A dataset of `examples` (NULL: all, in order) of another, without one of its parts. */
static struct lottery_dataset *derive(const struct lottery_dataset *dataset, const int32_t *examples, int64_t count,
                                      enum part without) {
  struct lottery_context *context = dataset->object.context;
  struct lottery_dataset *out = object_create(context, OBJECT_DATASET, sizeof *out, dataset_finalise);
  if (out == NULL) return NULL;
  out->count = count;
  out->features = dataset->features;
  out->rank = dataset->rank;
  memcpy(out->shape, dataset->shape, sizeof out->shape);
  bool complete = select_rows(context, &dataset->inputs, examples, count, &out->inputs);
  if (complete && without != PART_TARGETS)
    complete = select_rows(context, &dataset->targets, examples, count, &out->targets);
  if (complete && without != PART_SCALINGS) {
    out->groups = dataset->groups;
    out->scalings = memory_allocate(context, dataset->groups, sizeof *out->scalings);
    complete = out->scalings != NULL;
    if (complete) memcpy(out->scalings, dataset->scalings, (size_t)dataset->groups * sizeof *out->scalings);
  }
  if (complete && without != PART_LABELS && dataset->labels != NULL) {
    out->classes = dataset->classes;
    out->labels = memory_allocate(context, count, sizeof *out->labels);
    complete = out->labels != NULL;
    for (int64_t i = 0; complete && i < count; i++)
      out->labels[i] = dataset->labels[examples == NULL ? i : examples[i]];
  }
  if (complete) return out;
  object_release(out);
  return NULL;
}

/* The same dataset with room for new labels. */
static struct lottery_dataset *derive_labels(const struct lottery_dataset *dataset, int32_t classes) {
  struct lottery_dataset *out = derive(dataset, NULL, dataset->count, PART_LABELS);
  if (out == NULL) return NULL;
  out->classes = classes;
  out->labels = memory_allocate(out->object.context, out->count, sizeof *out->labels);
  if (out->labels != NULL) return out;
  object_release(out);
  return NULL;
}

struct lottery_dataset *dataset_with_labels(const struct lottery_dataset *dataset, int32_t classes,
                                            const int32_t *labels) {
  struct lottery_dataset *out = derive_labels(dataset, classes);
  if (out != NULL) memcpy(out->labels, labels, (size_t)out->count * sizeof *labels);
  return out;
}

struct lottery_dataset *dataset_with_targets(const struct lottery_dataset *dataset, struct storage *targets) {
  struct lottery_dataset *out = derive(dataset, NULL, dataset->count, PART_TARGETS);
  if (out != NULL) out->targets.storage = object_retain(targets);
  return out;
}

struct lottery_dataset *dataset_select(const struct lottery_dataset *dataset, const int32_t *examples, int64_t count) {
  return derive(dataset, examples, count, PART_NONE);
}

struct lottery_dataset *dataset_shuffle_labels(const struct lottery_dataset *dataset, uint64_t seed) {
  struct lottery_dataset *out = derive_labels(dataset, dataset->classes);
  if (out == NULL) return NULL;
  random_permutation(seed, RANDOM_LABELS, 0, out->count, out->labels);
  for (int64_t i = 0; i < out->count; i++) out->labels[i] = dataset->labels[out->labels[i]];
  return out;
}

struct lottery_dataset *dataset_relabel(const struct lottery_dataset *dataset, int32_t classes, const int32_t *map) {
  struct lottery_dataset *out = derive_labels(dataset, classes);
  for (int64_t i = 0; out != NULL && i < out->count; i++) out->labels[i] = map[dataset->labels[i]];
  return out;
}

lottery_status dataset_normalise(const struct lottery_dataset *dataset, int64_t groups, const double *mean,
                                 const double *deviation, struct lottery_dataset **out) {
  struct lottery_context *context = dataset->object.context;
  struct lottery_dataset *made = derive(dataset, NULL, dataset->count, PART_SCALINGS);
  if (made == NULL) return LOTTERY_ERROR_MEMORY;
  const double largest = dataset->inputs.storage->largest;
  made->groups = groups > dataset->groups ? groups : dataset->groups;
  made->scalings = memory_allocate(context, made->groups, sizeof *made->scalings);
  lottery_status status = made->scalings == NULL ? LOTTERY_ERROR_MEMORY : LOTTERY_OK;
  const uint64_t mode = float_mode_enter_ieee();
  for (int64_t i = 0; status == LOTTERY_OK && i < made->groups; i++) {
    const int64_t group = groups == 1 ? 0 : i;
    made->scalings[i] =
        scaling_normalise(&dataset->scalings[dataset->groups == 1 ? 0 : i], mean[group], deviation[group], largest);
    if (!scaling_is_finite(&made->scalings[i], largest))
      status = context_fail(context, LOTTERY_ERROR_NOT_FINITE,
                            "deviation: values normalised by mean %s and deviation %s (group %lld) would exceed 2^127",
                            real_text(mean[group]).text, real_text(deviation[group]).text, (long long)group);
  }
  float_mode_leave(mode);
  if (status == LOTTERY_OK)
    *out = made;
  else
    object_release(made);
  return status;
}

bool dataset_split(const struct lottery_dataset *dataset, int64_t count, uint64_t seed, struct lottery_dataset **first,
                   struct lottery_dataset **second) {
  struct lottery_context *context = dataset->object.context;
  int32_t *permutation = memory_allocate(context, dataset->count, sizeof *permutation);
  if (permutation == NULL) return false;
  random_permutation(seed, RANDOM_SPLIT, 0, dataset->count, permutation);
  *first = dataset_select(dataset, permutation, count);
  *second = *first == NULL ? NULL : dataset_select(dataset, permutation + count, dataset->count - count);
  memory_release(context, permutation);
  if (*second != NULL) return true;
  object_release(*first);
  *first = NULL;
  return false;
}
