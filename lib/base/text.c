/* Copying text out and cleaning it. */
#include "base/text.h"

#include <stdbool.h>
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

/* Bytes of the printable character at `at`; 0 where there is none. */
static int character_bytes(const unsigned char *at) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000}; /* what so many bytes are for */
  if (at[0] < 0x80) return at[0] >= ' ' && at[0] != 0x7f;
  if (at[0] < 0xc2 || at[0] > 0xf4) return 0;
  const int bytes = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
  uint32_t code = at[0] & (0x7fU >> bytes);
  for (int i = 1; i < bytes; i++) { /* ends at the text's zero at the latest */
    if ((at[i] & 0xc0) != 0x80) return 0;
    code = code << 6 | (at[i] & 0x3fU);
  }
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code >= least[bytes] && code <= 0x10ffff && !surrogate && code >= 0xa0 ? bytes : 0;
}

void text_make_printable(char *text) {
  for (char *at = text; *at != '\0';) {
    const int bytes = character_bytes((const unsigned char *)at);
    if (bytes == 0) *at = '?';
    at += bytes > 0 ? bytes : 1;
  }
}
