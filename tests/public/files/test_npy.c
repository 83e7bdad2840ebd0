/* .npy files: the bytes that are written, what is read, and everything that can be wrong with a file or a call. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support.h"

enum { FILE_CAPACITY = 16384, GUARD = 0x5a };

struct fixture {
  struct counting_allocator allocator;
  lottery_context *context;
  int64_t descriptors;
  char directory[PATH_CAPACITY], path[PATH_CAPACITY];
};

static struct fixture fixture;

static int setup(void **state) {
  struct fixture *f = *state = &fixture;
  allocator_start(&f->allocator);
  f->context = allocator_context(&f->allocator);
  f->descriptors = open_descriptors();
  temporary_directory(f->directory);
  path_in(f->directory, "array.npy", f->path);
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  remove_directory(f->directory);
  assert_int_equal(open_descriptors(), f->descriptors);
  lottery_context_destroy(f->context);
  allocator_finish(&f->allocator);
  return 0;
}

/* What lottery_npy_describe says. */
struct description {
  int32_t element, rank;
  int64_t count, shape[8];
};

static lottery_status describe(const struct fixture *f, struct description *out) {
  return lottery_npy_describe(f->context, f->path, &out->element, &out->count, 8, out->shape, &out->rank);
}

/* Neither function reads the file; nothing is allocated and nothing is written to the arguments. */
static void check_refused(const struct fixture *f, lottery_status status, const char *text) {
  struct description description, before;
  unsigned char values[64], guard[64];
  memset(&description, GUARD, sizeof description);
  memset(values, GUARD, sizeof values);
  before = description;
  memcpy(guard, values, sizeof values);
  const int64_t calls = f->allocator.calls;
  assert_fails(f->context, describe(f, &description), status, text);
  assert_message(f->context, "path: ");
  assert_message(f->context, f->path);
  assert_fails(f->context, lottery_npy_load(f->context, f->path, LOTTERY_ELEMENT_FLOAT32, values, 6), status, text);
  assert_memory_equal(&description, &before, sizeof before);
  assert_memory_equal(values, guard, sizeof guard);
  assert_int_equal(f->allocator.calls, calls);
  assert_int_equal(open_descriptors(), f->descriptors);
}

/* A file of format 1.0 or 2.0 with this dictionary and as many bytes after it. */
static void write_npy(const struct fixture *f, int major, const char *dictionary, const void *values, int64_t bytes) {
  static unsigned char file[FILE_CAPACITY];
  const size_t length = strlen(dictionary), start = major == 1 ? 10 : 12;
  memcpy(file, "\x93NUMPY", 6);
  file[6] = (unsigned char)major;
  file[7] = 0;
  file[8] = (unsigned char)length;
  file[9] = (unsigned char)(length >> 8);
  file[10] = file[11] = 0;
  memcpy(file + start, dictionary, length);
  memcpy(file + start + length, values, (size_t)bytes);
  write_file(f->path, file, (int64_t)(start + length) + bytes);
}

static const float six[] = {1, -2, 0.5F, 3e38F, -0.0F, 6};
static const int64_t two_by_three[] = {2, 3};

static void save_six(const struct fixture *f) {
  assert_ok(f->context, lottery_npy_save(f->context, f->path, LOTTERY_ELEMENT_FLOAT32, 2, two_by_three, six, 6));
}

static int64_t read_bytes(const char *path, unsigned char bytes[FILE_CAPACITY]) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  const int64_t count = (int64_t)fread(bytes, 1, FILE_CAPACITY, file);
  fclose(file);
  return count;
}

/* Byte by byte, from the format's description. */
static void test_written_bytes(void **state) {
  const struct fixture *f = *state;
  static const struct {
    int32_t element, rank;
    int64_t shape[8], count;
    const char *dictionary;
    int64_t header, size;
  } cases[] = {
      {LOTTERY_ELEMENT_FLOAT32, 2, {2, 3}, 6, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 128, 4},
      {LOTTERY_ELEMENT_INT64, 1, {3}, 3, "{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }", 128, 8},
      {LOTTERY_ELEMENT_UINT8, 0, {0}, 1, "{'descr': '|u1', 'fortran_order': False, 'shape': (), }", 128, 1},
      {LOTTERY_ELEMENT_UINT8,
       8,
       {INT64_MAX, 0, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX},
       0,
       "{'descr': '|u1', 'fortran_order': False, 'shape': (9223372036854775807, 0, 9223372036854775807, "
       "9223372036854775807, 9223372036854775807, 9223372036854775807, 9223372036854775807, 9223372036854775807), }",
       256,
       1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    unsigned char values[64], bytes[FILE_CAPACITY], found[64];
    struct description description;
    for (int j = 0; j < 64; j++) values[j] = (unsigned char)(j * 37 + 1);
    assert_ok(f->context, lottery_npy_save(f->context, f->path, cases[i].element, cases[i].rank, cases[i].shape, values,
                                           cases[i].count));
    const int64_t length = cases[i].count * cases[i].size, header = cases[i].header;
    assert_int_equal(read_bytes(f->path, bytes), header + length);
    assert_memory_equal(bytes, "\x93NUMPY\x01\x00", 8);
    assert_int_equal(bytes[8] + 256 * bytes[9], header - 10);
    const int64_t dictionary = (int64_t)strlen(cases[i].dictionary);
    assert_memory_equal(bytes + 10, cases[i].dictionary, (size_t)dictionary);
    for (int64_t j = 10 + dictionary; j < header; j++) assert_int_equal(bytes[j], j < header - 1 ? ' ' : '\n');
    assert_memory_equal(bytes + header, values, (size_t)length);
    assert_ok(f->context, describe(f, &description));
    assert_int_equal(description.element, cases[i].element);
    assert_int_equal(description.rank, cases[i].rank);
    assert_int_equal(description.count, cases[i].count);
    assert_memory_equal(description.shape, cases[i].shape, sizeof(int64_t) * (size_t)cases[i].rank);
    memset(found, 0, sizeof found);
    assert_ok(f->context, lottery_npy_load(f->context, f->path, cases[i].element, found, cases[i].count));
    assert_memory_equal(found, values, (size_t)length);
  }
}

/* Other ways to write the same dictionary. */
static void test_dictionaries(void **state) {
  const struct fixture *f = *state;
  static const char *const dictionaries[] = {
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}\n",
      "{'shape': (2, 3), 'descr': '<f4', 'fortran_order': False,}\n",
      "{\"descr\":\"<f4\",\"fortran_order\":False,\"shape\":(2,3,)}\n",
      "  { 'descr' : '<f4' , 'fortran_order' : False , 'shape' : ( 2 , 003 , ) , }   \n\n",
      "\n{'descr':\n'<f4','fortran_order':False,'shape':(2,3)}\n",
  };
  for (size_t i = 0; i < sizeof dictionaries / sizeof dictionaries[0]; i++)
    for (int major = 1; major <= 2; major++) {
      struct description description;
      float found[6];
      write_npy(f, major, dictionaries[i], six, sizeof six);
      assert_ok(f->context, describe(f, &description));
      assert_int_equal(description.element, LOTTERY_ELEMENT_FLOAT32);
      assert_int_equal(description.count, 6);
      assert_int_equal(description.rank, 2);
      assert_true(description.shape[0] == 2 && description.shape[1] == 3);
      assert_ok(f->context, lottery_npy_load(f->context, f->path, LOTTERY_ELEMENT_FLOAT32, found, 6));
      assert_memory_equal(found, six, sizeof six);
    }
}

#define ORDER ", 'fortran_order': False"
#define KEYS "{'descr': '<f4', 'fortran_order': False, 'shape': "

static void test_bad_dictionaries(void **state) {
  const struct fixture *f = *state;
  static const struct {
    const char *dictionary, *text;
  } cases[] = {
      {"\n", "expected a dictionary, found the end of the header"},
      {"[1]\n", "expected a dictionary, found [1]"},
      {"{'descr': '<c8'" ORDER ", 'shape': (2, 3)}\n", "or float16 to float64, found '<c8', 'fortran_order'"},
      {"{'descr': '=f4'" ORDER ", 'shape': (2, 3)}\n", "expected elements of bool, int8 to int64, uint8 to uint64,"},
      {"{'descr': '|f4'" ORDER ", 'shape': (2, 3)}\n", "found '|f4'"},
      {"{'descr': '<i1'" ORDER ", 'shape': (2, 3)}\n", "found '<i1'"},
      {"{'descr': '<f16'" ORDER ", 'shape': (2, 3)}\n", "found '<f16'"},
      {"{'descr': '<i3'" ORDER ", 'shape': (2, 3)}\n", "found '<i3'"},
      {"{'descr': '<M8[D]'" ORDER ", 'shape': (2, 3)}\n", "found '<M8[D]'"},
      {"{'descr': '>f8'" ORDER ", 'shape': (2, 3)}\n", "expected 6 elements of float64, which are 48 bytes"},
      {"{'descr': ' <f4'" ORDER ", 'shape': (2, 3)}\n", "found ' <f4'"},
      {"{'descr': '<f4" ORDER ", 'shape': (2, 3)}\n", "expected elements"},
      {"{'descr': '<f4\"" ORDER ", 'shape': (2, 3)}\n", "expected elements"},
      {"{'descr': [('a', '<f4')]" ORDER ", 'shape': (2, 3)}\n", "found [('a', '<f4')]"},
      {"{'descr': '\x01\xff\t'" ORDER ", 'shape': (2, 3)}\n", "found '\?\?\?'"},
      {"{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}\n",
       "fortran_order to be False or True, found 0, 'shape'"},
      {"{'descr': '<f4', 'fortran_order': Falsehood, 'shape': (2, 3)}\n", "each once, found hood"},
      {KEYS "(2, 3)\n", "each once, found the end of the header"},
      {KEYS "(2, 3)}", "expected a header that ends with a new line"},
      {KEYS "(2, 3)} 'more'\n", "expected nothing after the dictionary, found 'more'"},
      {KEYS "(2, 3)}}\n", "expected nothing after the dictionary, found }"},
      {KEYS "(2, 3), 'descr': '<f4'}\n", "each once, found 'descr': '<f4'}"},
      {KEYS "(2, 3), 'more': 1}\n", "each once, found 'more': 1}"},
      {KEYS "(2, 3),, }\n", "each once, found , }"},
      {"{'descr': '<f4'" ORDER "}\n", "expected the keys descr, fortran_order and shape, found }"},
      {"{}\n", "expected the keys"},
      {"{'descr' '<f4'" ORDER ", 'shape': (2, 3)}\n", "expected the keys"},
      {KEYS "[2, 3]}\n", "expected a shape in parentheses, found [2, 3]"},
      {KEYS "6}\n", "expected a shape in parentheses, found 6}"},
      {KEYS "(6)}\n", "expected a comma after the one size of a shape, found )}"},
      {KEYS "(2 3)}\n", "expected a shape of sizes from 0 to 2^63 - 1 with commas between, found 3)}"},
      {KEYS "(2, -3)}\n", "found -3)}"},
      {KEYS "(2, 3.0)}\n", "found .0)}"},
      {KEYS "(2L, 3L)}\n", "found L, 3L)}"},
      {KEYS "(,)}\n", "found ,)}"},
      {KEYS "(2,,3)}\n", "found ,3)}"},
      {KEYS "(2, 3\n", "commas between, found the end of the header"},
      {KEYS "(9223372036854775808,)}\n", "found 9223372036854775808"},
      {KEYS "(92233720368547758070,)}\n", "found 92233720368547758070"},
      {KEYS "(4294967296, 4294967296)}\n", "its shape has more bytes than fit"},
      {KEYS "(2305843009213693952,)}\n", "its shape has more bytes than fit"},
      {KEYS "(1,1,1,1,1,1,1,1,1)}\n", "expected at most 8 dimensions"},
      {KEYS "(2305843009213693951,)}\n", "which are 9223372036854775804 bytes after the header, found 24"},
      {KEYS "(2, 4)}\n", "expected 8 elements of float32, which are 32 bytes after the header, found 24"},
      {KEYS "(0, 4)}\n", "expected 0 elements"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    write_npy(f, 1, cases[i].dictionary, six, sizeof six);
    check_refused(f, LOTTERY_ERROR_FORMAT, cases[i].text);
  }
}

static void test_prefixes(void **state) {
  const struct fixture *f = *state;
  unsigned char bytes[FILE_CAPACITY], changed[FILE_CAPACITY];
  save_six(f);
  const int64_t count = read_bytes(f->path, bytes);
  for (int64_t length = 0; length < count; length++) {
    write_file(f->path, bytes, length);
    check_refused(f, LOTTERY_ERROR_FORMAT,
                  length < 12    ? "expected an npy file"
                  : length < 128 ? "expected a header of 1 to 10000 bytes within the file, found a length of 118"
                                 : "expected 6 elements of float32, which are 24 bytes after the header");
  }
  write_file(f->path, bytes, count + 1);
  check_refused(f, LOTTERY_ERROR_FORMAT, "which are 24 bytes after the header, found 25");
  static const struct {
    int at, value;
    const char *text;
  } cases[] = {
      {0, 0, "expected an npy file, which begins with bytes 93 and NUMPY"},
      {5, 'y', "expected an npy file"},
      {6, 0, "expected npy format 1.0, 2.0 or 3.0, found 0.0"},
      {6, 4, "expected npy format 1.0, 2.0 or 3.0, found 4.0"},
      {7, 1, "expected npy format 1.0, 2.0 or 3.0, found 1.1"},
      {9, 255, "found a length of 65398"},
      {6, 2, "found a length of 662372470"}, /* "{'" read as its upper half */
      {6, 3, "found a length of 662372470"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    memcpy(changed, bytes, (size_t)count);
    changed[cases[i].at] = (unsigned char)cases[i].value;
    write_file(f->path, changed, count);
    check_refused(f, LOTTERY_ERROR_FORMAT, cases[i].text);
  }
  memcpy(changed, bytes, (size_t)count);
  changed[8] = changed[9] = 0;
  write_file(f->path, changed, count);
  check_refused(f, LOTTERY_ERROR_FORMAT, "found a length of 0");
}

/* A header as long as is allowed, and one byte longer. */
static void test_long_headers(void **state) {
  const struct fixture *f = *state;
  static char dictionary[10002];
  for (int length = 10000; length <= 10001; length++) {
    memset(dictionary, ' ', sizeof dictionary);
    memcpy(dictionary, KEYS "(2, 3)}", strlen(KEYS "(2, 3)}"));
    dictionary[length - 1] = '\n';
    dictionary[length] = '\0';
    write_npy(f, 1, dictionary, six, sizeof six);
    struct description description;
    if (length == 10000)
      assert_ok(f->context, describe(f, &description));
    else
      check_refused(f, LOTTERY_ERROR_FORMAT, "found a length of 10001");
  }
}

/* Any byte of the header changed in any bit, or left out: a status, and no more than that. */
static void test_damaged_headers(void **state) {
  const struct fixture *f = *state;
  unsigned char bytes[FILE_CAPACITY], changed[FILE_CAPACITY];
  int read = 0;
  save_six(f);
  const int64_t count = read_bytes(f->path, bytes);
  for (int64_t at = 0; at < 80; at++)
    for (int bit = 0; bit <= 8; bit++) {
      if ((at * 9 + bit) % support_stride() != 0) continue;
      struct description description;
      memcpy(changed, bytes, (size_t)count);
      if (bit < 8)
        changed[at] ^= (unsigned char)(1 << bit);
      else
        memmove(changed + at, changed + at + 1, (size_t)(127 - at));
      write_file(f->path, changed, count);
      const lottery_status status = describe(f, &description);
      if (status == LOTTERY_OK)
        read++;
      else
        assert_status(f->context, status, LOTTERY_ERROR_FORMAT);
    }
  assert_in_range(read, 1, 40);
}

static void test_arguments(void **state) {
  const struct fixture *f = *state;
  lottery_context *context = f->context;
  const int64_t negative[] = {2, -1}, large[] = {INT64_C(1) << 40, INT64_C(1) << 40},
                ones[] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  struct description d, before;
  float values[6];
  unsigned char bytes[FILE_CAPACITY], after[FILE_CAPACITY];
  save_six(f);
  const int64_t count = read_bytes(f->path, bytes);
  assert_fails(context, lottery_npy_save(context, f->path, -1, 2, two_by_three, six, 6), LOTTERY_ERROR_ARGUMENT,
               "element: -1");
  assert_fails(context, lottery_npy_save(context, f->path, 3, 2, two_by_three, six, 6), LOTTERY_ERROR_ARGUMENT,
               "element: 3");
  assert_fails(context, lottery_npy_save(context, f->path, 0, -1, two_by_three, six, 6), LOTTERY_ERROR_ARGUMENT,
               "rank: -1 is outside 0 to 8");
  assert_fails(context, lottery_npy_save(context, f->path, 0, 9, ones, six, 1), LOTTERY_ERROR_ARGUMENT,
               "rank: 9 is outside 0 to 8");
  assert_fails(context, lottery_npy_save(context, f->path, 0, 2, negative, six, 6), LOTTERY_ERROR_ARGUMENT,
               "shape: -1 is below 0");
  assert_fails(context, lottery_npy_save(context, f->path, 0, 2, large, six, 6), LOTTERY_ERROR_ARGUMENT,
               "shape: has more bytes than fit");
  assert_fails(context, lottery_npy_save(context, f->path, 0, 2, two_by_three, six, 5), LOTTERY_ERROR_SHAPE,
               "count: 5, but the shape has 6 elements");
  assert_int_equal(read_bytes(f->path, after), count); /* the file is as it was */
  assert_memory_equal(after, bytes, (size_t)count);
  memset(&d, GUARD, sizeof d);
  before = d;
  assert_fails(context, lottery_npy_describe(context, f->path, &d.element, &d.count, 1, d.shape, &d.rank),
               LOTTERY_ERROR_ARGUMENT, "capacity: 1, but shape has 2 elements");
  assert_memory_equal(&d, &before, sizeof d);
  memset(values, 0, sizeof values);
  assert_fails(context, lottery_npy_load(context, f->path, 3, values, 6), LOTTERY_ERROR_ARGUMENT, "element: 3");
  assert_fails(context, lottery_npy_load(context, f->path, LOTTERY_ELEMENT_INT64, values, 3), LOTTERY_ERROR_FORMAT,
               "expected elements of int64, found float32");
  assert_fails(context, lottery_npy_load(context, f->path, 0, values, 5), LOTTERY_ERROR_SHAPE, "count: 5, but ");
  assert_message(context, "has 6 elements");
  assert_fails(context, lottery_npy_load(context, f->path, 0, values, -1), LOTTERY_ERROR_SHAPE, "count: -1, but ");
  for (int i = 0; i < 6; i++) assert_true(values[i] == 0);
}

static void test_files(void **state) {
  struct fixture *f = *state;
  check_refused(f, LOTTERY_ERROR_FILE, "cannot open");
  const char *missing = "no/such/folder/array.npy";
  assert_fails(f->context, lottery_npy_save(f->context, missing, 0, 2, two_by_three, six, 6), LOTTERY_ERROR_FILE,
               "path: cannot open the directory of no/such/folder/array.npy: No such file");
  assert_int_equal(mkdir(f->path, 0700), 0);
  check_refused(f, LOTTERY_ERROR_FILE, "is a directory, not a regular file");
  assert_fails(f->context, lottery_npy_save(f->context, f->path, 0, 2, two_by_three, six, 6), LOTTERY_ERROR_FILE,
               "is a directory");
}

/* A tensor out of one network and into another; the mask's bytes. */
static void test_network(void **state) {
  const struct fixture *f = *state;
  lottery_context *context = f->context;
  lottery_network *networks[2];
  lottery_mask *mask;
  int64_t shape[2];
  int32_t rank;
  float values[12], found[12];
  uint8_t bytes[12];
  for (int i = 0; i < 2; i++) {
    assert_ok(context, lottery_network_preset(context, "mlp-4-3-2", &networks[i]));
    assert_ok(context, lottery_network_initialise(networks[i], LOTTERY_INITIALISE_GLOROT_NORMAL, 1 + (uint64_t)i));
  }
  assert_ok(context, lottery_network_tensor_shape(networks[0], 0, 2, shape, &rank));
  assert_ok(context, lottery_network_read_tensor(networks[0], 0, values, 12));
  assert_ok(context, lottery_npy_save(context, f->path, LOTTERY_ELEMENT_FLOAT32, rank, shape, values, 12));
  assert_ok(context, lottery_npy_load(context, f->path, LOTTERY_ELEMENT_FLOAT32, found, 12));
  assert_ok(context, lottery_network_write_tensor(networks[1], 0, found, 12));
  assert_ok(context, lottery_network_read_tensor(networks[1], 0, found, 12));
  assert_memory_equal(found, values, sizeof values);
  assert_ok(context, lottery_mask_ones(networks[0], &mask));
  assert_ok(context, lottery_mask_read(mask, 0, bytes, 12));
  assert_ok(context, lottery_npy_save(context, f->path, LOTTERY_ELEMENT_UINT8, rank, shape, bytes, 12));
  memset(bytes, 0, sizeof bytes);
  assert_ok(context, lottery_npy_load(context, f->path, LOTTERY_ELEMENT_UINT8, bytes, 12));
  for (int i = 0; i < 12; i++) assert_int_equal(bytes[i], 1);
  lottery_mask_destroy(mask);
  for (int i = 0; i < 2; i++) lottery_network_destroy(networks[i]);
}

static lottery_status save_and_load(lottery_context *context, void *user) {
  const struct fixture *f = user;
  float found[6];
  const lottery_status status = lottery_npy_save(context, f->path, LOTTERY_ELEMENT_FLOAT32, 2, two_by_three, six, 6);
  if (status != LOTTERY_OK) return status;
  return lottery_npy_load(context, f->path, LOTTERY_ELEMENT_FLOAT32, found, 6);
}

static void test_no_memory(void **state) { assert_int_equal(run_out_of_memory(save_and_load, *state), 1); }

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_written_bytes, setup, teardown),
      cmocka_unit_test_setup_teardown(test_dictionaries, setup, teardown),
      cmocka_unit_test_setup_teardown(test_bad_dictionaries, setup, teardown),
      cmocka_unit_test_setup_teardown(test_prefixes, setup, teardown),
      cmocka_unit_test_setup_teardown(test_long_headers, setup, teardown),
      cmocka_unit_test_setup_teardown(test_damaged_headers, setup, teardown),
      cmocka_unit_test_setup_teardown(test_arguments, setup, teardown),
      cmocka_unit_test_setup_teardown(test_files, setup, teardown),
      cmocka_unit_test_setup_teardown(test_network, setup, teardown),
      cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
