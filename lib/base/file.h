/* Regular files: opening, reading, and messages about failed system calls. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/public.h"

struct lottery_context;

struct file {
  struct lottery_context *context;
  const char *what; /* the argument's name, for messages */
  const char *path; /* the caller's; it must outlive this */
  int descriptor;
  int64_t size; /* bytes, when it was opened */
};

/* "what: cannot <verb> path: reason (error n)" as the context's message. Returns LOTTERY_ERROR_FILE. */
lottery_status file_fail(struct lottery_context *context, const char *what, const char *path, const char *verb,
                         int error);

/* The name of what has this mode (of struct stat) and is not a regular file, such as "a directory". */
const char *file_kind(unsigned int mode);

/* Opens a file for reading. It must be a regular file of at most `limit` bytes (INT64_MAX: any size). Follows a
 * symbolic link, and never waits, not even for a FIFO's writer. Errors: FILE, FORMAT (larger than the limit); there is
 * nothing to close then.
 */
lottery_status file_open(struct lottery_context *context, const char *what, const char *path, int64_t limit,
                         struct file *out);

void file_close(struct file *file);

/* Reads up to `wanted` bytes from `offset` on; fewer only where the file ends. Errors: FILE. */
lottery_status file_read(const struct file *file, int64_t offset, void *bytes, int64_t wanted, int64_t *got);

/* Reads `count` bytes from `offset` on. Errors: FILE, FORMAT (the file ends before). */
lottery_status file_read_exactly(const struct file *file, int64_t offset, void *bytes, int64_t count);

#endif
