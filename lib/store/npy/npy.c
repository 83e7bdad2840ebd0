/* Saving and reading .npy files. Nothing is allocated on a header's word: the caller brings the memory. */
#include "store/npy/npy.h"

#include <stdio.h>
#include <string.h>

#include "base/arithmetic.h"
#include "base/context.h"
#include "base/file.h"
#include "store/disk/file.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "elements are written as they lie in memory, and .npy files are little-endian here"
#endif

static const char magic[] = "\x93NUMPY";
enum { MAGIC = sizeof magic - 1, PIECE = 512 /* elements that are converted at a time */ };

lottery_status npy_save(struct lottery_context *context, const char *path, const struct npy *npy, const void *values) {
  char header[NPY_HEADER_CAPACITY];
  const int64_t length = npy_write_header(npy, header);
  struct store_file *file;
  lottery_status status = store_file_create(context, "path", path, &file);
  if (status != LOTTERY_OK) return status;
  status = store_file_write(file, header, length);
  if (status == LOTTERY_OK) status = store_file_write(file, values, npy->bytes);
  if (status == LOTTERY_OK) return store_file_commit(file);
  store_file_discard(file);
  return status;
}

/* Reads magic, version and the length of the dictionary, and says where that begins. */
static lottery_status read_prefix(const struct file *file, int64_t *start, int64_t *length) {
  unsigned char prefix[NPY_PREFIX + 2] = {0};
  int64_t got;
  const lottery_status status = file_read(file, 0, prefix, sizeof prefix, &got);
  if (status != LOTTERY_OK) return status;
  if (got < NPY_PREFIX + 2 || memcmp(prefix, magic, MAGIC) != 0)
    return context_fail(file->context, LOTTERY_ERROR_FORMAT,
                        "path: %.512s: expected an npy file, which begins with bytes 93 and NUMPY", file->path);
  const int major = prefix[MAGIC], minor = prefix[MAGIC + 1];
  if (major < 1 || major > 3 || minor != 0)
    return context_fail(file->context, LOTTERY_ERROR_FORMAT,
                        "path: %.512s: expected npy format 1.0, 2.0 or 3.0, found %d.%d", file->path, major, minor);
  *start = major == 1 ? NPY_PREFIX : NPY_PREFIX + 2;
  *length = prefix[8] | prefix[9] << 8;
  if (major > 1) *length |= (int64_t)prefix[10] << 16 | (int64_t)prefix[11] << 24;
  if (*length >= 1 && *length <= NPY_HEADER_LIMIT && *length <= file->size - *start) return LOTTERY_OK;
  return context_fail(file->context, LOTTERY_ERROR_FORMAT,
                      "path: %.512s: expected a header of 1 to %d bytes within the file, found a length of %lld",
                      file->path, NPY_HEADER_LIMIT, (long long)*length);
}

/* offset: where the elements begin. */
static lottery_status read_header(const struct file *file, struct npy *out, int64_t *offset) {
  int64_t start = 0, length = 0;
  char text[NPY_HEADER_LIMIT];
  lottery_status status = read_prefix(file, &start, &length);
  if (status == LOTTERY_OK) status = file_read_exactly(file, start, text, length);
  if (status == LOTTERY_OK) status = npy_read_dictionary(file->context, file->path, text, length, out);
  if (status != LOTTERY_OK) return status;
  *offset = start + length;
  if (file->size - *offset == out->bytes) return LOTTERY_OK;
  return context_fail(file->context, LOTTERY_ERROR_FORMAT,
                      "path: %.512s: expected %lld elements of %s, which are %lld bytes after the header, found %lld",
                      file->path, (long long)out->count, npy_dtype_name(out->elements.dtype), (long long)out->bytes,
                      (long long)(file->size - *offset));
}

lottery_status npy_describe(struct lottery_context *context, const char *path, struct npy *out) {
  struct file file;
  int64_t offset;
  lottery_status status = file_open(context, "path", path, INT64_MAX, &file);
  if (status != LOTTERY_OK) return status;
  status = read_header(&file, out, &offset);
  file_close(&file);
  return status;
}

/* Where the next element of a file goes in C order, the last index fastest. */
struct place {
  const struct npy *npy;
  int64_t index[NPY_RANK_LIMIT], strides[NPY_RANK_LIMIT]; /* of Fortran order; strides[d]: the sizes behind d */
  int64_t position;
};

static struct place first_place(const struct npy *npy) {
  struct place place = {.npy = npy};
  int64_t stride = 1; /* of an array with elements: their number fits */
  for (int32_t i = npy->rank - 1; npy->count > 0 && i >= 0; i--) {
    place.strides[i] = stride;
    stride *= npy->shape[i];
  }
  return place;
}

/* In Fortran order the first index that has room rises, and those before it begin anew. */
static void next_place(struct place *place) {
  if (!place->npy->fortran) place->position++;
  for (int32_t i = 0; place->npy->fortran && i < place->npy->rank; i++) {
    place->position += place->strides[i];
    if (++place->index[i] < place->npy->shape[i]) return;
    place->position -= place->strides[i] * place->npy->shape[i];
    place->index[i] = 0;
  }
}

/* Reads all elements in pieces, converts them and puts them where C order has them. values NULL: only looks whether all
 * of them fit. */
static lottery_status transfer(const struct file *file, const struct npy *npy, int64_t offset, int32_t element,
                               unsigned char *values) {
  unsigned char from[PIECE * sizeof(int64_t)], to[PIECE * sizeof(int64_t)];
  const int64_t size = dtype_size(npy->elements.dtype), room = dtype_size(dtype_of_element(element));
  struct place place = first_place(npy);
  for (int64_t done = 0; done < npy->count;) {
    const int64_t count = arithmetic_minimum(npy->count - done, PIECE);
    const lottery_status status = file_read_exactly(file, offset + done * size, from, count * size);
    if (status != LOTTERY_OK) return status;
    const int64_t fit = convert_elements(npy->elements, from, element, to, count);
    for (int64_t i = 0; i < fit; i++) {
      if (values != NULL) memcpy(values + place.position * room, to + i * room, (size_t)room);
      next_place(&place);
    }
    if (fit < count) {
      char what[512 + sizeof "path: "];
      snprintf(what, sizeof what, "path: %.504s", file->path);
      return convert_fail(file->context, what, place.position, npy->elements, from + fit * size, element);
    }
    done += count;
  }
  return LOTTERY_OK;
}

static lottery_status load_values(const struct file *file, int32_t element, void *values, int64_t count) {
  struct npy npy;
  int64_t offset;
  lottery_status status = read_header(file, &npy, &offset);
  if (status != LOTTERY_OK) return status;
  const int32_t dtype = npy.elements.dtype;
  if (!convert_can(dtype, element))
    return context_fail(file->context, LOTTERY_ERROR_FORMAT, "path: %.512s: expected elements of %s, found %s",
                        file->path, element_name(element), npy_dtype_name(dtype));
  if (npy.count != count)
    return context_fail(file->context, LOTTERY_ERROR_SHAPE, "count: %lld, but %.512s has %lld elements",
                        (long long)count, file->path, (long long)npy.count);
  if (dtype == dtype_of_element(element) && !npy.elements.swapped && !npy.fortran)
    return file_read_exactly(file, offset, values, npy.bytes);
  status = transfer(file, &npy, offset, element, NULL);
  return status == LOTTERY_OK ? transfer(file, &npy, offset, element, values) : status;
}

lottery_status npy_load(struct lottery_context *context, const char *path, int32_t element, void *values,
                        int64_t count) {
  struct file file;
  lottery_status status = file_open(context, "path", path, INT64_MAX, &file);
  if (status != LOTTERY_OK) return status;
  status = load_values(&file, element, values, count);
  file_close(&file);
  return status;
}
