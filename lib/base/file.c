/* Reading a regular file with POSIX calls. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arithmetic.h"
#include "base/context.h"

enum { READ_LIMIT = 1 << 30 }; /* bytes of one call: Linux reads less than 2 GB at once */

lottery_status file_fail(struct lottery_context *context, const char *what, const char *path, const char *verb,
                         int error) {
  char reason[128];
  if (strerror_r(error, reason, sizeof reason) != 0) reason[0] = '\0';
  return context_fail(context, LOTTERY_ERROR_FILE, "%s: cannot %s %.512s: %s (error %d)", what, verb, path, reason,
                      error);
}

const char *file_kind(unsigned int mode) { return S_ISDIR(mode) ? "a directory" : "a device, pipe or socket"; }

/* Checks that the descriptor is a regular file's, and its size. */
static lottery_status examine(struct file *file, int64_t limit) {
  struct stat status;
  if (fstat(file->descriptor, &status) != 0) return file_fail(file->context, file->what, file->path, "examine", errno);
  if (!S_ISREG(status.st_mode))
    return context_fail(file->context, LOTTERY_ERROR_FILE, "%s: %.512s is %s, not a regular file", file->what,
                        file->path, file_kind(status.st_mode));
  file->size = status.st_size;
  if (file->size <= limit) return LOTTERY_OK;
  return context_fail(file->context, LOTTERY_ERROR_FORMAT, "%s: %.512s: expected at most %lld bytes, found %lld",
                      file->what, file->path, (long long)limit, (long long)file->size);
}

lottery_status file_open(struct lottery_context *context, const char *what, const char *path, int64_t limit,
                         struct file *out) {
  *out = (struct file){.context = context, .what = what, .path = path};
  /* O_NONBLOCK: opening a FIFO must not wait for its writer. */
  do out->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  while (out->descriptor < 0 && errno == EINTR);
  if (out->descriptor < 0) return file_fail(context, what, path, "open", errno);
  const lottery_status status = examine(out, limit);
  if (status != LOTTERY_OK) file_close(out);
  return status;
}

void file_close(struct file *file) {
  /* Linux closes the descriptor even when close is interrupted: calling it again could close another thread's. */
  close(file->descriptor);
  file->descriptor = -1;
}

lottery_status file_read(const struct file *file, int64_t offset, void *bytes, int64_t wanted, int64_t *got) {
  for (*got = 0; *got < wanted;) {
    const size_t length = (size_t)arithmetic_minimum(wanted - *got, READ_LIMIT);
    const ssize_t taken = pread(file->descriptor, (unsigned char *)bytes + *got, length, (off_t)(offset + *got));
    if (taken == 0) break;
    if (taken > 0)
      *got += taken;
    else if (errno != EINTR)
      return file_fail(file->context, file->what, file->path, "read", errno);
  }
  return LOTTERY_OK;
}

lottery_status file_read_exactly(const struct file *file, int64_t offset, void *bytes, int64_t count) {
  int64_t got;
  const lottery_status status = file_read(file, offset, bytes, count, &got);
  if (status != LOTTERY_OK || got == count) return status;
  return context_fail(file->context, LOTTERY_ERROR_FORMAT,
                      "%s: %.512s: expected %lld bytes from byte %lld on, found %lld", file->what, file->path,
                      (long long)count, (long long)offset, (long long)got);
}
