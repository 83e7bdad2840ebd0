/* Compares and writes settings.txt: a line that describes the library, then lines "name value". */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checkpoint.h"

enum { TEXT = 16384 };

static bool complain(const char *path) {
  fprintf(stderr, "%s: %s: %s\n", study_program, path, strerror(errno));
  return false;
}

/* Makes a folder and those above it. */
static void make_folder(char *path) {
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    mkdir(path, 0777);
    *slash = '/';
  }
  mkdir(path, 0777);
}

/* The lines that must be the same when a study resumes, or all lines. The images are recognised by their numbers and
 * the test set's mean. */
static void write_lines(const struct options *options, const struct datasets *datasets, bool all, FILE *file) {
  int64_t training = 0, validation = 0;
  double mean = 0, deviation = 0;
  lottery_dataset_sizes(datasets->training, &training, NULL, NULL);
  lottery_dataset_sizes(datasets->validation, &validation, NULL, NULL);
  lottery_dataset_statistics(datasets->test, 1, &mean, &deviation);
  options_write(options, all, file);
  fprintf(file, "images %lld-%lld-%lld-%.9g\n", (long long)training, (long long)validation,
          (long long)datasets->test_count, mean);
}

/* The value of a line of `text` that begins with `name` of `length` bytes and a blank, or NULL. */
static const char *find(const char *text, const char *name, size_t length) {
  while (text) {
    if (strncmp(text, name, length) == 0 && text[length] == ' ') return text + length + 1;
    text = strchr(text, '\n');
    if (text) text++;
  }
  return NULL;
}

/* Reports the first line that differs. */
static bool compare(const struct options *options, const char *path, const char *old, const char *now) {
  for (const char *line = now; *line; line = strchr(line, '\n') + 1) {
    const size_t name = strcspn(line, " ");
    const char *value = line + name + 1, *before = find(old, line, name);
    const size_t length = strcspn(value, "\n"), old_length = before ? strcspn(before, "\n") : 0;
    if (before && length == old_length && strncmp(value, before, length) == 0) continue;
    const bool set = strncmp(line, "instruction-set ", name + 1) == 0;
    if (set && options->any_instruction_set) continue;
    fprintf(stderr, "%s: --resume: %s says %.*s %.*s, now it is %.*s%s\n", study_program, path, (int)name, line,
            before ? (int)old_length : 7, before ? before : "nothing", (int)length, value,
            set ? "; --any-instruction-set allows that" : "");
    return false;
  }
  return true;
}

/* Whether the study in the folder, if there is one, can be resumed; *found: there is one. */
static bool check(const struct options *options, const struct datasets *datasets, const char *path, bool *found) {
  static char old[TEXT], now[TEXT];
  FILE *file = fopen(path, "r");
  *found = file != NULL;
  if (!file) return errno == ENOENT || complain(path);
  const size_t length = fread(old, 1, sizeof old - 1, file);
  old[length] = '\0';
  fclose(file);
  file = fmemopen(now, sizeof now, "w");
  if (!file) return complain(path);
  write_lines(options, datasets, false, file);
  fclose(file);
  return compare(options, path, old, now);
}

bool settings_begin(const struct options *options, const struct datasets *datasets, const char *backend) {
  char path[CHECKPOINT_PATH], new_path[CHECKPOINT_PATH + 8];
  bool found = false;
  if (strlen(options->out) > 4000) {
    errno = ENAMETOOLONG;
    return complain(options->out);
  }
  checkpoint_folder(options, path);
  make_folder(path);
  snprintf(path, sizeof path, "%.4000s/settings.txt", options->out);
  if (options->resume && !check(options, datasets, path, &found)) return false;
  if (!found) unlink(path); /* first, so that a half cleared folder is not taken for a study */
  checkpoint_clear(options, !found);
  snprintf(new_path, sizeof new_path, "%s.new", path);
  FILE *file = fopen(new_path, "w");
  if (!file) return complain(path);
  fprintf(file, "%s\n", backend);
  write_lines(options, datasets, true, file);
  const bool fine = !ferror(file);
  if (fclose(file) != 0 || !fine || rename(new_path, path) != 0) return complain(path);
  return true;
}
