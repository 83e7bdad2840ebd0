/* Asking for memory ahead. */
#include "kernels/ahead.h"

#include <stddef.h>

/* What is past the limit of a row would be pushed out of the cache again. */
enum { LINE = 64, ROW_LIMIT = 4096, PAGE = 4096, BEGIN_LIMIT = 1024 };

/* For the second-level cache: the nearest belongs to the step that runs meanwhile. */
static void ask(const char *address) { __builtin_prefetch(address, 0, 2); }

static const char *row_of(const struct ahead *ahead, int64_t i) {
  const int32_t index = ahead->indices[i];
  return ahead->values + (ahead->map != NULL ? ahead->map[index] : index) * ahead->bytes;
}

static int64_t row_lines(const struct ahead *ahead) {
  const int64_t bytes = ahead->bytes < ROW_LIMIT ? ahead->bytes : ROW_LIMIT;
  return (bytes + LINE - 1) / LINE;
}

void ahead_begin(struct ahead *ahead) {
  for (int64_t i = 0; i < ahead->count && i < BEGIN_LIMIT; i++) {
    const char *first = row_of(ahead, i), *last = first + ahead->bytes - 1;
    ask(first);
    if ((uintptr_t)first / PAGE != (uintptr_t)last / PAGE) ask(last);
  }
}

void ahead_reach(struct ahead *ahead, int64_t part, int64_t whole) {
  const int64_t lines = row_lines(ahead), all = ahead->count * lines;
  const int64_t end = part < whole ? all * part / whole : all; /* whole is 0 where there is nothing to prefetch */
  for (; ahead->asked < end; ahead->asked++) {
    if (ahead->at == 0) ahead->row = row_of(ahead, ahead->rows);
    ask(ahead->row + ahead->at);
    ahead->at += LINE;
    if (ahead->at < lines * LINE) continue;
    ahead->at = 0;
    ahead->rows++;
  }
}

void ahead_share_reach(const struct ahead_share *share, int64_t done, int64_t whole) {
  ahead_reach(share->ahead, share->first * whole + (share->end - share->first) * done, share->parts * whole);
}
