/* What the benchmarks share: clocks, medians, giving up. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lottery.h"

/* Seconds of the wall, or of this thread's processor: what a loaded machine disturbs less. */
static inline double measure_now(bool processor) {
  struct timespec t;
  clock_gettime(processor ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline int measure_compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Sorts the values. */
static inline double measure_median(double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, measure_compare);
  return count % 2 == 1 ? values[count / 2] : 0.5 * (values[count / 2 - 1] + values[count / 2]);
}

static inline void measure_fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

/* Stops the program with the context's message on an error. context may be NULL. */
static inline void measure_require(lottery_context *context, lottery_status status) {
  if (status >= 0) return;
  char message[1024] = "";
  if (context != NULL) lottery_context_message(context, message, sizeof message, NULL);
  fprintf(stderr, "%s: %s\n", lottery_status_name(status), message);
  exit(1);
}

static inline void *measure_allocate(size_t floats) {
  const size_t bytes = (floats * sizeof(float) + 63) / 64 * 64;
  void *memory = aligned_alloc(64, bytes);
  if (memory == NULL) measure_fail("out of memory");
  memset(memory, 0, bytes);
  return memory;
}

static const char *const measure_set_names[] = {"automatic", "portable", "avx2", "avx512", "neon"};
enum { MEASURE_SETS = sizeof measure_set_names / sizeof *measure_set_names };

/* LOTTERY_INSTRUCTION_SET_… by its name. */
static inline int32_t measure_set(const char *name) {
  for (int32_t i = 0; i < MEASURE_SETS; i++)
    if (strcmp(name, measure_set_names[i]) == 0) return i;
  measure_fail("instruction sets are automatic, portable, avx2, avx512 and neon");
  return -1;
}

/* The processor's name into `name`. */
static inline void measure_processor(char *name, size_t capacity) {
  snprintf(name, capacity, "unknown");
  FILE *file = fopen("/proc/cpuinfo", "r");
  char line[256];
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    const char *colon = strchr(line, ':');
    if (strncmp(line, "model name", 10) != 0 || colon == NULL) continue;
    snprintf(name, capacity, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
    break;
  }
  if (file != NULL) fclose(file);
}

#if defined(__clang__)
#define MEASURE_COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define MEASURE_COMPILER "gcc " __VERSION__
#else
#define MEASURE_COMPILER "unknown compiler"
#endif

#ifndef LOTTERY_BUILD_TYPE
#define LOTTERY_BUILD_TYPE "unknown"
#endif

/* Machine, library and build, as lines of comment. */
static inline void measure_header(lottery_context *context) {
  char processor[128], description[512];
  measure_processor(processor, sizeof processor);
  measure_require(context, lottery_context_describe(context, description, sizeof description, NULL));
  printf("# %s\n# %s\n# %s, build type %s\n", processor, description, MEASURE_COMPILER, LOTTERY_BUILD_TYPE);
}

#endif
