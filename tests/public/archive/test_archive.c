/* Archives: what is saved comes back to the bit, by every way out and in; how large tickets are. */
#include <stdlib.h>
#include <string.h>

#include "archive.h"

struct fixture {
  struct counting_allocator allocator;
  lottery_context *context;
};

static void start(struct fixture *fixture) {
  allocator_start(&fixture->allocator);
  fixture->context = allocator_context(&fixture->allocator);
}

static void finish(struct fixture *fixture) {
  lottery_context_destroy(fixture->context);
  allocator_finish(&fixture->allocator);
}

static lottery_archive *new_archive(lottery_context *context) {
  lottery_archive *archive;
  assert_ok(context, lottery_archive_create(context, &archive));
  return archive;
}

/* Everything in `archive`, which is a copy of all->archive, is what went in. */
static void check_everything(lottery_context *context, const struct everything *all, lottery_archive *archive) {
  static const struct {
    const char *name;
    int32_t kind;
  } things[] = {{"array", LOTTERY_KIND_ARRAY},       {"mask", LOTTERY_KIND_MASK}, {"network", LOTTERY_KIND_NETWORK},
                {"snapshot", LOTTERY_KIND_SNAPSHOT}, {"text", LOTTERY_KIND_TEXT}, {"ticket", LOTTERY_KIND_TICKET}};
  int64_t count, needed, array[4], shape[2], size;
  int32_t kind, element, rank;
  char name[64];
  lottery_network *network, *ticket;
  lottery_mask *mask, *of_ticket;
  lottery_snapshot *snapshot, *values;
  assert_ok(context, lottery_archive_count(archive, &count));
  assert_int_equal(count, 6);
  for (int64_t i = 0; i < count; i++) {
    assert_ok(context, lottery_archive_name(archive, i, name, sizeof name, &needed));
    assert_string_equal(name, things[i].name);
    assert_int_equal(needed, strlen(name) + 1);
    assert_ok(context, lottery_archive_kind(archive, name, &kind));
    assert_int_equal(kind, things[i].kind);
  }
  assert_ok(context, lottery_archive_get_network(archive, "network", &network));
  assert_same_network(context, network, all->network);
  assert_ok(context, lottery_archive_get_mask(archive, "mask", network, &mask));
  assert_same_mask(context, mask, all->mask);
  assert_ok(context, lottery_archive_get_snapshot(archive, "snapshot", network, &snapshot));
  assert_same_snapshot(context, snapshot, all->snapshot);
  lottery_mask_destroy(mask);
  lottery_snapshot_destroy(snapshot);
  assert_ok(context, lottery_archive_get_mask(archive, "mask", NULL, &mask));
  assert_same_mask(context, mask, all->mask);
  assert_ok(context, lottery_archive_get_snapshot(archive, "snapshot", NULL, &snapshot));
  assert_same_snapshot(context, snapshot, all->snapshot);
  assert_ok(context, lottery_archive_get_ticket(archive, "ticket", &ticket, &of_ticket, &values));
  assert_same_mask(context, of_ticket, all->mask);
  /* The ticket's network has the mask and the initial weights, pruned. */
  assert_ok(context, lottery_network_restore(all->network, all->initial));
  assert_same_network(context, ticket, all->network);
  lottery_mask_destroy(of_ticket);
  assert_ok(context, lottery_network_get_mask(ticket, &of_ticket));
  assert_same_mask(context, of_ticket, all->mask);
  assert_ok(context, lottery_network_restore(all->network, values));
  assert_same_network(context, ticket, all->network);
  assert_ok(context, lottery_network_restore(all->network, all->snapshot));
  assert_ok(context, lottery_archive_get_text(archive, "text", name, sizeof name, NULL));
  assert_string_equal(name, "a \"text\" with\tall: \\ / \x01 äß€😀");
  assert_ok(context, lottery_archive_array_shape(archive, "array", &element, 2, shape, &rank));
  assert_true(element == LOTTERY_ELEMENT_INT64 && rank == 2 && shape[0] == 2 && shape[1] == 2);
  assert_ok(context, lottery_archive_get_array(archive, "array", LOTTERY_ELEMENT_INT64, array, 4));
  assert_true(array[0] == INT64_MIN && array[1] == -1 && array[2] == 0 && array[3] == INT64_MAX);
  /* An array of another thing. */
  assert_status(context, lottery_archive_array_shape(archive, "ticket.fc1.weight", &element, 2, shape, &rank),
                LOTTERY_ERROR_ARGUMENT);
  assert_ok(context, lottery_archive_array_shape(archive, "ticket.fc1.weight.rows", &element, 2, shape, &rank));
  assert_true(element == LOTTERY_ELEMENT_INT64 && rank == 1 && shape[0] == 8);
  assert_ok(context, lottery_mask_kept(all->mask, 0, &size, NULL));
  int64_t rows[8];
  assert_ok(context, lottery_archive_get_array(archive, "ticket.fc1.weight.rows", LOTTERY_ELEMENT_INT64, rows, 8));
  assert_true(rows[0] == 0 && rows[7] == size);
  lottery_network_destroy(network);
  lottery_network_destroy(ticket);
  lottery_mask_destroy(mask);
  lottery_mask_destroy(of_ticket);
  lottery_snapshot_destroy(snapshot);
  lottery_snapshot_destroy(values);
}

/* By memory, callbacks in pieces and file, with dense and with packed layers. */
static void test_round_trips(void **unused) {
  (void)unused;
  static const double crossovers[] = {0, 1};
  static const int64_t pieces[] = {1, 7, INT64_MAX};
  char directory[PATH_CAPACITY], path[PATH_CAPACITY];
  temporary_directory(directory);
  path_in(directory, "a.safetensors", path);
  for (int form = 0; form < 2; form++) {
    struct fixture fixture;
    struct everything all;
    int32_t found;
    start(&fixture);
    lottery_context *context = fixture.context;
    everything_make(context, &all);
    assert_ok(context, lottery_network_set_real(all.network, LOTTERY_NETWORK_CROSSOVER, crossovers[form]));
    assert_ok(context, lottery_network_tensor_form(all.network, 0, &found, NULL));
    assert_int_equal(found, form);
    check_everything(context, &all, all.archive);
    const struct bytes file = archive_bytes(context, all.archive);
    lottery_archive *archive = new_archive(context);
    assert_ok(context, lottery_archive_load_memory(archive, file.data, file.count));
    check_everything(context, &all, archive);
    for (int i = 0; i < 3; i++) {
      struct bytes_reader reader = {file.data, file.count, pieces[i]};
      assert_ok(context, lottery_archive_read(archive, bytes_give, &reader));
      check_everything(context, &all, archive);
    }
    assert_ok(context, lottery_archive_save(archive, path));
    lottery_archive *other = new_archive(context);
    assert_ok(context, lottery_archive_load(other, path));
    check_everything(context, &all, other);
    /* The same contents are the same bytes, whichever way they went. */
    const struct bytes again = archive_bytes(context, other);
    assert_int_equal(again.count, file.count);
    assert_memory_equal(again.data, file.data, (size_t)file.count);
    free(file.data);
    free(again.data);
    lottery_archive_destroy(archive);
    lottery_archive_destroy(other);
    everything_destroy(&all);
    finish(&fixture);
  }
  remove_directory(directory);
}

/* Trained on from a saved snapshot, in another context, is trained on without a stop: to the bit. */
static void test_training_goes_on(void **unused) {
  (void)unused;
  static const int32_t optimisers[] = {LOTTERY_OPTIMISER_ADAM, LOTTERY_OPTIMISER_SGD, LOTTERY_OPTIMISER_SGD};
  static const double momenta[] = {0, 0.9, 0};
  for (int i = 0; i < 3; i++) {
    struct fixture fixture, second;
    struct everything all;
    start(&fixture);
    start(&second);
    lottery_context *context = fixture.context;
    everything_make(context, &all);
    assert_ok(context, lottery_trainer_set_integer(all.trainer, LOTTERY_TRAINER_OPTIMISER, optimisers[i]));
    assert_ok(context, lottery_trainer_set_real(all.trainer, LOTTERY_TRAINER_MOMENTUM, momenta[i]));
    assert_ok(context, lottery_trainer_run(all.trainer, 4, NULL, NULL, NULL));
    lottery_snapshot *snapshot;
    assert_ok(context, lottery_trainer_snapshot(all.trainer, LOTTERY_STATE_ALL, &snapshot));
    assert_ok(context, lottery_archive_add_snapshot(all.archive, "now", snapshot));
    lottery_snapshot_destroy(snapshot);
    assert_ok(context, lottery_trainer_run(all.trainer, 9, NULL, NULL, NULL));
    const struct bytes file = archive_bytes(context, all.archive);
    lottery_archive *archive = new_archive(second.context);
    lottery_network *network;
    lottery_mask *mask;
    lottery_trainer *trainer;
    assert_ok(second.context, lottery_archive_load_memory(archive, file.data, file.count));
    assert_ok(second.context, lottery_archive_get_network(archive, "network", &network));
    assert_ok(second.context, lottery_archive_get_mask(archive, "mask", network, &mask));
    assert_ok(second.context, lottery_archive_get_snapshot(archive, "now", network, &snapshot));
    assert_ok(second.context, lottery_trainer_create(network, all.dataset, 1, &trainer));
    assert_ok(second.context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, 16));
    assert_ok(second.context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_OPTIMISER, optimisers[i]));
    assert_ok(second.context, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_MOMENTUM, momenta[i]));
    assert_ok(second.context, lottery_trainer_rewind(trainer, snapshot, mask, LOTTERY_STATE_ALL));
    assert_ok(second.context, lottery_trainer_run(trainer, 9, NULL, NULL, NULL));
    assert_same_network(second.context, network, all.network);
    free(file.data);
    lottery_trainer_destroy(trainer);
    lottery_snapshot_destroy(snapshot);
    lottery_mask_destroy(mask);
    lottery_network_destroy(network);
    lottery_archive_destroy(archive);
    everything_destroy(&all);
    finish(&second);
    finish(&fixture);
  }
}

/* Every part of a snapshot alone, and none. */
static void test_snapshot_parts(void **unused) {
  (void)unused;
  struct fixture fixture;
  struct everything all;
  start(&fixture);
  lottery_context *context = fixture.context;
  everything_make(context, &all);
  for (int32_t what = 0; what <= LOTTERY_STATE_ALL; what++) {
    lottery_snapshot *snapshot, *again;
    lottery_archive *archive = new_archive(context);
    if (lottery_trainer_snapshot(all.trainer, what, &snapshot) != LOTTERY_OK) { /* it takes no empty set */
      assert_int_equal(what, 0);
      lottery_archive_destroy(archive);
      continue;
    }
    assert_ok(context, lottery_archive_add_snapshot(archive, "", snapshot));
    const struct bytes file = archive_bytes(context, archive);
    assert_ok(context, lottery_archive_load_memory(archive, file.data, file.count));
    assert_ok(context, lottery_archive_get_snapshot(archive, "", all.network, &again));
    assert_same_snapshot(context, snapshot, again);
    free(file.data);
    lottery_snapshot_destroy(snapshot);
    lottery_snapshot_destroy(again);
    lottery_archive_destroy(archive);
  }
  everything_destroy(&all);
  finish(&fixture);
}

/* Every kind of layer, an image as input, a layer without biases, a branch. */
static void test_graphs(void **unused) {
  (void)unused;
  struct fixture fixture;
  start(&fixture);
  lottery_context *context = fixture.context;
  const int64_t shape[] = {2, 3, 4};
  int32_t node, first, second;
  lottery_network *network, *again;
  assert_ok(context, lottery_network_create(context, &network));
  assert_ok(context, lottery_network_input(network, 3, shape, &node));
  assert_ok(context, lottery_network_dense(network, node, 5, &first));
  assert_ok(context, lottery_network_node_set_integer(network, first, LOTTERY_NODE_BIAS, 0));
  assert_ok(context, lottery_network_relu(network, first, &second));
  assert_ok(context, lottery_network_dense(network, second, 5, &second));
  assert_ok(context, lottery_network_tanh(network, second, &second));
  assert_ok(context, lottery_network_add(network, first, second, &node));
  assert_ok(context, lottery_network_sigmoid(network, node, &node));
  assert_ok(context, lottery_network_finish(network, node));
  assert_ok(context, lottery_network_initialise(network, LOTTERY_INITIALISE_KAIMING_UNIFORM, 9));
  lottery_archive *archive = new_archive(context);
  assert_ok(context, lottery_archive_add_network(archive, "", network));
  const struct bytes file = archive_bytes(context, archive);
  char *header = header_of(&file);
  assert_non_null(strstr(header,
                         "{\\\"nodes\\\":[{\\\"kind\\\":\\\"input\\\",\\\"shape\\\":[2,3,4]},{\\\"kind\\\":"
                         "\\\"dense\\\",\\\"inputs\\\":[0],\\\"units\\\":5,\\\"options\\\":{\\\"bias\\\":0}},"));
  assert_ok(context, lottery_archive_load_memory(archive, file.data, file.count));
  assert_ok(context, lottery_archive_get_network(archive, "", &again));
  assert_same_network(context, network, again);
  float inputs[24], outputs[2][5];
  int64_t got[3];
  int32_t rank;
  for (int i = 0; i < 24; i++) inputs[i] = (float)(i % 7) - 3;
  assert_ok(context, lottery_network_predict(network, 1, inputs, outputs[0]));
  assert_ok(context, lottery_network_predict(again, 1, inputs, outputs[1]));
  assert_memory_equal(outputs[0], outputs[1], sizeof outputs[0]);
  assert_ok(context, lottery_network_node_shape(again, 0, 3, got, &rank));
  assert_true(rank == 3 && memcmp(got, shape, sizeof shape) == 0);
  free(header);
  free(file.data);
  lottery_archive_destroy(archive);
  lottery_network_destroy(network);
  lottery_network_destroy(again);
  finish(&fixture);
}

/* The size of a ticket goes with its density; LeNet at 1.2 % is under 30 KB. */
static void test_ticket_size(void **unused) {
  (void)unused;
  struct fixture fixture;
  start(&fixture);
  lottery_context *context = fixture.context;
  static const double densities[] = {1, 0.1, 0.012, 0};
  static const int64_t limits[] = {1610000, 170000, 30000, 8000};
  lottery_network *network, *again;
  lottery_pruner *pruner;
  lottery_snapshot *initial;
  assert_ok(context, lottery_network_preset(context, "lenet-300-100", &network));
  assert_ok(context, lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 1));
  assert_ok(context, lottery_network_snapshot(network, &initial));
  assert_ok(context, lottery_pruner_create(context, &pruner));
  for (int i = 0; i < 4; i++) {
    lottery_mask *mask, *mask_again;
    lottery_archive *archive = new_archive(context);
    assert_ok(context, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_DENSITY, densities[i]));
    assert_status(context, lottery_pruner_apply(pruner, network, NULL, &mask),
                  densities[i] < 1 ? LOTTERY_OK : LOTTERY_UNCHANGED);
    assert_ok(context, lottery_archive_add_ticket(archive, "", network, mask, initial));
    const struct bytes file = archive_bytes(context, archive);
    print_message("density %g: %lld bytes\n", densities[i], (long long)file.count);
    assert_in_range(file.count, limits[i] / 2, limits[i]);
    assert_ok(context, lottery_archive_load_memory(archive, file.data, file.count));
    assert_ok(context, lottery_archive_get_ticket(archive, "", &again, &mask_again, NULL));
    assert_same_mask(context, mask, mask_again);
    free(file.data);
    lottery_network_destroy(again);
    lottery_mask_destroy(mask_again);
    lottery_mask_destroy(mask);
    lottery_archive_destroy(archive);
  }
  lottery_pruner_destroy(pruner);
  lottery_snapshot_destroy(initial);
  lottery_network_destroy(network);
  finish(&fixture);
}

/* Columns have 16 bits up to 65,534 of them, then 32. */
static void test_wide_ticket(void **unused) {
  (void)unused;
  static const char *const names[] = {"mlp-65534-1", "mlp-65535-1", "mlp-70000-2"};
  for (int i = 0; i < 3; i++) {
    struct fixture fixture;
    start(&fixture);
    lottery_context *context = fixture.context;
    lottery_network *network, *again;
    lottery_mask *mask, *mask_again;
    lottery_pruner *pruner;
    lottery_snapshot *initial;
    assert_ok(context, lottery_network_preset(context, names[i], &network));
    assert_ok(context, lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 1));
    assert_ok(context, lottery_network_snapshot(network, &initial));
    assert_ok(context, lottery_pruner_create(context, &pruner));
    assert_ok(context, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_DENSITY, 0.5));
    assert_ok(context, lottery_pruner_apply(pruner, network, NULL, &mask));
    lottery_archive *archive = new_archive(context);
    assert_ok(context, lottery_archive_add_ticket(archive, "w", network, mask, initial));
    const struct bytes file = archive_bytes(context, archive);
    char *header = header_of(&file);
    assert_true((strstr(header, "\"w.fc1.weight.columns\":{\"dtype\":\"U16\"") != NULL) == (i == 0));
    assert_ok(context, lottery_archive_load_memory(archive, file.data, file.count));
    assert_ok(context, lottery_archive_get_ticket(archive, "w", &again, &mask_again, NULL));
    assert_same_mask(context, mask, mask_again);
    assert_ok(context, lottery_network_set_mask(network, mask));
    assert_same_network(context, network, again);
    free(header);
    free(file.data);
    lottery_network_destroy(network);
    lottery_network_destroy(again);
    lottery_mask_destroy(mask);
    lottery_mask_destroy(mask_again);
    lottery_snapshot_destroy(initial);
    lottery_pruner_destroy(pruner);
    lottery_archive_destroy(archive);
    finish(&fixture);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trips),    cmocka_unit_test(test_training_goes_on),
      cmocka_unit_test(test_snapshot_parts), cmocka_unit_test(test_graphs),
      cmocka_unit_test(test_ticket_size),    cmocka_unit_test(test_wide_ticket),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
