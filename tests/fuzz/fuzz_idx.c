/* IDX files. The input: a byte, the number of the allocation that fails or 0; the length of the images' file, 4 bytes,
 * little-endian; that file; the labels' file, or nothing for no labels. */
#include <stdlib.h>
#include <string.h>

#include "host.h"

enum { LIMIT = 16 << 20, ROWS = 64, VALUES_LIMIT = 1 << 20 };

static bool is_gzip(const uint8_t *bytes, size_t count) { return count >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b; }

static void use(struct host *host, lottery_dataset *dataset, bool labelled) {
  int64_t count, features, classes, shape[3], product = 1;
  int32_t rank;
  double mean, deviation;
  MUST(lottery_dataset_sizes(dataset, &count, &features, &classes) == LOTTERY_OK);
  MUST(lottery_dataset_shape(dataset, 3, shape, &rank) == LOTTERY_OK);
  for (int32_t i = 0; i < rank; i++) product *= shape[i];
  MUST(count >= 1 && product == features && (labelled ? classes >= 10 && classes <= 256 : classes == 0));
  MUST(lottery_dataset_statistics(dataset, 1, &mean, &deviation) == LOTTERY_OK);
  MUST(mean >= 0 && mean <= 1 && deviation >= 0 && deviation <= 1);
  if (features > VALUES_LIMIT) return;
  const int64_t rows = count < ROWS && count * features <= VALUES_LIMIT ? count : 1;
  float *inputs = malloc((size_t)(rows * features) * sizeof *inputs);
  int32_t labels[ROWS];
  MUST(inputs != NULL);
  MUST(lottery_dataset_read(dataset, count - rows, rows, inputs, labelled ? labels : NULL) == LOTTERY_OK);
  for (int64_t i = 0; i < rows * features; i++) MUST(inputs[i] >= 0 && inputs[i] <= 1);
  for (int64_t i = 0; labelled && i < rows; i++) MUST(labels[i] >= 0 && labels[i] < classes);
  free(inputs);
  lottery_dataset *first, *second;
  if (count > 1 && host_accepts(host, lottery_dataset_split(dataset, count / 2, 1, &first, &second), 0, "split")) {
    lottery_dataset_destroy(first);
    lottery_dataset_destroy(second);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  if (count < 5) return 0;
  const size_t images_length = bytes[1] | (size_t)bytes[2] << 8 | (size_t)bytes[3] << 16 | (size_t)bytes[4] << 24;
  const uint8_t *images = bytes + 5;
  if (images_length > count - 5) return 0;
  const uint8_t *labels = images + images_length;
  const size_t labels_length = count - 5 - images_length;
  struct host host;
  lottery_dataset *dataset = NULL;
  host_start(&host, LIMIT, bytes[0]);
  const char *labels_path = labels_length > 0 ? host_file(1, labels, labels_length) : NULL;
  const lottery_status status =
      lottery_dataset_load_idx(host.context, host_file(0, images, images_length), labels_path, &dataset);
  /* Not more memory than the data really takes: pixels, labels as bytes and as numbers, the buffer for reading;
   * inflated data grow by doubling and are at most 1,032 times as large as deflated ones. */
  const bool gzip = is_gzip(images, images_length) || is_gzip(labels, labels_length);
  MUST(host.wanted <= (int64_t)(250000 + count * (gzip ? 4 * 1032 : 7)));
  if (host_accepts(&host, status, ALLOW(LOTTERY_ERROR_FORMAT), "lottery_dataset_load_idx")) {
    use(&host, dataset, labels_path != NULL);
    lottery_dataset_destroy(dataset);
  } else {
    MUST(dataset == NULL);
  }
  host_finish(&host);
  return 0;
}
