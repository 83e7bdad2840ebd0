/* The header of a .npy file, NumPy's format for one array (numpy.lib.format, versions 1.0 to 3.0): a Python dictionary
 * of the element type, whether the order is Fortran's, and the shape. */
#ifndef STORE_NPY_NPY_HEADER_H
#define STORE_NPY_NPY_HEADER_H

#include <stdbool.h>

#include "base/public.h"
#include "store/element/convert.h"

struct lottery_context;

enum {
  NPY_RANK_LIMIT = 8,
  NPY_HEADER_LIMIT = 10000, /* bytes of the dictionary; NumPy reads no longer ones either */
  NPY_PREFIX = 10           /* bytes before the dictionary in version 1.0; two more in 2.0 and 3.0 */
};

struct npy {
  struct elements elements;
  bool fortran; /* the first index runs fastest */
  int32_t rank;
  int64_t shape[NPY_RANK_LIMIT];
  int64_t count; /* elements: the product of the shape */
  int64_t bytes; /* of all elements */
};

/* Sets count and bytes from elements and shape; false where they do not fit. */
bool npy_measure(struct npy *npy);

/* NumPy's name of a type: "float32". */
const char *npy_dtype_name(int32_t dtype);

/* Writes prefix and dictionary of an array in C order; returns their bytes, a multiple of 64. */
enum { NPY_HEADER_CAPACITY = 320 };
int64_t npy_write_header(const struct npy *npy, char header[NPY_HEADER_CAPACITY]);

/* Reads the dictionary's text. path: of its file, for messages. Errors: FORMAT. */
lottery_status npy_read_dictionary(struct lottery_context *context, const char *path, const char *text, int64_t length,
                                   struct npy *out);

#endif
