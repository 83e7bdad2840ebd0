/* Compiling a graph: what is fused, what is in place, how long each buffer is needed. */
#include "run/plan.h"

#include "base/arithmetic.h"
#include "base/context.h"
#include "base/memory.h"
#include "model/layer/layer.h"
#include "run/buffers.h"

/* What is known of a node while its graph is compiled. */
struct fact {
  int32_t readers, last_reader; /* how many inputs of nodes read it, and the last node that does */
  bool in_place;                /* its output takes the memory of its input */
  int32_t root;                 /* the node that its memory begins with: itself, or that of its input in place */
  int32_t value, gradient;      /* buffers of a root; -1: none */
  int32_t kept;                 /* buffer; -1: none */
};

struct compiler {
  const struct lottery_network *network;
  struct lottery_context *context;
  int64_t tiles;
  bool training;
  struct fact *facts; /* [node_count] */
  struct plan *plan;
  struct buffer *buffers;
  int32_t buffer_count;
};

/* Whether the node's kind has one of the traits. */
static bool has(const struct node *node, uint32_t traits) { return (node->kind->traits & traits) != 0; }

/* Node i is computed at this time, the loss at `node_count`, and the backward pass of node i at its mirror image. */
static int32_t backward_time(const struct compiler *c, int32_t node) { return 2 * c->network->node_count - node; }

/* Counts who reads each node, in one pass: a graph may come from a file and have any number of nodes. */
static void count_readers(struct compiler *c) {
  for (int32_t i = 1; i < c->network->node_count; i++)
    for (int32_t j = 0; j < c->network->nodes[i].input_count; j++) {
      struct fact *input = &c->facts[c->network->nodes[i].inputs[j]];
      input->readers++;
      input->last_reader = i;
    }
}

/* A node may take its input's memory if no other node reads it and, in training, no backward pass reads the old
 * values. */
static void choose_in_place(struct compiler *c) {
  for (int32_t i = 0; i < c->network->node_count; i++) {
    const struct node *node = &c->network->nodes[i];
    struct fact *fact = &c->facts[i];
    fact->root = i;
    if (i == 0 || !has(node, LAYER_IN_PLACE) || node->inputs[0] == 0) continue;
    if (c->training && has(node, LAYER_BACKWARD_INPUT)) continue; /* its own backward pass reads them */
    const struct fact *input = &c->facts[node->inputs[0]];
    fact->in_place =
        input->readers == 1 && !(c->training && has(&c->network->nodes[node->inputs[0]], LAYER_BACKWARD_OUTPUT));
    if (fact->in_place) fact->root = input->root;
  }
}

/* A layer applies the ReLU after it itself, and backwards the slope of the ReLU before it, if nothing else reads that
 * one. */
static void fuse(struct compiler *c) {
  struct step *const steps = c->plan->steps;
  for (int32_t i = 1; i < c->network->node_count; i++) {
    const struct node *node = &c->network->nodes[i];
    steps[i].node = node;
    steps[i].forward = true;
    steps[i].backward = c->training;
    if (!c->facts[i].in_place || !has(node, LAYER_IS_RELU)) continue;
    if (!has(&c->network->nodes[node->inputs[0]], LAYER_TAKES_RELU)) continue;
    steps[node->inputs[0]].relu = true;
    steps[i].forward = false;
  }
  for (int32_t i = 1; c->training && i < c->network->node_count; i++) {
    const struct fact *fact = &c->facts[i];
    if (steps[i].forward || fact->readers != 1) continue;
    const struct node *reader = steps[fact->last_reader].node;
    if (!has(reader, LAYER_TAKES_SLOPE) || reader->inputs[0] != i) continue;
    steps[fact->last_reader].slope = true;
    steps[i].backward = false;
  }
}

/* The last time that the value of node i is read. */
static int32_t value_end(const struct compiler *c, int32_t i) {
  const struct fact *fact = &c->facts[i];
  int32_t end = fact->readers > 0 ? fact->last_reader : i;
  if (i == c->network->output) end = c->network->node_count;
  if (c->training && has(&c->network->nodes[i], LAYER_BACKWARD_OUTPUT)) end = backward_time(c, i);
  return end;
}

/* Appends a buffer for node i and returns its number, or -1 if the size does not fit. */
static int32_t add_buffer(struct compiler *c, int64_t floats, int32_t first, int32_t last) {
  int64_t size;
  if (!arithmetic_multiply(floats, c->tiles, &size)) return -1;
  c->buffers[c->buffer_count] = (struct buffer){.floats = size, .first = first, .last = last};
  return c->buffer_count++;
}

static void extend(struct buffer *buffer, int32_t time) {
  if (buffer->last < time) buffer->last = time;
}

/* Buffers of the forward pass, in the order of their first use. */
static bool list_values(struct compiler *c, int64_t *workspace) {
  for (int32_t i = 1; i < c->network->node_count; i++) {
    const struct node *node = &c->network->nodes[i];
    struct fact *fact = &c->facts[i];
    fact->value = fact->gradient = fact->kept = -1;
    if (!fact->in_place) {
      fact->value = add_buffer(c, node->features * BATCH_TILE, i, i);
      if (fact->value < 0) return false;
    }
    struct layer_needs needs = {0};
    if (c->training && node->kind->needs != NULL) node->kind->needs(c->network, node, c->tiles * BATCH_TILE, &needs);
    if (needs.workspace > *workspace) *workspace = needs.workspace;
    if (needs.kept == 0) continue;
    fact->kept = add_buffer(c, needs.kept, i, backward_time(c, i));
    if (fact->kept < 0) return false;
  }
  for (int32_t i = 1; i < c->network->node_count; i++) {
    const struct node *node = &c->network->nodes[i];
    extend(&c->buffers[c->facts[c->facts[i].root].value], value_end(c, i));
    for (int32_t j = 0; c->training && has(node, LAYER_BACKWARD_INPUT | LAYER_TAKES_SLOPE) && j < node->input_count;
         j++)
      if (node->inputs[j] != 0)
        extend(&c->buffers[c->facts[c->facts[node->inputs[j]].root].value], backward_time(c, i));
  }
  return true;
}

/* Buffers of the backward pass, likewise. The backward passes of a node's readers write its gradient, the last reader
 * first; its own reads it. The input's gradient is needed only if the input is the output. */
static bool list_gradients(struct compiler *c) {
  const int32_t output = c->network->output;
  struct fact *facts = c->facts;
  facts[0].gradient = -1;
  facts[facts[output].root].gradient =
      add_buffer(c, c->network->nodes[output].features * BATCH_TILE, c->network->node_count, c->network->node_count);
  if (facts[facts[output].root].gradient < 0) return false;
  for (int32_t i = c->network->node_count - 1; i > 0; i--) {
    const struct node *node = &c->network->nodes[i];
    extend(&c->buffers[facts[facts[i].root].gradient], backward_time(c, i));
    for (int32_t j = 0; j < node->input_count; j++) {
      const int32_t input = node->inputs[j];
      if (input == 0 || facts[facts[input].root].gradient >= 0) continue;
      facts[facts[input].root].gradient =
          add_buffer(c, c->network->nodes[input].features * BATCH_TILE, backward_time(c, i), backward_time(c, i));
      if (facts[facts[input].root].gradient < 0) return false;
    }
  }
  return true;
}

static int64_t value_of(const struct compiler *c, int32_t node) {
  return node == 0 ? PLACE_INPUT : c->buffers[c->facts[c->facts[node].root].value].place;
}

static int64_t gradient_of(const struct compiler *c, int32_t node) {
  const int32_t buffer = c->training ? c->facts[c->facts[node].root].gradient : -1;
  return buffer < 0 ? PLACE_NONE : c->buffers[buffer].place;
}

/* Tells the steps where their buffers are. In backward order, the first reader writes a gradient and the others add.
 */
static void connect(struct compiler *c, bool *written) {
  for (int32_t i = c->network->node_count - 1; i > 0; i--) {
    struct step *step = &c->plan->steps[i];
    step->output = value_of(c, i);
    step->output_gradient = gradient_of(c, i);
    step->kept = c->facts[i].kept < 0 ? PLACE_NONE : c->buffers[c->facts[i].kept].place;
    for (int32_t j = 0; j < step->node->input_count; j++) {
      const int32_t input = step->node->inputs[j];
      step->inputs[j] = value_of(c, input);
      step->input_gradients[j] = gradient_of(c, input);
      step->accumulate[j] = written[input];
      written[input] = true;
    }
  }
  c->plan->output = value_of(c, c->network->output);
  c->plan->output_gradient = gradient_of(c, c->network->output);
}

static lottery_status compile(struct compiler *c, bool *written) {
  count_readers(c);
  choose_in_place(c);
  fuse(c);
  if (!list_values(c, &c->plan->workspace) || (c->training && !list_gradients(c)))
    return context_fail(c->context, LOTTERY_ERROR_MEMORY, "network: its activations do not fit a 64-bit size");
  const lottery_status status =
      buffers_place(c->context, c->buffers, c->buffer_count, 2 * c->network->node_count + 1, &c->plan->floats);
  if (status == LOTTERY_OK) connect(c, written);
  return status;
}

lottery_status plan_create(const struct lottery_network *network, int64_t tiles, bool training, struct plan *plan) {
  struct lottery_context *context = network->object.context;
  const int32_t count = network->node_count;
  *plan = (struct plan){.node_count = count, .steps = memory_allocate(context, count, sizeof *plan->steps)};
  struct compiler compiler = {.network = network,
                              .context = context,
                              .tiles = tiles,
                              .training = training,
                              .plan = plan,
                              .facts = memory_allocate(context, count, sizeof *compiler.facts),
                              /* each node's value, gradient and kept values; the input's gradient */
                              .buffers = memory_allocate(context, (int64_t)count * 3, sizeof *compiler.buffers)};
  bool *written = memory_allocate(context, count, sizeof *written);
  lottery_status status = LOTTERY_ERROR_MEMORY;
  if (plan->steps != NULL && compiler.facts != NULL && compiler.buffers != NULL && written != NULL)
    status = compile(&compiler, written);
  memory_release(context, compiler.facts);
  memory_release(context, compiler.buffers);
  memory_release(context, written);
  if (status != LOTTERY_OK) plan_release(context, plan);
  return status;
}

void plan_release(struct lottery_context *context, struct plan *plan) {
  memory_release(context, plan->steps);
  *plan = (struct plan){0};
}
