/* Checking room for lists. */
#include "base/list.h"

#include <stddef.h>

#include "base/context.h"

lottery_status list_check(struct lottery_context *context, const char *name, const void *array, int64_t capacity,
                          int64_t count) {
  if (capacity == 0) return LOTTERY_OK;
  if (capacity < 0)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "capacity: %lld is below 0", (long long)capacity);
  if (array == NULL) return context_fail(context, LOTTERY_ERROR_ARGUMENT, "%s: NULL", name);
  if (capacity >= count) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_ARGUMENT, "capacity: %lld, but %s has %lld elements", (long long)capacity,
                      name, (long long)count);
}
