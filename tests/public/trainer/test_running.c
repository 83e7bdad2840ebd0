/* lottery_trainer_run from outside: progress, stopping, cancelling, what a callback may do, and what is allocated. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "training.h"

struct bench {
  lottery_context *context;
  lottery_network *network;
  lottery_dataset *dataset;
  lottery_trainer *trainer;
};

static struct bench bench_in(lottery_context *context) {
  struct bench bench = {.context = context, .network = initialised_network(context, "mlp-20-16-4", 1)};
  bench.dataset = support_dataset(context, 130, 20, 4, 1.5F, 3);
  assert_ok(context, lottery_trainer_create(bench.network, bench.dataset, 2, &bench.trainer));
  return bench;
}

static struct bench bench_start(void) { return bench_in(context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC)); }

static void bench_finish(struct bench *bench) {
  lottery_trainer_destroy(bench->trainer);
  lottery_network_destroy(bench->network);
  lottery_dataset_destroy(bench->dataset);
  lottery_context_destroy(bench->context);
}

static int64_t iteration_of(lottery_trainer *trainer) {
  int64_t iteration;
  assert_ok(NULL, lottery_trainer_iteration(trainer, &iteration));
  return iteration;
}

/* --- Progress and stopping --- */

struct record {
  int64_t calls, iterations[64], stop_at;
  double losses[64];
};

static int32_t note(int64_t iteration, double loss, void *user) {
  struct record *record = user;
  assert_in_range(record->calls, 0, 63);
  record->losses[record->calls] = loss;
  record->iterations[record->calls++] = iteration;
  return iteration == record->stop_at ? 7 : 0;
}

static void test_progress(void **state) {
  (void)state;
  struct bench bench = bench_start(), step = bench_start();
  struct record record = {.stop_at = -1};
  int64_t done;
  assert_ok(NULL, lottery_trainer_run(bench.trainer, 99, note, &record, &done));
  assert_int_equal(record.calls, 0); /* the interval is 100 */
  assert_ok(NULL, lottery_trainer_run(bench.trainer, 1, note, &record, &done));
  assert_int_equal(record.calls, 1);
  assert_int_equal(record.iterations[0], 100);
  assert_ok(NULL, lottery_trainer_set_integer(bench.trainer, LOTTERY_TRAINER_PROGRESS_INTERVAL, 7));
  assert_ok(NULL, lottery_trainer_run(bench.trainer, 40, note, &record, &done));
  assert_int_equal(record.calls, 1 + 6); /* at 105, 112 … 140 */
  for (int i = 1; i < 7; i++) assert_int_equal(record.iterations[i], 98 + 7 * i);
  /* The loss is that of the iteration's batch. */
  for (int i = 0; i < 140; i++) {
    double loss;
    assert_ok(NULL, lottery_trainer_gradient(step.trainer, 0, NULL, NULL, NULL, &loss));
    assert_ok(NULL, lottery_trainer_apply(step.trainer));
    if (i == 99) assert_memory_equal(&loss, &record.losses[0], sizeof loss);
    if (i == 104) assert_memory_equal(&loss, &record.losses[1], sizeof loss);
  }
  assert_values_equal(trainer_values(bench.trainer), trainer_values(step.trainer));
  bench_finish(&bench);
  bench_finish(&step);
}

static void test_stop(void **state) {
  (void)state;
  struct bench bench = bench_start(), plain = bench_start();
  struct record record = {.stop_at = 20};
  int64_t done = -1;
  assert_ok(NULL, lottery_trainer_set_integer(bench.trainer, LOTTERY_TRAINER_PROGRESS_INTERVAL, 10));
  assert_status(NULL, lottery_trainer_run(bench.trainer, 50, note, &record, &done), LOTTERY_STOPPED);
  assert_int_equal(done, 20);
  assert_int_equal(iteration_of(bench.trainer), 20);
  assert_ok(NULL, lottery_trainer_run(bench.trainer, 13, note, &record, NULL)); /* nothing lasts */
  assert_ok(NULL, lottery_trainer_run(plain.trainer, 33, NULL, NULL, NULL));
  assert_values_equal(trainer_values(bench.trainer), trainer_values(plain.trainer));
  bench_finish(&bench);
  bench_finish(&plain);
}

/* --- Cancelling --- */

struct cancelling {
  lottery_context *context;
  atomic_int calls;
};

static int32_t count_call(int64_t iteration, double loss, void *user) {
  (void)iteration, (void)loss;
  atomic_fetch_add(&((struct cancelling *)user)->calls, 1);
  return 0;
}

static void *cancel_after_calls(void *user) {
  struct cancelling *cancelling = user;
  while (atomic_load(&cancelling->calls) < 3) {
  }
  lottery_context_cancel(cancelling->context);
  return NULL;
}

static void test_cancel_from_thread(void **state) {
  (void)state;
  struct bench bench = bench_start(), plain = bench_start();
  struct cancelling cancelling = {.context = bench.context};
  pthread_t thread;
  assert_ok(NULL, lottery_trainer_set_integer(bench.trainer, LOTTERY_TRAINER_PROGRESS_INTERVAL, 1));
  assert_int_equal(pthread_create(&thread, NULL, cancel_after_calls, &cancelling), 0);
  int64_t done = -1, more = -1;
  assert_status(NULL, lottery_trainer_run(bench.trainer, INT64_MAX, count_call, &cancelling, &done), LOTTERY_CANCELLED);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_true(done >= 3);
  assert_int_equal(iteration_of(bench.trainer), done);
  /* It stays cancelled until it is taken back; the trainers of other contexts do not mind. */
  for (int i = 0; i < 2; i++) {
    assert_status(NULL, lottery_trainer_run(bench.trainer, 5, NULL, NULL, &more), LOTTERY_CANCELLED);
    assert_int_equal(more, 0);
  }
  assert_ok(NULL, lottery_trainer_run(plain.trainer, done, NULL, NULL, NULL));
  lottery_context_resume(bench.context);
  assert_ok(NULL, lottery_trainer_run(bench.trainer, 5, NULL, NULL, NULL));
  assert_ok(NULL, lottery_trainer_run(plain.trainer, 5, NULL, NULL, NULL));
  assert_values_equal(trainer_values(bench.trainer), trainer_values(plain.trainer));
  bench_finish(&bench);
  bench_finish(&plain);
}

static int32_t cancel_at_once(int64_t iteration, double loss, void *user) {
  (void)iteration, (void)loss;
  lottery_context_cancel(user);
  return 0;
}

static void test_cancel_in_callback(void **state) {
  (void)state;
  struct bench bench = bench_start();
  int64_t done = -1;
  assert_ok(NULL, lottery_trainer_set_integer(bench.trainer, LOTTERY_TRAINER_PROGRESS_INTERVAL, 4));
  assert_status(NULL, lottery_trainer_run(bench.trainer, 50, cancel_at_once, bench.context, &done), LOTTERY_CANCELLED);
  assert_int_equal(done, 4);
  lottery_context_resume(bench.context);
  lottery_context_cancel(NULL);
  lottery_context_resume(NULL);
  bench_finish(&bench);
}

/* --- What a callback may do --- */

struct inside {
  struct bench bench;
  lottery_trainer *other; /* of the same network */
  lottery_mask *mask;
  lottery_snapshot *weights;
  int64_t calls;
};

/* Every function that changes the trainer or its network. */
static void try_changes(struct inside *inside, lottery_trainer *trainer) {
  lottery_context *context = inside->bench.context;
  lottery_network *network = inside->bench.network;
  float inputs[20] = {0}, outputs[4] = {0}, weights[16 * 20] = {0};
  const int32_t label = 0;
  const double milestone = 5;
  int64_t done = -1;
  assert_status(context, lottery_trainer_run(trainer, 1, NULL, NULL, &done), LOTTERY_ERROR_STATE);
  assert_int_equal(done, 0);
  assert_status(context, lottery_trainer_step(trainer, 1, inputs, &label, NULL, NULL), LOTTERY_ERROR_STATE);
  assert_status(context, lottery_trainer_gradient(trainer, 1, inputs, &label, NULL, NULL), LOTTERY_ERROR_STATE);
  assert_status(context, lottery_trainer_gradient(trainer, 0, NULL, NULL, NULL, NULL), LOTTERY_ERROR_STATE);
  assert_status(context, lottery_trainer_apply(trainer), LOTTERY_ERROR_STATE);
  assert_status(context, lottery_trainer_read_gradient(trainer, weights, 404), LOTTERY_ERROR_STATE);
  assert_status(context, lottery_trainer_write_gradient(trainer, weights, 404), LOTTERY_ERROR_STATE);
  assert_status(context, lottery_trainer_forward(trainer, 1, inputs, outputs), LOTTERY_ERROR_STATE);
  assert_status(context, lottery_trainer_backward(trainer, 1, outputs), LOTTERY_ERROR_STATE);
  assert_status(context, lottery_trainer_backward_inputs(trainer, 1, outputs, inputs), LOTTERY_ERROR_STATE);
  assert_status(context, lottery_trainer_write_tensor_gradient(trainer, 0, weights, 320), LOTTERY_ERROR_STATE);
  assert_status(context, lottery_trainer_set_optimiser_steps(trainer, 3), LOTTERY_ERROR_STATE);
  assert_status(context, lottery_trainer_write_optimiser(trainer, 0, LOTTERY_SLOT_FIRST, weights, 320),
                LOTTERY_ERROR_STATE);
  assert_status(context, lottery_trainer_rewind(trainer, NULL, inside->mask, 0), LOTTERY_ERROR_STATE);
  assert_status(context, lottery_trainer_reset(trainer, LOTTERY_STATE_OPTIMISER), LOTTERY_ERROR_STATE);
  assert_status(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, 3), LOTTERY_ERROR_STATE);
  assert_status(context, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_LEARNING_RATE, 3), LOTTERY_ERROR_STATE);
  assert_status(context, lottery_trainer_set_reals(trainer, LOTTERY_TRAINER_MILESTONES, &milestone, 1),
                LOTTERY_ERROR_STATE);
  assert_status(context, lottery_network_initialise(network, 0, 1), LOTTERY_ERROR_STATE);
  assert_status(context, lottery_network_write_tensor(network, 0, weights, 320), LOTTERY_ERROR_STATE);
  assert_status(context, lottery_network_set_mask(network, inside->mask), LOTTERY_ERROR_STATE);
  assert_status(context, lottery_network_restore(network, inside->weights), LOTTERY_ERROR_STATE);
}

/* Reading, evaluating and predicting are allowed. */
static void look_around(struct inside *inside) {
  lottery_context *context = inside->bench.context;
  float inputs[20] = {0}, outputs[4];
  double loss, rate;
  int64_t value, indices[60];
  float moments[16];
  lottery_snapshot *snapshot;
  lottery_network *copy;
  assert_ok(context, lottery_trainer_evaluate(inside->bench.trainer, inside->bench.dataset, &loss, &value));
  assert_ok(context, lottery_network_predict(inside->bench.network, 1, inputs, outputs));
  assert_ok(context, lottery_trainer_rate(inside->bench.trainer, &rate));
  assert_ok(context, lottery_trainer_get_integer(inside->bench.trainer, LOTTERY_TRAINER_BATCH_SIZE, &value));
  assert_ok(context, lottery_network_check_mask(inside->bench.network, NULL, NULL, NULL));
  assert_ok(context, lottery_network_snapshot(inside->bench.network, &snapshot));
  lottery_snapshot_destroy(snapshot);
  assert_ok(context, lottery_trainer_snapshot(inside->bench.trainer, LOTTERY_STATE_ALL, &snapshot));
  lottery_snapshot_destroy(snapshot);
  assert_ok(context, lottery_trainer_snapshot(inside->other, LOTTERY_STATE_ALL, &snapshot));
  lottery_snapshot_destroy(snapshot);
  assert_ok(context, lottery_trainer_batch(inside->bench.trainer, 7, 60, indices, &value));
  assert_ok(context, lottery_trainer_read_optimiser(inside->bench.trainer, 1, LOTTERY_SLOT_FIRST, moments, 16));
  assert_ok(context, lottery_network_copy(inside->bench.network, &copy));
  lottery_network_destroy(copy);
}

static int32_t inside_callback(int64_t iteration, double loss, void *user) {
  (void)loss;
  struct inside *inside = user;
  assert_int_equal(iteration_of(inside->bench.trainer), iteration);
  try_changes(inside, inside->bench.trainer);
  try_changes(inside, inside->other);
  look_around(inside);
  inside->calls++;
  return 0;
}

static void test_busy(void **state) {
  (void)state;
  struct bench plain = bench_start();
  struct inside inside = {.bench = bench_start()};
  struct bench *bench = &inside.bench;
  assert_ok(NULL, lottery_trainer_create(bench->network, NULL, 0, &inside.other));
  assert_ok(NULL, lottery_mask_ones(bench->network, &inside.mask));
  assert_ok(NULL, lottery_network_snapshot(bench->network, &inside.weights));
  assert_ok(NULL, lottery_trainer_set_integer(bench->trainer, LOTTERY_TRAINER_PROGRESS_INTERVAL, 3));
  assert_ok(NULL, lottery_trainer_run(bench->trainer, 10, inside_callback, &inside, NULL));
  assert_int_equal(inside.calls, 3);
  assert_ok(NULL, lottery_trainer_run(plain.trainer, 10, NULL, NULL, NULL));
  assert_values_equal(trainer_values(bench->trainer), trainer_values(plain.trainer));
  /* Afterwards all is allowed again. */
  assert_ok(NULL, lottery_trainer_rewind(bench->trainer, NULL, inside.mask, 0));
  assert_ok(NULL, lottery_network_initialise(bench->network, 0, 1));
  lottery_trainer_destroy(inside.other);
  lottery_mask_destroy(inside.mask);
  lottery_snapshot_destroy(inside.weights);
  bench_finish(bench);
  bench_finish(&plain);
}

static int32_t destroy_all(int64_t iteration, double loss, void *user) {
  (void)iteration, (void)loss;
  bench_finish(user);
  return 1;
}

/* A callback may destroy every handle: the run keeps what it uses. */
static void test_destroy_in_callback(void **state) {
  (void)state;
  struct counting_allocator allocator;
  allocator_start(&allocator);
  struct bench bench = bench_in(allocator_context(&allocator));
  assert_ok(NULL, lottery_trainer_set_integer(bench.trainer, LOTTERY_TRAINER_PROGRESS_INTERVAL, 2));
  int64_t done;
  assert_status(NULL, lottery_trainer_run(bench.trainer, 9, destroy_all, &bench, &done), LOTTERY_STOPPED);
  assert_int_equal(done, 2);
  allocator_finish(&allocator);
}

/* --- Allocation --- */

/* One of each call that trains or evaluates. */
static void all_calls(struct bench *bench, int64_t batch_size) {
  float *inputs = calloc((size_t)batch_size * 20, sizeof *inputs),
        *outputs = calloc((size_t)batch_size * 4, sizeof *outputs);
  int32_t *labels = calloc((size_t)batch_size, sizeof *labels);
  float gradient[404];
  double loss;
  int64_t correct;
  assert_ok(bench->context, lottery_trainer_run(bench->trainer, 7, NULL, NULL, NULL));
  assert_ok(bench->context, lottery_trainer_step(bench->trainer, batch_size, inputs, labels, NULL, &loss));
  assert_ok(bench->context, lottery_trainer_gradient(bench->trainer, 0, NULL, NULL, NULL, &loss));
  assert_ok(bench->context, lottery_trainer_read_gradient(bench->trainer, gradient, 404));
  assert_ok(bench->context, lottery_trainer_write_gradient(bench->trainer, gradient, 404));
  assert_ok(bench->context, lottery_trainer_apply(bench->trainer));
  assert_ok(bench->context, lottery_trainer_forward(bench->trainer, batch_size, inputs, outputs));
  assert_ok(bench->context, lottery_trainer_backward(bench->trainer, batch_size, outputs));
  assert_ok(bench->context, lottery_trainer_evaluate(bench->trainer, bench->dataset, &loss, &correct));
  assert_ok(bench->context, lottery_network_predict(bench->network, batch_size, inputs, outputs));
  free(inputs);
  free(outputs);
  free(labels);
}

/* Memory of the batch size is made by the first call after a change of it, and nothing later. */
static void test_no_allocation(void **state) {
  (void)state;
  for (int i = 0; i < optimiser_case_count; i++) {
    struct counting_allocator allocator;
    allocator_start(&allocator);
    struct bench bench = bench_in(allocator_context(&allocator));
    set_optimiser(bench.trainer, &optimiser_cases[i]);
    assert_ok(NULL, lottery_trainer_set_integer(bench.trainer, LOTTERY_TRAINER_BATCH_SIZE, 100));
    assert_ok(NULL, lottery_trainer_run(bench.trainer, 1, NULL, NULL, NULL));
    assert_ok(NULL, lottery_trainer_evaluate(bench.trainer, bench.dataset, NULL, NULL));
    const int64_t calls = allocator.calls;
    all_calls(&bench, 100);
    assert_ok(NULL, lottery_trainer_set_integer(bench.trainer, LOTTERY_TRAINER_BATCH_SIZE, 70)); /* as many tiles */
    all_calls(&bench, 70);
    assert_int_equal(allocator.calls, calls);
    assert_ok(NULL, lottery_trainer_set_integer(bench.trainer, LOTTERY_TRAINER_BATCH_SIZE, 30));
    assert_ok(NULL, lottery_trainer_run(bench.trainer, 1, NULL, NULL, NULL));
    const int64_t smaller = allocator.calls;
    all_calls(&bench, 30);
    assert_int_equal(allocator.calls, smaller);
    bench_finish(&bench);
    allocator_finish(&allocator);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_progress),
      cmocka_unit_test(test_stop),
      cmocka_unit_test(test_cancel_from_thread),
      cmocka_unit_test(test_cancel_in_callback),
      cmocka_unit_test(test_busy),
      cmocka_unit_test(test_destroy_in_callback),
      cmocka_unit_test(test_no_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
