/* Changing archives: items removed and replaced, and the metadata of other programs. */
#include <stdlib.h>
#include <string.h>

#include "archive.h"

static void add_text_and_arrays(lottery_context *context, lottery_archive *archive) {
  static const char *const arrays[] = {"a", "a.b", "ab", "network.extra", "x.y"};
  const int64_t one = 1;
  const float value = 1;
  for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
    assert_ok(context, lottery_archive_add_array(archive, arrays[i], LOTTERY_ELEMENT_FLOAT32, 1, &one, &value, 1));
  assert_ok(context, lottery_archive_add_text(archive, "a.fc1.bias", "about a bias"));
  assert_ok(context, lottery_archive_add_text(archive, "", "of the whole"));
}

/* The file of an archive that never had `name`. */
static struct bytes without(lottery_context *context, const char *name) {
  struct everything all;
  everything_make(context, &all);
  lottery_archive *archive;
  assert_ok(context, lottery_archive_create(context, &archive));
  const bool has[] = {strcmp(name, "network") != 0, strcmp(name, "mask") != 0, strcmp(name, "snapshot") != 0,
                      strcmp(name, "ticket") != 0};
  const int64_t shape[] = {2, 2}, array[] = {INT64_MIN, -1, 0, INT64_MAX};
  if (has[0]) assert_ok(context, lottery_archive_add_network(archive, "network", all.network));
  if (has[1]) assert_ok(context, lottery_archive_add_mask(archive, "mask", all.mask));
  if (has[2]) assert_ok(context, lottery_archive_add_snapshot(archive, "snapshot", all.snapshot));
  if (has[3]) assert_ok(context, lottery_archive_add_ticket(archive, "ticket", all.network, all.mask, all.initial));
  char text[256];
  assert_ok(context, lottery_archive_get_text(all.archive, "text", text, sizeof text, NULL));
  if (strcmp(name, "text") != 0) assert_ok(context, lottery_archive_add_text(archive, "text", text));
  if (strcmp(name, "array") != 0)
    assert_ok(context, lottery_archive_add_array(archive, "array", LOTTERY_ELEMENT_INT64, 2, shape, array, 4));
  add_text_and_arrays(context, archive);
  const struct bytes file = archive_bytes(context, archive);
  lottery_archive_destroy(archive);
  everything_destroy(&all);
  return file;
}

/* What is left is the file of an archive in which the item never was, added or read; then the name is free again. */
static void test_removing(void **unused) {
  (void)unused;
  static const char *const names[] = {"network", "mask", "snapshot", "ticket", "text", "array"};
  struct archive_fixture fixture;
  archive_start(&fixture);
  lottery_context *context = fixture.context;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const struct bytes expected = without(context, names[i]);
    for (int read = 0; read < 2; read++) {
      struct everything all;
      everything_make(context, &all);
      add_text_and_arrays(context, all.archive);
      const struct bytes whole = archive_bytes(context, all.archive);
      if (read) assert_ok(context, lottery_archive_load_memory(all.archive, whole.data, whole.count));
      assert_ok(context, lottery_archive_remove(all.archive, names[i]));
      assert_fails(context, lottery_archive_remove(all.archive, names[i]), LOTTERY_ERROR_ARGUMENT,
                   "name: the archive has no '");
      const struct bytes left = archive_bytes(context, all.archive);
      assert_int_equal(left.count, expected.count);
      assert_memory_equal(left.data, expected.data, (size_t)left.count);
      assert_ok(context, lottery_archive_add_text(all.archive, names[i], "another"));
      free(left.data);
      free(whole.data);
      everything_destroy(&all);
    }
    free(expected.data);
  }
  archive_finish(&fixture);
}

/* An array goes with the item whose name is the longest before it, and not with a text that has its name. */
static void test_removing_among_others(void **unused) {
  (void)unused;
  struct archive_fixture fixture;
  struct everything all;
  archive_start(&fixture);
  lottery_context *context = fixture.context;
  everything_make(context, &all);
  lottery_archive *archive = fixture.archive;
  lottery_network *network;
  lottery_mask *mask;
  int64_t count;
  assert_ok(context, lottery_archive_add_network(archive, "", all.network));
  assert_ok(context, lottery_archive_add_mask(archive, "a", all.mask));
  assert_ok(context, lottery_archive_add_network(archive, "a.b", all.network));
  assert_ok(context, lottery_archive_add_text(archive, "fc1.bias", "about a bias"));
  const struct bytes file = archive_bytes(context, archive);
  assert_ok(context, lottery_archive_remove(archive, "fc1.bias"));
  assert_ok(context, lottery_archive_get_network(archive, "", &network));
  lottery_network_destroy(network);
  assert_ok(context, lottery_archive_remove(archive, ""));
  assert_ok(context, lottery_archive_get_mask(archive, "a", NULL, &mask));
  lottery_mask_destroy(mask);
  assert_ok(context, lottery_archive_remove(archive, "a"));
  assert_ok(context, lottery_archive_get_network(archive, "a.b", &network));
  lottery_network_destroy(network);
  assert_ok(context, lottery_archive_remove(archive, "a.b"));
  assert_ok(context, lottery_archive_count(archive, &count));
  assert_int_equal(count, 0);
  const struct bytes empty = archive_bytes(context, archive);
  char *header = header_of(&empty);
  assert_null(strstr(header, "fc1"));
  free(header);
  free(empty.data);
  free(file.data);
  /* A file in which only a text has the array's name: it goes with the text, or it would be nobody's. */
  const struct bytes other = file_of("{\"__metadata__\":{\"lottery.format\":\"1\",\"lottery.kind.x\":\"text\","
                                     "\"lottery.text.x\":\"\"},\"x\":{\"dtype\":\"U8\",\"shape\":[1],"
                                     "\"data_offsets\":[0,1]}}",
                                     "1", 1);
  const float value = 0;
  const int64_t one = 1;
  assert_ok(context, lottery_archive_load_memory(archive, other.data, other.count));
  assert_ok(context, lottery_archive_remove(archive, "x"));
  assert_ok(context, lottery_archive_add_array(archive, "x", LOTTERY_ELEMENT_FLOAT32, 1, &one, &value, 1));
  free(other.data);
  everything_destroy(&all);
  archive_finish(&fixture);
}

static void expect_metadata(lottery_context *context, lottery_archive *archive, int64_t index, const char *key,
                            const char *value) {
  char buffer[600];
  int64_t needed;
  assert_ok(context, lottery_archive_metadata_key(archive, index, buffer, sizeof buffer, &needed));
  assert_string_equal(buffer, key);
  assert_int_equal(needed, strlen(key) + 1);
  assert_ok(context, lottery_archive_get_metadata(archive, key, buffer, sizeof buffer, &needed));
  assert_string_equal(buffer, value);
  assert_int_equal(needed, strlen(value) + 1);
}

/* Entries of other programs, before and after ours, stay; they can be set, replaced and removed. */
static void test_metadata(void **unused) {
  (void)unused;
  struct archive_fixture fixture;
  archive_start(&fixture);
  lottery_context *context = fixture.context;
  lottery_archive *archive = fixture.archive;
  int64_t count;
  const struct bytes other = file_of(
      "{\"__metadata__\":{\"lottery\":\"no dot\",\"format\":\"pt\",\"z\":\"\xc3\xa9 \\\"\",\"\":\"\"}}", NULL, 0);
  assert_ok(context, lottery_archive_load_memory(archive, other.data, other.count));
  assert_ok(context, lottery_archive_add_text(archive, "text", "words"));
  for (int round = 0; round < 2; round++) {
    assert_ok(context, lottery_archive_metadata_count(archive, &count));
    assert_int_equal(count, 4);
    expect_metadata(context, archive, 0, "", "");
    expect_metadata(context, archive, 1, "format", "pt");
    expect_metadata(context, archive, 2, "lottery", "no dot");
    expect_metadata(context, archive, 3, "z", "\xc3\xa9 \"");
    const struct bytes file = archive_bytes(context, archive);
    assert_ok(context, lottery_archive_load_memory(archive, file.data, file.count));
    free(file.data);
  }
  assert_ok(context, lottery_archive_set_metadata(archive, "format", "np"));
  assert_ok(context, lottery_archive_set_metadata(archive, "zz", "last"));
  assert_ok(context, lottery_archive_set_metadata(archive, "zz", "very last"));
  assert_ok(context, lottery_archive_set_metadata(archive, "", NULL));
  assert_ok(context, lottery_archive_set_metadata(archive, "z", NULL));
  assert_ok(context, lottery_archive_metadata_count(archive, &count));
  assert_int_equal(count, 3);
  expect_metadata(context, archive, 0, "format", "np");
  expect_metadata(context, archive, 1, "lottery", "no dot");
  expect_metadata(context, archive, 2, "zz", "very last");
  const struct bytes file = archive_bytes(context, archive);
  char *header = header_of(&file);
  assert_non_null(strstr(header, "\"format\":\"np\",\"lottery\":\"no dot\",\"lottery.kind.text\":\"text\","
                                 "\"lottery.text.text\":\"words\",\"zz\":\"very last\"}"));
  free(header);
  free(file.data);
  free(other.data);
  archive_finish(&fixture);
}

static void test_metadata_refusals(void **unused) {
  (void)unused;
  struct archive_fixture fixture;
  archive_start(&fixture);
  lottery_context *context = fixture.context;
  lottery_archive *archive = fixture.archive;
  char key[257], buffer[8];
  int64_t count;
  memset(key, 'k', 256);
  key[256] = '\0';
  assert_fails(context, lottery_archive_set_metadata(archive, key, "v"), LOTTERY_ERROR_ARGUMENT,
               "key: 256 bytes, at most 255");
  key[255] = '\0';
  assert_ok(context, lottery_archive_set_metadata(archive, key, "v"));
  assert_fails(context, lottery_archive_set_metadata(archive, "\xff", "v"), LOTTERY_ERROR_ARGUMENT,
               "key: is not UTF-8");
  assert_fails(context, lottery_archive_set_metadata(archive, "k", "\xff"), LOTTERY_ERROR_ARGUMENT,
               "value: is not UTF-8");
  assert_fails(context, lottery_archive_set_metadata(archive, "lottery.format", "2"), LOTTERY_ERROR_ARGUMENT,
               "key: 'lottery.format' begins with 'lottery.', as the library's own do");
  assert_fails(context, lottery_archive_set_metadata(archive, "lottery.kind.x", NULL), LOTTERY_ERROR_ARGUMENT,
               "key: 'lottery.kind.x' begins with");
  assert_fails(context, lottery_archive_set_metadata(archive, "absent", NULL), LOTTERY_ERROR_ARGUMENT,
               "key: the archive has no metadata 'absent'");
  assert_ok(context, lottery_archive_add_text(archive, "text", "words"));
  assert_fails(context, lottery_archive_get_metadata(archive, "lottery.kind.text", buffer, 8, NULL),
               LOTTERY_ERROR_ARGUMENT, "key: the archive has no metadata 'lottery.kind.text'");
  assert_fails(context, lottery_archive_metadata_key(archive, 1, buffer, 8, NULL), LOTTERY_ERROR_ARGUMENT,
               "index: 1 is outside 0 to 0");
  assert_fails(context, lottery_archive_metadata_key(archive, INT64_MIN, buffer, 8, NULL), LOTTERY_ERROR_ARGUMENT,
               "index: -9223372036854775808");
  assert_ok(context, lottery_archive_metadata_count(archive, &count));
  assert_int_equal(count, 1);
  /* A value that a file has no room for, and then has. */
  static char value[2000];
  memset(value, 'v', sizeof value - 1);
  assert_ok(context, lottery_archive_set_integer(archive, LOTTERY_ARCHIVE_HEADER_LIMIT, 1024));
  assert_ok(context, lottery_archive_set_metadata(archive, "k", value));
  struct bytes file = {NULL, 0, 0};
  assert_fails(context, lottery_archive_write(archive, bytes_collect, &file), LOTTERY_ERROR_MEMORY,
               "over its header_limit of 1024");
  assert_ok(context, lottery_archive_set_metadata(archive, "k", "short"));
  assert_ok(context, lottery_archive_write(archive, bytes_collect, &file));
  free(file.data);
  archive_finish(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_removing),
      cmocka_unit_test(test_removing_among_others),
      cmocka_unit_test(test_metadata),
      cmocka_unit_test(test_metadata_refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
