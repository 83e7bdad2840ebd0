/* The host of the fuzz targets. */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void host_must(bool condition, const char *text) {
  if (condition) return;
  fprintf(stderr, "not so: %s\n", text);
  __builtin_trap();
}

static void *allocate(int64_t size, int64_t alignment, void *user) {
  struct host *host = user;
  MUST(size > 0 && alignment > 0 && alignment <= 64 && (alignment & (alignment - 1)) == 0);
  const int64_t wanted = size > INT64_MAX - host->live ? INT64_MAX : host->live + size;
  if (wanted > host->wanted) host->wanted = wanted;
  void *memory = NULL;
  if (++host->calls != host->fail_at && wanted <= host->limit &&
      posix_memalign(&memory, (size_t)(alignment < 8 ? 8 : alignment), (size_t)size) == 0) {
    host->live += size;
    host->blocks++;
    return memory;
  }
  host->refused = true;
  return NULL;
}

static void give_back(void *memory, int64_t size, int64_t alignment, void *user) {
  struct host *host = user;
  MUST(size > 0 && alignment > 0 && alignment <= 64);
  host->live -= size;
  host->blocks--;
  free(memory);
}

void host_start(struct host *host, int64_t limit, int64_t fail_at) {
  memset(host, 0, sizeof *host);
  host->limit = limit;
  MUST(lottery_context_create_with_allocator(allocate, give_back, host, &host->context) == LOTTERY_OK);
  host->calls = 0;
  host->fail_at = fail_at;
}

void host_finish(struct host *host) {
  lottery_context_destroy(host->context);
  MUST(host->live == 0 && host->blocks == 0);
}

/* No control characters, and nothing that is no UTF-8 (RFC 3629, overlong forms aside). */
static bool is_text(const char *text) {
  int following = 0;
  for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
    if (following > 0) {
      if ((*at & 0xc0) != 0x80) return false;
      following--;
    } else if (*at >= 0xc2 && *at <= 0xf4) {
      following = *at < 0xe0 ? 1 : *at < 0xf0 ? 2 : 3;
    } else if (*at < ' ' || *at > '~') {
      return false;
    }
  }
  return following == 0;
}

bool host_accepts(struct host *host, lottery_status status, uint32_t allowed, const char *call) {
  if (status >= LOTTERY_OK) return true;
  char message[2048];
  MUST(lottery_context_message(host->context, message, sizeof message, NULL) == LOTTERY_OK);
  const bool known = status == LOTTERY_ERROR_MEMORY ? host->refused : status > -32 && (allowed & ALLOW(status)) != 0;
  if (!known) fprintf(stderr, "%s: %s: %s\n", call, lottery_status_name(status), message);
  MUST(known);
  if (!is_text(message)) fprintf(stderr, "%s: %s\n", call, message);
  MUST(message[0] != '\0' && is_text(message));
  return false;
}

const char *host_file(int number, const uint8_t *bytes, size_t count) {
  static int descriptors[2];
  static char paths[2][64];
  if (descriptors[number] == 0) {
    descriptors[number] = memfd_create("fuzz", MFD_CLOEXEC);
    MUST(descriptors[number] > 0);
    snprintf(paths[number], sizeof paths[number], "/proc/self/fd/%d", descriptors[number]);
  }
  MUST(ftruncate(descriptors[number], (off_t)count) == 0);
  MUST(pwrite(descriptors[number], bytes, count, 0) == (ssize_t)count);
  return paths[number];
}
