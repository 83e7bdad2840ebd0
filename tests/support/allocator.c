/* The counting allocator. Each block has a header that says its size, and a guard behind it. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER = 64, GUARD = 64, GUARD_BYTE = 0xa5, FREED_BYTE = 0xdd };
#define SIZE_LIMIT (INT64_C(1) << 40)
#define MAGIC UINT64_C(0x6c6f7474657279ff)

struct header {
  uint64_t magic;
  int64_t size, alignment;
};

void allocator_start(struct counting_allocator *allocator) {
  memset(allocator, 0, sizeof *allocator);
  assert_int_equal(pthread_mutex_init(&allocator->lock, NULL), 0);
}

void allocator_fail(struct counting_allocator *allocator, int64_t n, bool for_good) {
  pthread_mutex_lock(&allocator->lock);
  allocator->fail_at = n > 0 ? allocator->calls + n : 0;
  allocator->for_good = for_good;
  pthread_mutex_unlock(&allocator->lock);
}

void allocator_finish(struct counting_allocator *allocator) {
  assert_int_equal(allocator->faults, 0);
  assert_int_equal(allocator->live_blocks, 0);
  assert_int_equal(allocator->live_bytes, 0);
  pthread_mutex_destroy(&allocator->lock);
}

/* Counts a call; false when it is to fail. */
static bool admit(struct counting_allocator *allocator, int64_t size, int64_t alignment) {
  pthread_mutex_lock(&allocator->lock);
  allocator->calls++;
  bool allowed = true;
  if (allocator->fail_at > 0)
    allowed = allocator->for_good ? allocator->calls < allocator->fail_at : allocator->calls != allocator->fail_at;
  if (size < 1 || alignment < 1 || alignment > 64 || (alignment & (alignment - 1)) != 0) {
    allocator->faults++;
    allowed = false;
  }
  if (size > allocator->largest) allocator->largest = size;
  if (size > SIZE_LIMIT) allowed = false; /* a sanitizer would abort */
  pthread_mutex_unlock(&allocator->lock);
  return allowed;
}

void *allocator_allocate(int64_t size, int64_t alignment, void *user) {
  struct counting_allocator *allocator = user;
  if (!admit(allocator, size, alignment)) return NULL;
  void *start;
  if (posix_memalign(&start, HEADER, (size_t)(HEADER + size + GUARD)) != 0) return NULL;
  const struct header header = {MAGIC, size, alignment};
  memcpy(start, &header, sizeof header);
  unsigned char *block = (unsigned char *)start + HEADER;
  memset(block, FREED_BYTE, (size_t)size); /* what malloc returns is not zero either */
  memset(block + size, GUARD_BYTE, GUARD);
  pthread_mutex_lock(&allocator->lock);
  allocator->live_blocks++;
  allocator->live_bytes += size;
  if (allocator->live_bytes > allocator->peak_bytes) allocator->peak_bytes = allocator->live_bytes;
  pthread_mutex_unlock(&allocator->lock);
  return block;
}

void allocator_release(void *memory, int64_t size, int64_t alignment, void *user) {
  struct counting_allocator *allocator = user;
  bool fault = memory == NULL;
  struct header header = {0, 0, 0};
  unsigned char *block = memory;
  if (!fault) memcpy(&header, block - HEADER, sizeof header);
  if (header.magic != MAGIC || header.size != size || header.alignment != alignment) fault = true;
  for (int64_t i = 0; !fault && i < GUARD; i++) fault = block[size + i] != GUARD_BYTE;
  pthread_mutex_lock(&allocator->lock);
  if (fault) allocator->faults++;
  allocator->live_blocks--;
  allocator->live_bytes -= size;
  pthread_mutex_unlock(&allocator->lock);
  if (fault) return;
  memset(block - HEADER, FREED_BYTE, (size_t)(HEADER + size));
  free(block - HEADER);
}

lottery_context *allocator_context(struct counting_allocator *allocator) {
  lottery_context *context;
  assert_status(NULL, lottery_context_create_with_allocator(allocator_allocate, allocator_release, allocator, &context),
                LOTTERY_OK);
  return context;
}

int64_t run_out_of_memory(support_scenario scenario, void *user) {
  int64_t needed = 0;
  for (int for_good = 0; for_good <= 1; for_good++) {
    lottery_status status = LOTTERY_ERROR_MEMORY;
    for (int64_t n = 1; status != LOTTERY_OK; n += support_stride()) {
      struct counting_allocator allocator;
      allocator_start(&allocator);
      lottery_context *context = allocator_context(&allocator);
      const int64_t blocks = allocator.live_blocks, before = allocator.calls;
      allocator_fail(&allocator, n, for_good == 1);
      status = scenario(context, user);
      if (status != LOTTERY_OK && status != LOTTERY_ERROR_MEMORY)
        print_error("allocation %lld of the scenario failed\n", (long long)n);
      if (status != LOTTERY_OK) assert_status(context, status, LOTTERY_ERROR_MEMORY);
      /* A status of OK although an allocation failed: the scenario ignored it. */
      if (status == LOTTERY_OK) assert_true(allocator.calls - before < n);
      assert_int_equal(allocator.live_blocks, blocks);
      needed = allocator.calls - before;
      lottery_context_destroy(context);
      allocator_finish(&allocator);
    }
  }
  return needed;
}
