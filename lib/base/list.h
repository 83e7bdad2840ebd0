/* Lists for callers: the rule of section 1 of the public header. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include "base/public.h"

struct lottery_context;

/* OK if a list of `count` elements may be copied to `array`, which has room for `capacity`; with a capacity of 0 it is
 * not copied. Else ARGUMENT. name: the array's. */
lottery_status list_check(struct lottery_context *context, const char *name, const void *array, int64_t capacity,
                          int64_t count);

#endif
