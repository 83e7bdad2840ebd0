/* A network's graph as a text of JSON (docs/format.md). */
#ifndef STORE_ARCHIVE_GRAPH_H
#define STORE_ARCHIVE_GRAPH_H

#include "model/network.h"
#include "store/archive/archive.h"
#include "store/json/json_writer.h"

/* Writes the nodes and the output of a finished network. */
void graph_write(const struct lottery_network *network, struct json_writer *writer);

/* One of its nodes. */
void graph_write_node(const struct lottery_network *network, int32_t node, struct json_writer *writer);

/* SHAPE, with the first node that differs as it is in either, unless the item's graph is the network's. */
lottery_status graph_require_same(struct lottery_archive *archive, const char *name,
                                  const struct lottery_network *network);

/* Builds the graph of the item called `name`: a network that is not finished, and its output node. A kind of layer or
 * an option that this version does not know is UNSUPPORTED. */
lottery_status graph_read(struct lottery_archive *archive, const char *name, struct lottery_network **network,
                          int32_t *output);

#endif
