/* What a step of training costs, by density.
 *
 *   bench_step --data DIR [--model NAME] [--rounds N] [--isa NAME] [--densities LIST] [--ladder] [--evaluate]
 *              [--parallel] [--crossover X] [--clock wall|processor] [--inputs pixels|normalised]
 *
 * DIR holds MNIST's four IDX files. Normalised inputs have mean 0 and deviation 1 over all pixels: none is 0. Masks are
 * by layerwise magnitude at initialisation, the output layer at half the rate. All measurements alternate, round after
 * round; medians are printed. Each density has a network, a trainer and a context of its own, so that the context's
 * memory is what a trial needs beyond the shared dataset. */
#include <math.h>
#include <pthread.h>

#include "bench/measure.h"
#include "bench/roofline.h"

enum { DENSITY_LIMIT = 32, ROUND_LIMIT = 100, LADDER_LEVELS = 21, BATCH = 60, LANES = 64 };
static const char usage[] = "bench_step --data DIR [--model NAME] [--rounds N] [--isa NAME] [--densities LIST] "
                            "[--ladder] [--evaluate] [--parallel] [--crossover X] [--clock wall|processor] "
                            "[--inputs pixels|normalised]";

struct settings {
  const char *data, *model;
  int rounds, count;
  double densities[DENSITY_LIMIT];
  int32_t instruction_set;
  double crossover;
  bool ladder, evaluate, parallel, processor, normalised;
};

/* A network in training at one density. */
struct trial {
  lottery_context *context;
  lottery_network *network;
  lottery_trainer *trainer;
  lottery_mask *mask; /* NULL: dense */
  double density;
  int64_t iterations; /* of a round */
  int64_t bytes, peak;
  double steps[ROUND_LIMIT], evaluations[ROUND_LIMIT], mask_times[ROUND_LIMIT]; /* seconds */
  double step;                                                                  /* their median */
};

struct data {
  lottery_context *context;
  lottery_dataset *training, *test;
};

static lottery_dataset *load(lottery_context *context, const char *directory, const char *part) {
  char images[1024], labels[1024];
  snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte", directory, part);
  snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte", directory, part);
  lottery_dataset *dataset = NULL;
  measure_require(context, lottery_dataset_load_idx(context, images, labels, &dataset));
  return dataset;
}

/* Takes mean and deviation of the training data, all pixels together, from both parts. */
static void normalise(struct data *data) {
  double mean, deviation;
  measure_require(data->context, lottery_dataset_statistics(data->training, 1, &mean, &deviation));
  lottery_dataset **const parts[] = {&data->training, &data->test};
  for (int i = 0; i < 2; i++) {
    lottery_dataset *pixels = *parts[i];
    measure_require(data->context, lottery_dataset_normalise(pixels, 1, &mean, &deviation, parts[i]));
    lottery_dataset_destroy(pixels);
  }
}

/* --- Trials ------------------------------------------------------------------------------------------------------ */

static double run(struct trial *trial, bool processor, int64_t iterations) {
  const double start = measure_now(processor);
  measure_require(trial->context, lottery_trainer_run(trial->trainer, iterations, NULL, NULL, NULL));
  return (measure_now(processor) - start) / (double)iterations;
}

static void create(struct trial *trial, const struct settings *settings, const struct data *data, double density) {
  memset(trial, 0, sizeof *trial);
  trial->density = density;
  measure_require(NULL, lottery_context_create(&trial->context));
  lottery_context *context = trial->context;
  measure_require(context, lottery_context_set_instruction_set(context, settings->instruction_set));
  measure_require(context, lottery_network_preset(context, settings->model, &trial->network));
  measure_require(context, lottery_network_set_real(trial->network, LOTTERY_NETWORK_CROSSOVER, settings->crossover));
  measure_require(context, lottery_network_initialise(trial->network, LOTTERY_INITIALISE_GLOROT_NORMAL, 7));
  if (density < 1.0) {
    lottery_pruner *pruner = NULL;
    measure_require(context, lottery_pruner_create(context, &pruner));
    measure_require(context, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_DENSITY, density));
    measure_require(context, lottery_pruner_apply(pruner, trial->network, NULL, &trial->mask));
    measure_require(context, lottery_network_set_mask(trial->network, trial->mask));
    lottery_pruner_destroy(pruner);
  }
  measure_require(context, lottery_trainer_create(trial->network, data->training, 1, &trial->trainer));
  measure_require(context, lottery_trainer_set_integer(trial->trainer, LOTTERY_TRAINER_BATCH_SIZE, BATCH));
  run(trial, settings->processor, 100);
  const double step = run(trial, settings->processor, 100);
  trial->iterations = (int64_t)(0.04 / step) + 20;
  if (trial->iterations > 500) trial->iterations = (trial->iterations + 999) / 1000 * 1000; /* whole epochs of MNIST */
  measure_require(context, lottery_context_memory(context, &trial->bytes, &trial->peak));
}

static void destroy(struct trial *trial) {
  lottery_trainer_destroy(trial->trainer);
  lottery_mask_destroy(trial->mask);
  lottery_network_destroy(trial->network);
  lottery_context_destroy(trial->context);
}

static double evaluate(const struct trial *trial, const struct data *data, bool processor) {
  double loss;
  int64_t correct;
  const double start = measure_now(processor);
  measure_require(trial->context, lottery_trainer_evaluate(trial->trainer, data->test, &loss, &correct));
  return measure_now(processor) - start;
}

/* What setting the mask takes, with what the next step does about it: the dense network is pruned between two steps. */
static double set_mask(struct trial *trial, bool processor) {
  measure_require(trial->context, lottery_network_set_mask(trial->network, NULL));
  run(trial, processor, 3);
  const double start = measure_now(processor);
  measure_require(trial->context, lottery_network_set_mask(trial->network, trial->mask));
  run(trial, processor, 1);
  const double time = measure_now(processor) - start;
  run(trial, processor, 20);
  return time;
}

/* All rounds of all trials, alternating. */
static void measure(struct trial *trials, int count, const struct settings *settings, const struct data *data) {
  for (int round = 0; round < settings->rounds; round++)
    for (int i = 0; i < count; i++) {
      struct trial *trial = &trials[i];
      trial->steps[round] = run(trial, settings->processor, trial->iterations);
      if (settings->evaluate && round == 0) evaluate(trial, data, settings->processor);
      if (settings->evaluate) trial->evaluations[round] = evaluate(trial, data, settings->processor);
      if (trial->mask != NULL) trial->mask_times[round] = set_mask(trial, settings->processor);
    }
  for (int i = 0; i < count; i++) trials[i].step = measure_median(trials[i].steps, settings->rounds);
}

/* --- Two trials side by side ------------------------------------------------------------------------------------- */

struct runner {
  struct trial *trial;
  pthread_barrier_t *barrier;
  int64_t iterations;
  bool processor;
  double time;
};

static void *run_runner(void *user) {
  struct runner *runner = user;
  run(runner->trial, runner->processor, 20);
  pthread_barrier_wait(runner->barrier);
  runner->time = run(runner->trial, runner->processor, runner->iterations) * (double)runner->iterations;
  return NULL;
}

/* The time until all of `count` trials have made their iterations, a thread each. */
static double run_together(struct trial *trials, int count, int64_t iterations, bool processor) {
  pthread_t threads[2];
  struct runner runners[2];
  pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, NULL, (unsigned)count);
  for (int i = 0; i < count; i++) {
    runners[i] = (struct runner){&trials[i], &barrier, iterations, processor, 0.0};
    if (pthread_create(&threads[i], NULL, run_runner, &runners[i]) != 0) measure_fail("no thread");
  }
  double longest = 0.0;
  for (int i = 0; i < count; i++) {
    pthread_join(threads[i], NULL);
    longest = fmax(longest, runners[i].time);
  }
  pthread_barrier_destroy(&barrier);
  return longest;
}

/* How many times the steps of one trial two trials make in the same time. */
static void print_parallel(const struct settings *settings, const struct data *data, double density) {
  struct trial trials[2];
  double ratios[ROUND_LIMIT];
  for (int i = 0; i < 2; i++) create(&trials[i], settings, data, density);
  const int64_t iterations = 2 * trials[0].iterations;
  for (int i = 0; i < settings->rounds; i++) {
    const double one = run_together(trials, 1, iterations, settings->processor);
    ratios[i] = 2.0 * one / run_together(trials, 2, iterations, settings->processor);
  }
  printf("%s parallel %.3f %.3f\n", settings->model, density, measure_median(ratios, settings->rounds));
  for (int i = 0; i < 2; i++) destroy(&trials[i]);
}

/* --- Roofline: what the step must at least do, against what the machine can ----------------------------------------
 */

/* How many inputs of an example are not 0, on average, and which are not in the whole dataset. */
struct liveness {
  double example;
  bool *anywhere;
};

static struct liveness find_live(const struct data *data) {
  int64_t count, features;
  measure_require(data->context, lottery_dataset_sizes(data->training, &count, &features, NULL));
  struct liveness live = {0.0, calloc((size_t)features, sizeof(bool))};
  float *inputs = measure_allocate((size_t)features);
  if (live.anywhere == NULL) measure_fail("out of memory");
  for (int64_t i = 0; i < count; i++) {
    measure_require(data->context, lottery_dataset_read(data->training, i, 1, inputs, NULL));
    for (int64_t j = 0; j < features; j++) {
      live.anywhere[j] |= inputs[j] != 0.0F;
      live.example += (inputs[j] != 0.0F) / (double)count;
    }
  }
  free(inputs);
  return live;
}

/* The work of a step. A packed survivor loads the lanes of its input in every pass, and an input that is not 0 a column
 * of dense weights or a row of gradients, which nothing can avoid: the bytes near. Parameters, their state and the
 * index are swept once a step: the bytes far, whose bandwidth is that of a buffer of the size of all of them. */
struct work {
  double operations, near, far, swept; /* swept: the size of what is gone over */
  double state;                        /* bytes of weights, index, gradient and moments */
  int64_t kept, total;
};

static int64_t kept_live(const struct trial *trial, int64_t rows, int64_t columns, const struct liveness *live) {
  uint8_t *bytes = malloc((size_t)(rows * columns));
  if (bytes == NULL) measure_fail("out of memory");
  measure_require(trial->context, lottery_mask_read(trial->mask, 0, bytes, rows * columns));
  int64_t kept = 0;
  for (int64_t i = 0; i < rows * columns; i++) kept += bytes[i] != 0 && live->anywhere[i % columns];
  free(bytes);
  return kept;
}

static struct work work_of(const struct trial *trial, const struct liveness *live) {
  enum { FLOAT = 4, HALF = 2, ADAM_ARRAYS = 3, ADAM_OPERATIONS = 14 };
  struct work work = {.operations = 0.0};
  int64_t tensors, mask_tensor = 0;
  measure_require(trial->context, lottery_network_tensor_count(trial->network, &tensors));
  for (int64_t i = 0; i < tensors; i++) {
    int32_t prunable, rank, form;
    int64_t shape[2] = {1, 1}, bytes;
    measure_require(trial->context, lottery_network_tensor_prunable(trial->network, i, &prunable));
    measure_require(trial->context, lottery_network_tensor_shape(trial->network, i, 2, shape, &rank));
    if (!prunable) continue;
    measure_require(trial->context, lottery_network_tensor_form(trial->network, i, &form, &bytes));
    const bool first = mask_tensor == 0, packed = form == LOTTERY_FORM_PACKED;
    const int64_t total = shape[0] * shape[1];
    int64_t kept = total;
    if (trial->mask != NULL) measure_require(trial->context, lottery_mask_kept(trial->mask, mask_tensor, &kept, NULL));
    const int64_t parameters = packed ? kept : total;
    double used = (double)parameters; /* weights whose input is not 0 */
    if (first && packed) used = (double)kept_live(trial, shape[0], shape[1], live);
    const bool listed = first && !packed && shape[0] >= LANES; /* goes over the inputs that are not 0 alone */
    if (listed) used = (double)shape[0] * live->example;
    const double passes = first ? 2.0 : 3.0; /* nobody needs the gradient of the network's input */
    work.operations += 2.0 * BATCH * passes * used + ADAM_OPERATIONS * (double)parameters;
    if (packed) work.near += passes * LANES * used * (first ? HALF : FLOAT);
    if (listed) work.near += passes * BATCH * used * FLOAT;
    const double arrays = (double)(parameters * FLOAT * ADAM_ARRAYS);
    work.far += 2.0 * arrays + passes * ((double)bytes - (double)(parameters * FLOAT));
    work.swept += (double)bytes + (double)(parameters * FLOAT * (ADAM_ARRAYS - 1));
    work.state += (double)bytes + (double)(parameters * FLOAT * ADAM_ARRAYS);
    work.kept += kept;
    work.total += total;
    mask_tensor++;
  }
  return work;
}

/* The kinds of the kernels, layer by layer. */
static void kinds_of(const struct trial *trial, char *text, size_t capacity) {
  int64_t tensors;
  text[0] = '\0';
  measure_require(trial->context, lottery_network_tensor_count(trial->network, &tensors));
  for (int64_t i = 0; i < tensors; i++) {
    int32_t prunable, form;
    measure_require(trial->context, lottery_network_tensor_prunable(trial->network, i, &prunable));
    if (!prunable) continue;
    measure_require(trial->context, lottery_network_tensor_form(trial->network, i, &form, NULL));
    const size_t length = strlen(text);
    snprintf(text + length, capacity - length, "%s%s", length == 0 ? "" : ",",
             form == LOTTERY_FORM_PACKED ? "packed" : "dense");
  }
}

struct peaks {
  double operations, near;
};

static void print_trial(const struct trial *trial, const struct settings *settings, const struct peaks *peaks,
                        const struct liveness *live) {
  char kinds[256];
  kinds_of(trial, kinds, sizeof kinds);
  const struct work work = work_of(trial, live);
  const double far_peak = roofline_bytes(settings->instruction_set, settings->processor, true, work.swept);
  const double bounds[] = {work.operations / peaks->operations, work.near / peaks->near, work.far / far_peak};
  static const char *const names[] = {"FLOP", "near", "far"};
  int limit = 0;
  for (int i = 1; i < 3; i++)
    if (bounds[i] > bounds[limit]) limit = i;
  double mask_time = 0.0;
  if (trial->mask != NULL) {
    double times[ROUND_LIMIT];
    memcpy(times, trial->mask_times, sizeof times);
    mask_time = measure_median(times, settings->rounds);
  }
  printf("%s %.3f %8.2f %-20s %7.1f %8.1f %7.0f %7.0f %7.2f %8.1f %8.1f %6.0f %7.1f %3.0f%% %s\n", settings->model,
         trial->density, 1e6 * trial->step, kinds, work.state / (double)work.kept, 1e6 * mask_time,
         1e-3 * (double)trial->bytes, 1e-3 * (double)trial->peak, 1e-6 * work.operations, 1e-3 * work.near,
         1e-3 * work.far, 1e-9 * far_peak, 1e6 * bounds[limit], 100.0 * bounds[limit] / trial->step, names[limit]);
}

/* --- Command line ------------------------------------------------------------------------------------------------ */

static void read_densities(struct settings *settings, const char *list) {
  settings->count = 0;
  while (*list != '\0') {
    char *end;
    const double density = strtod(list, &end);
    if (end == list || !(density > 0.0 && density <= 1.0) || settings->count == DENSITY_LIMIT)
      measure_fail("--densities takes up to 32 numbers above 0 up to 1, with commas between");
    settings->densities[settings->count++] = density;
    list = *end == ',' ? end + 1 : end;
  }
}

static struct settings read_settings(int count, char **arguments) {
  struct settings settings = {.model = "lenet-300-100", .rounds = 7, .crossover = -1.0};
  read_densities(&settings, "1,.513,.211,.101,.037,.012");
  for (int i = 1; i < count; i++) {
    const char *option = arguments[i];
    if (strcmp(option, "--ladder") == 0) settings.ladder = true;
    if (strcmp(option, "--evaluate") == 0) settings.evaluate = true;
    if (strcmp(option, "--parallel") == 0) settings.parallel = true;
    if (strcmp(option, "--ladder") == 0 || strcmp(option, "--evaluate") == 0 || strcmp(option, "--parallel") == 0)
      continue;
    const char *value = i + 1 < count ? arguments[++i] : NULL;
    if (value == NULL) measure_fail(usage);
    if (strcmp(option, "--data") == 0)
      settings.data = value;
    else if (strcmp(option, "--model") == 0)
      settings.model = value;
    else if (strcmp(option, "--rounds") == 0)
      settings.rounds = atoi(value);
    else if (strcmp(option, "--isa") == 0)
      settings.instruction_set = measure_set(value);
    else if (strcmp(option, "--densities") == 0)
      read_densities(&settings, value);
    else if (strcmp(option, "--crossover") == 0)
      settings.crossover = atof(value);
    else if (strcmp(option, "--clock") == 0)
      settings.processor = strcmp(value, "processor") == 0;
    else if (strcmp(option, "--inputs") == 0)
      settings.normalised = strcmp(value, "normalised") == 0;
    else
      measure_fail(usage);
  }
  if (settings.data == NULL || settings.rounds < 1 || settings.rounds > ROUND_LIMIT) measure_fail(usage);
  return settings;
}

static void print_densities(const struct settings *settings, const struct data *data) {
  static struct trial trials[DENSITY_LIMIT];
  const struct liveness live = find_live(data);
  const struct peaks peaks = {roofline_operations(settings->instruction_set, settings->processor),
                              roofline_bytes(settings->instruction_set, settings->processor, false, 24e3)};
  for (int i = 0; i < settings->count; i++) create(&trials[i], settings, data, settings->densities[i]);
  measure(trials, settings->count, settings, data);
  printf("# peaks: %.1f GFLOP/s, %.0f GB/s loaded near (24 kB)\n", 1e-9 * peaks.operations, 1e-9 * peaks.near);
  printf("# bytes/kept: weights, index, gradient and moments a surviving weight; mask us: setting the mask and one "
         "step;\n# kB, peak kB: a trial beyond the dataset; near: bytes loaded for packed survivors and inputs "
         "not 0, far: bytes of "
         "parameters, moments\n# and index read and written, at a bandwidth measured with that working set; floor us: "
         "the longest of FLOP, near and\n# far at their peaks; of it: floor / measured\n");
  printf(
      "# model density microseconds kernel_kinds bytes/kept mask_us kB peak_kB MFLOP near_kB far_kB far_GB/s floor_us "
      "of_it limit\n");
  for (int i = 0; i < settings->count; i++) print_trial(&trials[i], settings, &peaks, &live);
  for (int i = 0; settings->evaluate && i < settings->count; i++)
    printf("%s evaluate %.3f %.1f\n", settings->model, trials[i].density,
           1e6 * measure_median(trials[i].evaluations, settings->rounds));
  for (int i = 0; i < settings->count; i++) destroy(&trials[i]);
  free(live.anywhere);
}

/* The sum over the levels of the ladder, each keeping 0.8 of the one before. */
static void print_ladder(const struct settings *settings, const struct data *data) {
  static struct trial trials[LADDER_LEVELS];
  double sum = 0.0;
  for (int i = 0; i < LADDER_LEVELS; i++) create(&trials[i], settings, data, pow(0.8, i));
  measure(trials, LADDER_LEVELS, settings, data);
  for (int i = 0; i < LADDER_LEVELS; i++) sum += trials[i].step;
  printf("%s ladder %d %.1f\n", settings->model, LADDER_LEVELS, 1e6 * sum);
  for (int i = 0; i < LADDER_LEVELS; i++) destroy(&trials[i]);
}

int main(int count, char **arguments) {
  struct settings settings = read_settings(count, arguments);
  struct data data;
  measure_require(NULL, lottery_context_create(&data.context));
  measure_require(data.context, lottery_context_set_instruction_set(data.context, settings.instruction_set));
  measure_require(data.context, lottery_context_get_instruction_set(data.context, &settings.instruction_set));
  data.training = load(data.context, settings.data, "train");
  data.test = load(data.context, settings.data, "t10k");
  if (settings.normalised) normalise(&data);
  measure_header(data.context);
  print_densities(&settings, &data);
  if (settings.ladder) print_ladder(&settings, &data);
  for (int i = 0; settings.parallel && i < settings.count; i++) print_parallel(&settings, &data, settings.densities[i]);
  lottery_dataset_destroy(data.training);
  lottery_dataset_destroy(data.test);
  lottery_context_destroy(data.context);
  return 0;
}
