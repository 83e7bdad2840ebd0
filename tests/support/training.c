/* Helpers of the tests of training. */
#include "training.h"

#include <stdlib.h>
#include <string.h>

int instruction_sets(int32_t sets[INSTRUCTION_SET_LIMIT]) {
#if defined(__x86_64__)
  static const char *const names[] = {NULL, "portable", "avx2", "avx512", NULL};
#else
  static const char *const names[] = {NULL, "portable", NULL, NULL, "neon"};
#endif
  static bool told;
  lottery_context *context;
  assert_ok(NULL, lottery_context_create(&context));
  int count = 0;
  for (int32_t set = LOTTERY_INSTRUCTION_SET_PORTABLE; set <= LOTTERY_INSTRUCTION_SET_NEON; set++) {
    const lottery_status status = lottery_context_set_instruction_set(context, set);
    if (status == LOTTERY_OK)
      sets[count++] = set;
    else if (names[set] != NULL && !told)
      print_message("SKIPPED: this machine or build lacks the instruction set %s\n", names[set]);
  }
  told = true;
  lottery_context_destroy(context);
  assert_true(count > 0);
  return count;
}

lottery_context *context_on(int32_t instruction_set) {
  lottery_context *context;
  assert_ok(NULL, lottery_context_create(&context));
  assert_ok(context, lottery_context_set_instruction_set(context, instruction_set));
  return context;
}

lottery_network *initialised_network(lottery_context *context, const char *name, uint64_t seed) {
  lottery_network *network;
  assert_ok(context, lottery_network_preset(context, name, &network));
  assert_ok(context, lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, seed));
  return network;
}

static int64_t product(const int64_t *shape, int32_t rank) {
  int64_t count = 1;
  for (int32_t i = 0; i < rank; i++) count *= shape[i];
  return count;
}

int64_t tensor_elements(lottery_network *network, int64_t tensor) {
  int64_t shape[2];
  int32_t rank;
  assert_ok(NULL, lottery_network_tensor_shape(network, tensor, 2, shape, &rank));
  return product(shape, rank);
}

static int64_t tensor_count(lottery_network *network) {
  int64_t count;
  assert_ok(NULL, lottery_network_tensor_count(network, &count));
  return count;
}

/* Room for `more` floats behind what is there. */
static float *grow(struct values *values, int64_t more) {
  values->values = realloc(values->values, (size_t)(values->count + more + 1) * sizeof(float));
  assert_non_null(values->values);
  values->count += more;
  return values->values + values->count - more;
}

void release_values(struct values *values) {
  free(values->values);
  *values = (struct values){0};
}

struct values network_values(lottery_network *network) {
  struct values values = {0};
  for (int64_t i = 0; i < tensor_count(network); i++) {
    const int64_t count = tensor_elements(network, i);
    assert_ok(NULL, lottery_network_read_tensor(network, i, grow(&values, count), count));
  }
  return values;
}

void set_network_values(lottery_network *network, const float *values) {
  for (int64_t i = 0; i < tensor_count(network); i++) {
    const int64_t count = tensor_elements(network, i);
    assert_ok(NULL, lottery_network_write_tensor(network, i, values, count));
    values += count;
  }
}

struct values snapshot_values(lottery_snapshot *snapshot, int32_t slot) {
  struct values values = {0};
  int64_t tensors;
  assert_ok(NULL, lottery_snapshot_tensor_count(snapshot, &tensors));
  for (int64_t i = 0; i < tensors; i++) {
    int64_t shape[2];
    int32_t rank;
    assert_ok(NULL, lottery_snapshot_tensor_shape(snapshot, i, 2, shape, &rank));
    const int64_t count = product(shape, rank);
    const lottery_status status = lottery_snapshot_read(snapshot, i, slot, grow(&values, count), count);
    if (status == LOTTERY_OK) continue;
    assert_status(NULL, status, LOTTERY_ERROR_STATE);
    release_values(&values);
    return values;
  }
  return values;
}

struct values trainer_values(lottery_trainer *trainer) {
  struct values all = {0};
  lottery_snapshot *snapshot;
  assert_ok(NULL, lottery_trainer_snapshot(trainer, LOTTERY_STATE_ALL, &snapshot));
  for (int32_t slot = LOTTERY_SLOT_WEIGHT; slot <= LOTTERY_SLOT_SECOND; slot++) {
    struct values values = snapshot_values(snapshot, slot);
    if (values.count > 0) memcpy(grow(&all, values.count), values.values, (size_t)values.count * sizeof(float));
    release_values(&values);
  }
  lottery_snapshot_destroy(snapshot);
  return all;
}

struct values gradient_values(lottery_trainer *trainer, lottery_network *network) {
  struct values values = {0};
  for (int64_t i = 0; i < tensor_count(network); i++) {
    const int64_t count = tensor_elements(network, i);
    assert_ok(NULL, lottery_trainer_read_tensor_gradient(trainer, i, grow(&values, count), count));
  }
  return values;
}

void values_compare(struct values a, struct values b, bool equal, const char *file, int line) {
  int64_t different = a.count == b.count ? 0 : 1, first = -1;
  for (int64_t i = 0; a.count == b.count && i < a.count; i++) {
    if (memcmp(&a.values[i], &b.values[i], sizeof(float)) == 0) continue;
    if (different++ == 0) first = i;
  }
  if ((different == 0) != equal) {
    print_error("%lld of %lld and %lld values differ", (long long)different, (long long)a.count, (long long)b.count);
    if (first >= 0)
      print_error(", first at %lld: %.9g and %.9g", (long long)first, (double)a.values[first], (double)b.values[first]);
    print_error("\n");
    _fail(file, line);
  }
  release_values(&a);
  release_values(&b);
}

const struct optimiser_case optimiser_cases[] = {
    {"sgd", LOTTERY_OPTIMISER_SGD, 0.05, 0.0, 0, 0.0, 0},
    {"sgd with decay", LOTTERY_OPTIMISER_SGD, 0.05, 0.0, 0, 0.01, 1},
    {"momentum", LOTTERY_OPTIMISER_SGD, 0.02, 0.9, 0, 0.0, 0},
    {"momentum with decay", LOTTERY_OPTIMISER_SGD, 0.02, 0.9, 0, 0.01, 0},
    {"Nesterov with decay", LOTTERY_OPTIMISER_SGD, 0.02, 0.9, 1, 0.01, 1},
    {"Adam", LOTTERY_OPTIMISER_ADAM, 0.004, 0.0, 0, 0.0, 0},
    {"Adam with decay", LOTTERY_OPTIMISER_ADAM, 0.004, 0.0, 0, 0.01, 0},
};
const int optimiser_case_count = sizeof optimiser_cases / sizeof optimiser_cases[0];

void set_optimiser(lottery_trainer *trainer, const struct optimiser_case *options) {
  assert_ok(NULL, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_OPTIMISER, options->optimiser));
  assert_ok(NULL, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_LEARNING_RATE, options->rate));
  assert_ok(NULL, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_MOMENTUM, options->momentum));
  assert_ok(NULL, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_NESTEROV, options->nesterov));
  assert_ok(NULL, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_WEIGHT_DECAY, options->decay));
  assert_ok(NULL, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_DECAY_BIASES, options->decay_biases));
}

lottery_dataset *unit_vectors(lottery_context *context, int64_t count) {
  float *inputs = calloc((size_t)(count * count), sizeof *inputs), *targets = calloc((size_t)count, sizeof *targets);
  assert_non_null(inputs);
  assert_non_null(targets);
  for (int64_t i = 0; i < count; i++) inputs[i * count + i] = targets[i] = 1.0F;
  lottery_dataset *plain, *dataset;
  assert_ok(context, lottery_dataset_create(context, count, 1, &count, LOTTERY_ELEMENT_FLOAT32, inputs, 1.0, 0.0,
                                            LOTTERY_MEMORY_COPY, NULL, NULL, &plain));
  assert_ok(context, lottery_dataset_with_targets(plain, 1, targets, count, &dataset));
  lottery_dataset_destroy(plain);
  free(inputs);
  free(targets);
  return dataset;
}

lottery_trainer *order_trainer(lottery_context *context, int64_t count, int64_t batch_size, uint64_t seed) {
  lottery_network *network;
  int32_t node;
  assert_ok(context, lottery_network_create(context, &network));
  assert_ok(context, lottery_network_input(network, 1, &count, &node));
  assert_ok(context, lottery_network_dense(network, node, 1, &node));
  assert_ok(context, lottery_network_node_set_integer(network, node, LOTTERY_NODE_BIAS, 0));
  assert_ok(context, lottery_network_finish(network, node));
  write_zeros(context, network);
  lottery_dataset *dataset = unit_vectors(context, count);
  lottery_trainer *trainer;
  assert_ok(context, lottery_trainer_create(network, dataset, seed, &trainer));
  assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_LOSS, LOTTERY_LOSS_MEAN_SQUARED_ERROR));
  assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_OPTIMISER, LOTTERY_OPTIMISER_SGD));
  assert_ok(context, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_LEARNING_RATE, 0.0));
  assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, batch_size));
  lottery_network_destroy(network);
  lottery_dataset_destroy(dataset);
  return trainer;
}

int64_t order_next(lottery_trainer *trainer, int64_t count, int64_t *visits) {
  float *gradient = calloc((size_t)count, sizeof *gradient);
  assert_non_null(gradient);
  assert_ok(NULL, lottery_trainer_gradient(trainer, 0, NULL, NULL, NULL, NULL));
  assert_ok(NULL, lottery_trainer_read_tensor_gradient(trainer, 0, gradient, count));
  assert_ok(NULL, lottery_trainer_apply(trainer));
  /* Outputs are 0, so an example that comes k times of n has the gradient -2 k / n. All are whole multiples of the
   * same number, and together they are -2. */
  double smallest = 0.0;
  for (int64_t i = 0; i < count; i++)
    if (gradient[i] < 0.0F && ((double)gradient[i] > smallest || smallest == 0.0)) smallest = (double)gradient[i];
  assert_true(smallest < 0.0);
  int64_t total = 0;
  for (int64_t i = 0; i < count; i++) {
    const int64_t times = (int64_t)((double)gradient[i] / smallest + 0.5);
    visits[i] += times;
    total += times;
  }
  free(gradient);
  return total;
}

int32_t *order_of_data(lottery_context *context, int64_t count, uint64_t seed, int64_t epochs) {
  int32_t *order = calloc((size_t)(epochs * count), sizeof *order);
  int64_t *visits = calloc((size_t)count, sizeof *visits);
  assert_non_null(order);
  assert_non_null(visits);
  lottery_trainer *trainer = order_trainer(context, count, 1, seed);
  for (int64_t i = 0; i < epochs * count; i++) {
    memset(visits, 0, (size_t)count * sizeof *visits);
    assert_int_equal(order_next(trainer, count, visits), 1);
    for (int64_t j = 0; j < count; j++)
      if (visits[j] == 1) order[i] = (int32_t)j;
  }
  lottery_trainer_destroy(trainer);
  free(visits);
  return order;
}
