/* UTF-8: whether text is well formed, sequence by sequence. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes of the sequence at `text`, of which `left` bytes (at least 1) are there; 0 when it is not well formed. A zero
 * byte ends every sequence, so that `left` may be 4 in a string. Unicode 15, table 3-7. */
int64_t utf8_sequence(const char *text, int64_t left);

/* Whether a string is well formed. */
bool utf8_is_valid(const char *text);

#endif
