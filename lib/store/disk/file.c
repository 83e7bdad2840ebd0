/* Saving through a temporary file, with POSIX calls relative to the directory's descriptor. */
#include "store/disk/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arithmetic.h"
#include "base/context.h"
#include "base/file.h"
#include "base/memory.h"

enum {
  NAME_CAPACITY = 256,   /* NAME_MAX of Linux, and a zero */
  PATH_CAPACITY = 4096,  /* PATH_MAX of Linux, its zero included */
  LINK_LIMIT = 40,       /* as Linux has it */
  NAME_ATTEMPTS = 100,   /* to find a name that is free */
  WRITE_LIMIT = 1 << 30, /* bytes of one call: Linux writes no 2 GB at once */
  PERMISSIONS = 0777
};

struct store_file {
  struct lottery_context *context;
  const char *what, *path;
  int directory, descriptor; /* -1: none */
  bool temporary;            /* the temporary file exists */
  lottery_status status;     /* the first failure of a write */
  int64_t written;
  char name[NAME_CAPACITY]; /* of the file in the directory, links followed */
  char temporary_name[32];
};

static lottery_status fail(const struct store_file *file, const char *verb, int error) {
  return file_fail(file->context, file->what, file->path, verb, error);
}

/* Opens the directory of `path`, itself relative to `from`, and keeps the name in it. Replaces file->directory. */
static lottery_status enter_directory(struct store_file *file, int from, const char *path) {
  const char *slash = strrchr(path, '/');
  const char *name = slash != NULL ? slash + 1 : path;
  const size_t length = slash != NULL ? (size_t)(name - path) : 1, name_length = strlen(name);
  char directory[PATH_CAPACITY] = ".";
  if (length >= sizeof directory || name_length >= sizeof file->name) return fail(file, "save to", ENAMETOOLONG);
  if (name_length == 0) return fail(file, "save to", slash != NULL ? EISDIR : ENOENT);
  if (slash != NULL) memcpy(directory, path, length);
  memcpy(file->name, name, name_length + 1);
  int opened;
  do opened = openat(from, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  while (opened < 0 && errno == EINTR);
  const int error = errno;
  if (file->directory >= 0) close(file->directory);
  file->directory = opened;
  return opened >= 0 ? LOTTERY_OK : fail(file, "open the directory of", error);
}

/* Finds directory and name, following links at the end of the path. status: what is there; st_mode is 0 if nothing is.
 */
static lottery_status find_place(struct store_file *file, struct stat *status) {
  lottery_status result = enter_directory(file, AT_FDCWD, file->path);
  for (int links = 0; result == LOTTERY_OK; links++) {
    *status = (struct stat){0};
    if (fstatat(file->directory, file->name, status, AT_SYMLINK_NOFOLLOW) != 0)
      return errno == ENOENT ? LOTTERY_OK : fail(file, "examine", errno);
    if (!S_ISLNK(status->st_mode)) break;
    char target[PATH_CAPACITY];
    const ssize_t length = readlinkat(file->directory, file->name, target, sizeof target);
    if (length < 0) return fail(file, "follow the link", errno);
    if (links == LINK_LIMIT || length == (ssize_t)sizeof target)
      return fail(file, "follow the link", links == LINK_LIMIT ? ELOOP : ENAMETOOLONG);
    target[length] = '\0';
    result = enter_directory(file, file->directory, target);
  }
  return result;
}

/* What is in the place may be replaced. */
static lottery_status check_replaceable(const struct store_file *file, const struct stat *old) {
  if (!S_ISREG(old->st_mode))
    return context_fail(file->context, LOTTERY_ERROR_FILE, "%s: %.512s is %s, not a regular file", file->what,
                        file->path, file_kind(old->st_mode));
  if (faccessat(file->directory, file->name, W_OK, AT_EACCESS) != 0) return fail(file, "replace", errno);
  return LOTTERY_OK;
}

/* A name that cannot be guessed, so that no other program has taken it. */
static bool choose_name(struct store_file *file) {
  uint64_t random;
  ssize_t length;
  do length = getrandom(&random, sizeof random, 0);
  while (length < 0 && errno == EINTR);
  if (length != (ssize_t)sizeof random) return false;
  snprintf(file->temporary_name, sizeof file->temporary_name, ".lottery-%016llx.tmp", (unsigned long long)random);
  return true;
}

/* old: what will be replaced. The temporary file is never readable for more people than the old one. */
static lottery_status open_temporary(struct store_file *file, const struct stat *old) {
  const mode_t mode = old->st_mode & PERMISSIONS;
  for (int attempt = 0; file->descriptor < 0 && attempt < NAME_ATTEMPTS; attempt++) {
    if (!choose_name(file)) return fail(file, "choose a temporary name for", errno);
    do
      file->descriptor = openat(file->directory, file->temporary_name,
                                O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, old->st_mode != 0 ? mode : 0666);
    while (file->descriptor < 0 && errno == EINTR);
    if (file->descriptor < 0 && errno != EEXIST) break;
  }
  if (file->descriptor < 0) return fail(file, "create a temporary file beside", errno);
  file->temporary = true;
  if (old->st_mode == 0) return LOTTERY_OK;
  struct stat made;
  if (fstat(file->descriptor, &made) != 0) return fail(file, "examine the temporary file of", errno);
  /* The umask took bits that the old file has. */
  if ((made.st_mode & PERMISSIONS) != mode && fchmod(file->descriptor, mode) != 0)
    return fail(file, "set the permissions of the temporary file of", errno);
  return LOTTERY_OK;
}

lottery_status store_file_create(struct lottery_context *context, const char *what, const char *path,
                                 struct store_file **out) {
  *out = NULL;
  struct store_file *file = memory_allocate(context, 1, sizeof *file);
  if (file == NULL) return LOTTERY_ERROR_MEMORY;
  file->context = context;
  file->what = what;
  file->path = path;
  file->directory = file->descriptor = -1;
  struct stat old;
  lottery_status status = find_place(file, &old);
  if (status == LOTTERY_OK && old.st_mode != 0) status = check_replaceable(file, &old);
  if (status == LOTTERY_OK) status = open_temporary(file, &old);
  if (status == LOTTERY_OK)
    *out = file;
  else
    store_file_discard(file);
  return status;
}

/* How many of `wanted` bytes may be written now. A write at the process's limit of file sizes would not only fail, it
 * would send SIGXFSZ, which ends a process that has not asked for another treatment. */
static int64_t below_size_limit(const struct store_file *file, int64_t wanted) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > INT64_MAX)
    return wanted;
  const int64_t left = (int64_t)limit.rlim_cur - file->written;
  return left > 0 ? arithmetic_minimum(left, wanted) : 0;
}

lottery_status store_file_write(struct store_file *file, const void *bytes, int64_t count) {
  for (int64_t done = 0; file->status == LOTTERY_OK && done < count;) {
    const int64_t length = below_size_limit(file, arithmetic_minimum(count - done, WRITE_LIMIT));
    const ssize_t written =
        length > 0 ? write(file->descriptor, (const unsigned char *)bytes + done, (size_t)length) : 0;
    if (written > 0) {
      done += written;
      file->written += written;
    } else if (written == 0) {
      file->status = fail(file, "write", length > 0 ? ENOSPC : EFBIG);
    } else if (errno != EINTR) {
      file->status = fail(file, "write", errno);
    }
  }
  return file->status;
}

/* False with errno set. A file system that has nothing to flush with says so (EINVAL, ENOSYS, EOPNOTSUPP: FUSE, some
 * network mounts, directories on some others) and passes. EROFS does not: ext4 says it once a fault has made it stop
 * writing. */
static bool flush(int descriptor) {
  int result;
  do result = fsync(descriptor);
  while (result != 0 && errno == EINTR);
  return result == 0 || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP;
}

lottery_status store_file_commit(struct store_file *file) {
  lottery_status status = file->status;
  if (status == LOTTERY_OK && !flush(file->descriptor)) status = fail(file, "write", errno);
  if (status == LOTTERY_OK) {
    /* Network file systems may report a failed write only now. EINTR: the descriptor is closed, the bytes were flushed.
     */
    const bool closed = close(file->descriptor) == 0 || errno == EINTR;
    file->descriptor = -1;
    if (!closed) status = fail(file, "write", errno);
  }
  if (status == LOTTERY_OK) {
    if (renameat(file->directory, file->temporary_name, file->directory, file->name) != 0)
      status = fail(file, "rename the temporary file to", errno);
    else
      file->temporary = false;
  }
  if (status == LOTTERY_OK && !flush(file->directory))
    status = fail(file, "make sure that a loss of power does not undo the saving of", errno);
  store_file_discard(file);
  return status;
}

void store_file_discard(struct store_file *file) {
  if (file == NULL) return;
  if (file->descriptor >= 0) close(file->descriptor);
  if (file->temporary) unlinkat(file->directory, file->temporary_name, 0);
  if (file->directory >= 0) close(file->directory);
  memory_release(file->context, file);
}
