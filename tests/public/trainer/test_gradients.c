/* Gradients of every layer, activation and loss against central differences of a naive float64 network. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "training.h"

enum { LARGEST_BATCH = 130, SAMPLES = 24 };

/* Losses; HOST: sum of c y^2 / 2 over the outputs y, whose gradient c y the test gives to backward. */
enum loss { CROSS_ENTROPY, SQUARED_TARGETS, SQUARED_LABELS, HOST, LOSSES };
static const char *const loss_names[] = {"cross-entropy", "squared error", "squared error of labels", "host's"};

struct problem {
  const struct reference_graph *graph;
  enum loss loss;
  int64_t count, inputs_of_one, outputs_of_one, parameter_count;
  float *inputs, *targets; /* targets: the host's c as well */
  int32_t *labels;
  double *parameters, *outputs;
  float *weights;
};

static void *room(int64_t count, size_t size) {
  void *memory = calloc((size_t)count, size);
  assert_non_null(memory);
  return memory;
}

static void problem_start(struct problem *problem, const struct reference_graph *graph, uint64_t seed) {
  uint64_t state = seed;
  *problem = (struct problem){.graph = graph,
                              .inputs_of_one = reference_features(graph, 0),
                              .outputs_of_one = reference_features(graph, -1),
                              .parameter_count = reference_parameter_count(graph)};
  const int64_t inputs = LARGEST_BATCH * problem->inputs_of_one, outputs = LARGEST_BATCH * problem->outputs_of_one;
  problem->inputs = room(inputs, sizeof(float));
  problem->targets = room(outputs, sizeof(float));
  problem->labels = room(LARGEST_BATCH, sizeof(int32_t));
  problem->parameters = room(problem->parameter_count, sizeof(double));
  problem->weights = room(problem->parameter_count, sizeof(float));
  problem->outputs = room(outputs, sizeof(double));
  for (int64_t i = 0; i < inputs; i++) problem->inputs[i] = support_random_float(&state);
  for (int64_t i = 0; i < outputs; i++) problem->targets[i] = support_random_float(&state);
  for (int i = 0; i < LARGEST_BATCH; i++)
    problem->labels[i] = (int32_t)(support_random(&state) % (uint32_t)problem->outputs_of_one);
  const float scale = problem->inputs_of_one > 100 ? 0.125F : 0.75F;
  for (int64_t i = 0; i < problem->parameter_count; i++) problem->weights[i] = scale * support_random_float(&state);
}

static void problem_finish(struct problem *problem) {
  free(problem->inputs);
  free(problem->targets);
  free(problem->labels);
  free(problem->parameters);
  free(problem->weights);
  free(problem->outputs);
}

static double loss_of(struct problem *problem) {
  reference_forward(problem->graph, problem->parameters, problem->count, problem->inputs, problem->outputs);
  if (problem->loss == HOST) {
    double sum = 0.0;
    for (int64_t i = 0; i < problem->count * problem->outputs_of_one; i++)
      sum += 0.5 * (double)problem->targets[i] * problem->outputs[i] * problem->outputs[i];
    return sum;
  }
  return reference_loss(problem->loss == CROSS_ENTROPY ? LOTTERY_LOSS_CROSS_ENTROPY : LOTTERY_LOSS_MEAN_SQUARED_ERROR,
                        problem->count, problem->outputs_of_one, problem->outputs, problem->labels,
                        problem->loss == SQUARED_TARGETS ? problem->targets : NULL);
}

static double central_difference(struct problem *problem, int64_t parameter) {
  const double step = 1e-5, middle = problem->parameters[parameter];
  problem->parameters[parameter] = middle + step;
  const double above = loss_of(problem);
  problem->parameters[parameter] = middle - step;
  const double below = loss_of(problem);
  problem->parameters[parameter] = middle;
  return (above - below) / (2.0 * step);
}

/* The library's gradient for the problem's batch, made by the functions that its loss needs. */
static struct values library_gradient(struct problem *problem, lottery_trainer *trainer, lottery_network *network) {
  if (problem->loss != HOST) {
    const bool entropy = problem->loss == CROSS_ENTROPY;
    assert_ok(NULL,
              lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_LOSS,
                                          entropy ? LOTTERY_LOSS_CROSS_ENTROPY : LOTTERY_LOSS_MEAN_SQUARED_ERROR));
    double loss;
    assert_ok(NULL, lottery_trainer_gradient(trainer, problem->count, problem->inputs,
                                             problem->loss == SQUARED_TARGETS ? NULL : problem->labels,
                                             problem->loss == SQUARED_TARGETS ? problem->targets : NULL, &loss));
    const double expected = loss_of(problem);
    if (fabs(loss - expected) > 2e-6 * (1.0 + fabs(expected)))
      fail_msg("%s, %s, batch %lld: loss %.9g, expected %.9g", problem->graph->name, loss_names[problem->loss],
               (long long)problem->count, loss, expected);
    return gradient_values(trainer, network);
  }
  const int64_t elements = problem->count * problem->outputs_of_one;
  float *outputs = room(elements, sizeof *outputs);
  assert_ok(NULL, lottery_trainer_forward(trainer, problem->count, problem->inputs, outputs));
  (void)loss_of(problem);
  for (int64_t i = 0; i < elements; i++) {
    assert_true(fabs((double)outputs[i] - problem->outputs[i]) < 5e-6 * (1.0 + fabs(problem->outputs[i])));
    outputs[i] *= problem->targets[i];
  }
  assert_ok(NULL, lottery_trainer_backward(trainer, problem->count, outputs));
  free(outputs);
  return gradient_values(trainer, network);
}

/* Sampled parameters: some of each tensor, its first and last among them. */
struct sample {
  int64_t count, parameter[REFERENCE_NODE_LIMIT * 2 * SAMPLES];
  double derivative[REFERENCE_NODE_LIMIT * 2 * SAMPLES];
};

static void take_samples(struct problem *problem, lottery_network *network, struct sample *sample) {
  uint64_t state = 5;
  int64_t tensors, first = 0;
  sample->count = 0;
  assert_ok(NULL, lottery_network_tensor_count(network, &tensors));
  for (int64_t i = 0; i < tensors; i++) {
    const int64_t elements = tensor_elements(network, i);
    for (int64_t j = 0; j < SAMPLES && j < elements; j++) {
      int64_t element = elements <= SAMPLES ? j : (int64_t)(support_random(&state) % (uint32_t)elements);
      if (j == 0) element = 0;
      if (j == SAMPLES - 1) element = elements - 1;
      sample->parameter[sample->count] = first + element;
      sample->derivative[sample->count++] = central_difference(problem, first + element);
    }
    first += elements;
  }
  assert_int_equal(first, problem->parameter_count);
}

/* Pruned parameters (weight 0 and kept[i] 0) must have the gradient 0 exactly. */
static void compare(const struct problem *problem, const struct sample *sample, const unsigned char *kept,
                    const struct values *gradient, int32_t set) {
  double scale = 1e-3;
  for (int64_t i = 0; i < sample->count; i++) scale = fmax(scale, fabs(sample->derivative[i]));
  for (int64_t i = 0; i < sample->count; i++) {
    const int64_t parameter = sample->parameter[i];
    const double found = (double)gradient->values[parameter];
    if (kept != NULL && kept[parameter] == 0) continue;
    if (fabs(found - sample->derivative[i]) <= 4e-6 * scale) continue;
    fail_msg("%s, %s, batch %lld, instruction set %d: gradient of parameter %lld is %.9g, expected %.9g",
             problem->graph->name, loss_names[problem->loss], (long long)problem->count, (int)set, (long long)parameter,
             found, sample->derivative[i]);
  }
  for (int64_t i = 0; kept != NULL && i < gradient->count; i++)
    if (kept[i] == 0) assert_true(gradient->values[i] == 0.0F);
}

/* A mask that keeps about half, for all tensors of a network; `kept` says so for every parameter, biases as kept. */
static lottery_mask *half_mask(lottery_network *network, unsigned char *kept) {
  uint64_t state = 77;
  int64_t tensors;
  lottery_mask *mask;
  assert_ok(NULL, lottery_mask_ones(network, &mask));
  assert_ok(NULL, lottery_network_tensor_count(network, &tensors));
  for (int64_t i = 0, number = 0; i < tensors; i++) {
    const int64_t elements = tensor_elements(network, i);
    int32_t prunable;
    assert_ok(NULL, lottery_network_tensor_prunable(network, i, &prunable));
    for (int64_t j = 0; j < elements; j++) kept[j] = prunable ? support_random(&state) >> 31 & 1 : 1;
    if (prunable) {
      lottery_mask *next;
      assert_ok(NULL, lottery_mask_replace(mask, number++, kept, elements, &next));
      lottery_mask_destroy(mask);
      mask = next;
    }
    kept += elements;
  }
  return mask;
}

/* The derivative by input `index`, over the floats next to it. */
static double input_difference(struct problem *problem, int64_t index) {
  const float middle = problem->inputs[index], step = 0x1p-12F, upper = middle + step, lower = middle - step;
  problem->inputs[index] = upper;
  const double above = loss_of(problem);
  problem->inputs[index] = lower;
  const double below = loss_of(problem);
  problem->inputs[index] = middle;
  return (above - below) / ((double)upper - (double)lower);
}

/* The gradient to the inputs, made beside those of the parameters, which it must not change by a bit. */
static void check_inputs(struct problem *problem, lottery_trainer *trainer, lottery_network *network, int32_t set) {
  const int64_t elements = problem->count * problem->outputs_of_one, inputs = problem->count * problem->inputs_of_one;
  float *outputs = room(elements, sizeof *outputs), *gradient = room(inputs, sizeof *gradient);
  struct values without = library_gradient(problem, trainer, network);
  assert_ok(NULL, lottery_trainer_forward(trainer, problem->count, problem->inputs, outputs));
  for (int64_t i = 0; i < elements; i++) outputs[i] *= problem->targets[i];
  assert_ok(NULL, lottery_trainer_backward_inputs(trainer, problem->count, outputs, gradient));
  assert_values_equal(without, gradient_values(trainer, network));
  double scale = 1e-3;
  for (int64_t i = 0; i < inputs; i++) scale = fmax(scale, fabs((double)gradient[i]));
  for (int64_t i = 0; i < SAMPLES; i++) {
    const int64_t index = i == 0 ? inputs - 1 : i * 37 % inputs;
    const double expected = input_difference(problem, index);
    if (fabs((double)gradient[index] - expected) > 1e-5 * scale)
      fail_msg("%s, batch %lld, instruction set %d: gradient of input %lld is %.9g, expected %.9g",
               problem->graph->name, (long long)problem->count, (int)set, (long long)index, (double)gradient[index],
               expected);
  }
  free(outputs);
  free(gradient);
}

static void check_graph(const struct reference_graph *graph, bool masked, const int64_t *counts, int count_of_counts) {
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int set_count = instruction_sets(sets);
  lottery_context *contexts[INSTRUCTION_SET_LIMIT];
  lottery_network *networks[INSTRUCTION_SET_LIMIT];
  lottery_trainer *trainers[INSTRUCTION_SET_LIMIT];
  struct problem problem;
  problem_start(&problem, graph, 11);
  unsigned char *kept = masked ? room(problem.parameter_count, 1) : NULL;
  for (int i = 0; i < set_count; i++) {
    contexts[i] = context_on(sets[i]);
    networks[i] = reference_network(contexts[i], graph);
    if (masked) {
      lottery_mask *mask = half_mask(networks[i], kept);
      assert_ok(contexts[i], lottery_network_set_mask(networks[i], mask));
      lottery_mask_destroy(mask);
    }
    set_network_values(networks[i], problem.weights);
    assert_ok(contexts[i], lottery_trainer_create(networks[i], NULL, 0, &trainers[i]));
    assert_ok(contexts[i], lottery_trainer_set_integer(trainers[i], LOTTERY_TRAINER_BATCH_SIZE, LARGEST_BATCH));
  }
  for (int64_t i = 0; i < problem.parameter_count; i++)
    problem.parameters[i] = kept != NULL && kept[i] == 0 ? 0.0 : (double)problem.weights[i];
  for (problem.loss = 0; problem.loss < LOSSES; problem.loss++)
    for (int i = 0; i < count_of_counts; i++) {
      struct sample sample;
      problem.count = counts[i];
      take_samples(&problem, networks[0], &sample);
      for (int j = 0; j < set_count; j++) {
        struct values gradient = library_gradient(&problem, trainers[j], networks[j]);
        compare(&problem, &sample, kept, &gradient, sets[j]);
        release_values(&gradient);
        if (problem.loss == HOST) check_inputs(&problem, trainers[j], networks[j], sets[j]);
      }
    }
  for (int i = 0; i < set_count; i++) {
    lottery_trainer_destroy(trainers[i]);
    lottery_network_destroy(networks[i]);
    lottery_context_destroy(contexts[i]);
  }
  free(kept);
  problem_finish(&problem);
}

static void test_gradients(void **state) {
  (void)state;
  /* Falling and rising, so that what a larger batch left behind would show. */
  const int64_t counts[] = {130, 1, 60, 64, 65};
  for (int i = 0; i < reference_graph_count; i++) check_graph(&reference_graphs[i], false, counts, 5);
}

static void test_masked_gradients(void **state) {
  (void)state;
  const int64_t counts[] = {60, 65};
  for (int i = 0; i < reference_graph_count; i++) check_graph(&reference_graphs[i], true, counts, 2);
}

/* Extreme logits: the loss stays finite and right, and so does the gradient. */
static void test_extreme_logits(void **state) {
  (void)state;
  static const float logits[][3] = {{300, -300, 0}, {-1e30F, 1e30F, 5}, {80, 79, -1e5F}, {0, 0, 0}};
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int set_count = instruction_sets(sets);
  for (int i = 0; i < set_count; i++) {
    lottery_context *context = context_on(sets[i]);
    lottery_network *network;
    lottery_trainer *trainer;
    assert_ok(context, lottery_network_preset(context, "mlp-1-3", &network));
    assert_ok(context, lottery_trainer_create(network, NULL, 0, &trainer));
    for (int row = 0; row < 4; row++)
      for (int32_t label = 0; label < 3; label++) {
        assert_ok(context, lottery_network_write_tensor(network, 1, logits[row], 3));
        const double outputs[] = {(double)logits[row][0], (double)logits[row][1], (double)logits[row][2]};
        const float input = 1.0F;
        double loss;
        float gradient[3];
        assert_ok(context, lottery_trainer_gradient(trainer, 1, &input, &label, NULL, &loss));
        assert_ok(context, lottery_trainer_read_tensor_gradient(trainer, 1, gradient, 3));
        const double expected = reference_loss(LOTTERY_LOSS_CROSS_ENTROPY, 1, 3, outputs, &label, NULL);
        assert_true(fabs(loss - expected) <= 1e-6 * (1.0 + expected));
        for (int32_t j = 0; j < 3; j++) {
          const double share = exp(-reference_loss(LOTTERY_LOSS_CROSS_ENTROPY, 1, 3, outputs, &j, NULL));
          assert_true(fabs((double)gradient[j] - (share - (j == label ? 1.0 : 0.0))) < 1e-6);
        }
      }
    lottery_trainer_destroy(trainer);
    lottery_network_destroy(network);
    lottery_context_destroy(context);
  }
}

/* Where the output is the input, so is its gradient. */
static void test_inputs_of_nothing(void **unused) {
  (void)unused;
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  const int64_t three = 3;
  const float values[] = {1, -2, 3};
  float result[3];
  int32_t node;
  lottery_network *network;
  lottery_trainer *trainer;
  assert_ok(context, lottery_network_create(context, &network));
  assert_ok(context, lottery_network_input(network, 1, &three, &node));
  assert_ok(context, lottery_network_finish(network, node));
  assert_ok(context, lottery_trainer_create(network, NULL, 0, &trainer));
  assert_ok(context, lottery_trainer_forward(trainer, 1, values, result));
  assert_memory_equal(values, result, sizeof values);
  assert_ok(context, lottery_trainer_backward_inputs(trainer, 1, values, result));
  assert_memory_equal(values, result, sizeof values);
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
}

/* A batch size that is set between forward and backward is that of the next batch. */
static void test_batch_size_between(void **unused) {
  (void)unused;
  enum { INPUTS = 7, OUTPUTS = 3, COUNT = 5 };
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  lottery_network *network;
  lottery_trainer *trainer;
  float inputs[COUNT * INPUTS], outputs[COUNT * OUTPUTS], gradients[2][INPUTS * OUTPUTS];
  uint64_t random = 1;
  for (int i = 0; i < COUNT * INPUTS; i++) inputs[i] = support_random_float(&random);
  assert_ok(context, lottery_network_preset(context, "mlp-7-3", &network));
  assert_ok(context, lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 1));
  assert_ok(context, lottery_trainer_create(network, NULL, 0, &trainer));
  for (int larger = 0; larger < 2; larger++) {
    assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, COUNT));
    assert_ok(context, lottery_trainer_forward(trainer, COUNT, inputs, outputs));
    if (larger) assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, 1000));
    assert_ok(context, lottery_trainer_backward(trainer, COUNT, outputs));
    assert_ok(context, lottery_trainer_read_tensor_gradient(trainer, 0, gradients[larger], INPUTS * OUTPUTS));
  }
  assert_memory_equal(gradients[0], gradients[1], sizeof gradients[0]);
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gradients),          cmocka_unit_test(test_masked_gradients),
      cmocka_unit_test(test_extreme_logits),     cmocka_unit_test(test_inputs_of_nothing),
      cmocka_unit_test(test_batch_size_between),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
