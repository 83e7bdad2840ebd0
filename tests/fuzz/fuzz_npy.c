/* .npy files. The input is the file. */
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "store/npy/npy_header.h"

/* What was read can be written and read again. */
static void check_header(struct host *host, int32_t element, int32_t rank, const int64_t *shape) {
  struct npy npy = {.elements.dtype = dtype_of_element(element), .rank = rank}, again;
  char header[NPY_HEADER_CAPACITY];
  memcpy(npy.shape, shape, (size_t)rank * sizeof *shape);
  if (!npy_measure(&npy)) return; /* an element may need more bytes than the file's */
  const int64_t length = npy_write_header(&npy, header);
  MUST(length % 64 == 0 && length <= NPY_HEADER_CAPACITY);
  MUST(npy_read_dictionary(host->context, "again", header + NPY_PREFIX, length - NPY_PREFIX, &again) == LOTTERY_OK);
  MUST(npy.elements.dtype == again.elements.dtype && !again.elements.swapped && !again.fortran);
  MUST(npy.rank == again.rank && memcmp(npy.shape, again.shape, sizeof npy.shape) == 0);
  MUST(npy.count == again.count && npy.bytes == again.bytes);
}

/* All elements, or none and memory as it was. */
static void load(struct host *host, const char *path, int32_t element, int64_t elements) {
  static const size_t sizes[] = {4, 1, 8};
  const size_t size = (size_t)elements * sizes[element];
  unsigned char *values = malloc(size + 1), *before = malloc(size + 1);
  MUST(values != NULL && before != NULL);
  memset(values, 0x5a, size + 1);
  memcpy(before, values, size + 1);
  if (!host_accepts(host, lottery_npy_load(host->context, path, element, values, elements), ALLOW(LOTTERY_ERROR_FORMAT),
                    "lottery_npy_load"))
    MUST(memcmp(values, before, size) == 0);
  MUST(values[size] == 0x5a);
  free(values);
  free(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  struct host host;
  int32_t element, rank;
  int64_t elements, shape[NPY_RANK_LIMIT];
  host_start(&host, 1 << 20, 0);
  const char *path = host_file(0, bytes, count);
  if (host_accepts(&host, lottery_npy_describe(host.context, path, &element, &elements, 8, shape, &rank),
                   ALLOW(LOTTERY_ERROR_FORMAT), "lottery_npy_describe")) {
    float none;
    MUST(element >= 0 && element <= 2 && rank >= 0 && rank <= 8);
    MUST(elements < (int64_t)count);
    check_header(&host, element, rank, shape);
    for (int32_t other = 0; other <= 2; other++) load(&host, path, other, elements);
    MUST(!host_accepts(&host, lottery_npy_load(host.context, path, element, &none, elements + 1),
                       ALLOW(LOTTERY_ERROR_SHAPE), "another count"));
  }
  MUST(host.calls == 0);
  host_finish(&host);
  return 0;
}
