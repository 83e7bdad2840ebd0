/* Memory that the next step will read, asked for bit by bit while this one computes: a core has only some tens of
 * requests for memory under way, and asking for more than that at once waits as reading would. */
#ifndef KERNELS_AHEAD_H
#define KERNELS_AHEAD_H

#include <stdint.h>

/* Rows of `bytes` from `values` on; those wanted are indices[i], or map[indices[i]] unless map is NULL. */
struct ahead {
  const char *values;
  int64_t bytes;
  const int32_t *indices, *map;
  int64_t count;
  int64_t asked;    /* cache lines so far: whole rows, and of the next one, */
  const char *row;  /* which begins here, */
  int64_t rows, at; /* those up to this byte */
};

/* Asks for the two ends of each of the first rows (one, where both are on a page): the processor looks up where pages
 * are, some at a time, and remembers it for a thousand or two. Later it would look up one, and the computation wait. */
void ahead_begin(struct ahead *ahead);

/* Asks for lines until `part` of `whole` of all are asked for; beyond the whole there is nothing. */
void ahead_reach(struct ahead *ahead, int64_t part, int64_t whole);

/* A kernel's share of it: of `parts` equal parts those from `first` on, up to `end`. One worker of a step has it. */
struct ahead_share {
  struct ahead *ahead;
  int64_t first, end, parts;
};

/* Asks for lines until `done` of `whole` of the share are asked for. */
void ahead_share_reach(const struct ahead_share *share, int64_t done, int64_t whole);

#endif
