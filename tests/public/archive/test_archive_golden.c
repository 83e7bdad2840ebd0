/* A file that version 0.1.0 wrote, tests/golden/archive-1.safetensors, loads to what was saved, in every later version.
 *
 *   test_archive_golden --make FILE      writes such a file, with this version. The one in the tree stays as it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"

static const char golden_path[] = LOTTERY_TESTS_DIR "/golden/archive-1.safetensors";

/* What is in it, made from numbers that are exact in every arithmetic. */
struct contents {
  lottery_network *network, *wide;
  lottery_mask *mask, *wide_mask;
  lottery_snapshot *initial, *momentum, *moments, *wide_values;
  lottery_trainer *trainer;
};

/* Image of 1 by 2 by 3; dense 4 without bias, ReLU, dense 4, tanh, a sum, sigmoid, dense 2. */
static lottery_network *make_network(lottery_context *context) {
  const int64_t shape[] = {1, 2, 3};
  int32_t input, first, node;
  lottery_network *network;
  assert_ok(context, lottery_network_create(context, &network));
  assert_ok(context, lottery_network_input(network, 3, shape, &input));
  assert_ok(context, lottery_network_dense(network, input, 4, &first));
  assert_ok(context, lottery_network_node_set_integer(network, first, LOTTERY_NODE_BIAS, 0));
  assert_ok(context, lottery_network_relu(network, first, &first));
  assert_ok(context, lottery_network_dense(network, first, 4, &node));
  assert_ok(context, lottery_network_tanh(network, node, &node));
  assert_ok(context, lottery_network_add(network, node, first, &node));
  assert_ok(context, lottery_network_sigmoid(network, node, &node));
  assert_ok(context, lottery_network_dense(network, node, 2, &node));
  assert_ok(context, lottery_network_finish(network, node));
  return network;
}

/* Element i of tensor t is (i - 7) / 8 + t. */
static void fill(lottery_context *context, lottery_network *network) {
  static const int64_t counts[] = {24, 16, 4, 8, 2};
  for (int64_t tensor = 0; tensor < 5; tensor++) {
    float values[24];
    for (int i = 0; i < 24; i++) values[i] = (float)(i - 7) / 8 + (float)tensor;
    assert_ok(context, lottery_network_write_tensor(network, tensor, values, counts[tensor]));
  }
}

/* The mask with every weight of `count` pruned whose element leaves a rest of 1 by `divisor`. */
static lottery_mask *prune(lottery_context *context, lottery_mask *mask, int64_t tensor, int64_t count, int divisor) {
  uint8_t *bytes = malloc((size_t)count);
  lottery_mask *next;
  assert_non_null(bytes);
  for (int64_t i = 0; i < count; i++) bytes[i] = i % divisor != 1;
  assert_ok(context, lottery_mask_replace(mask, tensor, bytes, count, &next));
  free(bytes);
  lottery_mask_destroy(mask);
  return next;
}

/* One step of SGD with the gradient 1, 2, 3 …, momentum and rate 0.5: nothing is rounded. */
static void make_snapshots(lottery_context *context, struct contents *contents) {
  float gradient[54];
  int64_t count;
  const float inputs[6] = {0};
  const int32_t label = 0;
  assert_ok(context, lottery_trainer_create(contents->network, NULL, UINT64_MAX, &contents->trainer));
  assert_ok(context, lottery_trainer_snapshot(contents->trainer, LOTTERY_STATE_ALL, &contents->moments));
  assert_ok(context, lottery_trainer_set_integer(contents->trainer, LOTTERY_TRAINER_OPTIMISER, LOTTERY_OPTIMISER_SGD));
  assert_ok(context, lottery_trainer_set_real(contents->trainer, LOTTERY_TRAINER_MOMENTUM, 0.5));
  assert_ok(context, lottery_trainer_set_real(contents->trainer, LOTTERY_TRAINER_LEARNING_RATE, 0.5));
  assert_ok(context, lottery_trainer_gradient(contents->trainer, 1, inputs, &label, NULL, NULL));
  assert_ok(context, lottery_trainer_gradient_count(contents->trainer, &count));
  assert_int_equal(count, 54);
  for (int i = 0; i < 54; i++) gradient[i] = (float)(i + 1);
  assert_ok(context, lottery_trainer_write_gradient(contents->trainer, gradient, count));
  assert_ok(context, lottery_trainer_apply(contents->trainer));
  assert_ok(context, lottery_trainer_snapshot(contents->trainer, LOTTERY_STATE_ALL, &contents->momentum));
}

static void make(lottery_context *context, struct contents *contents) {
  contents->network = make_network(context);
  fill(context, contents->network);
  assert_ok(context, lottery_network_snapshot(contents->network, &contents->initial));
  assert_ok(context, lottery_mask_ones(contents->network, &contents->mask));
  contents->mask = prune(context, contents->mask, 0, 24, 2);
  contents->mask = prune(context, contents->mask, 1, 16, 3);
  make_snapshots(context, contents);
  /* A ticket of more columns than 16 bits number: it keeps elements 1, 65536 and 69999. */
  assert_ok(context, lottery_network_preset(context, "mlp-70000-1", &contents->wide));
  float *values = calloc(70000, sizeof *values);
  uint8_t *bytes = calloc(70000, 1);
  assert_non_null(values);
  assert_non_null(bytes);
  for (int i = 0; i < 70000; i++) values[i] = (float)i;
  bytes[1] = bytes[65536] = bytes[69999] = 1;
  assert_ok(context, lottery_network_write_tensor(contents->wide, 0, values, 70000));
  assert_ok(context, lottery_network_snapshot(contents->wide, &contents->wide_values));
  lottery_mask *ones;
  assert_ok(context, lottery_mask_ones(contents->wide, &ones));
  assert_ok(context, lottery_mask_replace(ones, 0, bytes, 70000, &contents->wide_mask));
  lottery_mask_destroy(ones);
  free(values);
  free(bytes);
}

static void destroy(const struct contents *contents) {
  lottery_network_destroy(contents->network);
  lottery_network_destroy(contents->wide);
  lottery_mask_destroy(contents->mask);
  lottery_mask_destroy(contents->wide_mask);
  lottery_snapshot_destroy(contents->initial);
  lottery_snapshot_destroy(contents->momentum);
  lottery_snapshot_destroy(contents->moments);
  lottery_snapshot_destroy(contents->wide_values);
  lottery_trainer_destroy(contents->trainer);
}

static const char text[] = "\"quoted\" \\ \x01\t\n \xc3\xa9 \xf0\x9f\x98\x80";
static const int64_t shape[] = {3, 1}, integers[] = {INT64_MIN, 0, INT64_MAX};
static const float reals[] = {1.5F, -0.0F, 1e-45F};
static const uint8_t small[] = {0, 128, 255};

/* The archive, of the network as it is after the step. */
static lottery_archive *save(lottery_context *context, const struct contents *contents) {
  lottery_archive *archive;
  assert_ok(context, lottery_archive_create(context, &archive));
  assert_ok(context, lottery_archive_add_network(archive, "", contents->network));
  assert_ok(context, lottery_archive_add_mask(archive, "mask", contents->mask));
  assert_ok(context, lottery_archive_add_snapshot(archive, "initial", contents->initial));
  assert_ok(context, lottery_archive_add_snapshot(archive, "momentum", contents->momentum));
  assert_ok(context, lottery_archive_add_snapshot(archive, "moments", contents->moments));
  assert_ok(context,
            lottery_archive_add_ticket(archive, "ticket", contents->network, contents->mask, contents->initial));
  assert_ok(context,
            lottery_archive_add_ticket(archive, "wide", contents->wide, contents->wide_mask, contents->wide_values));
  assert_ok(context, lottery_archive_add_text(archive, "ticket.level", "3"));
  assert_ok(context, lottery_archive_add_text(archive, "text", text));
  assert_ok(context, lottery_archive_add_array(archive, "integers", LOTTERY_ELEMENT_INT64, 2, shape, integers, 3));
  assert_ok(context, lottery_archive_add_array(archive, "reals", LOTTERY_ELEMENT_FLOAT32, 2, shape, reals, 3));
  assert_ok(context, lottery_archive_add_array(archive, "small", LOTTERY_ELEMENT_UINT8, 2, shape, small, 3));
  return archive;
}

static void check_snapshot(lottery_context *context, lottery_archive *archive, const char *name,
                           lottery_snapshot *expected) {
  lottery_snapshot *snapshot;
  assert_ok(context, lottery_archive_get_snapshot(archive, name, NULL, &snapshot));
  assert_same_snapshot(context, snapshot, expected);
  lottery_snapshot_destroy(snapshot);
}

static void check_ticket(lottery_context *context, lottery_archive *archive, const char *name, lottery_network *network,
                         lottery_mask *mask, lottery_snapshot *values) {
  lottery_network *ticket;
  lottery_mask *found;
  assert_ok(context, lottery_archive_get_ticket(archive, name, &ticket, &found, NULL));
  assert_same_mask(context, found, mask);
  assert_ok(context, lottery_network_set_mask(network, mask));
  assert_ok(context, lottery_network_restore(network, values));
  assert_same_network(context, ticket, network);
  lottery_network_destroy(ticket);
  lottery_mask_destroy(found);
}

static void test_loads_to_what_was_saved(void **unused) {
  (void)unused;
  lottery_context *context;
  lottery_archive *archive;
  struct contents contents;
  lottery_network *network;
  lottery_mask *mask;
  char words[64];
  int64_t count, integers_found[3];
  float reals_found[3], values[4];
  uint8_t small_found[3];
  assert_int_equal(lottery_context_create(&context), LOTTERY_OK);
  make(context, &contents);
  assert_ok(context, lottery_archive_create(context, &archive));
  assert_ok(context, lottery_archive_load(archive, golden_path));
  assert_ok(context, lottery_archive_count(archive, &count));
  assert_int_equal(count, 12);
  assert_ok(context, lottery_archive_get_network(archive, "", &network));
  assert_same_network(context, network, contents.network);
  /* Not only as this version makes it: fc2.bias was -7 / 8 + 2 and so on, less half of its gradient 41, 42, 43, 44. */
  assert_ok(context, lottery_network_read_tensor(network, 2, values, 4));
  for (int i = 0; i < 4; i++) assert_true(values[i] == (float)(i - 7) / 8 + 2 - 0.5F * (float)(41 + i));
  assert_ok(context, lottery_archive_get_mask(archive, "mask", network, &mask));
  assert_same_mask(context, mask, contents.mask);
  check_snapshot(context, archive, "initial", contents.initial);
  check_snapshot(context, archive, "momentum", contents.momentum);
  check_snapshot(context, archive, "moments", contents.moments);
  check_ticket(context, archive, "ticket", contents.network, contents.mask, contents.initial);
  check_ticket(context, archive, "wide", contents.wide, contents.wide_mask, contents.wide_values);
  assert_ok(context, lottery_archive_get_text(archive, "ticket.level", words, sizeof words, NULL));
  assert_string_equal(words, "3");
  assert_ok(context, lottery_archive_get_text(archive, "text", words, sizeof words, NULL));
  assert_string_equal(words, text);
  assert_ok(context, lottery_archive_get_array(archive, "integers", LOTTERY_ELEMENT_INT64, integers_found, 3));
  assert_memory_equal(integers_found, integers, sizeof integers);
  assert_ok(context, lottery_archive_get_array(archive, "reals", LOTTERY_ELEMENT_FLOAT32, reals_found, 3));
  assert_memory_equal(reals_found, reals, sizeof reals);
  assert_ok(context, lottery_archive_get_array(archive, "small", LOTTERY_ELEMENT_UINT8, small_found, 3));
  assert_memory_equal(small_found, small, sizeof small);
  lottery_mask_destroy(mask);
  lottery_network_destroy(network);
  lottery_archive_destroy(archive);
  destroy(&contents);
  lottery_context_destroy(context);
}

/* What the version that wrote it writes is that file, to the byte. A later one may order or name things otherwise. */
static void test_same_bytes(void **unused) {
  (void)unused;
  if (strcmp(lottery_version(), "0.1.0") != 0) skip();
  lottery_context *context;
  struct contents contents;
  assert_int_equal(lottery_context_create(&context), LOTTERY_OK);
  make(context, &contents);
  lottery_archive *archive = save(context, &contents);
  assert_golden(context, archive, golden_path);
  lottery_archive_destroy(archive);
  destroy(&contents);
  lottery_context_destroy(context);
}

static int make_file(const char *path) {
  lottery_context *context;
  struct contents contents;
  if (lottery_context_create(&context) != LOTTERY_OK) return 1;
  make(context, &contents);
  lottery_archive *archive = save(context, &contents);
  const lottery_status status = lottery_archive_save(archive, path);
  lottery_archive_destroy(archive);
  destroy(&contents);
  lottery_context_destroy(context);
  return status == LOTTERY_OK ? 0 : 1;
}

int main(int argument_count, char **arguments) {
  if (argument_count == 3 && strcmp(arguments[1], "--make") == 0) return make_file(arguments[2]);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_loads_to_what_was_saved),
      cmocka_unit_test(test_same_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
