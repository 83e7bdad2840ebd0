/* Saving a file: content, permissions, links, and the paths that are refused. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

#include "base/context.h"
#include "base/file.h"
#include "store/disk/file.h"

struct fixture {
  struct counting_allocator allocator;
  lottery_context *context;
  int64_t descriptors;
  mode_t umask;
  char directory[PATH_CAPACITY], path[PATH_CAPACITY];
};

static struct fixture fixture;

static int setup(void **state) {
  struct fixture *f = *state = &fixture;
  allocator_start(&f->allocator);
  f->context = allocator_context(&f->allocator);
  f->descriptors = open_descriptors();
  f->umask = umask(022);
  char made[PATH_CAPACITY], here[PATH_CAPACITY];
  temporary_directory(made);
  assert_non_null(getcwd(here, sizeof here));
  snprintf(f->directory, sizeof f->directory, "%.300s/%.100s", here, strncmp(made, "./", 2) == 0 ? made + 2 : made);
  if (made[0] == '/') memcpy(f->directory, made, sizeof made);
  path_in(f->directory, "file", f->path);
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  umask(f->umask);
  remove_directory(f->directory);
  assert_int_equal(open_descriptors(), f->descriptors);
  lottery_context_destroy(f->context);
  allocator_finish(&f->allocator);
  return 0;
}

static int entries(const char *directory) {
  DIR *list = opendir(directory);
  assert_non_null(list);
  int count = -2; /* . and .. */
  while (readdir(list) != NULL) count++;
  closedir(list);
  return count;
}

static lottery_status save(const struct fixture *f, const char *path, const char *text) {
  struct store_file *file;
  lottery_status status = store_file_create(f->context, "path", path, &file);
  if (status != LOTTERY_OK) {
    assert_null(file);
    return status;
  }
  status = store_file_write(file, text, (int64_t)strlen(text));
  if (status == LOTTERY_OK) return store_file_commit(file);
  store_file_discard(file);
  return status;
}

static void check_content(const struct fixture *f, const char *path, const char *text) {
  struct file file;
  char found[64] = "";
  assert_ok(f->context, file_open(f->context, "path", path, sizeof found - 1, &file));
  assert_int_equal(file.size, strlen(text));
  assert_ok(f->context, file_read_exactly(&file, 0, found, file.size));
  assert_string_equal(found, text);
  file_close(&file);
}

static mode_t mode_of(const char *path) {
  struct stat status;
  assert_int_equal(stat(path, &status), 0);
  return status.st_mode & 07777;
}

static void refuse(const struct fixture *f, const char *path, const char *text) {
  const int before = entries(f->directory);
  assert_fails(f->context, save(f, path, "text"), LOTTERY_ERROR_FILE, text);
  assert_message(f->context, "path: ");
  assert_int_equal(open_descriptors(), f->descriptors);
  assert_int_equal(entries(f->directory), before);
}

static void test_saves_and_replaces(void **state) {
  struct fixture *f = *state;
  assert_ok(f->context, save(f, f->path, "the first"));
  check_content(f, f->path, "the first");
  assert_ok(f->context, save(f, f->path, "2"));
  check_content(f, f->path, "2");
  assert_ok(f->context, save(f, f->path, ""));
  check_content(f, f->path, "");
  assert_int_equal(entries(f->directory), 1);
}

/* Nothing is seen of a save before its commit, and nothing is left of one that is given up. */
static void test_nothing_before_commit(void **state) {
  struct fixture *f = *state;
  struct store_file *file;
  assert_ok(f->context, save(f, f->path, "old"));
  assert_ok(f->context, store_file_create(f->context, "path", f->path, &file));
  assert_ok(f->context, store_file_write(file, "new", 3));
  check_content(f, f->path, "old");
  assert_int_equal(entries(f->directory), 2);
  store_file_discard(file);
  check_content(f, f->path, "old");
  assert_int_equal(entries(f->directory), 1);
  store_file_discard(NULL);
}

/* Pieces of many sizes arrive in their order. */
static void test_pieces(void **state) {
  struct fixture *f = *state;
  enum { SIZE = 3000000 };
  unsigned char *bytes = calloc(SIZE, 1), *found = calloc(SIZE, 1);
  uint64_t random = 5;
  struct store_file *file;
  struct file opened;
  for (int i = 0; i < SIZE; i++) bytes[i] = (unsigned char)support_random(&random);
  assert_ok(f->context, store_file_create(f->context, "path", f->path, &file));
  for (int64_t done = 0, piece = 0; done < SIZE; done += piece) {
    assert_ok(f->context, store_file_write(file, bytes + done, piece = 0));
    piece = support_random(&random) % 300000;
    if (piece > SIZE - done) piece = SIZE - done;
    assert_ok(f->context, store_file_write(file, bytes + done, piece));
  }
  assert_ok(f->context, store_file_commit(file));
  assert_ok(f->context, file_open(f->context, "path", f->path, INT64_MAX, &opened));
  assert_int_equal(opened.size, SIZE);
  assert_ok(f->context, file_read_exactly(&opened, 0, found, SIZE));
  assert_memory_equal(bytes, found, SIZE);
  assert_ok(f->context, file_read_exactly(&opened, SIZE - 5, found, 5));
  assert_memory_equal(bytes + SIZE - 5, found, 5);
  assert_fails(f->context, file_read_exactly(&opened, SIZE - 5, found, 6), LOTTERY_ERROR_FORMAT,
               "expected 6 bytes from byte 2999995 on, found 5");
  file_close(&opened);
  free(bytes);
  free(found);
}

static void test_reading_within_a_limit(void **state) {
  struct fixture *f = *state;
  struct file file;
  write_file(f->path, "12345", 5);
  assert_ok(f->context, file_open(f->context, "path", f->path, 5, &file));
  file_close(&file);
  assert_fails(f->context, file_open(f->context, "path", f->path, 4, &file), LOTTERY_ERROR_FORMAT,
               "expected at most 4 bytes, found 5");
  assert_message(f->context, f->path);
  assert_fails(f->context, file_open(f->context, "path", f->directory, 4, &file), LOTTERY_ERROR_FILE,
               "is a directory, not a regular file");
  assert_int_equal(open_descriptors(), f->descriptors);
}

static void test_permissions(void **state) {
  struct fixture *f = *state;
  assert_ok(f->context, save(f, f->path, "new"));
  assert_int_equal(mode_of(f->path), 0644);
  umask(027);
  remove(f->path);
  assert_ok(f->context, save(f, f->path, "new"));
  assert_int_equal(mode_of(f->path), 0640);
  static const mode_t modes[] = {0600, 0644, 0666, 0777, 0640, 06755};
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    assert_int_equal(chmod(f->path, modes[i]), 0);
    assert_ok(f->context, save(f, f->path, "again"));
    assert_int_equal(mode_of(f->path), modes[i] & 0777);
  }
  assert_int_equal(umask(022), 027); /* untouched */
}

/* A file is write-protected, or its directory. Not for root, so a child gives up its rights. */
static void test_write_protection(void **state) {
  struct fixture *f = *state;
  write_file(f->path, "old", 3);
  assert_int_equal(chmod(f->directory, 0777), 0);
  assert_int_equal(chmod(f->path, 0444), 0);
  for (int protect = 0; protect < 3; protect++) { /* the file, the directory, nothing */
    if (protect == 1) assert_int_equal(chmod(f->path, 0666) + chmod(f->directory, 0555), 0);
    if (protect == 2) assert_int_equal(chmod(f->directory, 0777), 0);
    const pid_t child = fork();
    if (child == 0) {
      if (chdir(f->directory) != 0 || (geteuid() == 0 && setuid(65534) != 0)) _exit(9);
      const lottery_status status = save(f, "file", "new");
      char message[1024];
      lottery_context_message(f->context, message, sizeof message, NULL);
      if (protect == 2) _exit(status == LOTTERY_OK ? 0 : 1);
      const char *text =
          protect == 0 ? "path: cannot replace file" : "path: cannot create a temporary file beside file";
      _exit(status == LOTTERY_ERROR_FILE && strstr(message, "ermission denied") != NULL &&
                    strstr(message, text) == message
                ? 0
                : 2);
    }
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    check_content(f, f->path, protect == 2 ? "new" : "old");
    assert_int_equal(entries(f->directory), 1);
  }
  assert_int_equal(chmod(f->directory, 0700), 0);
}

/* A link stays and what it names is replaced or made, through several links and directories. */
static void test_symbolic_links(void **state) {
  struct fixture *f = *state;
  char inner[PATH_CAPACITY], target[PATH_CAPACITY], link[PATH_CAPACITY], text[PATH_CAPACITY];
  struct stat status;
  assert_int_equal(mkdir(path_in(f->directory, "inner", inner), 0700), 0);
  path_in(inner, "target", target);
  path_in(inner, "link", link);
  assert_int_equal(symlink("target", link), 0);
  assert_int_equal(symlink("inner/link", f->path), 0);
  for (int round = 0; round < 2; round++) { /* makes it, replaces it */
    snprintf(text, sizeof text, "text %d", round);
    assert_ok(f->context, save(f, f->path, text));
    check_content(f, target, text);
    assert_int_equal(lstat(f->path, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(entries(f->directory), 2);
    assert_int_equal(entries(inner), 2);
  }
  assert_int_equal(remove(f->path) + symlink(target, f->path), 0); /* absolute */
  assert_ok(f->context, save(f, f->path, "absolute"));
  check_content(f, target, "absolute");
  assert_int_equal(remove(f->path) + symlink("file", f->path), 0);
  refuse(f, f->path, "cannot follow the link");
  assert_message(f->context, "Too many levels of symbolic links");
  assert_int_equal(remove(f->path) + symlink("inner", f->path), 0);
  refuse(f, f->path, "is a directory, not a regular file");
  assert_int_equal(remove(f->path) + symlink("nowhere/file", f->path), 0);
  refuse(f, f->path, "cannot open the directory of");
  assert_int_equal(remove(f->path) + symlink("inner/", f->path), 0);
  refuse(f, f->path, "Is a directory");
  remove_directory(inner);
}

static void test_hard_links_keep_the_old_content(void **state) {
  struct fixture *f = *state;
  char other[PATH_CAPACITY];
  write_file(f->path, "old", 3);
  assert_int_equal(link(f->path, path_in(f->directory, "other", other)), 0);
  assert_ok(f->context, save(f, f->path, "new"));
  check_content(f, f->path, "new");
  check_content(f, other, "old");
}

static void test_what_is_no_regular_file(void **state) {
  struct fixture *f = *state;
  char path[PATH_CAPACITY];
  refuse(f, f->directory, "is a directory, not a regular file");
  refuse(f, ".", "is a directory");
  refuse(f, "..", "is a directory");
  refuse(f, "/", "Is a directory");
  snprintf(path, sizeof path, "%.400s/", f->directory);
  refuse(f, path, "Is a directory");
  refuse(f, "", "No such file or directory");
  assert_int_equal(mkfifo(path_in(f->directory, "pipe", path), 0600), 0);
  refuse(f, path, "is a device, pipe or socket, not a regular file");
  assert_int_equal(symlink("pipe", f->path), 0);
  refuse(f, f->path, "is a device, pipe or socket");
  refuse(f, "/dev/null", "is a device, pipe or socket");
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%.90s/socket", f->directory);
  const int server = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(close(server), 0);
  refuse(f, address.sun_path, "is a device, pipe or socket");
  refuse(f, "/proc/version/file", "Not a directory");
  snprintf(path, sizeof path, "%.400s/no/file", f->directory);
  refuse(f, path, "cannot open the directory of");
}

static void test_long_names(void **state) {
  struct fixture *f = *state;
  char name[257], path[PATH_CAPACITY];
  memset(name, 'n', sizeof name);
  name[256] = '\0';
  refuse(f, path_in(f->directory, name, path), "File name too long");
  name[255] = '\0';
  path_in(f->directory, name, path);
  assert_ok(f->context, save(f, path, "long"));
  assert_ok(f->context, save(f, path, "again"));
  check_content(f, path, "again");
  static char longer[10000];
  for (size_t i = 0; i + 2 < sizeof longer; i += 2) memcpy(longer + i, "./", 2);
  memcpy(longer + 9000, "x", 2);
  refuse(f, longer, "File name too long");
  longer[4095] = '\0'; /* the longest path that Linux takes: /… through the directory */
  char *end = longer + 4095 - strlen("/file");
  memcpy(end, "/file", 6);
  memcpy(longer, f->directory, strlen(f->directory));
  longer[strlen(f->directory)] = '/';
  assert_ok(f->context, save(f, longer, "far"));
  check_content(f, f->path, "far");
}

/* A name alone is the current directory's, which may change before the commit. */
static void test_without_a_directory(void **state) {
  struct fixture *f = *state;
  const int here = open(".", O_RDONLY | O_DIRECTORY);
  struct store_file *file;
  assert_int_equal(chdir(f->directory), 0);
  assert_ok(f->context, save(f, "file", "old"));
  assert_ok(f->context, store_file_create(f->context, "path", "file", &file));
  assert_int_equal(fchdir(here), 0);
  assert_int_equal(close(here), 0);
  assert_ok(f->context, store_file_write(file, "new", 3));
  assert_ok(f->context, store_file_commit(file));
  check_content(f, f->path, "new");
  assert_int_equal(entries(f->directory), 1);
}

/* The process may not write files of over 1,000 bytes: a status, and no SIGXFSZ, which would end it. */
static void test_limit_of_file_sizes(void **state) {
  struct fixture *f = *state;
  write_file(f->path, "old", 3);
  const pid_t child = fork();
  if (child == 0) {
    const struct rlimit limit = {1000, 1000};
    struct store_file *file;
    char bytes[700] = "", message[1024];
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(9);
    if (store_file_create(f->context, "path", f->path, &file) != LOTTERY_OK) _exit(1);
    if (store_file_write(file, bytes, 700) != LOTTERY_OK || store_file_write(file, bytes, 300) != LOTTERY_OK) _exit(2);
    if (store_file_write(file, bytes, 1) != LOTTERY_ERROR_FILE) _exit(3);
    lottery_context_message(f->context, message, sizeof message, NULL);
    if (strstr(message, "File too large") == NULL) _exit(4);
    if (store_file_write(file, bytes, 0) != LOTTERY_ERROR_FILE) _exit(5);
    if (store_file_commit(file) != LOTTERY_ERROR_FILE) _exit(6);
    _exit(0);
  }
  int result;
  assert_int_equal(waitpid(child, &result, 0), child);
  assert_int_equal(result, 0);
  check_content(f, f->path, "old");
  assert_int_equal(entries(f->directory), 1);
}

/* No descriptor goes to a program that the host starts. */
static void test_close_on_exec(void **state) {
  struct fixture *f = *state;
  struct store_file *file;
  struct file opened;
  write_file(f->path, "old", 3);
  assert_ok(f->context, store_file_create(f->context, "path", f->path, &file));
  assert_ok(f->context, file_open(f->context, "path", f->path, 3, &opened));
  int found = 0;
  for (int descriptor = 3; descriptor < 256; descriptor++) {
    struct stat status, mine;
    char name[64], target[PATH_CAPACITY];
    if (fstat(descriptor, &status) != 0 || stat(f->directory, &mine) != 0) continue;
    snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
    const ssize_t length = readlink(name, target, sizeof target);
    if (length < (ssize_t)strlen(f->directory) || memcmp(target, f->directory, strlen(f->directory)) != 0) continue;
    found++;
    assert_true((fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
  }
  assert_int_equal(found, 3);
  file_close(&opened);
  store_file_discard(file);
}

static lottery_status save_in(lottery_context *context, void *user) {
  struct fixture *f = user;
  const struct fixture other = {.context = context};
  write_file(f->path, "old", 3);
  const lottery_status status = save(&other, f->path, "new");
  if (status != LOTTERY_OK) {
    check_content(f, f->path, "old");
    assert_int_equal(entries(f->directory), 1);
  }
  return status;
}

static void test_no_memory(void **state) {
  struct fixture *f = *state;
  assert_int_equal(run_out_of_memory(save_in, f), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_saves_and_replaces, setup, teardown),
      cmocka_unit_test_setup_teardown(test_nothing_before_commit, setup, teardown),
      cmocka_unit_test_setup_teardown(test_pieces, setup, teardown),
      cmocka_unit_test_setup_teardown(test_reading_within_a_limit, setup, teardown),
      cmocka_unit_test_setup_teardown(test_permissions, setup, teardown),
      cmocka_unit_test_setup_teardown(test_write_protection, setup, teardown),
      cmocka_unit_test_setup_teardown(test_symbolic_links, setup, teardown),
      cmocka_unit_test_setup_teardown(test_hard_links_keep_the_old_content, setup, teardown),
      cmocka_unit_test_setup_teardown(test_what_is_no_regular_file, setup, teardown),
      cmocka_unit_test_setup_teardown(test_long_names, setup, teardown),
      cmocka_unit_test_setup_teardown(test_without_a_directory, setup, teardown),
      cmocka_unit_test_setup_teardown(test_limit_of_file_sizes, setup, teardown),
      cmocka_unit_test_setup_teardown(test_close_on_exec, setup, teardown),
      cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
