/* Reading and checking IDX files. Nothing is allocated only because a header says so. */
#include "data/idx.h"

#include <stdio.h>
#include <string.h>

#include "base/arithmetic.h"
#include "base/context.h"
#include "base/float_mode.h"
#include "base/memory.h"
#include "data/source.h"

enum {
  UNSIGNED_BYTES = 0x08,
  RANK_LIMIT = DATASET_RANK_LIMIT + 1,
  LEAST_CLASSES = 10,
  SIZES_CAPACITY = 64,
  FIRST_CAPACITY = 1 << 16
};

/* A file that is being read. */
struct idx {
  struct lottery_context *context;
  const char *what, *path;
  struct source *source;
  int32_t rank;
  int64_t sizes[RANK_LIMIT];
  int64_t header; /* bytes */
  int64_t count;  /* elements */
  unsigned char *elements;
};

/* "60000x28x28" */
static void describe_sizes(const struct idx *idx, char text[SIZES_CAPACITY]) {
  int used = 0;
  for (int32_t i = 0; i < idx->rank; i++)
    used +=
        snprintf(text + used, (size_t)(SIZES_CAPACITY - used), "%s%lld", i > 0 ? "x" : "", (long long)idx->sizes[i]);
}

/* Reports that the file's length is not what its header says. suffix: the end of the message. */
static lottery_status fail_length(const struct idx *idx, const char *more, int64_t found, const char *suffix) {
  char sizes[SIZES_CAPACITY];
  describe_sizes(idx, sizes);
  return context_fail(idx->context, LOTTERY_ERROR_FORMAT,
                      "%s: %.512s: expected %lld bytes from its header %s, found %s%lld%s", idx->what, idx->path,
                      (long long)(idx->header + idx->count), sizes, more, (long long)found, suffix);
}

static const char *type_name(unsigned char type) {
  switch (type) {
    case 0x08: return "unsigned bytes";
    case 0x09: return "signed bytes";
    case 0x0b: return "16-bit integers";
    case 0x0c: return "32-bit integers";
    case 0x0d: return "32-bit floats";
    case 0x0e: return "64-bit floats";
    default: return "unknown";
  }
}

static const char *cut_suffix(const struct idx *idx) {
  return source_is_cut(idx->source) ? " (the gzip data ends early)" : "";
}

/* Reads part of the header. */
static lottery_status read_header_bytes(struct idx *idx, unsigned char *bytes, int64_t wanted) {
  int64_t got;
  const lottery_status status = source_read(idx->source, bytes, wanted, &got);
  if (status != LOTTERY_OK) return status;
  idx->header += got;
  if (got == wanted) return LOTTERY_OK;
  return context_fail(idx->context, LOTTERY_ERROR_FORMAT,
                      "%s: %.512s: expected an IDX header of %lld bytes, found %lld%s", idx->what, idx->path,
                      (long long)(idx->header - got + wanted), (long long)idx->header, cut_suffix(idx));
}

/* Reads the header and checks it: minimum to maximum dimensions, no size of 0, sizes that a dataset can have. */
static lottery_status read_header(struct idx *idx, int32_t minimum, int32_t maximum) {
  unsigned char bytes[4 * RANK_LIMIT];
  lottery_status status = read_header_bytes(idx, bytes, 4);
  if (status != LOTTERY_OK) return status;
  if (bytes[0] != 0 || bytes[1] != 0)
    return context_fail(idx->context, LOTTERY_ERROR_FORMAT,
                        "%s: %.512s: expected an IDX file, which begins with bytes 00 00, found %02x %02x %02x %02x",
                        idx->what, idx->path, bytes[0], bytes[1], bytes[2], bytes[3]);
  if (bytes[2] != UNSIGNED_BYTES)
    return context_fail(idx->context, LOTTERY_ERROR_FORMAT,
                        "%s: %.512s: expected IDX type 0x08 (unsigned bytes), found 0x%02x (%s)", idx->what, idx->path,
                        bytes[2], type_name(bytes[2]));
  if (bytes[3] < minimum || bytes[3] > maximum) {
    char range[32] = "1 dimension";
    if (maximum > 1) snprintf(range, sizeof range, "%d to %d dimensions", (int)minimum, (int)maximum);
    return context_fail(idx->context, LOTTERY_ERROR_FORMAT, "%s: %.512s: expected %s, found %d", idx->what, idx->path,
                        range, bytes[3]);
  }
  idx->rank = bytes[3];
  status = read_header_bytes(idx, bytes, (int64_t)4 * idx->rank);
  if (status != LOTTERY_OK) return status;
  int64_t features = 1;
  bool fits = true;
  for (int64_t i = 0; i < idx->rank; i++) {
    const unsigned char *size = bytes + 4 * i;
    idx->sizes[i] = (int64_t)size[0] << 24 | size[1] << 16 | size[2] << 8 | size[3];
    if (i > 0) fits = fits && arithmetic_multiply(features, idx->sizes[i], &features);
    if (i == 0) fits = idx->sizes[i] <= INT32_MAX;
    fits = fits && idx->sizes[i] > 0 && features <= INT32_MAX;
  }
  idx->count = fits ? idx->sizes[0] * features : 0;
  if (fits) return LOTTERY_OK;
  char sizes[SIZES_CAPACITY];
  describe_sizes(idx, sizes);
  return context_fail(idx->context, LOTTERY_ERROR_FORMAT,
                      "%s: %.512s: header says %s, expected sizes of at least 1, and at most 2147483647 examples and "
                      "elements of one",
                      idx->what, idx->path, sizes);
}

/* Makes room for up to `capacity` elements and keeps the first `filled`. */
static lottery_status grow(struct idx *idx, int64_t filled, int64_t capacity) {
  unsigned char *elements = memory_allocate(idx->context, capacity, 1);
  if (elements == NULL) return LOTTERY_ERROR_MEMORY;
  if (filled > 0) memcpy(elements, idx->elements, (size_t)filled);
  memory_release(idx->context, idx->elements);
  idx->elements = elements;
  return LOTTERY_OK;
}

/* Reads the elements and makes sure that nothing follows. A plain file's size is known beforehand. For a gzip file,
 * room grows only as far as bytes are really inflated. */
static lottery_status read_elements(struct idx *idx) {
  int64_t capacity = idx->count;
  const int64_t file_size = source_file_size(idx->source);
  if (!source_is_gzip(idx->source)) {
    if (file_size != idx->header + idx->count) return fail_length(idx, "", file_size, "");
  } else {
    if (!source_can_hold(idx->source, idx->header + idx->count))
      return fail_length(idx, "a gzip file of ", file_size, " bytes, too few even for zeros");
    const int64_t likely = file_size < INT64_MAX / 4 && 4 * file_size > FIRST_CAPACITY ? 4 * file_size : FIRST_CAPACITY;
    capacity = arithmetic_minimum(capacity, likely);
  }
  lottery_status status = grow(idx, 0, capacity);
  for (int64_t filled = 0; status == LOTTERY_OK;) {
    int64_t got = 0;
    status = source_read(idx->source, idx->elements + filled, capacity - filled, &got);
    if (status != LOTTERY_OK) break;
    filled += got;
    if (filled < capacity) return fail_length(idx, "", idx->header + filled, cut_suffix(idx));
    if (capacity == idx->count) break;
    capacity = arithmetic_minimum(idx->count, 2 * capacity);
    status = grow(idx, filled, capacity);
  }
  if (status != LOTTERY_OK) return status;
  unsigned char byte;
  int64_t got = 0;
  status = source_read(idx->source, &byte, 1, &got);
  if (status != LOTTERY_OK) return status;
  if (got > 0) return fail_length(idx, "at least ", idx->header + idx->count + 1, "");
  if (source_is_cut(idx->source))
    return context_fail(idx->context, LOTTERY_ERROR_FORMAT,
                        "%s: %.512s: expected a checksum at the end of the gzip data, found the end of the file",
                        idx->what, idx->path);
  return LOTTERY_OK;
}

/* Reads a whole file; the caller releases idx->elements whatever the status. */
static lottery_status read_idx(struct lottery_context *context, const char *what, const char *path, int32_t minimum,
                               int32_t maximum, struct idx *idx) {
  *idx = (struct idx){.context = context, .what = what, .path = path};
  lottery_status status = source_open(context, what, path, &idx->source);
  if (status == LOTTERY_OK) status = read_header(idx, minimum, maximum);
  if (status == LOTTERY_OK) status = read_elements(idx);
  source_close(idx->source);
  idx->source = NULL;
  return status;
}

/* A dataset of the images, which takes over their elements. */
static struct lottery_dataset *dataset_of(struct idx *images) {
  struct storage *storage = storage_borrow(images->context, LOTTERY_ELEMENT_UINT8, images->sizes[0],
                                           images->count / images->sizes[0], images->elements);
  if (storage == NULL) return NULL;
  storage->owned = images->elements;
  images->elements = NULL;
  /* (n, f) becomes (f); (n, height, width) becomes (1, height, width); (n, channels, height, width) the last three. */
  const int64_t image[] = {1, images->sizes[1], images->sizes[2]};
  const int64_t *shape = images->rank == 3 ? image : images->sizes + 1;
  const uint64_t mode = float_mode_enter_ieee();
  const struct scaling scaling = scaling_create(1.0 / UINT8_MAX, 0.0, storage->largest);
  float_mode_leave(mode);
  struct lottery_dataset *dataset =
      dataset_create(images->context, storage, images->rank == 2 ? 1 : 3, shape, &scaling);
  object_release(storage);
  return dataset;
}

/* The same dataset with the labels of a file that has as many. */
static lottery_status add_labels(struct lottery_dataset *dataset, const struct idx *images, const struct idx *file,
                                 struct lottery_dataset **out) {
  if (file->count != images->sizes[0])
    return context_fail(file->context, LOTTERY_ERROR_FORMAT,
                        "labels: %.256s: expected %lld labels for as many images in %.256s, found %lld", file->path,
                        (long long)images->sizes[0], images->path, (long long)file->count);
  int32_t *labels = memory_allocate(file->context, file->count, sizeof *labels);
  if (labels == NULL) return LOTTERY_ERROR_MEMORY;
  int32_t classes = LEAST_CLASSES;
  for (int64_t i = 0; i < file->count; i++) {
    labels[i] = file->elements[i];
    if (labels[i] >= classes) classes = labels[i] + 1;
  }
  *out = dataset_with_labels(dataset, classes, labels);
  memory_release(file->context, labels);
  return *out != NULL ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
}

lottery_status idx_load(struct lottery_context *context, const char *images, const char *labels,
                        struct lottery_dataset **out) {
  struct idx image_file, label_file = {0};
  struct lottery_dataset *dataset = NULL;
  lottery_status status = read_idx(context, "images", images, 2, RANK_LIMIT, &image_file);
  if (status == LOTTERY_OK && labels != NULL) status = read_idx(context, "labels", labels, 1, 1, &label_file);
  if (status == LOTTERY_OK && (dataset = dataset_of(&image_file)) == NULL) status = LOTTERY_ERROR_MEMORY;
  if (status == LOTTERY_OK) {
    if (labels == NULL)
      *out = object_retain(dataset);
    else
      status = add_labels(dataset, &image_file, &label_file, out);
  }
  object_release(dataset);
  memory_release(context, image_file.elements);
  memory_release(context, label_file.elements);
  return status;
}
