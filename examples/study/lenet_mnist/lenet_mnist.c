/* The study of Frankle & Carbin (ICLR 2019) with LeNet-300-100: iterative magnitude pruning in many trials at once,
 * controls for every ticket, and results as CSV files, which examples/plot.sh draws.
 *
 *   lenet_mnist --data DIRECTORY --out DIRECTORY [OPTION VALUE]...      lenet_mnist --help lists the options
 *
 * options.c is its command line; ../common/ holds what every study has: settings, training (one network), work (all
 * networks, in parallel), checkpoint, results, progress. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "../common/options.h"
#include "../common/progress.h"
#include "../common/results.h"
#include "../common/settings.h"
#include "../common/training.h"
#include "../common/work.h"
#include "lottery.h"

static struct work *volatile stoppable; /* what a signal stops */
static volatile sig_atomic_t stopped_by;

static void handle_signal(int number) {
  stopped_by = number;
  work_stop(stoppable);
}

/* A second signal ends the program at once. */
static void set_handler(void (*handler)(int)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = (int)(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

/* Reads NAME's images and labels, plain or gzipped. */
static lottery_status load(lottery_context *context, const char *folder, const char *name, lottery_dataset **out) {
  static const char *const endings[] = {"", ".gz"};
  lottery_status status = LOTTERY_ERROR_FILE;
  for (int i = 0; i < 2 && status == LOTTERY_ERROR_FILE; i++) {
    char images[4096], labels[4096];
    snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte%s", folder, name, endings[i]);
    snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte%s", folder, name, endings[i]);
    status = lottery_dataset_load_idx(context, images, labels, out);
  }
  return status;
}

/* The test set stays as it is. Of the other images 1 in 12, chosen by the seed, is for validation. */
static lottery_status load_all(lottery_context *context, const struct options *options, struct datasets *datasets) {
  lottery_dataset *all = NULL;
  int64_t count = 0;
  lottery_status status = load(context, options->data, "t10k", &datasets->test);
  if (status == LOTTERY_OK) status = lottery_dataset_sizes(datasets->test, &datasets->test_count, NULL, NULL);
  if (status == LOTTERY_OK) status = load(context, options->data, "train", &all);
  if (status == LOTTERY_OK) status = lottery_dataset_sizes(all, &count, NULL, NULL);
  if (status == LOTTERY_OK)
    status = lottery_dataset_split(all, count - count / 12,
                                   training_seed(options, PURPOSE_SPLIT, &(struct network_id){0, 0, METHOD_TICKET, 0}),
                                   &datasets->training, &datasets->validation);
  lottery_dataset_destroy(all);
  return status;
}

/* Trains everything; returns the program's exit code. */
static int study(const struct options *options, const struct datasets *datasets, const char *backend) {
  if (!settings_begin(options, datasets, backend)) return 1;
  struct results *results = results_open(options);
  if (!results) return 1;
  struct work *work = work_start(options, datasets);
  bool fine = work != NULL;
  struct progress progress = progress_begin(work_networks(options));
  if (work) {
    stoppable = work;
    set_handler(handle_signal);
    struct outcome outcome;
    enum work_event event;
    while ((event = work_wait(work, &outcome)) != WORK_END) {
      if (event == WORK_TICK) {
        progress_show(&progress, work_progress(work));
        continue;
      }
      if (fine) progress_note(&progress, &outcome, work_progress(work));
      if (!results_add(results, outcome)) {
        fine = false;
        work_stop(work);
      }
    }
    progress_end(&progress);
    set_handler(SIG_IGN); /* from here on no signal may interrupt the writing of the files or touch the contexts */
    fine = work_end(work) && fine;
  }
  fine = results_finish(results) && fine;
  char time[32];
  printf("\n%s%lld of %lld networks in %s; results in %s\n", stopped_by ? "Stopped: " : "",
         (long long)progress.finished, (long long)progress.networks,
         progress_time(training_clock() - progress.start, time), options->out);
  return stopped_by ? 128 + stopped_by : fine ? 0 : 1;
}

/* Replaces "automatic" by the instruction set in use. */
static lottery_status choose_instruction_set(lottery_context *context, struct options *options) {
  int32_t used;
  lottery_status status = lottery_context_set_instruction_set(context, (int32_t)options->instruction_set);
  if (status == LOTTERY_OK) status = lottery_context_get_instruction_set(context, &used);
  if (status == LOTTERY_OK) options->instruction_set = used;
  return status;
}

int main(int argument_count, char **arguments) {
  struct options options;
  int code = options_read(&options, argument_count, arguments);
  if (code >= 0) return code;
  lottery_context *context = NULL;
  struct datasets datasets = {NULL, NULL, NULL, 0};
  char backend[256] = "", message[512] = "";
  lottery_status status = lottery_context_create(&context);
  if (status == LOTTERY_OK) status = choose_instruction_set(context, &options);
  if (status == LOTTERY_OK) status = lottery_context_describe(context, backend, sizeof backend, NULL);
  if (status == LOTTERY_OK) status = load_all(context, &options, &datasets);
  if (status == LOTTERY_OK) {
    printf("%s\n", backend);
    fflush(stdout);
    code = study(&options, &datasets, backend);
  } else {
    lottery_context_message(context, message, sizeof message, NULL);
    fprintf(stderr, "lenet_mnist: %s: %s\n", lottery_status_name(status), message);
    code = 1;
  }
  lottery_dataset_destroy(datasets.training);
  lottery_dataset_destroy(datasets.validation);
  lottery_dataset_destroy(datasets.test);
  lottery_context_destroy(context);
  return code;
}
