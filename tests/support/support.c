/* Assertions, files and data for all test programs. */
#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static void message_of(lottery_context *context, char *text, int64_t capacity) {
  text[0] = '\0';
  if (context != NULL) lottery_context_message(context, text, capacity, NULL);
}

void support_assert_status(lottery_context *context, lottery_status status, lottery_status expected, const char *call,
                           const char *file, int line) {
  if (status == expected) return;
  char text[1024];
  message_of(context, text, sizeof text);
  print_error("%s\n  is %s, expected %s; message: %s\n", call, lottery_status_name(status),
              lottery_status_name(expected), text);
  _fail(file, line);
}

void support_assert_message(lottery_context *context, const char *text, const char *file, int line) {
  char message[1024];
  message_of(context, message, sizeof message);
  if (strstr(message, text) != NULL) return;
  print_error("message: %s\n  expected in it: %s\n", message, text);
  _fail(file, line);
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZER 1
#endif
#endif

int64_t support_stride(void) {
#if defined(THREAD_SANITIZER)
  return 7;
#else
  const char *preloaded = getenv("LD_PRELOAD"); /* valgrind's own libraries come to a program this way */
  return preloaded != NULL && strstr(preloaded, "vgpreload") != NULL ? 7 : 1;
#endif
}

void write_zeros(lottery_context *context, lottery_network *network) {
  int64_t tensors;
  assert_ok(context, lottery_network_tensor_count(network, &tensors));
  for (int64_t i = 0; i < tensors; i++) {
    int64_t shape[8], count = 1;
    int32_t rank;
    assert_ok(context, lottery_network_tensor_shape(network, i, 8, shape, &rank));
    for (int32_t j = 0; j < rank; j++) count *= shape[j];
    float *zeros = calloc((size_t)count, sizeof *zeros);
    assert_non_null(zeros);
    assert_ok(context, lottery_network_write_tensor(network, i, zeros, count));
    free(zeros);
  }
}

void temporary_directory(char path[PATH_CAPACITY]) {
  const char *parent = getenv("TMPDIR");
  snprintf(path, PATH_CAPACITY, "%s/lottery_test_XXXXXX", parent != NULL ? parent : ".");
  assert_non_null(mkdtemp(path));
}

void remove_directory(const char *path) {
  DIR *directory = opendir(path);
  assert_non_null(directory);
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    char name[PATH_CAPACITY];
    remove(path_in(path, entry->d_name, name));
  }
  closedir(directory);
  assert_int_equal(rmdir(path), 0);
}

const char *path_in(const char *directory, const char *name, char path[PATH_CAPACITY]) {
  const int length = snprintf(path, PATH_CAPACITY, "%s/%s", directory, name);
  assert_in_range(length, 1, PATH_CAPACITY - 1);
  return path;
}

void write_file(const char *path, const void *bytes, int64_t count) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, (size_t)count, file), count);
  assert_int_equal(fclose(file), 0);
}

void append_gzip(const char *path, const void *bytes, int64_t count) {
  gzFile file = gzopen(path, "ab");
  assert_non_null(file);
  assert_int_equal(gzwrite(file, bytes, (unsigned int)count), count);
  assert_int_equal(gzclose(file), Z_OK);
}

unsigned char *idx_bytes(int32_t rank, const int64_t *sizes, const unsigned char *elements, int64_t *count) {
  int64_t elements_count = 1;
  for (int32_t i = 0; i < rank; i++) elements_count *= sizes[i];
  *count = 4 + 4 * rank + elements_count;
  unsigned char *bytes = calloc((size_t)*count, 1);
  assert_non_null(bytes);
  bytes[2] = 0x08;
  bytes[3] = (unsigned char)rank;
  for (int32_t i = 0; i < rank; i++)
    for (int j = 0; j < 4; j++) bytes[4 + 4 * i + j] = (unsigned char)(sizes[i] >> (24 - 8 * j));
  memcpy(bytes + 4 + 4 * rank, elements, (size_t)elements_count);
  return bytes;
}

void write_idx(const char *path, int32_t rank, const int64_t *sizes, const unsigned char *elements, bool gzip) {
  int64_t count;
  unsigned char *bytes = idx_bytes(rank, sizes, elements, &count);
  remove(path);
  if (gzip)
    append_gzip(path, bytes, count);
  else
    write_file(path, bytes, count);
  free(bytes);
}

int64_t open_descriptors(void) {
  int64_t count = 0;
  for (int descriptor = 0; descriptor < 256; descriptor++) {
    struct stat status;
    if (fstat(descriptor, &status) == 0) count++;
  }
  return count;
}

/* D. Knuth's linear congruential generator (MMIX), its high half. */
uint32_t support_random(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(*state >> 32);
}

float support_random_float(uint64_t *state) { return (float)((double)support_random(state) * 0x1p-31 - 1.0); }

lottery_dataset *support_dataset(lottery_context *context, int64_t count, int64_t features, int32_t classes,
                                 float noise, uint64_t seed) {
  uint64_t state = seed;
  float *points = calloc((size_t)(classes * features), sizeof *points);
  float *inputs = calloc((size_t)(count * features), sizeof *inputs);
  int32_t *labels = calloc((size_t)count, sizeof *labels);
  assert_non_null(points);
  assert_non_null(inputs);
  assert_non_null(labels);
  for (int64_t i = 0; i < classes * features; i++) points[i] = support_random_float(&state);
  for (int64_t i = 0; i < count; i++) {
    labels[i] = (int32_t)(i % classes);
    for (int64_t j = 0; j < features; j++)
      inputs[i * features + j] = points[labels[i] * features + j] + noise * support_random_float(&state);
  }
  lottery_dataset *unlabelled, *dataset;
  assert_ok(context, lottery_dataset_create(context, count, 1, &features, LOTTERY_ELEMENT_FLOAT32, inputs, 1.0, 0.0,
                                            LOTTERY_MEMORY_COPY, NULL, NULL, &unlabelled));
  assert_ok(context, lottery_dataset_with_labels(unlabelled, classes, labels, count, &dataset));
  lottery_dataset_destroy(unlabelled);
  free(points);
  free(inputs);
  free(labels);
  return dataset;
}
