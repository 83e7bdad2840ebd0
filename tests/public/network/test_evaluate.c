/* Evaluation and prediction against a naive float64 network; and what moves between networks by name. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "training.h"

enum { LARGEST = 200 };

static void *room(int64_t count, size_t size) {
  void *memory = calloc((size_t)count, size);
  assert_non_null(memory);
  return memory;
}

/* A dataset of another context than the network's, with labels and targets as asked. */
static lottery_dataset *foreign_dataset(const struct reference_graph *graph, int64_t count, const float *inputs,
                                        const int32_t *labels, const float *targets) {
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_PORTABLE);
  const int64_t outputs = reference_features(graph, -1);
  lottery_dataset *dataset, *next;
  assert_ok(context, lottery_dataset_create(context, count, graph->rank, graph->shape, LOTTERY_ELEMENT_FLOAT32, inputs,
                                            1.0, 0.0, LOTTERY_MEMORY_COPY, NULL, NULL, &dataset));
  if (labels != NULL) {
    assert_ok(context, lottery_dataset_with_labels(dataset, (int32_t)outputs, labels, count, &next));
    lottery_dataset_destroy(dataset);
    dataset = next;
  }
  if (targets != NULL) {
    assert_ok(context, lottery_dataset_with_targets(dataset, outputs, targets, count, &next));
    lottery_dataset_destroy(dataset);
    dataset = next;
  }
  lottery_context_destroy(context);
  return dataset;
}

struct problem {
  const struct reference_graph *graph;
  int64_t outputs_of_one;
  float *inputs, *targets, *predicted;
  int32_t *labels;
  double *parameters, *outputs;
};

static void check_loss(const struct problem *problem, lottery_network *network, int64_t count, int32_t kind,
                       bool labelled, bool targeted) {
  lottery_dataset *dataset = foreign_dataset(problem->graph, count, problem->inputs, labelled ? problem->labels : NULL,
                                             targeted ? problem->targets : NULL);
  double loss;
  int64_t correct = -1;
  assert_ok(NULL, lottery_network_evaluate(network, dataset, kind, &loss, &correct));
  const double expected = reference_loss(kind, count, problem->outputs_of_one, problem->outputs, problem->labels,
                                         targeted ? problem->targets : NULL);
  if (!(fabs(loss - expected) <= 3e-6 * (1.0 + expected)))
    fail_msg("%s, %lld examples, loss %d: %.9g, expected %.9g", problem->graph->name, (long long)count, (int)kind, loss,
             expected);
  assert_int_equal(correct,
                   labelled ? reference_correct(count, problem->outputs_of_one, problem->outputs, problem->labels) : 0);
  lottery_dataset_destroy(dataset);
}

static void check_network(struct problem *problem, lottery_network *network, int64_t count) {
  const int64_t elements = count * problem->outputs_of_one;
  reference_forward(problem->graph, problem->parameters, count, problem->inputs, problem->outputs);
  problem->predicted[elements] = 42.0F;
  assert_ok(NULL, lottery_network_predict(network, count, problem->inputs, problem->predicted));
  for (int64_t i = 0; i < elements; i++)
    assert_true(fabs((double)problem->predicted[i] - problem->outputs[i]) < 5e-6 * (1.0 + fabs(problem->outputs[i])));
  assert_true(problem->predicted[elements] == 42.0F); /* nothing behind the end */
  check_loss(problem, network, count, LOTTERY_LOSS_CROSS_ENTROPY, true, false);
  check_loss(problem, network, count, LOTTERY_LOSS_MEAN_SQUARED_ERROR, true, false);
  check_loss(problem, network, count, LOTTERY_LOSS_MEAN_SQUARED_ERROR, false, true);
  check_loss(problem, network, count, LOTTERY_LOSS_MEAN_SQUARED_ERROR, true, true);
}

static void check_graph(const struct reference_graph *graph, int32_t set) {
  static const int64_t counts[] = {200, 1, 63, 64, 65, 128};
  uint64_t state = 21;
  lottery_context *context = context_on(set);
  lottery_network *network = reference_network(context, graph);
  const int64_t inputs = LARGEST * reference_features(graph, 0), outputs = reference_features(graph, -1),
                parameters = reference_parameter_count(graph);
  struct problem problem = {.graph = graph,
                            .outputs_of_one = outputs,
                            .inputs = room(inputs, sizeof(float)),
                            .targets = room(LARGEST * outputs, sizeof(float)),
                            .predicted = room(LARGEST * outputs + 1, sizeof(float)),
                            .labels = room(LARGEST, sizeof(int32_t)),
                            .parameters = room(parameters, sizeof(double)),
                            .outputs = room(LARGEST * outputs, sizeof(double))};
  float *weights = room(parameters, sizeof(float));
  for (int64_t i = 0; i < parameters; i++) {
    weights[i] = support_random_float(&state) * (inputs > LARGEST * 100 ? 0.125F : 1.0F);
    problem.parameters[i] = (double)weights[i];
  }
  set_network_values(network, weights);
  for (int64_t i = 0; i < inputs; i++) problem.inputs[i] = support_random_float(&state);
  for (int64_t i = 0; i < LARGEST * outputs; i++) problem.targets[i] = support_random_float(&state);
  for (int64_t i = 0; i < LARGEST; i++) problem.labels[i] = (int32_t)(support_random(&state) % (uint32_t)outputs);
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) check_network(&problem, network, counts[i]);
  free(weights);
  free(problem.inputs);
  free(problem.targets);
  free(problem.predicted);
  free(problem.labels);
  free(problem.parameters);
  free(problem.outputs);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
}

static void test_evaluate(void **state) {
  (void)state;
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int count = instruction_sets(sets);
  for (int i = 0; i < count; i++)
    for (int j = 0; j < reference_graph_count; j++) check_graph(&reference_graphs[j], sets[i]);
}

/* The first of equal outputs counts. */
static void test_ties(void **state) {
  (void)state;
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int count = instruction_sets(sets);
  static const float biases[][4] = {{0, 0, 0, 0}, {-1, 2, 2, -1}, {-3, -2, -1, -1}, {1, 1, 1, 2}};
  static const int winners[] = {0, 1, 2, 3};
  for (int i = 0; i < count; i++) {
    lottery_context *context = context_on(sets[i]);
    lottery_network *network;
    lottery_dataset *dataset = support_dataset(context, 101, 6, 4, 0.5F, 1); /* 26, 25, 25 and 25 of each class */
    assert_ok(context, lottery_network_preset(context, "mlp-6-4", &network));
    for (int row = 0; row < 4; row++) {
      int64_t correct;
      double loss;
      assert_ok(context, lottery_network_write_tensor(network, 1, biases[row], 4));
      assert_ok(context, lottery_network_evaluate(network, dataset, LOTTERY_LOSS_CROSS_ENTROPY, NULL, &correct));
      assert_int_equal(correct, winners[row] == 0 ? 26 : 25);
      assert_ok(context, lottery_network_evaluate(network, dataset, LOTTERY_LOSS_CROSS_ENTROPY, &loss, NULL));
    }
    lottery_dataset_destroy(dataset);
    lottery_network_destroy(network);
    lottery_context_destroy(context);
  }
}

/* A trainer on the dataset of another context, which is gone. */
static void test_foreign_dataset(void **state) {
  (void)state;
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC),
                  *other = context_on(LOTTERY_INSTRUCTION_SET_PORTABLE);
  lottery_network *networks[2];
  lottery_trainer *trainers[2];
  lottery_dataset *own = support_dataset(context, 100, 6, 4, 0.5F, 1),
                  *foreign = support_dataset(other, 100, 6, 4, 0.5F, 1);
  for (int i = 0; i < 2; i++) {
    networks[i] = initialised_network(context, "mlp-6-5-4", 1);
    assert_ok(context, lottery_trainer_create(networks[i], i == 0 ? own : foreign, 3, &trainers[i]));
  }
  lottery_context_destroy(other);
  lottery_dataset_destroy(foreign);
  for (int i = 0; i < 2; i++) assert_ok(context, lottery_trainer_run(trainers[i], 20, NULL, NULL, NULL));
  assert_values_equal(trainer_values(trainers[0]), trainer_values(trainers[1]));
  for (int i = 0; i < 2; i++) {
    lottery_trainer_destroy(trainers[i]);
    lottery_network_destroy(networks[i]);
  }
  lottery_dataset_destroy(own);
  lottery_context_destroy(context);
}

static void test_wrong_datasets(void **state) {
  (void)state;
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  lottery_network *network = initialised_network(context, "mlp-6-5-4", 1);
  lottery_dataset *wide = support_dataset(context, 10, 7, 4, 0.5F, 1),
                  *classes = support_dataset(context, 10, 6, 5, 0.5F, 1), *bare;
  lottery_trainer *trainer;
  const float inputs[60] = {0};
  const int64_t features = 6;
  double loss = 42.0;
  assert_ok(context, lottery_dataset_create(context, 10, 1, &features, LOTTERY_ELEMENT_FLOAT32, inputs, 1.0, 0.0,
                                            LOTTERY_MEMORY_COPY, NULL, NULL, &bare));
  assert_fails(context, lottery_network_evaluate(network, wide, 0, &loss, NULL), LOTTERY_ERROR_SHAPE, "7 features");
  assert_fails(context, lottery_network_evaluate(network, classes, 0, &loss, NULL), LOTTERY_ERROR_SHAPE, "5 classes");
  assert_fails(context, lottery_network_evaluate(network, bare, 0, &loss, NULL), LOTTERY_ERROR_SHAPE, "labels");
  assert_fails(context, lottery_network_evaluate(network, bare, 1, &loss, NULL), LOTTERY_ERROR_SHAPE, "targets");
  assert_fails(context, lottery_network_evaluate(network, bare, 2, &loss, NULL), LOTTERY_ERROR_ARGUMENT, "kind");
  assert_true(loss == 42.0);
  assert_status(context, lottery_trainer_create(network, wide, 0, &trainer), LOTTERY_ERROR_SHAPE);
  assert_null(trainer);
  assert_ok(context, lottery_trainer_create(network, bare, 0, &trainer));
  int64_t done = -1;
  assert_fails(context, lottery_trainer_run(trainer, 1, NULL, NULL, &done), LOTTERY_ERROR_SHAPE, "labels");
  assert_int_equal(done, 0);
  lottery_trainer_destroy(trainer);
  lottery_dataset_destroy(wide);
  lottery_dataset_destroy(classes);
  lottery_dataset_destroy(bare);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
}

/* --- Between networks, by name --- */

/* fc1.weight, fc1.bias and fc2.bias are the same in both; fc2.weight has another shape, fc3 is only in one. */
static void test_restore_by_name(void **state) {
  (void)state;
  enum { FC1 = 20 * 12, BIAS1 = 12 };
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  lottery_network *source = initialised_network(context, "mlp-20-12-4", 1),
                  *target = initialised_network(context, "mlp-20-12-8-4", 2),
                  *stranger = initialised_network(context, "mlp-3-2", 3);
  lottery_snapshot *snapshot;
  lottery_mask *mask, *half, *moved;
  uint8_t bytes[FC1], moved_bytes[FC1];
  struct values from = network_values(source), before = network_values(target);
  for (int i = 0; i < BIAS1; i++) from.values[FC1 + i] = 0.5F;
  set_network_values(source, from.values);
  for (int i = 0; i < FC1; i++) bytes[i] = i % 3 == 0;
  assert_ok(context, lottery_mask_ones(source, &mask));
  assert_ok(context, lottery_mask_replace(mask, 0, bytes, FC1, &half));
  assert_ok(context, lottery_network_snapshot(source, &snapshot));
  /* The mask: the tensor that matches, ones for the others. */
  assert_fails(context, lottery_mask_transfer(half, target, &moved), LOTTERY_PARTIAL, "fc3.weight");
  assert_message(context, "fc2.weight");
  int64_t kept, total;
  assert_ok(context, lottery_mask_read(moved, 0, moved_bytes, FC1));
  assert_memory_equal(bytes, moved_bytes, FC1);
  for (int64_t i = 1; i < 3; i++) {
    assert_ok(context, lottery_mask_kept(moved, i, &kept, &total));
    assert_int_equal(kept, total);
  }
  assert_ok(context, lottery_network_set_mask(target, moved));
  /* The weights, under that mask. */
  assert_fails(context, lottery_network_restore(target, snapshot), LOTTERY_PARTIAL, "fc2.weight");
  assert_message(context, "fc3.bias");
  struct values after = network_values(target);
  for (int i = 0; i < FC1; i++) assert_true(after.values[i] == (bytes[i] ? from.values[i] : 0.0F));
  for (int i = FC1; i < FC1 + BIAS1; i++) assert_true(after.values[i] == 0.5F);
  assert_memory_equal(after.values + FC1 + BIAS1, before.values + FC1 + BIAS1,
                      (size_t)(before.count - FC1 - BIAS1) * sizeof(float));
  /* Nothing matches: nothing changes. */
  struct values strange = network_values(stranger);
  lottery_mask *none;
  assert_status(context, lottery_network_restore(stranger, snapshot), LOTTERY_ERROR_SHAPE);
  assert_status(context, lottery_mask_transfer(half, stranger, &none), LOTTERY_ERROR_SHAPE);
  assert_null(none);
  assert_values_equal(strange, network_values(stranger));
  release_values(&from);
  release_values(&before);
  release_values(&after);
  lottery_snapshot_destroy(snapshot);
  lottery_mask_destroy(mask);
  lottery_mask_destroy(half);
  lottery_mask_destroy(moved);
  lottery_network_destroy(source);
  lottery_network_destroy(target);
  lottery_network_destroy(stranger);
  lottery_context_destroy(context);
}

/* The same graph in another context on another instruction set: everything matches. */
static void test_restore_whole(void **state) {
  (void)state;
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC),
                  *other = context_on(LOTTERY_INSTRUCTION_SET_PORTABLE);
  lottery_network *source = initialised_network(context, "mlp-20-12-4", 1),
                  *target = initialised_network(other, "mlp-20-12-4", 2);
  lottery_snapshot *snapshot;
  assert_ok(context, lottery_network_snapshot(source, &snapshot));
  assert_ok(other, lottery_network_restore(target, snapshot));
  assert_values_equal(network_values(source), network_values(target));
  lottery_snapshot_destroy(snapshot);
  lottery_network_destroy(source);
  lottery_network_destroy(target);
  lottery_context_destroy(context);
  lottery_context_destroy(other);
}

/* A network that is its input alone has nothing to train, and does no harm. */
static void test_bare_network(void **state) {
  (void)state;
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  lottery_network *network;
  lottery_trainer *trainer;
  int32_t node;
  const int64_t features = 3;
  const float inputs[6] = {1, 2, 3, 4, 5, 6};
  float outputs[6];
  const int32_t labels[2] = {2, 0};
  assert_ok(context, lottery_network_create(context, &network));
  assert_ok(context, lottery_network_input(network, 1, &features, &node));
  assert_ok(context, lottery_network_finish(network, node));
  assert_ok(context, lottery_network_predict(network, 2, inputs, outputs));
  assert_memory_equal(inputs, outputs, sizeof outputs);
  assert_ok(context, lottery_trainer_create(network, NULL, 0, &trainer));
  assert_ok(context, lottery_trainer_step(trainer, 2, inputs, labels, NULL, NULL));
  assert_ok(context, lottery_trainer_forward(trainer, 2, inputs, outputs));
  assert_ok(context, lottery_trainer_backward(trainer, 2, outputs));
  assert_ok(context, lottery_trainer_apply(trainer));
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_evaluate),        cmocka_unit_test(test_ties),
      cmocka_unit_test(test_foreign_dataset), cmocka_unit_test(test_wrong_datasets),
      cmocka_unit_test(test_restore_by_name), cmocka_unit_test(test_restore_whole),
      cmocka_unit_test(test_bare_network),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
