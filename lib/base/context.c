/* Creation, message and end of a context. */
#include "base/context.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

struct lottery_context *context_create(lottery_allocate allocate, lottery_release release, void *user) {
  /* A context on the stack serves the first allocation, which is the context itself. */
  struct lottery_context bootstrap = {.allocate = allocate, .release = release, .user = user};
  struct lottery_context *context = memory_allocate_quietly(&bootstrap, 1, sizeof *context);
  if (context == NULL) return NULL;
  context->object.kind = OBJECT_CONTEXT;
  atomic_init(&context->object.references, 1);
  context->object.context = context;
  context->allocate = allocate;
  context->release = release;
  context->user = user;
  atomic_init(&context->bytes, atomic_load(&bootstrap.bytes));
  atomic_init(&context->peak, atomic_load(&bootstrap.peak));
  atomic_init(&context->message_holder, 0);
  return context;
}

void context_take_down(struct lottery_context *context) {
  struct lottery_context bootstrap = {
      .allocate = context->allocate, .release = context->release, .user = context->user};
  context->object.kind = 0;
  memory_release(&bootstrap, context);
}

void context_hold_message(struct lottery_context *context) {
  static const char gone[] = "the message is gone, a thread was leaving one when the process was forked";
  const long long self = getpid();
  for (;;) { /* held for the time of a copy, so that trying again is enough */
    long long holder = 0;
    if (atomic_compare_exchange_weak_explicit(&context->message_holder, &holder, self, memory_order_acquire,
                                              memory_order_relaxed))
      return;
    if (holder == self) sched_yield(); /* another thread of this process */
    if (holder == self || holder == 0) continue;
    if (atomic_compare_exchange_strong_explicit(&context->message_holder, &holder, self, memory_order_acquire,
                                                memory_order_relaxed)) {
      memcpy(context->message, gone, sizeof gone);
      return;
    }
  }
}

void context_let_message_go(struct lottery_context *context) {
  atomic_store_explicit(&context->message_holder, 0, memory_order_release);
}

/* Both while the message is held. */
static void set_message(struct lottery_context *context, const char text[CONTEXT_MESSAGE_CAPACITY]) {
  memcpy(context->message, text, CONTEXT_MESSAGE_CAPACITY);
  context->message_thread = pthread_self();
}

/* The message that the calling thread has left; another thread's would explain something else. */
static const char *own_message(const struct lottery_context *context) {
  if (pthread_equal(context->message_thread, pthread_self())) return context->message;
  return "the message is gone, another thread has left one since";
}

/* Returns the length, below `capacity`. Real numbers come as text: real_text.h. */
static size_t print(char *text, size_t capacity, const char *format, va_list arguments) {
  const int length = vsnprintf(text, capacity, format, arguments);
  const size_t printed = length < 0 ? 0 : (size_t)length < capacity ? (size_t)length : capacity - 1;
  text[printed] = '\0';
  return printed;
}

lottery_status context_fail(struct lottery_context *context, lottery_status status, const char *format, ...) {
  char text[CONTEXT_MESSAGE_CAPACITY];
  va_list arguments;
  va_start(arguments, format);
  print(text, sizeof text, format, arguments);
  va_end(arguments);
  text_make_printable(text); /* paths and names from files may hold any bytes, and %.512s may cut a character */
  context_hold_message(context);
  set_message(context, text);
  context_let_message_go(context);
  return status;
}

lottery_status context_prefix(struct lottery_context *context, lottery_status status, const char *format, ...) {
  char text[CONTEXT_MESSAGE_CAPACITY];
  va_list arguments;
  va_start(arguments, format);
  const size_t before = print(text, sizeof text, format, arguments);
  va_end(arguments);
  context_hold_message(context);
  snprintf(text + before, sizeof text - before, "%s", own_message(context));
  text_make_printable(text);
  set_message(context, text);
  context_let_message_go(context);
  return status;
}

lottery_status context_relay(struct lottery_context *context, struct lottery_context *from, lottery_status status) {
  char text[CONTEXT_MESSAGE_CAPACITY];
  if (from == context) return status;
  context_hold_message(from);
  snprintf(text, sizeof text, "%s", own_message(from));
  context_let_message_go(from);
  return context_fail(context, status, "%s", text);
}

bool context_is_cancelled(struct lottery_context *context) {
  return atomic_load_explicit(&context->cancelled, memory_order_relaxed) != 0;
}
