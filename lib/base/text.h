/* Copying text into a caller's buffer, the way every public function does it. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/public.h"

struct lottery_context;

/* Copies at most capacity - 1 bytes and a zero; needed (may be NULL) receives the bytes for all of it. */
lottery_status text_copy(struct lottery_context *context, const char *text, char *buffer, int64_t capacity,
                         int64_t *needed);

#endif
