/* Blocks carry a header, so that releasing needs only the pointer. */
#include "base/memory.h"

#include <string.h>

#include "base/arithmetic.h"
#include "base/context.h"

/* Large arrays begin at a multiple of a page. Kernels go over several arrays at once. A processor that compares only
 * the low 12 bits of addresses can take a load for one of a store just before it, if the arrays begin unequally within
 * their pages (measured: an Adam step over dense weights takes 1.5 times as long). */
enum { PAGE = 4096, LARGE = 64 * 1024 };

/* Stands MEMORY_ALIGNMENT bytes before the caller's memory. */
struct header {
  int64_t bytes;  /* of the block */
  int64_t offset; /* from the block's beginning to the caller's memory */
};

static void count_bytes(struct lottery_context *context, int64_t bytes) {
  const long long now = atomic_fetch_add(&context->bytes, bytes) + bytes;
  long long peak = atomic_load(&context->peak);
  while (now > peak && !atomic_compare_exchange_weak(&context->peak, &peak, now)) {
  }
}

void *memory_allocate_quietly(struct lottery_context *context, int64_t count, int64_t size) {
  struct header header;
  int64_t bytes;
  if (count < 0 || !arithmetic_multiply(count, size, &bytes)) return NULL;
  const int64_t alignment = bytes >= LARGE ? PAGE : MEMORY_ALIGNMENT;
  if (!arithmetic_add(bytes, 2 * alignment, &header.bytes)) return NULL;
  unsigned char *block = context->allocate(header.bytes, MEMORY_ALIGNMENT, context->user);
  if (block == NULL) return NULL;
  header.offset = alignment + (alignment - (int64_t)((uintptr_t)block % (uintptr_t)alignment)) % alignment;
  memcpy(block + header.offset - MEMORY_ALIGNMENT, &header, sizeof header);
  memset(block + header.offset, 0, (size_t)bytes);
  count_bytes(context, header.bytes);
  return block + header.offset;
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
  struct header header;
  memcpy(&header, (unsigned char *)memory - MEMORY_ALIGNMENT, sizeof header);
  atomic_fetch_sub(&context->bytes, header.bytes);
  context->release((unsigned char *)memory - header.offset, header.bytes, MEMORY_ALIGNMENT, context->user);
}
