/* Wrong arguments, shapes and states of the trainer's functions: status, message, and that nothing changes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

enum { INPUTS = 3, OUTPUTS = 2, WEIGHTS = INPUTS * OUTPUTS, PACKED = WEIGHTS + OUTPUTS, BATCH = 4 };

static struct counting_allocator allocator;
static lottery_context *context;
static lottery_network *network;
static lottery_dataset *dataset;
static lottery_trainer *trainer, *without; /* the second without a dataset */

static const float inputs[BATCH * INPUTS] = {1, -2, 3, 0.5F, 2, -1, 1, 1, 0, -1, 0.25F, 4};
static const float targets[BATCH * OUTPUTS] = {1, 0, 0, 1, 0.5F, 0.5F, 0, 0};
static const int32_t labels[BATCH] = {0, 1, 1, 0};

static int set_up(void **unused) {
  (void)unused;
  allocator_start(&allocator);
  context = allocator_context(&allocator);
  assert_ok(context, lottery_network_preset(context, "mlp-3-2", &network));
  assert_ok(context, lottery_network_initialise(network, LOTTERY_INITIALISE_KAIMING_UNIFORM, 1));
  dataset = support_dataset(context, 10, INPUTS, OUTPUTS, 0.5F, 1);
  assert_ok(context, lottery_trainer_create(network, dataset, 3, &trainer));
  assert_ok(context, lottery_trainer_create(network, NULL, 3, &without));
  assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, BATCH));
  assert_ok(context, lottery_trainer_set_integer(without, LOTTERY_TRAINER_BATCH_SIZE, BATCH));
  return 0;
}

static int tear_down(void **unused) {
  (void)unused;
  lottery_trainer_destroy(trainer);
  lottery_trainer_destroy(without);
  lottery_dataset_destroy(dataset);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
  allocator_finish(&allocator);
  return 0;
}

/* Weights and iterations, before and after what must not change them. */
struct state {
  float weights[WEIGHTS], biases[OUTPUTS];
  int64_t iteration;
};

static struct state state(void) {
  struct state state;
  memset(&state, 0, sizeof state);
  assert_ok(context, lottery_network_read_tensor(network, 0, state.weights, WEIGHTS));
  assert_ok(context, lottery_network_read_tensor(network, 1, state.biases, OUTPUTS));
  assert_ok(context, lottery_trainer_iteration(trainer, &state.iteration));
  return state;
}

static void assert_unchanged(struct state before) {
  const struct state after = state();
  assert_memory_equal(&before, &after, sizeof before);
}

static void test_create(void **unused) {
  (void)unused;
  lottery_trainer *made = trainer;
  lottery_dataset *wide = support_dataset(context, 4, INPUTS + 1, OUTPUTS, 0, 1),
                  *many = support_dataset(context, 4, INPUTS, OUTPUTS + 1, 0, 1);
  assert_fails(context, lottery_trainer_create(network, wide, 1, &made), LOTTERY_ERROR_SHAPE,
               "dataset: 4 features per example, but the network has 3 inputs");
  assert_null(made);
  made = trainer;
  assert_fails(context, lottery_trainer_create(network, many, 1, &made), LOTTERY_ERROR_SHAPE,
               "dataset: 3 classes, but the network has 2 outputs");
  assert_null(made);
  double loss = -7;
  int64_t correct = -7;
  assert_fails(context, lottery_trainer_evaluate(trainer, wide, &loss, &correct), LOTTERY_ERROR_SHAPE, "4 features");
  assert_fails(context, lottery_trainer_evaluate(trainer, many, &loss, &correct), LOTTERY_ERROR_SHAPE, "3 classes");
  assert_fails(context, lottery_network_evaluate(network, wide, 0, &loss, &correct), LOTTERY_ERROR_SHAPE, "4 features");
  static const int32_t kinds[] = {-1, 2, INT32_MAX, INT32_MIN};
  for (int i = 0; i < 4; i++) {
    char text[64];
    snprintf(text, sizeof text, "kind: %d is not a loss", (int)kinds[i]);
    assert_fails(context, lottery_network_evaluate(network, dataset, kinds[i], &loss, &correct), LOTTERY_ERROR_ARGUMENT,
                 text);
  }
  assert_true(loss == -7);
  assert_int_equal(correct, -7);
  lottery_dataset_destroy(wide);
  lottery_dataset_destroy(many);
}

/* What a loss needs of a dataset. */
static void test_datasets_without_answers(void **unused) {
  (void)unused;
  const int64_t shape = INPUTS;
  lottery_dataset *bare, *narrow;
  lottery_trainer *on_bare, *on_narrow;
  double loss = -7;
  int64_t done = -7;
  assert_ok(context, lottery_dataset_create(context, BATCH, 1, &shape, LOTTERY_ELEMENT_FLOAT32, inputs, 1, 0,
                                            LOTTERY_MEMORY_COPY, NULL, NULL, &bare));
  assert_ok(context, lottery_dataset_with_targets(bare, 1, targets, BATCH, &narrow));
  assert_ok(context, lottery_trainer_create(network, bare, 1, &on_bare));
  assert_fails(context, lottery_trainer_create(network, narrow, 1, &on_narrow), LOTTERY_ERROR_SHAPE,
               "dataset: 1 targets per example, but the network has 2 outputs");
  assert_null(on_narrow);
  const struct state before = state();
#define NO_LABELS "dataset: no labels, which cross-entropy needs"
  assert_fails(context, lottery_trainer_run(on_bare, 1, NULL, NULL, &done), LOTTERY_ERROR_SHAPE, NO_LABELS);
  assert_int_equal(done, 0);
  assert_fails(context, lottery_trainer_gradient(on_bare, 0, NULL, NULL, NULL, &loss), LOTTERY_ERROR_SHAPE, NO_LABELS);
  assert_fails(context, lottery_trainer_evaluate(on_bare, bare, &loss, NULL), LOTTERY_ERROR_SHAPE, NO_LABELS);
  assert_fails(context, lottery_network_evaluate(network, narrow, LOTTERY_LOSS_CROSS_ENTROPY, &loss, NULL),
               LOTTERY_ERROR_SHAPE, NO_LABELS);
#undef NO_LABELS
  const int32_t squared = LOTTERY_LOSS_MEAN_SQUARED_ERROR;
  assert_ok(context, lottery_trainer_set_integer(on_bare, LOTTERY_TRAINER_LOSS, squared));
  assert_fails(context, lottery_trainer_run(on_bare, 1, NULL, NULL, &done), LOTTERY_ERROR_SHAPE,
               "dataset: neither targets nor labels for the mean squared error");
  assert_fails(context, lottery_network_evaluate(network, narrow, squared, &loss, NULL), LOTTERY_ERROR_SHAPE,
               "1 targets");
  assert_true(loss == -7);
  assert_unchanged(before);
  lottery_trainer_destroy(on_bare);
  lottery_dataset_destroy(bare);
  lottery_dataset_destroy(narrow);
}

static void test_run(void **unused) {
  (void)unused;
  const struct state before = state();
  int64_t done = -7;
  assert_fails(context, lottery_trainer_run(trainer, -1, NULL, NULL, &done), LOTTERY_ERROR_ARGUMENT,
               "iterations: -1 is below 0");
  assert_int_equal(done, 0);
  assert_fails(context, lottery_trainer_run(trainer, INT64_MIN, NULL, NULL, NULL), LOTTERY_ERROR_ARGUMENT,
               "iterations: ");
  done = -7;
  assert_ok(context, lottery_trainer_run(trainer, 0, NULL, NULL, &done));
  assert_int_equal(done, 0);
  assert_fails(context, lottery_trainer_run(without, 1, NULL, NULL, &done), LOTTERY_ERROR_STATE,
               "trainer: was created without a dataset");
  assert_fails(context, lottery_trainer_gradient(without, 0, NULL, NULL, NULL, NULL), LOTTERY_ERROR_STATE,
               "trainer: was created without a dataset");
  assert_unchanged(before);
}

static void test_batches(void **unused) {
  (void)unused;
  const struct state before = state();
  double loss = -7;
  float outputs[BATCH * OUTPUTS] = {0};
  char text[80];
  static const int64_t counts[] = {-1, BATCH + 1, INT64_MAX, INT64_MIN};
  for (int i = 0; i < 4; i++) {
    snprintf(text, sizeof text, "count: %lld is outside 1 to the batch size 4", (long long)counts[i]);
    assert_fails(context, lottery_trainer_step(trainer, counts[i], inputs, labels, NULL, &loss), LOTTERY_ERROR_ARGUMENT,
                 text);
    assert_fails(context, lottery_trainer_gradient(trainer, counts[i], inputs, labels, NULL, &loss),
                 LOTTERY_ERROR_ARGUMENT, text);
    assert_fails(context, lottery_trainer_forward(trainer, counts[i], inputs, outputs), LOTTERY_ERROR_ARGUMENT, text);
  }
  assert_fails(context, lottery_trainer_step(trainer, 0, inputs, labels, NULL, &loss), LOTTERY_ERROR_ARGUMENT,
               "count: 0 is outside");
  assert_fails(context, lottery_trainer_step(trainer, 0, NULL, NULL, NULL, &loss), LOTTERY_ERROR_ARGUMENT,
               "count: 0 is outside"); /* only the split form takes the dataset's */
  static const int32_t bad[] = {-1, OUTPUTS, INT32_MAX, INT32_MIN};
  for (int i = 0; i < 4; i++) {
    const int32_t wrong[] = {0, 1, bad[i], 1};
    snprintf(text, sizeof text, "labels: element 2, %d, is outside 0 to 1", (int)bad[i]);
    assert_fails(context, lottery_trainer_step(trainer, BATCH, inputs, wrong, NULL, &loss), LOTTERY_ERROR_ARGUMENT,
                 text);
    assert_fails(context, lottery_trainer_gradient(trainer, BATCH, inputs, wrong, NULL, &loss), LOTTERY_ERROR_ARGUMENT,
                 text);
  }
  assert_fails(context, lottery_trainer_step(trainer, BATCH, inputs, NULL, targets, &loss), LOTTERY_ERROR_SHAPE,
               "labels: NULL, but cross-entropy needs them");
  const int32_t squared = LOTTERY_LOSS_MEAN_SQUARED_ERROR;
  assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_LOSS, squared));
  assert_fails(context, lottery_trainer_step(trainer, BATCH, inputs, NULL, NULL, &loss), LOTTERY_ERROR_SHAPE,
               "labels and targets: both NULL");
  assert_true(loss == -7);
  assert_unchanged(before);
  assert_ok(context, lottery_trainer_step(trainer, BATCH, inputs, NULL, targets, &loss));
}

static void test_gradients(void **unused) {
  (void)unused;
  float packed[PACKED + 1] = {0}, weights[WEIGHTS];
  const struct state before = state();
#define NONE "gradient: none was made since the last step"
  assert_fails(context, lottery_trainer_apply(trainer), LOTTERY_ERROR_STATE, NONE);
  assert_fails(context, lottery_trainer_read_gradient(trainer, packed, PACKED), LOTTERY_ERROR_STATE, NONE);
  assert_fails(context, lottery_trainer_write_gradient(trainer, packed, PACKED), LOTTERY_ERROR_STATE, NONE);
  assert_fails(context, lottery_trainer_read_tensor_gradient(trainer, 0, weights, WEIGHTS), LOTTERY_ERROR_STATE, NONE);
  assert_ok(context, lottery_trainer_gradient(trainer, 0, NULL, NULL, NULL, NULL));
  static const int64_t counts[] = {0, PACKED - 1, PACKED + 1, -1, INT64_MAX};
  for (int i = 0; i < 5; i++) {
    char text[80];
    snprintf(text, sizeof text, "count: %lld, but the packed gradient has 8", (long long)counts[i]);
    assert_fails(context, lottery_trainer_read_gradient(trainer, packed, counts[i]), LOTTERY_ERROR_SHAPE, text);
    assert_fails(context, lottery_trainer_write_gradient(trainer, packed, counts[i]), LOTTERY_ERROR_SHAPE, text);
  }
  static const int64_t tensors[] = {-1, 2, INT64_MAX};
  for (int i = 0; i < 3; i++) {
    char text[80];
    snprintf(text, sizeof text, "tensor: %lld is outside 0 to 1", (long long)tensors[i]);
    assert_fails(context, lottery_trainer_read_tensor_gradient(trainer, tensors[i], weights, WEIGHTS),
                 LOTTERY_ERROR_ARGUMENT, text);
  }
  assert_fails(context, lottery_trainer_read_tensor_gradient(trainer, 0, weights, WEIGHTS - 1), LOTTERY_ERROR_SHAPE,
               "count: 5, but fc1.weight has 6 elements");
  assert_unchanged(before);
  assert_ok(context, lottery_trainer_apply(trainer));
  assert_fails(context, lottery_trainer_apply(trainer), LOTTERY_ERROR_STATE, NONE); /* one gradient, one step */
#undef NONE
}

/* A gradient stays good when the next batches are to be larger, which needs other memory. */
static void test_gradient_outlives_a_larger_batch_size(void **unused) {
  (void)unused;
  float first[PACKED], second[PACKED];
  int64_t iteration;
  assert_ok(context, lottery_trainer_gradient(trainer, BATCH, inputs, labels, NULL, NULL));
  assert_ok(context, lottery_trainer_read_gradient(trainer, first, PACKED));
  assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, 1000));
  for (int i = 0; i < 2; i++) {
    assert_ok(context, lottery_trainer_read_gradient(trainer, second, PACKED));
    assert_memory_equal(first, second, sizeof first);
  }
  /* Neither does a failure to get that memory lose it. */
  assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, 5000));
  assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_OPTIMISER, LOTTERY_OPTIMISER_SGD));
  assert_ok(context, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_MOMENTUM, 0.5));
  const struct state before = state();
  lottery_status status = LOTTERY_ERROR_MEMORY;
  for (int64_t n = 1; status != LOTTERY_OK; n++) {
    allocator_fail(&allocator, n, false);
    status = lottery_trainer_apply(trainer);
    if (status != LOTTERY_OK) {
      assert_status(context, status, LOTTERY_ERROR_MEMORY);
      assert_unchanged(before);
    }
  }
  allocator_fail(&allocator, 0, false);
  assert_ok(context, lottery_trainer_iteration(trainer, &iteration));
  assert_int_equal(iteration, 1);
}

/* Ways to change what a forward pass has seen. */
static void write_weights(void) {
  const float weights[WEIGHTS] = {1, 2, 3, 4, 5, 6};
  assert_ok(context, lottery_network_write_tensor(network, 0, weights, WEIGHTS));
}
static void initialise_again(void) {
  assert_ok(context, lottery_network_initialise(network, LOTTERY_INITIALISE_KAIMING_UNIFORM, 1));
}
static void mask_a_weight(void) {
  const uint8_t bytes[WEIGHTS] = {0, 1, 1, 1, 1, 1};
  lottery_mask *ones, *mask;
  assert_ok(context, lottery_mask_ones(network, &ones));
  assert_ok(context, lottery_mask_replace(ones, 0, bytes, WEIGHTS, &mask));
  assert_ok(context, lottery_network_set_mask(network, mask));
  lottery_mask_destroy(ones);
  lottery_mask_destroy(mask);
}
static void restore_weights(void) {
  lottery_snapshot *snapshot;
  assert_ok(context, lottery_network_snapshot(network, &snapshot));
  assert_ok(context, lottery_network_restore(network, snapshot));
  lottery_snapshot_destroy(snapshot);
}
static void rewind_another(void) {
  lottery_snapshot *snapshot;
  assert_ok(context, lottery_network_snapshot(network, &snapshot));
  assert_ok(context, lottery_trainer_rewind(without, snapshot, NULL, LOTTERY_STATE_WEIGHTS));
  lottery_snapshot_destroy(snapshot);
}
static void step_another(void) { assert_ok(context, lottery_trainer_step(without, BATCH, inputs, labels, NULL, NULL)); }
static void apply_another(void) {
  assert_ok(context, lottery_trainer_gradient(without, BATCH, inputs, labels, NULL, NULL));
  assert_ok(context, lottery_trainer_apply(without));
}

/* Old activations with new weights would give a gradient of neither. */
static void test_backward_after_a_change(void **unused) {
  (void)unused;
  static void (*const changes[])(void) = {write_weights,  initialise_again, mask_a_weight, restore_weights,
                                          rewind_another, step_another,     apply_another};
  float outputs[BATCH * OUTPUTS];
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    assert_ok(context, lottery_trainer_forward(trainer, BATCH, inputs, outputs));
    changes[i]();
    assert_fails(context, lottery_trainer_backward(trainer, BATCH, outputs), LOTTERY_ERROR_STATE,
                 "backward: the weights or the mask changed since lottery_trainer_forward");
    assert_ok(context, lottery_trainer_forward(trainer, BATCH, inputs, outputs));
    assert_ok(context, lottery_network_evaluate(network, dataset, LOTTERY_LOSS_CROSS_ENTROPY, NULL, NULL));
    assert_ok(context, lottery_trainer_backward(trainer, BATCH, outputs)); /* looking at it is no change */
  }
}

/* A new network's weights are 0: it would train, and learn nothing. */
static void test_weights_that_were_never_set(void **unused) {
  (void)unused;
  static const char *const message = "network: its weights were never set";
  lottery_network *empty;
  lottery_trainer *new_trainer;
  lottery_snapshot *snapshot;
  float outputs[BATCH * OUTPUTS];
  int64_t done;
  for (int way = 0; way < 3; way++) {
    assert_ok(context, lottery_network_preset(context, "mlp-3-2", &empty));
    assert_ok(context, lottery_trainer_create(empty, dataset, 1, &new_trainer));
    assert_fails(context, lottery_trainer_run(new_trainer, 1, NULL, NULL, &done), LOTTERY_ERROR_STATE, message);
    assert_fails(context, lottery_trainer_step(new_trainer, BATCH, inputs, labels, NULL, NULL), LOTTERY_ERROR_STATE,
                 message);
    assert_fails(context, lottery_trainer_gradient(new_trainer, 0, NULL, NULL, NULL, NULL), LOTTERY_ERROR_STATE,
                 message);
    assert_fails(context, lottery_trainer_forward(new_trainer, BATCH, inputs, outputs), LOTTERY_ERROR_STATE, message);
    if (way == 0) {
      assert_ok(context, lottery_network_initialise(empty, LOTTERY_INITIALISE_GLOROT_NORMAL, 1));
    } else if (way == 1) {
      write_zeros(context, empty); /* whoever writes zeros wants them */
    } else {
      assert_ok(context, lottery_network_snapshot(network, &snapshot));
      assert_ok(context, lottery_trainer_rewind(new_trainer, snapshot, NULL, LOTTERY_STATE_WEIGHTS));
      lottery_snapshot_destroy(snapshot);
    }
    assert_ok(context, lottery_trainer_run(new_trainer, 1, NULL, NULL, &done));
    lottery_trainer_destroy(new_trainer);
    lottery_network_destroy(empty);
  }
}

static void test_forward_and_backward(void **unused) {
  (void)unused;
  float outputs[BATCH * OUTPUTS] = {0};
  const struct state before = state();
#define FIRST "backward: lottery_trainer_forward must come first"
  assert_fails(context, lottery_trainer_backward(trainer, 1, outputs), LOTTERY_ERROR_STATE, FIRST);
  assert_ok(context, lottery_trainer_forward(trainer, 3, inputs, outputs));
  static const int64_t counts[] = {0, 2, 4, -1, INT64_MAX};
  for (int i = 0; i < 5; i++) {
    char text[80];
    snprintf(text, sizeof text, "count: %lld, but the forward pass had 3", (long long)counts[i]);
    assert_fails(context, lottery_trainer_backward(trainer, counts[i], outputs), LOTTERY_ERROR_ARGUMENT, text);
  }
  static const float not_finite[] = {NAN, INFINITY, -INFINITY};
  for (int i = 0; i < 3; i++) {
    float gradient[BATCH * OUTPUTS] = {0};
    gradient[5] = not_finite[i];
    assert_fails(context, lottery_trainer_backward(trainer, 3, gradient), LOTTERY_ERROR_NOT_FINITE,
                 "output_gradient: element 5 is");
    gradient[5] = 0;
    gradient[6] = not_finite[i]; /* past the last example: not read */
    assert_ok(context, lottery_trainer_backward(trainer, 3, gradient));
    assert_fails(context, lottery_trainer_backward(trainer, 3, outputs), LOTTERY_ERROR_STATE, FIRST);
    assert_ok(context, lottery_trainer_forward(trainer, 3, inputs, outputs));
  }
  /* A gradient of another way takes the forward pass's place. */
  assert_ok(context, lottery_trainer_gradient(trainer, BATCH, inputs, labels, NULL, NULL));
  assert_fails(context, lottery_trainer_backward(trainer, 3, outputs), LOTTERY_ERROR_STATE, FIRST);
#undef FIRST
  assert_unchanged(before);
}

static void test_snapshot_rewind_reset(void **unused) {
  (void)unused;
  lottery_snapshot *made = (lottery_snapshot *)(void *)&allocator, *all, *weights, *foreign;
  lottery_network *other;
  lottery_mask *mask;
  assert_ok(context, lottery_trainer_run(trainer, 3, NULL, NULL, NULL));
  const struct state before = state();
  static const int32_t bad[] = {16, -1, 17, INT32_MAX, INT32_MIN};
  for (int i = 0; i < 5; i++) {
    char text[64];
    snprintf(text, sizeof text, "what: %d has bits outside 15", (int)bad[i]);
    made = (lottery_snapshot *)(void *)&allocator;
    assert_fails(context, lottery_trainer_snapshot(trainer, bad[i], &made), LOTTERY_ERROR_ARGUMENT, text);
    assert_null(made);
    assert_fails(context, lottery_trainer_rewind(trainer, NULL, NULL, bad[i]), LOTTERY_ERROR_ARGUMENT, text);
    assert_fails(context, lottery_trainer_reset(trainer, bad[i]), LOTTERY_ERROR_ARGUMENT, "has bits outside 12");
  }
  assert_fails(context, lottery_trainer_reset(trainer, LOTTERY_STATE_WEIGHTS), LOTTERY_ERROR_ARGUMENT, "what: 1");
  assert_fails(context, lottery_trainer_rewind(trainer, NULL, NULL, LOTTERY_STATE_WEIGHTS), LOTTERY_ERROR_ARGUMENT,
               "snapshot: NULL, but what is 1");
  assert_ok(context, lottery_trainer_snapshot(trainer, LOTTERY_STATE_ALL, &all));
  assert_ok(context, lottery_network_snapshot(network, &weights));
  assert_fails(context, lottery_trainer_rewind(trainer, weights, NULL, LOTTERY_STATE_ALL), LOTTERY_ERROR_ARGUMENT,
               "what: 15 asks for parts that the snapshot (1) does not hold");
  assert_ok(context, lottery_network_preset(context, "mlp-3-3", &other));
  assert_ok(context, lottery_network_snapshot(other, &foreign));
  assert_ok(context, lottery_mask_ones(other, &mask));
  assert_fails(context, lottery_trainer_rewind(trainer, foreign, NULL, LOTTERY_STATE_WEIGHTS), LOTTERY_ERROR_SHAPE,
               "snapshot: its tensors are not the network's");
  assert_fails(context, lottery_trainer_rewind(trainer, NULL, mask, 0), LOTTERY_ERROR_SHAPE,
               "mask: its tensors are not the network's");
  assert_fails(context, lottery_trainer_rewind(trainer, all, mask, LOTTERY_STATE_ALL), LOTTERY_ERROR_SHAPE, "mask: ");
  assert_fails(context, lottery_network_set_mask(network, mask), LOTTERY_ERROR_SHAPE, "mask: ");
  assert_fails(context, lottery_network_check_mask(network, mask, NULL, NULL), LOTTERY_ERROR_SHAPE, "mask: ");
  assert_fails(context, lottery_network_restore(network, foreign), LOTTERY_ERROR_SHAPE, "fc1.weight [3][3]");
  assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_OPTIMISER, LOTTERY_OPTIMISER_SGD));
  assert_fails(context, lottery_trainer_rewind(trainer, all, NULL, LOTTERY_STATE_ALL), LOTTERY_ERROR_SHAPE,
               "snapshot: holds the state of optimiser 1, the trainer's is 0");
  lottery_snapshot *position;
  assert_ok(context, lottery_trainer_snapshot(trainer, LOTTERY_STATE_POSITION, &position));
  assert_fails(context, lottery_network_restore(network, position), LOTTERY_ERROR_STATE, "snapshot: holds no weights");
  assert_unchanged(before);
  lottery_snapshot_destroy(position);
  lottery_mask_destroy(mask);
  lottery_snapshot_destroy(foreign);
  lottery_network_destroy(other);
  lottery_snapshot_destroy(weights);
  lottery_snapshot_destroy(all);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(test_create),
      TEST(test_datasets_without_answers),
      TEST(test_run),
      TEST(test_batches),
      TEST(test_gradients),
      TEST(test_gradient_outlives_a_larger_batch_size),
      TEST(test_forward_and_backward),
      TEST(test_backward_after_a_change),
      TEST(test_weights_that_were_never_set),
      TEST(test_snapshot_rewind_reset),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
