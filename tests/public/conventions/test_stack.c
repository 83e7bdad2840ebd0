/* The stack that the library needs: every kind of call on a thread of 64 KB, as threads.md promises. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "scenario.h"
#include "training.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define INSTRUMENTED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(INSTRUMENTED) || !defined(__OPTIMIZE__)
enum { STACK = 1024 * 1024 }; /* sanitizers widen every frame, and so does a build without optimisation */
#else
enum { STACK = 64 * 1024 };
#endif
enum { PAINT = 0xa5 };

static char directory[PATH_CAPACITY], images[PATH_CAPACITY], labels[PATH_CAPACITY];
static struct scenario scenario;

/* Files, which the scenario lacks. */
static bool run_files(lottery_context *context) {
  char path[PATH_CAPACITY];
  lottery_archive *archive;
  lottery_network *network, *loaded = NULL;
  lottery_trainer *trainer;
  path_in(directory, "archive", path);
  bool good = lottery_archive_create(context, &archive) == LOTTERY_OK;
  good = good && lottery_network_preset(context, "mlp-5-4-2", &network) == LOTTERY_OK;
  good = good && lottery_trainer_create(network, NULL, 1, &trainer) == LOTTERY_OK;
  if (!good) return false; /* leaks: the test has failed */
  good = lottery_archive_add_network(archive, "n", network) == LOTTERY_OK &&
         lottery_archive_add_trainer(archive, "t", trainer) == LOTTERY_OK &&
         lottery_archive_save(archive, path) == LOTTERY_OK && lottery_archive_load(archive, path) == LOTTERY_OK &&
         lottery_archive_get_network(archive, "n", &loaded) == LOTTERY_OK;
  lottery_network_destroy(loaded);
  good = good && lottery_archive_restore_trainer(archive, "t", trainer, LOTTERY_CONSENT_NONE) == LOTTERY_OK &&
         lottery_archive_get_network(archive, "none", &loaded) == LOTTERY_ERROR_ARGUMENT; /* leaves a message */
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(network);
  lottery_archive_destroy(archive);
  return good;
}

static void *run(void *context) {
  return scenario_run(context, &scenario) == LOTTERY_OK && run_files(context) ? context : NULL;
}

static void test_threads_of_64_kb(void **unused) {
  (void)unused;
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int count = instruction_sets(sets);
  unsigned char *stack = aligned_alloc(4096, STACK);
  assert_non_null(stack);
  for (int i = 0; i < count; i++) {
    lottery_context *context = context_on(sets[i]);
    pthread_attr_t attributes;
    pthread_t thread;
    void *finished;
    memset(stack, PAINT, STACK);
    scenario = (struct scenario){.images = images, .labels = labels};
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstack(&attributes, stack, STACK), 0);
    assert_int_equal(pthread_create(&thread, &attributes, run, context), 0);
    assert_int_equal(pthread_join(thread, &finished), 0);
    assert_int_equal(pthread_attr_destroy(&attributes), 0);
    assert_ptr_equal(finished, context);
    int untouched = 0;
    while (untouched < STACK && stack[untouched] == PAINT) untouched++;
    print_message("instruction set %d: %d bytes of stack\n", (int)sets[i], STACK - untouched);
    assert_true(untouched >= STACK / 4); /* room for the thread's own frames, and for a signal's */
    lottery_context_destroy(context);
  }
  free(stack);
}

int main(void) {
  temporary_directory(directory);
  scenario_files(directory, images, labels);
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads_of_64_kb)};
  const int failures = cmocka_run_group_tests(tests, NULL, NULL);
  remove_directory(directory);
  return failures;
}
