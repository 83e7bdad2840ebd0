/* Finds the densities at which a layer takes equal time packed and dense, and prints them as the table of
 * lib/kernels/choice.c.
 *
 *   bench_crossover [--data DIR] [--rounds N] [--isa NAME] [--clock wall|processor]
 *
 * A layer is measured inside a network that is trained: the network with the layer forced to packed survivors and the
 * one with it dense differ in nothing else, so that equal steps mean equal layers. The first layer reads the images of
 * DIR (four IDX files, such as MNIST's; without it, random bytes); any other one reads a small layer's units, and the
 * gradient of its inputs is made. */
#include "bench/measure.h"

struct settings {
  const char *data;
  int rounds;
  int32_t only;
  bool processor;
};

struct shape {
  int64_t rows, columns;
  bool first; /* reads the network's input */
};

enum { ROUND_LIMIT = 64, EXAMPLES = 6000, BATCH = 60, FRONT_INPUTS = 16, HALVINGS = 6 };

/* One form of the layer in training. */
struct form {
  lottery_network *network;
  lottery_trainer *trainer;
};

/* Random bytes, or the images of the data at hand where the layer is as wide as they are, with labels for the layer's
 * units. */
static lottery_dataset *make_dataset(lottery_context *context, const struct settings *settings, int64_t features,
                                     int64_t classes) {
  lottery_dataset *inputs = NULL, *dataset = NULL;
  int64_t count = EXAMPLES;
  if (settings->data != NULL && features == 784) {
    char path[1024];
    snprintf(path, sizeof path, "%s/train-images-idx3-ubyte", settings->data);
    measure_require(context, lottery_dataset_load_idx(context, path, NULL, &inputs));
    measure_require(context, lottery_dataset_sizes(inputs, &count, NULL, NULL));
  } else {
    uint8_t *bytes = malloc((size_t)(count * features));
    if (bytes == NULL) measure_fail("out of memory");
    uint32_t state = 1;
    for (int64_t i = 0; i < count * features; i++) {
      state = state * 1664525U + 1013904223U;
      bytes[i] = (uint8_t)(state >> 24);
    }
    measure_require(context, lottery_dataset_create(context, count, 1, &features, LOTTERY_ELEMENT_UINT8, bytes,
                                                    1.0 / 255, 0, LOTTERY_MEMORY_COPY, NULL, NULL, &inputs));
    free(bytes);
  }
  int32_t *labels = malloc((size_t)count * sizeof *labels);
  if (labels == NULL) measure_fail("out of memory");
  for (int64_t i = 0; i < count; i++) labels[i] = (int32_t)(i % classes);
  measure_require(context, lottery_dataset_with_labels(inputs, (int32_t)classes, labels, count, &dataset));
  free(labels);
  lottery_dataset_destroy(inputs);
  return dataset;
}

/* The layer of a shape, in front of it a small one unless it is the first. */
static struct form create(lottery_context *context, const struct shape *shape, lottery_dataset *dataset,
                          double crossover) {
  struct form form = {NULL, NULL};
  const int64_t inputs = shape->first ? shape->columns : FRONT_INPUTS;
  int32_t node;
  measure_require(context, lottery_network_create(context, &form.network));
  measure_require(context, lottery_network_input(form.network, 1, &inputs, &node));
  if (!shape->first) {
    measure_require(context, lottery_network_dense(form.network, node, shape->columns, &node));
    measure_require(context, lottery_network_relu(form.network, node, &node));
  }
  measure_require(context, lottery_network_dense(form.network, node, shape->rows, &node));
  measure_require(context, lottery_network_finish(form.network, node));
  measure_require(context, lottery_network_initialise(form.network, LOTTERY_INITIALISE_GLOROT_NORMAL, 7));
  measure_require(context, lottery_network_set_real(form.network, LOTTERY_NETWORK_CROSSOVER, crossover));
  measure_require(context, lottery_trainer_create(form.network, dataset, 1, &form.trainer));
  return form;
}

static void destroy(struct form *form) {
  lottery_trainer_destroy(form->trainer);
  lottery_network_destroy(form->network);
}

/* Prunes the layer, and no other, to a density. */
static void prune(lottery_context *context, const struct form *form, double density, bool first) {
  lottery_pruner *pruner = NULL;
  lottery_mask *mask = NULL;
  measure_require(context, lottery_pruner_create(context, &pruner));
  measure_require(context, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_DENSITY, density));
  measure_require(context, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_OUTPUT_FACTOR, 1.0));
  if (!first) measure_require(context, lottery_pruner_set_tensor_rate(pruner, "fc1.weight", 0.0));
  measure_require(context, lottery_network_set_mask(form->network, NULL));
  measure_require(context, lottery_network_initialise(form->network, LOTTERY_INITIALISE_GLOROT_NORMAL, 7));
  measure_require(context, lottery_pruner_apply(pruner, form->network, NULL, &mask));
  measure_require(context, lottery_network_set_mask(form->network, mask));
  measure_require(context, lottery_trainer_reset(form->trainer, LOTTERY_STATE_OPTIMISER | LOTTERY_STATE_POSITION));
  lottery_mask_destroy(mask);
  lottery_pruner_destroy(pruner);
}

static double time_of(lottery_context *context, const struct form *form, bool processor, int64_t iterations) {
  const double start = measure_now(processor);
  measure_require(context, lottery_trainer_run(form->trainer, iterations, NULL, NULL, NULL));
  return (measure_now(processor) - start) / (double)iterations;
}

/* The time of a packed step over that of a dense one, at a density. */
static double ratio_at(lottery_context *context, const struct form forms[2], const struct shape *shape, double density,
                       const struct settings *settings) {
  double ratios[ROUND_LIMIT];
  int64_t iterations[2];
  for (int packed = 0; packed < 2; packed++) {
    prune(context, &forms[packed], density, shape->first);
    time_of(context, &forms[packed], settings->processor, 10);
    iterations[packed] = 10 + (int64_t)(0.01 / time_of(context, &forms[packed], settings->processor, 20));
  }
  for (int i = 0; i < settings->rounds; i++) {
    const double dense = time_of(context, &forms[0], settings->processor, iterations[0]);
    ratios[i] = time_of(context, &forms[1], settings->processor, iterations[1]) / dense;
  }
  return measure_median(ratios, settings->rounds);
}

/* Halves an interval, which supposes that packed layers get slower the denser they are. 1 where packed always wins. */
static double find(lottery_context *context, const struct shape *shape, const struct settings *settings) {
  lottery_dataset *dataset = make_dataset(context, settings, shape->first ? shape->columns : FRONT_INPUTS, shape->rows);
  struct form forms[2] = {create(context, shape, dataset, 0.0), create(context, shape, dataset, 1.0)};
  double low = 0.0, high = 1.0;
  for (int i = 0; i < HALVINGS; i++) {
    const double middle = 0.5 * (low + high);
    if (ratio_at(context, forms, shape, middle, settings) < 1.0)
      low = middle;
    else
      high = middle;
  }
  destroy(&forms[0]);
  destroy(&forms[1]);
  lottery_dataset_destroy(dataset);
  return 0.5 * (low + high);
}

static struct settings read_settings(int count, char **arguments) {
  struct settings settings = {NULL, 5, LOTTERY_INSTRUCTION_SET_AUTOMATIC, false};
  for (int i = 1; i < count; i++) {
    const char *option = arguments[i], *value = i + 1 < count ? arguments[++i] : NULL;
    if (value == NULL) measure_fail("bench_crossover [--data DIR] [--rounds N] [--isa NAME] [--clock wall|processor]");
    if (strcmp(option, "--data") == 0)
      settings.data = value;
    else if (strcmp(option, "--rounds") == 0)
      settings.rounds = atoi(value);
    else if (strcmp(option, "--isa") == 0)
      settings.only = measure_set(value);
    else if (strcmp(option, "--clock") == 0)
      settings.processor = strcmp(value, "processor") == 0;
    else
      measure_fail("unknown option");
  }
  if (settings.rounds < 1 || settings.rounds > ROUND_LIMIT) measure_fail("--rounds is 1 to 64");
  return settings;
}

int main(int count, char **arguments) {
  static const struct shape shapes[] = {{300, 784, true}, {300, 784, false},   {100, 300, false},
                                        {10, 100, false}, {256, 256, false},   {1000, 784, true},
                                        {100, 100, true}, {1024, 1024, false}, {3000, 300, false}};
  const struct settings settings = read_settings(count, arguments);
  lottery_context *context = NULL;
  measure_require(NULL, lottery_context_create(&context));
  measure_header(context);
  printf("# instruction set, rows, columns, reads the input, density of equal time; batch %d\n", BATCH);
  for (int32_t set = LOTTERY_INSTRUCTION_SET_PORTABLE; set < MEASURE_SETS; set++) {
    if (settings.only != LOTTERY_INSTRUCTION_SET_AUTOMATIC && set != settings.only) continue;
    if (lottery_context_set_instruction_set(context, set) != LOTTERY_OK) continue;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
      printf("  {%s, %lld, %lld, %d, %.2f},\n", measure_set_names[set], (long long)shapes[i].rows,
             (long long)shapes[i].columns, shapes[i].first, find(context, &shapes[i], &settings));
      fflush(stdout);
    }
  }
  lottery_context_destroy(context);
  return 0;
}
