/* Messages that are put together from two rooms or two contexts, also where threads share them; values that are not
 * finite. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/context.h"
#include "base/finite.h"
#include "support.h"

static int setup(void **state) { return lottery_context_create((lottery_context **)state); }
static int teardown(void **state) {
  lottery_context_destroy(*state);
  return 0;
}

static void test_prefix(void **state) {
  context_fail(*state, LOTTERY_ERROR_ARGUMENT, "units: %d is outside %d to %d", 0, 1, 9);
  assert_int_equal(context_prefix(*state, LOTTERY_ERROR_FORMAT, "%s, node %d: ", "graph", 3), LOTTERY_ERROR_FORMAT);
  char message[CONTEXT_MESSAGE_CAPACITY];
  assert_ok(*state, lottery_context_message(*state, message, sizeof message, NULL));
  assert_string_equal(message, "graph, node 3: units: 0 is outside 1 to 9");
}

/* What does not fit is cut, and what is cut in a character is printable all the same. */
static void test_long_prefix(void **state) {
  char long_text[2 * CONTEXT_MESSAGE_CAPACITY], message[CONTEXT_MESSAGE_CAPACITY];
  memset(long_text, 'x', sizeof long_text);
  long_text[sizeof long_text - 1] = '\0';
  context_fail(*state, LOTTERY_ERROR_FILE, "%s", "\xe2\x80\xa6");
  context_prefix(*state, LOTTERY_ERROR_FILE, "%.*s", CONTEXT_MESSAGE_CAPACITY - 3, long_text);
  assert_ok(*state, lottery_context_message(*state, message, sizeof message, NULL));
  assert_int_equal(strlen(message), CONTEXT_MESSAGE_CAPACITY - 1);
  assert_string_equal(message + CONTEXT_MESSAGE_CAPACITY - 4, "x??");
  context_prefix(*state, LOTTERY_ERROR_FILE, "%s", long_text);
  assert_ok(*state, lottery_context_message(*state, message, sizeof message, NULL));
  assert_int_equal(strspn(message, "x"), CONTEXT_MESSAGE_CAPACITY - 1);
}

static void test_relay(void **state) {
  lottery_context *other;
  char message[64];
  assert_ok(*state, lottery_context_create(&other));
  context_fail(other, LOTTERY_ERROR_SHAPE, "here: 50 %%");
  assert_int_equal(context_relay(*state, other, LOTTERY_ERROR_SHAPE), LOTTERY_ERROR_SHAPE);
  lottery_context_destroy(other);
  assert_ok(*state, lottery_context_message(*state, message, sizeof message, NULL));
  assert_string_equal(message, "here: 50 %");
}

/* --- A process that was forked while a thread had the message --- */

static void test_fork(void **state) {
  char message[CONTEXT_MESSAGE_CAPACITY];
  context_hold_message(*state); /* for the thread that the child does not have */
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    alarm(20); /* instead of hanging */
    if (lottery_context_message(*state, message, sizeof message, NULL) != LOTTERY_OK) _exit(1);
    if (strcmp(message, "the message is gone, a thread was leaving one when the process was forked") != 0) _exit(2);
    context_fail(*state, LOTTERY_ERROR_SHAPE, "of the child");
    lottery_context_message(*state, message, sizeof message, NULL);
    _exit(strcmp(message, "of the child") == 0 ? 0 : 3);
  }
  int result;
  context_let_message_go(*state);
  assert_int_equal(waitpid(child, &result, 0), child);
  assert_true(WIFEXITED(result));
  assert_int_equal(WEXITSTATUS(result), 0);
}

/* --- Two threads that share a context --- */

enum { TURNS = 200 };
static const char gone[] = "the message is gone, another thread has left one since";

struct thread {
  pthread_barrier_t *barrier;
  lottery_context *shared, *own;
  const char *name;
  int64_t kept, lost, mixed; /* messages relayed, replaced before that, and of both threads in one */
};

/* In every turn both leave a message, of which one stays, and then both relay and prefix it. */
static void *leave_messages(void *user) {
  struct thread *thread = user;
  char message[CONTEXT_MESSAGE_CAPACITY], prefixed[64];
  snprintf(prefixed, sizeof prefixed, "%s: %s", thread->name, thread->name);
  for (int i = 0; i < TURNS; i++) {
    pthread_barrier_wait(thread->barrier);
    context_fail(thread->shared, LOTTERY_ERROR_ARGUMENT, "%s", thread->name);
    pthread_barrier_wait(thread->barrier);
    context_relay(thread->own, thread->shared, LOTTERY_ERROR_ARGUMENT);
    lottery_context_message(thread->own, message, sizeof message, NULL);
    thread->kept += strcmp(message, thread->name) == 0;
    thread->lost += strcmp(message, gone) == 0;
    pthread_barrier_wait(thread->barrier);
    context_prefix(thread->shared, LOTTERY_ERROR_FORMAT, "%s: ", thread->name);
    lottery_context_message(thread->shared, message, sizeof message, NULL);
    /* It may be the other's by now, but then it names the other alone. */
    if (strstr(message, thread->name) != NULL)
      thread->mixed += strcmp(message, prefixed) != 0 && strstr(message, gone) == NULL;
  }
  return NULL;
}

static void *leave_one(void *context) {
  context_fail(context, LOTTERY_ERROR_SHAPE, "of the other thread");
  return NULL;
}

/* Turn by turn: prefix and relay find the message of their own thread, or none. */
static void test_another_thread_between(void **state) {
  lottery_context *own;
  pthread_t thread;
  assert_ok(*state, lottery_context_create(&own));
  context_fail(*state, LOTTERY_ERROR_ARGUMENT, "of this thread");
  assert_int_equal(pthread_create(&thread, NULL, leave_one, *state), 0);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(context_relay(own, *state, LOTTERY_ERROR_ARGUMENT), LOTTERY_ERROR_ARGUMENT);
  assert_message(own, gone);
  assert_int_equal(context_prefix(*state, LOTTERY_ERROR_FORMAT, "graph: "), LOTTERY_ERROR_FORMAT);
  char message[CONTEXT_MESSAGE_CAPACITY];
  assert_ok(*state, lottery_context_message(*state, message, sizeof message, NULL));
  assert_string_equal(message, "graph: the message is gone, another thread has left one since");
  /* The prefixed message is this thread's again. */
  assert_int_equal(context_prefix(*state, LOTTERY_ERROR_FORMAT, "file: "), LOTTERY_ERROR_FORMAT);
  assert_message(*state, "file: graph: the message");
  lottery_context_destroy(own);
}

static void test_two_threads_at_once(void **state) {
  pthread_barrier_t barrier;
  struct thread threads[2] = {{.name = "first"}, {.name = "second"}};
  pthread_t handles[2];
  assert_int_equal(pthread_barrier_init(&barrier, NULL, 2), 0);
  for (int i = 0; i < 2; i++) {
    threads[i].barrier = &barrier;
    threads[i].shared = *state;
    assert_ok(*state, lottery_context_create(&threads[i].own));
    assert_int_equal(pthread_create(&handles[i], NULL, leave_messages, &threads[i]), 0);
  }
  for (int i = 0; i < 2; i++) {
    assert_int_equal(pthread_join(handles[i], NULL), 0);
    lottery_context_destroy(threads[i].own);
    assert_int_equal(threads[i].mixed, 0);
    assert_int_equal(threads[i].kept + threads[i].lost, TURNS);
  }
  assert_int_equal(threads[0].kept + threads[1].kept, TURNS); /* the one that stayed, relayed by its own thread */
  assert_int_equal(pthread_barrier_destroy(&barrier), 0);
}

static void test_finite(void **state) {
  float values[] = {0.0F, -0.0F, 1e-45F, 3.4e38F, -3.4e38F, 1.0F};
  assert_int_equal(finite_end(values, 6), 6);
  assert_int_equal(finite_end(NULL, 0), 0);
  assert_ok(*state, finite_check(*state, "values", values, 6));
  const float bad[] = {INFINITY, -INFINITY, NAN, -NAN};
  for (int i = 0; i < 4; i++) {
    values[4] = bad[i];
    assert_int_equal(finite_end(values, 6), 4);
    assert_int_equal(finite_end(values, 4), 4);
    assert_fails(*state, finite_check(*state, "weights", values, 6), LOTTERY_ERROR_NOT_FINITE,
                 "weights: element 4 is ");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_prefix),
                                     cmocka_unit_test(test_long_prefix),
                                     cmocka_unit_test(test_relay),
                                     cmocka_unit_test(test_fork),
                                     cmocka_unit_test(test_another_thread_between),
                                     cmocka_unit_test(test_two_threads_at_once),
                                     cmocka_unit_test(test_finite)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
