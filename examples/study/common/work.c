/* Trains the study's networks in parallel. The networks of a level wait for the level's mask, which the ticket of the
 * level before makes; after that all are independent. Lower levels go first, and within a level the tickets, for which
 * the next level waits. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "work.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "checkpoint.h"

struct worker {
  struct work *work;
  lottery_context *context; /* its own, so that messages and memory are not shared */
  pthread_t thread;
  struct network_id id; /* of the network in training */
  double done;          /* how much of it is trained, 0 to 1; 0 when the thread has no network */
};

struct result {
  struct outcome outcome;
  struct result *next;
};

struct work {
  const struct options *options;
  const struct datasets *datasets;
  struct trial *trials;
  struct worker *workers;
  int64_t worker_count;
  atomic_bool stopped; /* beside the contexts' cancelling, for the time between two networks */
  pthread_mutex_t mutex;
  pthread_cond_t changed;   /* the queue, or the number of running networks */
  pthread_cond_t announced; /* a result, or the end */
  struct network_id *queue;
  int64_t queued, running, alive; /* alive: threads */
  double done;                    /* cost of the finished networks */
  struct result *first, **last;
  char failure[5000]; /* the first one */
};

int64_t work_networks(const struct options *options) {
  return options->trials * (options->levels + (options->levels - 1) * (options->reinitialised + options->random_masks));
}

/* Relative time of a training: a part of it is proportional to the weights that are left. */
static double cost(const struct work *work, int64_t level) {
  return 0.05 + pow(1 - work->options->rate, (double)level);
}

static double whole_cost(const struct work *work) {
  const int64_t controls = work->options->reinitialised + work->options->random_masks;
  double sum = 0;
  for (int64_t level = 0; level < work->options->levels; level++)
    sum += cost(work, level) * (double)(level ? 1 + controls : 1);
  return sum * (double)work->options->trials;
}

void work_stop(struct work *work) {
  atomic_store(&work->stopped, true);
  for (int64_t i = 0; i < work->worker_count; i++) lottery_context_cancel(work->workers[i].context);
}

/* --- The queue; the caller holds the mutex ---------------------------------------------------------------------- */

static bool precedes(const struct network_id *a, const struct network_id *b) {
  if (a->level != b->level) return a->level < b->level;
  const bool a_waited_for = a->method == METHOD_TICKET, b_waited_for = b->method == METHOD_TICKET;
  if (a_waited_for != b_waited_for) return a_waited_for;
  if (a->control != b->control) return a->control < b->control;
  if (a->method != b->method) return a->method < b->method;
  return a->trial < b->trial;
}

static struct network_id dequeue(struct work *work) {
  int64_t best = 0;
  for (int64_t i = 1; i < work->queued; i++)
    if (precedes(&work->queue[i], &work->queue[best])) best = i;
  const struct network_id id = work->queue[best];
  work->queue[best] = work->queue[--work->queued];
  return id;
}

/* All networks of a trial's level. The queue has room for every network of the study. */
static void enqueue_level(struct work *work, int64_t trial, int64_t level) {
  const int64_t counts[] = {1, level ? work->options->reinitialised : 0, level ? work->options->random_masks : 0};
  for (int method = 0; method < 3; method++)
    for (int64_t i = 0; i < counts[method]; i++)
      work->queue[work->queued++] = (struct network_id){trial, level, (enum method)method, i};
}

static void enqueue_after(struct work *work, const struct network_id *id) {
  if (id->method != METHOD_TICKET || (work->options->one_shot && id->level > 0)) return;
  const int64_t last = work->options->one_shot ? work->options->levels - 1 : id->level + 1;
  for (int64_t level = id->level + 1; level <= last && level < work->options->levels; level++)
    enqueue_level(work, id->trial, level);
}

/* --- The threads ------------------------------------------------------------------------------------------------ */

static void note_progress(int64_t iterations, void *user) {
  struct worker *worker = user;
  pthread_mutex_lock(&worker->work->mutex);
  worker->done = (double)iterations / (double)worker->work->options->iterations;
  pthread_mutex_unlock(&worker->work->mutex);
}

static void describe_checkpoint(struct worker *worker, lottery_status status, const char *message) {
  char path[CHECKPOINT_PATH];
  checkpoint_path(worker->work->options, &worker->id, path);
  snprintf(worker->work->failure, sizeof worker->work->failure,
           "%.4000s: %s: %s; without this file its network is trained from the beginning", path,
           lottery_status_name(status), message);
}

/* The caller holds the mutex. */
static void note_failure(struct worker *worker, lottery_status status, bool loading) {
  struct work *work = worker->work;
  if (!work->failure[0]) {
    char message[512] = "";
    lottery_context_message(worker->context, message, sizeof message, NULL);
    if (loading)
      describe_checkpoint(worker, status, message);
    else
      snprintf(work->failure, sizeof work->failure, "trial %lld, level %lld: %s: %s", (long long)worker->id.trial,
               (long long)worker->id.level, lottery_status_name(status), message);
  }
  work_stop(work);
}

static void hand_over(struct worker *worker, struct result *result) {
  struct work *work = worker->work;
  result->next = NULL;
  *work->last = result;
  work->last = &result->next;
  work->done += cost(work, worker->id.level);
  enqueue_after(work, &worker->id);
}

static void *run_worker(void *user) {
  struct worker *worker = user;
  struct work *work = worker->work;
  pthread_mutex_lock(&work->mutex);
  while (!atomic_load(&work->stopped)) {
    if (!work->queued) {
      if (!work->running) break;
      pthread_cond_wait(&work->changed, &work->mutex);
      continue;
    }
    worker->id = dequeue(work);
    work->running++;
    pthread_mutex_unlock(&work->mutex);

    struct result *result = malloc(sizeof *result);
    lottery_status status = LOTTERY_ERROR_MEMORY;
    bool loading = false;
    if (result)
      status = training_run(worker->context, work->options, work->datasets, &work->trials[worker->id.trial],
                            &worker->id, note_progress, worker, &result->outcome);
    if (result && status < LOTTERY_OK) loading = result->outcome.loading;

    pthread_mutex_lock(&work->mutex);
    work->running--;
    worker->done = 0;
    if (status == LOTTERY_OK)
      hand_over(worker, result);
    else {
      free(result);
      if (status < LOTTERY_OK) note_failure(worker, status, loading);
    }
    pthread_cond_broadcast(&work->changed);
    pthread_cond_signal(&work->announced);
  }
  work->alive--;
  pthread_cond_broadcast(&work->changed);
  pthread_cond_signal(&work->announced);
  pthread_mutex_unlock(&work->mutex);
  return NULL;
}

/* --- What the main thread calls --------------------------------------------------------------------------------- */

static void release(struct work *work) {
  for (int64_t i = 0; work->workers && i < work->worker_count; i++) lottery_context_destroy(work->workers[i].context);
  for (int64_t i = 0; work->trials && i < work->options->trials; i++) {
    struct trial *trial = &work->trials[i];
    for (int64_t level = 0; trial->masks && level < work->options->levels; level++)
      lottery_mask_destroy(trial->masks[level]);
    free(trial->masks);
    lottery_snapshot_destroy(trial->initial);
    lottery_snapshot_destroy(trial->trained);
  }
  while (work->first) {
    struct result *result = work->first;
    work->first = result->next;
    free(result->outcome.history);
    free(result);
  }
  free(work->workers);
  free(work->trials);
  free(work->queue);
  pthread_cond_destroy(&work->changed);
  pthread_cond_destroy(&work->announced);
  pthread_mutex_destroy(&work->mutex);
  free(work);
}

static bool allocate(struct work *work) {
  const struct options *options = work->options;
  work->workers = calloc((size_t)options->threads, sizeof *work->workers);
  work->trials = calloc((size_t)options->trials, sizeof *work->trials);
  work->queue = calloc((size_t)work_networks(options), sizeof *work->queue);
  if (!work->workers || !work->trials || !work->queue) return false;
  for (int64_t i = 0; i < options->trials; i++) {
    work->trials[i].masks = calloc((size_t)options->levels, sizeof *work->trials[i].masks);
    if (!work->trials[i].masks) return false;
  }
  for (int64_t i = 0; i < options->threads; i++) {
    work->workers[i].work = work;
    if (lottery_context_create(&work->workers[i].context) != LOTTERY_OK) return false;
    lottery_context_set_instruction_set(work->workers[i].context, (int32_t)options->instruction_set);
    work->worker_count = i + 1;
  }
  return true;
}

struct work *work_start(const struct options *options, const struct datasets *datasets) {
  struct work *work = calloc(1, sizeof *work);
  if (!work) {
    fprintf(stderr, "%s: no memory\n", study_program);
    return NULL;
  }
  work->options = options;
  work->datasets = datasets;
  work->last = &work->first;
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&work->announced, &attributes);
  pthread_condattr_destroy(&attributes);
  pthread_cond_init(&work->changed, NULL);
  pthread_mutex_init(&work->mutex, NULL);
  if (!allocate(work)) {
    fprintf(stderr, "%s: no memory\n", study_program);
    release(work);
    return NULL;
  }
  for (int64_t trial = 0; trial < options->trials; trial++) enqueue_level(work, trial, 0);

  /* Only the main thread receives signals. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_mutex_lock(&work->mutex);
  int fault = 0;
  while (work->alive < work->worker_count && !fault) {
    struct worker *worker = &work->workers[work->alive];
    fault = pthread_create(&worker->thread, NULL, run_worker, worker);
    if (!fault) work->alive++;
  }
  const int64_t created = work->alive;
  while (work->worker_count > created) lottery_context_destroy(work->workers[--work->worker_count].context);
  pthread_mutex_unlock(&work->mutex);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (created) return work; /* with fewer threads it only takes longer */
  fprintf(stderr, "%s: cannot create a thread: %s\n", study_program, strerror(fault));
  release(work);
  return NULL;
}

enum work_event work_wait(struct work *work, struct outcome *outcome) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += 250000000;
  until.tv_sec += until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  enum work_event event = WORK_TICK;
  pthread_mutex_lock(&work->mutex);
  if (!work->first && work->alive) pthread_cond_timedwait(&work->announced, &work->mutex, &until);
  if (work->first) {
    struct result *result = work->first;
    work->first = result->next;
    if (!work->first) work->last = &work->first;
    *outcome = result->outcome;
    free(result);
    event = WORK_RESULT;
  } else if (!work->alive)
    event = WORK_END;
  pthread_mutex_unlock(&work->mutex);
  return event;
}

double work_progress(struct work *work) {
  pthread_mutex_lock(&work->mutex);
  double done = work->done;
  for (int64_t i = 0; i < work->worker_count; i++)
    done += work->workers[i].done * cost(work, work->workers[i].id.level);
  pthread_mutex_unlock(&work->mutex);
  return done / whole_cost(work);
}

bool work_end(struct work *work) {
  work_stop(work);
  for (int64_t i = 0; i < work->worker_count; i++) pthread_join(work->workers[i].thread, NULL);
  const bool fine = !work->failure[0];
  if (!fine) fprintf(stderr, "%s: %s\n", study_program, work->failure);
  release(work);
  return fine;
}
