/* Checkpoints as archives of the library. The study's numbers go into an array of int64, reals as their bits. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "checkpoint.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results.h"

/* Goes to the function's `end:` unless the call succeeds. */
#define CONTINUE_OR_END(call)           \
  do {                                  \
    status = (call);                    \
    if (status != LOTTERY_OK) goto end; \
  } while (0)

#define ENDING ".safetensors"

void checkpoint_folder(const struct options *options, char path[CHECKPOINT_PATH]) {
  snprintf(path, CHECKPOINT_PATH, "%.4000s/checkpoint", options->out);
}

void checkpoint_path(const struct options *options, const struct network_id *id, char path[CHECKPOINT_PATH]) {
  snprintf(path, CHECKPOINT_PATH, "%.4000s/checkpoint/trial-%lld-level-%lld-%s-%lld" ENDING, options->out,
           (long long)id->trial, (long long)id->level, results_method(id->method), (long long)id->control);
}

static bool ends_with(const char *name, const char *ending) {
  const size_t length = strlen(name), tail = strlen(ending);
  return length >= tail && strcmp(name + length - tail, ending) == 0;
}

void checkpoint_clear(const struct options *options, bool all) {
  char folder[CHECKPOINT_PATH], path[CHECKPOINT_PATH + 256];
  checkpoint_folder(options, folder);
  DIR *directory = opendir(folder);
  if (!directory) return; /* saving will say so */
  for (struct dirent *entry; (entry = readdir(directory));) {
    const char *name = entry->d_name;
    const bool half = strncmp(name, ".lottery-", 9) == 0 && ends_with(name, ".tmp");
    if (!half && !(all && strncmp(name, "trial-", 6) == 0 && ends_with(name, ENDING))) continue;
    snprintf(path, sizeof path, "%s/%.255s", folder, name);
    unlink(path);
  }
  closedir(directory);
}

/* --- What a network found for its trial ------------------------------------------------------------------------- */

static bool is_first(const struct network_id *id) { return id->method == METHOD_TICKET && id->level == 0; }

/* The levels whose masks a finished ticket has made: first to last, none if last < first. */
static void made_masks(const struct options *options, const struct network_id *id, int64_t *first, int64_t *last) {
  *first = id->level + 1;
  *last = options->one_shot ? options->levels - 1 : id->level + 1;
  if (id->method != METHOD_TICKET || (options->one_shot && id->level > 0)) *last = id->level;
  if (*last >= options->levels) *last = options->levels - 1;
}

static lottery_status add_finds(lottery_archive *archive, const struct options *options, const struct trial *trial,
                                const struct network_id *id, bool finished) {
  char name[32];
  int64_t first, last;
  lottery_status status = LOTTERY_OK;
  if (is_first(id) && trial->initial) CONTINUE_OR_END(lottery_archive_add_snapshot(archive, "initial", trial->initial));
  if (!finished || id->method != METHOD_TICKET) return LOTTERY_OK;
  made_masks(options, id, &first, &last);
  for (int64_t level = first; level <= last; level++) {
    snprintf(name, sizeof name, "mask-%lld", (long long)level);
    CONTINUE_OR_END(lottery_archive_add_mask(archive, name, trial->masks[level]));
  }
  if (options->continued) CONTINUE_OR_END(lottery_archive_add_snapshot(archive, "trained", trial->trained));
end:
  return status;
}

static bool has(lottery_archive *archive, const char *name) {
  int32_t kind;
  return lottery_archive_kind(archive, name, &kind) == LOTTERY_OK;
}

static lottery_status get_finds(lottery_archive *archive, const struct options *options, struct trial *trial,
                                const struct network_id *id, bool finished) {
  char name[32];
  int64_t first, last;
  lottery_status status = LOTTERY_OK;
  if (is_first(id) && (finished || has(archive, "initial")))
    CONTINUE_OR_END(lottery_archive_get_snapshot(archive, "initial", NULL, &trial->initial));
  if (!finished || id->method != METHOD_TICKET) return LOTTERY_OK;
  made_masks(options, id, &first, &last);
  for (int64_t level = first; level <= last; level++) {
    snprintf(name, sizeof name, "mask-%lld", (long long)level);
    CONTINUE_OR_END(lottery_archive_get_mask(archive, name, NULL, &trial->masks[level]));
  }
  if (options->continued) {
    lottery_snapshot_destroy(trial->trained);
    CONTINUE_OR_END(lottery_archive_get_snapshot(archive, "trained", NULL, &trial->trained));
  }
end:
  return status;
}

/* --- Its outcome, so far ---------------------------------------------------------------------------------------- */

enum { FINISHED, HISTORY_COUNT, EARLY_STOP, DENSITY, EARLY_STOP_ACCURACY, FINAL_ACCURACY, SECONDS, NUMBERS };
enum { EVALUATION_NUMBERS = 3 };

static int64_t bits(double value) {
  int64_t result;
  memcpy(&result, &value, sizeof result);
  return result;
}

static double real(int64_t value) {
  double result;
  memcpy(&result, &value, sizeof result);
  return result;
}

static lottery_status add_outcome(lottery_archive *archive, const struct outcome *outcome, bool finished) {
  const int64_t count = outcome->history_count, shape[] = {count, EVALUATION_NUMBERS}, numbers = NUMBERS;
  const int64_t values[NUMBERS] = {finished,
                                   count,
                                   outcome->early_stop_iteration,
                                   bits(outcome->density),
                                   bits(outcome->early_stop_accuracy),
                                   bits(outcome->final_accuracy),
                                   bits(outcome->seconds)};
  int64_t *history = malloc((size_t)(count + 1) * EVALUATION_NUMBERS * sizeof *history);
  if (!history) return LOTTERY_ERROR_MEMORY;
  for (int64_t i = 0; i < count; i++) {
    history[EVALUATION_NUMBERS * i] = outcome->history[i].iteration;
    history[EVALUATION_NUMBERS * i + 1] = bits(outcome->history[i].validation_loss);
    history[EVALUATION_NUMBERS * i + 2] = bits(outcome->history[i].test_accuracy);
  }
  lottery_status status =
      lottery_archive_add_array(archive, "outcome", LOTTERY_ELEMENT_INT64, 1, &numbers, values, NUMBERS);
  if (status == LOTTERY_OK)
    status = lottery_archive_add_array(archive, "history", LOTTERY_ELEMENT_INT64, 2, shape, history,
                                       count * EVALUATION_NUMBERS);
  free(history);
  return status;
}

static lottery_status get_outcome(lottery_archive *archive, struct outcome *outcome, int64_t capacity,
                                  enum checkpoint *found) {
  int64_t values[NUMBERS];
  lottery_status status = lottery_archive_get_array(archive, "outcome", LOTTERY_ELEMENT_INT64, values, NUMBERS);
  if (status != LOTTERY_OK) return status;
  int64_t count = values[HISTORY_COUNT];
  if (count < 0 || count > capacity) count = capacity; /* the array has fewer, and the library will say so */
  int64_t *history = malloc((size_t)(count + 1) * EVALUATION_NUMBERS * sizeof *history);
  if (!history) return LOTTERY_ERROR_MEMORY;
  status = lottery_archive_get_array(archive, "history", LOTTERY_ELEMENT_INT64, history, EVALUATION_NUMBERS * count);
  if (status == LOTTERY_OK) {
    *found = values[FINISHED] ? CHECKPOINT_FINISHED : CHECKPOINT_TRAINING;
    outcome->history_count = count;
    outcome->early_stop_iteration = values[EARLY_STOP];
    outcome->density = real(values[DENSITY]);
    outcome->early_stop_accuracy = real(values[EARLY_STOP_ACCURACY]);
    outcome->final_accuracy = real(values[FINAL_ACCURACY]);
    outcome->seconds = real(values[SECONDS]);
  }
  for (int64_t i = 0; status == LOTTERY_OK && i < count; i++)
    outcome->history[i] =
        (struct evaluation){history[EVALUATION_NUMBERS * i], real(history[EVALUATION_NUMBERS * i + 1]),
                            real(history[EVALUATION_NUMBERS * i + 2])};
  free(history);
  return status;
}

/* --- Both ------------------------------------------------------------------------------------------------------- */

lottery_status checkpoint_save(lottery_context *context, const struct options *options, const struct trial *trial,
                               const struct outcome *outcome, lottery_trainer *trainer, lottery_snapshot *best) {
  char path[CHECKPOINT_PATH];
  lottery_archive *archive = NULL;
  lottery_status status;
  checkpoint_path(options, &outcome->id, path);
  CONTINUE_OR_END(lottery_archive_create(context, &archive));
  CONTINUE_OR_END(add_outcome(archive, outcome, !trainer));
  CONTINUE_OR_END(add_finds(archive, options, trial, &outcome->id, !trainer));
  if (trainer) CONTINUE_OR_END(lottery_archive_add_trainer(archive, "trainer", trainer));
  if (trainer && best) CONTINUE_OR_END(lottery_archive_add_snapshot(archive, "best", best));
  CONTINUE_OR_END(lottery_archive_save(archive, path));
end:
  lottery_archive_destroy(archive);
  return status;
}

lottery_status checkpoint_load(lottery_context *context, const struct options *options, struct trial *trial,
                               struct outcome *outcome, int64_t capacity, lottery_trainer *trainer,
                               lottery_snapshot **best, enum checkpoint *found) {
  char path[CHECKPOINT_PATH];
  lottery_archive *archive = NULL;
  lottery_status status = LOTTERY_OK;
  *found = CHECKPOINT_NONE;
  checkpoint_path(options, &outcome->id, path);
  if (access(path, F_OK) != 0) return LOTTERY_OK;
  CONTINUE_OR_END(lottery_archive_create(context, &archive));
  CONTINUE_OR_END(lottery_archive_load(archive, path));
  CONTINUE_OR_END(get_outcome(archive, outcome, capacity, found));
  CONTINUE_OR_END(get_finds(archive, options, trial, &outcome->id, *found == CHECKPOINT_FINISHED));
  if (*found == CHECKPOINT_FINISHED) goto end;
  CONTINUE_OR_END(lottery_archive_restore_trainer(archive, "trainer", trainer,
                                                  options->any_instruction_set ? LOTTERY_CONSENT_INSTRUCTION_SET
                                                                               : LOTTERY_CONSENT_NONE));
  if (has(archive, "best")) CONTINUE_OR_END(lottery_archive_get_snapshot(archive, "best", NULL, best));
end:
  lottery_archive_destroy(archive);
  return status;
}
