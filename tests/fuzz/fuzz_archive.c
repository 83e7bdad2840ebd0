/* Archives. The input is the number of the allocation that fails (0: none), and the file. */
#include <stdlib.h>
#include <string.h>

#include "host.h"

enum { LIMIT = 1 << 22, WEIGHTS = 1 << 18, WIDTH = 1 << 12 };
#define ANY                                                                                   \
  (ALLOW(LOTTERY_ERROR_ARGUMENT) | ALLOW(LOTTERY_ERROR_FORMAT) | ALLOW(LOTTERY_ERROR_SHAPE) | \
   ALLOW(LOTTERY_ERROR_UNSUPPORTED) | ALLOW(LOTTERY_ERROR_NOT_FINITE))

struct bytes {
  unsigned char *data;
  size_t count;
};

static int64_t collect(const void *bytes, int64_t count, void *user) {
  struct bytes *to = user;
  to->data = realloc(to->data, to->count + (size_t)count);
  MUST(to->data != NULL && count > 0);
  memcpy(to->data + to->count, bytes, (size_t)count);
  to->count += (size_t)count;
  return count;
}

/* A network works: it computes, and trains from the state that a snapshot says. mask and snapshot may be NULL. */
static void use(struct host *host, lottery_network *network, lottery_mask *mask, lottery_snapshot *snapshot) {
  static float inputs[WIDTH], outputs[WIDTH];
  const int32_t label = 0;
  int64_t input_count, output_count;
  lottery_trainer *trainer;
  int32_t contents = 0;
  double rate;
  MUST(lottery_network_sizes(network, &input_count, &output_count) == LOTTERY_OK);
  if (input_count > WIDTH || output_count > WIDTH) return;
  host_accepts(host, lottery_network_predict(network, 1, inputs, outputs), 0, "predict");
  if (snapshot != NULL) MUST(lottery_snapshot_contents(snapshot, &contents) == LOTTERY_OK);
  if (!host_accepts(host, lottery_trainer_create(network, NULL, 1, &trainer), 0, "trainer_create")) return;
  if (host_accepts(host, lottery_trainer_rewind(trainer, snapshot, mask, contents), ALLOW(LOTTERY_ERROR_SHAPE),
                   "rewind")) {
    MUST(lottery_trainer_rate(trainer, &rate) == LOTTERY_OK);
    host_accepts(host, lottery_trainer_step(trainer, 1, inputs, &label, NULL, NULL), ALLOW(LOTTERY_ERROR_NOT_FINITE),
                 "step");
    host_accepts(host, lottery_network_check_mask(network, NULL, NULL, NULL), 0, "check_mask");
  }
  lottery_trainer_destroy(trainer);
}

/* Gets an item as all that it might be, for at most `most` bytes more, and uses what comes: a snapshot's state also in
 * `other`, if that is not NULL. */
static void get(struct host *host, lottery_archive *archive, const char *name, lottery_network *other, int64_t most) {
  lottery_network *network = NULL, *ticket = NULL;
  lottery_mask *mask = NULL, *of_ticket = NULL;
  lottery_snapshot *snapshot = NULL, *values = NULL;
  const int64_t before = host->wanted = host->live;
  char text[64];
  host_accepts(host, lottery_archive_get_network(archive, name, &network), ANY, "get_network");
  host_accepts(host, lottery_archive_get_mask(archive, name, NULL, &mask), ANY, "get_mask");
  host_accepts(host, lottery_archive_get_snapshot(archive, name, network, &snapshot), ANY, "get_snapshot");
  host_accepts(host, lottery_archive_get_ticket(archive, name, &ticket, &of_ticket, &values), ANY, "get_ticket");
  host_accepts(host, lottery_archive_get_text(archive, name, text, sizeof text, NULL), ANY, "get_text");
  if (ticket != NULL) MUST(lottery_network_check_mask(ticket, of_ticket, NULL, NULL) != LOTTERY_ERROR_MASK);
  MUST(host->wanted - before < most);
  if (network != NULL) use(host, network, NULL, snapshot);
  if (ticket != NULL) use(host, ticket, of_ticket, values);
  if (other != NULL && snapshot != NULL) use(host, other, NULL, snapshot);
  lottery_network_destroy(network);
  lottery_network_destroy(ticket);
  lottery_mask_destroy(mask);
  lottery_mask_destroy(of_ticket);
  lottery_snapshot_destroy(snapshot);
  lottery_snapshot_destroy(values);
}

/* The first network that there is, or NULL. */
static lottery_network *find_network(struct host *host, lottery_archive *archive) {
  lottery_network *network = NULL;
  char name[256];
  int64_t needed;
  for (int64_t i = 0; network == NULL && lottery_archive_name(archive, i, name, sizeof name, &needed) == LOTTERY_OK;
       i++)
    if (needed <= (int64_t)sizeof name)
      host_accepts(host, lottery_archive_get_network(archive, name, &network), ANY, "get_network");
  return network;
}

/* Puts an item that may be a trainer of this small graph into one. */
static void restore(struct host *host, lottery_archive *archive, const char *name) {
  lottery_network *network = NULL;
  lottery_trainer *trainer = NULL;
  if (host_accepts(host, lottery_network_preset(host->context, "mlp-2-2", &network), 0, "preset") &&
      host_accepts(host, lottery_trainer_create(network, NULL, 1, &trainer), 0, "trainer_create") &&
      host_accepts(host, lottery_archive_restore_trainer(archive, name, trainer, LOTTERY_CONSENT_INSTRUCTION_SET), ANY,
                   "restore_trainer")) {
    const float inputs[] = {1, -1};
    const int32_t label = 1;
    MUST(lottery_network_check_mask(network, NULL, NULL, NULL) != LOTTERY_ERROR_MASK);
    MUST(lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, 1) ==
         LOTTERY_OK); /* or the step takes more */
    host_accepts(host, lottery_trainer_step(trainer, 1, inputs, &label, NULL, NULL),
                 ALLOW(LOTTERY_ERROR_SHAPE) | ALLOW(LOTTERY_ERROR_NOT_FINITE), "step");
    lottery_network_check_mask(network, NULL, NULL, NULL);
  }
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(network);
}

/* An array as each element. It is in memory: its size fits. */
static void get_array(struct host *host, lottery_archive *archive, const char *name, int32_t rank,
                      const int64_t *shape) {
  int64_t count = 1;
  for (int32_t i = 0; i < rank; i++) count *= shape[i];
  void *data = malloc((size_t)count * sizeof(int64_t) + 1);
  MUST(data != NULL);
  for (int32_t element = 0; element <= LOTTERY_ELEMENT_INT64; element++)
    host_accepts(host, lottery_archive_get_array(archive, name, element, data, count), ANY, "get_array");
  free(data);
}

/* A mask and weights of a network from arrays that nothing describes. */
static void get_named(struct host *host, lottery_archive *archive, lottery_network *network) {
  lottery_mask *mask = NULL;
  lottery_snapshot *snapshot = NULL;
  host_accepts(host, lottery_archive_get_mask(archive, "", network, &mask), ANY, "get_mask by names");
  host_accepts(host, lottery_archive_get_snapshot(archive, "", network, &snapshot), ANY, "get_snapshot by names");
  lottery_mask_destroy(mask);
  lottery_snapshot_destroy(snapshot);
}

/* Every item and every array that is listed. */
static void get_all(struct host *host, lottery_archive *archive, int64_t most) {
  lottery_network *first = find_network(host, archive);
  int64_t count = 0;
  MUST(lottery_archive_count(archive, &count) == LOTTERY_OK);
  for (int64_t i = 0; i < count && i < 64; i++) {
    static char name[1024];
    int64_t needed, shape[8];
    int32_t kind, element, rank;
    MUST(lottery_archive_name(archive, i, name, sizeof name, &needed) == LOTTERY_OK);
    if (needed > (int64_t)sizeof name) continue;
    if (!host_accepts(host, lottery_archive_kind(archive, name, &kind), ANY, "kind")) continue;
    get(host, archive, name, first, most);
    const int64_t before = host->wanted = host->live;
    if (kind == LOTTERY_KIND_TRAINER) restore(host, archive, name);
    MUST(host->wanted - before < most);
    if (host_accepts(host, lottery_archive_array_shape(archive, name, &element, 8, shape, &rank), ANY, "array_shape"))
      get_array(host, archive, name, rank, shape);
    if (first != NULL) get_named(host, archive, first);
  }
  lottery_network_destroy(first);
}

/* Removes the first item, and sets and removes metadata. */
static void change(struct host *host, lottery_archive *archive) {
  static char text[1024];
  int64_t needed, before, count, keys;
  MUST(lottery_archive_count(archive, &before) == LOTTERY_OK);
  if (before > 0 && lottery_archive_name(archive, 0, text, sizeof text, &needed) == LOTTERY_OK &&
      needed <= (int64_t)sizeof text) {
    MUST(lottery_archive_remove(archive, text) == LOTTERY_OK);
    MUST(lottery_archive_count(archive, &count) == LOTTERY_OK && count == before - 1);
  }
  MUST(lottery_archive_metadata_count(archive, &keys) == LOTTERY_OK && keys >= 0);
  for (int64_t i = 0; i < keys && i < 16; i++) {
    MUST(lottery_archive_metadata_key(archive, i, text, sizeof text, &needed) == LOTTERY_OK);
    if (needed > (int64_t)sizeof text) continue;
    MUST(lottery_archive_get_metadata(archive, text, NULL, 0, &needed) == LOTTERY_OK);
  }
  host_accepts(host, lottery_archive_set_metadata(archive, "format", "pt"), 0, "set_metadata");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  if (count == 0) return 0;
  struct host host;
  lottery_archive *archive;
  host_start(&host, (int64_t)1 << 26, bytes[0]);
  if (host_accepts(&host, lottery_archive_create(host.context, &archive), 0, "create")) {
    MUST(lottery_archive_set_integer(archive, LOTTERY_ARCHIVE_BYTE_LIMIT, WEIGHTS) == LOTTERY_OK);
    const bool loaded = host_accepts(&host, lottery_archive_load_memory(archive, bytes + 1, (int64_t)count - 1),
                                     ALLOW(LOTTERY_ERROR_FORMAT) | ALLOW(LOTTERY_ERROR_UNSUPPORTED), "load_memory");
    MUST(host.wanted < (1 << 16) + 64 * (int64_t)count);
    if (loaded) get_all(&host, archive, LIMIT + 64 * (int64_t)count);
    if (loaded) change(&host, archive);
    struct bytes file = {NULL, 0}, again = {NULL, 0};
    if (loaded && host_accepts(&host, lottery_archive_write(archive, collect, &file), 0, "write") &&
        host_accepts(&host, lottery_archive_load_memory(archive, file.data, (int64_t)file.count),
                     ALLOW(LOTTERY_ERROR_FORMAT), "load_memory of what was written") &&
        host_accepts(&host, lottery_archive_write(archive, collect, &again), 0, "write again"))
      MUST(file.count == again.count && memcmp(file.data, again.data, file.count) == 0);
    free(file.data);
    free(again.data);
    lottery_archive_destroy(archive);
  }
  host_finish(&host);
  return 0;
}
