/* What training is made from and what is made of it: initial weights, datasets, orders of data, masks, rewound
 * trainers, files. */
#include <inttypes.h>

#include "same_bits.h"

/* --- Initial weights and data ------------------------------------------------------------------------------------ */

static void print_initial(const struct instruction_set *set) {
  static const char *const schemes[] = {"glorot_normal", "glorot_uniform", "kaiming_normal", "kaiming_uniform"};
  for (int shape = 0; shape < SHAPES; shape++)
    for (int scheme = 0; scheme < LENGTH(schemes); scheme++)
      for (int masked = 0; masked < 2; masked++) {
        char name[NAME_CAPACITY];
        snprintf(name, sizeof name, "initial %s %s %s %s", set->name, shapes[shape].name, schemes[scheme],
                 masked ? "masked" : "whole");
        if (!wanted(name)) continue;
        lottery_network *network = make_network(set->context, shape, scheme);
        if (masked) {
          lottery_mask *mask = make_mask(set->context, network, 0.3, 6, false);
          require(set->context, lottery_network_set_mask(network, mask));
          require(set->context, lottery_network_initialise(network, scheme, 12));
          lottery_mask_destroy(mask);
        }
        printf("%s tensors=%016" PRIx64 "\n", name, hash_network(set->context, network));
        lottery_network_destroy(network);
      }
}

/* Takes the dataset. */
static uint64_t hash_dataset(lottery_context *context, uint64_t hash, lottery_dataset *dataset) {
  int64_t count, features, classes;
  require(context, lottery_dataset_sizes(dataset, &count, &features, &classes));
  float *inputs = reserve(count * features, sizeof *inputs);
  int32_t *labels = reserve(count, sizeof *labels);
  require(context, lottery_dataset_read(dataset, 0, count, inputs, classes > 0 ? labels : NULL));
  hash = hash_bytes(hash, inputs, (size_t)(count * features) * sizeof *inputs);
  hash = hash_bytes(hash, labels, (size_t)count * sizeof *labels);
  free(inputs);
  free(labels);
  lottery_dataset_destroy(dataset);
  return hash;
}

static void print_data(const struct instruction_set *set, int shape, int kind) {
  char name[NAME_CAPACITY];
  snprintf(name, sizeof name, "data %s %s", shapes[shape].name, data_names[kind]);
  if (!wanted(name)) return;
  lottery_context *context = set->context;
  lottery_dataset *dataset = dataset_of(context, shape, kind, false), *made, *rest;
  enum { FEATURES = 784 };
  double mean[FEATURES], deviation[FEATURES];
  const int64_t features = shapes[shape].features;
  require(context, lottery_dataset_statistics(dataset, features, mean, deviation));
  uint64_t hash = hash_bytes(hash_start, mean, (size_t)features * sizeof *mean);
  hash = hash_bytes(hash, deviation, (size_t)features * sizeof *deviation);
  for (int64_t i = 0; i < features; i++) deviation[i] = deviation[i] > 0.0 ? deviation[i] : 1.0;
  require(context, lottery_dataset_normalise(dataset, features, mean, deviation, &made));
  hash = hash_dataset(context, hash, made);
  require(context, lottery_dataset_shuffle_labels(dataset, 9, &made));
  hash = hash_dataset(context, hash, made);
  require(context, lottery_dataset_split(dataset, 50, 9, &made, &rest));
  hash = hash_dataset(context, hash, made);
  hash = hash_dataset(context, hash, rest);
  printf("%s data=%016" PRIx64 "\n", name, hash);
}

/* One unit without bias over unit vectors: the gradient shows which examples a batch holds. */
static void print_order(const struct instruction_set *set, int64_t batch) {
  char name[NAME_CAPACITY];
  snprintf(name, sizeof name, "order %s %" PRId64, set->name, batch);
  if (!wanted(name)) return;
  lottery_context *context = set->context;
  const int64_t shape[] = {COUNT};
  int32_t node;
  lottery_network *network = NULL;
  lottery_dataset *dataset = NULL, *answered = NULL;
  lottery_trainer *trainer = NULL;
  float *inputs = reserve((int64_t)COUNT * COUNT, sizeof *inputs), values[COUNT];
  for (int i = 0; i < COUNT; i++) {
    inputs[i * (COUNT + 1)] = 1.0F;
    values[i] = 1.0F;
  }
  require(context, lottery_network_create(context, &network));
  require(context, lottery_network_input(network, 1, shape, &node));
  require(context, lottery_network_dense(network, node, 1, &node));
  require(context, lottery_network_node_set_integer(network, node, LOTTERY_NODE_BIAS, 0));
  require(context, lottery_network_finish(network, node));
  const float zeros[COUNT] = {0};
  require(context, lottery_network_write_tensor(network, 0, zeros, COUNT));
  require(context, lottery_dataset_create(context, COUNT, 1, shape, LOTTERY_ELEMENT_FLOAT32, inputs, 1.0, 0.0,
                                          LOTTERY_MEMORY_COPY, NULL, NULL, &dataset));
  require(context, lottery_dataset_with_targets(dataset, 1, values, COUNT, &answered));
  require(context, lottery_trainer_create(network, answered, 77, &trainer));
  require(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, batch));
  require(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_LOSS, LOTTERY_LOSS_MEAN_SQUARED_ERROR));
  require(context, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_LEARNING_RATE, 0.0));
  uint64_t hash = hash_start;
  for (int i = 0; i < 2 * COUNT; i++) {
    require(context, lottery_trainer_gradient(trainer, 0, NULL, NULL, NULL, NULL));
    require(context, lottery_trainer_read_gradient(trainer, values, COUNT));
    hash = hash_bytes(hash, values, sizeof values);
    require(context, lottery_trainer_apply(trainer));
  }
  printf("%s order=%016" PRIx64 "\n", name, hash);
  free(inputs);
  lottery_trainer_destroy(trainer);
  lottery_dataset_destroy(answered);
  lottery_dataset_destroy(dataset);
  lottery_network_destroy(network);
}

/* --- Masks ------------------------------------------------------------------------------------------------------- */

enum { RATE, TENSOR_RATE, NUMBER, DENSITY, AMOUNTS };
static const char *const amount_names[AMOUNTS] = {"rate", "tensor_rate", "count", "density"};

static void print_pruned(const struct instruction_set *set, int shape, int criterion, int scope, int amount) {
  static const char *const criteria[] = {"magnitude", "random"}, *const scopes[] = {"layerwise", "global"};
  char name[NAME_CAPACITY];
  snprintf(name, sizeof name, "pruned %s %s %s %s", shapes[shape].name, criteria[criterion], scopes[scope],
           amount_names[amount]);
  if (!wanted(name)) return;
  lottery_context *context = set->context;
  lottery_network *network = make_network(context, shape, LOTTERY_INITIALISE_GLOROT_NORMAL);
  if (disturbed()) disturb_network(context, network);
  lottery_pruner *pruner = NULL;
  lottery_mask *mask = NULL;
  uint64_t hash = hash_start;
  require(context, lottery_pruner_create(context, &pruner));
  require(context, lottery_pruner_set_integer(pruner, LOTTERY_PRUNER_CRITERION, criterion));
  require(context, lottery_pruner_set_integer(pruner, LOTTERY_PRUNER_SCOPE, scope));
  require(context, lottery_pruner_set_integer(pruner, LOTTERY_PRUNER_SEED, 31));
  require(context, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_RATE, 0.3));
  if (amount == TENSOR_RATE) require(context, lottery_pruner_set_tensor_rate(pruner, "fc1.weight", 0.45));
  for (int level = 0; level < 4; level++) {
    if (amount == NUMBER) require(context, lottery_pruner_set_integer(pruner, LOTTERY_PRUNER_COUNT, 1 + level % 2));
    if (amount == DENSITY)
      require(context, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_DENSITY, 0.6 - 0.15 * level));
    lottery_mask *next = NULL;
    enum { TENSORS = 8 };
    int64_t kept[TENSORS] = {0}, dead[TENSORS] = {0}, tensors;
    int32_t vanishing[TENSORS] = {0};
    require(context, lottery_pruner_apply(pruner, network, mask, &next));
    lottery_mask_destroy(mask);
    mask = next;
    require(context, lottery_mask_tensor_count(mask, &tensors));
    require(context, lottery_pruner_preview(pruner, network, mask, tensors, kept, dead, vanishing));
    const uint64_t parts[] = {hash_mask(context, mask), hash_bytes(hash_start, kept, sizeof kept),
                              hash_bytes(hash_start, dead, sizeof dead),
                              hash_bytes(hash_start, vanishing, sizeof vanishing)};
    hash = hash_bytes(hash, parts, sizeof parts);
  }
  printf("%s masks=%016" PRIx64 "\n", name, hash);
  lottery_mask_destroy(mask);
  lottery_pruner_destroy(pruner);
  lottery_network_destroy(network);
}

/* Takes the mask. */
static uint64_t add_mask(lottery_context *context, uint64_t hash, lottery_mask *mask) {
  const uint64_t part = hash_mask(context, mask);
  lottery_mask_destroy(mask);
  return hash_bytes(hash, &part, sizeof part);
}

static void print_combined(const struct instruction_set *set, int shape) {
  char name[NAME_CAPACITY];
  snprintf(name, sizeof name, "combined %s", shapes[shape].name);
  if (!wanted(name)) return;
  lottery_context *context = set->context;
  lottery_network *network = make_network(context, shape, LOTTERY_INITIALISE_GLOROT_NORMAL);
  lottery_mask *first = make_mask(context, network, 0.3, 6, false), *second = make_mask(context, network, 0.4, 8, true);
  lottery_mask *made = NULL;
  uint64_t hash = hash_start;
  require(context, lottery_mask_intersect(first, second, &made));
  hash = add_mask(context, hash, made);
  require(context, lottery_mask_unite(first, second, &made));
  hash = add_mask(context, hash, made);
  require(context, lottery_mask_subtract(first, second, &made));
  hash = add_mask(context, hash, made);
  require(context, lottery_mask_complement(first, &made));
  hash = add_mask(context, hash, made);
  require(context, lottery_mask_shuffle(first, 4, &made));
  hash = add_mask(context, hash, made);
  int64_t differing;
  double similar;
  require(context, lottery_mask_hamming(first, second, &differing));
  require(context, lottery_mask_jaccard(first, second, &similar));
  printf("%s masks=%016" PRIx64 " hamming=%" PRId64 " jaccard=%a\n", name, hash, differing, similar);
  lottery_mask_destroy(first);
  lottery_mask_destroy(second);
  lottery_network_destroy(network);
}

/* --- Rewound trainers and files ---------------------------------------------------------------------------------- */

static lottery_trainer *make_trainer(const struct instruction_set *set, int shape, lottery_network *network) {
  lottery_trainer *trainer = NULL;
  require(set->context,
          lottery_trainer_create(network, dataset_of(set->context, shape, BYTES_SPARSE, false), 5, &trainer));
  return trainer;
}

static void print_rewound(const struct instruction_set *set, int shape, int32_t what) {
  char name[NAME_CAPACITY];
  snprintf(name, sizeof name, "rewound %s %s %d", set->name, shapes[shape].name, (int)what);
  if (!wanted(name)) return;
  lottery_context *context = set->context;
  lottery_network *network = make_network(context, shape, LOTTERY_INITIALISE_KAIMING_UNIFORM);
  if (disturbed()) disturb_network(context, network);
  lottery_trainer *trainer = make_trainer(set, shape, network);
  lottery_snapshot *snapshot = NULL;
  lottery_mask *mask = make_mask(context, network, 0.25, 6, false);
  require(context, lottery_trainer_run(trainer, 5, NULL, NULL, NULL));
  require(context, lottery_trainer_snapshot(trainer, LOTTERY_STATE_ALL, &snapshot));
  require(context, lottery_trainer_run(trainer, 20, NULL, NULL, NULL));
  require(context, lottery_trainer_rewind(trainer, snapshot, mask, what));
  const uint64_t rewound = hash_state(context, trainer);
  require(context, lottery_trainer_run(trainer, 20, NULL, NULL, NULL));
  printf("%s rewound=%016" PRIx64 " state=%016" PRIx64 "\n", name, rewound, hash_state(context, trainer));
  lottery_mask_destroy(mask);
  lottery_snapshot_destroy(snapshot);
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(network);
}

/* Of the file that an archive becomes. It goes through the working directory: the callback of lottery_archive_write has
 * a different type in some of the libraries that are compared. */
static uint64_t hash_saved(lottery_context *context, lottery_archive *archive) {
  static const char path[] = "archive.safetensors";
  uint8_t bytes[4096];
  uint64_t hash = hash_start;
  size_t count;
  require(context, lottery_archive_save(archive, path));
  FILE *file = fopen(path, "rb");
  if (file == NULL) exit(1);
  while ((count = fread(bytes, 1, sizeof bytes, file)) > 0) hash = hash_bytes(hash, bytes, count);
  fclose(file);
  remove(path);
  return hash;
}

/* The bytes of a file with every kind of thing, and what its ticket and trainer become. */
static void print_file(const struct instruction_set *set, int shape) {
  char name[NAME_CAPACITY];
  snprintf(name, sizeof name, "file %s %s", set->name, shapes[shape].name);
  if (!wanted(name)) return;
  lottery_context *context = set->context;
  lottery_network *network = make_network(context, shape, LOTTERY_INITIALISE_GLOROT_NORMAL), *ticket = NULL, *same;
  if (disturbed()) disturb_network(context, network);
  lottery_mask *mask = make_mask(context, network, 0.2, 6, false);
  lottery_trainer *trainer = make_trainer(set, shape, network), *restored = NULL;
  lottery_snapshot *snapshot = NULL;
  lottery_archive *archive = NULL;
  require(context, lottery_archive_create(context, &archive));
  require(context, lottery_trainer_run(trainer, 10, NULL, NULL, NULL));
  require(context, lottery_trainer_snapshot(trainer, LOTTERY_STATE_ALL, &snapshot));
  require(context, lottery_archive_add_network(archive, "network", network));
  require(context, lottery_archive_add_mask(archive, "mask", mask));
  require(context, lottery_archive_add_snapshot(archive, "snapshot", snapshot));
  require(context, lottery_archive_add_ticket(archive, "ticket", network, mask, snapshot));
  require(context, lottery_network_set_mask(network, mask));
  require(context, lottery_trainer_run(trainer, 10, NULL, NULL, NULL));
  require(context, lottery_archive_add_trainer(archive, "trainer", trainer));
  const uint64_t written = hash_saved(context, archive);
  require(context, lottery_archive_get_ticket(archive, "ticket", &ticket, NULL, NULL));
  same = make_network(context, shape, LOTTERY_INITIALISE_GLOROT_NORMAL);
  restored = make_trainer(set, shape, same);
  require(context, lottery_archive_restore_trainer(archive, "trainer", restored, LOTTERY_CONSENT_NONE));
  require(context, lottery_trainer_run(restored, 10, NULL, NULL, NULL));
  printf("%s file=%016" PRIx64 " ticket=%016" PRIx64 " state=%016" PRIx64 "\n", name, written,
         hash_network(context, ticket), hash_state(context, restored));
  lottery_archive_destroy(archive);
  lottery_trainer_destroy(trainer);
  lottery_trainer_destroy(restored);
  lottery_mask_destroy(mask);
  lottery_snapshot_destroy(snapshot);
  lottery_network_destroy(ticket);
  lottery_network_destroy(same);
  lottery_network_destroy(network);
}

void print_others(const struct instruction_set *sets, int count) {
  for (int shape = 0; shape < SHAPES; shape++) {
    for (int kind = 0; kind < DATA; kind++) print_data(&sets[0], shape, kind);
    for (int i = 0; i < 2 * 2 * AMOUNTS; i++)
      print_pruned(&sets[0], shape, i / AMOUNTS / 2, i / AMOUNTS % 2, i % AMOUNTS);
    print_combined(&sets[0], shape);
  }
  static const int64_t batches[] = {1, 60, 64, 130};
  for (int set = 0; set < count; set++) {
    print_initial(&sets[set]);
    for (int i = 0; i < LENGTH(batches); i++) print_order(&sets[set], batches[i]);
    for (int shape = 0; shape < SHAPES; shape++) {
      for (int32_t what = 0; what <= LOTTERY_STATE_ALL; what++) print_rewound(&sets[set], shape, what);
      print_file(&sets[set], shape);
    }
  }
}
