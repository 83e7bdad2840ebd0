/* IDX files: plain, gzipped, and everything that can be wrong with them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support.h"

enum { IMAGES = 7, HEIGHT = 3, WIDTH = 2, FEATURES = HEIGHT * WIDTH };

static const int64_t sizes[] = {IMAGES, HEIGHT, WIDTH};
static unsigned char pixels[IMAGES * FEATURES];
static const unsigned char labels[IMAGES] = {3, 0, 9, 1, 1, 5, 2};

struct fixture {
  struct counting_allocator allocator;
  lottery_context *context;
  int64_t descriptors;
  char directory[PATH_CAPACITY], images[PATH_CAPACITY], labels[PATH_CAPACITY];
};

static struct fixture fixture;

static int setup(void **state) {
  struct fixture *f = *state = &fixture;
  for (int i = 0; i < IMAGES * FEATURES; i++) pixels[i] = (unsigned char)(i * 37);
  allocator_start(&f->allocator);
  f->context = allocator_context(&f->allocator);
  f->descriptors = open_descriptors();
  temporary_directory(f->directory);
  write_idx(path_in(f->directory, "images", f->images), 3, sizes, pixels, false);
  write_idx(path_in(f->directory, "labels", f->labels), 1, sizes, labels, false);
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

static void check_content(const struct fixture *f, lottery_dataset *dataset, bool labelled) {
  int64_t count, features, classes, shape[3];
  int32_t rank, found[IMAGES];
  float inputs[IMAGES * FEATURES];
  assert_ok(f->context, lottery_dataset_sizes(dataset, &count, &features, &classes));
  assert_int_equal(count, IMAGES);
  assert_int_equal(features, FEATURES);
  assert_int_equal(classes, labelled ? 10 : 0);
  assert_ok(f->context, lottery_dataset_shape(dataset, 3, shape, &rank));
  assert_int_equal(rank, 3);
  assert_true(shape[0] == 1 && shape[1] == HEIGHT && shape[2] == WIDTH);
  assert_ok(f->context, lottery_dataset_read(dataset, 0, IMAGES, inputs, labelled ? found : NULL));
  const float scale = (float)(1.0 / 255);
  for (int i = 0; i < IMAGES * FEATURES; i++) assert_true(inputs[i] == (float)pixels[i] * scale);
  for (int i = 0; labelled && i < IMAGES; i++) assert_int_equal(found[i], labels[i]);
}

static void load(const struct fixture *f, const char *with_labels) {
  lottery_dataset *dataset = NULL;
  assert_ok(f->context, lottery_dataset_load_idx(f->context, f->images, with_labels, &dataset));
  check_content(f, dataset, with_labels != NULL);
  lottery_dataset_destroy(dataset);
}

/* Loading the fixture's files fails so. */
static void refuse(const struct fixture *f, lottery_status status, const char *text) {
  lottery_dataset *dataset = (lottery_dataset *)&dataset;
  assert_fails(f->context, lottery_dataset_load_idx(f->context, f->images, f->labels, &dataset), status, text);
  assert_null(dataset);
  assert_int_equal(open_descriptors(), f->descriptors);
}

static void test_plain_and_gzip(void **state) {
  struct fixture *f = *state;
  for (int gzip = 0; gzip < 4; gzip++) {
    write_idx(f->images, 3, sizes, pixels, (gzip & 1) != 0);
    write_idx(f->labels, 1, sizes, labels, (gzip & 2) != 0);
    load(f, f->labels);
    load(f, NULL);
  }
}

static void test_ranks(void **state) {
  struct fixture *f = *state;
  const int64_t flat[] = {IMAGES, FEATURES}, colour[] = {IMAGES, FEATURES, 1, 1};
  lottery_dataset *dataset;
  int64_t shape[3];
  int32_t rank;
  write_idx(f->images, 2, flat, pixels, false);
  assert_ok(f->context, lottery_dataset_load_idx(f->context, f->images, f->labels, &dataset));
  assert_ok(f->context, lottery_dataset_shape(dataset, 3, shape, &rank));
  assert_true(rank == 1 && shape[0] == FEATURES);
  lottery_dataset_destroy(dataset);
  write_idx(f->images, 4, colour, pixels, false);
  assert_ok(f->context, lottery_dataset_load_idx(f->context, f->images, f->labels, &dataset));
  assert_ok(f->context, lottery_dataset_shape(dataset, 3, shape, &rank));
  assert_true(rank == 3 && shape[0] == FEATURES && shape[1] == 1 && shape[2] == 1);
  lottery_dataset_destroy(dataset);
}

static void test_classes(void **state) {
  struct fixture *f = *state;
  unsigned char many[IMAGES] = {0, 255, 3};
  lottery_dataset *dataset;
  int64_t classes;
  write_idx(f->labels, 1, sizes, many, false);
  assert_ok(f->context, lottery_dataset_load_idx(f->context, f->images, f->labels, &dataset));
  assert_ok(f->context, lottery_dataset_sizes(dataset, NULL, NULL, &classes));
  assert_int_equal(classes, 256);
  lottery_dataset_destroy(dataset);
}

/* Every shorter file, and a longer one. */
static void test_plain_lengths(void **state) {
  struct fixture *f = *state;
  int64_t count;
  unsigned char *bytes = idx_bytes(3, sizes, pixels, &count);
  for (int64_t length = 0; length < count; length++) {
    char text[128];
    if (length < 4)
      snprintf(text, sizeof text, "expected an IDX header of 4 bytes, found %d", (int)length);
    else if (length < 16)
      snprintf(text, sizeof text, "expected an IDX header of 16 bytes, found %d", (int)length);
    else
      snprintf(text, sizeof text, "expected 58 bytes from its header 7x3x2, found %d", (int)length);
    write_file(f->images, bytes, length);
    refuse(f, LOTTERY_ERROR_FORMAT, text);
    assert_message(f->context, "images: ");
    assert_message(f->context, f->images);
  }
  unsigned char longer[128] = {0};
  memcpy(longer, bytes, (size_t)count);
  for (int64_t more = 1; more < 4; more++) {
    char text[128];
    snprintf(text, sizeof text, "expected 58 bytes from its header 7x3x2, found %d", 58 + (int)more);
    write_file(f->images, longer, count + more);
    refuse(f, LOTTERY_ERROR_FORMAT, text);
  }
  free(bytes);
}

static unsigned char *read_file(const char *path, int64_t *count) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  unsigned char *bytes = calloc(1, 1 << 20);
  assert_non_null(bytes);
  *count = (int64_t)fread(bytes, 1, 1 << 20, file);
  assert_in_range(*count, 1, (1 << 20) - 1);
  fclose(file);
  return bytes;
}

/* Every shorter gzip file, every changed byte of one (its checksum guards what the header's checks let through). */
static void test_gzip_damage(void **state) {
  struct fixture *f = *state;
  write_idx(f->images, 3, sizes, pixels, true);
  int64_t count;
  unsigned char *bytes = read_file(f->images, &count);
  for (int64_t length = 0; length < count; length++) {
    write_file(f->images, bytes, length);
    /* the last eight bytes are checksum and length */
    refuse(f, LOTTERY_ERROR_FORMAT,
           length < 2             ? "expected an IDX header of 4 bytes"
           : length < 10          ? "expected an IDX header of 4 bytes, found 0 (the gzip data ends early)"
           : length <= count - 12 ? "(the gzip data ends early)"
                                  : "expected");
  }
  write_file(f->images, bytes, count - 1);
  refuse(f, LOTTERY_ERROR_FORMAT, "expected a checksum at the end of the gzip data, found the end of the file");
  write_file(f->images, bytes, count - 12);
  refuse(f, LOTTERY_ERROR_FORMAT, "(the gzip data ends early)");
  for (int64_t i = 10; i < count; i++) { /* the ten before are gzip's own header */
    bytes[i] ^= 0x10;
    write_file(f->images, bytes, count);
    refuse(f, LOTTERY_ERROR_FORMAT, "images");
    bytes[i] ^= 0x10;
  }
  bytes[count - 5] ^= 1;
  write_file(f->images, bytes, count);
  refuse(f, LOTTERY_ERROR_FORMAT, "damaged gzip data: incorrect data check");
  bytes[count - 5] ^= 1;
  bytes[count] = 'x';
  write_file(f->images, bytes, count + 1);
  refuse(f, LOTTERY_ERROR_FORMAT, "expected the end of the file after the gzip data, found byte 0x78");
  bytes[count] = 0x1f;
  write_file(f->images, bytes, count + 1);
  refuse(f, LOTTERY_ERROR_FORMAT, "");
  write_file(f->images, bytes, count);
  load(f, f->labels);
  free(bytes);
}

/* Zeros after the data, as tapes and some programs leave them, also before another member; nothing behind them. */
static void test_gzip_padding(void **state) {
  struct fixture *f = *state;
  int64_t count, elements;
  unsigned char *idx = idx_bytes(3, sizes, pixels, &elements);
  write_idx(f->images, 3, sizes, pixels, true);
  unsigned char *bytes = read_file(f->images, &count);
  const int64_t paddings[] = {1, 512, 200000};
  for (size_t i = 0; i < sizeof paddings / sizeof paddings[0]; i++) {
    memset(bytes + count, 0, (size_t)paddings[i] + 1);
    write_file(f->images, bytes, count + paddings[i]);
    load(f, f->labels);
    bytes[count + paddings[i]] = 'x';
    write_file(f->images, bytes, count + paddings[i] + 1);
    refuse(f, LOTTERY_ERROR_FORMAT, "expected the end of the file after the gzip data, found byte 0x78");
  }
  remove(f->images);
  append_gzip(f->images, idx, 20);
  FILE *file = fopen(f->images, "ab");
  assert_non_null(file);
  assert_int_equal(fwrite("\0\0\0", 1, 3, file), 3);
  fclose(file);
  append_gzip(f->images, idx + 20, elements - 20);
  load(f, f->labels);
  free(idx);
  free(bytes);
}

/* A header that promises more than any gzip file of that length holds is refused before memory is allocated for it;
 * zeros, which gzip makes smallest, are not. */
static void test_gzip_promises(void **state) {
  struct fixture *f = *state;
  const int64_t zeros[] = {10000, 1000}, small[] = {10, 1000};
  unsigned char *bytes = calloc(10000, 1000);
  assert_non_null(bytes);
  lottery_dataset *dataset;
  write_idx(f->images, 2, zeros, bytes, true);
  assert_ok(f->context, lottery_dataset_load_idx(f->context, f->images, NULL, &dataset));
  lottery_dataset_destroy(dataset);
  int64_t count;
  unsigned char *idx = idx_bytes(2, small, bytes, &count);
  memcpy(idx + 4, "\x00\x98\x96\x80\x00\x00\x04\x00", 8); /* 10,000,000 of 1024 */
  remove(f->images);
  append_gzip(f->images, idx, count);
  f->allocator.largest = 0;
  assert_fails(f->context, lottery_dataset_load_idx(f->context, f->images, NULL, &dataset), LOTTERY_ERROR_FORMAT,
               "expected 10240000012 bytes from its header 10000000x1024, found a gzip file of ");
  assert_message(f->context, " bytes, too few even for zeros");
  assert_in_range(f->allocator.largest, 1, 1 << 17);
  free(idx);
  free(bytes);
}

static void test_gzip_lengths(void **state) {
  struct fixture *f = *state;
  int64_t count;
  unsigned char *bytes = idx_bytes(3, sizes, pixels, &count), longer[128] = {0};
  memcpy(longer, bytes, (size_t)count);
  for (int64_t length = 1; length < count; length++) {
    remove(f->images);
    append_gzip(f->images, bytes, length);
    refuse(f, LOTTERY_ERROR_FORMAT, "expected");
  }
  remove(f->images);
  append_gzip(f->images, longer, count + 5);
  refuse(f, LOTTERY_ERROR_FORMAT, "expected 58 bytes from its header 7x3x2, found at least 59");
  /* A gzip file may have several members, cut anywhere. */
  for (int64_t cut = 1; cut < count; cut++) {
    remove(f->images);
    append_gzip(f->images, bytes, cut);
    append_gzip(f->images, bytes + cut, count - cut);
    load(f, f->labels);
  }
  append_gzip(f->images, bytes, 1);
  refuse(f, LOTTERY_ERROR_FORMAT, "found at least 59");
  free(bytes);
}

static void test_headers(void **state) {
  struct fixture *f = *state;
  int64_t count;
  unsigned char *bytes = idx_bytes(3, sizes, pixels, &count);
  const struct {
    int at;
    unsigned char byte;
    const char *text, *zipped; /* NULL: the same */
  } cases[] = {
      {0, 1, "begins with bytes 00 00, found 01 00 08 03", NULL},
      {1, 0x80, "begins with bytes 00 00, found 00 80 08 03", NULL},
      {2, 0x09, "expected IDX type 0x08 (unsigned bytes), found 0x09 (signed bytes)", NULL},
      {2, 0x0b, "found 0x0b (16-bit integers)", NULL},
      {2, 0x0c, "found 0x0c (32-bit integers)", NULL},
      {2, 0x0d, "found 0x0d (32-bit floats)", NULL},
      {2, 0x0e, "found 0x0e (64-bit floats)", NULL},
      {2, 0x00, "found 0x00 (unknown)", NULL},
      {3, 0, "expected 2 to 4 dimensions, found 0", NULL},
      {3, 1, "expected 2 to 4 dimensions, found 1", NULL},
      {3, 5, "expected 2 to 4 dimensions, found 5", NULL},
      {3, 255, "expected 2 to 4 dimensions, found 255", NULL},
      {7, 0, "header says 0x3x2", NULL},
      {11, 0, "header says 7x0x2", NULL},
      {4, 0x80, "header says 2147483655x3x2", NULL},
      {8, 0x7f, "header says 7x2130706435x2", NULL},
      {7, 8, "expected 64 bytes from its header 8x3x2, found 58", NULL},
      {4, 0x7f, "expected 12784238650 bytes from its header 2130706439x3x2, found 58",
       "from its header 2130706439x3x2, found a gzip file of "},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const unsigned char good = bytes[cases[i].at];
    bytes[cases[i].at] = cases[i].byte;
    f->allocator.largest = 0;
    write_file(f->images, bytes, count);
    refuse(f, LOTTERY_ERROR_FORMAT, cases[i].text);
    /* No header makes the reader allocate more than its buffers, whatever it claims. */
    remove(f->images);
    append_gzip(f->images, bytes, count);
    refuse(f, LOTTERY_ERROR_FORMAT, cases[i].zipped != NULL ? cases[i].zipped : cases[i].text);
    assert_in_range(f->allocator.largest, 1, 1 << 17);
    bytes[cases[i].at] = good;
  }
  free(bytes);
}

static void test_labels_file(void **state) {
  struct fixture *f = *state;
  const int64_t fewer = IMAGES - 1;
  write_idx(f->labels, 1, &fewer, labels, false);
  refuse(f, LOTTERY_ERROR_FORMAT, "expected 7 labels for as many images in ");
  assert_message(f->context, "found 6");
  write_idx(f->labels, 3, sizes, pixels, false);
  refuse(f, LOTTERY_ERROR_FORMAT, "expected 1 dimension, found 3");
  assert_message(f->context, "labels: ");
  remove(f->labels);
  refuse(f, LOTTERY_ERROR_FILE, "labels: cannot open");
}

static void test_no_regular_file(void **state) {
  struct fixture *f = *state;
  remove(f->images);
  refuse(f, LOTTERY_ERROR_FILE, "images: cannot open");
  assert_message(f->context, "No such file");
  assert_int_equal(mkfifo(f->images, 0600), 0); /* must not wait for a writer */
  refuse(f, LOTTERY_ERROR_FILE, "not a regular file");
  remove(f->images);
  lottery_dataset *dataset;
  assert_fails(f->context, lottery_dataset_load_idx(f->context, f->directory, NULL, &dataset), LOTTERY_ERROR_FILE,
               "is a directory, not a regular file");
  assert_fails(f->context, lottery_dataset_load_idx(f->context, "", NULL, &dataset), LOTTERY_ERROR_FILE, "cannot open");
  char long_path[3000];
  memset(long_path, 'a', sizeof long_path - 1);
  long_path[sizeof long_path - 1] = '\0';
  assert_fails(f->context, lottery_dataset_load_idx(f->context, long_path, NULL, &dataset), LOTTERY_ERROR_FILE,
               "cannot open aaa");
}

static void test_arguments(void **state) {
  struct fixture *f = *state;
  lottery_dataset *dataset = (lottery_dataset *)f;
  assert_status(NULL, lottery_dataset_load_idx(NULL, f->images, f->labels, &dataset), LOTTERY_ERROR_HANDLE);
  assert_null(dataset);
  assert_fails(f->context, lottery_dataset_load_idx(f->context, NULL, f->labels, &dataset), LOTTERY_ERROR_ARGUMENT,
               "images: NULL");
  assert_fails(f->context, lottery_dataset_load_idx(f->context, f->images, f->labels, NULL), LOTTERY_ERROR_ARGUMENT,
               "out: NULL");
}

static lottery_status load_scenario(lottery_context *context, void *user) {
  const struct fixture *f = user;
  lottery_dataset *dataset;
  const lottery_status status = lottery_dataset_load_idx(context, f->images, f->labels, &dataset);
  if (status == LOTTERY_OK) check_content(f, dataset, true);
  lottery_dataset_destroy(dataset);
  assert_int_equal(open_descriptors(), f->descriptors);
  return status;
}

static void test_out_of_memory(void **state) {
  struct fixture *f = *state;
  assert_true(run_out_of_memory(load_scenario, f) > 5);
  write_idx(f->images, 3, sizes, pixels, true);
  write_idx(f->labels, 1, sizes, labels, true);
  assert_true(run_out_of_memory(load_scenario, f) > 9);
}

/* Well compressed data outgrow the room that the file's length suggests. */
static void test_gzip_grows(void **state) {
  struct fixture *f = *state;
  const int64_t large[] = {3000, 200};
  const int64_t count = large[0] * large[1];
  unsigned char *zeros = calloc((size_t)count, 1);
  assert_non_null(zeros);
  for (int64_t i = 0; i < count; i += 1000) zeros[i] = (unsigned char)(i / 1000);
  write_idx(f->images, 2, large, zeros, true);
  lottery_dataset *dataset;
  assert_ok(f->context, lottery_dataset_load_idx(f->context, f->images, NULL, &dataset));
  float inputs[200];
  const float scale = (float)(1.0 / 255);
  for (int64_t i = 0; i < large[0]; i++) {
    assert_ok(f->context, lottery_dataset_read(dataset, i, 1, inputs, NULL));
    for (int64_t j = 0; j < large[1]; j++) assert_true(inputs[j] == (float)zeros[i * large[1] + j] * scale);
  }
  lottery_dataset_destroy(dataset);
  free(zeros);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_plain_and_gzip), TEST(test_ranks),         TEST(test_classes),         TEST(test_plain_lengths),
      TEST(test_gzip_padding),   TEST(test_gzip_promises), TEST(test_gzip_damage),     TEST(test_gzip_lengths),
      TEST(test_headers),        TEST(test_labels_file),   TEST(test_no_regular_file), TEST(test_arguments),
      TEST(test_out_of_memory),  TEST(test_gzip_grows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
