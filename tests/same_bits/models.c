/* The networks, data and masks of all combinations, from a generator of their own. */
#include "same_bits.h"

/* --- Networks ---------------------------------------------------------------------------------------------------- */

/* Sums, every activation, a node that three others read, one that skips two layers, and two readers of the input. */
static void build_graph(lottery_context *context, lottery_network *network) {
  const int64_t shape[] = {1, 5, 8};
  int32_t input, wide, relu, narrow, curved, skipped, other, sum, out;
  require(context, lottery_network_input(network, 3, shape, &input));
  require(context, lottery_network_dense(network, input, 67, &wide));
  require(context, lottery_network_relu(network, wide, &relu));
  require(context, lottery_network_dense(network, relu, 19, &narrow));
  require(context, lottery_network_tanh(network, narrow, &curved));
  require(context, lottery_network_dense(network, relu, 19, &skipped));
  require(context, lottery_network_dense(network, input, 19, &other));
  require(context, lottery_network_sigmoid(network, other, &other));
  require(context, lottery_network_add(network, curved, skipped, &sum));
  require(context, lottery_network_add(network, sum, other, &sum));
  require(context, lottery_network_add(network, sum, curved, &sum));
  require(context, lottery_network_relu(network, sum, &sum));
  require(context, lottery_network_dense(network, sum, 6, &out));
  require(context, lottery_network_finish(network, out));
}

static void build_bare(lottery_context *context, lottery_network *network) {
  const int64_t shape[] = {45};
  int32_t node;
  require(context, lottery_network_input(network, 1, shape, &node));
  const int64_t units[] = {65, 32, 10};
  for (int i = 0; i < LENGTH(units); i++) {
    if (i > 0) require(context, lottery_network_relu(network, node, &node));
    require(context, lottery_network_dense(network, node, units[i], &node));
    require(context, lottery_network_node_set_integer(network, node, LOTTERY_NODE_BIAS, 0));
  }
  require(context, lottery_network_finish(network, node));
}

const struct shape shapes[SHAPES] = {
    [LENET] = {"lenet", "lenet-300-100", NULL, 784, 10},
    [ODD] = {"odd", "mlp-37-70-33-7", NULL, 37, 7},
    [GRAPH] = {"graph", NULL, build_graph, 40, 6},
    [UNIT] = {"unit", "mlp-9-1", NULL, 9, 1},
    [BARE] = {"bare", NULL, build_bare, 45, 10},
    [LONG] = {"long", "mlp-701-66-5", NULL, 701, 5}, /* several chunks of inputs in a packed index */
};

lottery_network *make_network(lottery_context *context, int shape, int32_t scheme) {
  lottery_network *network = NULL;
  if (shapes[shape].preset != NULL)
    require(context, lottery_network_preset(context, shapes[shape].preset, &network));
  else {
    require(context, lottery_network_create(context, &network));
    shapes[shape].build(context, network);
  }
  require(context, lottery_network_initialise(network, scheme, 11));
  return network;
}

int64_t elements(lottery_context *context, lottery_network *network, int64_t tensor) {
  int64_t sizes[2] = {1, 1};
  int32_t rank;
  require(context, lottery_network_tensor_shape(network, tensor, 2, sizes, &rank));
  return sizes[0] * sizes[1];
}

uint64_t hash_network(lottery_context *context, lottery_network *network) {
  uint64_t hash = hash_start;
  int64_t tensors;
  require(context, lottery_network_tensor_count(network, &tensors));
  for (int64_t i = 0; i < tensors; i++) {
    const int64_t count = elements(context, network, i);
    float *values = reserve(count, sizeof *values);
    require(context, lottery_network_read_tensor(network, i, values, count));
    hash = hash_bytes(hash, values, (size_t)count * sizeof *values);
    free(values);
  }
  return hash;
}

/* Another last bit in the middle weight of the first tensor. */
void disturb_network(lottery_context *context, lottery_network *network) {
  const int64_t count = elements(context, network, 0);
  float *values = reserve(count, sizeof *values);
  require(context, lottery_network_read_tensor(network, 0, values, count));
  unsigned char *bytes = (unsigned char *)&values[count / 2];
  const uint16_t one = 1;
  bytes[*(const unsigned char *)&one == 1 ? 0 : 3] ^= 1;
  require(context, lottery_network_write_tensor(network, 0, values, count));
  free(values);
}

/* --- Data -------------------------------------------------------------------------------------------------------- */

const char *const data_names[DATA] = {"floats", "floats_sparse", "bytes", "bytes_sparse", "bytes_normalised"};

static bool is_zero(int kind, int64_t features, int64_t index) {
  if (kind != FLOATS_SPARSE && kind != BYTES_SPARSE && kind != BYTES_NORMALISED) return false;
  return fraction(3, (uint64_t)index) < 0.8 || index % features < features / 7;
}

static lottery_dataset *make_dataset(lottery_context *context, int shape, int kind, bool targets) {
  const int64_t features = shapes[shape].features, outputs = shapes[shape].outputs;
  lottery_dataset *dataset = NULL, *labelled = NULL;
  const bool floats = kind == FLOATS || kind == FLOATS_SPARSE;
  float *values = reserve(COUNT * features, sizeof *values);
  uint8_t *bytes = (uint8_t *)values; /* the same memory: one of the two is used */
  for (int64_t i = 0; i < COUNT * features; i++) {
    const bool zero = is_zero(kind, features, i);
    if (floats)
      values[i] = zero ? 0.0F : (float)(2.0 * fraction(1, (uint64_t)i) - 1.0);
    else
      bytes[i] = zero ? 0 : (uint8_t)(1 + number(2, (uint64_t)i) % 255);
  }
  require(context,
          lottery_dataset_create(context, COUNT, 1, &features, floats ? LOTTERY_ELEMENT_FLOAT32 : LOTTERY_ELEMENT_UINT8,
                                 values, floats ? 1.0 : 1.0 / 255, 0.0, LOTTERY_MEMORY_COPY, NULL, NULL, &dataset));
  free(values);
  if (kind == BYTES_NORMALISED) {
    double mean, deviation;
    lottery_dataset *normalised = NULL;
    require(context, lottery_dataset_statistics(dataset, 1, &mean, &deviation));
    require(context, lottery_dataset_normalise(dataset, 1, &mean, &deviation, &normalised));
    lottery_dataset_destroy(dataset);
    dataset = normalised;
  }
  if (targets) {
    float *answers = reserve(COUNT * outputs, sizeof *answers);
    for (int64_t i = 0; i < COUNT * outputs; i++) answers[i] = (float)fraction(4, (uint64_t)i);
    require(context, lottery_dataset_with_targets(dataset, outputs, answers, COUNT, &labelled));
    free(answers);
  } else {
    int32_t labels[COUNT];
    for (int i = 0; i < COUNT; i++) labels[i] = (int32_t)(number(5, (uint64_t)i) % (uint64_t)outputs);
    require(context, lottery_dataset_with_labels(dataset, (int32_t)outputs, labels, COUNT, &labelled));
  }
  lottery_dataset_destroy(dataset);
  return labelled;
}

static lottery_dataset *made[SHAPES * DATA * 2];

lottery_dataset *dataset_of(lottery_context *context, int shape, int kind, bool targets) {
  lottery_dataset **dataset = &made[(shape * DATA + kind) * 2 + targets];
  if (*dataset == NULL) *dataset = make_dataset(context, shape, kind, targets);
  return *dataset;
}

void forget_datasets(void) {
  for (int i = 0; i < LENGTH(made); i++) lottery_dataset_destroy(made[i]);
}

/* --- Masks ------------------------------------------------------------------------------------------------------- */

lottery_mask *make_mask(lottery_context *context, lottery_network *network, double density, uint64_t seed, bool dead) {
  lottery_mask *mask = NULL, *next = NULL;
  int64_t tensors, sizes[2];
  int32_t rank;
  require(context, lottery_mask_ones(network, &mask));
  require(context, lottery_mask_tensor_count(mask, &tensors));
  for (int64_t i = 0; i < tensors; i++) {
    require(context, lottery_mask_tensor_shape(mask, i, 2, sizes, &rank));
    const int64_t count = sizes[0] * sizes[1];
    uint8_t *bytes = reserve(count, 1);
    for (int64_t j = 0; j < count; j++)
      bytes[j] = fraction(i == 0 ? seed : 20 + (uint64_t)i, (uint64_t)j) < density && !(dead && j % sizes[1] % 3 == 0);
    require(context, lottery_mask_replace(mask, i, bytes, count, &next));
    lottery_mask_destroy(mask);
    mask = next;
    free(bytes);
  }
  return mask;
}

uint64_t hash_mask(lottery_context *context, lottery_mask *mask) {
  uint64_t hash = hash_start;
  int64_t tensors, total;
  require(context, lottery_mask_tensor_count(mask, &tensors));
  for (int64_t i = 0; i < tensors; i++) {
    require(context, lottery_mask_kept(mask, i, NULL, &total));
    uint8_t *bytes = reserve(total, 1);
    require(context, lottery_mask_read(mask, i, bytes, total));
    hash = hash_bytes(hash, bytes, (size_t)total);
    free(bytes);
  }
  return hash;
}
