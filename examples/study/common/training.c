/* Trains one network of the study: from which weights, under which mask, with which evaluations. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "training.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "checkpoint.h"

/* Goes to the function's `end:` unless the call succeeds; LOTTERY_CANCELLED goes there, too. */
#define CONTINUE_OR_END(call)           \
  do {                                  \
    status = (call);                    \
    if (status != LOTTERY_OK) goto end; \
  } while (0)

struct run {
  lottery_context *context;
  const struct options *options;
  const struct datasets *datasets;
  struct trial *trial;
  struct outcome *outcome;
  lottery_network *network;
  lottery_trainer *trainer;
  lottery_snapshot *best; /* the weights of the early stop, where its test accuracy is still to be measured */
  double start, seconds;  /* on the clock; the second of earlier runs */
  double due;             /* on the clock: when the next checkpoint is due */
  training_progress progress;
  void *user;
};

double training_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The finaliser of SplitMix64 (Steele et al., OOPSLA 2014). */
static uint64_t mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

uint64_t training_seed(const struct options *options, enum purpose purpose, const struct network_id *id) {
  const uint64_t parts[] = {(uint64_t)purpose, (uint64_t)id->trial, (uint64_t)id->level, (uint64_t)id->method,
                            (uint64_t)id->control};
  uint64_t seed = (uint64_t)options->seed;
  for (int i = 0; i < 5; i++) seed = mix(seed + 0x9e3779b97f4a7c15u) + parts[i];
  return mix(seed) >> 11; /* the library's integer options take 53 bits */
}

static lottery_status test_accuracy(struct run *run, double *accuracy) {
  int64_t correct = 0;
  const lottery_status status = lottery_trainer_evaluate(run->trainer, run->datasets->test, NULL, &correct);
  *accuracy = (double)correct / (double)run->datasets->test_count;
  return status;
}

static bool keeps_history(const struct run *run) {
  return run->options->history == HISTORY_FULL ||
         (run->options->history == HISTORY_TICKETS && run->outcome->id.method == METHOD_TICKET);
}

static double least_loss(const struct outcome *outcome) {
  int64_t i = 0;
  while (outcome->history[i].iteration != outcome->early_stop_iteration && i < outcome->history_count - 1) i++;
  return outcome->history[i].validation_loss;
}

/* Records one evaluation. The results need the test accuracy only at the early stop. So unless --history wants it at
 * every evaluation, this keeps the weights of the best evaluation so far instead, which costs far less than going over
 * the test set. */
static lottery_status evaluate(struct run *run, int64_t iteration) {
  struct outcome *outcome = run->outcome;
  struct evaluation *evaluation = &outcome->history[outcome->history_count];
  lottery_status status;
  *evaluation = (struct evaluation){iteration, 0, -1};
  CONTINUE_OR_END(
      lottery_trainer_evaluate(run->trainer, run->datasets->validation, &evaluation->validation_loss, NULL));
  const bool best = outcome->history_count == 0 || evaluation->validation_loss < least_loss(outcome);
  if (keeps_history(run)) CONTINUE_OR_END(test_accuracy(run, &evaluation->test_accuracy));
  if (best) {
    outcome->early_stop_iteration = iteration;
    outcome->early_stop_accuracy = evaluation->test_accuracy;
    lottery_snapshot_destroy(run->best);
    run->best = NULL;
    if (!keeps_history(run)) CONTINUE_OR_END(lottery_network_snapshot(run->network, &run->best));
  }
  outcome->history_count++;
end:
  return status;
}

static bool is_first(const struct run *run) {
  return run->outcome->id.method == METHOD_TICKET && run->outcome->id.level == 0;
}

/* The iteration at which the network's training begins, and the trainer's iteration there: a ticket that is rewound to
 * iteration k begins with k; a ticket whose training continues (--continue) counts from 0 again. */
static int64_t first_iteration(const struct run *run) {
  const struct network_id *id = &run->outcome->id;
  return id->method == METHOD_REINITIALISED || id->level == 0 ? 0 : run->options->rewind_to;
}

static lottery_status completed(const struct run *run, int64_t *iteration) {
  const lottery_status status = lottery_trainer_iteration(run->trainer, iteration);
  if (run->options->continued && run->outcome->id.method == METHOD_TICKET)
    *iteration -= run->outcome->id.level * run->options->iterations;
  return status;
}

static bool is_evaluated(const struct run *run, int64_t iteration) {
  const struct outcome *outcome = run->outcome;
  const int64_t last =
      outcome->history_count ? outcome->history[outcome->history_count - 1].iteration : first_iteration(run);
  return iteration <= last ||
         (iteration % run->options->evaluation_interval != 0 && iteration != run->options->iterations);
}

/* Iterations to the next evaluation, or to the iteration that tickets are rewound to. */
static int64_t iterations_left(const struct run *run, int64_t iteration) {
  const struct options *options = run->options;
  int64_t next = (iteration / options->evaluation_interval + 1) * options->evaluation_interval;
  if (next > options->iterations) next = options->iterations;
  if (is_first(run) && iteration < options->rewind_to && options->rewind_to < next) next = options->rewind_to;
  return next - iteration;
}

static lottery_status save(struct run *run) {
  const double now = training_clock();
  run->outcome->seconds = run->seconds + now - run->start;
  run->due = now + run->options->checkpoint_interval;
  return checkpoint_save(run->context, run->options, run->trial, run->outcome, run->trainer, run->best);
}

/* A lottery_progress: stops the run when a checkpoint is due. */
static int32_t is_due(int64_t iteration, double loss, void *user) {
  const struct run *run = user;
  (void)iteration;
  (void)loss;
  return training_clock() >= run->due;
}

/* Trains from wherever the trainer is to the last iteration, with evaluations and checkpoints on the way. */
static lottery_status train(struct run *run) {
  struct outcome *outcome = run->outcome;
  int64_t iteration, done;
  lottery_status status;
  CONTINUE_OR_END(completed(run, &iteration));
  for (;;) {
    if (is_first(run) && iteration == run->options->rewind_to && !run->trial->initial)
      CONTINUE_OR_END(lottery_trainer_snapshot(run->trainer, LOTTERY_STATE_ALL, &run->trial->initial));
    if (!is_evaluated(run, iteration)) {
      CONTINUE_OR_END(evaluate(run, iteration));
      if (run->progress) run->progress(iteration, run->user);
      if (is_due(iteration, 0, run)) CONTINUE_OR_END(save(run));
    }
    if (iteration == run->options->iterations) break;
    const lottery_status ended = lottery_trainer_run(run->trainer, iterations_left(run, iteration), is_due, run, &done);
    iteration += done;
    if (ended == LOTTERY_STOPPED || ended == LOTTERY_CANCELLED) CONTINUE_OR_END(save(run));
    if (ended != LOTTERY_STOPPED) CONTINUE_OR_END(ended);
  }
  struct evaluation *last = &outcome->history[outcome->history_count - 1];
  if (last->test_accuracy < 0) CONTINUE_OR_END(test_accuracy(run, &last->test_accuracy));
  outcome->final_accuracy = last->test_accuracy;
end:
  return status;
}

/* Network and trainer with their options, before they receive their state. */
static lottery_status create(struct run *run) {
  const struct options *options = run->options;
  const struct network_id of_trial = {run->outcome->id.trial, 0, METHOD_TICKET, 0};
  const uint64_t order = training_seed(options, PURPOSE_ORDER, &of_trial);
  lottery_status status;
  CONTINUE_OR_END(lottery_network_preset(run->context, study_network, &run->network));
  CONTINUE_OR_END(lottery_trainer_create(run->network, run->datasets->training, order, &run->trainer));
  CONTINUE_OR_END(lottery_trainer_set_integer(run->trainer, LOTTERY_TRAINER_OPTIMISER, options->optimiser));
  CONTINUE_OR_END(lottery_trainer_set_integer(run->trainer, LOTTERY_TRAINER_BATCH_SIZE, options->batch_size));
  CONTINUE_OR_END(lottery_trainer_set_real(run->trainer, LOTTERY_TRAINER_LEARNING_RATE, options->learning_rate));
  CONTINUE_OR_END(lottery_trainer_set_integer(run->trainer, LOTTERY_TRAINER_PROGRESS_INTERVAL, 10));
end:
  return status;
}

/* Brings the network to where its training begins: initialised, or rewound, under its mask. */
static lottery_status begin(struct run *run) {
  const struct options *options = run->options;
  const struct network_id *id = &run->outcome->id;
  const uint64_t weights = training_seed(options, PURPOSE_WEIGHTS, id);
  struct trial *trial = run->trial;
  lottery_mask *shuffled = NULL, *mask = NULL;
  lottery_status status;
  if (id->method == METHOD_REINITIALISED) { /* new weights, and the whole training from iteration 0 */
    CONTINUE_OR_END(lottery_network_set_mask(run->network, trial->masks[id->level]));
    CONTINUE_OR_END(lottery_network_initialise(run->network, LOTTERY_INITIALISE_GLOROT_NORMAL, weights));
  } else if (id->method == METHOD_RANDOM_MASK) {
    CONTINUE_OR_END(lottery_mask_shuffle(trial->masks[id->level], training_seed(options, PURPOSE_MASK, id), &shuffled));
    CONTINUE_OR_END(lottery_trainer_rewind(run->trainer, trial->initial, shuffled, LOTTERY_STATE_ALL));
  } else if (id->level > 0) {
    lottery_snapshot *from = options->continued ? trial->trained : trial->initial;
    CONTINUE_OR_END(lottery_trainer_rewind(run->trainer, from, trial->masks[id->level], LOTTERY_STATE_ALL));
  } else {
    CONTINUE_OR_END(lottery_network_initialise(run->network, LOTTERY_INITIALISE_GLOROT_NORMAL, weights));
    CONTINUE_OR_END(lottery_mask_ones(run->network, &trial->masks[0]));
  }
  int64_t kept, total;
  CONTINUE_OR_END(lottery_network_get_mask(run->network, &mask));
  CONTINUE_OR_END(lottery_mask_kept(mask, -1, &kept, &total));
  run->outcome->density = (double)kept / (double)total;
end:
  lottery_mask_destroy(shuffled);
  lottery_mask_destroy(mask);
  return status;
}

/* Prunes a trained ticket: by the rate for the next level, or, one-shot, to the density of each further level. */
static lottery_status prune(struct run *run) {
  const struct options *options = run->options;
  struct network_id id = run->outcome->id;
  lottery_pruner *pruner = NULL;
  lottery_status status;
  if (options->one_shot && id.level > 0) return LOTTERY_OK;
  CONTINUE_OR_END(lottery_pruner_create(run->context, &pruner));
  CONTINUE_OR_END(lottery_pruner_set_integer(pruner, LOTTERY_PRUNER_CRITERION, options->criterion));
  CONTINUE_OR_END(lottery_pruner_set_real(pruner, LOTTERY_PRUNER_RATE, options->rate));
  const int64_t last = options->one_shot ? options->levels - 1 : id.level + 1;
  for (id.level++; id.level <= last && id.level < options->levels; id.level++) {
    const uint64_t seed = training_seed(options, PURPOSE_PRUNER, &id);
    CONTINUE_OR_END(lottery_pruner_set_integer(pruner, LOTTERY_PRUNER_SEED, (int64_t)seed));
    if (options->one_shot) {
      const double density = pow(1 - options->rate, (double)id.level);
      CONTINUE_OR_END(lottery_pruner_set_real(pruner, LOTTERY_PRUNER_DENSITY, density));
    }
    status = lottery_pruner_apply(pruner, run->network, NULL, &run->trial->masks[id.level]);
    if (status == LOTTERY_UNCHANGED) status = LOTTERY_OK; /* so few are left that none goes */
    CONTINUE_OR_END(status);
  }
  if (options->continued) {
    lottery_snapshot_destroy(run->trial->trained);
    run->trial->trained = NULL;
    CONTINUE_OR_END(lottery_trainer_snapshot(run->trainer, LOTTERY_STATE_ALL, &run->trial->trained));
  }
end:
  lottery_pruner_destroy(pruner);
  return status;
}

/* Measures the test accuracy that evaluate() put off. */
static lottery_status look_back(struct run *run) {
  struct outcome *outcome = run->outcome;
  lottery_status status = LOTTERY_OK;
  if (outcome->early_stop_iteration == outcome->history[outcome->history_count - 1].iteration) {
    outcome->early_stop_accuracy = outcome->final_accuracy;
    return LOTTERY_OK;
  }
  CONTINUE_OR_END(lottery_trainer_rewind(run->trainer, run->best, NULL, LOTTERY_STATE_WEIGHTS));
  CONTINUE_OR_END(test_accuracy(run, &outcome->early_stop_accuracy));
  for (int64_t i = 0; i < outcome->history_count; i++)
    if (outcome->history[i].iteration == outcome->early_stop_iteration)
      outcome->history[i].test_accuracy = outcome->early_stop_accuracy;
end:
  return status;
}

lottery_status training_run(lottery_context *context, const struct options *options, const struct datasets *datasets,
                            struct trial *trial, const struct network_id *id, training_progress progress, void *user,
                            struct outcome *outcome) {
  struct run run = {.context = context,
                    .options = options,
                    .datasets = datasets,
                    .trial = trial,
                    .outcome = outcome,
                    .start = training_clock(),
                    .progress = progress,
                    .user = user};
  enum checkpoint found = CHECKPOINT_NONE;
  lottery_status status;
  *outcome = (struct outcome){.id = *id};
  const int64_t evaluations = options->iterations / options->evaluation_interval + 1;
  outcome->history = calloc((size_t)evaluations, sizeof *outcome->history);
  if (!outcome->history) return LOTTERY_ERROR_MEMORY;
  run.due = run.start + options->checkpoint_interval;
  CONTINUE_OR_END(create(&run));
  if (options->resume) {
    outcome->loading = true;
    CONTINUE_OR_END(checkpoint_load(context, options, trial, outcome, evaluations, run.trainer, &run.best, &found));
    outcome->loading = false;
  }
  outcome->restored = found == CHECKPOINT_FINISHED;
  if (outcome->restored) goto end;
  if (found == CHECKPOINT_NONE) CONTINUE_OR_END(begin(&run));
  run.seconds = outcome->seconds;
  CONTINUE_OR_END(train(&run));
  if (id->method == METHOD_TICKET) CONTINUE_OR_END(prune(&run));
  if (!keeps_history(&run)) CONTINUE_OR_END(look_back(&run));
  outcome->seconds = run.seconds + training_clock() - run.start;
  CONTINUE_OR_END(checkpoint_save(context, options, trial, outcome, NULL, NULL));
end:
  lottery_snapshot_destroy(run.best);
  lottery_trainer_destroy(run.trainer);
  lottery_network_destroy(run.network);
  if (status != LOTTERY_OK) {
    free(outcome->history);
    outcome->history = NULL;
  }
  return status;
}
