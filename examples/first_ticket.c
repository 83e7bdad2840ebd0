/* The lottery ticket hypothesis in one program: trains LeNet-300-100, prunes a fifth of its weights, rewinds the rest
 * to where they began, and repeats. Beside every ticket it trains a control: the same mask with new random weights.
 *
 *   first_ticket DIRECTORY [ITERATIONS [LEVELS]]
 *
 * DIRECTORY holds MNIST's or Fashion-MNIST's four IDX files, plain or gzipped (examples/get_data.sh fetches them). */
#include <stdio.h>
#include <stdlib.h>

#include "lottery.h"

static lottery_context *context;

/* Ends the program when a call fails, with the context's message. */
static void must(lottery_status status) {
  if (status >= LOTTERY_OK) return;
  char message[512] = "";
  lottery_context_message(context, message, sizeof message, NULL);
  fprintf(stderr, "first_ticket: %s: %s\n", lottery_status_name(status), message);
  exit(1);
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

struct result {
  int64_t early_stop;         /* iteration of least validation loss */
  double early_stop_accuracy; /* on the test set, there */
};

/* Trains, and measures the validation loss every 100 iterations. */
static struct result train(lottery_trainer *trainer, int64_t iterations, lottery_dataset *validation,
                           lottery_dataset *test) {
  struct result best = {0, 0.0};
  double least = 1e30;
  for (int64_t i = 100; i <= iterations; i += 100) {
    double loss, test_loss;
    int64_t done, correct, count;
    must(lottery_trainer_run(trainer, 100, NULL, NULL, &done));
    must(lottery_trainer_evaluate(trainer, validation, &loss, &correct));
    if (loss >= least) continue;
    least = loss;
    must(lottery_trainer_evaluate(trainer, test, &test_loss, &correct));
    must(lottery_dataset_sizes(test, &count, NULL, NULL));
    best = (struct result){i, (double)correct / (double)count};
  }
  return best;
}

int main(int argument_count, char **arguments) {
  if (argument_count < 2) {
    fprintf(stderr, "usage: %s DIRECTORY [ITERATIONS [LEVELS]]\n", arguments[0]);
    return 2;
  }
  const int64_t iterations = argument_count > 2 ? strtol(arguments[2], NULL, 10) : 2000;
  const long levels = argument_count > 3 ? strtol(arguments[3], NULL, 10) : 16;
  must(lottery_context_create(&context));
  char backend[256];
  must(lottery_context_describe(context, backend, sizeof backend, NULL));
  printf("%s\n\n", backend);

  lottery_dataset *all = load(arguments[1], "train"), *test = load(arguments[1], "t10k");
  lottery_dataset *training, *validation;
  int64_t count;
  must(lottery_dataset_sizes(all, &count, NULL, NULL));
  must(lottery_dataset_split(all, count - count / 12, 1, &training, &validation)); /* MNIST: 55,000 and 5,000 */

  lottery_network *network;
  lottery_trainer *trainer;
  lottery_pruner *pruner;
  lottery_snapshot *initial;
  lottery_mask *mask;
  must(lottery_network_preset(context, "lenet-300-100", &network));
  must(lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 2));
  must(lottery_trainer_create(network, training, 3, &trainer)); /* Adam at 0.0012, batches of 60 */
  must(lottery_pruner_create(context, &pruner));                /* 20 % a level, by magnitude */
  must(lottery_trainer_snapshot(trainer, LOTTERY_STATE_ALL, &initial));
  must(lottery_mask_ones(network, &mask));

  printf("Test accuracy at the iteration of least validation loss, %lld iterations a level:\n\n",
         (long long)iterations);
  printf("level  weights left   ticket           reinitialised\n");
  for (int level = 0; level < levels; level++) {
    int64_t kept, total;
    must(lottery_mask_kept(mask, -1, &kept, &total));
    must(lottery_trainer_rewind(trainer, initial, mask, LOTTERY_STATE_ALL));
    const struct result ticket = train(trainer, iterations, validation, test);
    lottery_mask *next;
    must(lottery_pruner_apply(pruner, network, mask, &next)); /* looks at the ticket's trained weights */
    printf("%5d  %10.1f %%   %5.2f %% at %5lld", level, 100.0 * (double)kept / (double)total,
           100.0 * ticket.early_stop_accuracy, (long long)ticket.early_stop);
    fflush(stdout);
    if (level > 0) { /* the control: same mask, same data, other initial weights */
      must(lottery_trainer_reset(trainer, LOTTERY_STATE_OPTIMISER | LOTTERY_STATE_POSITION));
      must(lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 1000 + (uint64_t)level));
      const struct result control = train(trainer, iterations, validation, test);
      printf("   %5.2f %% at %5lld", 100.0 * control.early_stop_accuracy, (long long)control.early_stop);
    }
    printf("\n");
    lottery_mask_destroy(mask);
    mask = next;
  }

  lottery_mask_destroy(mask);
  lottery_snapshot_destroy(initial);
  lottery_pruner_destroy(pruner);
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(network);
  lottery_dataset_destroy(training);
  lottery_dataset_destroy(validation);
  lottery_dataset_destroy(all);
  lottery_dataset_destroy(test);
  lottery_context_destroy(context);
  return 0;
}
