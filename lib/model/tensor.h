/* A tensor's identity: name and shape. Networks, masks and snapshots are matched by it. */
#ifndef MODEL_TENSOR_H
#define MODEL_TENSOR_H

#include <stdbool.h>

#include "base/public.h"

struct lottery_context;

enum { TENSOR_NAME_CAPACITY = 32, TENSOR_RANK_LIMIT = 4 };

struct tensor {
  char name[TENSOR_NAME_CAPACITY];
  int32_t rank;
  int64_t shape[TENSOR_RANK_LIMIT];
  int64_t count; /* elements: the product of the shape */
};

/* A tensor as a matrix: the first size is the number of rows, the product of the others the number of columns. A tensor
 * of one size (a bias) is a column. */
static inline int64_t tensor_rows(const struct tensor *tensor) { return tensor->rank > 0 ? tensor->shape[0] : 1; }
static inline int64_t tensor_columns(const struct tensor *tensor) { return tensor->count / tensor_rows(tensor); }

/* Whether name and shape agree. */
bool tensor_equal(const struct tensor *a, const struct tensor *b);

/* Whether two lists agree tensor by tensor. */
bool tensor_lists_equal(const struct tensor *a, int64_t count_a, const struct tensor *b, int64_t count_b);

/* The index in `list` of the tensor that equals `wanted`, or -1. */
int64_t tensor_match(const struct tensor *list, int64_t count, const struct tensor *wanted);

/* The index of the tensor called `name`, or -1. */
int64_t tensor_find(const struct tensor *list, int64_t count, const char *name);

/* Checks `tensor` against the list's length, and `count` against tensor's elements; the message names the argument. */
lottery_status tensor_check_index(struct lottery_context *context, int64_t tensor, int64_t list_count);
lottery_status tensor_check_count(struct lottery_context *context, const struct tensor *tensor, int64_t count);

/* Copies a shape of `rank` sizes out: the checks and results of every public _shape function. */
lottery_status tensor_copy_shape(struct lottery_context *context, int32_t rank, const int64_t *shape, int64_t capacity,
                                 int64_t *out, int32_t *out_rank);

/* Reports the tensors of two lists that have no match in the other: LOTTERY_OK if there are none, LOTTERY_PARTIAL with
 * the message set, or LOTTERY_ERROR_SHAPE if nothing matches. `what` names the first list; the second is a
 * network's. */
lottery_status tensor_report_unmatched(struct lottery_context *context, const char *what, const struct tensor *list,
                                       int64_t count, const struct tensor *network_list, int64_t network_count);

#endif
