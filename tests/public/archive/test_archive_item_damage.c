/* Items that are damaged in files that load: a status with a message, and nothing made. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"

enum { NETWORK, MASK, SNAPSHOT, TICKET };

static lottery_status get(lottery_archive *archive, int what) {
  lottery_network *network = NULL;
  lottery_mask *mask = NULL;
  lottery_snapshot *snapshot = NULL;
  lottery_status status;
  switch (what) {
    case NETWORK: status = lottery_archive_get_network(archive, "network", &network); break;
    case MASK: status = lottery_archive_get_mask(archive, "mask", NULL, &mask); break;
    case SNAPSHOT: status = lottery_archive_get_snapshot(archive, "snapshot", NULL, &snapshot); break;
    default: status = lottery_archive_get_ticket(archive, "ticket", &network, &mask, &snapshot); break;
  }
  if (status < LOTTERY_OK) assert_true(network == NULL && mask == NULL && snapshot == NULL);
  lottery_network_destroy(network);
  lottery_mask_destroy(mask);
  lottery_snapshot_destroy(snapshot);
  return status;
}

/* Descriptions of things that are wrong, in files whose container is right. */
static void test_descriptions(void **unused) {
  (void)unused;
#define Q(text) "\\\"" text "\\\""
  static const struct {
    int what;
    const char *from, *to;
    lottery_status status;
    const char *words;
  } cases[] = {
      {NETWORK, Q("relu"), Q("gelu"), LOTTERY_ERROR_UNSUPPORTED,
       "network: lottery.graph, node 2: this version has no kind of layer called gelu"},
      {TICKET, Q("relu"), Q("gelu"), LOTTERY_ERROR_UNSUPPORTED, "ticket: lottery.graph, node 2"},
      {NETWORK, Q("units") ":7", Q("units") ":7," Q("options") ":{" Q("stride") ":2}", LOTTERY_ERROR_UNSUPPORTED,
       "node 1: this version has no option stride"},
      {NETWORK, Q("units") ":7", Q("units") ":7," Q("options") ":{" Q("bias") ":2}", LOTTERY_ERROR_FORMAT,
       "node 1: bias: 2 is outside 0 to 1"},
      {NETWORK, Q("units") ":7", Q("units") ":7," Q("options") ":{" Q("bias") ":1," Q("bias") ":1}",
       LOTTERY_ERROR_FORMAT, "the option appears twice"},
      {NETWORK, Q("units") ":7", Q("units") ":0", LOTTERY_ERROR_FORMAT, "node 1: units: 0 is outside 1"},
      {NETWORK, Q("units") ":7", Q("units") ":7.5", LOTTERY_ERROR_FORMAT, "expected a whole number"},
      {NETWORK, Q("units") ":7", Q("units") ":7," Q("units") ":7", LOTTERY_ERROR_FORMAT, "the key appears twice"},
      {NETWORK, Q("units") ":7", Q("unit") ":7", LOTTERY_ERROR_FORMAT, "the key is unknown here"},
      {NETWORK, "," Q("units") ":7", "", LOTTERY_ERROR_FORMAT,
       "node 1: does not have the shape, inputs, attributes and options of a dense"},
      {NETWORK, Q("inputs") ":[0]", Q("inputs") ":[1]", LOTTERY_ERROR_FORMAT, "input: 1 is not a node"},
      {NETWORK, Q("inputs") ":[0]", Q("inputs") ":[2147483647]", LOTTERY_ERROR_FORMAT,
       "input: 2147483647 is not a node"},
      {NETWORK, Q("inputs") ":[0]", Q("inputs") ":[-1]", LOTTERY_ERROR_FORMAT, "the number is out of range"},
      {NETWORK, Q("inputs") ":[0]", Q("inputs") ":[0,0]", LOTTERY_ERROR_FORMAT, "does not have the shape, inputs"},
      {NETWORK, Q("inputs") ":[0]", Q("inputs") ":[0,0,0]", LOTTERY_ERROR_FORMAT, "the list is too long"},
      {NETWORK, Q("inputs") ":[0]", Q("inputs") ":[]", LOTTERY_ERROR_FORMAT, "does not have the shape, inputs"},
      {NETWORK, Q("inputs") ":[0]", Q("inputs") ":[0]," Q("shape") ":[5]", LOTTERY_ERROR_FORMAT,
       "does not have the shape"},
      {NETWORK, Q("kind") ":" Q("relu"), Q("kind") ":" Q("add"), LOTTERY_ERROR_FORMAT,
       "node 2: does not have the shape, inputs, attributes and options of a add"},
      {NETWORK, Q("kind") ":" Q("relu") ",", "", LOTTERY_ERROR_FORMAT, "a node needs a kind"},
      {NETWORK, Q("shape") ":[5]}", Q("shape") ":[5,5]}", LOTTERY_ERROR_FORMAT, "rank: 2 is neither 1 nor 3"},
      {NETWORK, Q("shape") ":[5]}", Q("shape") ":[0]}", LOTTERY_ERROR_FORMAT, "the number is out of range"},
      {NETWORK, Q("shape") ":[5]}", Q("shape") ":[65536,65536,5]}", LOTTERY_ERROR_FORMAT, "makes more than"},
      {NETWORK, Q("shape") ":[5]}", Q("shape") ":[5]},{" Q("kind") ":" Q("input") "," Q("shape") ":[5]}",
       LOTTERY_ERROR_FORMAT, "input: the network already has one"},
      {NETWORK, Q("output") ":3", Q("output") ":4", LOTTERY_ERROR_FORMAT, "output: 4 is not a node"},
      {NETWORK, Q("output") ":3", Q("output") ":2", LOTTERY_ERROR_FORMAT, "does not lead to node 2"},
      {NETWORK, "," Q("output") ":3", "", LOTTERY_ERROR_FORMAT, "a graph needs nodes and output"},
      {NETWORK, Q("output") ":3}", Q("output") ":3}}", LOTTERY_ERROR_FORMAT, "the text should end here"},
      {NETWORK, "\"lottery.graph.network\"", "\"lottery.grape.network\"", LOTTERY_ERROR_FORMAT,
       "network: the archive has no lottery.graph for it"},
      {NETWORK, "\"network.fc1.bias\"", "\"network.fc1.bios\"", LOTTERY_ERROR_FORMAT,
       "network.fc1.bias: the archive has no such array"},
      {NETWORK, "\"network.fc1.weight\":{\"dtype\":\"F32\",\"shape\":[7,5]",
       "\"network.fc1.weight\":{\"dtype\":\"F32\",\"shape\":[5,7]", LOTTERY_ERROR_SHAPE,
       "network.fc1.weight: is F32 [5,7], expected F32 [7,5]"},
      {NETWORK, "\"network.fc1.weight\":{\"dtype\":\"F32\"", "\"network.fc1.weight\":{\"dtype\":\"U32\"",
       LOTTERY_ERROR_SHAPE, "is U32 [7,5], expected F32 [7,5]"},
      {MASK, Q("shape") ":[7,5]", Q("shape") ":[7,50]", LOTTERY_ERROR_SHAPE,
       "mask.fc1.weight: is U8 [5], expected U8 [44]"},
      {MASK, Q("shape") ":[7,5]", Q("shape") ":[0,5]", LOTTERY_ERROR_FORMAT, "the number is out of range"},
      {MASK, Q("shape") ":[7,5]", Q("shape") ":[4611686018427387904,4]", LOTTERY_ERROR_FORMAT,
       "the shape does not fit 64 bits"},
      {MASK, Q("shape") ":[7,5]", Q("shape") ":[9223372036854775807]", LOTTERY_ERROR_FORMAT,
       "the elements of all do not fit 64 bits"},
      {MASK, Q("shape") ":[7,5]", Q("shape") ":[1,1,1,1,35]", LOTTERY_ERROR_FORMAT, "too many sizes"},
      {MASK, Q("fc2.weight"), Q("fc1.weight"), LOTTERY_ERROR_FORMAT, "a tensor's name appears twice"},
      {MASK, Q("fc2.weight"), Q(""), LOTTERY_ERROR_FORMAT, "a tensor's name has 1 to 31 bytes"},
      {MASK, Q("fc2.weight"), Q("12345678901234567890123456789012"), LOTTERY_ERROR_FORMAT, "1 to 31 bytes"},
      {MASK, Q("fc2.weight"), Q("1234567890123456789012345678901"), LOTTERY_ERROR_FORMAT, "no such array"},
      {MASK, "," Q("shape") ":[7,5]", "", LOTTERY_ERROR_FORMAT, "a tensor needs name and shape"},
      {MASK, "\"lottery.tensors.mask\"", "\"lottery.tenors.mask\"", LOTTERY_ERROR_FORMAT,
       "has no lottery.tensors for it"},
      {MASK, "\"lottery.kind.mask\":\"mask\"", "\"lottery.kind.mask\":\"mosk\"", LOTTERY_ERROR_ARGUMENT,
       "'mask' is of kind mosk, not mask"},
      {SNAPSHOT, Q("contents") ":15", Q("contents") ":16", LOTTERY_ERROR_FORMAT, "the number is out of range"},
      {SNAPSHOT, Q("contents") ":15", Q("contents") ":14", LOTTERY_ERROR_FORMAT, "slots are not those of its contents"},
      {SNAPSHOT, Q("contents") ":15", Q("contents") ":9", LOTTERY_ERROR_FORMAT, "slots are not those of its contents"},
      {SNAPSHOT, Q("slots") ":7", Q("slots") ":6", LOTTERY_ERROR_FORMAT, "slots are not those of its contents"},
      {SNAPSHOT, Q("slots") ":7", Q("slots") ":8", LOTTERY_ERROR_FORMAT, "the number is out of range"},
      {SNAPSHOT, Q("adam"), Q("adan"), LOTTERY_ERROR_FORMAT, "this version has no such optimiser"},
      {SNAPSHOT, Q("iteration") ":5", Q("iteration") ":-5", LOTTERY_ERROR_FORMAT, "the number is out of range"},
      {SNAPSHOT, Q("batch") ":5", Q("batch") ":9007199254740993", LOTTERY_ERROR_FORMAT, "the number is out of range"},
      {SNAPSHOT, "," Q("batch") ":5", "", LOTTERY_ERROR_FORMAT, "the state is not complete"},
      {SNAPSHOT, Q("seed") ":18446744073709551611", Q("seed") ":18446744073709551616", LOTTERY_ERROR_FORMAT,
       "the number is too large"},
      {SNAPSHOT, "\"lottery.state.snapshot\"", "\"lottery.stale.snapshot\"", LOTTERY_ERROR_FORMAT,
       "snapshot: the archive has no lottery.state for it"},
      {SNAPSHOT, "\"snapshot.fc1.bias.second\"", "\"snapshot.fc1.bias.third\"", LOTTERY_ERROR_FORMAT,
       "snapshot.fc1.bias.second: the archive has no such array"},
      {TICKET, "\"ticket.fc1.weight.columns\":{\"dtype\":\"U16\"", "\"ticket.fc1.weight.columns\":{\"dtype\":\"I16\"",
       LOTTERY_ERROR_SHAPE, "ticket.fc1.weight.columns: is I16"},
      {TICKET, "\"ticket.fc1.weight.values\"", "\"ticket.fc1.weight.walues\"", LOTTERY_ERROR_FORMAT,
       "ticket.fc1.weight.values: the archive has no such array"},
      {TICKET, "\"ticket.fc1.weight.rows\":{\"dtype\":\"I64\",\"shape\":[8]",
       "\"ticket.fc1.weight.rows\":{\"dtype\":\"I64\",\"shape\":[2,4]", LOTTERY_ERROR_SHAPE,
       "is I64 [2,4], expected I64 [8]"},
      {TICKET, "\"ticket.fc1.bias\"", "\"ticket.fc1.boas\"", LOTTERY_ERROR_FORMAT,
       "ticket.fc1.bias: the archive has no"},
  };
  struct archive_fixture fixture;
  archive_start(&fixture);
  const struct bytes file = everything_bytes(fixture.context);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const struct bytes changed = file_with(&file, cases[i].from, cases[i].to);
    assert_ok(fixture.context, load_exact(fixture.archive, changed.data, changed.count));
    const int64_t blocks = fixture.allocator.live_blocks;
    print_message("%s\n", cases[i].to);
    assert_fails(fixture.context, get(fixture.archive, cases[i].what), cases[i].status, cases[i].words);
    assert_int_equal(fixture.allocator.live_blocks, blocks);
    free(changed.data);
  }
  free(file.data);
  archive_finish(&fixture);
}

/* Data that is wrong: the bytes at `place` replaced by those of `value`. */
static void refuse_data(struct archive_fixture *fixture, const struct bytes *file, int what, const char *array,
                        int64_t offset, const void *value, size_t size, lottery_status status, const char *words) {
  unsigned char before[8], *place = file->data + place_of(file, array) + offset;
  memcpy(before, place, size);
  memcpy(place, value, size);
  assert_ok(fixture->context, load_exact(fixture->archive, file->data, file->count));
  assert_fails(fixture->context, get(fixture->archive, what), status, words);
  memcpy(place, before, size);
}

static void test_data(void **unused) {
  (void)unused;
  struct archive_fixture fixture;
  archive_start(&fixture);
  const struct bytes file = everything_bytes(fixture.context);
  const float values[] = {NAN, INFINITY, -INFINITY};
  const int64_t rows[] = {-1, 1, INT64_MIN, INT64_MAX, 15};
  const uint16_t five = 5, largest = UINT16_MAX;
  const unsigned char bits = 0x08;
  for (int i = 0; i < 3; i++) {
    refuse_data(&fixture, &file, NETWORK, "network.fc2.weight", 8, &values[i], 4, LOTTERY_ERROR_NOT_FINITE,
                "network.fc2.weight: element 2 is");
    refuse_data(&fixture, &file, SNAPSHOT, "snapshot.fc1.weight.second", 4, &values[i], 4, LOTTERY_ERROR_NOT_FINITE,
                "snapshot.fc1.weight.second: element 1 is");
    refuse_data(&fixture, &file, TICKET, "ticket.fc1.weight.values", 12, &values[i], 4, LOTTERY_ERROR_NOT_FINITE,
                "ticket.fc1.weight.values: element 3 is");
    refuse_data(&fixture, &file, TICKET, "ticket.fc2.bias", 0, &values[i], 4, LOTTERY_ERROR_NOT_FINITE,
                "ticket.fc2.bias: element 0 is");
  }
  /* 35 weights in 5 bytes: bit 35 is the first that is none. */
  refuse_data(&fixture, &file, MASK, "mask.fc1.weight", 4, &bits, 1, LOTTERY_ERROR_FORMAT,
              "mask.fc1.weight: has bits past its 35 weights");
  for (int i = 0; i < 4; i++) {
    refuse_data(&fixture, &file, TICKET, "ticket.fc1.weight.rows", 0, &rows[i], 8, LOTTERY_ERROR_FORMAT,
                "ticket.fc1.weight.rows: goes from");
    refuse_data(&fixture, &file, TICKET, "ticket.fc1.weight.rows", 56, &rows[i], 8, LOTTERY_ERROR_FORMAT,
                "ticket.fc1.weight.rows: goes from 0 to");
    if (i != 1)
      refuse_data(&fixture, &file, TICKET, "ticket.fc1.weight.rows", 24, &rows[i], 8, LOTTERY_ERROR_FORMAT,
                  "ticket.fc1.weight.rows: row 2 goes from");
  }
  refuse_data(&fixture, &file, TICKET, "ticket.fc1.weight.rows", 24, &rows[4], 8, LOTTERY_ERROR_FORMAT,
              "ticket.fc1.weight.rows: row 2 goes from");
  refuse_data(&fixture, &file, TICKET, "ticket.fc1.weight.columns", 0, &five, 2, LOTTERY_ERROR_FORMAT,
              "ticket.fc1.weight.columns: element 0 is 5, expected over -1 and below 5");
  refuse_data(&fixture, &file, TICKET, "ticket.fc1.weight.columns", 0, &largest, 2, LOTTERY_ERROR_FORMAT,
              "element 0 is 65535");
  /* Twice the same column, and one before. */
  int64_t first[8];
  memcpy(first, file.data + place_of(&file, "ticket.fc1.weight.rows"), sizeof first);
  for (int row = 0; row < 7; row++) {
    if (first[row + 1] - first[row] < 2) continue;
    uint16_t column;
    memcpy(&column, file.data + place_of(&file, "ticket.fc1.weight.columns") + 2 * first[row], 2);
    refuse_data(&fixture, &file, TICKET, "ticket.fc1.weight.columns", 2 * (first[row] + 1), &column, 2,
                LOTTERY_ERROR_FORMAT, "expected over");
    break;
  }
  for (int what = NETWORK; what <= TICKET; what++) {
    assert_ok(fixture.context, load_exact(fixture.archive, file.data, file.count));
    assert_ok(fixture.context, get(fixture.archive, what));
  }
  free(file.data);
  archive_finish(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_descriptions),
      cmocka_unit_test(test_data),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
