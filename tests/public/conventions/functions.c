/* The table of the header's functions, and how their arguments are made. */
#include "functions.h"

#include <ctype.h>
#include <string.h>

/* FUNCTION(name, arguments, parameters). p[i] is the i-th of the parameters that are varied, each "kind name":
 *   C N D M S P T A  a handle: context, network, dataset, mask, snapshot, pruner, trainer with a gradient, archive;
 *   U E F G        a network that is not finished, one without nodes, a trainer after its forward pass, a dataset with
 *                  targets
 *   d n m …        receives a handle of that kind
 *   *              any other pointer; !: NULL leaves the message as it is; %: NULL is an error of shape; #: it is
 *                  written on an error too
 *   ? before one of these: it may be NULL
 * "name=text": the argument is a text. */

/* Calls a _retain function and gives back what it took. */
#define THEN_DESTROY(destroy) (p[0]) != LOTTERY_OK ? LOTTERY_ERROR_HANDLE : (destroy(p[0]), LOTTERY_OK)

// clang-format off
#define FUNCTIONS(FUNCTION) \
  FUNCTION(lottery_context_create, (p[0]), "c out") \
  FUNCTION(lottery_context_retain, THEN_DESTROY(lottery_context_destroy), "C context") \
  FUNCTION(lottery_context_message, (p[0], p[1], 16, p[2]), "C context, ! buffer, ?* needed") \
  FUNCTION(lottery_context_set_instruction_set, (p[0], 0), "C context") \
  FUNCTION(lottery_context_get_instruction_set, (p[0], p[1]), "C context, * out") \
  FUNCTION(lottery_context_describe, (p[0], p[1], 16, p[2]), "C context, * buffer, ?* needed") \
  FUNCTION(lottery_context_memory, (p[0], p[1], p[2]), "C context, ?* bytes, ?* peak") \
  FUNCTION(lottery_option_count, (p[0]), "* out") \
  FUNCTION(lottery_option_describe, (0, p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]), \
           "?* key, ?* handle, ?* type, ?* minimum, ?* maximum, ?* initial, ?* name, ?* meaning") \
  FUNCTION(lottery_option_choice, (LOTTERY_TRAINER_LOSS, 0, p[0]), "* name") \
  FUNCTION(lottery_network_create, (p[0], p[1]), "C context, n out") \
  FUNCTION(lottery_network_preset, (p[0], p[1], p[2]), "C context, * name=mlp-2-2, n out") \
  FUNCTION(lottery_network_copy, (p[0], p[1]), "N network, n out") \
  FUNCTION(lottery_network_input, (p[0], 1, p[1], p[2]), "E network, * shape, * node") \
  FUNCTION(lottery_network_dense, (p[0], 0, 2, p[1]), "U network, * node") \
  FUNCTION(lottery_network_relu, (p[0], 0, p[1]), "U network, * node") \
  FUNCTION(lottery_network_tanh, (p[0], 0, p[1]), "U network, * node") \
  FUNCTION(lottery_network_sigmoid, (p[0], 0, p[1]), "U network, * node") \
  FUNCTION(lottery_network_add, (p[0], 0, 0, p[1]), "U network, * node") \
  FUNCTION(lottery_network_node_set_integer, (p[0], 1, LOTTERY_NODE_BIAS, 0), "U network") \
  FUNCTION(lottery_network_node_get_integer, (p[0], 1, LOTTERY_NODE_BIAS, p[1]), "N network, * out") \
  FUNCTION(lottery_network_node_shape, (p[0], 0, 3, p[1], p[2]), "N network, * shape, * rank") \
  FUNCTION(lottery_network_node_count, (p[0], p[1]), "N network, * out") \
  FUNCTION(lottery_network_node_kind, (p[0], 1, p[1]), "N network, * out") \
  FUNCTION(lottery_network_node_inputs, (p[0], 1, 1, p[1], p[2]), "N network, * inputs, * count") \
  FUNCTION(lottery_network_node_tensors, (p[0], 1, 2, p[1], p[2]), "N network, * tensors, * count") \
  FUNCTION(lottery_network_node_attribute_count, (p[0], 1, p[1]), "N network, * out") \
  FUNCTION(lottery_network_node_attribute, (p[0], 1, 0, p[1], p[2]), "N network, ?* name, ?* value") \
  FUNCTION(lottery_network_finish, (p[0], 1), "U network") \
  FUNCTION(lottery_network_output, (p[0], p[1]), "N network, * node") \
  FUNCTION(lottery_network_sizes, (p[0], p[1], p[2]), "N network, * inputs, * outputs") \
  FUNCTION(lottery_network_initialise, (p[0], 0, 2), "N network") \
  FUNCTION(lottery_network_tensor_count, (p[0], p[1]), "N network, * out") \
  FUNCTION(lottery_network_tensor_name, (p[0], 0, p[1], 16, p[2]), "N network, * buffer, ?* needed") \
  FUNCTION(lottery_network_tensor_find, (p[0], p[1], p[2]), "N network, * name=fc1.bias, * out") \
  FUNCTION(lottery_network_tensor_shape, (p[0], 0, 2, p[1], p[2]), "N network, * shape, * rank") \
  FUNCTION(lottery_network_set_real, (p[0], LOTTERY_NETWORK_CROSSOVER, 0.5), "N network") \
  FUNCTION(lottery_network_get_real, (p[0], LOTTERY_NETWORK_CROSSOVER, p[1]), "N network, * out") \
  FUNCTION(lottery_network_tensor_form, (p[0], 0, p[1], p[2]), "N network, ?* form, ?* bytes") \
  FUNCTION(lottery_network_tensor_prunable, (p[0], 0, p[1]), "N network, * out") \
  FUNCTION(lottery_network_read_tensor, (p[0], 0, p[1], 6), "N network, * values") \
  FUNCTION(lottery_network_write_tensor, (p[0], 0, p[1], 6), "N network, * values") \
  FUNCTION(lottery_network_set_mask, (p[0], p[1]), "N network, ?M mask") \
  FUNCTION(lottery_network_get_mask, (p[0], p[1]), "N network, m out") \
  FUNCTION(lottery_network_check_mask, (p[0], p[1], p[2], p[3]), "N network, ?M mask, ?* tensor, ?* element") \
  FUNCTION(lottery_network_predict, (p[0], 1, p[1], p[2]), "N network, * inputs, * outputs") \
  FUNCTION(lottery_network_evaluate, (p[0], p[1], 0, p[2], p[3]), "N network, D dataset, ?* loss, ?* correct") \
  FUNCTION(lottery_network_snapshot, (p[0], p[1]), "N network, s out") \
  FUNCTION(lottery_network_restore, (p[0], p[1]), "N network, S snapshot") \
  FUNCTION(lottery_dataset_create, (p[0], 1, 1, p[1], 0, p[2], 1.0, 0.0, 0, NULL, NULL, p[3]), \
           "C context, * shape, * inputs, d out") \
  FUNCTION(lottery_dataset_retain, THEN_DESTROY(lottery_dataset_destroy), "D dataset") \
  FUNCTION(lottery_dataset_with_labels, (p[0], 2, p[1], 4, p[2]), "D dataset, * labels, d out") \
  FUNCTION(lottery_dataset_with_targets, (p[0], 1, p[1], 4, p[2]), "D dataset, * targets, d out") \
  FUNCTION(lottery_dataset_load_idx, (p[0], p[1], NULL, p[2]), "C context, * images, d out") \
  FUNCTION(lottery_dataset_split, (p[0], 1, 1, p[1], p[2]), "D dataset, d first, d second") \
  FUNCTION(lottery_dataset_subset, (p[0], p[1], 2, p[2]), "D dataset, * indices, d out") \
  FUNCTION(lottery_dataset_shuffle_labels, (p[0], 1, p[1]), "D dataset, d out") \
  FUNCTION(lottery_dataset_relabel, (p[0], 2, p[1], 2, p[2]), "D dataset, * map, d out") \
  FUNCTION(lottery_dataset_statistics, (p[0], 1, p[1], p[2]), "D dataset, * mean, * deviation") \
  FUNCTION(lottery_dataset_normalise, (p[0], 1, p[1], p[2], p[3]), "D dataset, * mean, * deviation, d out") \
  FUNCTION(lottery_dataset_sizes, (p[0], p[1], p[2], p[3]), "D dataset, ?* count, ?* features, ?* classes") \
  FUNCTION(lottery_dataset_shape, (p[0], 3, p[1], p[2]), "D dataset, * shape, * rank") \
  FUNCTION(lottery_dataset_read, (p[0], 0, 1, p[1], p[2]), "D dataset, ?* inputs, ?* labels") \
  FUNCTION(lottery_dataset_target_width, (p[0], p[1]), "D dataset, * out") \
  FUNCTION(lottery_dataset_read_targets, (p[0], 0, 1, p[1]), "G dataset, * targets") \
  FUNCTION(lottery_mask_ones, (p[0], p[1]), "N network, m out") \
  FUNCTION(lottery_mask_retain, THEN_DESTROY(lottery_mask_destroy), "M mask") \
  FUNCTION(lottery_mask_replace, (p[0], 0, p[1], 6, p[2]), "M mask, * bytes, m out") \
  FUNCTION(lottery_mask_read, (p[0], 0, p[1], 6), "M mask, * bytes") \
  FUNCTION(lottery_mask_tensor_count, (p[0], p[1]), "M mask, * out") \
  FUNCTION(lottery_mask_tensor_name, (p[0], 0, p[1], 16, p[2]), "M mask, * buffer, ?* needed") \
  FUNCTION(lottery_mask_tensor_shape, (p[0], 0, 2, p[1], p[2]), "M mask, * shape, * rank") \
  FUNCTION(lottery_mask_kept, (p[0], 0, p[1], p[2]), "M mask, ?* kept, ?* total") \
  FUNCTION(lottery_mask_dead, (p[0], 0, p[1], p[2]), "M mask, ?* units, ?* inputs") \
  FUNCTION(lottery_mask_intersect, (p[0], p[1], p[2]), "M first, M second, m out") \
  FUNCTION(lottery_mask_unite, (p[0], p[1], p[2]), "M first, M second, m out") \
  FUNCTION(lottery_mask_subtract, (p[0], p[1], p[2]), "M first, M second, m out") \
  FUNCTION(lottery_mask_complement, (p[0], p[1]), "M mask, m out") \
  FUNCTION(lottery_mask_hamming, (p[0], p[1], p[2]), "M first, M second, * out") \
  FUNCTION(lottery_mask_jaccard, (p[0], p[1], p[2]), "M first, M second, * out") \
  FUNCTION(lottery_mask_shuffle, (p[0], 1, p[1]), "M mask, m out") \
  FUNCTION(lottery_mask_transfer, (p[0], p[1], p[2]), "M mask, N network, m out") \
  FUNCTION(lottery_snapshot_retain, THEN_DESTROY(lottery_snapshot_destroy), "S snapshot") \
  FUNCTION(lottery_snapshot_contents, (p[0], p[1]), "S snapshot, * out") \
  FUNCTION(lottery_snapshot_iteration, (p[0], p[1]), "S snapshot, * out") \
  FUNCTION(lottery_snapshot_tensor_count, (p[0], p[1]), "S snapshot, * out") \
  FUNCTION(lottery_snapshot_tensor_name, (p[0], 0, p[1], 16, p[2]), "S snapshot, * buffer, ?* needed") \
  FUNCTION(lottery_snapshot_tensor_shape, (p[0], 0, 2, p[1], p[2]), "S snapshot, * shape, * rank") \
  FUNCTION(lottery_snapshot_read, (p[0], 0, 0, p[1], 6), "S snapshot, * values") \
  FUNCTION(lottery_pruner_create, (p[0], p[1]), "C context, p out") \
  FUNCTION(lottery_pruner_set_integer, (p[0], LOTTERY_PRUNER_COUNT, 1), "P pruner") \
  FUNCTION(lottery_pruner_get_integer, (p[0], LOTTERY_PRUNER_SCOPE, p[1]), "P pruner, * out") \
  FUNCTION(lottery_pruner_set_real, (p[0], LOTTERY_PRUNER_RATE, 0.5), "P pruner") \
  FUNCTION(lottery_pruner_get_real, (p[0], LOTTERY_PRUNER_RATE, p[1]), "P pruner, * out") \
  FUNCTION(lottery_pruner_set_tensor_rate, (p[0], p[1], 0.5), "P pruner, * name=fc1.weight") \
  FUNCTION(lottery_pruner_tensor_rate_count, (p[0], p[1]), "P pruner, * out") \
  FUNCTION(lottery_pruner_tensor_rate_name, (p[0], 0, p[1], 16, p[2]), "P pruner, * buffer, ?* needed") \
  FUNCTION(lottery_pruner_tensor_rate, (p[0], 0, p[1]), "P pruner, * out") \
  FUNCTION(lottery_pruner_amount, (p[0], p[1]), "P pruner, * key") \
  FUNCTION(lottery_pruner_apply, (p[0], p[1], p[2], p[3]), "P pruner, N network, ?M mask, m out") \
  FUNCTION(lottery_pruner_apply_scores, (p[0], p[1], p[2], p[3], 12, p[4]), \
           "P pruner, N network, ?M mask, * scores, m out") \
  FUNCTION(lottery_pruner_preview, (p[0], p[1], p[2], 2, p[3], p[4], p[5]), \
           "P pruner, N network, ?M mask, ?* kept, ?* dead_units, ?* vanishing") \
  FUNCTION(lottery_trainer_create, (p[0], p[1], 1, p[2]), "N network, ?D dataset, t out") \
  FUNCTION(lottery_trainer_set_integer, (p[0], LOTTERY_TRAINER_WARMUP, 1), "T trainer") \
  FUNCTION(lottery_trainer_get_integer, (p[0], LOTTERY_TRAINER_WARMUP, p[1]), "T trainer, * out") \
  FUNCTION(lottery_trainer_set_real, (p[0], LOTTERY_TRAINER_BETA1, 0.5), "T trainer") \
  FUNCTION(lottery_trainer_get_real, (p[0], LOTTERY_TRAINER_BETA1, p[1]), "T trainer, * out") \
  FUNCTION(lottery_trainer_set_reals, (p[0], LOTTERY_TRAINER_MILESTONES, p[1], 1), "T trainer, * values") \
  FUNCTION(lottery_trainer_get_reals, (p[0], LOTTERY_TRAINER_MILESTONES, 4, p[1], p[2]), \
           "T trainer, * values, * count") \
  FUNCTION(lottery_trainer_run, (p[0], 2, NULL, NULL, p[1]), "T trainer, ?# done") \
  FUNCTION(lottery_trainer_step, (p[0], 1, p[1], p[2], NULL, p[3]), "T trainer, * inputs, % labels, ?* loss") \
  FUNCTION(lottery_trainer_gradient, (p[0], 1, p[1], p[2], NULL, p[3]), "T trainer, * inputs, % labels, ?* loss") \
  FUNCTION(lottery_trainer_apply, (p[0]), "T trainer") \
  FUNCTION(lottery_trainer_gradient_count, (p[0], p[1]), "T trainer, * out") \
  FUNCTION(lottery_trainer_read_gradient, (p[0], p[1], 17), "T trainer, * values") \
  FUNCTION(lottery_trainer_write_gradient, (p[0], p[1], 17), "T trainer, * values") \
  FUNCTION(lottery_trainer_read_tensor_gradient, (p[0], 0, p[1], 6), "T trainer, * values") \
  FUNCTION(lottery_trainer_write_tensor_gradient, (p[0], 0, p[1], 6), "T trainer, * values") \
  FUNCTION(lottery_trainer_forward, (p[0], 1, p[1], p[2]), "T trainer, * inputs, * outputs") \
  FUNCTION(lottery_trainer_backward, (p[0], 1, p[1]), "F trainer, * output_gradient") \
  FUNCTION(lottery_trainer_backward_inputs, (p[0], 1, p[1], p[2]), "F trainer, * output_gradient, * input_gradient") \
  FUNCTION(lottery_trainer_evaluate, (p[0], p[1], p[2], p[3]), "T trainer, D dataset, ?* loss, ?* correct") \
  FUNCTION(lottery_trainer_iteration, (p[0], p[1]), "T trainer, * out") \
  FUNCTION(lottery_trainer_epoch_batches, (p[0], p[1]), "T trainer, * out") \
  FUNCTION(lottery_trainer_batch, (p[0], 0, 4, p[1], p[2]), "T trainer, * indices, * count") \
  FUNCTION(lottery_trainer_rate, (p[0], p[1]), "T trainer, * out") \
  FUNCTION(lottery_trainer_loss, (p[0], p[1]), "T trainer, * out") \
  FUNCTION(lottery_trainer_snapshot, (p[0], LOTTERY_STATE_ALL, p[1]), "T trainer, s out") \
  FUNCTION(lottery_trainer_rewind, (p[0], p[1], p[2], 0), "T trainer, ?S snapshot, ?M mask") \
  FUNCTION(lottery_trainer_get_optimiser_steps, (p[0], p[1]), "T trainer, * out") \
  FUNCTION(lottery_trainer_set_optimiser_steps, (p[0], 1), "T trainer") \
  FUNCTION(lottery_trainer_read_optimiser, (p[0], 0, LOTTERY_SLOT_FIRST, p[1], 6), "T trainer, * values") \
  FUNCTION(lottery_trainer_write_optimiser, (p[0], 0, LOTTERY_SLOT_SECOND, p[1], 6), "T trainer, * values") \
  FUNCTION(lottery_trainer_reset, (p[0], LOTTERY_STATE_POSITION), "T trainer") \
  FUNCTION(lottery_npy_save, (p[0], p[1], LOTTERY_ELEMENT_FLOAT32, 1, p[2], p[3], 2), \
           "C context, * path, * shape, * values") \
  FUNCTION(lottery_npy_describe, (p[0], p[1], p[2], p[3], 8, p[4], p[5]), \
           "C context, * path, ?* element, ?* count, * shape, * rank") \
  FUNCTION(lottery_npy_load, (p[0], p[1], LOTTERY_ELEMENT_FLOAT32, p[2], 2), "C context, * path, * values") \
  FUNCTION(lottery_archive_create, (p[0], p[1]), "C context, a out") \
  FUNCTION(lottery_archive_set_integer, (p[0], LOTTERY_ARCHIVE_BYTE_LIMIT, 5000), "A archive") \
  FUNCTION(lottery_archive_get_integer, (p[0], LOTTERY_ARCHIVE_BYTE_LIMIT, p[1]), "A archive, * out") \
  FUNCTION(lottery_archive_count, (p[0], p[1]), "A archive, * out") \
  FUNCTION(lottery_archive_name, (p[0], 0, p[1], 16, p[2]), "A archive, * buffer, ?* needed") \
  FUNCTION(lottery_archive_kind, (p[0], p[1], p[2]), "A archive, * name=text, * out") \
  FUNCTION(lottery_archive_add_network, (p[0], p[1], p[2]), "A archive, * name=new, N network") \
  FUNCTION(lottery_archive_add_mask, (p[0], p[1], p[2]), "A archive, * name=new, M mask") \
  FUNCTION(lottery_archive_add_snapshot, (p[0], p[1], p[2]), "A archive, * name=new, S snapshot") \
  FUNCTION(lottery_archive_add_ticket, (p[0], p[1], p[2], p[3], p[4]), \
           "A archive, * name=new, N network, M mask, S snapshot") \
  FUNCTION(lottery_archive_add_trainer, (p[0], p[1], p[2]), "A archive, * name=new, T trainer") \
  FUNCTION(lottery_archive_add_text, (p[0], p[1], p[2]), "A archive, * name=new, * text") \
  FUNCTION(lottery_archive_add_array, (p[0], p[1], LOTTERY_ELEMENT_INT64, 1, p[2], p[3], 2), \
           "A archive, * name=new, * shape, * data") \
  FUNCTION(lottery_archive_get_network, (p[0], p[1], p[2]), "A archive, * name=network, n out") \
  FUNCTION(lottery_archive_get_mask, (p[0], p[1], p[2], p[3]), "A archive, * name=mask, ?N network, m out") \
  FUNCTION(lottery_archive_get_snapshot, (p[0], p[1], p[2], p[3]), "A archive, * name=snapshot, ?N network, s out") \
  FUNCTION(lottery_archive_get_ticket, (p[0], p[1], p[2], p[3], p[4]), \
           "A archive, * name=ticket, ?n network, ?m mask, ?s snapshot") \
  FUNCTION(lottery_archive_restore_trainer, (p[0], p[1], p[2], LOTTERY_CONSENT_NONE), \
           "A archive, * name=trainer, T trainer") \
  FUNCTION(lottery_archive_get_text, (p[0], p[1], p[2], 16, p[3]), "A archive, * name=text, * buffer, ?* needed") \
  FUNCTION(lottery_archive_array_shape, (p[0], p[1], p[2], 8, p[3], p[4]), \
           "A archive, * name=array, * element, * shape, * rank") \
  FUNCTION(lottery_archive_get_array, (p[0], p[1], LOTTERY_ELEMENT_INT64, p[2], 2), \
           "A archive, * name=array, * data") \
  FUNCTION(lottery_archive_metadata_count, (p[0], p[1]), "A archive, * out") \
  FUNCTION(lottery_archive_metadata_key, (p[0], 0, p[1], 16, p[2]), "A archive, * buffer, ?* needed") \
  FUNCTION(lottery_archive_get_metadata, (p[0], p[1], p[2], 16, p[3]), \
           "A archive, * key=format, * buffer, ?* needed") \
  FUNCTION(lottery_archive_set_metadata, (p[0], p[1], p[2]), "A archive, * key=format, ?* value") \
  FUNCTION(lottery_archive_remove, (p[0], p[1]), "A archive, * name=text") \
  FUNCTION(lottery_archive_save, (p[0], p[1]), "A archive, * path") \
  FUNCTION(lottery_archive_write, (p[0], writer(p[1]), NULL), "A archive, * write") \
  FUNCTION(lottery_archive_load, (p[0], p[1]), "A archive, * path") \
  FUNCTION(lottery_archive_load_memory, (p[0], p[1], 10), "A archive, * bytes") \
  FUNCTION(lottery_archive_read, (p[0], reader(p[1]), NULL), "A archive, * read")
// clang-format on

/* A file without anything in it: what loads, and what the path below holds. */
static const unsigned char empty_file[] = {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'};

static int64_t swallow(const void *bytes, int64_t count, void *user) {
  (void)bytes, (void)user;
  return count;
}
static int64_t hand_out(void *bytes, int64_t capacity, void *user) {
  static size_t next;
  (void)user;
  if (next == sizeof empty_file) return (int64_t)(next = 0);
  const size_t count = (size_t)capacity < sizeof empty_file - next ? (size_t)capacity : sizeof empty_file - next;
  memcpy(bytes, empty_file + next, count);
  next += count;
  return (int64_t)count;
}
/* Functions do not go through a pointer to void. */
static lottery_write writer(const void *given) { return given != NULL ? swallow : NULL; }
static lottery_read reader(const void *given) { return given != NULL ? hand_out : NULL; }

#define DEFINE_CALL(name, arguments, parameters) \
  static lottery_status call_##name(void **p) { return name arguments; }
FUNCTIONS(DEFINE_CALL)

const struct function functions[] = {
#define LIST(name, arguments, parameters) {#name, call_##name, parameters},
    FUNCTIONS(LIST)};
const int function_count = sizeof functions / sizeof functions[0];

/* --- Parameters --- */

int function_parse(const char *text, struct parameter parameters[PARAMETERS]) {
  int count = 0;
  while (*text != '\0') {
    struct parameter *parameter = &parameters[count++];
    memset(parameter, 0, sizeof *parameter);
    parameter->optional = *text == '?';
    if (parameter->optional) text++;
    parameter->kind = *text++;
    while (*text == ' ') text++;
    size_t length = strcspn(text, "=,");
    memcpy(parameter->name, text, length);
    text += length;
    if (*text == '=') parameter->text = ++text;
    text += strcspn(text, ",");
    while (*text == ',' || *text == ' ') text++;
  }
  return count;
}

bool is_handle(char kind) { return isupper((unsigned char)kind) != 0; }
bool is_out(char kind) { return islower((unsigned char)kind) != 0; }
char kind_of(char kind) { return kind == 'U' || kind == 'E' ? 'N' : kind == 'F' ? 'T' : kind == 'G' ? 'D' : kind; }

/* --- Files --- */

static char image_file[PATH_CAPACITY], array_file[PATH_CAPACITY], archive_file[PATH_CAPACITY];

static void make_array_file(const char *directory) {
  lottery_context *context;
  const int64_t two = 2;
  const float values[] = {1, 2};
  assert_ok(NULL, lottery_context_create(&context));
  path_in(directory, "array", array_file);
  assert_ok(context, lottery_npy_save(context, array_file, LOTTERY_ELEMENT_FLOAT32, 1, &two, values, 2));
  lottery_context_destroy(context);
}

void functions_make_files(const char *directory) {
  const int64_t sizes[] = {2, 1, 2};
  const unsigned char pixels[] = {1, 2, 3, 4};
  write_idx(path_in(directory, "images", image_file), 3, sizes, pixels, false);
  make_array_file(directory);
  write_file(path_in(directory, "archive", archive_file), empty_file, sizeof empty_file);
}

/* --- One handle of each kind --- */

void handles_make(lottery_context *context, struct handles *handles) {
  handles->context = context;
  int32_t node;
  const int64_t two = 2;
  const float inputs[] = {1, 2};
  const int32_t label = 0;
  float outputs[2];
  const float targets[4 * 2] = {1, 2};
  assert_ok(context, lottery_network_preset(context, "mlp-2-3-2", &handles->network));
  assert_ok(context, lottery_network_initialise(handles->network, LOTTERY_INITIALISE_GLOROT_NORMAL, 1));
  assert_ok(context, lottery_network_create(context, &handles->empty));
  assert_ok(context, lottery_network_create(context, &handles->open));
  assert_ok(context, lottery_network_input(handles->open, 1, &two, &node));
  assert_ok(context, lottery_network_dense(handles->open, node, 2, &node));
  handles->dataset = support_dataset(context, 4, 2, 2, 0.1F, 3);
  assert_ok(context, lottery_dataset_with_targets(handles->dataset, 2, targets, 4, &handles->targeted));
  assert_ok(context, lottery_mask_ones(handles->network, &handles->mask));
  assert_ok(context, lottery_network_snapshot(handles->network, &handles->snapshot));
  assert_ok(context, lottery_pruner_create(context, &handles->pruner));
  assert_ok(context, lottery_pruner_set_tensor_rate(handles->pruner, "fc2.weight", 0.25));
  assert_ok(context, lottery_trainer_create(handles->network, handles->dataset, 5, &handles->forwarded));
  assert_ok(context, lottery_trainer_forward(handles->forwarded, 1, inputs, outputs));
  assert_ok(context, lottery_trainer_create(handles->network, handles->dataset, 5, &handles->trainer));
  assert_ok(context, lottery_trainer_gradient(handles->trainer, 1, inputs, &label, NULL, NULL));
  assert_ok(context, lottery_network_predict(handles->network, 1, inputs, outputs)); /* allocates */
  const int64_t array[] = {3, 4};
  assert_ok(context, lottery_archive_create(context, &handles->archive));
  assert_ok(context, lottery_archive_add_network(handles->archive, "network", handles->network));
  assert_ok(context, lottery_archive_add_mask(handles->archive, "mask", handles->mask));
  assert_ok(context, lottery_archive_add_snapshot(handles->archive, "snapshot", handles->snapshot));
  assert_ok(context,
            lottery_archive_add_ticket(handles->archive, "ticket", handles->network, handles->mask, handles->snapshot));
  assert_ok(context, lottery_archive_add_trainer(handles->archive, "trainer", handles->trainer));
  assert_ok(context, lottery_archive_add_text(handles->archive, "text", "words"));
  assert_ok(context, lottery_archive_add_array(handles->archive, "array", LOTTERY_ELEMENT_INT64, 1, &two, array, 2));
  assert_ok(context, lottery_archive_set_metadata(handles->archive, "format", "pt"));
}

void handles_destroy(const struct handles *handles) {
  lottery_archive_destroy(handles->archive);
  lottery_trainer_destroy(handles->trainer);
  lottery_trainer_destroy(handles->forwarded);
  lottery_pruner_destroy(handles->pruner);
  lottery_snapshot_destroy(handles->snapshot);
  lottery_mask_destroy(handles->mask);
  lottery_dataset_destroy(handles->targeted);
  lottery_dataset_destroy(handles->dataset);
  lottery_network_destroy(handles->open);
  lottery_network_destroy(handles->empty);
  lottery_network_destroy(handles->network);
  lottery_context_destroy(handles->context);
}

void *handle_of(const struct handles *handles, char kind) {
  switch (kind) {
    case 'C': return handles->context;
    case 'N': return handles->network;
    case 'U': return handles->open;
    case 'E': return handles->empty;
    case 'D': return handles->dataset;
    case 'G': return handles->targeted;
    case 'M': return handles->mask;
    case 'S': return handles->snapshot;
    case 'P': return handles->pruner;
    case 'T': return handles->trainer;
    case 'A': return handles->archive;
    default: return handles->forwarded;
  }
}

void handle_destroy(char kind, void *handle) {
  switch (kind) {
    case 'c': lottery_context_destroy(handle); break;
    case 'n': lottery_network_destroy(handle); break;
    case 'd': lottery_dataset_destroy(handle); break;
    case 'm': lottery_mask_destroy(handle); break;
    case 's': lottery_snapshot_destroy(handle); break;
    case 'p': lottery_pruner_destroy(handle); break;
    case 'a': lottery_archive_destroy(handle); break;
    default: lottery_trainer_destroy(handle); break;
  }
}

/* --- Arguments --- */

void arguments_fill(const struct handles *handles, const struct parameter *parameters, int count,
                    struct arguments *arguments) {
  memset(arguments, 0, sizeof *arguments);
  for (int i = 0; i < count; i++) {
    const struct parameter *parameter = &parameters[i];
    unsigned char *buffer = arguments->buffers[i];
    arguments->pointers[i] = is_handle(parameter->kind) ? handle_of(handles, parameter->kind) : buffer;
    const int64_t two = 2;
    const double one = 1.0;
    void *rubbish = buffer;
    if (is_out(parameter->kind))
      memcpy(buffer, &rubbish, sizeof rubbish);
    else if (parameter->text != NULL)
      memcpy(buffer, parameter->text, strcspn(parameter->text, ","));
    else if (strcmp(parameter->name, "shape") == 0)
      memcpy(buffer, &two, sizeof two);
    else if (strcmp(parameter->name, "deviation") == 0)
      memcpy(buffer, &one, sizeof one);
    else if (strcmp(parameter->name, "bytes") == 0)
      memcpy(buffer, empty_file, sizeof empty_file);
    else if (strcmp(parameter->name, "images") == 0)
      arguments->pointers[i] = image_file;
    else if (strcmp(parameter->name, "path") == 0)
      arguments->pointers[i] = parameters[0].kind == 'A' ? archive_file : array_file;
  }
  memcpy(arguments->before, arguments->buffers, sizeof arguments->before);
}
