/* Single arrays in an archive: what their elements are called outside and in files. */
#include "store/archive/items.h"

static const int32_t dtypes[] = {
    [LOTTERY_ELEMENT_FLOAT32] = DTYPE_F32, [LOTTERY_ELEMENT_UINT8] = DTYPE_U8, [LOTTERY_ELEMENT_INT64] = DTYPE_I64};
enum { ELEMENTS = sizeof dtypes / sizeof dtypes[0] };

int32_t item_dtype(int32_t element) { return element >= 0 && element < ELEMENTS ? dtypes[element] : -1; }

int32_t item_element(int32_t dtype) {
  for (int32_t i = 0; i < ELEMENTS; i++)
    if (dtypes[i] == dtype) return i;
  return -1;
}
