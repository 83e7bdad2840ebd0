/* Public functions of the network. */
#include "api/check.h"
#include "base/finite.h"
#include "base/text.h"
#include "model/layer/layer.h"
#include "train/evaluate.h"
#include "train/loss.h"
#include "train/state.h"

lottery_status lottery_network_create(lottery_context *context, lottery_network **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(context, OBJECT_CONTEXT);
  RETURN_IF_NULL(context, out);
  *out = network_create(context);
  return *out != NULL ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
}

lottery_status lottery_network_preset(lottery_context *context, const char *name, lottery_network **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(context, OBJECT_CONTEXT);
  RETURN_IF_NULL(context, out);
  RETURN_IF_NULL(context, name);
  return network_preset(context, name, out);
}

lottery_status lottery_network_copy(lottery_network *network, lottery_network **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(network, OBJECT_NETWORK);
  RETURN_IF_NULL(network->object.context, out);
  RETURN_IF_ERROR(network_require_finished(network));
  *out = network_copy(network);
  return *out != NULL ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
}

void lottery_network_destroy(lottery_network *network) { destroy_handle(network, OBJECT_NETWORK); }

static lottery_status check_building(lottery_network *network, const int32_t *node) {
  RETURN_UNLESS_HANDLE(network, OBJECT_NETWORK);
  RETURN_IF_NULL(network->object.context, node);
  return LOTTERY_OK;
}

lottery_status lottery_network_input(lottery_network *network, int32_t rank, const int64_t *shape, int32_t *node) {
  RETURN_IF_ERROR(check_building(network, node));
  RETURN_IF_NULL(network->object.context, shape);
  return network_add_input(network, rank, shape, node);
}

static lottery_status add_layer(lottery_network *network, const struct layer_kind *kind, int32_t input_count,
                                const int32_t *inputs, const union attribute_value *attributes, int32_t *node) {
  RETURN_IF_ERROR(check_building(network, node));
  return network_add_layer(network, kind, input_count, inputs, attributes, node);
}

lottery_status lottery_network_dense(lottery_network *network, int32_t input, int64_t units, int32_t *node) {
  const union attribute_value attributes[] = {{.integer = units}};
  return add_layer(network, &layer_dense, 1, &input, attributes, node);
}

lottery_status lottery_network_relu(lottery_network *network, int32_t input, int32_t *node) {
  return add_layer(network, &layer_relu, 1, &input, NULL, node);
}

lottery_status lottery_network_tanh(lottery_network *network, int32_t input, int32_t *node) {
  return add_layer(network, &layer_tanh, 1, &input, NULL, node);
}

lottery_status lottery_network_sigmoid(lottery_network *network, int32_t input, int32_t *node) {
  return add_layer(network, &layer_sigmoid, 1, &input, NULL, node);
}

lottery_status lottery_network_add(lottery_network *network, int32_t first, int32_t second, int32_t *node) {
  const int32_t inputs[] = {first, second};
  return add_layer(network, &layer_add, 2, inputs, NULL, node);
}

/* The node must be of a kind that has the option. */
static lottery_status check_node_option(lottery_network *network, int32_t node, int32_t key) {
  RETURN_UNLESS_HANDLE(network, OBJECT_NETWORK);
  RETURN_IF_ERROR(network_check_node(network, "node", node));
  const struct layer_kind *kind = network->nodes[node].kind;
  struct lottery_context *context = network->object.context;
  if (kind->option_count == 0)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "node: %d (%s) has no options", (int)node, kind->name);
  const struct option *option = option_find(key);
  if (option == NULL || option->handle != LOTTERY_HANDLE_NODE || layer_takes_option(kind, key)) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_ARGUMENT, "key: node %d (%s) has no option %s", (int)node, kind->name,
                      option->name);
}

lottery_status lottery_network_node_set_integer(lottery_network *network, int32_t node, int32_t key, int64_t value) {
  RETURN_IF_ERROR(check_node_option(network, node, key));
  if (network->finished)
    return context_fail(network->object.context, LOTTERY_ERROR_STATE, "network: finished, its options are fixed");
  return option_set_integer(network->object.context, &network->nodes[node].options, key, value);
}

lottery_status lottery_network_node_get_integer(lottery_network *network, int32_t node, int32_t key, int64_t *out) {
  RETURN_IF_ERROR(check_node_option(network, node, key));
  RETURN_IF_NULL(network->object.context, out);
  return option_get_integer(network->object.context, &network->nodes[node].options, key, out);
}

lottery_status lottery_network_node_shape(lottery_network *network, int32_t node, int64_t capacity, int64_t *shape,
                                          int32_t *rank) {
  RETURN_UNLESS_HANDLE(network, OBJECT_NETWORK);
  RETURN_IF_ERROR(network_check_node(network, "node", node));
  return tensor_copy_shape(network->object.context, network->nodes[node].rank, network->nodes[node].shape, capacity,
                           shape, rank);
}

lottery_status lottery_network_finish(lottery_network *network, int32_t output) {
  RETURN_UNLESS_HANDLE(network, OBJECT_NETWORK);
  return network_finish(network, output, NULL);
}

/* What most functions below begin with. */
static lottery_status check_finished(lottery_network *network) {
  RETURN_UNLESS_HANDLE(network, OBJECT_NETWORK);
  return network_require_finished(network);
}

static lottery_status check_tensor(lottery_network *network, int64_t tensor) {
  RETURN_IF_ERROR(check_finished(network));
  return tensor_check_index(network->object.context, tensor, network->tensor_count);
}

static lottery_status check_idle(lottery_network *network) {
  RETURN_UNLESS_HANDLE(network, OBJECT_NETWORK);
  return network_require_idle(network);
}

lottery_status lottery_network_sizes(lottery_network *network, int64_t *inputs, int64_t *outputs) {
  RETURN_IF_ERROR(check_finished(network));
  RETURN_IF_NULL(network->object.context, inputs);
  RETURN_IF_NULL(network->object.context, outputs);
  *inputs = network_inputs(network);
  *outputs = network_outputs(network);
  return LOTTERY_OK;
}

lottery_status lottery_network_initialise(lottery_network *network, int32_t scheme, uint64_t seed) {
  RETURN_IF_ERROR(check_idle(network));
  if (scheme < LOTTERY_INITIALISE_GLOROT_NORMAL || scheme > LOTTERY_INITIALISE_KAIMING_UNIFORM)
    return context_fail(network->object.context, LOTTERY_ERROR_ARGUMENT, "scheme: %d is outside 0 to %d", (int)scheme,
                        LOTTERY_INITIALISE_KAIMING_UNIFORM);
  return network_initialise(network, scheme, seed);
}

lottery_status lottery_network_tensor_count(lottery_network *network, int64_t *out) {
  RETURN_IF_ERROR(check_finished(network));
  RETURN_IF_NULL(network->object.context, out);
  *out = network->tensor_count;
  return LOTTERY_OK;
}

lottery_status lottery_network_tensor_name(lottery_network *network, int64_t tensor, char *buffer, int64_t capacity,
                                           int64_t *needed) {
  RETURN_IF_ERROR(check_tensor(network, tensor));
  return text_copy(network->object.context, network->tensors[tensor].name, buffer, capacity, needed);
}

lottery_status lottery_network_tensor_find(lottery_network *network, const char *name, int64_t *out) {
  RETURN_IF_ERROR(check_finished(network));
  RETURN_IF_NULL(network->object.context, name);
  RETURN_IF_NULL(network->object.context, out);
  const int64_t tensor = tensor_find(network->tensors, network->tensor_count, name);
  if (tensor < 0)
    return context_fail(network->object.context, LOTTERY_ERROR_ARGUMENT, "name: no tensor is called '%.64s'", name);
  *out = tensor;
  return LOTTERY_OK;
}

lottery_status lottery_network_tensor_shape(lottery_network *network, int64_t tensor, int64_t capacity, int64_t *shape,
                                            int32_t *rank) {
  RETURN_IF_ERROR(check_tensor(network, tensor));
  return tensor_copy_shape(network->object.context, network->tensors[tensor].rank, network->tensors[tensor].shape,
                           capacity, shape, rank);
}

lottery_status lottery_network_set_real(lottery_network *network, int32_t key, double value) {
  RETURN_UNLESS_HANDLE(network, OBJECT_NETWORK);
  if (network->finished) RETURN_IF_ERROR(network_require_idle(network));
  return network_set_real(network, key, value);
}

lottery_status lottery_network_get_real(lottery_network *network, int32_t key, double *out) {
  RETURN_UNLESS_HANDLE(network, OBJECT_NETWORK);
  RETURN_IF_NULL(network->object.context, out);
  return option_get_real(network->object.context, &network->options, key, out);
}

lottery_status lottery_network_tensor_form(lottery_network *network, int64_t tensor, int32_t *form, int64_t *bytes) {
  RETURN_IF_ERROR(check_tensor(network, tensor));
  if (form != NULL)
    *form =
        tensor_index(&network->parameters.layout->tensors[tensor]) != NULL ? LOTTERY_FORM_PACKED : LOTTERY_FORM_DENSE;
  if (bytes != NULL) *bytes = layout_bytes(network->parameters.layout, tensor);
  return LOTTERY_OK;
}

lottery_status lottery_network_tensor_prunable(lottery_network *network, int64_t tensor, int32_t *out) {
  RETURN_IF_ERROR(check_tensor(network, tensor));
  RETURN_IF_NULL(network->object.context, out);
  *out = network->parameter[tensor].mask_tensor >= 0;
  return LOTTERY_OK;
}

lottery_status lottery_network_read_tensor(lottery_network *network, int64_t tensor, float *values, int64_t count) {
  RETURN_IF_ERROR(check_tensor(network, tensor));
  RETURN_IF_NULL(network->object.context, values);
  RETURN_IF_ERROR(tensor_check_count(network->object.context, &network->tensors[tensor], count));
  network_read(network, tensor, values);
  return LOTTERY_OK;
}

lottery_status lottery_network_write_tensor(lottery_network *network, int64_t tensor, const float *values,
                                            int64_t count) {
  RETURN_IF_ERROR(check_idle(network));
  RETURN_IF_ERROR(check_tensor(network, tensor));
  RETURN_IF_NULL(network->object.context, values);
  RETURN_IF_ERROR(tensor_check_count(network->object.context, &network->tensors[tensor], count));
  RETURN_IF_ERROR(finite_check(network->object.context, "values", values, count));
  network_write(network, tensor, values);
  return LOTTERY_OK;
}

lottery_status lottery_network_set_mask(lottery_network *network, lottery_mask *mask) {
  RETURN_IF_ERROR(check_idle(network));
  if (mask != NULL) {
    RETURN_UNLESS_OTHER_HANDLE(network->object.context, mask, OBJECT_MASK);
    RETURN_IF_ERROR(network_check_mask_shape(network, mask));
  }
  return network_set_mask(network, mask);
}

lottery_status lottery_network_get_mask(lottery_network *network, lottery_mask **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(network, OBJECT_NETWORK);
  RETURN_IF_NULL(network->object.context, out);
  RETURN_IF_ERROR(network_require_finished(network));
  *out = network_current_mask(network);
  return *out != NULL ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
}

lottery_status lottery_network_check_mask(lottery_network *network, lottery_mask *mask, int64_t *tensor,
                                          int64_t *element) {
  RETURN_IF_ERROR(check_finished(network));
  if (mask != NULL) {
    RETURN_UNLESS_OTHER_HANDLE(network->object.context, mask, OBJECT_MASK);
    RETURN_IF_ERROR(network_check_mask_shape(network, mask));
  }
  int64_t where[2] = {-1, -1};
  const lottery_status status = network_check_pruned(network, mask != NULL ? mask : network_mask(network), where);
  if (tensor != NULL) *tensor = where[0];
  if (element != NULL) *element = where[1];
  return status;
}

lottery_status lottery_network_predict(lottery_network *network, int64_t count, const float *inputs, float *outputs) {
  RETURN_IF_ERROR(check_finished(network));
  struct lottery_context *context = network->object.context;
  RETURN_IF_NULL(context, inputs);
  RETURN_IF_NULL(context, outputs);
  if (count < 1 || count > INT32_MAX)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "count: %lld is outside 1 to %d", (long long)count, INT32_MAX);
  return predict(network, count, inputs, outputs);
}

lottery_status lottery_network_evaluate(lottery_network *network, lottery_dataset *dataset, int32_t kind, double *loss,
                                        int64_t *correct) {
  RETURN_IF_ERROR(check_finished(network));
  struct lottery_context *context = network->object.context;
  RETURN_UNLESS_OTHER_HANDLE(context, dataset, OBJECT_DATASET);
  if (loss_find(kind) == NULL)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "kind: %d is not a loss", (int)kind);
  return evaluate(network, dataset, kind, loss, correct);
}

lottery_status lottery_network_snapshot(lottery_network *network, lottery_snapshot **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(network, OBJECT_NETWORK);
  RETURN_IF_NULL(network->object.context, out);
  RETURN_IF_ERROR(network_require_finished(network));
  *out = state_of_network(network);
  return *out != NULL ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
}

lottery_status lottery_network_restore(lottery_network *network, lottery_snapshot *snapshot) {
  RETURN_IF_ERROR(check_idle(network));
  RETURN_UNLESS_OTHER_HANDLE(network->object.context, snapshot, OBJECT_SNAPSHOT);
  return state_restore_network(network, snapshot);
}
