/* The scenario: see scenario.h. Every call that can fail is followed by what must hold after a failure. */
#include "scenario.h"

#include <string.h>

enum { EXAMPLES = 40, HEIGHT = 3, WIDTH = 4, FEATURES = HEIGHT * WIDTH, CLASSES = 10, BATCH = 7 };
enum { WEIGHTS = 8 * FEATURES + 8 * 8 + CLASSES * 8 };

/* Makes a call; out of memory, once more when the scenario is to retry. Leaves on an error. */
#define CALL(expression)                                                      \
  do {                                                                        \
    status = (expression);                                                    \
    if (status == LOTTERY_ERROR_MEMORY) {                                     \
      assert_message(context, "memory");                                      \
      if (scenario->retry && scenario->retries++ == 0) status = (expression); \
    }                                                                         \
    if (status < LOTTERY_OK) goto end;                                        \
  } while (0)

/* The same for a call that makes `out`, which must be NULL when it fails. */
#define MAKE(out, expression)                                                 \
  do {                                                                        \
    (out) = (void *)context;                                                  \
    status = (expression);                                                    \
    if (status == LOTTERY_ERROR_MEMORY) {                                     \
      assert_message(context, "memory");                                      \
      assert_null(out);                                                       \
      if (scenario->retry && scenario->retries++ == 0) status = (expression); \
    }                                                                         \
    if (status < LOTTERY_OK) assert_null(out);                                \
    if (status < LOTTERY_OK) goto end;                                        \
    assert_non_null(out);                                                     \
  } while (0)

/* FNV-1a of what came out. */
static void keep(struct scenario *scenario, const void *bytes, size_t count) {
  const unsigned char *byte = bytes;
  uint64_t hash = UINT64_C(14695981039346656037);
  for (size_t i = 0; i < count; i++) hash = (hash ^ byte[i]) * UINT64_C(1099511628211);
  assert_true(scenario->result_count < SCENARIO_RESULTS);
  scenario->results[scenario->result_count++] = hash;
}

static void keep_weights(struct scenario *scenario, lottery_network *network) {
  int64_t count;
  assert_int_equal(lottery_network_tensor_count(network, &count), LOTTERY_OK);
  for (int64_t i = 0; i < count; i++) {
    float values[256];
    int64_t shape[2] = {1, 1};
    int32_t rank;
    assert_int_equal(lottery_network_tensor_shape(network, i, 2, shape, &rank), LOTTERY_OK);
    const int64_t elements = shape[0] * (rank == 2 ? shape[1] : 1);
    assert_true(elements <= 256);
    assert_int_equal(lottery_network_read_tensor(network, i, values, elements), LOTTERY_OK);
    keep(scenario, values, (size_t)elements * sizeof *values);
  }
}

static void keep_mask(struct scenario *scenario, lottery_mask *mask) {
  int64_t count;
  assert_int_equal(lottery_mask_tensor_count(mask, &count), LOTTERY_OK);
  unsigned char bytes[3 * 256] = {0};
  assert_true(count <= 3);
  for (int64_t i = 0; i < count; i++) {
    int64_t total;
    assert_int_equal(lottery_mask_kept(mask, i, NULL, &total), LOTTERY_OK);
    assert_true(total <= 256);
    assert_int_equal(lottery_mask_read(mask, i, bytes + 256 * i, total), LOTTERY_OK);
  }
  keep(scenario, bytes, sizeof bytes);
}

void scenario_files(const char *directory, char images[PATH_CAPACITY], char labels[PATH_CAPACITY]) {
  unsigned char pixels[EXAMPLES * FEATURES], digits[EXAMPLES];
  uint64_t random = 11;
  for (int i = 0; i < EXAMPLES * FEATURES; i++) pixels[i] = (unsigned char)(support_random(&random) >> 24);
  for (int i = 0; i < EXAMPLES; i++) digits[i] = (unsigned char)(i % CLASSES);
  const int64_t sizes[] = {EXAMPLES, HEIGHT, WIDTH};
  write_idx(path_in(directory, "scenario-images", images), 3, sizes, pixels, false);
  write_idx(path_in(directory, "scenario-labels.gz", labels), 1, sizes, digits, true);
}

/* --- Datasets --- */

struct data {
  lottery_dataset *loaded, *shuffled, *relabelled, *normalised, *first, *second, *subset; /* of files */
  lottery_dataset *memory, *labelled, *targeted, *borrowed;                               /* of memory */
};

static lottery_status make_data(lottery_context *context, struct scenario *scenario, struct data *data) {
  static const int32_t map[CLASSES] = {1, 0, 3, 2, 5, 4, 7, 6, 9, 8};
  static const int64_t indices[] = {3, 1, 1, 12};
  static float inputs[EXAMPLES * FEATURES], targets[EXAMPLES * CLASSES];
  static int32_t labels[EXAMPLES];
  const int64_t shape = FEATURES;
  double mean, deviation;
  float read[4 * FEATURES];
  uint64_t random = 5;
  lottery_status status;
  memset(data, 0, sizeof *data);
  for (int i = 0; i < EXAMPLES * FEATURES; i++) inputs[i] = support_random_float(&random);
  for (int i = 0; i < EXAMPLES * CLASSES; i++) targets[i] = support_random_float(&random);
  for (int i = 0; i < EXAMPLES; i++) labels[i] = i % CLASSES;
  MAKE(data->loaded, lottery_dataset_load_idx(context, scenario->images, scenario->labels, &data->loaded));
  MAKE(data->shuffled, lottery_dataset_shuffle_labels(data->loaded, 2, &data->shuffled));
  MAKE(data->relabelled, lottery_dataset_relabel(data->shuffled, CLASSES, map, CLASSES, &data->relabelled));
  CALL(lottery_dataset_statistics(data->loaded, 1, &mean, &deviation));
  MAKE(data->normalised, lottery_dataset_normalise(data->relabelled, 1, &mean, &deviation, &data->normalised));
  data->first = data->second = (void *)context;
  status = lottery_dataset_split(data->normalised, 30, 4, &data->first, &data->second);
  if (status == LOTTERY_ERROR_MEMORY) {
    assert_null(data->first);
    assert_null(data->second);
    if (scenario->retry && scenario->retries++ == 0)
      status = lottery_dataset_split(data->normalised, 30, 4, &data->first, &data->second);
  }
  if (status < LOTTERY_OK) goto end;
  MAKE(data->subset, lottery_dataset_subset(data->second, indices, 3, &data->subset));
  CALL(lottery_dataset_read(data->subset, 0, 3, read, labels));
  keep(scenario, read, 3 * FEATURES * sizeof *read);
  for (int i = 0; i < EXAMPLES; i++) labels[i] = i % CLASSES;
  MAKE(data->memory, lottery_dataset_create(context, EXAMPLES, 1, &shape, LOTTERY_ELEMENT_FLOAT32, inputs, 0.5, 0.1,
                                            LOTTERY_MEMORY_COPY, NULL, NULL, &data->memory));
  MAKE(data->borrowed, lottery_dataset_create(context, EXAMPLES, 1, &shape, LOTTERY_ELEMENT_UINT8, inputs, 0.5, 0.1,
                                              LOTTERY_MEMORY_BORROW, NULL, NULL, &data->borrowed));
  MAKE(data->labelled, lottery_dataset_with_labels(data->memory, CLASSES, labels, EXAMPLES, &data->labelled));
  MAKE(data->targeted, lottery_dataset_with_targets(data->labelled, CLASSES, targets, EXAMPLES, &data->targeted));
end:
  return status;
}

static void destroy_data(const struct data *data) {
  lottery_dataset_destroy(data->loaded);
  lottery_dataset_destroy(data->shuffled);
  lottery_dataset_destroy(data->relabelled);
  lottery_dataset_destroy(data->normalised);
  lottery_dataset_destroy(data->first);
  lottery_dataset_destroy(data->second);
  lottery_dataset_destroy(data->subset);
  lottery_dataset_destroy(data->memory);
  lottery_dataset_destroy(data->labelled);
  lottery_dataset_destroy(data->targeted);
  lottery_dataset_destroy(data->borrowed);
}

/* --- Networks --- */

/* 12 inputs, a residual block with every activation, 10 outputs, more nodes than the first allocation of them holds. */
static lottery_status make_network(lottery_context *context, struct scenario *scenario, lottery_network **network) {
  const int64_t shape[] = {1, HEIGHT, WIDTH};
  int32_t node, short_cut;
  lottery_status status;
  MAKE(*network, lottery_network_create(context, network));
  CALL(lottery_network_input(*network, 3, shape, &node));
  CALL(lottery_network_dense(*network, node, 8, &short_cut));
  CALL(lottery_network_tanh(*network, short_cut, &short_cut));
  CALL(lottery_network_dense(*network, short_cut, 8, &node));
  CALL(lottery_network_sigmoid(*network, node, &node));
  CALL(lottery_network_add(*network, short_cut, node, &node));
  for (int i = 0; i < 12; i++) CALL(lottery_network_relu(*network, node, &node));
  CALL(lottery_network_dense(*network, node, CLASSES, &node));
  CALL(lottery_network_finish(*network, node));
  CALL(lottery_network_initialise(*network, LOTTERY_INITIALISE_GLOROT_UNIFORM, 7));
end:
  return status;
}

/* --- Masks --- */

static lottery_status try_masks(lottery_context *context, struct scenario *scenario, lottery_network *network,
                                lottery_mask *mask) {
  lottery_mask *ones = NULL, *complement = NULL, *shuffled = NULL, *made = NULL, *own = NULL;
  lottery_network *other = NULL;
  static const uint8_t bytes[CLASSES * 8] = {1, 0, 3};
  int64_t distance, units, dead;
  double likeness;
  lottery_status status;
  CALL(lottery_mask_dead(mask, 0, &units, &dead));
  keep(scenario, &dead, sizeof dead);
  MAKE(other, lottery_network_copy(network, &other));
  keep_weights(scenario, other);
  lottery_network_destroy(other);
  other = NULL;
  MAKE(ones, lottery_mask_ones(network, &ones));
  MAKE(complement, lottery_mask_complement(mask, &complement));
  MAKE(shuffled, lottery_mask_shuffle(mask, 3, &shuffled));
  keep_mask(scenario, shuffled);
  MAKE(made, lottery_mask_intersect(mask, shuffled, &made));
  keep_mask(scenario, made);
  lottery_mask_destroy(made);
  MAKE(made, lottery_mask_unite(complement, shuffled, &made));
  lottery_mask_destroy(made);
  MAKE(made, lottery_mask_subtract(mask, shuffled, &made));
  lottery_mask_destroy(made);
  MAKE(made, lottery_mask_replace(ones, 2, bytes, sizeof bytes, &made));
  lottery_mask_destroy(made);
  made = NULL;
  MAKE(other, lottery_network_preset(context, "mlp-12-8-10-3", &other));
  MAKE(made, lottery_mask_transfer(mask, other, &made));
  assert_int_equal(status, LOTTERY_PARTIAL);
  CALL(lottery_mask_hamming(mask, shuffled, &distance));
  CALL(lottery_mask_jaccard(mask, complement, &likeness));
  CALL(lottery_network_set_mask(other, made));
  MAKE(own, lottery_network_get_mask(other, &own));
  assert_ptr_equal(own, made);
  lottery_mask_destroy(own);
  own = NULL;
  CALL(lottery_network_set_mask(other, NULL));
  MAKE(own, lottery_network_get_mask(other, &own));
end:
  lottery_mask_destroy(own);
  lottery_network_destroy(other);
  lottery_mask_destroy(made);
  lottery_mask_destroy(shuffled);
  lottery_mask_destroy(complement);
  lottery_mask_destroy(ones);
  return status;
}

/* Prunes by rate, count and density, each criterion and scope, and by scores; *out is the last mask. */
static lottery_status prune(lottery_context *context, struct scenario *scenario, lottery_network *network,
                            lottery_mask **out) {
  lottery_pruner *pruner = NULL;
  lottery_mask *first = NULL, *second = NULL, *third = NULL;
  int64_t kept[3], dead[3];
  int32_t vanishing[3];
  float scores[WEIGHTS];
  uint64_t random = 6;
  lottery_status status;
  static const char *const names[] = {"fc1.weight", "fc2.weight", "a", "b", "c", "d", "e", "f", "g"};
  MAKE(pruner, lottery_pruner_create(context, &pruner));
  MAKE(first, lottery_pruner_apply(pruner, network, NULL, &first));
  keep_mask(scenario, first);
  CALL(lottery_pruner_preview(pruner, network, first, 3, kept, dead, vanishing));
  keep(scenario, kept, sizeof kept);
  CALL(lottery_pruner_set_integer(pruner, LOTTERY_PRUNER_SCOPE, LOTTERY_SCOPE_GLOBAL));
  CALL(lottery_pruner_set_integer(pruner, LOTTERY_PRUNER_COUNT, 30));
  MAKE(second, lottery_pruner_apply(pruner, network, first, &second));
  keep_mask(scenario, second);
  for (int i = 0; i < WEIGHTS; i++) scores[i] = support_random_float(&random);
  MAKE(third, lottery_pruner_apply_scores(pruner, network, second, scores, WEIGHTS, &third));
  keep_mask(scenario, third);
  lottery_pruner_destroy(pruner);
  MAKE(pruner, lottery_pruner_create(context, &pruner));
  CALL(lottery_pruner_set_integer(pruner, LOTTERY_PRUNER_CRITERION, LOTTERY_CRITERION_RANDOM));
  CALL(lottery_pruner_set_real(pruner, LOTTERY_PRUNER_DENSITY, 0.4));
  CALL(lottery_pruner_set_tensor_rate(pruner, names[0], 0.3));
  MAKE(*out, lottery_pruner_apply(pruner, network, second, out));
  keep_mask(scenario, *out);
  for (int i = 1; i < 9; i++) CALL(lottery_pruner_set_tensor_rate(pruner, names[i], 0.5)); /* the list grows */
end:
  lottery_mask_destroy(third);
  lottery_mask_destroy(second);
  lottery_mask_destroy(first);
  lottery_pruner_destroy(pruner);
  return status;
}

/* --- Training --- */

static lottery_status train(lottery_context *context, struct scenario *scenario, lottery_trainer *trainer,
                            int64_t iterations) {
  lottery_status status;
  int64_t done = 0, before, after;
  assert_int_equal(lottery_trainer_iteration(trainer, &before), LOTTERY_OK);
  status = lottery_trainer_run(trainer, iterations, NULL, NULL, &done);
  if (status == LOTTERY_ERROR_MEMORY) {
    assert_int_equal(lottery_trainer_iteration(trainer, &after), LOTTERY_OK);
    assert_int_equal(after, before + done);
    if (scenario->retry && scenario->retries++ == 0)
      status = lottery_trainer_run(trainer, iterations - done, NULL, NULL, &done);
  }
  if (status != LOTTERY_OK) assert_status(context, status, LOTTERY_ERROR_MEMORY);
  return status;
}

/* The other ways of an iteration. */
static lottery_status iterate(lottery_context *context, struct scenario *scenario, lottery_trainer *trainer) {
  float inputs[BATCH * FEATURES], outputs[BATCH * CLASSES], gradient[512];
  const int32_t labels[BATCH] = {0, 1, 2, 3, 4, 5, 6};
  uint64_t random = 3;
  int64_t count;
  double loss = 0;
  lottery_status status;
  for (int i = 0; i < BATCH * FEATURES; i++) inputs[i] = support_random_float(&random);
  CALL(lottery_trainer_step(trainer, BATCH, inputs, labels, NULL, &loss));
  keep(scenario, &loss, sizeof loss);
  CALL(lottery_trainer_gradient(trainer, 0, NULL, NULL, NULL, &loss));
  CALL(lottery_trainer_gradient_count(trainer, &count));
  assert_true(count <= 512);
  CALL(lottery_trainer_read_gradient(trainer, gradient, count));
  keep(scenario, gradient, (size_t)count * sizeof *gradient);
  CALL(lottery_trainer_write_gradient(trainer, gradient, count));
  CALL(lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, 70)); /* other memory between the two */
  CALL(lottery_trainer_apply(trainer));
  CALL(lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, BATCH));
  CALL(lottery_trainer_forward(trainer, BATCH, inputs, outputs));
  keep(scenario, outputs, sizeof outputs);
  CALL(lottery_trainer_backward(trainer, BATCH, outputs));
  CALL(lottery_trainer_apply(trainer));
  CALL(lottery_trainer_forward(trainer, BATCH, inputs, outputs));
  CALL(lottery_trainer_backward_inputs(trainer, BATCH, outputs, inputs));
  keep(scenario, inputs, sizeof inputs);
end:
  return status;
}

static lottery_status search(lottery_context *context, struct scenario *scenario, lottery_network *network,
                             lottery_dataset *dataset, lottery_dataset *test, int32_t optimiser, double momentum) {
  static const double milestones[] = {3, 6};
  lottery_trainer *trainer = NULL;
  lottery_snapshot *start = NULL, *saved = NULL;
  lottery_mask *mask = NULL;
  float outputs[CLASSES], inputs[FEATURES] = {1, 2, 3};
  double loss;
  int64_t correct;
  lottery_status status;
  CALL(lottery_network_set_mask(network, NULL));
  CALL(lottery_network_initialise(network, LOTTERY_INITIALISE_KAIMING_NORMAL, 7));
  MAKE(trainer, lottery_trainer_create(network, dataset, 9, &trainer));
  CALL(lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_OPTIMISER, optimiser));
  CALL(lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, BATCH));
  CALL(lottery_trainer_set_real(trainer, LOTTERY_TRAINER_LEARNING_RATE, 0.01));
  CALL(lottery_trainer_set_real(trainer, LOTTERY_TRAINER_MOMENTUM, momentum));
  CALL(lottery_trainer_set_reals(trainer, LOTTERY_TRAINER_MILESTONES, milestones, 2));
  MAKE(start, lottery_trainer_snapshot(trainer, LOTTERY_STATE_ALL, &start));
  CALL(train(context, scenario, trainer, 7));
  keep_weights(scenario, network);
  MAKE(saved, lottery_trainer_snapshot(trainer, LOTTERY_STATE_ALL, &saved));
  CALL(prune(context, scenario, network, &mask));
  CALL(lottery_trainer_rewind(trainer, start, mask, LOTTERY_STATE_ALL));
  CALL(train(context, scenario, trainer, 7));
  keep_weights(scenario, network);
  CALL(iterate(context, scenario, trainer));
  CALL(lottery_network_check_mask(network, NULL, NULL, NULL));
  CALL(lottery_trainer_evaluate(trainer, test, &loss, &correct));
  CALL(lottery_network_evaluate(network, test, LOTTERY_LOSS_MEAN_SQUARED_ERROR, &loss, &correct));
  keep(scenario, &loss, sizeof loss);
  CALL(lottery_network_predict(network, 1, inputs, outputs));
  keep(scenario, outputs, sizeof outputs);
  CALL(try_masks(context, scenario, network, mask));
  CALL(lottery_trainer_reset(trainer, LOTTERY_STATE_OPTIMISER | LOTTERY_STATE_POSITION));
  lottery_snapshot_destroy(start);
  MAKE(start, lottery_network_snapshot(network, &start));
  CALL(lottery_network_restore(network, saved));
  CALL(lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_OPTIMISER, 1 - optimiser)); /* its state starts afresh */
  CALL(train(context, scenario, trainer, 2));
  keep_weights(scenario, network);
end:
  lottery_mask_destroy(mask);
  lottery_snapshot_destroy(saved);
  lottery_snapshot_destroy(start);
  lottery_trainer_destroy(trainer);
  return status;
}

lottery_status scenario_run(lottery_context *context, void *user) {
  struct scenario *scenario = user;
  scenario->retries = 0;
  scenario->result_count = 0;
  struct data data;
  lottery_network *network = NULL;
  lottery_status status = make_data(context, scenario, &data);
  if (status == LOTTERY_OK) status = make_network(context, scenario, &network);
  if (status == LOTTERY_OK)
    status = search(context, scenario, network, data.first, data.second, LOTTERY_OPTIMISER_ADAM, 0);
  if (status == LOTTERY_OK)
    status = search(context, scenario, network, data.targeted, data.labelled, LOTTERY_OPTIMISER_SGD, 0.9);
  lottery_network_destroy(network);
  destroy_data(&data);
  return status;
}
