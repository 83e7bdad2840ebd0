/* Types of array elements: names, sizes, and what they are called outside. */
#include "store/element/dtype.h"

#include "base/public.h"

const char *const dtype_names[DTYPE_COUNT] = {"BOOL", "U8",  "I8",  "F8_E4M3", "F8_E5M2", "U16", "I16", "F16",
                                              "BF16", "U32", "I32", "F32",     "U64",     "I64", "F64"};

static const struct {
  const char *name;
  int32_t dtype;
} elements[] = {[LOTTERY_ELEMENT_FLOAT32] = {"float32", DTYPE_F32},
                [LOTTERY_ELEMENT_UINT8] = {"uint8", DTYPE_U8},
                [LOTTERY_ELEMENT_INT64] = {"int64", DTYPE_I64}};
enum { ELEMENTS = sizeof elements / sizeof elements[0] };

int64_t dtype_size(int32_t dtype) { return dtype < DTYPE_U16 ? 1 : dtype < DTYPE_U32 ? 2 : dtype < DTYPE_U64 ? 4 : 8; }

bool dtype_is_real(int32_t dtype) {
  return dtype == DTYPE_F16 || dtype == DTYPE_BF16 || dtype == DTYPE_F32 || dtype == DTYPE_F64;
}

int32_t dtype_of_element(int32_t element) { return element >= 0 && element < ELEMENTS ? elements[element].dtype : -1; }

int32_t dtype_element(int32_t dtype) {
  if (dtype_is_real(dtype)) return LOTTERY_ELEMENT_FLOAT32;
  if (dtype == DTYPE_F8_E4M3 || dtype == DTYPE_F8_E5M2) return -1;
  return dtype == DTYPE_BOOL || dtype == DTYPE_U8 ? LOTTERY_ELEMENT_UINT8 : LOTTERY_ELEMENT_INT64;
}

const char *element_name(int32_t element) { return elements[element].name; }
