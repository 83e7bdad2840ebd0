/* Blocks carry their size in a header of one alignment unit, so that releasing needs only the pointer. */
#include "base/memory.h"

#include <string.h>

#include "base/arithmetic.h"
#include "base/context.h"

static void count_bytes(struct lottery_context *context, int64_t bytes) {
  const long long now = atomic_fetch_add(&context->bytes, bytes) + bytes;
  long long peak = atomic_load(&context->peak);
  while (now > peak && !atomic_compare_exchange_weak(&context->peak, &peak, now)) {
  }
}

void *memory_allocate_quietly(struct lottery_context *context, int64_t count, int64_t size) {
  int64_t bytes;
  if (count < 0 || !arithmetic_multiply(count, size, &bytes) || !arithmetic_add(bytes, MEMORY_ALIGNMENT, &bytes))
    return NULL;
  unsigned char *block = context->allocate(bytes, MEMORY_ALIGNMENT, context->user);
  if (block == NULL) return NULL;
  memset(block, 0, (size_t)bytes);
  memcpy(block, &bytes, sizeof bytes);
  count_bytes(context, bytes);
  return block + MEMORY_ALIGNMENT;
}

void *memory_allocate(struct lottery_context *context, int64_t count, int64_t size) {
  void *memory = memory_allocate_quietly(context, count, size);
  if (memory == NULL)
    context_fail(context, LOTTERY_ERROR_MEMORY, "memory: cannot allocate %lld elements of %lld bytes", (long long)count,
                 (long long)size);
  return memory;
}

void memory_release(struct lottery_context *context, void *memory) {
  if (memory == NULL) return;
  unsigned char *block = (unsigned char *)memory - MEMORY_ALIGNMENT;
  int64_t bytes;
  memcpy(&bytes, block, sizeof bytes);
  atomic_fetch_sub(&context->bytes, bytes);
  context->release(block, bytes, context->user);
}
