/* The functions of .npy files: their checks. */
#include "store/npy/npy.h"

#include <string.h>

#include "api/check.h"
#include "model/tensor.h"

static lottery_status check_element(struct lottery_context *context, int32_t element) {
  if (dtype_of_element(element) >= 0) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_ARGUMENT, "element: %d is not a LOTTERY_ELEMENT_… value", (int)element);
}

lottery_status lottery_npy_save(lottery_context *context, const char *path, int32_t element, int32_t rank,
                                const int64_t *shape, const void *values, int64_t count) {
  RETURN_UNLESS_HANDLE(context, OBJECT_CONTEXT);
  RETURN_IF_NULL(context, path);
  RETURN_IF_ERROR(check_element(context, element));
  if (rank < 0 || rank > NPY_RANK_LIMIT)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "rank: %d is outside 0 to %d", (int)rank, NPY_RANK_LIMIT);
  RETURN_IF_NULL_ARRAY(context, shape, rank);
  RETURN_IF_NULL_ARRAY(context, values, count);
  struct npy npy = {.elements.dtype = dtype_of_element(element), .rank = rank};
  for (int32_t i = 0; i < rank; i++) {
    if (shape[i] < 0)
      return context_fail(context, LOTTERY_ERROR_ARGUMENT, "shape: %lld is below 0", (long long)shape[i]);
    npy.shape[i] = shape[i];
  }
  if (!npy_measure(&npy))
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "shape: has more bytes than fit into 2^63 - 1");
  if (npy.count != count)
    return context_fail(context, LOTTERY_ERROR_SHAPE, "count: %lld, but the shape has %lld elements", (long long)count,
                        (long long)npy.count);
  return npy_save(context, path, &npy, values != NULL ? values : "");
}

lottery_status lottery_npy_describe(lottery_context *context, const char *path, int32_t *element, int64_t *count,
                                    int64_t capacity, int64_t *shape, int32_t *rank) {
  RETURN_UNLESS_HANDLE(context, OBJECT_CONTEXT);
  RETURN_IF_NULL(context, path);
  RETURN_IF_NULL_ARRAY(context, shape, capacity);
  RETURN_IF_NULL(context, rank);
  struct npy npy;
  RETURN_IF_ERROR(npy_describe(context, path, &npy));
  RETURN_IF_ERROR(tensor_copy_shape(context, npy.rank, npy.shape, capacity, shape, rank));
  if (element != NULL) *element = dtype_element(npy.elements.dtype);
  if (count != NULL) *count = npy.count;
  return LOTTERY_OK;
}

lottery_status lottery_npy_load(lottery_context *context, const char *path, int32_t element, void *values,
                                int64_t count) {
  RETURN_UNLESS_HANDLE(context, OBJECT_CONTEXT);
  RETURN_IF_NULL(context, path);
  RETURN_IF_ERROR(check_element(context, element));
  RETURN_IF_NULL_ARRAY(context, values, count);
  unsigned char none;
  return npy_load(context, path, element, values != NULL ? values : &none, count);
}
