/* Items of archives: arrays, names, what is not there or cannot be added, and files of other programs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"

/* All shapes and element types of arrays, with any bits, and how they lie in the file. */
static void test_arrays(void **unused) {
  (void)unused;
  struct archive_fixture fixture;
  archive_start(&fixture);
  lottery_context *context = fixture.context;
  lottery_archive *archive = fixture.archive;
  const int64_t eight[] = {1, 2, 1, 1, 1, 1, 1, 3}, empty[] = {4, 0}, three = 3;
  const uint8_t small[] = {1, 2, 255};
  float values[6] = {NAN, INFINITY, -0.0F, 1e-45F, 1, 2}, back[6];
  int64_t shape[8], number = 42;
  int32_t element, rank;
  uint8_t small_back[3];
  assert_ok(context, lottery_archive_add_array(archive, "bytes", LOTTERY_ELEMENT_UINT8, 1, &three, small, 3));
  assert_ok(context, lottery_archive_add_array(archive, "eight", LOTTERY_ELEMENT_FLOAT32, 8, eight, values, 6));
  assert_ok(context, lottery_archive_add_array(archive, "empty", LOTTERY_ELEMENT_FLOAT32, 2, empty, values, 0));
  assert_ok(context, lottery_archive_add_array(archive, "scalar", LOTTERY_ELEMENT_INT64, 0, NULL, &number, 1));
  const struct bytes file = archive_bytes(context, archive);
  assert_int_equal(place_of(&file, "scalar") % 8, 0);
  assert_int_equal(place_of(&file, "eight") % 4, 0);
  assert_int_equal(place_of(&file, "bytes"), file.count - 3);
  assert_ok(context, lottery_archive_load_memory(archive, file.data, file.count));
  assert_ok(context, lottery_archive_array_shape(archive, "eight", &element, 8, shape, &rank));
  assert_true(element == LOTTERY_ELEMENT_FLOAT32 && rank == 8 && memcmp(shape, eight, sizeof eight) == 0);
  assert_ok(context, lottery_archive_get_array(archive, "eight", LOTTERY_ELEMENT_FLOAT32, back, 6));
  assert_memory_equal(values, back, sizeof values);
  assert_ok(context, lottery_archive_get_array(archive, "bytes", LOTTERY_ELEMENT_UINT8, small_back, 3));
  assert_memory_equal(small, small_back, 3);
  number = 0;
  assert_ok(context, lottery_archive_array_shape(archive, "scalar", &element, 0, shape, &rank));
  assert_int_equal(rank, 0);
  assert_ok(context, lottery_archive_get_array(archive, "scalar", LOTTERY_ELEMENT_INT64, &number, 1));
  assert_int_equal(number, 42);
  assert_ok(context, lottery_archive_array_shape(archive, "empty", &element, 2, shape, &rank));
  assert_true(rank == 2 && shape[0] == 4 && shape[1] == 0);
  assert_ok(context, lottery_archive_get_array(archive, "empty", LOTTERY_ELEMENT_FLOAT32, back, 0));
  assert_fails(context, lottery_archive_array_shape(archive, "eight", &element, 7, shape, &rank),
               LOTTERY_ERROR_ARGUMENT, "capacity: 7, but shape has 8 elements");
  assert_fails(context, lottery_archive_get_array(archive, "eight", LOTTERY_ELEMENT_FLOAT32, back, 5),
               LOTTERY_ERROR_SHAPE, "count: 5, but 'eight' has 6 elements");
  assert_fails(context, lottery_archive_get_array(archive, "eight", LOTTERY_ELEMENT_INT64, back, 6),
               LOTTERY_ERROR_SHAPE, "element: the elements of 'eight' are F32, which are not read as int64");
  assert_fails(context, lottery_archive_get_array(archive, "eight", 3, back, 6), LOTTERY_ERROR_ARGUMENT, "element: 3");
  assert_fails(context, lottery_archive_get_array(archive, "nine", 0, back, 6), LOTTERY_ERROR_ARGUMENT,
               "the archive has no array 'nine'");
  const int64_t negative = -1, huge[] = {INT64_MAX / 2, 3}, large[] = {INT64_MAX / 4, 1};
  assert_fails(context, lottery_archive_add_array(archive, "x", 0, 1, &negative, values, 6), LOTTERY_ERROR_ARGUMENT,
               "shape: size -1 at 0");
  assert_fails(context, lottery_archive_add_array(archive, "x", 0, 2, huge, values, 6), LOTTERY_ERROR_MEMORY,
               "shape: its product does not fit");
  assert_fails(context, lottery_archive_add_array(archive, "x", 0, 2, large, values, INT64_MAX / 4),
               LOTTERY_ERROR_MEMORY, "");
  assert_fails(context, lottery_archive_add_array(archive, "x", 0, 1, &three, values, 4), LOTTERY_ERROR_SHAPE,
               "count: 4, but the shape has 3 elements");
  assert_fails(context, lottery_archive_add_array(archive, "x", 0, 0, NULL, values, 0), LOTTERY_ERROR_SHAPE,
               "count: 0, but the shape has 1 elements");
  assert_fails(context, lottery_archive_add_array(archive, "x", 0, 9, eight, values, 6), LOTTERY_ERROR_ARGUMENT,
               "rank: 9 is outside 0 to 8");
  assert_fails(context, lottery_archive_add_array(archive, "x", 0, -1, eight, values, 6), LOTTERY_ERROR_ARGUMENT,
               "rank: -1");
  assert_fails(context, lottery_archive_add_array(archive, "x", -1, 1, eight, values, 1), LOTTERY_ERROR_ARGUMENT,
               "element: -1 is outside 0 to 2");
  assert_fails(context, lottery_archive_add_array(archive, "", 0, 1, eight, values, 1), LOTTERY_ERROR_ARGUMENT,
               "name: '' cannot be the name of an array");
  assert_fails(context, lottery_archive_add_array(archive, "__metadata__", 0, 1, eight, values, 1),
               LOTTERY_ERROR_ARGUMENT, "__metadata__");
  assert_fails(context, lottery_archive_load_memory(archive, values, -1), LOTTERY_ERROR_ARGUMENT, "count: -1");
  free(file.data);
  archive_finish(&fixture);
}

/* Names and texts: what may be one, and what is found under it. */
static void test_names(void **unused) {
  (void)unused;
  struct archive_fixture fixture;
  struct everything all;
  archive_start(&fixture);
  lottery_context *context = fixture.context;
  everything_make(context, &all);
  char name[257], buffer[300];
  int64_t count, needed;
  int32_t kind;
  memset(name, 'n', 256);
  name[256] = '\0';
  assert_fails(context, lottery_archive_add_text(all.archive, name, "t"), LOTTERY_ERROR_ARGUMENT,
               "name: 256 bytes, at most 255");
  name[255] = '\0';
  assert_ok(context, lottery_archive_add_text(all.archive, name, "t"));
  assert_ok(context, lottery_archive_get_text(all.archive, name, buffer, sizeof buffer, NULL));
  assert_fails(context, lottery_archive_add_text(all.archive, "\xff", "t"), LOTTERY_ERROR_ARGUMENT,
               "name: is not UTF-8");
  assert_fails(context, lottery_archive_add_text(all.archive, "t", "\xc0\xaf"), LOTTERY_ERROR_ARGUMENT,
               "text: is not UTF-8");
  assert_fails(context, lottery_archive_add_text(all.archive, "mask", "t"), LOTTERY_ERROR_ARGUMENT,
               "name: the archive already has 'mask'");
  /* Arrays of the same name, from two things. */
  const int64_t one = 1;
  const float value = 1;
  assert_ok(context, lottery_archive_add_array(all.archive, "n.fc1.bias", LOTTERY_ELEMENT_FLOAT32, 1, &one, &value, 1));
  assert_fails(context, lottery_archive_add_network(all.archive, "n", all.network), LOTTERY_ERROR_ARGUMENT,
               "the archive already has 'n.fc1.bias'");
  assert_fails(context, lottery_archive_kind(all.archive, "n", &kind), LOTTERY_ERROR_ARGUMENT,
               "name: the archive has no 'n'");
  /* Without a name, with odd names, and names that begin with those of others. */
  static const char *const odd[] = {"", ".", "a", "a.", "a.b", "kind", "é \"\\\n", "text.text"};
  for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
    assert_ok(context, lottery_archive_add_text(all.archive, odd[i], odd[i]));
  const struct bytes file = archive_bytes(context, all.archive);
  assert_ok(context, lottery_archive_load_memory(all.archive, file.data, file.count));
  for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
    assert_ok(context, lottery_archive_kind(all.archive, odd[i], &kind));
    assert_int_equal(kind, LOTTERY_KIND_TEXT);
    assert_ok(context, lottery_archive_get_text(all.archive, odd[i], buffer, sizeof buffer, &needed));
    assert_string_equal(buffer, odd[i]);
    assert_int_equal(needed, strlen(odd[i]) + 1);
  }
  assert_ok(context, lottery_archive_count(all.archive, &count));
  assert_int_equal(count, 6 + 2 + 8);
  for (int64_t i = 0; i < count; i++) {
    assert_ok(context, lottery_archive_name(all.archive, i, buffer, sizeof buffer, NULL));
    assert_ok(context, lottery_archive_kind(all.archive, buffer, &kind));
  }
  assert_fails(context, lottery_archive_name(all.archive, count, buffer, sizeof buffer, NULL), LOTTERY_ERROR_ARGUMENT,
               "index: 16 is outside 0 to 15");
  assert_fails(context, lottery_archive_name(all.archive, -1, buffer, sizeof buffer, NULL), LOTTERY_ERROR_ARGUMENT,
               "index: -1");
  /* Below the item without a name there is nothing either. */
  assert_fails(context, lottery_archive_name(all.archive, INT64_MIN, buffer, sizeof buffer, NULL),
               LOTTERY_ERROR_ARGUMENT, "index: -9223372036854775808 is outside 0 to 15");
  free(file.data);
  everything_destroy(&all);
  archive_finish(&fixture);
}

/* Things that are not there, of another kind, for another network, or that cannot be added. */
static void test_refusals(void **unused) {
  (void)unused;
  struct archive_fixture fixture;
  struct everything all;
  archive_start(&fixture);
  lottery_context *context = fixture.context;
  everything_make(context, &all);
  lottery_network *network, *open, *other;
  lottery_mask *mask, *other_mask;
  lottery_snapshot *snapshot, *position;
  assert_ok(context, lottery_network_create(context, &open));
  assert_ok(context, lottery_network_preset(context, "mlp-5-8-3", &other));
  assert_ok(context, lottery_mask_ones(other, &other_mask));
  assert_ok(context, lottery_trainer_snapshot(all.trainer, LOTTERY_STATE_POSITION, &position));
  lottery_archive *archive = all.archive;
  assert_fails(context, lottery_archive_get_network(archive, "x", &network), LOTTERY_ERROR_ARGUMENT, "has no 'x'");
  assert_fails(context, lottery_archive_get_network(archive, "mask", &network), LOTTERY_ERROR_ARGUMENT,
               "name: 'mask' is of kind mask, not network");
  assert_fails(context, lottery_archive_get_mask(archive, "text", NULL, &mask), LOTTERY_ERROR_ARGUMENT, "not mask");
  assert_fails(context, lottery_archive_get_snapshot(archive, "x", other, &snapshot), LOTTERY_ERROR_ARGUMENT,
               "has no 'x'");
  assert_fails(context, lottery_archive_get_snapshot(archive, "network", NULL, &snapshot), LOTTERY_ERROR_ARGUMENT,
               "'network' is of kind network, not snapshot");
  assert_fails(context, lottery_archive_get_snapshot(archive, "ticket", all.network, &snapshot), LOTTERY_ERROR_ARGUMENT,
               "is of kind ticket");
  assert_fails(context, lottery_archive_get_ticket(archive, "network", &network, NULL, NULL), LOTTERY_ERROR_ARGUMENT,
               "not ticket");
  char buffer[8];
  assert_fails(context, lottery_archive_get_text(archive, "mask", buffer, 8, NULL), LOTTERY_ERROR_ARGUMENT,
               "is of kind mask, not text");
  assert_fails(context, lottery_archive_get_mask(archive, "mask", other, &mask), LOTTERY_ERROR_SHAPE,
               "the tensors of 'mask' are not the network's");
  assert_fails(context, lottery_archive_get_snapshot(archive, "snapshot", other, &snapshot), LOTTERY_ERROR_SHAPE,
               "the tensors of 'snapshot' are not the network's");
  assert_fails(context, lottery_archive_get_snapshot(archive, "network", other, &snapshot), LOTTERY_ERROR_SHAPE,
               "network.fc1.weight: is F32 [7,5], expected F32 [8,5]");
  assert_fails(context, lottery_archive_get_mask(archive, "mask", open, &mask), LOTTERY_ERROR_STATE, "not finished");
  assert_fails(context, lottery_archive_add_network(archive, "x", open), LOTTERY_ERROR_STATE, "network: not finished");
  assert_fails(context, lottery_archive_add_ticket(archive, "x", all.network, other_mask, all.initial),
               LOTTERY_ERROR_SHAPE, "mask: its tensors");
  assert_fails(context, lottery_archive_add_ticket(archive, "x", other, other_mask, all.initial), LOTTERY_ERROR_SHAPE,
               "snapshot: its tensors");
  assert_fails(context, lottery_archive_add_ticket(archive, "x", all.network, all.mask, position), LOTTERY_ERROR_STATE,
               "snapshot: holds no weights");
  /* A network's weights as a snapshot. */
  assert_ok(context, lottery_archive_get_snapshot(archive, "network", all.network, &snapshot));
  lottery_snapshot *now;
  assert_ok(context, lottery_network_snapshot(all.network, &now));
  assert_same_snapshot(context, snapshot, now);
  int64_t count;
  assert_ok(context, lottery_archive_count(archive, &count));
  assert_int_equal(count, 6);
  lottery_snapshot_destroy(now);
  lottery_snapshot_destroy(snapshot);
  lottery_snapshot_destroy(position);
  lottery_mask_destroy(other_mask);
  lottery_network_destroy(open);
  lottery_network_destroy(other);
  everything_destroy(&all);
  archive_finish(&fixture);
}

/* A state dict of another program: arrays that nothing describes, not in the order of the data, not aligned, with
 * texts and types of its own. */
static void test_files_of_others(void **unused) {
  (void)unused;
  static const char header[] =
      "{ \"fc2.bias\": "
      "{\"shape\":[2],\"data_offsets\":[37,45],\"dtype\":\"F32\"},\n\t\"odd\":{\"dtype\":\"BOOL\",\"shape\":"
      "[1],\"data_offsets\":[0,1]},\"__metadata__\":{\"format\":\"pt\",\"\":\"\"},\"fc1.weight\":{\"dtype\":\"F32\","
      "\"shape\":[2,2],\"data_offsets\":[1,17]},\"fc1.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[45,53]}"
      ","
      "\"fc2.weight\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[17,33]},\"half\":{\"dtype\":\"BF16\","
      "\"shape\":"
      "[1,2],\"data_offsets\":[33,37]}}   ";
  struct archive_fixture fixture;
  archive_start(&fixture);
  lottery_context *context = fixture.context;
  unsigned char data[53] = {0};
  float values[12];
  for (int i = 0; i < 12; i++) values[i] = (float)(i + 1) / 3;
  memcpy(data + 1, values, 32);
  memcpy(data + 37, values + 8, 16);
  const struct bytes file = file_of(header, data, sizeof data);
  lottery_archive *archive = fixture.archive;
  lottery_network *network;
  lottery_snapshot *snapshot;
  int64_t count, shape[2];
  int32_t kind, element, rank;
  char name[32];
  assert_ok(context, lottery_archive_load_memory(archive, file.data, file.count));
  for (int round = 0; round < 2; round++) {
    assert_ok(context, lottery_archive_count(archive, &count));
    assert_int_equal(count, 6);
    for (int64_t i = 0; i < count; i++) {
      assert_ok(context, lottery_archive_name(archive, i, name, sizeof name, NULL));
      assert_ok(context, lottery_archive_kind(archive, name, &kind));
      assert_int_equal(kind, LOTTERY_KIND_ARRAY);
    }
    assert_ok(context, lottery_network_preset(context, "mlp-2-2-2", &network));
    assert_ok(context, lottery_archive_get_snapshot(archive, "", network, &snapshot));
    assert_ok(context, lottery_network_restore(network, snapshot));
    static const int places[] = {0, 10, 4, 8};
    for (int i = 0; i < 4; i++) {
      float read[4];
      assert_ok(context, lottery_network_read_tensor(network, i, read, i % 2 == 0 ? 4 : 2));
      assert_memory_equal(read, values + places[i], (i % 2 == 0 ? 4 : 2) * sizeof *read);
    }
    assert_ok(context, lottery_archive_array_shape(archive, "half", &element, 2, shape, &rank));
    assert_true(element == LOTTERY_ELEMENT_FLOAT32 && rank == 2 && shape[0] == 1 && shape[1] == 2);
    lottery_snapshot_destroy(snapshot);
    lottery_network_destroy(network);
    /* Saved and loaded again: the texts and the types are still there. */
    const struct bytes again = archive_bytes(context, archive);
    char *text = header_of(&again);
    assert_non_null(strstr(text, "\"format\":\"pt\""));
    assert_non_null(strstr(text, "\"dtype\":\"BOOL\""));
    assert_ok(context, lottery_archive_load_memory(archive, again.data, again.count));
    free(text);
    free(again.data);
  }
  assert_ok(context, lottery_network_preset(context, "mlp-2-2-2-2", &network));
  assert_fails(context, lottery_archive_get_snapshot(archive, "", network, &snapshot), LOTTERY_ERROR_FORMAT,
               "fc3.weight: the archive has no such array");
  lottery_network_destroy(network);
  free(file.data);
  archive_finish(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_arrays),
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_files_of_others),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
