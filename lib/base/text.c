/* Copying text out and cleaning it. */
#include "base/text.h"

#include <string.h>

#include "base/arithmetic.h"
#include "base/context.h"
#include "base/utf8.h"

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

/* Bytes of the printable character at `at`; 0 where there is none. */
static int64_t character_bytes(const char *at) {
  const unsigned char first = (unsigned char)at[0], second = (unsigned char)at[1];
  if (first < 0x80) return first >= ' ' && first != 0x7f;
  if (first == 0xc2 && second < 0xa0) return 0; /* control characters, U+0080 to U+009F */
  return utf8_sequence(at, 4);
}

void text_make_printable(char *text) {
  for (char *at = text; *at != '\0';) {
    const int64_t bytes = character_bytes(at);
    if (bytes == 0) *at = '?';
    at += bytes > 0 ? bytes : 1;
  }
}
