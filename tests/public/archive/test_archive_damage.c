/* Damaged and hostile files: a status with a message, the archive as it was, and no more memory than the limits allow.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"

struct fixture {
  struct counting_allocator allocator;
  lottery_context *context;
  lottery_archive *archive; /* holds one text, "kept" */
};

static void start(struct fixture *fixture) {
  allocator_start(&fixture->allocator);
  fixture->context = allocator_context(&fixture->allocator);
  assert_ok(fixture->context, lottery_archive_create(fixture->context, &fixture->archive));
  assert_ok(fixture->context, lottery_archive_add_text(fixture->archive, "kept", "words"));
}

static void finish(struct fixture *fixture) {
  lottery_archive_destroy(fixture->archive);
  lottery_context_destroy(fixture->context);
  allocator_finish(&fixture->allocator);
}

/* Gets everything that a file like that of `everything` may have, whatever comes of it. */
static void get_all(lottery_context *context, lottery_archive *archive) {
  lottery_network *network, *ticket;
  lottery_mask *mask, *ticket_mask;
  lottery_snapshot *snapshot, *values;
  char text[64], name[300];
  int64_t count, shape[8];
  int32_t kind, element, rank;
  assert_ok(context, lottery_archive_count(archive, &count));
  for (int64_t i = 0; i < count; i++) {
    assert_ok(context, lottery_archive_name(archive, i, name, sizeof name, NULL));
    assert_ok(context, lottery_archive_kind(archive, name, &kind));
    lottery_archive_array_shape(archive, name, &element, 8, shape, &rank);
  }
  lottery_archive_get_text(archive, "text", text, sizeof text, NULL);
  lottery_archive_get_mask(archive, "mask", NULL, &mask);
  lottery_archive_get_network(archive, "network", &network);
  lottery_archive_get_snapshot(archive, "snapshot", NULL, &snapshot);
  lottery_archive_get_ticket(archive, "ticket", &ticket, &ticket_mask, &values);
  lottery_network_destroy(network);
  lottery_network_destroy(ticket);
  lottery_mask_destroy(mask);
  lottery_mask_destroy(ticket_mask);
  lottery_snapshot_destroy(snapshot);
  lottery_snapshot_destroy(values);
}

/* Loads from memory exactly as large as the file, so that a sanitizer sees every byte read past it. */
static lottery_status load_exact(lottery_archive *archive, const unsigned char *data, int64_t count) {
  unsigned char *copy = malloc(count > 0 ? (size_t)count : 1);
  assert_non_null(copy);
  if (count > 0) memcpy(copy, data, (size_t)count);
  const lottery_status status = lottery_archive_load_memory(archive, copy, count);
  free(copy);
  return status;
}

/* Loading fails with a status and words in the message, and changes nothing. */
static void refuse(struct fixture *fixture, const struct bytes *file, lottery_status expected, const char *words) {
  char text[8];
  assert_fails(fixture->context, load_exact(fixture->archive, file->data, file->count), expected, words);
  struct bytes_reader reader = {file->data, file->count, 1000};
  assert_fails(fixture->context, lottery_archive_read(fixture->archive, bytes_give, &reader), expected, "");
  assert_ok(fixture->context, lottery_archive_get_text(fixture->archive, "kept", text, sizeof text, NULL));
  assert_string_equal(text, "words");
}

static struct bytes whole_file(struct fixture *fixture) {
  struct everything all;
  everything_make(fixture->context, &all);
  const struct bytes file = archive_bytes(fixture->context, all.archive);
  everything_destroy(&all);
  return file;
}

static void test_every_truncation(void **unused) {
  (void)unused;
  struct fixture fixture;
  start(&fixture);
  const struct bytes file = whole_file(&fixture);
  for (int64_t count = 0; count < file.count; count += support_stride()) {
    const struct bytes part = {file.data, count, count};
    refuse(&fixture, &part, LOTTERY_ERROR_FORMAT, "found");
  }
  struct bytes longer = {NULL, 0, 0};
  bytes_collect(file.data, file.count, &longer);
  bytes_collect("x", 1, &longer);
  refuse(&fixture, &longer, LOTTERY_ERROR_FORMAT, "");
  free(longer.data);
  free(file.data);
  finish(&fixture);
}

/* Each bit of the header and of the data, flipped: another file, or none; nothing worse. */
static void test_every_flipped_bit(void **unused) {
  (void)unused;
  struct fixture fixture;
  start(&fixture);
  const struct bytes file = whole_file(&fixture);
  lottery_archive *archive;
  int64_t loaded = 0, refused = 0;
  assert_ok(fixture.context, lottery_archive_create(fixture.context, &archive));
  assert_ok(fixture.context, lottery_archive_set_integer(archive, LOTTERY_ARCHIVE_BYTE_LIMIT, 1 << 20));
  for (int64_t bit = 0; bit < 8 * file.count; bit += support_stride()) {
    file.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
    const lottery_status status = load_exact(archive, file.data, file.count);
    if (status == LOTTERY_OK) {
      loaded++;
      get_all(fixture.context, archive);
    } else {
      refused++;
      assert_true(status == LOTTERY_ERROR_FORMAT || status == LOTTERY_ERROR_UNSUPPORTED);
    }
    file.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
  }
  print_message("%lld files loaded, %lld refused, peak %lld bytes\n", (long long)loaded, (long long)refused,
                (long long)fixture.allocator.peak_bytes);
  assert_true(fixture.allocator.peak_bytes < (4 << 20));
  lottery_archive_destroy(archive);
  free(file.data);
  finish(&fixture);
}

/* Headers that are wrong by themselves; 16 bytes of data follow. */
static void test_containers(void **unused) {
  (void)unused;
#define A(offsets) "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":" offsets "}"
#define B(offsets) "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":" offsets "}"
#define X(rest) "{" A("[0,8]") ",\"x\":{" rest "}}"
  static const struct {
    const char *header;
    lottery_status status;
    const char *words;
  } cases[] = {
      {"", LOTTERY_ERROR_FORMAT, "a header begins with {"},
      {" {}", LOTTERY_ERROR_FORMAT, "a header begins with {"},
      {"[]", LOTTERY_ERROR_FORMAT, "a header begins with {"},
      {"{", LOTTERY_ERROR_FORMAT, "header, byte 1: expected a string"},
      {"{}", LOTTERY_ERROR_FORMAT, ""}, /* 16 bytes that nothing names */
      {"{}x", LOTTERY_ERROR_FORMAT, "byte 2: the text should end here"},
      {"{" A("[0,8]") "}", LOTTERY_ERROR_FORMAT, ""},
      {"{" A("[8,16]") "," B("[8,16]") "}", LOTTERY_ERROR_FORMAT,
       "begins at byte 8 of the data, but the array before it ends at 0"},
      {"{" A("[0,8]") "," B("[0,8]") "}", LOTTERY_ERROR_FORMAT,
       "begins at byte 0 of the data, but the array before it ends at 8"},
      {"{" A("[0,8]") "," B("[4,12]") "}", LOTTERY_ERROR_FORMAT, "b: begins at byte 4"},
      {"{" A("[0,8]") "," B("[9,17]") "}", LOTTERY_ERROR_FORMAT, "b: begins at byte 9"},
      {"{" A("[0,8]") "," B("[8,12]") "}", LOTTERY_ERROR_FORMAT,
       "b: offsets 8 to 12 do not hold the 8 bytes of its shape and dtype F32"},
      {"{" A("[0,8]") "," B("[16,8]") "}", LOTTERY_ERROR_FORMAT, "b: offsets 16 to 8"},
      {"{" A("[0,8]") "," B("[9223372036854775807,9223372036854775807]") "}", LOTTERY_ERROR_FORMAT, "b: offsets"},
      {"{" A("[0,8]") "," A("[8,16]") "}", LOTTERY_ERROR_FORMAT, "header: 'a' appears twice"},
      {"{" A("[0,8]") "," B("[8]") "}", LOTTERY_ERROR_FORMAT, "expected two offsets"},
      {"{" A("[0,8]") "," B("[8,16,16]") "}", LOTTERY_ERROR_FORMAT, "expected two offsets"},
      {"{" A("[0,8]") "," B("[-8,16]") "}", LOTTERY_ERROR_FORMAT, "the number is out of range"},
      {"{" A("[0,8]") "," B("[8.0,16]") "}", LOTTERY_ERROR_FORMAT, "expected a whole number"},
      {"{" A("[0,8]") "," B("[8,1e1]") "}", LOTTERY_ERROR_FORMAT, "expected a whole number"},
      {"{" A("[0,8]") "," B("[[8,16]]") "}", LOTTERY_ERROR_FORMAT, "expected a whole number"},
      {"{" A("[0,8]") "," B("{}") "}", LOTTERY_ERROR_FORMAT, "expected an array"},
      {"{" A("[0,8]") "," B("[8,16]") ",}", LOTTERY_ERROR_FORMAT, "nothing follows a comma"},
      {X("\"dtype\":\"F32\",\"shape\":[2]"), LOTTERY_ERROR_FORMAT, "an array needs dtype, shape and data_offsets"},
      {X("\"dtype\":\"F32\",\"shape\":[2],\"shape\":[2],\"data_offsets\":[8,16]"), LOTTERY_ERROR_FORMAT,
       "the key appears twice"},
      {X("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16],\"more\":1"), LOTTERY_ERROR_FORMAT,
       "the key is unknown here"},
      {X("\"dtype\":\"F33\",\"shape\":[2],\"data_offsets\":[8,16]"), LOTTERY_ERROR_UNSUPPORTED,
       "x: this version has no dtype F33"},
      {X("\"dtype\":32,\"shape\":[2],\"data_offsets\":[8,16]"), LOTTERY_ERROR_FORMAT, "expected a string"},
      {X("\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[8,16]"), LOTTERY_ERROR_FORMAT, "hold the 2 bytes"},
      {X("\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[8,16]"), LOTTERY_ERROR_FORMAT,
       "the number is out of range"},
      {X("\"dtype\":\"F32\",\"shape\":[2305843009213693952,4],\"data_offsets\":[8,16]"), LOTTERY_ERROR_FORMAT,
       "x: its shape does not fit 64 bits"},
      {X("\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,2],\"data_offsets\":[8,16]"), LOTTERY_ERROR_FORMAT,
       "x: its shape does not fit 64 bits"},
      {X("\"dtype\":\"F32\",\"shape\":[9223372036854775808],\"data_offsets\":[8,16]"), LOTTERY_ERROR_FORMAT,
       "the number is out of range"},
      {X("\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,2],\"data_offsets\":[8,16]"), LOTTERY_ERROR_FORMAT,
       "more than 8 sizes"},
      {"{" A("[0,8]") ",\"x\":8}", LOTTERY_ERROR_FORMAT, "expected an object"},
      {"{" A("[0,8]") ",\"\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}", LOTTERY_ERROR_UNSUPPORTED,
       "the name of an array has 1 to 511 bytes"},
      {"{\"__metadata__\":{\"a\":1}," A("[0,8]") "," B("[8,16]") "}", LOTTERY_ERROR_FORMAT, "expected a string"},
      {"{\"__metadata__\":{\"a\":{}}," A("[0,8]") "," B("[8,16]") "}", LOTTERY_ERROR_FORMAT, "expected a string"},
      {"{\"__metadata__\":[]," A("[0,8]") "," B("[8,16]") "}", LOTTERY_ERROR_FORMAT, "expected an object"},
      {"{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}," A("[0,8]") "," B("[8,16]") "}", LOTTERY_ERROR_FORMAT,
       "'a' appears twice"},
      {"{\"__metadata__\":{},\"__metadata__\":{}," A("[0,8]") "," B("[8,16]") "}", LOTTERY_ERROR_FORMAT,
       "__metadata__ appears twice"},
      {"{\"__metadata__\":{\"a\":\"\\u0000\"}," A("[0,8]") "," B("[8,16]") "}", LOTTERY_ERROR_FORMAT,
       "must not hold the character 0"},
      {"{\"__metadata__\":{\"\xff\":\"\"}," A("[0,8]") "," B("[8,16]") "}", LOTTERY_ERROR_FORMAT, "this is not UTF-8"},
      {"{\"__metadata__\":{\"lottery.format\":\"2\"}," A("[0,8]") "," B("[8,16]") "}", LOTTERY_ERROR_UNSUPPORTED,
       "has format '2', this version knows 1"},
  };
  struct fixture fixture;
  static const unsigned char data[16];
  start(&fixture);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const struct bytes file = file_of(cases[i].header, data, sizeof data);
    print_message("%s\n", cases[i].header);
    refuse(&fixture, &file, cases[i].status, cases[i].words);
    free(file.data);
  }
  const struct bytes good = file_of("{" A("[0,8]") "," B("[8,16]") "}", data, sizeof data);
  assert_ok(fixture.context, load_exact(fixture.archive, good.data, good.count));
  free(good.data);
  finish(&fixture);
}

/* Lengths that nothing in the file can have, within a few KB of memory. */
static void test_limits(void **unused) {
  (void)unused;
  struct fixture fixture;
  start(&fixture);
  static const uint64_t lengths[] = {UINT64_MAX, UINT64_MAX - 7, INT64_MAX, (uint64_t)1 << 63, 1 << 30, (1 << 20) + 1};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    unsigned char bytes[16] = {0};
    memcpy(bytes, &lengths[i], 8);
    const struct bytes file = {bytes, sizeof bytes, sizeof bytes};
    refuse(&fixture, &file, LOTTERY_ERROR_FORMAT, "over the header_limit of 1048576");
  }
  assert_true(fixture.allocator.largest < 4096);
  /* Data that a callback's header promises and does not bring: no more than comes is allocated. */
  char header[128];
  snprintf(header, sizeof header, "{\"a\":{\"dtype\":\"U8\",\"shape\":[%lld],\"data_offsets\":[0,%lld]}}", 4000000000LL,
           4000000000LL);
  const struct bytes promise = file_of(header, header, 100);
  refuse(&fixture, &promise, LOTTERY_ERROR_FORMAT, "");
  assert_true(fixture.allocator.largest < 128 << 10);
  snprintf(header, sizeof header, "{\"a\":{\"dtype\":\"U8\",\"shape\":[%lld],\"data_offsets\":[0,%lld]}}",
           INT64_MAX - 7LL, INT64_MAX - 7LL);
  const struct bytes overflow = file_of(header, header, 100);
  refuse(&fixture, &overflow, LOTTERY_ERROR_FORMAT, "over the byte_limit of 4294967296");
  /* Options are the limits: of both sides of each. */
  struct everything all;
  everything_make(fixture.context, &all);
  const struct bytes file = archive_bytes(fixture.context, all.archive);
  char *text = header_of(&file);
  const int64_t header_bytes = (int64_t)strlen(text);
  assert_true(header_bytes > 1024);
  lottery_archive *archive = all.archive;
  assert_ok(fixture.context, lottery_archive_set_integer(archive, LOTTERY_ARCHIVE_HEADER_LIMIT, header_bytes));
  assert_ok(fixture.context, lottery_archive_set_integer(archive, LOTTERY_ARCHIVE_BYTE_LIMIT, file.count));
  assert_ok(fixture.context, load_exact(archive, file.data, file.count));
  assert_ok(fixture.context, lottery_archive_set_integer(archive, LOTTERY_ARCHIVE_BYTE_LIMIT, file.count - 1));
  assert_fails(fixture.context, load_exact(archive, file.data, file.count), LOTTERY_ERROR_FORMAT,
               "over the byte_limit");
  assert_ok(fixture.context, lottery_archive_set_integer(archive, LOTTERY_ARCHIVE_HEADER_LIMIT, header_bytes - 1));
  assert_fails(fixture.context, load_exact(archive, file.data, file.count), LOTTERY_ERROR_FORMAT,
               "over the header_limit");
  struct bytes sink = {NULL, 0, 0};
  assert_fails(fixture.context, lottery_archive_write(archive, bytes_collect, &sink), LOTTERY_ERROR_MEMORY,
               "over its header_limit");
  assert_int_equal(sink.count, 0);
  free(text);
  free(file.data);
  free(promise.data);
  free(overflow.data);
  everything_destroy(&all);
  finish(&fixture);
}

/* A small file that stands for a large network: the graph, of which no array in a ticket vouches, is held to the limit.
 */
static void test_large_tickets(void **unused) {
  (void)unused;
  static const char *const sizes[][2] = {{"\\\"units\\\":7", "\\\"units\\\":16777216"},
                                         {"\\\"shape\\\":[5]", "\\\"shape\\\":[2147483647]"},
                                         {"\\\"units\\\":3}", "\\\"units\\\":16777216}"}};
  struct fixture fixture;
  start(&fixture);
  const struct bytes file = whole_file(&fixture);
  const int64_t peak = fixture.allocator.peak_bytes;
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    const struct bytes changed = file_with(&file, sizes[i][0], sizes[i][1]);
    lottery_network *network;
    assert_ok(fixture.context, load_exact(fixture.archive, changed.data, changed.count));
    assert_status(fixture.context, lottery_archive_get_network(fixture.archive, "network", &network),
                  LOTTERY_ERROR_SHAPE);
    assert_true(lottery_archive_get_ticket(fixture.archive, "ticket", &network, NULL, NULL) < LOTTERY_OK);
    free(changed.data);
  }
  /* A ticket without survivors is as small as can be: 4,000 by 4,000 weights in a file of 100 KB. */
  lottery_network *network;
  lottery_mask *ones, *none;
  lottery_snapshot *snapshot;
  struct counting_allocator other_allocator;
  allocator_start(&other_allocator);
  lottery_context *other = allocator_context(&other_allocator);
  assert_ok(other, lottery_network_preset(other, "mlp-4000-4000", &network));
  assert_ok(other, lottery_mask_ones(network, &ones));
  assert_ok(other, lottery_mask_complement(ones, &none));
  assert_ok(other, lottery_network_snapshot(network, &snapshot));
  lottery_archive *archive;
  assert_ok(other, lottery_archive_create(other, &archive));
  assert_ok(other, lottery_archive_add_ticket(archive, "", network, none, snapshot));
  const struct bytes small = archive_bytes(other, archive);
  assert_true(small.count < 100000);
  lottery_network_destroy(network);
  lottery_mask_destroy(ones);
  lottery_mask_destroy(none);
  lottery_snapshot_destroy(snapshot);
  lottery_archive_destroy(archive);
  lottery_context_destroy(other);
  allocator_finish(&other_allocator);
  assert_ok(fixture.context, lottery_archive_set_integer(fixture.archive, LOTTERY_ARCHIVE_BYTE_LIMIT, 64000000));
  assert_ok(fixture.context, load_exact(fixture.archive, small.data, small.count));
  assert_fails(fixture.context, lottery_archive_get_ticket(fixture.archive, "", &network, NULL, NULL),
               LOTTERY_ERROR_FORMAT,
               "its weights, all dense, take 64016000 bytes in memory, over the byte_limit of 64000000");
  assert_true(fixture.allocator.peak_bytes < peak + (1 << 20));
  assert_ok(fixture.context, lottery_archive_set_integer(fixture.archive, LOTTERY_ARCHIVE_BYTE_LIMIT, 64016000));
  assert_ok(fixture.context, lottery_archive_get_ticket(fixture.archive, "", &network, NULL, NULL));
  lottery_network_destroy(network);
  free(small.data);
  free(file.data);
  finish(&fixture);
}

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
       "node 1: does not have the shape, inputs, units and options of a dense"},
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
       "node 2: does not have the shape, inputs, units and options of a add"},
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
  struct fixture fixture;
  start(&fixture);
  const struct bytes file = whole_file(&fixture);
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
  finish(&fixture);
}

/* Data that is wrong: the bytes at `place` replaced by those of `value`. */
static void refuse_data(struct fixture *fixture, const struct bytes *file, int what, const char *array, int64_t offset,
                        const void *value, size_t size, lottery_status status, const char *words) {
  unsigned char before[8], *place = file->data + place_of(file, array) + offset;
  memcpy(before, place, size);
  memcpy(place, value, size);
  assert_ok(fixture->context, load_exact(fixture->archive, file->data, file->count));
  assert_fails(fixture->context, get(fixture->archive, what), status, words);
  memcpy(place, before, size);
}

static void test_data(void **unused) {
  (void)unused;
  struct fixture fixture;
  start(&fixture);
  const struct bytes file = whole_file(&fixture);
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
  finish(&fixture);
}

/* A header of a megabyte: of brackets, of equal keys, of one long name, of many arrays. In time and in memory. */
static void test_long_headers(void **unused) {
  (void)unused;
  struct fixture fixture;
  start(&fixture);
  enum { LONG = (1 << 20) - 8 };
  char *header = malloc(LONG + 128);
  assert_non_null(header);
  memset(header, '[', LONG);
  header[0] = '{';
  header[LONG] = '\0';
  struct bytes file = file_of(header, NULL, 0);
  refuse(&fixture, &file, LOTTERY_ERROR_FORMAT, "byte 1: expected a string");
  free(file.data);
  memset(header, 'n', LONG);
  memcpy(header, "{\"", 2);
  strcpy(header + LONG - 60, "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}");
  file = file_of(header, NULL, 0);
  refuse(&fixture, &file, LOTTERY_ERROR_UNSUPPORTED, "the name of an array has 1 to 511 bytes");
  free(file.data);
  for (int distinct = 0; distinct < 2; distinct++) {
    int64_t used = 1, arrays = 0;
    strcpy(header, "{");
    for (; used < LONG - 100; arrays++)
      used += sprintf(header + used, "%s\"a.b.%lld\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}",
                      arrays > 0 ? "," : "", distinct == 1 ? (long long)arrays : 7LL);
    strcpy(header + used, "}");
    file = file_of(header, NULL, 0);
    if (distinct == 0) {
      refuse(&fixture, &file, LOTTERY_ERROR_FORMAT, "'a.b.7' appears twice");
    } else {
      int64_t count;
      assert_ok(fixture.context, load_exact(fixture.archive, file.data, file.count));
      assert_ok(fixture.context, lottery_archive_count(fixture.archive, &count));
      assert_int_equal(count, arrays);
    }
    free(file.data);
  }
  print_message("peak %lld bytes\n", (long long)fixture.allocator.peak_bytes);
  assert_true(fixture.allocator.peak_bytes < 24 << 20);
  free(header);
  finish(&fixture);
}

/* Paths that are no files. */
static void test_paths(void **unused) {
  (void)unused;
  struct fixture fixture;
  char directory[PATH_CAPACITY], path[PATH_CAPACITY];
  start(&fixture);
  temporary_directory(directory);
  assert_fails(fixture.context, lottery_archive_load(fixture.archive, directory), LOTTERY_ERROR_FILE, "a directory");
  assert_fails(fixture.context, lottery_archive_save(fixture.archive, directory), LOTTERY_ERROR_FILE, "path:");
  assert_fails(fixture.context, lottery_archive_load(fixture.archive, path_in(directory, "none", path)),
               LOTTERY_ERROR_FILE, "path: cannot open");
  write_file(path, "{}", 2);
  assert_fails(fixture.context, lottery_archive_load(fixture.archive, path), LOTTERY_ERROR_FORMAT,
               "none: expected the length of a header of 8 bytes, found 2");
  assert_fails(fixture.context, lottery_archive_save(fixture.archive, path_in(directory, "no/where", path)),
               LOTTERY_ERROR_FILE, "path:");
  remove_directory(directory);
  finish(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_truncation),
      cmocka_unit_test(test_every_flipped_bit),
      cmocka_unit_test(test_containers),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_large_tickets),
      cmocka_unit_test(test_descriptions),
      cmocka_unit_test(test_data),
      cmocka_unit_test(test_long_headers),
      cmocka_unit_test(test_paths),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
