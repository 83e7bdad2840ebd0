/* Writing and reading graphs. Kinds, options and inputs go by name and number, as the builder's functions take them. */
#include "store/graph.h"

#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/text.h"
#include "model/layer.h"
#include "store/format.h"

/* --- Writing --- */

/* Options that are not at their default, which never changes. */
static void write_options(const struct node *node, struct json_writer *writer) {
  bool any = false;
  for (int64_t i = 0; i < option_count(); i++) {
    const struct option *option = option_at(i);
    if (option->handle != LOTTERY_HANDLE_NODE) continue;
    const int64_t value = option_integer(&node->options, option->key);
    if (value == (int64_t)option->initial) continue;
    json_write(writer, any ? "," : ",\"options\":{");
    any = true;
    json_write_string(writer, option->name);
    json_write(writer, ":");
    json_write_integer(writer, value);
  }
  if (any) json_write(writer, "}");
}

void graph_write_node(const struct lottery_network *network, int32_t index, struct json_writer *writer) {
  const struct node *node = &network->nodes[index];
  int64_t inputs[NODE_INPUT_LIMIT];
  for (int32_t i = 0; i < node->input_count; i++) inputs[i] = node->inputs[i];
  json_write(writer, "{\"kind\":");
  json_write_string(writer, node->kind->name);
  if (node->kind == &layer_input) {
    json_write(writer, ",\"shape\":");
    json_write_integers(writer, node->shape, node->rank);
  } else {
    json_write(writer, ",\"inputs\":");
    json_write_integers(writer, inputs, node->input_count);
  }
  if (node->kind->has_units) {
    json_write(writer, ",\"units\":");
    json_write_integer(writer, node->shape[0]);
  }
  write_options(node, writer);
  json_write(writer, "}");
}

void graph_write(const struct lottery_network *network, struct json_writer *writer) {
  json_write(writer, "{\"nodes\":[");
  for (int32_t i = 0; i < network->node_count; i++) {
    if (i > 0) json_write(writer, ",");
    graph_write_node(network, i, writer);
  }
  json_write(writer, "],\"output\":");
  json_write_integer(writer, network->output);
  json_write(writer, "}");
}

/* --- Reading --- */

/* A graph on its way in. `status` says what is wrong beyond the form of the JSON. */
struct reader {
  struct lottery_archive *archive;
  const char *name;
  struct json json;
  struct lottery_network *network;
  lottery_status status;
};

/* One node as it stands in the text. */
struct description {
  const char *kind;
  int32_t rank, input_count;
  int64_t shape[NODE_RANK_LIMIT], inputs[NODE_INPUT_LIMIT], units;
  struct option_values options;
};

static void fail(struct reader *reader, lottery_status status, const char *what, const char *word) {
  reader->status = context_fail(reader->archive->object.context, status, "%.256s: lottery.graph, node %d: %s%.64s",
                                reader->name, (int)reader->network->node_count, what, word);
}

/* The builder's refusal, with where it was. */
static void refuse(struct reader *reader, lottery_status status) {
  char message[256];
  if (status == LOTTERY_OK || status == LOTTERY_ERROR_MEMORY) {
    reader->status = status;
    return;
  }
  lottery_context_message(reader->archive->object.context, message, sizeof message, NULL);
  reader->status =
      context_fail(reader->archive->object.context, LOTTERY_ERROR_FORMAT, "%.256s: lottery.graph, node %d: %s",
                   reader->name, (int)reader->network->node_count, message);
}

static void read_integers(struct json *json, int32_t limit, int64_t minimum, int64_t maximum, int64_t *values,
                          int32_t *count) {
  json_enter(json, '[');
  while (json_more(json, '[')) {
    if (*count == limit) {
      json_fail(json, "the list is too long");
      return;
    }
    if (!json_integer(json, minimum, maximum, &values[*count])) return;
    (*count)++;
  }
}

static const struct option *find_option(const char *name) {
  for (int64_t i = 0; i < option_count(); i++)
    if (option_at(i)->handle == LOTTERY_HANDLE_NODE && strcmp(option_at(i)->name, name) == 0) return option_at(i);
  return NULL;
}

static void read_options(struct reader *reader, struct option_values *options) {
  struct json *json = &reader->json;
  uint32_t seen = 0;
  json_enter(json, '{');
  while (reader->status == LOTTERY_OK && json_more(json, '{')) {
    const char *name;
    int64_t value;
    if (!json_key(json, &name)) return;
    const struct option *option = find_option(name);
    if (option == NULL) {
      fail(reader, LOTTERY_ERROR_UNSUPPORTED, "this version has no option ", name);
      return;
    }
    const uint32_t bit = (uint32_t)1 << option->key % 100;
    if ((seen & bit) != 0) json_fail(json, "the option comes twice");
    seen |= bit;
    if (json_integer(json, INT64_MIN, INT64_MAX, &value))
      refuse(reader, option_set_integer(reader->archive->object.context, options, option->key, value));
  }
}

enum { MEMBER_KIND, MEMBER_SHAPE, MEMBER_INPUTS, MEMBER_UNITS, MEMBER_OPTIONS, MEMBERS };

/* Adds the node; `seen`: the members that it has. */
static void build(struct reader *reader, const struct description *node, uint32_t seen) {
  const struct layer_kind *kind = layer_find(node->kind);
  if (kind == NULL) {
    fail(reader, LOTTERY_ERROR_UNSUPPORTED, "this version has no kind of layer called ", node->kind);
    return;
  }
  const bool is_input = kind == &layer_input;
  const bool has_shape = (seen & 1 << MEMBER_SHAPE) != 0, has_inputs = (seen & 1 << MEMBER_INPUTS) != 0;
  const bool has_units = (seen & 1 << MEMBER_UNITS) != 0, has_options = (seen & 1 << MEMBER_OPTIONS) != 0;
  if (has_shape != is_input || has_inputs == is_input || has_units != kind->has_units ||
      (has_options && !kind->has_units) || (!is_input && node->input_count != (kind->reads_two ? 2 : 1))) {
    fail(reader, LOTTERY_ERROR_FORMAT, "has not the shape, inputs, units and options of a ", kind->name);
    return;
  }
  int32_t index = -1, inputs[NODE_INPUT_LIMIT];
  for (int32_t i = 0; i < node->input_count; i++) inputs[i] = (int32_t)node->inputs[i];
  refuse(reader, is_input ? network_add_input(reader->network, node->rank, node->shape, &index)
                          : network_add_layer(reader->network, kind, node->input_count, inputs, node->units, &index));
  if (reader->status == LOTTERY_OK) reader->network->nodes[index].options = node->options;
}

static void read_node(struct reader *reader) {
  static const char *const members[MEMBERS] = {"kind", "shape", "inputs", "units", "options"};
  struct json *json = &reader->json;
  struct description node = {0};
  uint32_t seen = 0;
  option_initialise(&node.options, LOTTERY_HANDLE_NODE);
  json_enter(json, '{');
  while (reader->status == LOTTERY_OK && json_more(json, '{')) switch (json_member(json, members, MEMBERS, &seen)) {
      case MEMBER_KIND: json_string(json, &node.kind); break;
      case MEMBER_SHAPE: read_integers(json, NODE_RANK_LIMIT, 1, INT64_MAX, node.shape, &node.rank); break;
      case MEMBER_INPUTS: read_integers(json, NODE_INPUT_LIMIT, 0, INT32_MAX, node.inputs, &node.input_count); break;
      case MEMBER_UNITS: json_integer(json, 0, INT64_MAX, &node.units); break;
      case MEMBER_OPTIONS: read_options(reader, &node.options); break;
      default: break;
    }
  if (reader->status != LOTTERY_OK || json->fault != NULL) return;
  if ((seen & 1 << MEMBER_KIND) == 0)
    json_fail(json, "a node needs a kind");
  else
    build(reader, &node, seen);
}

/* {"nodes":[…],"output":…} */
static void read_graph(struct reader *reader, int64_t *output) {
  static const char *const members[] = {"nodes", "output"};
  struct json *json = &reader->json;
  uint32_t seen = 0;
  json_enter(json, '{');
  while (reader->status == LOTTERY_OK && json_more(json, '{')) switch (json_member(json, members, 2, &seen)) {
      case 0:
        json_enter(json, '[');
        while (reader->status == LOTTERY_OK && json_more(json, '[')) read_node(reader);
        break;
      case 1: json_integer(json, 0, INT32_MAX, output); break;
      default: break;
    }
  if (reader->status == LOTTERY_OK && json_end(json) && seen != 3) json_fail(json, "a graph needs nodes and output");
}

lottery_status graph_read(struct lottery_archive *archive, const char *name, struct lottery_network **network,
                          int32_t *output) {
  struct reader reader = {.archive = archive, .name = name};
  int64_t node = 0;
  lottery_status status = archive_open_text(archive, name, ROLE_GRAPH, &reader.json);
  if (status != LOTTERY_OK) return status;
  reader.network = network_create(archive->object.context);
  if (reader.network == NULL)
    reader.status = LOTTERY_ERROR_MEMORY;
  else
    read_graph(&reader, &node);
  if (reader.status != LOTTERY_OK) reader.json.fault = NULL; /* the message is there already */
  status = archive_close_text(archive, name, ROLE_GRAPH, &reader.json);
  if (reader.status != LOTTERY_OK) status = reader.status;
  if (status == LOTTERY_OK) {
    *network = reader.network;
    *output = (int32_t)node;
  } else {
    object_release(reader.network);
  }
  return status;
}
