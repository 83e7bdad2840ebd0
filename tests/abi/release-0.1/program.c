/* A program of release 0.1: calls every function of that release's header once and looks at what the header promises.
 * It is compiled against the header beside it and run against every later library with the same SONAME.
 *
 *   program DIRECTORY       (where it may write three small files) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lottery.h"

enum { EXAMPLES = 96, FEATURES = 6, CLASSES = 3 };

static lottery_context *context;
static int faults;

static void expect(int condition, int line, const char *text) {
  if (condition) return;
  printf("line %d: not so: %s\n", line, text);
  faults++;
}
#define EXPECT(condition) expect((condition) != 0, __LINE__, #condition)

static void must(lottery_status status, int line, const char *text) {
  if (status == LOTTERY_OK) return;
  char message[256] = "";
  lottery_context_message(context, message, (int64_t)sizeof message, NULL);
  printf("line %d: %s: %s: %s\n", line, text, lottery_status_name(status), message);
  exit(1);
}
#define MUST(call) must((call), __LINE__, #call)

/* FNV-1a, to pin bits that no release may change. */
static uint64_t hash(const void *bytes, size_t count) {
  uint64_t value = 14695981039346656037U;
  for (size_t i = 0; i < count; i++) value = (value ^ ((const unsigned char *)bytes)[i]) * 1099511628211U;
  return value;
}

/* Bits that a seed stands for in every release. */
static const uint64_t SPLIT_HASH = 0x19e218ad27588705U, LABELS_HASH = 0xfd2ee246b4f27f5U,
                      WEIGHTS_HASH = 0xb80ee74223cb9facU, MASK_HASH = 0x81749565e4bbb1c3U,
                      TICKET_HASH = 0x6bfc5496060c8e01U;

static float inputs[EXAMPLES * FEATURES];
static int32_t labels[EXAMPLES];
static lottery_dataset *training, *validation;
static lottery_network *network;
static lottery_trainer *trainer;
static lottery_snapshot *initial;
static lottery_mask *ticket;

static int64_t allocated;

static void *allocate(int64_t size, int64_t alignment, void *user) {
  *(int64_t *)user += size;
  size = (size + alignment - 1) / alignment * alignment;
  return aligned_alloc((size_t)alignment, (size_t)size);
}

static void release(void *memory, int64_t size, int64_t alignment, void *user) {
  if (alignment < 1) return;
  *(int64_t *)user -= size;
  free(memory);
}

static void use_context(void) {
  char text[256];
  int64_t needed, bytes, peak;
  int32_t set;
  EXPECT(strchr(lottery_version(), '.') != NULL);
  EXPECT(strcmp(lottery_status_name(LOTTERY_ERROR_SHAPE), "LOTTERY_ERROR_SHAPE") == 0);
  lottery_context *other;
  MUST(lottery_context_create_with_allocator(allocate, release, &allocated, &other));
  EXPECT(allocated > 0);
  lottery_context_destroy(other);
  EXPECT(allocated == 0);
  MUST(lottery_context_create(&context));
  MUST(lottery_context_get_instruction_set(context, &set));
  EXPECT(set != LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  EXPECT(lottery_context_set_instruction_set(context, 1000) == LOTTERY_ERROR_ARGUMENT);
  MUST(lottery_context_message(context, text, (int64_t)sizeof text, &needed));
  EXPECT(needed == (int64_t)strlen(text) + 1 && needed > 1);
  MUST(lottery_context_set_instruction_set(context, LOTTERY_INSTRUCTION_SET_PORTABLE));
  MUST(lottery_context_describe(context, text, (int64_t)sizeof text, NULL));
  EXPECT(strstr(text, lottery_version()) != NULL);
  MUST(lottery_context_memory(context, &bytes, &peak));
  EXPECT(bytes > 0 && peak >= bytes);
}

static void use_options(void) {
  int64_t count;
  int found = 0;
  const char *choice;
  MUST(lottery_option_count(&count));
  for (int64_t i = 0; i < count; i++) {
    int32_t key, handle, type;
    double minimum, maximum, first;
    const char *name, *meaning;
    MUST(lottery_option_describe(i, &key, &handle, &type, &minimum, &maximum, &first, &name, &meaning));
    if (key != LOTTERY_TRAINER_BATCH_SIZE) continue;
    found++;
    EXPECT(handle == LOTTERY_HANDLE_TRAINER && type == LOTTERY_TYPE_INTEGER && strcmp(name, "batch_size") == 0);
    EXPECT(minimum == 1 && maximum >= 65536 && first == 60 && meaning[0] != 0);
  }
  EXPECT(found == 1);
  MUST(lottery_option_choice(LOTTERY_TRAINER_OPTIMISER, LOTTERY_OPTIMISER_ADAM, &choice));
  EXPECT(strcmp(choice, "adam") == 0);
}

/* Two IDX files of four images of 1 x 2 pixels. */
static void load_files(const char *directory) {
  static const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255, 1, 2, 3, 4, 5, 6};
  static const unsigned char digits[] = {0, 0, 8, 1, 0, 0, 0, 4, 9, 0, 3, 1};
  char paths[2][4096];
  for (int i = 0; i < 2; i++) {
    snprintf(paths[i], sizeof paths[i], "%s/%s", directory, i == 0 ? "images" : "labels");
    FILE *file = fopen(paths[i], "wb");
    if (file == NULL || fwrite(i == 0 ? images : digits, i == 0 ? sizeof images : sizeof digits, 1, file) != 1) {
      printf("cannot write %s\n", paths[i]);
      exit(1);
    }
    fclose(file);
  }
  lottery_dataset *loaded;
  float pixels[2];
  int32_t label;
  int64_t shape[3], classes;
  int32_t rank;
  MUST(lottery_dataset_load_idx(context, paths[0], paths[1], &loaded));
  MUST(lottery_dataset_shape(loaded, 3, shape, &rank));
  EXPECT(rank == 3 && shape[0] == 1 && shape[1] == 1 && shape[2] == 2);
  MUST(lottery_dataset_sizes(loaded, NULL, NULL, &classes));
  MUST(lottery_dataset_read(loaded, 0, 1, pixels, &label));
  EXPECT(pixels[0] == 0.0F && pixels[1] == 1.0F && label == 9 && classes == 10);
  lottery_dataset_destroy(loaded);
}

static void use_arrays(const char *directory) {
  char path[4096];
  const int64_t saved[] = {1, -2, INT64_MAX, INT64_MIN, 0, 7}, shape[] = {2, 3};
  int64_t loaded[6], found[2], count;
  int32_t element, rank;
  snprintf(path, sizeof path, "%s/array.npy", directory);
  MUST(lottery_npy_save(context, path, LOTTERY_ELEMENT_INT64, 2, shape, saved, 6));
  MUST(lottery_npy_describe(context, path, &element, &count, 2, found, &rank));
  EXPECT(element == LOTTERY_ELEMENT_INT64 && count == 6 && rank == 2 && found[0] == 2 && found[1] == 3);
  MUST(lottery_npy_load(context, path, LOTTERY_ELEMENT_INT64, loaded, 6));
  EXPECT(memcmp(loaded, saved, sizeof saved) == 0);
  EXPECT(lottery_npy_load(context, path, LOTTERY_ELEMENT_FLOAT32, loaded, 6) == LOTTERY_ERROR_FORMAT);
}

static int released;

static void count_release(void *user) { *(int *)user += 1; }

static void use_datasets(const char *directory) {
  const int64_t shape = FEATURES;
  for (int i = 0; i < EXAMPLES; i++) {
    labels[i] = i % CLASSES;
    for (int j = 0; j < FEATURES; j++)
      inputs[i * FEATURES + j] = (j % CLASSES == labels[i] ? 1.0F : 0.0F) + (float)((i * 7 + j * 5) % 11) / 22.0F;
  }
  lottery_dataset *plain, *all, *part, *shuffled, *halves, *regression, *normal;
  MUST(lottery_dataset_create(context, EXAMPLES, 1, &shape, LOTTERY_ELEMENT_FLOAT32, inputs, 1.0, 0.0,
                              LOTTERY_MEMORY_BORROW, count_release, &released, &plain));
  MUST(lottery_dataset_with_labels(plain, CLASSES, labels, EXAMPLES, &all));
  MUST(lottery_dataset_with_targets(plain, 1, inputs, EXAMPLES, &regression));
  MUST(lottery_dataset_split(all, 72, 5, &training, &validation));
  int64_t count, features, classes;
  MUST(lottery_dataset_sizes(training, &count, &features, &classes));
  EXPECT(count == 72 && features == FEATURES && classes == CLASSES);
  static int32_t split[72];
  MUST(lottery_dataset_read(training, 0, 72, NULL, split));
  EXPECT(hash(split, sizeof split) == SPLIT_HASH);

  const int64_t chosen[] = {4, 4, 0};
  int32_t taken[EXAMPLES];
  MUST(lottery_dataset_subset(all, chosen, 3, &part));
  MUST(lottery_dataset_read(part, 0, 3, NULL, taken));
  EXPECT(taken[0] == 1 && taken[1] == 1 && taken[2] == 0);
  const int32_t map[] = {0, 1, 1};
  MUST(lottery_dataset_relabel(all, 2, map, 3, &halves));
  MUST(lottery_dataset_read(halves, 2, 1, NULL, taken));
  EXPECT(taken[0] == 1);
  MUST(lottery_dataset_shuffle_labels(all, 6, &shuffled));
  MUST(lottery_dataset_read(shuffled, 0, EXAMPLES, NULL, taken));
  EXPECT(hash(taken, sizeof taken) == LABELS_HASH);
  double mean, deviation;
  MUST(lottery_dataset_statistics(all, 1, &mean, &deviation));
  MUST(lottery_dataset_normalise(all, 1, &mean, &deviation, &normal));
  MUST(lottery_dataset_statistics(normal, 1, &mean, &deviation));
  EXPECT(mean < 1e-6 && mean > -1e-6 && deviation > 0.999999 && deviation < 1.000001);
  load_files(directory);
  lottery_dataset *const used[] = {plain, all, part, shuffled, halves, regression, normal};
  for (size_t i = 0; i < sizeof used / sizeof *used; i++) lottery_dataset_destroy(used[i]);
  EXPECT(released == 0);
}

static void build_network(void) {
  const int64_t shape = FEATURES;
  int64_t sizes[2], tensors, found, bias;
  int32_t node[6], rank, prunable;
  MUST(lottery_network_create(context, &network));
  MUST(lottery_network_input(network, 1, &shape, &node[0]));
  MUST(lottery_network_dense(network, node[0], 8, &node[1]));
  MUST(lottery_network_relu(network, node[1], &node[2]));
  MUST(lottery_network_tanh(network, node[1], &node[3]));
  MUST(lottery_network_add(network, node[2], node[3], &node[4]));
  MUST(lottery_network_sigmoid(network, node[4], &node[4]));
  MUST(lottery_network_dense(network, node[4], CLASSES, &node[5]));
  MUST(lottery_network_node_set_integer(network, node[5], LOTTERY_NODE_BIAS, 0));
  MUST(lottery_network_finish(network, node[5]));
  MUST(lottery_network_set_real(network, LOTTERY_NETWORK_CROSSOVER, 1.0));
  double crossover;
  MUST(lottery_network_get_real(network, LOTTERY_NETWORK_CROSSOVER, &crossover));
  EXPECT(crossover == 1.0);
  MUST(lottery_network_node_get_integer(network, node[5], LOTTERY_NODE_BIAS, &bias));
  EXPECT(bias == 0);
  MUST(lottery_network_node_shape(network, node[5], 1, sizes, &rank));
  EXPECT(rank == 1 && sizes[0] == CLASSES);
  MUST(lottery_network_sizes(network, &sizes[0], &sizes[1]));
  EXPECT(sizes[0] == FEATURES && sizes[1] == CLASSES);
  MUST(lottery_network_tensor_count(network, &tensors));
  MUST(lottery_network_tensor_find(network, "fc2.weight", &found));
  EXPECT(tensors == 3 && found == 2);
  MUST(lottery_network_tensor_shape(network, found, 2, sizes, &rank));
  EXPECT(rank == 2 && sizes[0] == CLASSES && sizes[1] == 8);
  char name[16];
  MUST(lottery_network_tensor_name(network, 1, name, (int64_t)sizeof name, NULL));
  MUST(lottery_network_tensor_prunable(network, 1, &prunable));
  EXPECT(strcmp(name, "fc1.bias") == 0 && prunable == 0);

  float weights[8 * FEATURES];
  MUST(lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 7));
  MUST(lottery_network_read_tensor(network, 0, weights, 8 * FEATURES));
  EXPECT(hash(weights, sizeof weights) == WEIGHTS_HASH);
  MUST(lottery_network_write_tensor(network, 0, weights, 8 * FEATURES));
  float outputs[CLASSES];
  MUST(lottery_network_predict(network, 1, inputs, outputs));
  EXPECT(outputs[0] - outputs[0] == 0.0F);
}

static void use_masks(void) {
  lottery_mask *ones, *half, *shuffled, *result;
  int64_t kept, total, count, shape[2];
  int32_t rank;
  char name[16];
  uint8_t bytes[8 * FEATURES];
  for (int i = 0; i < 8 * FEATURES; i++) bytes[i] = (uint8_t)(i % 2);
  MUST(lottery_mask_ones(network, &ones));
  MUST(lottery_mask_replace(ones, 0, bytes, 8 * FEATURES, &half));
  MUST(lottery_mask_kept(half, 0, &kept, &total));
  EXPECT(kept == 4 * FEATURES && total == 8 * FEATURES);
  MUST(lottery_mask_tensor_count(half, &count));
  MUST(lottery_mask_tensor_name(half, 1, name, (int64_t)sizeof name, NULL));
  MUST(lottery_mask_tensor_shape(half, 1, 2, shape, &rank));
  EXPECT(count == 2 && strcmp(name, "fc2.weight") == 0 && rank == 2 && shape[1] == 8);
  MUST(lottery_mask_shuffle(half, 8, &shuffled));
  MUST(lottery_mask_read(shuffled, 0, bytes, 8 * FEATURES));
  EXPECT(hash(bytes, sizeof bytes) == MASK_HASH);

  lottery_status (*const combine[])(lottery_mask *, lottery_mask *, lottery_mask **) = {
      lottery_mask_intersect, lottery_mask_unite, lottery_mask_subtract};
  const int64_t expected[] = {4 * FEATURES, 8 * FEATURES, 0};
  for (int i = 0; i < 3; i++) {
    MUST(combine[i](half, ones, &result));
    MUST(lottery_mask_kept(result, 0, &kept, NULL));
    EXPECT(kept == expected[i]);
    lottery_mask_destroy(result);
  }
  MUST(lottery_mask_complement(half, &result));
  double jaccard;
  MUST(lottery_mask_hamming(half, result, &count));
  MUST(lottery_mask_jaccard(half, result, &jaccard));
  EXPECT(count == 8 * FEATURES + 8 * CLASSES && jaccard == 0);
  lottery_mask_destroy(result);
  MUST(lottery_mask_transfer(half, network, &result));
  MUST(lottery_mask_hamming(half, result, &count));
  EXPECT(count == 0);
  lottery_mask_destroy(result);

  int64_t tensor, element;
  EXPECT(lottery_network_check_mask(network, half, &tensor, &element) == LOTTERY_ERROR_MASK);
  EXPECT(tensor == 0 && element == 0);
  MUST(lottery_network_set_mask(network, half));
  MUST(lottery_network_get_mask(network, &result));
  MUST(lottery_mask_hamming(half, result, &count));
  EXPECT(count == 0);
  MUST(lottery_network_check_mask(network, NULL, NULL, NULL));
  int32_t form;
  MUST(lottery_network_tensor_form(network, 0, &form, &count));
  EXPECT(form == LOTTERY_FORM_PACKED && count > 0);
  MUST(lottery_network_set_mask(network, NULL));
  MUST(lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 7));
  lottery_mask_destroy(result);
  lottery_mask_destroy(ones);
  lottery_mask_destroy(half);
  lottery_mask_destroy(shuffled);
}

static void use_pruner(void) {
  lottery_pruner *pruner;
  int64_t kept[2], dead[2], seed;
  int32_t vanishing[2];
  double rate;
  MUST(lottery_pruner_create(context, &pruner));
  MUST(lottery_pruner_set_integer(pruner, LOTTERY_PRUNER_SEED, 9));
  MUST(lottery_pruner_get_integer(pruner, LOTTERY_PRUNER_SEED, &seed));
  MUST(lottery_pruner_set_real(pruner, LOTTERY_PRUNER_RATE, 0.5));
  MUST(lottery_pruner_get_real(pruner, LOTTERY_PRUNER_RATE, &rate));
  EXPECT(seed == 9 && rate == 0.5);
  MUST(lottery_pruner_set_tensor_rate(pruner, "fc2.weight", 0.0));
  MUST(lottery_pruner_preview(pruner, network, NULL, 2, kept, dead, vanishing));
  EXPECT(kept[0] == 4 * FEATURES && kept[1] == 8 * CLASSES && dead[1] == 0 && vanishing[0] == 0);
  MUST(lottery_pruner_apply(pruner, network, NULL, &ticket));
  MUST(lottery_mask_kept(ticket, 0, &kept[0], NULL));
  EXPECT(kept[0] == 4 * FEATURES);
  uint8_t bytes[8 * FEATURES];
  MUST(lottery_mask_read(ticket, 0, bytes, 8 * FEATURES));
  EXPECT(hash(bytes, sizeof bytes) == TICKET_HASH);
  float scores[8 * FEATURES + 8 * CLASSES];
  lottery_mask *mask;
  for (int i = 0; i < 8 * (FEATURES + CLASSES); i++) scores[i] = (float)-i;
  MUST(lottery_pruner_apply_scores(pruner, network, NULL, scores, 8 * (FEATURES + CLASSES), &mask));
  MUST(lottery_mask_read(mask, 0, bytes, 8 * FEATURES));
  for (int i = 0; i < 8 * FEATURES; i++) EXPECT(bytes[i] == (i < 4 * FEATURES));
  lottery_mask_destroy(mask);
  lottery_pruner_destroy(pruner);
}

static int32_t stop_at_three(int64_t iteration, double loss, void *user) {
  *(double *)user = loss;
  return iteration >= 3;
}

static void set_up_trainer(void) {
  const double milestones[] = {1000, 2000};
  double values[2], rate;
  int64_t batch, count, done;
  MUST(lottery_trainer_create(network, training, 10, &trainer));
  MUST(lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, 24));
  MUST(lottery_trainer_get_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, &batch));
  MUST(lottery_trainer_set_real(trainer, LOTTERY_TRAINER_LEARNING_RATE, 0.02));
  MUST(lottery_trainer_get_real(trainer, LOTTERY_TRAINER_LEARNING_RATE, &rate));
  EXPECT(batch == 24 && rate == 0.02);
  MUST(lottery_trainer_rate(trainer, &rate));
  EXPECT(rate == 0.02);
  MUST(lottery_trainer_set_reals(trainer, LOTTERY_TRAINER_MILESTONES, milestones, 2));
  MUST(lottery_trainer_get_reals(trainer, LOTTERY_TRAINER_MILESTONES, 2, values, &count));
  EXPECT(count == 2 && values[1] == 2000);
  MUST(lottery_trainer_snapshot(trainer, LOTTERY_STATE_ALL, &initial));

  double last = -1;
  MUST(lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_PROGRESS_INTERVAL, 1));
  EXPECT(lottery_trainer_run(trainer, 100, stop_at_three, &last, &done) == LOTTERY_STOPPED);
  EXPECT(done == 3 && last > 0);
  lottery_context_cancel(context);
  EXPECT(lottery_trainer_run(trainer, 100, NULL, NULL, &done) == LOTTERY_CANCELLED);
  EXPECT(done == 0);
  lottery_context_resume(context);
}

/* Iterations in parts, with the host's own batches, loss and gradient. */
static void step_by_hand(void) {
  static float values[8 * FEATURES + 8 + 8 * CLASSES], outputs[24 * CLASSES];
  int64_t count, iteration, before;
  double loss, last;
  MUST(lottery_trainer_iteration(trainer, &before));
  MUST(lottery_trainer_step(trainer, 24, inputs, labels, NULL, &loss));
  MUST(lottery_trainer_loss(trainer, &last));
  EXPECT(last == loss);
  MUST(lottery_trainer_gradient(trainer, 0, NULL, NULL, NULL, &loss));
  MUST(lottery_trainer_gradient_count(trainer, &count));
  EXPECT(count == 8 * FEATURES + 8 + 8 * CLASSES);
  MUST(lottery_trainer_read_gradient(trainer, values, count));
  MUST(lottery_trainer_write_gradient(trainer, values, count));
  MUST(lottery_trainer_read_tensor_gradient(trainer, 2, outputs, 8 * CLASSES));
  EXPECT(memcmp(outputs, values + 8 * FEATURES + 8, 8 * CLASSES * sizeof *values) == 0);
  MUST(lottery_trainer_apply(trainer));
  MUST(lottery_trainer_forward(trainer, 24, inputs, outputs));
  for (int i = 0; i < 24; i++)
    for (int j = 0; j < CLASSES; j++) outputs[i * CLASSES + j] -= j == labels[i] ? 1.0F : 0.0F;
  MUST(lottery_trainer_backward(trainer, 24, outputs));
  MUST(lottery_trainer_apply(trainer));
  MUST(lottery_trainer_iteration(trainer, &iteration));
  EXPECT(iteration == before + 3);
}

static void find_ticket(void) {
  int64_t correct, again, iteration, rank_count, shape[2];
  int32_t contents, rank;
  char name[16];
  double loss, same;
  static float first[8 * FEATURES], now[8 * FEATURES];
  MUST(lottery_snapshot_contents(initial, &contents));
  MUST(lottery_snapshot_iteration(initial, &iteration));
  MUST(lottery_snapshot_tensor_count(initial, &rank_count));
  EXPECT(contents == LOTTERY_STATE_ALL && iteration == 0 && rank_count == 3);
  MUST(lottery_snapshot_tensor_name(initial, 0, name, (int64_t)sizeof name, NULL));
  MUST(lottery_snapshot_tensor_shape(initial, 0, 2, shape, &rank));
  EXPECT(strcmp(name, "fc1.weight") == 0 && rank == 2 && shape[0] == 8 && shape[1] == FEATURES);
  MUST(lottery_snapshot_read(initial, 0, LOTTERY_SLOT_WEIGHT, first, 8 * FEATURES));
  EXPECT(hash(first, sizeof first) == WEIGHTS_HASH);

  MUST(lottery_trainer_rewind(trainer, initial, ticket, LOTTERY_STATE_ALL));
  MUST(lottery_network_read_tensor(network, 0, now, 8 * FEATURES));
  for (int i = 0; i < 8 * FEATURES; i++) EXPECT(now[i] == first[i] || now[i] == 0.0F);
  MUST(lottery_trainer_run(trainer, 400, NULL, NULL, NULL));
  MUST(lottery_network_check_mask(network, ticket, NULL, NULL));
  MUST(lottery_trainer_evaluate(trainer, validation, &loss, &correct));
  MUST(lottery_network_evaluate(network, validation, LOTTERY_LOSS_CROSS_ENTROPY, &same, &again));
  EXPECT(correct == 24 && again == correct && same == loss && loss < 0.2);

  lottery_snapshot *trained;
  MUST(lottery_network_snapshot(network, &trained));
  MUST(lottery_network_initialise(network, LOTTERY_INITIALISE_KAIMING_UNIFORM, 11));
  MUST(lottery_network_restore(network, trained));
  MUST(lottery_network_evaluate(network, validation, LOTTERY_LOSS_CROSS_ENTROPY, &same, NULL));
  EXPECT(same == loss);
  MUST(lottery_trainer_reset(trainer, LOTTERY_STATE_OPTIMISER | LOTTERY_STATE_POSITION));
  MUST(lottery_trainer_iteration(trainer, &iteration));
  EXPECT(iteration == 0);
  lottery_snapshot_destroy(trained);
}

static unsigned char written[1 << 15];
static int64_t written_count, read_count;

static int64_t write_part(const void *bytes, int64_t count, void *user) {
  *(int64_t *)user += 1;
  if (written_count + count > (int64_t)sizeof written) return -1;
  memcpy(written + written_count, bytes, (size_t)count);
  written_count += count;
  return count;
}

static int64_t read_part(void *bytes, int64_t capacity, void *user) {
  *(int64_t *)user += 1;
  if (capacity > written_count - read_count) capacity = written_count - read_count;
  memcpy(bytes, written + read_count, (size_t)capacity);
  read_count += capacity;
  return capacity;
}

/* What the file that `archive` read holds. */
static void use_things(lottery_archive *archive) {
  lottery_network *found, *of_ticket;
  lottery_mask *mask, *ticket_mask;
  lottery_snapshot *snapshot, *values;
  int64_t count, array[2], shape[8], differ;
  int32_t kind, element, rank;
  char text[16];
  MUST(lottery_archive_count(archive, &count));
  MUST(lottery_archive_name(archive, 5, text, (int64_t)sizeof text, NULL));
  MUST(lottery_archive_kind(archive, "ticket", &kind));
  EXPECT(count == 7 && strcmp(text, "ticket") == 0 && kind == LOTTERY_KIND_TICKET);
  MUST(lottery_archive_get_network(archive, "network", &found));
  MUST(lottery_archive_get_mask(archive, "mask", found, &mask));
  MUST(lottery_archive_get_snapshot(archive, "snapshot", found, &snapshot));
  MUST(lottery_archive_get_ticket(archive, "ticket", &of_ticket, &ticket_mask, &values));
  MUST(lottery_mask_hamming(mask, ticket, &differ));
  EXPECT(differ == 0);
  MUST(lottery_mask_hamming(ticket_mask, ticket, &differ));
  EXPECT(differ == 0);
  MUST(lottery_trainer_rewind(trainer, snapshot, mask, LOTTERY_STATE_ALL));
  MUST(lottery_archive_restore_trainer(archive, "trainer", trainer, LOTTERY_CONSENT_NONE));
  MUST(lottery_archive_get_text(archive, "text", text, (int64_t)sizeof text, NULL));
  EXPECT(strcmp(text, "words") == 0);
  MUST(lottery_archive_array_shape(archive, "array", &element, 8, shape, &rank));
  MUST(lottery_archive_get_array(archive, "array", LOTTERY_ELEMENT_INT64, array, 2));
  EXPECT(element == LOTTERY_ELEMENT_INT64 && rank == 1 && shape[0] == 2 && array[0] == 5 && array[1] == -6);
  MUST(lottery_archive_metadata_count(archive, &count));
  MUST(lottery_archive_metadata_key(archive, 0, text, (int64_t)sizeof text, NULL));
  EXPECT(count == 1 && strcmp(text, "format") == 0);
  MUST(lottery_archive_get_metadata(archive, "format", text, (int64_t)sizeof text, NULL));
  EXPECT(strcmp(text, "pt") == 0);
  MUST(lottery_archive_remove(archive, "array"));
  EXPECT(lottery_archive_kind(archive, "array", &kind) == LOTTERY_ERROR_ARGUMENT);
  lottery_network_destroy(found);
  lottery_network_destroy(of_ticket);
  lottery_mask_destroy(mask);
  lottery_mask_destroy(ticket_mask);
  lottery_snapshot_destroy(snapshot);
  lottery_snapshot_destroy(values);
}

/* What went in comes out: the graph, batches, optimiser state, a pruner's settings; copies and second references. */
static void read_back(void) {
  int32_t node, node_inputs[8], key;
  int64_t nodes, count, tensors[8], units, dead, indices[24], epoch, steps;
  const char *kind, *name;
  char text[32];
  double value;
  static float first[8 * FEATURES], second[8 * FEATURES], outputs[CLASSES], to_inputs[FEATURES];
  MUST(lottery_network_node_count(network, &nodes));
  MUST(lottery_network_output(network, &node));
  EXPECT(nodes == 7 && node == 6);
  MUST(lottery_network_node_kind(network, 4, &kind));
  MUST(lottery_network_node_inputs(network, 4, 8, node_inputs, &count));
  EXPECT(strcmp(kind, "add") == 0 && count == 2 && node_inputs[0] == 2 && node_inputs[1] == 3);
  MUST(lottery_network_node_attribute_count(network, 1, &count));
  MUST(lottery_network_node_attribute(network, 1, 0, &name, &value));
  EXPECT(count == 1 && strcmp(name, "units") == 0 && value == 8.0);
  MUST(lottery_network_node_tensors(network, 6, 8, tensors, &count));
  EXPECT(count == 1 && tensors[0] == 2);

  lottery_network *copy;
  MUST(lottery_network_copy(network, &copy));
  MUST(lottery_network_read_tensor(network, 0, first, 8 * FEATURES));
  MUST(lottery_network_read_tensor(copy, 0, second, 8 * FEATURES));
  EXPECT(memcmp(first, second, sizeof first) == 0);
  lottery_network_destroy(copy);

  lottery_dataset *targeted;
  MUST(lottery_dataset_with_targets(training, 2, inputs, 72, &targeted));
  MUST(lottery_dataset_target_width(targeted, &count));
  MUST(lottery_dataset_read_targets(targeted, 1, 1, outputs));
  EXPECT(count == 2 && outputs[0] == inputs[2] && outputs[1] == inputs[3]);
  lottery_dataset_destroy(targeted);

  MUST(lottery_mask_dead(ticket, 0, &units, &dead));
  EXPECT(units >= 0 && dead >= 0 && units < 8 && dead < FEATURES);
  MUST(lottery_context_retain(context));
  lottery_context_destroy(context);
  MUST(lottery_dataset_retain(training));
  lottery_dataset_destroy(training);
  MUST(lottery_mask_retain(ticket));
  lottery_mask_destroy(ticket);
  MUST(lottery_snapshot_retain(initial));
  lottery_snapshot_destroy(initial);

  lottery_pruner *pruner;
  MUST(lottery_pruner_create(context, &pruner));
  MUST(lottery_pruner_set_tensor_rate(pruner, "fc1.weight", 0.25));
  MUST(lottery_pruner_set_real(pruner, LOTTERY_PRUNER_DENSITY, 0.5));
  MUST(lottery_pruner_tensor_rate_count(pruner, &count));
  MUST(lottery_pruner_tensor_rate_name(pruner, 0, text, sizeof text, NULL));
  MUST(lottery_pruner_tensor_rate(pruner, 0, &value));
  MUST(lottery_pruner_amount(pruner, &key));
  EXPECT(count == 1 && strcmp(text, "fc1.weight") == 0 && value == 0.25 && key == LOTTERY_PRUNER_DENSITY);
  lottery_pruner_destroy(pruner);

  MUST(lottery_trainer_epoch_batches(trainer, &epoch));
  MUST(lottery_trainer_batch(trainer, 1, 24, indices, &count));
  EXPECT(epoch == 3 && count == 24 && indices[0] >= 0 && indices[0] < 72);
  MUST(lottery_trainer_get_optimiser_steps(trainer, &steps));
  MUST(lottery_trainer_set_optimiser_steps(trainer, steps));
  MUST(lottery_trainer_read_optimiser(trainer, 0, LOTTERY_SLOT_SECOND, first, 8 * FEATURES));
  MUST(lottery_trainer_write_optimiser(trainer, 0, LOTTERY_SLOT_SECOND, first, 8 * FEATURES));
  MUST(lottery_trainer_forward(trainer, 1, inputs, outputs));
  MUST(lottery_trainer_backward_inputs(trainer, 1, outputs, to_inputs));
  MUST(lottery_trainer_read_tensor_gradient(trainer, 0, first, 8 * FEATURES));
  MUST(lottery_trainer_write_tensor_gradient(trainer, 0, first, 8 * FEATURES));
  MUST(lottery_trainer_reset(trainer, 0)); /* drops the gradient */
}

static void use_archives(const char *directory) {
  const int64_t array[] = {5, -6}, two = 2;
  int64_t limit, writes = 0, reads = 0;
  char path[1024];
  lottery_archive *archive;
  MUST(lottery_archive_create(context, &archive));
  MUST(lottery_archive_set_integer(archive, LOTTERY_ARCHIVE_BYTE_LIMIT, 1 << 20));
  MUST(lottery_archive_get_integer(archive, LOTTERY_ARCHIVE_BYTE_LIMIT, &limit));
  EXPECT(limit == 1 << 20);
  MUST(lottery_archive_add_network(archive, "network", network));
  MUST(lottery_archive_add_mask(archive, "mask", ticket));
  MUST(lottery_archive_add_snapshot(archive, "snapshot", initial));
  MUST(lottery_archive_add_ticket(archive, "ticket", network, ticket, initial));
  MUST(lottery_archive_add_trainer(archive, "trainer", trainer));
  MUST(lottery_archive_add_text(archive, "text", "words"));
  MUST(lottery_archive_add_array(archive, "array", LOTTERY_ELEMENT_INT64, 1, &two, array, 2));
  MUST(lottery_archive_set_metadata(archive, "format", "pt"));
  snprintf(path, sizeof path, "%s/archive.safetensors", directory);
  MUST(lottery_archive_save(archive, path));
  MUST(lottery_archive_write(archive, write_part, &writes));
  EXPECT(writes > 0 && written_count > 0);
  MUST(lottery_archive_load(archive, path));
  use_things(archive);
  MUST(lottery_archive_load_memory(archive, written, written_count));
  use_things(archive);
  MUST(lottery_archive_read(archive, read_part, &reads));
  EXPECT(reads > 0);
  use_things(archive);
  remove(path);
  lottery_archive_destroy(archive);
}

int main(int argument_count, char **arguments) {
  if (argument_count != 2) return 2;
  lottery_network *preset;
  use_context();
  use_options();
  use_arrays(arguments[1]);
  use_datasets(arguments[1]);
  build_network();
  use_masks();
  use_pruner();
  set_up_trainer();
  step_by_hand();
  find_ticket();
  read_back();
  use_archives(arguments[1]);
  MUST(lottery_network_preset(context, "lenet-300-100", &preset));
  lottery_network_destroy(preset);
  lottery_context_destroy(context); /* the handles keep it alive */
  lottery_dataset_destroy(training);
  lottery_dataset_destroy(validation);
  lottery_network_destroy(network);
  lottery_mask_destroy(ticket);
  lottery_snapshot_destroy(initial);
  lottery_trainer_destroy(trainer);
  EXPECT(released == 1);
  if (faults == 0) printf("release 0.1's program runs with %s\n", lottery_version());
  return faults != 0;
}
