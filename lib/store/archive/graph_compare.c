/* Whether a network has the graph of an item. */
#include <string.h>

#include "base/context.h"
#include "store/archive/graph.h"

/* A node, or "nothing" where the graph has fewer. */
static void describe(const struct lottery_network *network, int32_t node, struct json_writer *writer) {
  if (node < network->node_count)
    graph_write_node(network, node, writer);
  else
    json_write(writer, "nothing");
}

static lottery_status compare_node(struct lottery_archive *archive, const char *name,
                                   const struct lottery_network *network, const struct lottery_network *saved,
                                   int32_t node) {
  struct lottery_context *context = archive->object.context;
  struct json_writer own = {.context = context}, other = {.context = context};
  lottery_status status = LOTTERY_OK;
  describe(network, node, &own);
  describe(saved, node, &other);
  if (own.failed || other.failed)
    status = LOTTERY_ERROR_MEMORY;
  else if (strcmp(own.text, other.text) != 0)
    status = context_fail(context, LOTTERY_ERROR_SHAPE, "network: node %d is %.160s, that of '%.256s' is %.160s",
                          (int)node, own.text, name, other.text);
  json_writer_release(&own);
  json_writer_release(&other);
  return status;
}

lottery_status graph_require_same(struct lottery_archive *archive, const char *name,
                                  const struct lottery_network *network) {
  struct lottery_network *saved = NULL;
  int32_t output;
  lottery_status status = graph_read(archive, name, &saved, &output);
  for (int32_t i = 0; status == LOTTERY_OK && (i < network->node_count || i < saved->node_count); i++)
    status = compare_node(archive, name, network, saved, i);
  if (status == LOTTERY_OK && output != network->output)
    status = context_fail(archive->object.context, LOTTERY_ERROR_SHAPE,
                          "network: its output is node %d, that of '%.256s' node %d", (int)network->output, name,
                          (int)output);
  object_release(saved);
  return status;
}
