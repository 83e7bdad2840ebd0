/* Processes that save and are killed. */
#include "kill.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Saves until somebody kills it or its parent is gone. */
static void save_for_ever(kill_save save, const char *path, int first, void *user) {
  const pid_t parent = getppid();
  for (int which = first; getppid() == parent; which = !which)
    if (!save(path, which, user)) _exit(1);
  _exit(0);
}

static bool is_temporary(const char *name) {
  static const char first[] = ".lottery-", last[] = ".tmp", digits[] = "0123456789abcdef";
  return strncmp(name, first, strlen(first)) == 0 && strspn(name + strlen(first), digits) == 16 &&
         strcmp(name + strlen(first) + 16, last) == 0;
}

/* Removes temporary files and counts them; fails at any other file but `kept`. */
static int64_t sweep(const char *directory, const char *kept) {
  DIR *list = opendir(directory);
  assert_non_null(list);
  int64_t count = 0;
  for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || strcmp(entry->d_name, kept) == 0)
      continue;
    if (!is_temporary(entry->d_name)) fail_msg("a file %s was left", entry->d_name);
    char path[PATH_CAPACITY];
    assert_int_equal(remove(path_in(directory, entry->d_name, path)), 0);
    count++;
  }
  closedir(list);
  return count;
}

struct kill_result kill_savers(kill_save save, kill_look look, void *user, int64_t rounds) {
  struct kill_result result = {.rounds = rounds};
  char directory[PATH_CAPACITY], path[PATH_CAPACITY];
  uint64_t random = 1;
  temporary_directory(directory);
  assert_true(save(path_in(directory, "file", path), 0, user));
  for (int64_t round = 0; round < rounds; round++) {
    const pid_t child = fork();
    if (child == 0) save_for_ever(save, path, (int)(round % 2), user);
    const struct timespec moment = {0, support_random(&random) % 20000000};
    nanosleep(&moment, NULL);
    int status = 0;
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFSIGNALED(status)) fail_msg("a save failed in round %lld", (long long)round);
    const int which = look(path, user);
    if (which < 0) fail_msg("neither content after round %lld", (long long)round);
    result.seen[which]++;
    const int64_t left = sweep(directory, "file");
    if (left > 1) fail_msg("%lld temporary files after round %lld", (long long)left, (long long)round);
    result.left += left;
  }
  remove_directory(directory);
  return result;
}
