/* .npy files, NumPy's format for one array. Those that are saved are little-endian, in C order, of float32, uint8 or
 * int64; those of other real and whole numbers, of other orders of bytes and of elements are converted as they are
 * read. */
#ifndef STORE_NPY_NPY_H
#define STORE_NPY_NPY_H

#include "store/npy/npy_header.h"

/* Saves an array whose measure is taken; store/disk/file.h says how. Errors: FILE, MEMORY. */
lottery_status npy_save(struct lottery_context *context, const char *path, const struct npy *npy, const void *values);

/* What a file holds; its length is right. Errors: FILE, FORMAT. */
lottery_status npy_describe(struct lottery_context *context, const char *path, struct npy *out);

/* Reads `count` elements in C order as LOTTERY_ELEMENT_…. Errors: FILE, FORMAT (also: it cannot be read as `element`,
 * or one of its values cannot), SHAPE (count). */
lottery_status npy_load(struct lottery_context *context, const char *path, int32_t element, void *values,
                        int64_t count);

#endif
