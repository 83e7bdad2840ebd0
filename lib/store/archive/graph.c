/* Writing and reading graphs. Kinds, options and inputs go by name and number, as the builder's functions take them. */
#include "store/archive/graph.h"

#include <string.h>

#include "base/context.h"
#include "base/text.h"
#include "model/layer/layer.h"
#include "store/archive/format.h"
#include "store/archive/item.h"
#include "store/json/hex_real.h"

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

/* "units":300 */
static void write_attributes(const struct node *node, struct json_writer *writer) {
  for (int32_t i = 0; i < node->kind->attribute_count; i++) {
    const struct attribute *attribute = &node->kind->attributes[i];
    json_write(writer, ",");
    json_write_string(writer, attribute->name);
    json_write(writer, ":");
    if (attribute->real) {
      char text[HEX_REAL_CAPACITY];
      hex_real_write(node->attributes[i].real, text);
      json_write_string(writer, text);
    } else {
      json_write_integer(writer, node->attributes[i].integer);
    }
  }
}

void graph_write_node(const struct lottery_network *network, int32_t index, struct json_writer *writer) {
  const struct node *node = &network->nodes[index];
  int64_t inputs[NODE_INPUT_LIMIT];
  for (int32_t i = 0; i < node->input_count; i++) inputs[i] = node->inputs[i];
  json_write(writer, "{\"kind\":");
  json_write_string(writer, node->kind->name);
  if (node->kind->inputs_most == 0) {
    json_write(writer, ",\"shape\":");
    json_write_integers(writer, node->shape, node->rank);
  } else {
    json_write(writer, ",\"inputs\":");
    json_write_integers(writer, inputs, node->input_count);
  }
  write_attributes(node, writer);
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

/* The members of a node: these, then the attributes of all kinds. */
enum { MEMBER_KIND, MEMBER_SHAPE, MEMBER_INPUTS, MEMBER_OPTIONS, MEMBER_ATTRIBUTES, MEMBER_LIMIT = 32 };

struct members {
  int32_t count;
  const char *names[MEMBER_LIMIT];
  bool real[MEMBER_LIMIT];
};

static int32_t find_member(const struct members *members, const char *name) {
  for (int32_t i = MEMBER_ATTRIBUTES; i < members->count; i++)
    if (strcmp(members->names[i], name) == 0) return i;
  return -1;
}

/* Attributes of several kinds may have one name, and are then of one type. */
static struct members list_members(void) {
  struct members members = {.count = MEMBER_ATTRIBUTES, .names = {"kind", "shape", "inputs", "options"}};
  for (int32_t i = 0; i < layer_kind_count; i++)
    for (int32_t j = 0; j < layer_kinds[i]->attribute_count; j++) {
      const struct attribute *attribute = &layer_kinds[i]->attributes[j];
      if (find_member(&members, attribute->name) >= 0 || members.count == MEMBER_LIMIT) continue;
      members.real[members.count] = attribute->real;
      members.names[members.count++] = attribute->name;
    }
  return members;
}

/* A graph on its way in. `status` says what is wrong beyond the form of the JSON. */
struct reader {
  struct lottery_archive *archive;
  const char *name;
  struct json json;
  struct members members;
  struct lottery_network *network;
  lottery_status status;
};

/* One node as it stands in the text. */
struct description {
  const char *kind;
  int32_t rank, input_count;
  int64_t shape[NODE_RANK_LIMIT], inputs[NODE_INPUT_LIMIT];
  union attribute_value values[MEMBER_LIMIT]; /* of attributes, by member */
  struct option_values options;
  uint64_t noted_options; /* those that it sets: see option_note */
};

static void fail(struct reader *reader, lottery_status status, const char *what, const char *word) {
  reader->status = context_fail(reader->archive->object.context, status, "%.256s: lottery.graph, node %d: %s%.64s",
                                reader->name, (int)reader->network->node_count, what, word);
}

/* The builder's refusal, with where it was. */
static void refuse(struct reader *reader, lottery_status status) {
  reader->status = status;
  if (status != LOTTERY_OK && status != LOTTERY_ERROR_MEMORY)
    reader->status = context_prefix(reader->archive->object.context, LOTTERY_ERROR_FORMAT,
                                    "%.256s: lottery.graph, node %d: ", reader->name, (int)reader->network->node_count);
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

static void read_options(struct reader *reader, struct description *node) {
  struct json *json = &reader->json;
  json_enter(json, '{');
  while (reader->status == LOTTERY_OK && json_more(json, '{')) {
    const char *name;
    int64_t value;
    if (!json_key(json, &name)) return;
    const struct option *option = option_find_name(LOTTERY_HANDLE_NODE, name);
    if (option == NULL) {
      fail(reader, LOTTERY_ERROR_UNSUPPORTED, "this version has no option ", name);
      return;
    }
    if (option_note(&node->noted_options, option)) json_fail(json, "the option appears twice");
    if (json_integer(json, INT64_MIN, INT64_MAX, &value))
      refuse(reader, option_set_integer(reader->archive->object.context, &node->options, option->key, value));
  }
}

/* Takes the attributes of a kind from a description; false unless it has those and no others. */
static bool take_attributes(const struct members *members, const struct layer_kind *kind,
                            const struct description *node, uint32_t seen, union attribute_value *attributes) {
  uint32_t wanted = 0;
  for (int32_t i = 0; i < kind->attribute_count; i++) {
    const int32_t member = find_member(members, kind->attributes[i].name);
    wanted |= (uint32_t)1 << member;
    attributes[i] = node->values[member];
  }
  return seen >> MEMBER_ATTRIBUTES == wanted >> MEMBER_ATTRIBUTES;
}

/* Whether the kind has every option that the description sets. */
static bool takes_options(const struct layer_kind *kind, uint64_t options) {
  for (int64_t i = 0; i < option_count(); i++) {
    const struct option *option = option_at(i);
    if (option->handle == LOTTERY_HANDLE_NODE && !layer_takes_option(kind, option->key) &&
        option_note(&options, option))
      return false;
  }
  return true;
}

/* Adds the node; `seen`: the members that it has. */
static void build(struct reader *reader, const struct description *node, uint32_t seen) {
  const struct layer_kind *kind = layer_find(node->kind);
  if (kind == NULL) {
    fail(reader, LOTTERY_ERROR_UNSUPPORTED, "this version has no kind of layer called ", node->kind);
    return;
  }
  union attribute_value attributes[NODE_ATTRIBUTE_LIMIT] = {{0}};
  const bool is_input = kind->inputs_most == 0; /* whose shape is given instead */
  const bool has_shape = (seen & 1 << MEMBER_SHAPE) != 0, has_inputs = (seen & 1 << MEMBER_INPUTS) != 0;
  const bool has_options = (seen & 1 << MEMBER_OPTIONS) != 0;
  if (has_shape != is_input || has_inputs == is_input || (has_options && kind->option_count == 0) ||
      !takes_options(kind, node->noted_options) || node->input_count < kind->inputs_least ||
      node->input_count > kind->inputs_most || !take_attributes(&reader->members, kind, node, seen, attributes)) {
    fail(reader, LOTTERY_ERROR_FORMAT, "does not have the shape, inputs, attributes and options of a ", kind->name);
    return;
  }
  int32_t index = -1, inputs[NODE_INPUT_LIMIT];
  for (int32_t i = 0; i < node->input_count; i++) inputs[i] = (int32_t)node->inputs[i];
  refuse(reader, is_input ? network_add_input(reader->network, node->rank, node->shape, &index)
                          : network_add_layer(reader->network, kind, node->input_count, inputs, attributes, &index));
  if (reader->status == LOTTERY_OK) reader->network->nodes[index].options = node->options;
}

static void read_value(struct json *json, bool real, union attribute_value *value) {
  const char *text;
  if (!real)
    json_integer(json, INT64_MIN, INT64_MAX, &value->integer);
  else if (json_string(json, &text) && !hex_real_read(text, &value->real))
    json_fail(json, "a real number is written as in \"0x1.8p-1\"");
}

static void read_node(struct reader *reader) {
  const struct members *members = &reader->members;
  struct json *json = &reader->json;
  struct description node = {0};
  uint32_t seen = 0;
  option_initialise(&node.options, LOTTERY_HANDLE_NODE);
  json_enter(json, '{');
  while (reader->status == LOTTERY_OK && json_more(json, '{')) {
    const int32_t member = json_member(json, members->names, members->count, &seen);
    switch (member) {
      case MEMBER_KIND: json_string(json, &node.kind); break;
      case MEMBER_SHAPE: read_integers(json, NODE_RANK_LIMIT, 1, INT64_MAX, node.shape, &node.rank); break;
      case MEMBER_INPUTS: read_integers(json, NODE_INPUT_LIMIT, 0, INT32_MAX, node.inputs, &node.input_count); break;
      case MEMBER_OPTIONS: read_options(reader, &node); break;
      default:
        if (member >= MEMBER_ATTRIBUTES) read_value(json, members->real[member], &node.values[member]);
        break;
    }
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
  struct reader reader = {.archive = archive, .name = name, .members = list_members()};
  int64_t node = 0;
  lottery_status status = item_open_text(archive, name, ROLE_GRAPH, &reader.json);
  if (status != LOTTERY_OK) return status;
  reader.network = network_create(archive->object.context);
  if (reader.network == NULL)
    reader.status = LOTTERY_ERROR_MEMORY;
  else
    read_graph(&reader, &node);
  if (reader.status != LOTTERY_OK) reader.json.fault = NULL; /* the message is there already */
  status = item_close_text(archive, name, ROLE_GRAPH, &reader.json);
  if (reader.status != LOTTERY_OK) status = reader.status;
  if (status == LOTTERY_OK) {
    *network = reader.network;
    *output = (int32_t)node;
  } else {
    object_release(reader.network);
  }
  return status;
}
