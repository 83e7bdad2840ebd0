/* Reading elements of one type as another. Nothing changes a value but for one thing: F64 is rounded to float32, to
 * nearest and ties to even, in whatever mode the host's floating point is. */
#ifndef STORE_ELEMENT_CONVERT_H
#define STORE_ELEMENT_CONVERT_H

#include "base/public.h"
#include "store/element/dtype.h"

struct lottery_context;

/* Elements as they lie in a file; swapped: their bytes are in big-endian order. */
struct elements {
  int32_t dtype;
  bool swapped;
};

/* Whether they can be read as LOTTERY_ELEMENT_…: real numbers as FLOAT32 only, whole ones and booleans as any. */
bool convert_can(int32_t dtype, int32_t element);

/* Converts `count` elements that lie at `from`, aligned or not. to NULL: only looks. Returns how many there are before
 * the first that does not fit: a whole number outside the range or, as float32, one that would be rounded; a finite
 * F64 that would become infinite; a boolean that is neither 0 nor 1. What lies at `to` from there on is undefined. */
int64_t convert_elements(struct elements elements, const void *from, int32_t element, void *to, int64_t count);

/* "what: element <index> is <the value at `from`>, which does not fit <element>" as the message; returns FORMAT. */
lottery_status convert_fail(struct lottery_context *context, const char *what, int64_t index, struct elements elements,
                            const void *from, int32_t element);

#endif
