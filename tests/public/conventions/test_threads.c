/* Threads: contexts that train at once over one dataset give the bits they give alone; datasets, masks, snapshots and a
 * context are used by many threads; a run is cancelled from another thread and from a signal handler. */
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

enum { INPUTS = 20, HIDDEN = 17, CLASSES = 5, WEIGHTS = INPUTS * HIDDEN + CLASSES * HIDDEN, TRAINERS = 4 };

/* What a training gives. */
struct outcome {
  float weights[WEIGHTS];
  double loss;
  int64_t correct, kept;
};

/* One whole search in a context of its own: train, prune, rewind, train. */
struct training {
  lottery_dataset *dataset; /* of another context */
  int number;
  pthread_barrier_t *start; /* or NULL */
  struct outcome outcome;
};

static void *train(void *argument) {
  struct training *training = argument;
  struct outcome *outcome = &training->outcome;
  lottery_context *context;
  lottery_network *network;
  lottery_trainer *trainer;
  lottery_snapshot *start;
  lottery_pruner *pruner;
  lottery_mask *mask;
  const int number = training->number;
  memset(outcome, 0, sizeof *outcome);
  if (training->start != NULL) pthread_barrier_wait(training->start);
  assert_status(NULL, lottery_context_create(&context), LOTTERY_OK);
  assert_ok(context, lottery_network_preset(context, "mlp-20-17-5", &network));
  assert_ok(context, lottery_network_initialise(network, number % 4, (uint64_t)number));
  assert_ok(context, lottery_trainer_create(network, training->dataset, (uint64_t)number, &trainer));
  assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_OPTIMISER, number % 2));
  assert_ok(context, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_LEARNING_RATE, 0.05));
  assert_ok(context, lottery_trainer_snapshot(trainer, LOTTERY_STATE_ALL, &start));
  assert_ok(context, lottery_pruner_create(context, &pruner));
  for (int level = 0; level < 3; level++) {
    assert_ok(context, lottery_trainer_run(trainer, 400, NULL, NULL, NULL));
    assert_ok(context, lottery_pruner_apply(pruner, network, NULL, &mask));
    assert_ok(context, lottery_trainer_rewind(trainer, start, mask, LOTTERY_STATE_ALL));
    assert_ok(context, lottery_mask_kept(mask, -1, &outcome->kept, NULL));
    lottery_mask_destroy(mask);
  }
  assert_ok(context, lottery_trainer_run(trainer, 400, NULL, NULL, NULL));
  assert_ok(context, lottery_trainer_evaluate(trainer, training->dataset, &outcome->loss, &outcome->correct));
  assert_ok(context, lottery_network_read_tensor(network, 0, outcome->weights, INPUTS * HIDDEN));
  assert_ok(context,
            lottery_network_read_tensor(network, 2, outcome->weights + INPUTS * HIDDEN, (int64_t)CLASSES * HIDDEN));
  lottery_pruner_destroy(pruner);
  lottery_snapshot_destroy(start);
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
  return NULL;
}

static void train_at_once(lottery_dataset *dataset, const struct outcome *alone, int count) {
  static struct training trainings[TRAINERS];
  pthread_t threads[TRAINERS];
  pthread_barrier_t start;
  assert_int_equal(pthread_barrier_init(&start, NULL, (unsigned)count), 0);
  for (int i = 0; i < count; i++) {
    trainings[i].dataset = dataset;
    trainings[i].number = i;
    trainings[i].start = &start;
    assert_int_equal(pthread_create(&threads[i], NULL, train, &trainings[i]), 0);
  }
  for (int i = 0; i < count; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
  pthread_barrier_destroy(&start);
  for (int i = 0; i < count; i++) assert_memory_equal(&trainings[i].outcome, &alone[i], sizeof alone[i]);
}

static void test_contexts_at_once(void **unused) {
  (void)unused;
  struct counting_allocator allocator;
  static struct outcome alone[TRAINERS];
  allocator_start(&allocator);
  lottery_context *context = allocator_context(&allocator);
  lottery_dataset *dataset = support_dataset(context, 500, INPUTS, CLASSES, 0.5F, 1);
  for (int i = 0; i < TRAINERS; i++) {
    static struct training training;
    training = (struct training){.dataset = dataset, .number = i};
    train(&training);
    alone[i] = training.outcome;
    assert_true(alone[i].correct > 300); /* it does learn */
    if (i > 0) assert_memory_not_equal(&alone[i], &alone[i - 1], sizeof alone[i]);
  }
  for (int64_t round = 0; round < 3; round += support_stride()) {
    train_at_once(dataset, alone, 2);
    train_at_once(dataset, alone, TRAINERS);
  }
  lottery_dataset_destroy(dataset);
  lottery_context_destroy(context);
  allocator_finish(&allocator);
}

/* --- One context and its immutable handles in many threads --- */

struct shared {
  lottery_context *context;
  lottery_dataset *dataset;
  lottery_mask *mask, *other;
  lottery_snapshot *snapshot;
  int32_t instruction_set;
};

static void *use_shared(void *argument) {
  struct shared *shared = argument;
  lottery_context *context = shared->context;
  for (int i = 0; i < 100; i++) {
    lottery_dataset *datasets[4];
    lottery_mask *masks[4];
    lottery_network *network;
    lottery_pruner *pruner;
    float values[INPUTS * HIDDEN];
    int64_t distance, bytes;
    double mean, deviation, likeness;
    char text[256];
    assert_ok(context, lottery_dataset_split(shared->dataset, 20, (uint64_t)i, &datasets[0], &datasets[1]));
    assert_ok(context, lottery_dataset_statistics(datasets[0], 1, &mean, &deviation));
    assert_ok(context, lottery_dataset_normalise(datasets[0], 1, &mean, &deviation, &datasets[2]));
    assert_ok(context, lottery_dataset_shuffle_labels(shared->dataset, (uint64_t)i, &datasets[3]));
    assert_ok(context, lottery_dataset_read(datasets[2], 0, 1, values, NULL));
    assert_ok(context, lottery_mask_intersect(shared->mask, shared->other, &masks[0]));
    assert_ok(context, lottery_mask_shuffle(shared->mask, (uint64_t)i, &masks[1]));
    assert_ok(context, lottery_mask_complement(masks[1], &masks[2]));
    assert_ok(context, lottery_mask_hamming(shared->mask, masks[1], &distance));
    assert_ok(context, lottery_mask_jaccard(shared->mask, shared->other, &likeness));
    assert_ok(context, lottery_snapshot_read(shared->snapshot, 0, LOTTERY_SLOT_WEIGHT, values, INPUTS * HIDDEN));
    assert_ok(context, lottery_network_preset(context, "mlp-20-17-5", &network));
    assert_ok(context, lottery_network_restore(network, shared->snapshot));
    assert_ok(context, lottery_network_set_mask(network, shared->mask));
    assert_ok(context, lottery_network_check_mask(network, NULL, NULL, NULL));
    assert_ok(context, lottery_mask_transfer(shared->mask, network, &masks[3]));
    assert_ok(context, lottery_pruner_create(context, &pruner));
    /* Errors write the one message of the context. */
    assert_status(context, lottery_snapshot_read(shared->snapshot, i + 4, 0, values, 1), LOTTERY_ERROR_ARGUMENT);
    assert_status(context, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_RATE, 2), LOTTERY_ERROR_ARGUMENT);
    assert_ok(context, lottery_context_message(context, text, sizeof text, NULL));
    assert_true(strncmp(text, "tensor: ", 8) == 0 || strncmp(text, "rate: 2", 7) == 0);
    assert_ok(context, lottery_context_set_instruction_set(context, shared->instruction_set));
    assert_ok(context, lottery_context_describe(context, text, sizeof text, NULL));
    assert_ok(context, lottery_context_memory(context, &bytes, NULL));
    lottery_context_cancel(context);
    lottery_context_resume(context);
    for (int j = 0; j < 4; j++) lottery_dataset_destroy(datasets[j]);
    for (int j = 0; j < 4; j++) lottery_mask_destroy(masks[j]);
    lottery_network_destroy(network);
    lottery_pruner_destroy(pruner);
  }
  return NULL;
}

static void test_shared_handles(void **unused) {
  (void)unused;
  struct counting_allocator allocator;
  struct shared shared;
  pthread_t threads[4];
  lottery_network *network;
  allocator_start(&allocator);
  memset(&shared, 0, sizeof shared);
  shared.context = allocator_context(&allocator);
  lottery_context *context = shared.context;
  assert_ok(context, lottery_context_get_instruction_set(context, &shared.instruction_set));
  shared.dataset = support_dataset(context, 50, INPUTS, CLASSES, 0.5F, 1);
  assert_ok(context, lottery_network_preset(context, "mlp-20-17-5", &network));
  assert_ok(context, lottery_network_initialise(network, 0, 1));
  assert_ok(context, lottery_network_snapshot(network, &shared.snapshot));
  lottery_pruner *pruner;
  assert_ok(context, lottery_pruner_create(context, &pruner));
  assert_ok(context, lottery_pruner_apply(pruner, network, NULL, &shared.mask));
  assert_ok(context, lottery_mask_shuffle(shared.mask, 1, &shared.other));
  const int64_t blocks = allocator.live_blocks;
  for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, use_shared, &shared), 0);
  for (int i = 0; i < 4; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
  assert_int_equal(allocator.live_blocks, blocks);
  lottery_pruner_destroy(pruner);
  lottery_mask_destroy(shared.mask);
  lottery_mask_destroy(shared.other);
  lottery_snapshot_destroy(shared.snapshot);
  lottery_network_destroy(network);
  lottery_dataset_destroy(shared.dataset);
  lottery_context_destroy(context);
  allocator_finish(&allocator);
}

/* --- Cancelling --- */

struct run {
  struct counting_allocator allocator;
  lottery_context *context;
  lottery_dataset *dataset;
  lottery_network *network;
  lottery_trainer *trainer;
};

static void start_run(struct run *run) {
  allocator_start(&run->allocator);
  run->context = allocator_context(&run->allocator);
  run->dataset = support_dataset(run->context, 100, INPUTS, CLASSES, 0.5F, 1);
  assert_ok(run->context, lottery_network_preset(run->context, "mlp-20-17-5", &run->network));
  assert_ok(run->context, lottery_network_initialise(run->network, 0, 1));
  assert_ok(run->context, lottery_trainer_create(run->network, run->dataset, 1, &run->trainer));
  assert_ok(run->context, lottery_trainer_set_integer(run->trainer, LOTTERY_TRAINER_PROGRESS_INTERVAL, 1));
}

/* What was cancelled after `done` iterations goes on as if nothing had been. */
static void finish_run(struct run *run, int64_t done) {
  float weights[INPUTS * HIDDEN], undisturbed[INPUTS * HIDDEN];
  lottery_trainer *trainer;
  int64_t iteration;
  assert_ok(run->context, lottery_trainer_iteration(run->trainer, &iteration));
  assert_int_equal(iteration, done);
  lottery_context_resume(run->context);
  assert_ok(run->context, lottery_trainer_run(run->trainer, 10, NULL, NULL, NULL));
  assert_ok(run->context, lottery_network_read_tensor(run->network, 0, weights, INPUTS * HIDDEN));
  assert_ok(run->context, lottery_network_initialise(run->network, 0, 1));
  assert_ok(run->context, lottery_trainer_create(run->network, run->dataset, 1, &trainer));
  assert_ok(run->context, lottery_trainer_run(trainer, done + 10, NULL, NULL, NULL));
  assert_ok(run->context, lottery_network_read_tensor(run->network, 0, undisturbed, INPUTS * HIDDEN));
  assert_memory_equal(weights, undisturbed, sizeof weights);
  lottery_trainer_destroy(trainer);
  lottery_trainer_destroy(run->trainer);
  lottery_network_destroy(run->network);
  lottery_dataset_destroy(run->dataset);
  lottery_context_destroy(run->context);
  allocator_finish(&run->allocator);
}

static atomic_int progressed;

static int32_t note_progress(int64_t iteration, double loss, void *user) {
  (void)iteration, (void)loss, (void)user;
  atomic_fetch_add(&progressed, 1);
  return 0;
}

static void *cancel_after_progress(void *context) {
  while (atomic_load(&progressed) < 20) sched_yield();
  lottery_context_cancel(context);
  return NULL;
}

static void test_cancel_from_another_thread(void **unused) {
  (void)unused;
  struct run run;
  pthread_t thread;
  int64_t done = 0;
  start_run(&run);
  atomic_store(&progressed, 0);
  assert_int_equal(pthread_create(&thread, NULL, cancel_after_progress, run.context), 0);
  assert_status(run.context, lottery_trainer_run(run.trainer, INT64_MAX, note_progress, NULL, &done),
                LOTTERY_CANCELLED);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_true(done >= 20);
  assert_int_equal(done, atomic_load(&progressed));
  finish_run(&run, done);
}

/* Each context has its own flag. */
static void test_cancel_leaves_other_contexts_alone(void **unused) {
  (void)unused;
  struct run first, second;
  int64_t done;
  start_run(&first);
  start_run(&second);
  lottery_context_cancel(first.context);
  assert_status(first.context, lottery_trainer_run(first.trainer, 5, NULL, NULL, &done), LOTTERY_CANCELLED);
  assert_int_equal(done, 0);
  assert_ok(second.context, lottery_trainer_run(second.trainer, 5, NULL, NULL, &done));
  assert_int_equal(done, 5);
  finish_run(&first, 0);
  finish_run(&second, 5);
}

static lottery_context *_Atomic interrupted;

static void handle_signal(int number) {
  (void)number;
  lottery_context_cancel(atomic_load(&interrupted));
}

static void install(struct sigaction *previous) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handle_signal;
  sigemptyset(&action.sa_mask);
  assert_int_equal(sigaction(SIGUSR1, &action, previous), 0);
}

static int32_t raise_signal(int64_t iteration, double loss, void *user) {
  (void)loss, (void)user;
  if (iteration == 4) raise(SIGUSR1);
  return 0;
}

static void test_cancel_from_a_signal_in_the_callback(void **unused) {
  (void)unused;
  struct run run;
  struct sigaction previous;
  int64_t done = 0;
  start_run(&run);
  atomic_store(&interrupted, run.context);
  install(&previous);
  assert_status(run.context, lottery_trainer_run(run.trainer, 1000, raise_signal, NULL, &done), LOTTERY_CANCELLED);
  assert_int_equal(sigaction(SIGUSR1, &previous, NULL), 0);
  assert_int_equal(done, 4);
  finish_run(&run, done);
}

static void *signal_after_progress(void *thread) {
  while (atomic_load(&progressed) < 20) sched_yield();
  pthread_kill(*(pthread_t *)thread, SIGUSR1);
  return NULL;
}

/* The signal comes at any moment of an iteration. */
static void test_cancel_from_a_signal_at_any_moment(void **unused) {
  (void)unused;
  struct sigaction previous;
  install(&previous);
  for (int64_t round = 0; round < 20; round += support_stride()) {
    struct run run;
    pthread_t self = pthread_self(), thread;
    int64_t done = 0;
    start_run(&run);
    atomic_store(&interrupted, run.context);
    atomic_store(&progressed, 0);
    assert_int_equal(pthread_create(&thread, NULL, signal_after_progress, &self), 0);
    assert_status(run.context, lottery_trainer_run(run.trainer, INT64_MAX, note_progress, NULL, &done),
                  LOTTERY_CANCELLED);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(done >= 20);
    finish_run(&run, done);
  }
  assert_int_equal(sigaction(SIGUSR1, &previous, NULL), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_contexts_at_once),
      cmocka_unit_test(test_shared_handles),
      cmocka_unit_test(test_cancel_from_another_thread),
      cmocka_unit_test(test_cancel_leaves_other_contexts_alone),
      cmocka_unit_test(test_cancel_from_a_signal_in_the_callback),
      cmocka_unit_test(test_cancel_from_a_signal_at_any_moment),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
