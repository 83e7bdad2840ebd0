/* Copying text out. */
#include "base/text.h"

#include <string.h>

#include "base/arithmetic.h"
#include "base/context.h"

lottery_status text_copy(struct lottery_context *context, const char *text, char *buffer, int64_t capacity,
                         int64_t *needed) {
  if (capacity < 0)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "capacity: %lld is below 0", (long long)capacity);
  if (capacity > 0 && buffer == NULL)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "buffer: NULL with a capacity of %lld", (long long)capacity);
  const int64_t length = (int64_t)strlen(text);
  if (capacity > 0) {
    const int64_t copied = arithmetic_minimum(length, capacity - 1);
    memcpy(buffer, text, (size_t)copied);
    buffer[copied] = '\0';
  }
  if (needed != NULL) *needed = length + 1;
  return LOTTERY_OK;
}
