/* Checking UTF-8. */
#include "base/utf8.h"

#include <string.h>

int64_t utf8_sequence(const char *text, int64_t left) {
  const unsigned char *bytes = (const unsigned char *)text;
  const unsigned char first = bytes[0];
  if (first < 0x80) return 1;
  const int64_t length = first >= 0xc2 && first <= 0xdf   ? 2
                         : (first & 0xf0) == 0xe0         ? 3
                         : first >= 0xf0 && first <= 0xf4 ? 4
                                                          : 0;
  if (length == 0 || length > left) return 0;
  /* The second byte's range excludes characters that have a shorter sequence, surrogates, and numbers past U+10FFFF. */
  const unsigned char lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned char highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (bytes[1] < lowest || bytes[1] > highest) return 0;
  for (int64_t i = 2; i < length; i++)
    if ((bytes[i] & 0xc0) != 0x80) return 0;
  return length;
}

bool utf8_is_valid(const char *text) {
  for (int64_t left = (int64_t)strlen(text); left > 0;) {
    const int64_t length = utf8_sequence(text, left);
    if (length == 0) return false;
    text += length;
    left -= length;
  }
  return true;
}
