/* .npy files, NumPy's format for one array: little-endian, C order, float32, uint8 or int64. */
#ifndef STORE_NPY_NPY_H
#define STORE_NPY_NPY_H

#include "store/npy/npy_header.h"

/* Saves an array whose measure is taken; store/disk/file.h says how. Errors: FILE, MEMORY. */
lottery_status npy_save(struct lottery_context *context, const char *path, const struct npy *npy, const void *values);

/* What a file holds; its length is right. Errors: FILE, FORMAT. */
lottery_status npy_describe(struct lottery_context *context, const char *path, struct npy *out);

/* Reads `count` elements of type `element`, which must be what the file holds. Errors: FILE, FORMAT (the element, too),
 * SHAPE (count). */
lottery_status npy_load(struct lottery_context *context, const char *path, int32_t element, void *values,
                        int64_t count);

#endif
