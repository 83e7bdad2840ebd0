/* The context: a host's allocator, the message of the last error, the cancel flag, the chosen instruction set. */
#ifndef BASE_CONTEXT_H
#define BASE_CONTEXT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/object.h"

enum { CONTEXT_MESSAGE_CAPACITY = 1024 };

struct lottery_context {
  struct object object;
  lottery_allocate allocate;
  lottery_release release;
  void *user;
  atomic_llong message_holder; /* the process of the thread that has the message now, or 0 */
  char message[CONTEXT_MESSAGE_CAPACITY];
  pthread_t message_thread; /* which left the message */
  atomic_int cancelled;
  atomic_int instruction_set;
  atomic_llong bytes; /* allocated now */
  atomic_llong peak;
};

/* Creates a context; NULL when memory is out. */
struct lottery_context *context_create(lottery_allocate allocate, lottery_release release, void *user);

/* The end of a context, when its last reference is gone. */
void context_take_down(struct lottery_context *context);

/* Around every use of `message`. No mutex: in a child process that was forked while another thread of its parent had
 * the message, nobody would unlock it. There the child takes the message over, and it says so. */
void context_hold_message(struct lottery_context *context);
void context_let_message_go(struct lottery_context *context);

/* Sets the message and returns `status`, so that a check reads `return context_fail(context, status, …)`. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
lottery_status
context_fail(struct lottery_context *context, lottery_status status, const char *format, ...);

/* Puts a text before the message that a lower call has just left, and returns `status`. If another thread has left a
 * message since, words that say so follow the text instead. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
lottery_status
context_prefix(struct lottery_context *context, lottery_status status, const char *format, ...);

/* Copies the message that a lower call has just left in another context to this one, and returns `status`. */
lottery_status context_relay(struct lottery_context *context, struct lottery_context *from, lottery_status status);

/* Whether lottery_context_cancel was called, and lottery_context_resume was not called since. */
bool context_is_cancelled(struct lottery_context *context);

#endif
