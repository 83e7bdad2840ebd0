/* Text for callers: copying it out, and making any bytes valid UTF-8. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/public.h"

struct lottery_context;

/* Copies at most capacity - 1 bytes and a zero; needed (may be NULL) receives the bytes for all of it. */
lottery_status text_copy(struct lottery_context *context, const char *text, char *buffer, int64_t capacity,
                         int64_t *needed);

/* Replaces by '?' each byte that is not part of a UTF-8 character (RFC 3629) or that is part of a control character. */
void text_make_printable(char *text);

#endif
