/* .npy files. The input is the file. */
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "store/npy/npy_header.h"

/* What was read can be written and read again. */
static void check_header(struct host *host, int32_t element, int32_t rank, const int64_t *shape) {
  struct npy npy = {.element = element, .rank = rank}, again;
  char header[NPY_HEADER_CAPACITY];
  memcpy(npy.shape, shape, (size_t)rank * sizeof *shape);
  MUST(npy_measure(&npy));
  const int64_t length = npy_write_header(&npy, header);
  MUST(length % 64 == 0 && length <= NPY_HEADER_CAPACITY);
  MUST(npy_read_dictionary(host->context, "again", header + NPY_PREFIX, length - NPY_PREFIX, &again) == LOTTERY_OK);
  MUST(memcmp(&npy, &again, sizeof npy) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  static const int64_t sizes[] = {4, 1, 8};
  struct host host;
  int32_t element, rank;
  int64_t elements, shape[NPY_RANK_LIMIT];
  host_start(&host, 1 << 20, 0);
  const char *path = host_file(0, bytes, count);
  if (host_accepts(&host, lottery_npy_describe(host.context, path, &element, &elements, 8, shape, &rank),
                   ALLOW(LOTTERY_ERROR_FORMAT), "lottery_npy_describe")) {
    MUST(element >= 0 && element <= 2 && rank >= 0 && rank <= 8);
    const size_t size = (size_t)(elements * sizes[element]);
    MUST(size < count);
    check_header(&host, element, rank, shape);
    unsigned char *values = malloc(size + 1);
    MUST(values != NULL);
    MUST(lottery_npy_load(host.context, path, element, values, elements) == LOTTERY_OK);
    MUST(memcmp(values, bytes + count - size, size) == 0);
    for (int32_t other = 0; other <= 2; other++)
      if (other != element)
        MUST(!host_accepts(&host, lottery_npy_load(host.context, path, other, values, elements),
                           ALLOW(LOTTERY_ERROR_FORMAT), "another element"));
    MUST(!host_accepts(&host, lottery_npy_load(host.context, path, element, values, elements + 1),
                       ALLOW(LOTTERY_ERROR_SHAPE), "another count"));
    free(values);
  }
  MUST(host.calls == 0);
  host_finish(&host);
  return 0;
}
