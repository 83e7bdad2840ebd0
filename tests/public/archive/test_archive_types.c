/* Files of other programs whose arrays are of other types: weights of F16, BF16 and F64 as PyTorch writes them and its
 * .float() reads them, masks of BOOL and U8, whole numbers; and values that do not fit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"

enum { VALUES = 12 }; /* of mlp-2-2-2: fc1.weight, fc1.bias, fc2.weight, fc2.bias */

static const int counts[] = {4, 2, 4, 2};

static const struct {
  const char *dtype;
  int size;
  const char *data, *floats;
} weights[] = {
    {"F16", 2, "\x00\x3c\x00\xc0\x00\x38\x80\x42\x19\x14\x00\x46\x66\x2e\x66\xb2\x55\x35\x00\x47\xff\x7b\x00\xbc",
     "\x00\x00\x80\x3f\x00\x00\x00\xc0\x00\x00\x00\x3f\x00\x00\x50\x40\x00\x20\x83\x3a\x00\x00\xc0\x40\x00\xc0\xcc\x3d"
     "\x00\xc0\x4c\xbe\x00\xa0\xaa\x3e\x00\x00\xe0\x40\x00\xe0\x7f\x47\x00\x00\x80\xbf"},
    {"BF16", 2, "\x80\x3f\x00\xc0\x00\x3f\x50\x40\x83\x3a\xc0\x40\xcd\x3d\x4d\xbe\xab\x3e\xe0\x40\x80\x47\x80\xbf",
     "\x00\x00\x80\x3f\x00\x00\x00\xc0\x00\x00\x00\x3f\x00\x00\x50\x40\x00\x00\x83\x3a\x00\x00\xc0\x40\x00\x00\xcd\x3d"
     "\x00\x00\x4d\xbe\x00\x00\xab\x3e\x00\x00\xe0\x40\x00\x00\x80\x47\x00\x00\x80\xbf"},
    {"F64", 8,
     "\x55\x55\x55\x55\x55\x55\xd5\x3f\x55\x55\x55\x55\x55\x55\xe5\xbf\x55\x55\x55\x55\x55\x55\xc5\x3f\x55\x55\x55\x55"
     "\x55\x55\xf1\x3f\x55\x55\x55\xd5\x67\xd8\x35\x3f\x00\x00\x00\x00\x00\x00\x00\x40\x55\x55\x55\x15\x11\x11\xa1\x3f"
     "\x55\x55\x55\x15\x11\x11\xb1\xbf\xab\xaa\xaa\x2a\xc7\x71\xbc\x3f\xab\xaa\xaa\xaa\xaa\xaa\x02\x40\xab\xaa\xaa\xaa"
     "\xaa\x52\xd5\x40\x55\x55\x55\x55\x55\x55\xd5\xbf",
     "\xab\xaa\xaa\x3e\xab\xaa\x2a\xbf\xab\xaa\x2a\x3e\xab\xaa\x8a\x3f\x3f\xc3\xae\x39\x00\x00\x00\x40\x89\x88\x08\x3d"
     "\x89\x88\x88\xbd\x39\x8e\xe3\x3d\x55\x55\x15\x40\x55\x95\xaa\x46\xab\xaa\xaa\xbe"},
};
enum { WEIGHT_TYPES = sizeof weights / sizeof weights[0] };

/* A state dict of mlp-2-2-2 with elements of `size` bytes, and more texts. */
static struct bytes state_dict(const char *texts, const char *dtype, int size, const void *data) {
  char header[1024];
  snprintf(header, sizeof header,
           "{\"__metadata__\":{\"format\":\"pt\"%s},"
           "\"fc1.weight\":{\"dtype\":\"%s\",\"shape\":[2,2],\"data_offsets\":[0,%d]},"
           "\"fc1.bias\":{\"dtype\":\"%s\",\"shape\":[2],\"data_offsets\":[%d,%d]},"
           "\"fc2.weight\":{\"dtype\":\"%s\",\"shape\":[2,2],\"data_offsets\":[%d,%d]},"
           "\"fc2.bias\":{\"dtype\":\"%s\",\"shape\":[2],\"data_offsets\":[%d,%d]}}",
           texts, dtype, 4 * size, dtype, 4 * size, 6 * size, dtype, 6 * size, 10 * size, dtype, 10 * size, 12 * size);
  return file_of(header, data, VALUES * size);
}

static void expect_weights(lottery_context *context, lottery_network *network, const char *floats) {
  for (int i = 0; i < 4; floats += 4 * counts[i++]) {
    float values[4];
    assert_ok(context, lottery_network_read_tensor(network, i, values, counts[i]));
    assert_memory_equal(values, floats, (size_t)counts[i] * sizeof *values);
  }
}

/* As a snapshot of weights, as an array, and as an item that is a network; saved again, the file has its own types. */
static void test_weights(void **unused) {
  (void)unused;
  static const char graph[] =
      ",\"lottery.format\":\"1\",\"lottery.kind\":\"network\",\"lottery.graph\":\"{\\\"nodes\\\":["
      "{\\\"kind\\\":\\\"input\\\",\\\"shape\\\":[2]},{\\\"kind\\\":\\\"dense\\\",\\\"inputs\\\":[0],\\\"units\\\":2},"
      "{\\\"kind\\\":\\\"relu\\\",\\\"inputs\\\":[1]},{\\\"kind\\\":\\\"dense\\\",\\\"inputs\\\":[2],\\\"units\\\":2}],"
      "\\\"output\\\":3}\"";
  struct archive_fixture fixture;
  archive_start(&fixture);
  lottery_context *context = fixture.context;
  lottery_archive *archive = fixture.archive;
  for (int i = 0; i < WEIGHT_TYPES; i++) {
    lottery_network *network, *described;
    lottery_snapshot *snapshot;
    int64_t shape[2];
    int32_t element, rank;
    float values[4];
    const struct bytes file = state_dict("", weights[i].dtype, weights[i].size, weights[i].data);
    assert_ok(context, load_exact(archive, file.data, file.count));
    assert_ok(context, lottery_network_preset(context, "mlp-2-2-2", &network));
    assert_ok(context, lottery_archive_get_snapshot(archive, "", network, &snapshot));
    assert_ok(context, lottery_network_restore(network, snapshot));
    expect_weights(context, network, weights[i].floats);
    assert_ok(context, lottery_archive_array_shape(archive, "fc2.weight", &element, 2, shape, &rank));
    assert_true(element == LOTTERY_ELEMENT_FLOAT32 && rank == 2 && shape[0] == 2 && shape[1] == 2);
    assert_ok(context, lottery_archive_get_array(archive, "fc2.weight", element, values, 4));
    assert_memory_equal(values, weights[i].floats + 24, sizeof values);
    const struct bytes again = archive_bytes(context, archive);
    assert_memory_equal(again.data + place_of(&again, "fc1.weight"), weights[i].data, 4 * (size_t)weights[i].size);
    free(again.data);
    free(file.data);
    const struct bytes item = state_dict(graph, weights[i].dtype, weights[i].size, weights[i].data);
    assert_ok(context, load_exact(archive, item.data, item.count));
    assert_ok(context, lottery_archive_get_network(archive, "", &described));
    expect_weights(context, described, weights[i].floats);
    free(item.data);
    lottery_network_destroy(described);
    lottery_snapshot_destroy(snapshot);
    lottery_network_destroy(network);
  }
  archive_finish(&fixture);
}

/* A ticket that another program made narrower and wider. */
static void test_ticket(void **unused) {
  (void)unused;
  static const char header[] =
      "{\"__metadata__\":{\"lottery.format\":\"1\",\"lottery.kind.t\":\"ticket\",\"lottery.graph.t\":\"{\\\"nodes\\\":["
      "{\\\"kind\\\":\\\"input\\\",\\\"shape\\\":[2]},{\\\"kind\\\":\\\"dense\\\",\\\"inputs\\\":[0],\\\"units\\\":2}],"
      "\\\"output\\\":1}\"},"
      "\"t.fc1.weight.values\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]},"
      "\"t.fc1.weight.rows\":{\"dtype\":\"I64\",\"shape\":[3],\"data_offsets\":[16,40]},"
      "\"t.fc1.weight.columns\":{\"dtype\":\"U16\",\"shape\":[2],\"data_offsets\":[40,44]},"
      "\"t.fc1.bias\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[44,48]}}";
  struct archive_fixture fixture;
  archive_start(&fixture);
  lottery_context *context = fixture.context;
  lottery_archive *archive = fixture.archive;
  unsigned char data[48];
  double values[] = {1.0 / 3, -1e-3};
  const int64_t rows[] = {0, 1, 2};
  memcpy(data, values, 16);
  memcpy(data + 16, rows, 24);
  memcpy(data + 40, "\x01\x00\x00\x00\x00\x3c\x00\xc0", 8); /* columns 1 and 0; biases 1 and -2 */
  struct bytes file = file_of(header, data, sizeof data);
  lottery_network *network;
  lottery_mask *mask;
  lottery_snapshot *snapshot;
  float found[4], bias[2];
  assert_ok(context, load_exact(archive, file.data, file.count));
  assert_ok(context, lottery_archive_get_ticket(archive, "t", &network, &mask, &snapshot));
  const float expected[] = {0, 1.0F / 3, -1e-3F, 0};
  assert_ok(context, lottery_network_read_tensor(network, 0, found, 4));
  assert_memory_equal(found, expected, sizeof found);
  assert_ok(context, lottery_snapshot_read(snapshot, 0, LOTTERY_SLOT_WEIGHT, found, 4));
  assert_memory_equal(found, expected, sizeof found);
  assert_ok(context, lottery_network_read_tensor(network, 1, bias, 2));
  assert_true(bias[0] == 1 && bias[1] == -2);
  lottery_network_destroy(network);
  lottery_mask_destroy(mask);
  lottery_snapshot_destroy(snapshot);
  values[1] = 1e300;
  memcpy(file.data + place_of(&file, "t.fc1.weight.values"), values, 16);
  assert_ok(context, load_exact(archive, file.data, file.count));
  assert_fails(context, lottery_archive_get_ticket(archive, "t", &network, &mask, &snapshot), LOTTERY_ERROR_FORMAT,
               "t.fc1.weight.values: element 1 is 1e+300, which does not fit float32");
  free(file.data);
  archive_finish(&fixture);
}

/* The two masks of mlp-2-2-2 under the names of its weights, an element a weight. */
static void test_masks(void **unused) {
  (void)unused;
  static const char *const types[] = {"BOOL", "U8"};
  static const uint8_t ones[] = {1, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0};
  struct archive_fixture fixture;
  archive_start(&fixture);
  lottery_context *context = fixture.context;
  lottery_archive *archive = fixture.archive;
  lottery_network *network;
  lottery_mask *mask;
  uint8_t found[4];
  assert_ok(context, lottery_network_preset(context, "mlp-2-2-2", &network));
  for (int i = 0; i < 2; i++) {
    struct bytes file = state_dict("", types[i], 1, ones);
    assert_ok(context, load_exact(archive, file.data, file.count));
    assert_ok(context, lottery_archive_get_mask(archive, "", network, &mask));
    for (int64_t tensor = 0; tensor < 2; tensor++) {
      assert_ok(context, lottery_mask_read(mask, tensor, found, 4));
      assert_memory_equal(found, ones + 6 * tensor, 4);
    }
    lottery_mask_destroy(mask);
    assert_fails(context, lottery_archive_get_mask(archive, "", NULL, &mask), LOTTERY_ERROR_ARGUMENT, "has no ''");
    file.data[place_of(&file, "fc2.weight") + 3] = 2;
    assert_ok(context, load_exact(archive, file.data, file.count));
    assert_fails(context, lottery_archive_get_mask(archive, "", network, &mask), LOTTERY_ERROR_FORMAT,
                 "fc2.weight: element 3 is 2, expected 0 or 1");
    free(file.data);
  }
  const struct bytes file = state_dict("", "I8", 1, ones);
  assert_ok(context, load_exact(archive, file.data, file.count));
  assert_fails(context, lottery_archive_get_mask(archive, "", network, &mask), LOTTERY_ERROR_SHAPE,
               "fc1.weight: is I8 [2,2], expected BOOL [2,2]");
  free(file.data);
  lottery_network_destroy(network);
  archive_finish(&fixture);
}

/* A mask from arrays when memory runs out. */
static lottery_status read_mask(lottery_context *context, void *user) {
  const struct bytes *file = user;
  lottery_archive *archive = NULL;
  lottery_network *network = NULL;
  lottery_mask *mask = NULL;
  lottery_status status = lottery_archive_create(context, &archive);
  if (status == LOTTERY_OK) status = lottery_archive_load_memory(archive, file->data, file->count);
  if (status == LOTTERY_OK) status = lottery_network_preset(context, "mlp-2-2-2", &network);
  if (status == LOTTERY_OK) status = lottery_archive_get_mask(archive, "", network, &mask);
  lottery_mask_destroy(mask);
  lottery_network_destroy(network);
  lottery_archive_destroy(archive);
  return status;
}

static void test_no_memory(void **unused) {
  (void)unused;
  static const uint8_t ones[VALUES] = {1, 1};
  struct bytes file = state_dict("", "BOOL", 1, ones);
  assert_true(run_out_of_memory(read_mask, &file) > 10);
  free(file.data);
}

/* Whole numbers as the elements that hold them; what does not fit leaves the caller's memory as it was. */
static void test_arrays(void **unused) {
  (void)unused;
  static const int32_t numbers[VALUES] = {-1, 2, INT32_MIN, INT32_MAX, 16777217, 255, 0, 1, 254, 255, 256, 7};
  struct archive_fixture fixture;
  archive_start(&fixture);
  lottery_context *context = fixture.context;
  lottery_archive *archive = fixture.archive;
  int64_t shape[2], wide[4];
  int32_t element, rank;
  uint8_t bytes[4];
  float reals[4] = {5, 5, 5, 5};
  struct bytes file = state_dict("", "I32", 4, numbers);
  assert_ok(context, load_exact(archive, file.data, file.count));
  assert_ok(context, lottery_archive_array_shape(archive, "fc1.weight", &element, 2, shape, &rank));
  assert_int_equal(element, LOTTERY_ELEMENT_INT64);
  assert_ok(context, lottery_archive_get_array(archive, "fc1.weight", element, wide, 4));
  for (int i = 0; i < 4; i++) assert_int_equal(wide[i], numbers[i]);
  assert_ok(context, lottery_archive_get_array(archive, "fc2.weight", LOTTERY_ELEMENT_UINT8, bytes, 4));
  for (int i = 0; i < 4; i++) assert_int_equal(bytes[i], numbers[6 + i]);
  memset(bytes, 9, sizeof bytes);
  assert_fails(context, lottery_archive_get_array(archive, "fc2.bias", LOTTERY_ELEMENT_UINT8, bytes, 2),
               LOTTERY_ERROR_FORMAT, "fc2.bias: element 0 is 256, which does not fit uint8");
  for (int i = 0; i < 4; i++) assert_int_equal(bytes[i], 9);
  assert_fails(context, lottery_archive_get_array(archive, "fc1.bias", LOTTERY_ELEMENT_FLOAT32, reals, 2),
               LOTTERY_ERROR_FORMAT, "fc1.bias: element 0 is 16777217, which does not fit float32");
  assert_true(reals[0] == 5 && reals[1] == 5);
  lottery_network *network;
  lottery_snapshot *snapshot;
  assert_ok(context, lottery_network_preset(context, "mlp-2-2-2", &network));
  assert_fails(context, lottery_archive_get_snapshot(archive, "", network, &snapshot), LOTTERY_ERROR_SHAPE,
               "fc1.weight: is I32 [2,2], expected F32 [2,2]");
  free(file.data);
  /* Real numbers that are too large, infinite, or of 8 bits. */
  double large[VALUES] = {1, -1e300};
  file = state_dict("", "F64", 8, large);
  assert_ok(context, load_exact(archive, file.data, file.count));
  assert_fails(context, lottery_archive_get_snapshot(archive, "", network, &snapshot), LOTTERY_ERROR_FORMAT,
               "fc1.weight: element 1 is -1e+300, which does not fit float32");
  assert_fails(context, lottery_archive_get_array(archive, "fc1.weight", LOTTERY_ELEMENT_FLOAT32, reals, 4),
               LOTTERY_ERROR_FORMAT, "fc1.weight: element 1 is -1e+300");
  assert_true(reals[0] == 5);
  free(file.data);
  static const uint16_t infinite[VALUES] = {0, 0x7c00};
  file = state_dict("", "F16", 2, infinite);
  assert_ok(context, load_exact(archive, file.data, file.count));
  assert_fails(context, lottery_archive_get_snapshot(archive, "", network, &snapshot), LOTTERY_ERROR_NOT_FINITE,
               "fc1.weight: element 1 is inf");
  free(file.data);
  file = state_dict("", "F8_E4M3", 1, infinite);
  assert_ok(context, load_exact(archive, file.data, file.count));
  assert_fails(context, lottery_archive_array_shape(archive, "fc1.weight", &element, 2, shape, &rank),
               LOTTERY_ERROR_UNSUPPORTED, "the elements of 'fc1.weight' are F8_E4M3");
  assert_fails(context, lottery_archive_get_array(archive, "fc1.weight", LOTTERY_ELEMENT_FLOAT32, reals, 4),
               LOTTERY_ERROR_SHAPE, "are F8_E4M3, which are not read as float32");
  free(file.data);
  lottery_network_destroy(network);
  archive_finish(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_weights),   cmocka_unit_test(test_ticket), cmocka_unit_test(test_masks),
      cmocka_unit_test(test_no_memory), cmocka_unit_test(test_arrays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
