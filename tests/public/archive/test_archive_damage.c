/* Damaged and hostile files: a status with a message, the archive as it was, and no more memory than the limits allow.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"

/* The archive holds one text, "kept". */
static void start(struct archive_fixture *fixture) {
  archive_start(fixture);
  assert_ok(fixture->context, lottery_archive_add_text(fixture->archive, "kept", "words"));
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

/* Loading fails with a status and words in the message, and changes nothing. */
static void refuse(struct archive_fixture *fixture, const struct bytes *file, lottery_status expected,
                   const char *words) {
  char text[8];
  assert_fails(fixture->context, load_exact(fixture->archive, file->data, file->count), expected, words);
  struct bytes_reader reader = {file->data, file->count, 1000};
  assert_fails(fixture->context, lottery_archive_read(fixture->archive, bytes_give, &reader), expected, "");
  assert_ok(fixture->context, lottery_archive_get_text(fixture->archive, "kept", text, sizeof text, NULL));
  assert_string_equal(text, "words");
}

static void test_every_truncation(void **unused) {
  (void)unused;
  struct archive_fixture fixture;
  start(&fixture);
  const struct bytes file = everything_bytes(fixture.context);
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
  archive_finish(&fixture);
}

/* Each bit of the header and of the data, flipped: another file, or none; nothing worse. */
static void test_every_flipped_bit(void **unused) {
  (void)unused;
  struct archive_fixture fixture;
  start(&fixture);
  const struct bytes file = everything_bytes(fixture.context);
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
  archive_finish(&fixture);
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
  struct archive_fixture fixture;
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
  archive_finish(&fixture);
}

/* Lengths that nothing in the file can have, within a few KB of memory. */
static void test_limits(void **unused) {
  (void)unused;
  struct archive_fixture fixture;
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
  archive_finish(&fixture);
}

/* A small file that stands for a large network: the graph, of which no array in a ticket vouches, is held to the limit.
 */
static void test_large_tickets(void **unused) {
  (void)unused;
  static const char *const sizes[][2] = {{"\\\"units\\\":7", "\\\"units\\\":16777216"},
                                         {"\\\"shape\\\":[5]", "\\\"shape\\\":[2147483647]"},
                                         {"\\\"units\\\":3}", "\\\"units\\\":16777216}"}};
  struct archive_fixture fixture;
  start(&fixture);
  const struct bytes file = everything_bytes(fixture.context);
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
  archive_finish(&fixture);
}

/* A header of a megabyte: of brackets, of equal keys, of one long name, of many arrays. In time and in memory. */
static void test_long_headers(void **unused) {
  (void)unused;
  struct archive_fixture fixture;
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
  archive_finish(&fixture);
}

/* Paths that are no files. */
static void test_paths(void **unused) {
  (void)unused;
  struct archive_fixture fixture;
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
  archive_finish(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_truncation),
      cmocka_unit_test(test_every_flipped_bit),
      cmocka_unit_test(test_containers),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_large_tickets),
      cmocka_unit_test(test_long_headers),
      cmocka_unit_test(test_paths),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
