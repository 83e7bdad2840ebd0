/* No allocation passes the context's allocator by: this program's own malloc and relatives, which the library and the
 * C library behind it get too, count the calls that are made inside a scenario and outside the context's allocator.
 *
 * Memory comes from an arena that is never given back. Sanitizers and valgrind bring a malloc of their own: there the
 * test is skipped. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "scenario.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define OWN_MALLOC 0
#endif
#endif
#if !defined(OWN_MALLOC)
#define OWN_MALLOC 1
#endif

/* volatile: a compiler knows malloc and free as functions that change no variable. */
static _Thread_local volatile bool watching;
static volatile int64_t counted;

#if OWN_MALLOC

enum { ARENA = 1 << 28, UNIT = 64 }; /* pages that nothing touches cost nothing */
static _Alignas(4096) unsigned char arena[ARENA];
static atomic_size_t used;

/* A block behind a unit that says its size. */
static void *take(size_t size, size_t alignment) {
  if (watching) counted++;
  if (alignment < UNIT) alignment = UNIT;
  if (size > ARENA / 2 || alignment > 4096) return NULL;
  const size_t span = (size + UNIT + alignment + UNIT - 1) / UNIT * UNIT;
  const size_t start = atomic_fetch_add(&used, span);
  if (start + span > ARENA) return NULL;
  const size_t offset = (start + UNIT + alignment - 1) / alignment * alignment;
  memcpy(arena + offset - UNIT, &size, sizeof size);
  return arena + offset;
}

/* Visible, so that every library finds these before the C library's. */
#pragma GCC visibility push(default)
void *malloc(size_t size) { return take(size, UNIT); }
void free(void *memory) {
  if (watching && memory != NULL) counted++;
}
void *calloc(size_t count, size_t size) {
  if (size != 0 && count > SIZE_MAX / size) return NULL;
  return take(count * size, UNIT); /* the arena starts as zeros and nothing is used twice */
}
void *realloc(void *memory, size_t size) {
  void *block = take(size, UNIT);
  if (block == NULL || memory == NULL) return block;
  size_t old;
  memcpy(&old, (unsigned char *)memory - UNIT, sizeof old);
  memcpy(block, memory, old < size ? old : size);
  return block;
}
void *aligned_alloc(size_t alignment, size_t size) { return take(size, alignment); }
int posix_memalign(void **out, size_t alignment, size_t size) {
  *out = take(size, alignment);
  return *out != NULL ? 0 : ENOMEM;
}
#pragma GCC visibility pop

#endif

/* The context's allocator: what it asks for is not counted. */
static void *allocate(int64_t size, int64_t alignment, void *user) {
  const bool was = watching;
  watching = false;
  void *block = allocator_allocate(size, alignment, user);
  watching = was;
  return block;
}
static void release(void *memory, int64_t size, int64_t alignment, void *user) {
  const bool was = watching;
  watching = false;
  allocator_release(memory, size, alignment, user);
  watching = was;
}

static void skip_without_own_malloc(void) {
  if (!OWN_MALLOC || support_stride() > 1) skip();
}

/* The counters work, for the C library's own callers too. */
static void test_counting(void **unused) {
  (void)unused;
  skip_without_own_malloc();
  char *volatile block;
  counted = 0;
  watching = true;
  block = malloc(10);
  free(block);
  block = strdup("text");
  free(block);
  watching = false;
  assert_int_equal(counted, 4);
}

static char images[PATH_CAPACITY], labels[PATH_CAPACITY];

static void test_scenario(void **unused) {
  (void)unused;
  skip_without_own_malloc();
  static struct scenario scenario;
  scenario.images = images;
  scenario.labels = labels;
  struct counting_allocator allocator;
  allocator_start(&allocator);
  counted = 0;
  watching = true;
  lottery_context *context;
  assert_int_equal(lottery_context_create_with_allocator(allocate, release, &allocator, &context), LOTTERY_OK);
  const lottery_status status = scenario_run(context, &scenario);
  char text[256];
  lottery_context_describe(context, text, sizeof text, NULL);
  lottery_context_destroy(context);
  watching = false;
  assert_int_equal(status, LOTTERY_OK);
  assert_int_equal(counted, 0);
  assert_true(allocator.calls > 200);
  allocator_finish(&allocator);
}

/* Errors: their messages, and files that are not there or not right. */
static void test_errors(void **unused) {
  (void)unused;
  skip_without_own_malloc();
  struct counting_allocator allocator;
  allocator_start(&allocator);
  lottery_context *context;
  lottery_dataset *dataset;
  lottery_network *network;
  lottery_pruner *pruner;
  lottery_status statuses[6];
  char text[1024];
  counted = 0;
  watching = true;
  assert_int_equal(lottery_context_create_with_allocator(allocate, release, &allocator, &context), LOTTERY_OK);
  statuses[0] = lottery_dataset_load_idx(context, "no such file", NULL, &dataset);
  statuses[1] = lottery_dataset_load_idx(context, "/", NULL, &dataset);
  statuses[2] = lottery_dataset_load_idx(context, labels, images, &dataset);
  statuses[3] = lottery_network_preset(context, "mlp-1-x", &network);
  allocator_fail(&allocator, 2, true);
  statuses[4] = lottery_network_preset(context, "mlp-2-2", &network);
  allocator_fail(&allocator, 0, false);
  statuses[5] = lottery_pruner_create(context, &pruner);
  if (statuses[5] == LOTTERY_OK) statuses[5] = lottery_pruner_set_real(pruner, LOTTERY_PRUNER_RATE, 1e308);
  lottery_pruner_destroy(pruner);
  lottery_context_message(context, text, sizeof text, NULL);
  lottery_context_destroy(context);
  watching = false;
  static const lottery_status expected[] = {LOTTERY_ERROR_FILE,     LOTTERY_ERROR_FILE,   LOTTERY_ERROR_FORMAT,
                                            LOTTERY_ERROR_ARGUMENT, LOTTERY_ERROR_MEMORY, LOTTERY_ERROR_ARGUMENT};
  for (int i = 0; i < 6; i++) assert_int_equal(statuses[i], expected[i]);
  assert_int_equal(counted, 0);
  allocator_finish(&allocator);
}

int main(void) {
  char directory[PATH_CAPACITY];
  temporary_directory(directory);
  scenario_files(directory, images, labels);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_counting),
      cmocka_unit_test(test_scenario),
      cmocka_unit_test(test_errors),
  };
  const int failures = cmocka_run_group_tests(tests, NULL, NULL);
  remove_directory(directory);
  return failures;
}
