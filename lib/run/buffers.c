/* Choosing places: step by step in time, buffers that begin take slots, and buffers that end give them back. */
#include "run/buffers.h"

#include "base/arithmetic.h"
#include "base/context.h"
#include "base/memory.h"

enum {
  ALIGNMENT = 16, /* floats: 64 bytes */
  PAGE = 1024,    /* floats: 4 KB */
  LARGE = 16384,  /* floats that are worth a page's alignment, as in base/memory.c */
  LOOKED_AT = 16  /* free slots that are compared, so that a graph of any length takes linear time */
};

/* Places, each of which buffers use one after the other. */
struct slots {
  int64_t *floats; /* [slot]: the largest buffer that it had */
  int32_t *free;   /* a stack */
  int32_t count, free_count;
};

/* The free slot that fits best: the smallest that is large enough, or else the largest, which then grows. */
static int32_t take_free(struct slots *slots, int64_t floats) {
  int32_t best = -1;
  const int32_t end = slots->free_count > LOOKED_AT ? slots->free_count - LOOKED_AT : 0;
  for (int32_t i = slots->free_count - 1; i >= end; i--) {
    if (best < 0) {
      best = i;
      continue;
    }
    const int64_t size = slots->floats[slots->free[i]], chosen = slots->floats[slots->free[best]];
    if (chosen < floats ? size > chosen : size >= floats && size < chosen) best = i;
  }
  const int32_t slot = slots->free[best];
  slots->free[best] = slots->free[--slots->free_count];
  return slot;
}

static int32_t take(struct slots *slots, int64_t floats) {
  int32_t slot;
  if (slots->free_count > 0)
    slot = take_free(slots, floats);
  else
    slot = slots->count++;
  if (slots->floats[slot] < floats) slots->floats[slot] = floats;
  return slot;
}

/* Gives every buffer a slot. ending: [end], the buffers that end at a time, chained. */
static void assign(struct buffer *buffers, int32_t count, int32_t end, struct slots *slots, int32_t *ending) {
  for (int32_t time = 0; time < end; time++) ending[time] = -1;
  for (int32_t i = 0; i < count; i++) {
    buffers[i].next = ending[buffers[i].last];
    ending[buffers[i].last] = i;
  }
  for (int32_t time = 0, i = 0; time < end; time++) {
    for (; i < count && buffers[i].first == time; i++) buffers[i].slot = take(slots, buffers[i].floats);
    for (int32_t j = ending[time]; j >= 0; j = buffers[j].next) slots->free[slots->free_count++] = buffers[j].slot;
  }
}

/* Lays the slots out one behind the other; `floats` of a slot becomes its place. */
static bool lay_out(struct slots *slots, int64_t *floats) {
  int64_t at = 0;
  for (int32_t i = 0; i < slots->count; i++) {
    const int64_t size = slots->floats[i];
    at = arithmetic_round_up(at, size >= LARGE ? PAGE : ALIGNMENT);
    slots->floats[i] = at;
    if (!arithmetic_add(at, size, &at) || at > INT64_MAX / 8) return false;
  }
  *floats = at;
  return true;
}

lottery_status buffers_place(struct lottery_context *context, struct buffer *buffers, int32_t count, int32_t end,
                             int64_t *floats) {
  struct slots slots = {.floats = memory_allocate(context, count, sizeof *slots.floats),
                        .free = memory_allocate(context, count, sizeof *slots.free)};
  int32_t *ending = memory_allocate(context, end, sizeof *ending);
  lottery_status status = LOTTERY_ERROR_MEMORY;
  if (slots.floats != NULL && slots.free != NULL && ending != NULL) {
    assign(buffers, count, end, &slots, ending);
    if (lay_out(&slots, floats))
      status = LOTTERY_OK;
    else
      context_fail(context, LOTTERY_ERROR_MEMORY, "network: its activations do not fit a 64-bit size");
  }
  for (int32_t i = 0; status == LOTTERY_OK && i < count; i++) buffers[i].place = slots.floats[buffers[i].slot];
  memory_release(context, slots.floats);
  memory_release(context, slots.free);
  memory_release(context, ending);
  return status;
}
