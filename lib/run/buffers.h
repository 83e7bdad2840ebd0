/* Memory for buffers by lifetime: two that are never needed at the same time may have the same place. */
#ifndef RUN_BUFFERS_H
#define RUN_BUFFERS_H

#include "base/public.h"

struct lottery_context;

/* A buffer is needed from time `first` to time `last`, both included. */
struct buffer {
  int64_t floats, place;
  int32_t first, last;
  int32_t slot, next; /* while places are chosen */
};

/* Chooses the places of buffers that are in the order of `first`; times are 0 to end - 1. Large buffers begin on a
 * page. *floats: the size of all together. MEMORY (message set) when memory is out or the sum does not fit. */
lottery_status buffers_place(struct lottery_context *context, struct buffer *buffers, int32_t count, int32_t end,
                             int64_t *floats);

#endif
