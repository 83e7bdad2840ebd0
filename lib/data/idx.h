/* IDX files, the format of MNIST (Y. LeCun, C. Cortes, C. Burges: http://yann.lecun.com/exdb/mnist): two zero bytes, a
 * type, the number of dimensions, each dimension as a big-endian 32-bit number, then the elements, row-major. */
#ifndef DATA_IDX_H
#define DATA_IDX_H

#include "data/dataset.h"

/* A dataset of the images, with the labels of another file unless `labels` is NULL. Errors: FILE, FORMAT, MEMORY. */
lottery_status idx_load(struct lottery_context *context, const char *images, const char *labels,
                        struct lottery_dataset **out);

#endif
