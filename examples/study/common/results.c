/* Writes the study's files: rows as they come, so that a stopped study keeps them, and at the end in a fixed order. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "results.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum file { FILE_RESULTS, FILE_HISTORY, FILE_COUNT };

static const char *const file_names[FILE_COUNT] = {"results.csv", "history.csv"};
static const char *const headers[FILE_COUNT] = {
    "trial,level,method,density,early_stop_iteration,early_stop_test_accuracy,final_test_accuracy,seconds",
    "trial,level,method,control,iteration,validation_loss,test_accuracy"};

struct results {
  const char *folder;
  FILE *files[FILE_COUNT];
  struct outcome *outcomes;
  size_t count, capacity;
};

const char *results_method(enum method method) {
  static const char *const names[] = {"ticket", "reinit", "random-mask"};
  return names[method];
}

static bool complain(const struct results *results, const char *name) {
  fprintf(stderr, "%s: %s/%s: %s\n", study_program, results->folder, name, strerror(errno));
  return false;
}

/* Opens FOLDER/NAMEENDING for writing. */
static FILE *open_file(const struct results *results, const char *name, const char *ending) {
  char path[4096];
  if (snprintf(path, sizeof path, "%s/%s%s", results->folder, name, ending) >= (int)sizeof path) {
    errno = ENAMETOOLONG;
    return NULL;
  }
  return fopen(path, "w");
}

struct results *results_open(const struct options *options) {
  struct results *results = calloc(1, sizeof *results);
  if (!results) {
    fprintf(stderr, "%s: no memory\n", study_program);
    return NULL;
  }
  results->folder = options->out;
  bool fine = true;
  for (int i = 0; fine && i < FILE_COUNT; i++) {
    results->files[i] = open_file(results, file_names[i], "");
    fine =
        (results->files[i] && fprintf(results->files[i], "%s\n", headers[i]) > 0 && fflush(results->files[i]) == 0) ||
        complain(results, file_names[i]);
  }
  if (fine) return results;
  for (int i = 0; i < FILE_COUNT; i++)
    if (results->files[i]) fclose(results->files[i]);
  free(results);
  return NULL;
}

static void write_rows(FILE *const files[FILE_COUNT], const struct outcome *outcome) {
  const struct network_id *id = &outcome->id;
  const long long trial = id->trial, level = id->level;
  const char *method = results_method(id->method);
  fprintf(files[FILE_RESULTS], "%lld,%lld,%s,%.6f,%lld,%.6f,%.6f,%.3f\n", trial, level, method, outcome->density,
          (long long)outcome->early_stop_iteration, outcome->early_stop_accuracy, outcome->final_accuracy,
          outcome->seconds);
  for (int64_t i = 0; i < outcome->history_count; i++) {
    const struct evaluation *evaluation = &outcome->history[i];
    fprintf(files[FILE_HISTORY], "%lld,%lld,%s,%lld,%lld,%.9g,", trial, level, method, (long long)id->control,
            (long long)evaluation->iteration, evaluation->validation_loss);
    if (evaluation->test_accuracy >= 0) fprintf(files[FILE_HISTORY], "%.6f", evaluation->test_accuracy);
    fputc('\n', files[FILE_HISTORY]);
  }
}

bool results_add(struct results *results, struct outcome outcome) {
  if (results->count == results->capacity) {
    const size_t capacity = results->capacity ? 2 * results->capacity : 64;
    struct outcome *outcomes = realloc(results->outcomes, capacity * sizeof *outcomes);
    if (!outcomes) {
      free(outcome.history);
      fprintf(stderr, "%s: no memory\n", study_program);
      return false;
    }
    results->outcomes = outcomes;
    results->capacity = capacity;
  }
  results->outcomes[results->count++] = outcome;
  write_rows(results->files, &outcome);
  for (int i = 0; i < FILE_COUNT; i++)
    if (fflush(results->files[i]) != 0 || ferror(results->files[i])) return complain(results, file_names[i]);
  return true;
}

static int compare(const void *first, const void *second) {
  const struct network_id *a = &((const struct outcome *)first)->id, *b = &((const struct outcome *)second)->id;
  if (a->trial != b->trial) return a->trial < b->trial ? -1 : 1;
  if (a->level != b->level) return a->level < b->level ? -1 : 1;
  if (a->method != b->method) return a->method < b->method ? -1 : 1;
  return a->control < b->control ? -1 : a->control > b->control;
}

/* The files in their final order are written beside the old ones, and replace them only when they are complete. */
static bool rewrite(struct results *results) {
  FILE *files[FILE_COUNT] = {NULL};
  bool fine = true;
  for (int i = 0; fine && i < FILE_COUNT; i++) {
    files[i] = open_file(results, file_names[i], ".new");
    fine = (files[i] && fprintf(files[i], "%s\n", headers[i]) > 0) || complain(results, file_names[i]);
  }
  for (size_t i = 0; fine && i < results->count; i++) write_rows(files, &results->outcomes[i]);
  for (int i = 0; i < FILE_COUNT; i++)
    if (files[i] && (ferror(files[i]) | fclose(files[i])) != 0) fine = complain(results, file_names[i]);
  for (int i = 0; fine && i < FILE_COUNT; i++) {
    char from[4200], to[4200];
    snprintf(from, sizeof from, "%s/%s.new", results->folder, file_names[i]);
    snprintf(to, sizeof to, "%s/%s", results->folder, file_names[i]);
    fine = rename(from, to) == 0 || complain(results, file_names[i]);
  }
  return fine;
}

/* Over all networks of one level and method: mean early-stop accuracy and iteration. */
static void print_cell(const struct results *results, int64_t level, enum method method) {
  double accuracy = 0, iteration = 0, density = 0;
  int count = 0;
  for (size_t i = 0; i < results->count; i++) {
    const struct outcome *outcome = &results->outcomes[i];
    if (outcome->id.level != level || outcome->id.method != method) continue;
    accuracy += outcome->early_stop_accuracy;
    iteration += (double)outcome->early_stop_iteration;
    density = outcome->density;
    count++;
  }
  if (method == METHOD_TICKET) printf("%5lld  %8.1f %%", (long long)level, 100 * density);
  if (count)
    printf("   %6.2f %% at %6.0f", 100 * accuracy / count, iteration / count);
  else
    printf("   %18s", "");
}

static void print_table(const struct results *results) {
  bool found[3] = {true, false, false};
  int64_t levels = 0;
  for (size_t i = 0; i < results->count; i++) {
    found[results->outcomes[i].id.method] = true;
    if (levels <= results->outcomes[i].id.level) levels = results->outcomes[i].id.level + 1;
  }
  if (!levels) return;
  printf("\nTest accuracy at the early stop and its iteration, means over all networks of a kind:\n\n"
         "level  weights left   %-18s",
         "ticket");
  if (found[METHOD_REINITIALISED]) printf("   %-18s", "reinitialised");
  if (found[METHOD_RANDOM_MASK]) printf("   %-18s", "random mask");
  printf("\n");
  for (int64_t level = 0; level < levels; level++) {
    for (int method = 0; method < 3; method++)
      if (found[method]) print_cell(results, level, (enum method)method);
    printf("\n");
  }
}

bool results_finish(struct results *results) {
  bool fine = true;
  for (int i = 0; i < FILE_COUNT; i++)
    if (fclose(results->files[i]) != 0) fine = complain(results, file_names[i]);
  if (results->count) qsort(results->outcomes, results->count, sizeof *results->outcomes, compare);
  fine = fine && rewrite(results);
  print_table(results);
  for (size_t i = 0; i < results->count; i++) free(results->outcomes[i].history);
  free(results->outcomes);
  free(results);
  return fine;
}
