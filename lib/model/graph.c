/* Building a network: adding nodes, and finishing, which names and allocates the tensors. */
#include <string.h>

#include "base/arithmetic.h"
#include "base/context.h"
#include "base/memory.h"
#include "model/layer.h"
#include "model/network.h"

enum { UNIT_LIMIT = 1 << 24 };

static lottery_status input_shape(struct lottery_network *network, struct node *node, int64_t units) {
  (void)network, (void)node, (void)units;
  return LOTTERY_OK;
}
const struct layer_kind layer_input = {.name = "input", .shape = input_shape};

static lottery_status require_open(struct lottery_network *network) {
  if (!network->finished) return LOTTERY_OK;
  return context_fail(network->object.context, LOTTERY_ERROR_STATE, "network: finished, its graph is fixed");
}

lottery_status network_check_node(struct lottery_network *network, const char *argument, int32_t node) {
  if (node >= 0 && node < network->node_count) return LOTTERY_OK;
  return context_fail(network->object.context, LOTTERY_ERROR_ARGUMENT, "%s: %d is no node; there are %d", argument,
                      (int)node, (int)network->node_count);
}

/* Appends a node that is complete. */
static lottery_status append(struct lottery_network *network, const struct node *node, int32_t *index) {
  struct lottery_context *context = network->object.context;
  if (network->node_count == network->node_capacity) {
    const int32_t capacity = network->node_capacity == 0 ? 16 : network->node_capacity * 2;
    struct node *nodes = memory_allocate(context, capacity, sizeof *nodes);
    if (nodes == NULL) return LOTTERY_ERROR_MEMORY;
    if (network->node_count > 0) memcpy(nodes, network->nodes, (size_t)network->node_count * sizeof *nodes);
    memory_release(context, network->nodes);
    network->nodes = nodes;
    network->node_capacity = capacity;
  }
  network->nodes[network->node_count] = *node;
  *index = network->node_count++;
  return LOTTERY_OK;
}

lottery_status network_add_input(struct lottery_network *network, int32_t rank, const int64_t *shape, int32_t *node) {
  struct lottery_context *context = network->object.context;
  const lottery_status status = require_open(network);
  if (status != LOTTERY_OK) return status;
  if (network->node_count > 0) return context_fail(context, LOTTERY_ERROR_STATE, "input: the network has one");
  if (rank != 1 && rank != 3)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "rank: %d is neither 1 nor 3", (int)rank);
  struct node input = {.kind = &layer_input, .rank = rank, .features = 1, .tensors = {-1, -1}};
  for (int32_t i = 0; i < rank; i++) {
    if (shape[i] < 1 || shape[i] > INT32_MAX / input.features)
      return context_fail(context, LOTTERY_ERROR_ARGUMENT,
                          "shape: size %lld at %d is below 1 or makes more than %d features", (long long)shape[i],
                          (int)i, INT32_MAX);
    input.shape[i] = shape[i];
    input.features *= shape[i];
  }
  option_initialise(&input.options, LOTTERY_HANDLE_NODE);
  return append(network, &input, node);
}

lottery_status network_add_layer(struct lottery_network *network, const struct layer_kind *kind, int32_t input_count,
                                 const int32_t *inputs, int64_t units, int32_t *node) {
  lottery_status status = require_open(network);
  if (status != LOTTERY_OK) return status;
  struct node layer = {.kind = kind, .input_count = input_count, .tensors = {-1, -1}};
  for (int32_t i = 0; i < input_count; i++) {
    status = network_check_node(network, "input", inputs[i]);
    if (status != LOTTERY_OK) return status;
    layer.inputs[i] = inputs[i];
  }
  if (kind->has_units && (units < 1 || units > UNIT_LIMIT))
    return context_fail(network->object.context, LOTTERY_ERROR_ARGUMENT, "units: %lld is outside 1 to %d",
                        (long long)units, UNIT_LIMIT);
  option_initialise(&layer.options, LOTTERY_HANDLE_NODE);
  status = kind->shape(network, &layer, units);
  return status == LOTTERY_OK ? append(network, &layer, node) : status;
}

/* Marks the nodes that lead to the output, and the layers with tensors that nothing with tensors comes after. */
static void walk_back(const struct lottery_network *network, int32_t output, bool *reached, bool *last) {
  bool *const clear = last; /* until a layer is met: whether only nodes without tensors lie between it and the output */
  reached[output] = clear[output] = true;
  for (int32_t i = output; i >= 0; i--) {
    const struct node *node = &network->nodes[i];
    if (!reached[i]) continue;
    for (int32_t j = 0; j < node->input_count; j++) {
      reached[node->inputs[j]] = true;
      if (clear[i] && node->kind->tensors == NULL) clear[node->inputs[j]] = true;
    }
  }
}

/* Counts who reads each node, in one pass: a graph may come from a file and be as long as that likes. */
static void count_readers(struct lottery_network *network) {
  for (int32_t i = 0; i < network->node_count; i++) network->nodes[i].readers = 0;
  for (int32_t i = 1; i < network->node_count; i++)
    for (int32_t j = 0; j < network->nodes[i].input_count; j++) {
      struct node *input = &network->nodes[network->nodes[i].inputs[j]];
      input->readers++;
      input->last_reader = i;
    }
}

/* An activation takes the memory of its input where nobody else reads that; a dense layer applies its ReLU itself, and
 * backwards the slope of the ReLU before it where nobody else reads that. */
static void choose_in_place(struct lottery_network *network) {
  count_readers(network);
  for (int32_t i = 1; i < network->node_count; i++) {
    struct node *node = &network->nodes[i];
    if (!node->kind->in_place || node->inputs[0] == 0) continue;
    struct node *input = &network->nodes[node->inputs[0]];
    node->in_place = input->readers == 1 && !input->kind->reads_output;
    node->fused = input->relu = node->in_place && node->kind == &layer_relu && input->kind == &layer_dense;
    node->fused_backward = node->fused && node->readers == 1 && network->nodes[node->last_reader].kind == &layer_dense;
  }
}

/* What finishing makes; committed to the network only when all of it exists. */
struct draft {
  int64_t tensor_count, prunable_count;
  struct tensor *tensors, *prunable;
  struct parameter *parameter;
  int64_t *prunable_tensors;
  struct layout *layout;
  float *parameters;
};

static void release_draft(struct lottery_context *context, struct draft *draft) {
  memory_release(context, draft->tensors);
  memory_release(context, draft->prunable);
  memory_release(context, draft->parameter);
  memory_release(context, draft->prunable_tensors);
  memory_release(context, draft->parameters);
  object_release(draft->layout);
}

/* Lists the tensors of node `index` behind those that are there. */
static void list_tensors(const struct lottery_network *network, int32_t index, int32_t number, bool last,
                         struct draft *draft, int32_t first_and_count[2]) {
  const struct node *node = &network->nodes[index];
  const int32_t count = node->kind->tensors(network, node, number, draft->tensors + draft->tensor_count,
                                            draft->parameter + draft->tensor_count);
  first_and_count[0] = (int32_t)draft->tensor_count;
  first_and_count[1] = count;
  for (int32_t i = 0; i < count; i++, draft->tensor_count++) {
    struct parameter *parameter = &draft->parameter[draft->tensor_count];
    parameter->next_to_output = last;
    parameter->reads_input = node->inputs[0] == 0;
    if (parameter->mask_tensor < 0) continue;
    parameter->mask_tensor = (int32_t)draft->prunable_count;
    draft->prunable[draft->prunable_count] = draft->tensors[draft->tensor_count];
    draft->prunable_tensors[draft->prunable_count++] = draft->tensor_count;
  }
}

/* Fills the draft; the nodes' own tensor indices go to `of_node` [node][first, count]. */
static lottery_status fill_draft(struct lottery_network *network, struct draft *draft, const bool *last,
                                 int32_t (*of_node)[2]) {
  struct lottery_context *context = network->object.context;
  const int64_t most = (int64_t)network->node_count * NODE_TENSOR_LIMIT;
  draft->tensors = memory_allocate(context, most, sizeof *draft->tensors);
  draft->prunable = memory_allocate(context, most, sizeof *draft->prunable);
  draft->parameter = memory_allocate(context, most, sizeof *draft->parameter);
  draft->prunable_tensors = memory_allocate(context, most, sizeof *draft->prunable_tensors);
  if (draft->tensors == NULL || draft->prunable == NULL || draft->parameter == NULL || draft->prunable_tensors == NULL)
    return LOTTERY_ERROR_MEMORY;
  int32_t number = 0;
  for (int32_t i = 0; i < network->node_count; i++)
    if (network->nodes[i].kind->tensors != NULL) list_tensors(network, i, ++number, last[i], draft, of_node[i]);
  draft->layout = layout_create(context, network->kernels, draft->tensors, draft->parameter, draft->tensor_count, NULL,
                                network_crossover(network));
  if (draft->layout == NULL) return LOTTERY_ERROR_MEMORY;
  draft->parameters = layout_allocate(draft->layout);
  return draft->parameters != NULL ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
}

static void commit(struct lottery_network *network, int32_t output, const struct draft *draft, int32_t (*of_node)[2]) {
  network->tensor_count = draft->tensor_count;
  network->tensors = draft->tensors;
  network->parameter = draft->parameter;
  network->layout = draft->layout;
  network->parameters = draft->parameters;
  network->prunable = draft->prunable;
  network->prunable_tensors = draft->prunable_tensors;
  network->prunable_count = draft->prunable_count;
  for (int32_t i = 0; i < network->node_count; i++)
    for (int32_t j = 0; j < of_node[i][1]; j++) network->nodes[i].tensors[j] = of_node[i][0] + j;
  choose_in_place(network);
  network->output = output;
  network->finished = true;
}

lottery_status network_plan_create(struct lottery_network *network, struct network_plan *plan) {
  struct lottery_context *context = network->object.context;
  const int64_t most = (int64_t)network->node_count * NODE_TENSOR_LIMIT;
  *plan = (struct network_plan){.tensors = memory_allocate(context, most, sizeof *plan->tensors),
                                .parameter = memory_allocate(context, most, sizeof *plan->parameter)};
  if (plan->tensors == NULL || plan->parameter == NULL) {
    network_plan_release(network, plan);
    return LOTTERY_ERROR_MEMORY;
  }
  int32_t number = 0;
  for (int32_t i = 0; i < network->node_count; i++) {
    const struct node *node = &network->nodes[i];
    if (node->kind->tensors != NULL)
      plan->count +=
          node->kind->tensors(network, node, ++number, plan->tensors + plan->count, plan->parameter + plan->count);
  }
  if (layout_dense_bytes(plan->tensors, plan->count, &plan->bytes)) return LOTTERY_OK;
  network_plan_release(network, plan);
  return context_fail(context, LOTTERY_ERROR_MEMORY, "network: its parameters do not fit a 64-bit size");
}

void network_plan_release(struct lottery_network *network, struct network_plan *plan) {
  memory_release(network->object.context, plan->tensors);
  memory_release(network->object.context, plan->parameter);
  *plan = (struct network_plan){0};
}

lottery_status network_finish(struct lottery_network *network, int32_t output) {
  struct lottery_context *context = network->object.context;
  lottery_status status = require_open(network);
  if (status == LOTTERY_OK) status = network_check_node(network, "output", output);
  if (status != LOTTERY_OK) return status;
  bool *reached = memory_allocate(context, network->node_count, sizeof *reached);
  bool *last = memory_allocate(context, network->node_count, sizeof *last);
  int32_t(*of_node)[2] = memory_allocate(context, network->node_count, sizeof *of_node);
  struct draft draft = {0};
  if (reached == NULL || last == NULL || of_node == NULL) status = LOTTERY_ERROR_MEMORY;
  if (status == LOTTERY_OK) {
    walk_back(network, output, reached, last);
    for (int32_t i = 0; status == LOTTERY_OK && i < network->node_count; i++)
      if (!reached[i])
        status = context_fail(context, LOTTERY_ERROR_ARGUMENT, "output: node %d (%s) does not lead to node %d", (int)i,
                              network->nodes[i].kind->name, (int)output);
  }
  if (status == LOTTERY_OK) status = fill_draft(network, &draft, last, of_node);
  if (status == LOTTERY_OK)
    commit(network, output, &draft, of_node);
  else
    release_draft(context, &draft);
  memory_release(context, reached);
  memory_release(context, last);
  memory_release(context, of_node);
  return status;
}
