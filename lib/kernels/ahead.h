/* Prefetches the memory that the next step will read, little by little while this one computes: a core has only some
 * tens of requests for memory under way, and prefetching more at once waits as long as reading would. */
#ifndef KERNELS_AHEAD_H
#define KERNELS_AHEAD_H

#include <stdint.h>

/* Rows of `bytes` each, beginning at `values`; indices[i], or map[indices[i]] unless map is NULL, says which. */
struct ahead {
  const char *values;
  int64_t bytes;
  const int32_t *indices, *map;
  int64_t count;
  int64_t asked;    /* cache lines prefetched so far: those of `rows` whole rows, */
  const char *row;  /* and of the next one, which begins here, */
  int64_t rows, at; /* those up to this byte */
};

/* Prefetches the two ends of the first rows (one end, where both are on a page). The processor translates addresses of
 * several pages at a time now, and remembers one or two thousand; later the computation would wait for each. */
void ahead_begin(struct ahead *ahead);

/* Prefetches lines until `part` of `whole` parts of them are done; beyond the whole it does nothing. */
void ahead_reach(struct ahead *ahead, int64_t part, int64_t whole);

/* A kernel's share: parts first to end - 1 of `parts` equal parts. One worker of a step has it. */
struct ahead_share {
  struct ahead *ahead;
  int64_t first, end, parts;
};

/* Prefetches lines until `done` of `whole` parts of the share are done. */
void ahead_share_reach(const struct ahead_share *share, int64_t done, int64_t whole);

#endif
