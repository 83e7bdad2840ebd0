/* What all test programs share. It uses the public library only. */
#ifndef SUPPORT_H
#define SUPPORT_H

/* CMocka wants these four first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdbool.h>

#include "lottery.h"

/* --- Results --- */

/* Makes a call and checks its status; on another one prints the message of `context` (may be NULL). */
#define assert_status(context, call, expected) \
  support_assert_status((context), (call), (expected), #call, __FILE__, __LINE__)
#define assert_ok(context, call) assert_status(context, call, LOTTERY_OK)

/* Checks that the context's message contains `text`. */
#define assert_message(context, text) support_assert_message((context), (text), __FILE__, __LINE__)

/* Checks that a call fails with a status and a message that contains `text`. */
#define assert_fails(context, call, expected, text) \
  do {                                              \
    assert_status(context, call, expected);         \
    assert_message(context, text);                  \
  } while (0)

void support_assert_status(lottery_context *context, lottery_status status, lottery_status expected, const char *call,
                           const char *file, int line);
void support_assert_message(lottery_context *context, const char *text, const char *file, int line);

/* --- Memory --- */

/* An allocator that counts, checks what is released, and fails when it is told to. Safe for threads. */
struct counting_allocator {
  pthread_mutex_t lock;
  int64_t calls; /* of allocate */
  int64_t fail_at;
  bool for_good;
  int64_t live_blocks, live_bytes, peak_bytes;
  int64_t largest; /* the largest block asked for */
  int64_t faults;  /* wrong sizes or alignments, writes past a block, releases of what is no block */
};

void allocator_start(struct counting_allocator *allocator);
/* Makes the n-th allocation from now fail (1: the next), and all later ones when for_good. 0: none. */
void allocator_fail(struct counting_allocator *allocator, int64_t n, bool for_good);
/* Checks that nothing is left and nothing was amiss. */
void allocator_finish(struct counting_allocator *allocator);
/* The callbacks of lottery_context_create_with_allocator; user: the allocator. */
void *allocator_allocate(int64_t size, int64_t alignment, void *user);
void allocator_release(void *memory, int64_t size, int64_t alignment, void *user);
/* A context that uses it. */
lottery_context *allocator_context(struct counting_allocator *allocator);

/* Runs `scenario` in contexts where the n-th allocation fails, once and for good, n = 1, 2, 3 … until it returns OK,
 * and checks that every failure is MEMORY, that nothing leaks, and that nothing was amiss. The scenario destroys all
 * that it makes; its context stays. Returns how many allocations the scenario makes. */
typedef lottery_status (*support_scenario)(lottery_context *context, void *user);
int64_t run_out_of_memory(support_scenario scenario, void *user);

/* Sets every tensor of a network to 0: a network that was never set does not train. */
void write_zeros(lottery_context *context, lottery_network *network);

/* 1, or 7 under valgrind and the thread sanitizer: there, long rows of cases take every seventh. */
int64_t support_stride(void);

/* --- Files --- */

enum { PATH_CAPACITY = 512 };

/* Makes a new directory, writes its path to `path`; removes it with all files in it. */
void temporary_directory(char path[PATH_CAPACITY]);
void remove_directory(const char *path);
/* "directory/name" */
const char *path_in(const char *directory, const char *name, char path[PATH_CAPACITY]);

void write_file(const char *path, const void *bytes, int64_t count);
/* Appends one gzip member, or makes the file. */
void append_gzip(const char *path, const void *bytes, int64_t count);

/* The bytes of an IDX file of unsigned bytes; free() them. */
unsigned char *idx_bytes(int32_t rank, const int64_t *sizes, const unsigned char *elements, int64_t *count);
/* An IDX file, plain or gzipped. */
void write_idx(const char *path, int32_t rank, const int64_t *sizes, const unsigned char *elements, bool gzip);

/* How many file descriptors are open. */
int64_t open_descriptors(void);

/* --- Data --- */

/* The next of a sequence of 32-bit pseudo-random numbers; *state starts with any value. */
uint32_t support_random(uint64_t *state);
/* The same, as a float in -1 to 1. */
float support_random_float(uint64_t *state);

/* A labelled float32 dataset: each class a point in -1 to 1, each example its class's point with noise of up to
 * `noise` added. Example i has class i % classes. */
lottery_dataset *support_dataset(lottery_context *context, int64_t count, int64_t features, int32_t classes,
                                 float noise, uint64_t seed);

#endif
