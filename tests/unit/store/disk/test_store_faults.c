/* Each call that saving a file makes of the system fails once in turn, and is interrupted, and writes less than it was
 * asked to. The program is linked with --wrap for every call below. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

#include "base/file.h"
#include "store/disk/file.h"

/* --- The calls --- */

static struct {
  int64_t calls;   /* since the watch began */
  int64_t fail_at; /* the call that fails; 0: none */
  int error;
  const char *failed;    /* its name */
  bool failed_directory; /* it was about a directory */
  bool watching, short_writes, short_reads, no_space, no_flush;
} watch;

/* Whether this call is to fail, with errno set. */
static bool fails(const char *name) {
  if (!watch.watching || ++watch.calls != watch.fail_at) return false;
  watch.failed = name;
  errno = watch.error;
  return true;
}

#define WRAP(type, name, parameters, arguments) \
  type __real_##name parameters;                \
  type __wrap_##name parameters;                \
  type __wrap_##name parameters { return fails(#name) ? -1 : __real_##name arguments; }

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
  va_end(list);
  return fails("open") ? -1 : __real_open(path, flags, mode);
}

int __real_openat(int directory, const char *path, int flags, ...);
int __wrap_openat(int directory, const char *path, int flags, ...);
int __wrap_openat(int directory, const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
  va_end(list);
  return fails("openat") ? -1 : __real_openat(directory, path, flags, mode);
}

WRAP(int, fstatat, (int directory, const char *path, struct stat *status, int flags), (directory, path, status, flags))
WRAP(int, faccessat, (int directory, const char *path, int mode, int flags), (directory, path, mode, flags))
WRAP(int, fchmod, (int descriptor, mode_t mode), (descriptor, mode))
WRAP(int, renameat, (int from, const char *old, int to, const char *new), (from, old, to, new))
WRAP(ssize_t, readlinkat, (int directory, const char *path, char *target, size_t size), (directory, path, target, size))
WRAP(ssize_t, getrandom, (void *bytes, size_t count, unsigned int flags), (bytes, count, flags))

ssize_t __real_pread(int descriptor, void *bytes, size_t count, off_t offset);
ssize_t __wrap_pread(int descriptor, void *bytes, size_t count, off_t offset);
ssize_t __wrap_pread(int descriptor, void *bytes, size_t count, off_t offset) {
  if (fails("pread")) return -1;
  return __real_pread(descriptor, bytes, watch.watching && watch.short_reads ? (count + 1) / 2 : count, offset);
}

int __real_fstat(int descriptor, struct stat *status);
int __wrap_fstat(int descriptor, struct stat *status);
int __wrap_fstat(int descriptor, struct stat *status) { return fails("fstat") ? -1 : __real_fstat(descriptor, status); }

int __real_fsync(int descriptor);
int __wrap_fsync(int descriptor);
int __wrap_fsync(int descriptor) {
  if (watch.watching && watch.no_flush) return errno = watch.error, -1;
  if (!fails("fsync")) return __real_fsync(descriptor);
  struct stat status;
  watch.failed_directory = __real_fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode);
  errno = watch.error;
  return -1;
}

/* As Linux does, closes whatever it says. */
int __real_close(int descriptor);
int __wrap_close(int descriptor);
int __wrap_close(int descriptor) {
  struct stat status;
  const bool directory = __real_fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode);
  const int result = __real_close(descriptor);
  if (!fails("close")) return result;
  watch.failed_directory = directory;
  return -1;
}

ssize_t __real_write(int descriptor, const void *bytes, size_t count);
ssize_t __wrap_write(int descriptor, const void *bytes, size_t count);
ssize_t __wrap_write(int descriptor, const void *bytes, size_t count) {
  if (fails("write")) return -1;
  if (watch.watching && watch.no_space) return 0;
  return __real_write(descriptor, bytes, watch.watching && watch.short_writes ? (count + 1) / 2 : count);
}

/* --- Saving --- */

enum { SIZE = 5000 };

static char directory[PATH_CAPACITY], path[PATH_CAPACITY], target[PATH_CAPACITY];
static unsigned char old[SIZE], new[SIZE];

static int entries(void) {
  DIR *list = opendir(directory);
  assert_non_null(list);
  int count = -2;
  while (readdir(list) != NULL) count++;
  closedir(list);
  return count;
}

static bool holds(const unsigned char *bytes) {
  unsigned char found[SIZE + 1];
  const int descriptor = open(target, O_RDONLY);
  if (descriptor < 0) return false;
  const ssize_t length = read(descriptor, found, sizeof found);
  close(descriptor);
  return length == SIZE && memcmp(found, bytes, SIZE) == 0;
}

static lottery_status save(lottery_context *context) {
  struct store_file *file;
  lottery_status status = store_file_create(context, "path", path, &file);
  if (status != LOTTERY_OK) return status;
  for (int64_t done = 0; status == LOTTERY_OK && done < SIZE; done += SIZE / 2)
    status = store_file_write(file, new + done, SIZE / 2);
  return store_file_commit(file); /* after a failed write, too: it must not put anything in place */
}

/* The path, through a link; before: whether there is a file. Every call fails, n-th by n-th. */
static int64_t every_call_fails(int error, bool before, bool short_writes) {
  int64_t n = 0;
  for (bool failed = true; failed;) {
    struct counting_allocator allocator;
    allocator_start(&allocator);
    lottery_context *context = allocator_context(&allocator);
    remove(target);
    if (before) {
      write_file(target, old, SIZE);
      assert_int_equal(chmod(target, 0666), 0); /* more than the umask leaves: fchmod is called */
    }
    const int64_t descriptors = open_descriptors();
    memset(&watch, 0, sizeof watch);
    watch.fail_at = ++n;
    watch.error = error;
    watch.short_writes = short_writes;
    watch.watching = true;
    const lottery_status status = save(context);
    watch.watching = false;
    failed = watch.failed != NULL;
    const bool flushed = failed && strcmp(watch.failed, "fsync") == 0 && watch.failed_directory;
    const bool closed = failed && strcmp(watch.failed, "close") == 0 && watch.failed_directory;
    const bool retried = failed && error == EINTR && strstr("openat getrandom write fsync close", watch.failed) != NULL;
    if (!failed || retried || closed) {
      assert_ok(context, status);
    } else {
      assert_status(context, status, LOTTERY_ERROR_FILE);
      assert_message(context, "path: cannot ");
      assert_message(context, path);
      assert_message(context, strerror(error));
    }
    if (status == LOTTERY_OK || flushed)
      assert_true(holds(new));
    else
      assert_true(before ? holds(old) : access(target, F_OK) != 0);
    assert_int_equal(entries(), 1 + (before || status == LOTTERY_OK || flushed));
    assert_int_equal(open_descriptors(), descriptors);
    lottery_context_destroy(context);
    allocator_finish(&allocator);
  }
  return n - 1;
}

static void test_every_call_fails(void **unused) {
  (void)unused;
  static const int errors[] = {ENOSPC, EIO, EINTR, EDQUOT};
  for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
    /* 2 × (open the directory, examine), follow the link, close; random, create, 2 writes, fsync, close, rename, fsync,
     * close; with an old file also its access, examine, permissions. */
    assert_int_equal(every_call_fails(errors[i], false, false), 15);
    assert_int_equal(every_call_fails(errors[i], true, false), 18);
    assert_true(every_call_fails(errors[i], true, true) > 30);
  }
}

/* A mount that refuses every fsync because it has none is saved to; one that fails is not. */
static void test_no_flush(void **unused) {
  (void)unused;
  static const int refusals[] = {EINVAL, ENOSYS, EOPNOTSUPP}, faults[] = {EROFS, EIO, ENOSPC, EBADF};
  lottery_context *context;
  assert_ok(NULL, lottery_context_create(&context));
  memset(&watch, 0, sizeof watch);
  watch.no_flush = true;
  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
    write_file(target, old, SIZE);
    watch.error = refusals[i];
    watch.watching = true;
    const lottery_status status = save(context);
    watch.watching = false;
    assert_ok(context, status);
    assert_true(holds(new));
    assert_int_equal(entries(), 2);
  }
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
    write_file(target, old, SIZE);
    watch.error = faults[i];
    watch.watching = true;
    const lottery_status status = save(context);
    watch.watching = false;
    assert_fails(context, status, LOTTERY_ERROR_FILE, strerror(faults[i]));
    assert_true(holds(old));
    assert_int_equal(entries(), 2);
  }
  lottery_context_destroy(context);
}

/* The same where only directories cannot be flushed. */
static void test_no_flush_of_directories(void **unused) {
  (void)unused;
  static const int refusals[] = {EINVAL, ENOSYS, EOPNOTSUPP};
  lottery_context *context;
  assert_ok(NULL, lottery_context_create(&context));
  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
    memset(&watch, 0, sizeof watch);
    watch.error = refusals[i];
    remove(target);
    watch.fail_at = 14;
    watch.watching = true;
    const lottery_status status = save(context);
    watch.watching = false;
    assert_string_equal(watch.failed, "fsync");
    assert_true(watch.failed_directory);
    assert_ok(context, status);
    assert_true(holds(new));
  }
  lottery_context_destroy(context);
}

/* A write of nothing is no progress. */
static void test_write_of_nothing(void **unused) {
  (void)unused;
  lottery_context *context;
  assert_ok(NULL, lottery_context_create(&context));
  memset(&watch, 0, sizeof watch);
  watch.watching = watch.no_space = true;
  const lottery_status status = save(context);
  watch.watching = false;
  assert_fails(context, status, LOTTERY_ERROR_FILE, strerror(ENOSPC));
  lottery_context_destroy(context);
}

/* Somebody has the temporary name: another is taken. */
static void test_temporary_names_are_taken(void **unused) {
  (void)unused;
  lottery_context *context;
  assert_ok(NULL, lottery_context_create(&context));
  remove(target);
  memset(&watch, 0, sizeof watch);
  watch.error = EEXIST;
  watch.fail_at = 8;
  watch.watching = true;
  const lottery_status status = save(context);
  watch.watching = false;
  assert_string_equal(watch.failed, "openat");
  assert_ok(context, status);
  assert_true(holds(new));
  lottery_context_destroy(context);
}

/* --- Reading --- */

static void test_reading_fails(void **unused) {
  (void)unused;
  static const int errors[] = {EIO, EINTR, ENOMEM};
  lottery_context *context;
  assert_ok(NULL, lottery_context_create(&context));
  remove(target);
  write_file(target, old, SIZE);
  for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
    for (int n = 1; n <= 4; n++) {
      static const char *const names[] = {"open", "fstat", "pread", "close"};
      struct file file;
      unsigned char found[SIZE];
      const int64_t descriptors = open_descriptors();
      memset(&watch, 0, sizeof watch);
      watch.fail_at = n;
      watch.error = errors[i];
      watch.watching = true;
      lottery_status status = file_open(context, "path", path, SIZE, &file);
      if (status == LOTTERY_OK) {
        status = file_read_exactly(&file, 0, found, SIZE);
        file_close(&file);
      }
      watch.watching = false;
      assert_string_equal(watch.failed, names[n - 1]);
      const bool retried = n == 4 || (errors[i] == EINTR && n != 2);
      if (retried)
        assert_true(status == LOTTERY_OK && memcmp(found, old, SIZE) == 0);
      else
        assert_fails(context, status, LOTTERY_ERROR_FILE, strerror(errors[i]));
      assert_int_equal(open_descriptors(), descriptors);
    }
  lottery_context_destroy(context);
}

/* Each call reads half of what is asked for. */
static void test_short_reads(void **unused) {
  (void)unused;
  enum { OFFSET = 1234 };
  unsigned char bytes[SIZE], found[SIZE];
  for (int i = 0; i < SIZE; i++) bytes[i] = (unsigned char)(i % 251);
  lottery_context *context;
  struct file file;
  assert_ok(NULL, lottery_context_create(&context));
  write_file(target, bytes, SIZE);
  memset(&watch, 0, sizeof watch);
  watch.watching = watch.short_reads = true;
  assert_ok(context, file_open(context, "path", path, SIZE, &file));
  assert_ok(context, file_read_exactly(&file, OFFSET, found, SIZE - OFFSET));
  watch.watching = false;
  file_close(&file);
  assert_true(watch.calls > 10);
  assert_memory_equal(found, bytes + OFFSET, SIZE - OFFSET);
  lottery_context_destroy(context);
}

int main(void) {
  const mode_t mask = umask(022);
  memset(old, 'o', SIZE);
  memset(new, 'n', SIZE);
  temporary_directory(directory);
  path_in(directory, "link", path);
  path_in(directory, "target", target);
  assert_int_equal(symlink("target", path), 0);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_call_fails),
      cmocka_unit_test(test_no_flush),
      cmocka_unit_test(test_no_flush_of_directories),
      cmocka_unit_test(test_write_of_nothing),
      cmocka_unit_test(test_temporary_names_are_taken),
      cmocka_unit_test(test_reading_fails),
      cmocka_unit_test(test_short_reads),
  };
  const int failures = cmocka_run_group_tests(tests, NULL, NULL);
  remove_directory(directory);
  umask(mask);
  return failures;
}
