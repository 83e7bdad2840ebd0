/* Random networks under random masks, packed against dense. */
#include "sparse_fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 20 };

static int64_t below(uint64_t *random, int64_t limit) { return support_random(random) % limit; }

/* 1 often, small mostly, large seldom. */
static int64_t some_size(uint64_t *random, int64_t large) {
  const int64_t kind = below(random, 10);
  return kind == 0 ? 1 : kind == 1 ? 1 + below(random, large) : 1 + below(random, 40);
}

struct fuzz fuzz_case(uint64_t seed) {
  struct fuzz fuzz = {.seed = seed, .random = seed * 77773 + 1};
  uint64_t *random = &fuzz.random;
  for (int i = 0; i < 3; i++) support_random(random);
  fuzz.inputs = some_size(random, 800);
  fuzz.outputs = below(random, 6) == 0 ? 1 : 2 + below(random, 11);
  fuzz.examples = 1 + below(random, below(random, 2) == 0 ? 20 : 400);
  fuzz.batch_size = 1 + below(random, 200);
  fuzz.layers = 1 + (int32_t)below(random, 4);
  fuzz.activation = (int32_t)below(random, 5) % 4; /* ReLU twice as often */
  fuzz.residual = below(random, 4) == 0;
  fuzz.biases = below(random, 4) != 0;
  fuzz.bytes = below(random, 2) == 0;
  fuzz.shifted = below(random, 3) == 0;
  fuzz.host_batches = below(random, 4) == 0;
  fuzz.loss = below(random, 2) == 0 ? LOTTERY_LOSS_CROSS_ENTROPY : LOTTERY_LOSS_MEAN_SQUARED_ERROR;
  fuzz.optimiser = &optimiser_cases[below(random, optimiser_case_count)];
  return fuzz;
}

static int32_t dense(lottery_network *network, const struct fuzz *fuzz, int32_t input, int64_t units) {
  int32_t node;
  assert_ok(NULL, lottery_network_dense(network, input, units, &node));
  if (!fuzz->biases) assert_ok(NULL, lottery_network_node_set_integer(network, node, LOTTERY_NODE_BIAS, 0));
  return node;
}

static int32_t activation(lottery_network *network, const struct fuzz *fuzz, int32_t node) {
  if (fuzz->activation == 0) assert_ok(NULL, lottery_network_relu(network, node, &node));
  if (fuzz->activation == 1) assert_ok(NULL, lottery_network_tanh(network, node, &node));
  if (fuzz->activation == 2) assert_ok(NULL, lottery_network_sigmoid(network, node, &node));
  return node;
}

lottery_network *fuzz_network(lottery_context *context, const struct fuzz *fuzz) {
  uint64_t random = fuzz->random + 1;
  lottery_network *network;
  int32_t node;
  assert_ok(context, lottery_network_create(context, &network));
  assert_ok(context, lottery_network_input(network, 1, &fuzz->inputs, &node));
  for (int32_t i = 1; i < fuzz->layers; i++) {
    const int64_t units = some_size(&random, 200);
    node = activation(network, fuzz, dense(network, fuzz, node, units));
    if (!fuzz->residual) continue;
    const int32_t branch = activation(network, fuzz, dense(network, fuzz, node, units));
    assert_ok(context, lottery_network_add(network, branch, node, &node));
  }
  assert_ok(context, lottery_network_finish(network, dense(network, fuzz, node, fuzz->outputs)));
  assert_ok(context, lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_UNIFORM, fuzz->seed));
  return network;
}

static void fill_mask(uint8_t *bytes, int64_t rows, int64_t columns, uint64_t *random) {
  static const double densities[] = {0, 0.01, 0.05, 0.1, 0.2, 0.5, 0.8, 1};
  const double density = densities[below(random, 8)];
  const bool holes = below(random, 2) == 0;
  for (int64_t row = 0; row < rows; row++) {
    const bool empty = holes && below(random, 4) == 0;
    for (int64_t column = 0; column < columns; column++)
      bytes[row * columns + column] =
          !empty && !(holes && column % 5 == 1) && (double)support_random(random) * 0x1p-32 < density;
  }
}

lottery_mask *fuzz_mask(lottery_network *network, uint64_t seed) {
  uint64_t random = seed;
  lottery_mask *mask;
  int64_t count;
  assert_ok(NULL, lottery_mask_ones(network, &mask));
  assert_ok(NULL, lottery_mask_tensor_count(mask, &count));
  for (int64_t i = 0; i < count; i++) {
    int64_t shape[2];
    int32_t rank;
    assert_ok(NULL, lottery_mask_tensor_shape(mask, i, 2, shape, &rank));
    uint8_t *bytes = calloc((size_t)(shape[0] * shape[1]), 1);
    assert_non_null(bytes);
    fill_mask(bytes, shape[0], shape[1], &random);
    lottery_mask *next;
    assert_ok(NULL, lottery_mask_replace(mask, i, bytes, shape[0] * shape[1], &next));
    lottery_mask_destroy(mask);
    mask = next;
    free(bytes);
  }
  return mask;
}

lottery_dataset *fuzz_dataset(lottery_context *context, const struct fuzz *fuzz) {
  uint64_t random = fuzz->random + 2;
  const int64_t count = fuzz->examples, elements = count * fuzz->inputs;
  uint8_t *bytes = calloc((size_t)elements, 1);
  float *floats = calloc((size_t)elements, sizeof *floats);
  int32_t *labels = calloc((size_t)count, sizeof *labels);
  assert_true(bytes != NULL && floats != NULL && labels != NULL);
  for (int64_t i = 0; i < elements; i++) {
    if (i % fuzz->inputs % 3 == 1 || below(&random, 4) == 0) continue; /* dead inputs, and zeros */
    bytes[i] = (uint8_t)below(&random, 256);
    floats[i] = support_random_float(&random);
  }
  for (int64_t i = 0; i < count; i++) labels[i] = (int32_t)below(&random, fuzz->outputs);
  lottery_dataset *plain, *dataset;
  assert_ok(context, lottery_dataset_create(context, count, 1, &fuzz->inputs,
                                            fuzz->bytes ? LOTTERY_ELEMENT_UINT8 : LOTTERY_ELEMENT_FLOAT32,
                                            fuzz->bytes ? (void *)bytes : (void *)floats, fuzz->bytes ? 1.0 / 255 : 1.0,
                                            fuzz->shifted ? -0.3 : 0.0, LOTTERY_MEMORY_COPY, NULL, NULL, &plain));
  assert_ok(context, lottery_dataset_with_labels(plain, (int32_t)fuzz->outputs, labels, count, &dataset));
  lottery_dataset_destroy(plain);
  free(bytes);
  free(floats);
  free(labels);
  return dataset;
}

lottery_trainer *fuzz_trainer(lottery_network *network, lottery_dataset *dataset, const struct fuzz *fuzz) {
  lottery_trainer *trainer;
  assert_ok(NULL, lottery_trainer_create(network, dataset, fuzz->seed, &trainer));
  set_optimiser(trainer, fuzz->optimiser);
  assert_ok(NULL, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, fuzz->batch_size));
  assert_ok(NULL, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_LOSS, fuzz->loss));
  return trainer;
}

/* STEPS iterations, on the trainer's dataset or on batches of ours. */
static void train(lottery_trainer *trainer, lottery_dataset *dataset, const struct fuzz *fuzz) {
  if (!fuzz->host_batches) {
    assert_ok(NULL, lottery_trainer_run(trainer, STEPS, NULL, NULL, NULL));
    return;
  }
  float *inputs = calloc((size_t)(fuzz->examples * fuzz->inputs), sizeof *inputs);
  int32_t *labels = calloc((size_t)fuzz->examples, sizeof *labels);
  assert_true(inputs != NULL && labels != NULL);
  assert_ok(NULL, lottery_dataset_read(dataset, 0, fuzz->examples, inputs, labels));
  for (int64_t i = 0; i < STEPS; i++) {
    const int64_t most = fuzz->batch_size < fuzz->examples ? fuzz->batch_size : fuzz->examples;
    const int64_t count = 1 + i * 37 % most, first = i * 11 % (fuzz->examples - count + 1);
    assert_ok(NULL, lottery_trainer_step(trainer, count, inputs + first * fuzz->inputs, labels + first, NULL, NULL));
  }
  free(inputs);
  free(labels);
}

struct outcome {
  double loss;
  int64_t correct;
  struct values state;
  struct values weights;
};

/* Changes the weights by a unit of their last place, up or down at random. */
static void disturb(lottery_network *network, uint64_t random) {
  struct values values = network_values(network);
  for (int64_t i = 0; i < values.count; i++)
    values.values[i] = nextafterf(values.values[i], below(&random, 2) == 0 ? 1e9F : -1e9F);
  set_network_values(network, values.values);
  release_values(&values);
}

/* disturbance: 0, or which one of the initial weights. */
static struct outcome train_case(int32_t set, const struct fuzz *fuzz, double crossover, uint64_t disturbance) {
  lottery_context *context = context_on(set);
  lottery_network *network = fuzz_network(context, fuzz);
  assert_ok(context, lottery_network_set_real(network, LOTTERY_NETWORK_CROSSOVER, crossover));
  lottery_mask *mask = fuzz_mask(network, fuzz->random + 3);
  assert_ok(context, lottery_network_set_mask(network, mask));
  if (disturbance != 0) disturb(network, disturbance);
  lottery_dataset *dataset = fuzz_dataset(context, fuzz);
  lottery_trainer *trainer = fuzz_trainer(network, dataset, fuzz);
  train(trainer, dataset, fuzz);
  struct outcome outcome;
  assert_ok(context, lottery_trainer_evaluate(trainer, dataset, &outcome.loss, &outcome.correct));
  assert_ok(context, lottery_network_check_mask(network, NULL, NULL, NULL));
  outcome.state = trainer_values(trainer);
  outcome.weights = network_values(network);
  lottery_trainer_destroy(trainer);
  lottery_dataset_destroy(dataset);
  lottery_mask_destroy(mask);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
  return outcome;
}

static void release_outcome(struct outcome *outcome) {
  release_values(&outcome->state);
  release_values(&outcome->weights);
}

static double largest_of(struct values a) {
  double largest = 0;
  for (int64_t i = 0; i < a.count; i++) largest = fmax(largest, fabs((double)a.values[i]));
  return largest;
}

/* The largest difference; not a number where one of the values is none. */
static double distance_of(struct values a, struct values b) {
  double distance = 0;
  assert_int_equal(a.count, b.count);
  for (int64_t i = 0; i < a.count; i++) {
    const double difference = fabs((double)a.values[i] - (double)b.values[i]);
    if (!(difference <= distance)) distance = difference;
  }
  return distance;
}

void assert_values_near(struct values a, struct values b, const char *what, uint64_t seed) {
  const double distance = distance_of(a, b), largest = largest_of(b);
  if (!(distance <= 1e-5 * largest))
    fail_msg("seed %llu, %s: %g apart, the largest being %g", (unsigned long long)seed, what, distance, largest);
  release_values(&a);
  release_values(&b);
}

/* A sum that is near a ReLU's kink or, under Adam, near 0 turns a difference in its last place into a large one: then
 * dense training does so too when its first weights are disturbed by that much. Returns how far that takes it. */
static struct distance {
  double loss, weights;
} sensitivity(int32_t set, const struct fuzz *fuzz, const struct outcome *reference) {
  enum { DISTURBANCES = 32 };
  struct distance worst = {0, 0};
  for (uint64_t i = 1; i <= DISTURBANCES; i++) {
    struct outcome other = train_case(set, fuzz, 0.0, i);
    worst.loss = fmax(worst.loss, fabs(other.loss - reference->loss));
    worst.weights = fmax(worst.weights, distance_of(other.weights, reference->weights));
    release_outcome(&other);
  }
  return worst;
}

bool fuzz_check(int32_t instruction_set, uint64_t seed) {
  const struct fuzz fuzz = fuzz_case(seed);
  struct outcome reference = train_case(instruction_set, &fuzz, 0.0, 0),
                 packed = train_case(instruction_set, &fuzz, 1.0, 0),
                 again = train_case(instruction_set, &fuzz, 1.0, 0);
  if (memcmp(&packed.loss, &again.loss, sizeof packed.loss) != 0 || packed.state.count != again.state.count ||
      memcmp(packed.state.values, again.state.values, (size_t)packed.state.count * sizeof(float)) != 0)
    fail_msg("seed %llu, instruction set %d: two runs differ", (unsigned long long)seed, (int)instruction_set);
  const struct distance distance = {fabs(packed.loss - reference.loss), distance_of(packed.weights, reference.weights)};
  struct distance limit = {1e-5 * fabs(reference.loss) + 1e-8, 1e-5 * largest_of(reference.weights)};
  const bool amplifies = !(distance.loss <= limit.loss && distance.weights <= limit.weights);
  if (amplifies) {
    const struct distance natural = sensitivity(instruction_set, &fuzz, &reference);
    limit.loss = fmax(limit.loss, 2 * natural.loss);
    limit.weights = fmax(limit.weights, 2 * natural.weights);
    if (!(distance.loss <= limit.loss && distance.weights <= limit.weights))
      fail_msg(
          "seed %llu, instruction set %d: losses %.9g packed and %.9g dense (limit %.3g), weights %.3g apart (limit "
          "%.3g, the largest being %g)",
          (unsigned long long)seed, (int)instruction_set, packed.loss, reference.loss, limit.loss, distance.weights,
          limit.weights, largest_of(reference.weights));
    print_message("seed %llu, instruction set %d: ill-conditioned, weights %.3g apart, %.3g when disturbed\n",
                  (unsigned long long)seed, (int)instruction_set, distance.weights, natural.weights);
  }
  release_outcome(&reference);
  release_outcome(&packed);
  release_outcome(&again);
  return amplifies;
}
