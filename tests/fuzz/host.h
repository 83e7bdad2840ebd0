/* The host that all fuzz targets share: an allocator with a limit, files in memory, and what must hold after each call.
 * What does not hold is said on stderr and ends the process, so that libFuzzer keeps the input. */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "lottery.h"

/* libFuzzer's entry. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

struct host {
  lottery_context *context;
  int64_t limit;   /* bytes that may be live; what would exceed it fails */
  int64_t fail_at; /* the number of the allocation that fails, from 1; 0: none */
  int64_t calls, live, blocks;
  int64_t wanted; /* the most bytes that were live or asked for in addition, granted or not */
  bool refused;   /* an allocation failed */
};

/* Makes a context. */
void host_start(struct host *host, int64_t limit, int64_t fail_at);
/* Destroys it; nothing may be left. */
void host_finish(struct host *host);

/* Checks a status: OK, or one of the `allowed` errors (bit n: status -n), with a message of printable UTF-8. MEMORY is
 * allowed where an allocation failed, and nowhere else. Returns whether it is no error. */
bool host_accepts(struct host *host, lottery_status status, uint32_t allowed, const char *call);
#define ALLOW(error) (1U << -(error))

/* Ends the process unless it is so. */
void host_must(bool condition, const char *text);
#define MUST(condition) host_must((condition), #condition)

/* The path of file number 0 or 1, which holds these bytes from now on. */
const char *host_file(int number, const uint8_t *bytes, size_t count);

#endif
