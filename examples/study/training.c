/* Trains one network of the study: from which weights, under which mask, and what is looked at on the way. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "training.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

/* Leaves a function through its `end:` unless the call succeeds; LOTTERY_CANCELLED leaves, too. */
#define TRY(call)                       \
  do {                                  \
    status = (call);                    \
    if (status != LOTTERY_OK) goto end; \
  } while (0)

struct run {
  const struct options *options;
  const struct datasets *datasets;
  struct trial *trial;
  struct outcome *outcome;
  lottery_network *network;
  lottery_trainer *trainer;
  lottery_snapshot *best; /* the weights of the early stop, where its test accuracy is still to be measured */
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

/* Notes one evaluation. The test accuracy belongs to the result only at the early stop: unless the whole history is
 * asked for, the weights of the best evaluation so far are kept instead, which costs far less than the test set. */
static lottery_status evaluate(struct run *run, int64_t iteration, double *least) {
  struct outcome *outcome = run->outcome;
  struct evaluation *evaluation = &outcome->history[outcome->history_count];
  lottery_status status;
  *evaluation = (struct evaluation){iteration, 0, -1};
  TRY(lottery_trainer_evaluate(run->trainer, run->datasets->validation, &evaluation->validation_loss, NULL));
  const bool best = outcome->history_count == 0 || evaluation->validation_loss < *least;
  if (keeps_history(run)) TRY(test_accuracy(run, &evaluation->test_accuracy));
  if (best) {
    *least = evaluation->validation_loss;
    outcome->early_stop_iteration = iteration;
    outcome->early_stop_accuracy = evaluation->test_accuracy;
    lottery_snapshot_destroy(run->best);
    run->best = NULL;
    if (!keeps_history(run)) TRY(lottery_network_snapshot(run->network, &run->best));
  }
  outcome->history_count++;
end:
  return status;
}

/* Trains to the last iteration with evaluations on the way. A ticket that is rewound to iteration k begins there; one
 * that is trained on counts from 0 again. */
static lottery_status train(struct run *run) {
  const struct options *options = run->options;
  struct outcome *outcome = run->outcome;
  const bool first = outcome->id.method == METHOD_TICKET && outcome->id.level == 0;
  double least = INFINITY;
  int64_t iteration;
  lottery_status status;
  TRY(lottery_trainer_iteration(run->trainer, &iteration));
  if (options->continued) iteration = 0;
  while (iteration < options->iterations) {
    int64_t next = (iteration / options->evaluation_interval + 1) * options->evaluation_interval;
    if (next > options->iterations) next = options->iterations;
    if (first && iteration <= options->rewind_to && options->rewind_to < next) {
      TRY(lottery_trainer_run(run->trainer, options->rewind_to - iteration, NULL, NULL, NULL));
      TRY(lottery_trainer_snapshot(run->trainer, LOTTERY_STATE_ALL, &run->trial->initial));
      iteration = options->rewind_to;
    }
    TRY(lottery_trainer_run(run->trainer, next - iteration, NULL, NULL, NULL));
    iteration = next;
    TRY(evaluate(run, iteration, &least));
    if (run->progress) run->progress(iteration, run->user);
  }
  struct evaluation *last = &outcome->history[outcome->history_count - 1];
  if (last->test_accuracy < 0) TRY(test_accuracy(run, &last->test_accuracy));
  outcome->final_accuracy = last->test_accuracy;
end:
  return status;
}

/* The network as it begins: initialised, or rewound, under its mask. */
static lottery_status begin(struct run *run, lottery_context *context) {
  const struct options *options = run->options;
  const struct network_id *id = &run->outcome->id;
  const struct network_id of_trial = {id->trial, 0, METHOD_TICKET, 0};
  const uint64_t order = training_seed(options, PURPOSE_ORDER, &of_trial);
  const uint64_t weights = training_seed(options, PURPOSE_WEIGHTS, id);
  struct trial *trial = run->trial;
  lottery_mask *shuffled = NULL, *mask = NULL;
  lottery_status status;
  TRY(lottery_network_preset(context, "lenet-300-100", &run->network));
  TRY(lottery_trainer_create(run->network, run->datasets->training, order, &run->trainer));
  TRY(lottery_trainer_set_integer(run->trainer, LOTTERY_TRAINER_OPTIMISER, options->optimiser));
  TRY(lottery_trainer_set_integer(run->trainer, LOTTERY_TRAINER_BATCH_SIZE, options->batch_size));
  TRY(lottery_trainer_set_real(run->trainer, LOTTERY_TRAINER_LEARNING_RATE, options->learning_rate));
  if (id->method == METHOD_REINITIALISED) { /* new weights, and the whole training from iteration 0 */
    TRY(lottery_network_set_mask(run->network, trial->masks[id->level]));
    TRY(lottery_network_initialise(run->network, LOTTERY_INITIALISE_GLOROT_NORMAL, weights));
  } else if (id->method == METHOD_RANDOM_MASK) {
    TRY(lottery_mask_shuffle(trial->masks[id->level], training_seed(options, PURPOSE_MASK, id), &shuffled));
    TRY(lottery_trainer_rewind(run->trainer, trial->initial, shuffled, LOTTERY_STATE_ALL));
  } else if (id->level > 0) {
    lottery_snapshot *from = options->continued ? trial->trained : trial->initial;
    TRY(lottery_trainer_rewind(run->trainer, from, trial->masks[id->level], LOTTERY_STATE_ALL));
  } else {
    TRY(lottery_network_initialise(run->network, LOTTERY_INITIALISE_GLOROT_NORMAL, weights));
    TRY(lottery_mask_ones(run->network, &trial->masks[0]));
  }
  int64_t kept, total;
  TRY(lottery_network_get_mask(run->network, &mask));
  TRY(lottery_mask_kept(mask, -1, &kept, &total));
  run->outcome->density = (double)kept / (double)total;
end:
  lottery_mask_destroy(shuffled);
  lottery_mask_destroy(mask);
  return status;
}

/* Prunes a trained ticket: by the rate for the next level, or, one-shot, to the density of each further level. */
static lottery_status prune(struct run *run, lottery_context *context) {
  const struct options *options = run->options;
  struct network_id id = run->outcome->id;
  lottery_pruner *pruner = NULL;
  lottery_status status;
  if (options->one_shot && id.level > 0) return LOTTERY_OK;
  TRY(lottery_pruner_create(context, &pruner));
  TRY(lottery_pruner_set_integer(pruner, LOTTERY_PRUNER_CRITERION, options->criterion));
  TRY(lottery_pruner_set_real(pruner, LOTTERY_PRUNER_RATE, options->rate));
  const int64_t last = options->one_shot ? options->levels - 1 : id.level + 1;
  for (id.level++; id.level <= last && id.level < options->levels; id.level++) {
    const uint64_t seed = training_seed(options, PURPOSE_PRUNER, &id);
    TRY(lottery_pruner_set_integer(pruner, LOTTERY_PRUNER_SEED, (int64_t)seed));
    if (options->one_shot) {
      const double density = pow(1 - options->rate, (double)id.level);
      TRY(lottery_pruner_set_real(pruner, LOTTERY_PRUNER_DENSITY, density));
    }
    TRY(lottery_pruner_apply(pruner, run->network, NULL, &run->trial->masks[id.level]));
  }
  if (options->continued) {
    lottery_snapshot_destroy(run->trial->trained);
    run->trial->trained = NULL;
    TRY(lottery_trainer_snapshot(run->trainer, LOTTERY_STATE_ALL, &run->trial->trained));
  }
end:
  lottery_pruner_destroy(pruner);
  return status;
}

/* The test accuracy that evaluate() put off. */
static lottery_status look_back(struct run *run) {
  struct outcome *outcome = run->outcome;
  lottery_status status = LOTTERY_OK;
  if (outcome->early_stop_iteration == outcome->history[outcome->history_count - 1].iteration) {
    outcome->early_stop_accuracy = outcome->final_accuracy;
    return LOTTERY_OK;
  }
  TRY(lottery_trainer_rewind(run->trainer, run->best, NULL, LOTTERY_STATE_WEIGHTS));
  TRY(test_accuracy(run, &outcome->early_stop_accuracy));
  for (int64_t i = 0; i < outcome->history_count; i++)
    if (outcome->history[i].iteration == outcome->early_stop_iteration)
      outcome->history[i].test_accuracy = outcome->early_stop_accuracy;
end:
  return status;
}

lottery_status training_run(lottery_context *context, const struct options *options, const struct datasets *datasets,
                            struct trial *trial, const struct network_id *id, training_progress progress, void *user,
                            struct outcome *outcome) {
  const double start = training_clock();
  struct run run = {options, datasets, trial, outcome, NULL, NULL, NULL, progress, user};
  lottery_status status;
  *outcome = (struct outcome){.id = *id};
  const int64_t evaluations = options->iterations / options->evaluation_interval + 1;
  outcome->history = calloc((size_t)evaluations, sizeof *outcome->history);
  if (!outcome->history) return LOTTERY_ERROR_MEMORY;
  TRY(begin(&run, context));
  TRY(train(&run));
  if (id->method == METHOD_TICKET) TRY(prune(&run, context));
  if (!keeps_history(&run)) TRY(look_back(&run));
  outcome->seconds = training_clock() - start;
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
