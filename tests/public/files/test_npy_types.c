/* .npy files of other types, orders of bytes and of elements: what NumPy 1.24 wrote, and what its astype makes of it.
 */
#include <stdio.h>
#include <string.h>

#include "support.h"

enum { GUARD = 0x5a };

static char directory[PATH_CAPACITY], path[PATH_CAPACITY];

static int setup(void **state) {
  (void)state;
  temporary_directory(directory);
  path_in(directory, "array.npy", path);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  remove_directory(directory);
  return 0;
}

static void write_npy(int major, const char *dictionary, const void *values, size_t bytes) {
  unsigned char file[512];
  const size_t length = strlen(dictionary), start = major == 1 ? 10 : 12;
  memset(file, 0, sizeof file);
  memcpy(file, "\x93NUMPY", 6);
  file[6] = (unsigned char)major;
  file[8] = (unsigned char)length;
  memcpy(file + start, dictionary, length);
  memcpy(file + start + length, values, bytes);
  write_file(path, file, (int64_t)(start + length + bytes));
}

static const struct {
  int major;
  const char *dictionary;
  size_t bytes;
  const char *values;
  int32_t element;
  const char *expected;
} cases[] = {
    {1, "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 3), }\n", 12,
     "\x00\x3c\x00\xc0\x00\x38\xff\x7b\x01\x00\x00\x7c", LOTTERY_ELEMENT_FLOAT32,
     "\x00\x00\x80\x3f\x00\x00\x00\xc0\x00\x00\x00\x3f\x00\xe0\x7f\x47\x00\x00\x80\x33\x00\x00\x80\x7f"},
    {1, "{'descr': '>f2', 'fortran_order': False, 'shape': (2, 3), }\n", 12,
     "\x3c\x00\xc0\x00\x38\x00\x7b\xff\x00\x01\x7c\x00", LOTTERY_ELEMENT_FLOAT32,
     "\x00\x00\x80\x3f\x00\x00\x00\xc0\x00\x00\x00\x3f\x00\xe0\x7f\x47\x00\x00\x80\x33\x00\x00\x80\x7f"},
    {1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }\n", 48,
     "\x9a\x99\x99\x99\x99\x99\xb9\x3f\x00\x00\x00\x10\x00\x00\xf0\x3f\x00\x00\x00\x30\x00\x00\xf0\x3f\xb9\x6a\x37\xad"
     "\x01\xd6\x96\x36\x6a\x95\x4d\xbf\x68\xf8\x8f\x36\xff\xff\xff\xef\xff\xff\xef\x47",
     LOTTERY_ELEMENT_FLOAT32,
     "\xcd\xcc\xcc\x3d\x00\x00\x80\x3f\x02\x00\x80\x3f\x01\x00\x00\x00\x00\x00\x00\x00\xff\xff\x7f\x7f"},
    {1, "{'descr': '>f8', 'fortran_order': False, 'shape': (2, 3), }\n", 48,
     "\x3f\xb9\x99\x99\x99\x99\x99\x9a\x3f\xf0\x00\x00\x10\x00\x00\x00\x3f\xf0\x00\x00\x30\x00\x00\x00\x36\x96\xd6\x01"
     "\xad\x37\x6a\xb9\x36\x8f\xf8\x68\xbf\x4d\x95\x6a\x47\xef\xff\xff\xef\xff\xff\xff",
     LOTTERY_ELEMENT_FLOAT32,
     "\xcd\xcc\xcc\x3d\x00\x00\x80\x3f\x02\x00\x80\x3f\x01\x00\x00\x00\x00\x00\x00\x00\xff\xff\x7f\x7f"},
    {1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }\n", 48,
     "\x00\x00\x00\x00\x00\x00\x00\x80\x00\x00\x00\x00\x00\x00\xf0\xff\xfb\xd9\xc9\xe8\xff\xff\x0f\xb8\x00\x00\x00\xe0"
     "\xff\xff\x0f\x38\x67\x45\x85\x18\x82\x8b\xac\x36\x61\x55\x2c\x24\xce\x44\x92\xb6",
     LOTTERY_ELEMENT_FLOAT32,
     "\x00\x00\x00\x80\x00\x00\x80\xff\x00\x00\x80\x80\x00\x00\x80\x00\x02\x00\x00\x00\x01\x00\x00\x80"},
    {1, "{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3), }\n", 24,
     "\x3f\x80\x00\x00\xc0\x00\x00\x00\x3f\x00\x00\x00\x7f\x61\xb1\xe6\x80\x00\x00\x00\x40\xc0\x00\x00",
     LOTTERY_ELEMENT_FLOAT32,
     "\x00\x00\x80\x3f\x00\x00\x00\xc0\x00\x00\x00\x3f\xe6\xb1\x61\x7f\x00\x00\x00\x80\x00\x00\xc0\x40"},
    {1, "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }\n", 6, "\x00\x01\x02\x7f\x80\xff",
     LOTTERY_ELEMENT_INT64,
     "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x7f\x00\x00\x00"
     "\x00\x00\x00\x00\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"},
    {1, "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }\n", 6, "\x00\x01\x02\x7f\x80\xff",
     LOTTERY_ELEMENT_FLOAT32,
     "\x00\x00\x00\x00\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\xfe\x42\x00\x00\x00\xc3\x00\x00\x80\xbf"},
    {1, "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }\n", 12,
     "\x00\x00\x01\x00\x02\x00\x7f\x00\x80\x00\xff\x00", LOTTERY_ELEMENT_UINT8, "\x00\x01\x02\x7f\x80\xff"},
    {1, "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }\n", 12,
     "\x00\x00\x01\x00\x02\x00\x7f\x00\x80\x00\xff\x00", LOTTERY_ELEMENT_INT64,
     "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x7f\x00\x00\x00"
     "\x00\x00\x00\x00\x80\x00\x00\x00\x00\x00\x00\x00\xff\x00\x00\x00\x00\x00\x00\x00"},
    {1, "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }\n", 12,
     "\x00\x00\x01\x00\x02\x00\x7f\x00\x80\x00\xff\x00", LOTTERY_ELEMENT_FLOAT32,
     "\x00\x00\x00\x00\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\xfe\x42\x00\x00\x00\x43\x00\x00\x7f\x43"},
    {1, "{'descr': '>i2', 'fortran_order': False, 'shape': (2, 3), }\n", 12,
     "\x00\x00\x00\x01\x00\x02\x80\x00\x7f\xff\x00\xff", LOTTERY_ELEMENT_INT64,
     "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x80\xff\xff"
     "\xff\xff\xff\xff\xff\x7f\x00\x00\x00\x00\x00\x00\xff\x00\x00\x00\x00\x00\x00\x00"},
    {1, "{'descr': '>i2', 'fortran_order': False, 'shape': (2, 3), }\n", 12,
     "\x00\x00\x00\x01\x00\x02\x80\x00\x7f\xff\x00\xff", LOTTERY_ELEMENT_FLOAT32,
     "\x00\x00\x00\x00\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x00\xc7\x00\xfe\xff\x46\x00\x00\x7f\x43"},
    {1, "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }\n", 24,
     "\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x01\x00\x00\x00\xff\x80\xff\xff\x7f\x00\x00\x00\x80",
     LOTTERY_ELEMENT_INT64,
     "\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xff"
     "\xff\xff\xff\xff\x80\xff\xff\x7f\x00\x00\x00\x00\x00\x00\x00\x80\xff\xff\xff\xff"},
    {1, "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }\n", 24,
     "\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x01\x00\x00\x00\xff\x80\xff\xff\x7f\x00\x00\x00\x80",
     LOTTERY_ELEMENT_FLOAT32,
     "\x00\x00\x00\x00\x00\x00\x80\xbf\x00\x00\x80\x4b\x00\x00\x80\xcb\xff\xff\xff\x4e\x00\x00\x00\xcf"},
    {1, "{'descr': '>i4', 'fortran_order': False, 'shape': (2, 3), }\n", 24,
     "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\xfe\x00\x00\x00\xff",
     LOTTERY_ELEMENT_UINT8, "\x00\x01\x02\x03\xfe\xff"},
    {1, "{'descr': '>i4', 'fortran_order': False, 'shape': (2, 3), }\n", 24,
     "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\xfe\x00\x00\x00\xff",
     LOTTERY_ELEMENT_INT64,
     "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00"
     "\x00\x00\x00\x00\xfe\x00\x00\x00\x00\x00\x00\x00\xff\x00\x00\x00\x00\x00\x00\x00"},
    {1, "{'descr': '>i8', 'fortran_order': False, 'shape': (2, 3), }\n", 48,
     "\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x01\x00\x00\x00\x00\x00\x80\x00\x00\x00"
     "\x00\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x07",
     LOTTERY_ELEMENT_INT64,
     "\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"
     "\x00\x00\x00\x80\xff\xff\xff\xff\xff\xff\xff\x7f\x07\x00\x00\x00\x00\x00\x00\x00"},
    {1, "{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3), }\n", 48,
     "\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"
     "\x00\x00\x00\x80\x00\x00\x00\x00\x00\x00\x00\x40\x07\x00\x00\x00\x00\x00\x00\x00",
     LOTTERY_ELEMENT_FLOAT32,
     "\x00\x00\x00\x00\x00\x00\x80\xbf\x00\x00\x80\x53\x00\x00\x00\xdf\x00\x00\x80\x5e\x00\x00\xe0\x40"},
    {1, "{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3), }\n", 48,
     "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00"
     "\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\xff\x00\x00\x00\x00\x00\x00\x00",
     LOTTERY_ELEMENT_UINT8, "\x00\x01\x02\x03\x04\xff"},
    {1, "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3), }\n", 12,
     "\x00\x00\x01\x00\x02\x00\xff\xff\x00\x80\xff\x00", LOTTERY_ELEMENT_INT64,
     "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00"
     "\x00\x00\x00\x00\x00\x80\x00\x00\x00\x00\x00\x00\xff\x00\x00\x00\x00\x00\x00\x00"},
    {1, "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3), }\n", 12,
     "\x00\x00\x01\x00\x02\x00\xff\xff\x00\x80\xff\x00", LOTTERY_ELEMENT_FLOAT32,
     "\x00\x00\x00\x00\x00\x00\x80\x3f\x00\x00\x00\x40\x00\xff\x7f\x47\x00\x00\x00\x47\x00\x00\x7f\x43"},
    {1, "{'descr': '>u4', 'fortran_order': False, 'shape': (2, 3), }\n", 24,
     "\x00\x00\x00\x00\x00\x00\x00\x01\xff\xff\xff\xff\x80\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\xff",
     LOTTERY_ELEMENT_INT64,
     "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x80"
     "\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\xff\x00\x00\x00\x00\x00\x00\x00"},
    {1, "{'descr': '<u8', 'fortran_order': False, 'shape': (2, 3), }\n", 48,
     "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\x7f\x00\x00\x00\x80"
     "\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\xff\x00\x00\x00\x00\x00\x00\x00",
     LOTTERY_ELEMENT_INT64,
     "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\x7f\x00\x00\x00\x80"
     "\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\xff\x00\x00\x00\x00\x00\x00\x00"},
    {1, "{'descr': '|b1', 'fortran_order': False, 'shape': (2, 3), }\n", 6, "\x00\x01\x01\x00\x00\x01",
     LOTTERY_ELEMENT_UINT8, "\x00\x01\x01\x00\x00\x01"},
    {1, "{'descr': '|b1', 'fortran_order': False, 'shape': (2, 3), }\n", 6, "\x00\x01\x01\x00\x00\x01",
     LOTTERY_ELEMENT_INT64,
     "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
     "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"},
    {1, "{'descr': '|b1', 'fortran_order': False, 'shape': (2, 3), }\n", 6, "\x00\x01\x01\x00\x00\x01",
     LOTTERY_ELEMENT_FLOAT32,
     "\x00\x00\x00\x00\x00\x00\x80\x3f\x00\x00\x80\x3f\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x3f"},
    {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }\n", 6, "\x00\x01\x02\x03\xfe\xff",
     LOTTERY_ELEMENT_UINT8, "\x00\x01\x02\x03\xfe\xff"},
    {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }\n", 6, "\x00\x01\x02\x03\xfe\xff",
     LOTTERY_ELEMENT_INT64,
     "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00"
     "\x00\x00\x00\x00\xfe\x00\x00\x00\x00\x00\x00\x00\xff\x00\x00\x00\x00\x00\x00\x00"},
    {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }\n", 6, "\x00\x01\x02\x03\xfe\xff",
     LOTTERY_ELEMENT_FLOAT32,
     "\x00\x00\x00\x00\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x7e\x43\x00\x00\x7f\x43"},
    {1, "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n", 24,
     "\x00\x00\x80\x3f\x00\x00\x80\x40\x00\x00\x00\x40\x00\x00\xa0\x40\x00\x00\x40\x40\x00\x00\xc0\x40",
     LOTTERY_ELEMENT_FLOAT32,
     "\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x80\x40\x00\x00\xa0\x40\x00\x00\xc0\x40"},
    {1, "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }\n", 12,
     "\x00\x01\x00\x04\x00\x02\x00\x05\x00\x03\x00\x06", LOTTERY_ELEMENT_UINT8, "\x01\x02\x03\x04\x05\x06"},
    {1, "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }\n", 12,
     "\x00\x01\x00\x04\x00\x02\x00\x05\x00\x03\x00\x06", LOTTERY_ELEMENT_INT64,
     "\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00"
     "\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00"},
    {3, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", 24,
     "\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x80\x40\x00\x00\xa0\x40\x00\x00\xc0\x40",
     LOTTERY_ELEMENT_FLOAT32,
     "\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x80\x40\x00\x00\xa0\x40\x00\x00\xc0\x40"},
    {2, "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }\n", 48,
     "\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\x10\x40\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00\x00\x00"
     "\x00\x00\x14\x40\x00\x00\x00\x00\x00\x00\x08\x40\x00\x00\x00\x00\x00\x00\x18\x40",
     LOTTERY_ELEMENT_FLOAT32,
     "\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x80\x40\x00\x00\xa0\x40\x00\x00\xc0\x40"},
};

static size_t size_of(int32_t element) {
  return element == LOTTERY_ELEMENT_FLOAT32 ? 4 : element == LOTTERY_ELEMENT_UINT8 ? 1 : 8;
}

static void test_golden(void **unused) {
  (void)unused;
  struct counting_allocator allocator;
  allocator_start(&allocator);
  lottery_context *context = allocator_context(&allocator);
  const int64_t calls = allocator.calls;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    unsigned char found[64];
    int64_t count, shape[2];
    int32_t element, rank;
    const size_t size = 6 * size_of(cases[i].element);
    write_npy(cases[i].major, cases[i].dictionary, cases[i].values, cases[i].bytes);
    memset(found, GUARD, sizeof found);
    assert_ok(context, lottery_npy_load(context, path, cases[i].element, found, 6));
    if (memcmp(found, cases[i].expected, size) != 0) fail_msg("%s as %d", cases[i].dictionary, (int)cases[i].element);
    for (size_t j = size; j < sizeof found; j++) assert_int_equal(found[j], GUARD);
    assert_ok(context, lottery_npy_describe(context, path, &element, &count, 2, shape, &rank));
    assert_true(count == 6 && rank == 2 && shape[0] == 2 && shape[1] == 3);
    const char type = cases[i].dictionary[12], width = cases[i].dictionary[13];
    assert_int_equal(element, type == 'f'                                    ? LOTTERY_ELEMENT_FLOAT32
                              : type == 'b' || (type == 'u' && width == '1') ? LOTTERY_ELEMENT_UINT8
                                                                             : LOTTERY_ELEMENT_INT64);
  }
  assert_int_equal(allocator.calls, calls);
  lottery_context_destroy(context);
  allocator_finish(&allocator);
}

/* Values that the wanted type does not have: the message names the element where C order has it, and nothing is
 * written. */
static void test_values_that_do_not_fit(void **unused) {
  (void)unused;
  static const double large[] = {1, 3.4028235677973366e38, 2}, minus[] = {1, 2, -1e300};
  static const int64_t wide[] = {0, 255, 256, -1, 0, 0}, odd[] = {16777216, 16777217, 0}, least[] = {-16777217};
  static const uint64_t unsigned_wide[] = {1, UINT64_C(1) << 63};
  static const int8_t negative[] = {0, 1, 2, 3, -1, 5};
  static const struct {
    const char *dictionary;
    const void *values;
    size_t bytes;
    int32_t element;
    int64_t count;
    const char *text;
  } bad[] = {
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }\n", large, 24, LOTTERY_ELEMENT_FLOAT32, 3,
       "element 1 is 3.40282e+38, which does not fit float32"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }\n", minus, 24, LOTTERY_ELEMENT_FLOAT32, 3,
       "element 2 is -1e+300, which does not fit float32"},
      {"{'descr': '<i8', 'fortran_order': False, 'shape': (6,), }\n", wide, 48, LOTTERY_ELEMENT_UINT8, 6,
       "element 2 is 256, which does not fit uint8"},
      {"{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }\n", odd, 24, LOTTERY_ELEMENT_FLOAT32, 3,
       "element 1 is 16777217, which does not fit float32"},
      {"{'descr': '<i8', 'fortran_order': False, 'shape': (), }\n", least, 8, LOTTERY_ELEMENT_FLOAT32, 1,
       "element 0 is -16777217, which does not fit float32"},
      {"{'descr': '<u8', 'fortran_order': False, 'shape': (2,), }\n", unsigned_wide, 16, LOTTERY_ELEMENT_INT64, 2,
       "element 1 is 9223372036854775808, which does not fit int64"},
      {"{'descr': '|i1', 'fortran_order': True, 'shape': (2, 3), }\n", negative, 6, LOTTERY_ELEMENT_UINT8, 6,
       "element 2 is -1, which does not fit uint8"}, /* the fifth of the file is row 0, column 2 */
      {"{'descr': '|b1', 'fortran_order': False, 'shape': (2, 3), }\n", negative, 6, LOTTERY_ELEMENT_UINT8, 6,
       "element 2 is 2, which does not fit a boolean"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }\n", large, 24, LOTTERY_ELEMENT_INT64, 3,
       "expected elements of int64, found float64"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }\n", large, 24, LOTTERY_ELEMENT_UINT8, 6,
       "expected elements of uint8, found float32"},
  };
  lottery_context *context;
  assert_int_equal(lottery_context_create(&context), LOTTERY_OK);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    unsigned char found[64], guard[64];
    memset(found, GUARD, sizeof found);
    memset(guard, GUARD, sizeof guard);
    write_npy(1, bad[i].dictionary, bad[i].values, bad[i].bytes);
    assert_fails(context, lottery_npy_load(context, path, bad[i].element, found, bad[i].count), LOTTERY_ERROR_FORMAT,
                 bad[i].text);
    assert_message(context, "path: ");
    assert_message(context, path);
    assert_memory_equal(found, guard, sizeof guard);
  }
  lottery_context_destroy(context);
}

/* More elements than are converted at a time, in Fortran order of three dimensions. */
static void test_large_fortran_array(void **unused) {
  (void)unused;
  enum { A = 7, B = 30, C = 11 };
  static const char dictionary[] = "{'descr': '>i4', 'fortran_order': True, 'shape': (7, 30, 11), }\n";
  static unsigned char file[10 + sizeof dictionary - 1 + 4 * A * B * C];
  static int64_t found[A][B][C];
  lottery_context *context;
  assert_int_equal(lottery_context_create(&context), LOTTERY_OK);
  memcpy(file, "\x93NUMPY\x01\0", 8);
  file[8] = (unsigned char)strlen(dictionary);
  memcpy(file + 10, dictionary, strlen(dictionary));
  unsigned char *at = file + 10 + strlen(dictionary);
  for (int c = 0; c < C; c++)
    for (int b = 0; b < B; b++)
      for (int a = 0; a < A; a++) {
        const int value = 10000 * a + 100 * b + c;
        *at++ = 0;
        *at++ = (unsigned char)(value >> 16);
        *at++ = (unsigned char)(value >> 8);
        *at++ = (unsigned char)value;
      }
  write_file(path, file, sizeof file);
  assert_ok(context, lottery_npy_load(context, path, LOTTERY_ELEMENT_INT64, found, A * B * C));
  for (int a = 0; a < A; a++)
    for (int b = 0; b < B; b++)
      for (int c = 0; c < C; c++) assert_int_equal(found[a][b][c], 10000 * a + 100 * b + c);
  lottery_context_destroy(context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_golden, setup, teardown),
      cmocka_unit_test_setup_teardown(test_values_that_do_not_fit, setup, teardown),
      cmocka_unit_test_setup_teardown(test_large_fortran_array, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
