/* Types of array elements in files, by the names that safetensors gives them. */
#ifndef STORE_ELEMENT_DTYPE_H
#define STORE_ELEMENT_DTYPE_H

#include <stdbool.h>
#include <stdint.h>

/* All that safetensors has had in whole bytes. */
enum dtype {
  DTYPE_BOOL,
  DTYPE_U8,
  DTYPE_I8,
  DTYPE_F8_E4M3,
  DTYPE_F8_E5M2,
  DTYPE_U16,
  DTYPE_I16,
  DTYPE_F16,
  DTYPE_BF16,
  DTYPE_U32,
  DTYPE_I32,
  DTYPE_F32,
  DTYPE_U64,
  DTYPE_I64,
  DTYPE_F64,
  DTYPE_COUNT
};
extern const char *const dtype_names[DTYPE_COUNT];

/* Bytes of an element: 1, 2, 4 or 8. */
int64_t dtype_size(int32_t dtype);

/* Whether its elements are floating-point numbers that can be converted: not those of 8 bits. */
bool dtype_is_real(int32_t dtype);

/* The type of LOTTERY_ELEMENT_…, or -1; the LOTTERY_ELEMENT_… that a type is best read as, or -1. */
int32_t dtype_of_element(int32_t element);
int32_t dtype_element(int32_t dtype);

/* "float32", "uint8" or "int64". */
const char *element_name(int32_t element);

#endif
