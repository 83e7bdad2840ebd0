/* The functions of section 5 of the public header: their checks. */
#include <math.h>
#include <string.h>

#include "api/check.h"
#include "base/arithmetic.h"
#include "base/float_mode.h"
#include "base/memory.h"
#include "base/real_text.h"
#include "data/batch.h"
#include "data/idx.h"
#include "model/tensor.h"

enum { CLASSES_LIMIT = 1 << 24, WIDTH_LIMIT = 1 << 24 };

static lottery_status check_range(struct lottery_context *context, const char *name, int64_t value, int64_t minimum,
                                  int64_t maximum) {
  if (value >= minimum && value <= maximum) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_ARGUMENT, "%s: %lld is outside %lld to %lld", name, (long long)value,
                      (long long)minimum, (long long)maximum);
}

static lottery_status check_count(struct lottery_context *context, int64_t count, int64_t expected, const char *items) {
  if (count == expected) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_SHAPE, "count: %lld, but the dataset has %lld %s", (long long)count,
                      (long long)expected, items);
}

static lottery_status check_alignment(struct lottery_context *context, const char *name, const void *pointer,
                                      size_t alignment) {
  if ((uintptr_t)pointer % alignment == 0) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_ARGUMENT, "%s: not aligned to %d bytes", name, (int)alignment);
}

/* What a function that makes a handle returns, its message being set. */
static lottery_status made(struct lottery_dataset *dataset, lottery_dataset **out) {
  *out = dataset;
  return dataset != NULL ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
}

/* Checks a shape and how many bytes that many examples are. */
static lottery_status check_shape(struct lottery_context *context, int64_t count, int32_t rank, const int64_t *shape,
                                  int32_t element, int64_t *features) {
  RETURN_IF_ERROR(check_range(context, "count", count, 1, INT32_MAX));
  RETURN_IF_ERROR(check_range(context, "rank", rank, 1, DATASET_RANK_LIMIT));
  RETURN_IF_NULL(context, shape);
  *features = 1;
  for (int32_t i = 0; i < rank; i++) {
    RETURN_IF_ERROR(check_range(context, "shape", shape[i], 1, INT32_MAX));
    *features *= shape[i]; /* both below 2^31 */
    if (*features > INT32_MAX) return context_fail(context, LOTTERY_ERROR_ARGUMENT, "shape: over 2147483647 features");
  }
  int64_t bytes;
  if (!arithmetic_multiply(count * *features, element_size(element), &bytes))
    return context_fail(context, LOTTERY_ERROR_MEMORY, "count: %lld examples of %lld features do not fit in memory",
                        (long long)count, (long long)*features);
  return LOTTERY_OK;
}

/* Copied or borrowed storage of the argument `name`, with its elements checked. */
static lottery_status store(struct lottery_context *context, const char *name, const void *values, int32_t element,
                            int64_t count, int64_t width, int32_t memory, struct storage **out) {
  struct storage *storage = memory == LOTTERY_MEMORY_COPY ? storage_create(context, element, count, width)
                                                          : storage_borrow(context, element, count, width, values);
  if (storage == NULL) return LOTTERY_ERROR_MEMORY;
  if (memory == LOTTERY_MEMORY_COPY) memcpy(storage->owned, values, (size_t)(count * width * element_size(element)));
  int64_t row = 0;
  const uint64_t mode = float_mode_enter_ieee();
  const bool finite = storage_measure(storage, &row);
  float_mode_leave(mode);
  if (!finite) {
    object_release(storage);
    context_fail(context, LOTTERY_ERROR_NOT_FINITE, "%s: example %lld has a value that is not finite", name,
                 (long long)row);
    return LOTTERY_ERROR_NOT_FINITE;
  }
  *out = storage;
  return LOTTERY_OK;
}

static lottery_status check_finite(struct lottery_context *context, const char *name, const double *value) {
  const uint64_t mode = float_mode_enter_ieee();
  lottery_status status = LOTTERY_OK;
  if (!isfinite(*value))
    status = context_fail(context, LOTTERY_ERROR_NOT_FINITE, "%s: %s is not finite", name, real_text(*value).text);
  float_mode_leave(mode);
  return status;
}

lottery_status lottery_dataset_create(lottery_context *context, int64_t count, int32_t rank, const int64_t *shape,
                                      int32_t element, const void *inputs, double scale, double shift, int32_t memory,
                                      lottery_dataset_release release, void *user, lottery_dataset **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(context, OBJECT_CONTEXT);
  RETURN_IF_NULL(context, out);
  RETURN_IF_ERROR(check_range(context, "element", element, LOTTERY_ELEMENT_FLOAT32, LOTTERY_ELEMENT_UINT8));
  RETURN_IF_ERROR(check_range(context, "memory", memory, LOTTERY_MEMORY_COPY, LOTTERY_MEMORY_BORROW));
  int64_t features = 0;
  RETURN_IF_ERROR(check_shape(context, count, rank, shape, element, &features));
  RETURN_IF_NULL(context, inputs);
  RETURN_IF_ERROR(check_alignment(context, "inputs", inputs, (size_t)element_size(element)));
  RETURN_IF_ERROR(check_finite(context, "scale", &scale));
  RETURN_IF_ERROR(check_finite(context, "shift", &shift));
  struct storage *storage = NULL;
  RETURN_IF_ERROR(store(context, "inputs", inputs, element, count, features, memory, &storage));
  lottery_status status;
  const uint64_t mode = float_mode_enter_ieee();
  const struct scaling scaling = scaling_create(scale, shift, storage->largest);
  const bool finite = scaling_is_finite(&scaling, storage->largest);
  float_mode_leave(mode);
  if (finite)
    status = made(dataset_create(context, storage, rank, shape, &scaling), out);
  else
    status = context_fail(context, LOTTERY_ERROR_NOT_FINITE,
                          "scale: inputs up to %s times %s, plus a shift of %s, would exceed 2^127",
                          real_text(storage->largest).text, real_text(scale).text, real_text(shift).text);
  if (status == LOTTERY_OK && memory == LOTTERY_MEMORY_BORROW) {
    storage->release = release;
    storage->user = user;
  }
  object_release(storage);
  return status;
}

void lottery_dataset_destroy(lottery_dataset *dataset) { destroy_handle(dataset, OBJECT_DATASET); }

lottery_status lottery_dataset_retain(lottery_dataset *dataset) { return retain_handle(dataset, OBJECT_DATASET); }

lottery_status lottery_dataset_with_labels(lottery_dataset *dataset, int64_t classes, const int32_t *labels,
                                           int64_t count, lottery_dataset **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(dataset, OBJECT_DATASET);
  struct lottery_context *context = dataset->object.context;
  RETURN_IF_NULL(context, out);
  RETURN_IF_NULL(context, labels);
  RETURN_IF_ERROR(check_range(context, "classes", classes, 1, CLASSES_LIMIT));
  RETURN_IF_ERROR(check_count(context, count, dataset->count, "examples"));
  for (int64_t i = 0; i < count; i++)
    if (labels[i] < 0 || labels[i] >= classes)
      return context_fail(context, LOTTERY_ERROR_ARGUMENT, "labels: label %d of example %lld is outside 0 to %d",
                          (int)labels[i], (long long)i, (int)classes - 1);
  return made(dataset_with_labels(dataset, (int32_t)classes, labels), out);
}

lottery_status lottery_dataset_with_targets(lottery_dataset *dataset, int64_t width, const float *targets,
                                            int64_t count, lottery_dataset **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(dataset, OBJECT_DATASET);
  struct lottery_context *context = dataset->object.context;
  RETURN_IF_NULL(context, out);
  RETURN_IF_NULL(context, targets);
  RETURN_IF_ERROR(check_range(context, "width", width, 1, WIDTH_LIMIT));
  RETURN_IF_ERROR(check_count(context, count, dataset->count, "examples"));
  struct storage *storage = NULL; /* count below 2^31, width below 2^25: their product fits */
  RETURN_IF_ERROR(
      store(context, "targets", targets, LOTTERY_ELEMENT_FLOAT32, count, width, LOTTERY_MEMORY_COPY, &storage));
  const lottery_status status = made(dataset_with_targets(dataset, storage), out);
  object_release(storage);
  return status;
}

lottery_status lottery_dataset_load_idx(lottery_context *context, const char *images, const char *labels,
                                        lottery_dataset **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(context, OBJECT_CONTEXT);
  RETURN_IF_NULL(context, out);
  RETURN_IF_NULL(context, images);
  return idx_load(context, images, labels, out);
}

lottery_status lottery_dataset_split(lottery_dataset *dataset, int64_t count, uint64_t seed, lottery_dataset **first,
                                     lottery_dataset **second) {
  CLEAR_OUT(first);
  CLEAR_OUT(second);
  RETURN_UNLESS_HANDLE(dataset, OBJECT_DATASET);
  struct lottery_context *context = dataset->object.context;
  RETURN_IF_NULL(context, first);
  RETURN_IF_NULL(context, second);
  if (first == second) return context_fail(context, LOTTERY_ERROR_ARGUMENT, "second: the same pointer as first");
  if (dataset->count == 1)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "count: a dataset of 1 example cannot be split");
  RETURN_IF_ERROR(check_range(context, "count", count, 1, dataset->count - 1));
  return dataset_split(dataset, count, seed, first, second) ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
}

lottery_status lottery_dataset_subset(lottery_dataset *dataset, const int64_t *indices, int64_t count,
                                      lottery_dataset **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(dataset, OBJECT_DATASET);
  struct lottery_context *context = dataset->object.context;
  RETURN_IF_NULL(context, out);
  RETURN_IF_NULL(context, indices);
  RETURN_IF_ERROR(check_range(context, "count", count, 1, INT32_MAX));
  for (int64_t i = 0; i < count; i++)
    if (indices[i] < 0 || indices[i] >= dataset->count)
      return context_fail(context, LOTTERY_ERROR_ARGUMENT, "indices: index %lld at %lld is outside 0 to %lld",
                          (long long)indices[i], (long long)i, (long long)dataset->count - 1);
  int32_t *examples = memory_allocate(context, count, sizeof *examples);
  if (examples == NULL) return LOTTERY_ERROR_MEMORY;
  for (int64_t i = 0; i < count; i++) examples[i] = (int32_t)indices[i];
  const lottery_status status = made(dataset_select(dataset, examples, count), out);
  memory_release(context, examples);
  return status;
}

static lottery_status check_labels(const struct lottery_dataset *dataset) {
  if (dataset->labels != NULL) return LOTTERY_OK;
  return context_fail(dataset->object.context, LOTTERY_ERROR_STATE, "dataset: it has no labels");
}

lottery_status lottery_dataset_shuffle_labels(lottery_dataset *dataset, uint64_t seed, lottery_dataset **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(dataset, OBJECT_DATASET);
  RETURN_IF_NULL(dataset->object.context, out);
  RETURN_IF_ERROR(check_labels(dataset));
  return made(dataset_shuffle_labels(dataset, seed), out);
}

lottery_status lottery_dataset_relabel(lottery_dataset *dataset, int64_t classes, const int32_t *map, int64_t count,
                                       lottery_dataset **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(dataset, OBJECT_DATASET);
  struct lottery_context *context = dataset->object.context;
  RETURN_IF_NULL(context, out);
  RETURN_IF_NULL(context, map);
  RETURN_IF_ERROR(check_range(context, "classes", classes, 1, CLASSES_LIMIT));
  RETURN_IF_ERROR(check_labels(dataset));
  RETURN_IF_ERROR(check_count(context, count, dataset->classes, "classes"));
  for (int64_t i = 0; i < count; i++)
    if (map[i] < 0 || map[i] >= classes)
      return context_fail(context, LOTTERY_ERROR_ARGUMENT, "map: entry %d of class %lld is outside 0 to %d",
                          (int)map[i], (long long)i, (int)classes - 1);
  return made(dataset_relabel(dataset, (int32_t)classes, map), out);
}

static lottery_status check_groups(const struct lottery_dataset *dataset, int64_t groups) {
  if (groups == 1 || groups == dataset->shape[0]) return LOTTERY_OK;
  return context_fail(dataset->object.context, LOTTERY_ERROR_ARGUMENT,
                      "groups: %lld is neither 1 nor %lld, the first size of the shape", (long long)groups,
                      (long long)dataset->shape[0]);
}

lottery_status lottery_dataset_statistics(lottery_dataset *dataset, int64_t groups, double *mean, double *deviation) {
  RETURN_UNLESS_HANDLE(dataset, OBJECT_DATASET);
  struct lottery_context *context = dataset->object.context;
  RETURN_IF_NULL(context, mean);
  RETURN_IF_NULL(context, deviation);
  RETURN_IF_ERROR(check_groups(dataset, groups));
  const uint64_t mode = float_mode_enter_ieee();
  dataset_statistics(dataset, groups, mean, deviation);
  float_mode_leave(mode);
  return LOTTERY_OK;
}

static lottery_status check_normalisation(struct lottery_context *context, int64_t groups, const double *mean,
                                          const double *deviation) {
  for (int64_t i = 0; i < groups; i++) {
    if (!isfinite(mean[i]) || !isfinite(deviation[i]))
      return context_fail(context, LOTTERY_ERROR_NOT_FINITE, "%s: %s of group %lld is not finite",
                          isfinite(mean[i]) ? "deviation" : "mean",
                          real_text(isfinite(mean[i]) ? deviation[i] : mean[i]).text, (long long)i);
    if (deviation[i] < 0.0)
      return context_fail(context, LOTTERY_ERROR_ARGUMENT, "deviation: %s of group %lld is below 0",
                          real_text(deviation[i]).text, (long long)i);
  }
  return LOTTERY_OK;
}

lottery_status lottery_dataset_normalise(lottery_dataset *dataset, int64_t groups, const double *mean,
                                         const double *deviation, lottery_dataset **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(dataset, OBJECT_DATASET);
  struct lottery_context *context = dataset->object.context;
  RETURN_IF_NULL(context, out);
  RETURN_IF_NULL(context, mean);
  RETURN_IF_NULL(context, deviation);
  RETURN_IF_ERROR(check_groups(dataset, groups));
  const uint64_t mode = float_mode_enter_ieee();
  const lottery_status status = check_normalisation(context, groups, mean, deviation);
  float_mode_leave(mode);
  RETURN_IF_ERROR(status);
  return dataset_normalise(dataset, groups, mean, deviation, out);
}

lottery_status lottery_dataset_sizes(lottery_dataset *dataset, int64_t *count, int64_t *features, int64_t *classes) {
  RETURN_UNLESS_HANDLE(dataset, OBJECT_DATASET);
  if (count != NULL) *count = dataset->count;
  if (features != NULL) *features = dataset->features;
  if (classes != NULL) *classes = dataset->classes;
  return LOTTERY_OK;
}

lottery_status lottery_dataset_shape(lottery_dataset *dataset, int64_t capacity, int64_t *shape, int32_t *rank) {
  RETURN_UNLESS_HANDLE(dataset, OBJECT_DATASET);
  return tensor_copy_shape(dataset->object.context, dataset->rank, dataset->shape, capacity, shape, rank);
}

lottery_status lottery_dataset_read(lottery_dataset *dataset, int64_t first, int64_t count, float *inputs,
                                    int32_t *labels) {
  RETURN_UNLESS_HANDLE(dataset, OBJECT_DATASET);
  struct lottery_context *context = dataset->object.context;
  RETURN_IF_ERROR(check_range(context, "first", first, 0, dataset->count));
  RETURN_IF_ERROR(check_range(context, "count", count, 0, dataset->count - first));
  if (labels != NULL) RETURN_IF_ERROR(check_labels(dataset));
  const uint64_t mode = float_mode_enter_ieee();
  for (int64_t i = 0; i < count; i++) {
    if (inputs != NULL) dataset_read_example(dataset, first + i, inputs + i * dataset->features);
    if (labels != NULL) labels[i] = dataset->labels[first + i];
  }
  float_mode_leave(mode);
  return LOTTERY_OK;
}

lottery_status lottery_dataset_target_width(lottery_dataset *dataset, int64_t *out) {
  RETURN_UNLESS_HANDLE(dataset, OBJECT_DATASET);
  RETURN_IF_NULL(dataset->object.context, out);
  *out = dataset->targets.storage != NULL ? dataset->targets.storage->width : 0;
  return LOTTERY_OK;
}

lottery_status lottery_dataset_read_targets(lottery_dataset *dataset, int64_t first, int64_t count, float *targets) {
  RETURN_UNLESS_HANDLE(dataset, OBJECT_DATASET);
  struct lottery_context *context = dataset->object.context;
  RETURN_IF_ERROR(check_range(context, "first", first, 0, dataset->count));
  RETURN_IF_ERROR(check_range(context, "count", count, 0, dataset->count - first));
  const struct rows *rows = &dataset->targets;
  if (rows->storage == NULL) return context_fail(context, LOTTERY_ERROR_STATE, "dataset: it has no targets");
  RETURN_IF_NULL_ARRAY(context, targets, count);
  const float *values = rows->storage->values;
  const int64_t width = rows->storage->width;
  for (int64_t i = 0; i < count; i++)
    memcpy(targets + i * width, values + rows_at(rows, first + i) * width, (size_t)width * sizeof *targets);
  return LOTTERY_OK;
}
