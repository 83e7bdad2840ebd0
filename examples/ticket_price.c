/* The cost of a ticket from a short search. The mask comes from a dense training of few iterations, pruned in one go;
 * the ticket is rewound and trained to the end. The program compares search and training together with one dense
 * training.
 *
 *   ticket_price DIRECTORY [ITERATIONS [TRIALS [SEARCH...]]]      10000, 3, and 300 1000 3000 by default
 *
 * DIRECTORY holds MNIST's or Fashion-MNIST's four IDX files, plain or gzipped; SEARCH is how many iterations the
 * dense network trains before it is pruned. Accuracy is on the test set at the iteration of least validation loss.
 * Costs are the processor time of training, pruning and rewinding. Evaluations, which are the same for all, do not
 * count. Prints CSV, a line a ticket, and after it a table of means. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lottery.h"

enum { SEARCH_LIMIT = 8, DENSITIES = 3, EVALUATION_INTERVAL = 100 };
static const double densities[DENSITIES] = {0.21, 0.10, 0.05};

static int64_t searches[SEARCH_LIMIT] = {300, 1000, 3000}; /* iterations of the dense network before pruning */
static int search_count = 3;
static lottery_context *context;
static lottery_dataset *training, *validation, *test;

static void must(lottery_status status) {
  if (status >= LOTTERY_OK) return;
  char message[512] = "";
  lottery_context_message(context, message, sizeof message, NULL);
  fprintf(stderr, "ticket_price: %s: %s\n", lottery_status_name(status), message);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static lottery_dataset *load(const char *directory, const char *name) {
  static const char *const endings[] = {"", ".gz"};
  lottery_status status = LOTTERY_ERROR_FILE;
  lottery_dataset *dataset = NULL;
  for (int i = 0; i < 2 && status == LOTTERY_ERROR_FILE; i++) {
    char images[4096], labels[4096];
    snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte%s", directory, name, endings[i]);
    snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte%s", directory, name, endings[i]);
    status = lottery_dataset_load_idx(context, images, labels, &dataset);
  }
  must(status);
  return dataset;
}

struct outcome {
  double accuracy;      /* at the early stop */
  int64_t early_stop;   /* its iteration */
  double search, train; /* seconds */
};

/* Trains for this many iterations and finds the early stop. */
static struct outcome train(lottery_trainer *trainer, int64_t iterations) {
  struct outcome outcome = {0.0, 0, 0.0, 0.0};
  double least = 0.0;
  for (int64_t i = EVALUATION_INTERVAL; i <= iterations; i += EVALUATION_INTERVAL) {
    double loss;
    int64_t correct, count;
    const double start = now();
    must(lottery_trainer_run(trainer, EVALUATION_INTERVAL, NULL, NULL, NULL));
    outcome.train += now() - start;
    must(lottery_trainer_evaluate(trainer, validation, &loss, NULL));
    if (outcome.early_stop > 0 && loss >= least) continue;
    least = loss;
    outcome.early_stop = i;
    must(lottery_trainer_evaluate(trainer, test, NULL, &correct));
    must(lottery_dataset_sizes(test, &count, NULL, NULL));
    outcome.accuracy = (double)correct / (double)count;
  }
  return outcome;
}

/* A ticket from `search` iterations of dense training, trained for `iterations`, and the time that finding it took. */
static struct outcome buy(lottery_network *network, lottery_trainer *trainer, lottery_snapshot *initial, int64_t search,
                          double density, int64_t iterations) {
  lottery_pruner *pruner;
  lottery_mask *mask;
  must(lottery_mask_ones(network, &mask)); /* the whole network, whatever was pruned before */
  must(lottery_trainer_rewind(trainer, initial, mask, LOTTERY_STATE_ALL));
  lottery_mask_destroy(mask);
  const double start = now();
  must(lottery_trainer_run(trainer, search, NULL, NULL, NULL));
  must(lottery_pruner_create(context, &pruner));
  must(lottery_pruner_set_real(pruner, LOTTERY_PRUNER_DENSITY, density));
  must(lottery_pruner_apply(pruner, network, NULL, &mask));
  must(lottery_trainer_rewind(trainer, initial, mask, LOTTERY_STATE_ALL));
  const double spent = now() - start;
  struct outcome outcome = train(trainer, iterations);
  outcome.search = spent;
  lottery_mask_destroy(mask);
  lottery_pruner_destroy(pruner);
  return outcome;
}

/* Trains the dense network and all tickets of one trial, which share its initial weights and the order of data. */
static void run_trial(int64_t trial, int64_t iterations, struct outcome *dense,
                      struct outcome tickets[SEARCH_LIMIT][DENSITIES]) {
  lottery_network *network;
  lottery_trainer *trainer;
  lottery_snapshot *initial;
  must(lottery_network_preset(context, "lenet-300-100", &network));
  must(lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 100 + (uint64_t)trial));
  must(lottery_trainer_create(network, training, 200 + (uint64_t)trial, &trainer)); /* Adam at 0.0012, batches of 60 */
  must(lottery_trainer_snapshot(trainer, LOTTERY_STATE_ALL, &initial));
  *dense = train(trainer, iterations);
  printf("%lld,0,1,%lld,%.4f,0,%.3f,1\n", (long long)trial, (long long)dense->early_stop, dense->accuracy,
         dense->train);
  for (int i = 0; i < search_count; i++)
    for (int j = 0; j < DENSITIES; j++) {
      struct outcome *ticket = &tickets[i][j];
      *ticket = buy(network, trainer, initial, searches[i], densities[j], iterations);
      printf("%lld,%lld,%.2f,%lld,%.4f,%.3f,%.3f,%.3f\n", (long long)trial, (long long)searches[i], densities[j],
             (long long)ticket->early_stop, ticket->accuracy, ticket->search, ticket->train,
             (ticket->search + ticket->train) / dense->train);
      fflush(stdout);
    }
  lottery_snapshot_destroy(initial);
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(network);
}

struct mean {
  double accuracy, least, most, early_stop, price;
};

static void add(struct mean *mean, const struct outcome *outcome, double dense, int64_t trial, int64_t trials) {
  if (trial == 0 || outcome->accuracy < mean->least) mean->least = outcome->accuracy;
  if (trial == 0 || outcome->accuracy > mean->most) mean->most = outcome->accuracy;
  mean->accuracy += outcome->accuracy / (double)trials;
  mean->early_stop += (double)outcome->early_stop / (double)trials;
  mean->price += (outcome->search + outcome->train) / dense / (double)trials;
}

static void print_mean(const char *name, const struct mean *mean) {
  printf("%-38s %6.2f %% [%.2f, %.2f] %9.0f %15.2f\n", name, 100.0 * mean->accuracy, 100.0 * mean->least,
         100.0 * mean->most, mean->early_stop, mean->price);
}

int main(int argument_count, char **arguments) {
  const int64_t iterations = argument_count > 2 ? strtol(arguments[2], NULL, 10) : 10000;
  const int64_t trials = argument_count > 3 ? strtol(arguments[3], NULL, 10) : 3;
  bool usable =
      argument_count >= 2 && argument_count <= 4 + SEARCH_LIMIT && iterations >= EVALUATION_INTERVAL && trials >= 1;
  if (argument_count > 4) search_count = argument_count - 4;
  for (int i = 0; usable && i < argument_count - 4; i++) {
    searches[i] = strtol(arguments[4 + i], NULL, 10);
    usable = searches[i] >= 1;
  }
  if (!usable) {
    fprintf(stderr,
            "usage: %s DIRECTORY [ITERATIONS [TRIALS [SEARCH...]]]: at least %d iterations, 1 trial, up to %d "
            "searches\n",
            arguments[0], EVALUATION_INTERVAL, SEARCH_LIMIT);
    return 2;
  }
  must(lottery_context_create(&context));
  int64_t count;
  lottery_dataset *all = load(arguments[1], "train");
  test = load(arguments[1], "t10k");
  must(lottery_dataset_sizes(all, &count, NULL, NULL));
  must(lottery_dataset_split(all, count - count / 12, 1, &training, &validation)); /* MNIST: 55,000 and 5,000 */

  struct mean dense = {0}, means[SEARCH_LIMIT][DENSITIES] = {{{0}}};
  printf("trial,search_iterations,density,early_stop_iteration,early_stop_test_accuracy,search_seconds,"
         "training_seconds,price\n");
  for (int64_t trial = 0; trial < trials; trial++) {
    struct outcome whole, tickets[SEARCH_LIMIT][DENSITIES];
    run_trial(trial, iterations, &whole, tickets);
    add(&dense, &whole, whole.train, trial, trials);
    for (int i = 0; i < search_count * DENSITIES; i++)
      add(&means[0][0] + i, &tickets[0][0] + i, whole.train, trial, trials);
  }

  printf("\n%-38s %28s %9s %15s\n", "", "accuracy [least, most]", "iteration", "dense trainings");
  print_mean("the whole network", &dense);
  for (int i = 0; i < search_count; i++)
    for (int j = 0; j < DENSITIES; j++) {
      char name[64];
      snprintf(name, sizeof name, "%4.0f %% of the weights after %lld", 100.0 * densities[j], (long long)searches[i]);
      print_mean(name, &means[i][j]);
    }
  lottery_dataset_destroy(training);
  lottery_dataset_destroy(validation);
  lottery_dataset_destroy(all);
  lottery_dataset_destroy(test);
  lottery_context_destroy(context);
  return 0;
}
