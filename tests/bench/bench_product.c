/* The gradient of dense weights with the library's own micro-kernel and with BLIS's, in GFLOP/s by shape, batch and
 * instruction set: the measurement behind choice_micro_kernel.
 *
 *   bench_product [--rounds N] [--isa NAME] [--largest N] [--clock wall|processor] */
#include "bench/measure.h"
#include "kernels/dense.h"
#include "kernels/kernels.h"
#include "kernels/update.h"

struct settings {
  int rounds;
  int64_t largest;
  int32_t only; /* instruction set, or AUTOMATIC: all that the machine has */
  bool processor;
};

/* A layer and room for its gradient. */
struct layer {
  const struct kernels *kernels;
  int64_t rows, columns, batch, tiles;
  struct weights weights;
  struct input input;
  float *matrix, *inputs, *outputs, *gradient, *workspace;
};

static void fill(float *values, int64_t count) {
  uint32_t state = 1;
  for (int64_t i = 0; i < count; i++) {
    state = state * 1664525U + 1013904223U;
    values[i] = (float)(state >> 8) * 0x1p-24F - 0.5F;
  }
}

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static struct layer create(const struct kernels *kernels, int64_t rows, int64_t columns, int64_t batch) {
  struct layer layer = {.kernels = kernels, .rows = rows, .columns = columns, .batch = batch};
  layer.tiles = (batch + BATCH_TILE - 1) / BATCH_TILE;
  const int64_t examples = layer.tiles * BATCH_TILE, stride = (rows + ROW_STEP - 1) / ROW_STEP * ROW_STEP;
  layer.matrix = measure_allocate((size_t)(columns * stride));
  layer.gradient = measure_allocate((size_t)(columns * stride));
  layer.inputs = measure_allocate((size_t)(columns * examples));
  layer.outputs = measure_allocate((size_t)(rows * examples));
  layer.workspace = measure_allocate((size_t)weight_gradient_workspace(rows, columns, batch));
  fill(layer.matrix, columns * stride);
  fill(layer.inputs, columns * examples);
  fill(layer.outputs, rows * examples);
  layer.weights = (struct weights){layer.matrix, rows, columns, stride, NULL};
  layer.input = (struct input){.values = layer.inputs, .scale = 1.0F, .features = columns};
  return layer;
}

static void destroy(struct layer *layer) {
  free(layer->matrix);
  free(layer->gradient);
  free(layer->inputs);
  free(layer->outputs);
  free(layer->workspace);
}

static double time_of(const struct layer *layer, bool own, bool processor, int64_t repeats) {
  const struct kernels *kernels = layer->kernels;
  const struct micro_kernel *micro_kernel =
      own ? kernels->dense->own_micro_kernel : blis_micro_kernel(kernels->instruction_set);
  const struct update update = {.kind = UPDATE_STORE, .gradient = layer->gradient};
  const struct weight_gradient_arguments arguments = {.weights = &layer->weights,
                                                      .input = &layer->input,
                                                      .output_gradient = layer->outputs,
                                                      .count = layer->batch,
                                                      .update = &update,
                                                      .micro_kernel = micro_kernel,
                                                      .workspace = layer->workspace};
  const double start = measure_now(processor);
  for (int64_t i = 0; i < repeats; i++)
    kernels->dense->weight_gradient(&arguments, (struct range){0, arguments.weights->columns});
  return (measure_now(processor) - start) / (double)repeats;
}

enum { ROUND_LIMIT = 64 };

static void compare(const struct layer *layer, const struct settings *settings) {
  double times[2][ROUND_LIMIT], ratios[ROUND_LIMIT];
  int64_t repeats[2];
  for (int own = 0; own < 2; own++) repeats[own] = 1 + (int64_t)(0.01 / time_of(layer, own, settings->processor, 1));
  for (int i = 0; i < settings->rounds; i++) {
    for (int own = 0; own < 2; own++) times[own][i] = time_of(layer, own, settings->processor, repeats[own]);
    ratios[i] = times[0][i] / times[1][i];
  }
  const double operations = 2e-9 * (double)layer->rows * (double)layer->columns * (double)layer->batch;
  printf("%-9s %5lld x %-5lld %5lld %8.1f %8.1f %6.2f\n", layer->kernels->name, (long long)layer->rows,
         (long long)layer->columns, (long long)layer->batch, operations / measure_median(times[1], settings->rounds),
         operations / measure_median(times[0], settings->rounds), measure_median(ratios, settings->rounds));
  fflush(stdout);
}

static struct settings read_settings(int count, char **arguments) {
  struct settings settings = {5, 4096, LOTTERY_INSTRUCTION_SET_AUTOMATIC, false};
  for (int i = 1; i < count; i++) {
    const char *option = arguments[i], *value = i + 1 < count ? arguments[++i] : NULL;
    if (value == NULL) measure_fail("bench_product [--rounds N] [--isa NAME] [--largest N] [--clock wall|processor]");
    if (strcmp(option, "--rounds") == 0)
      settings.rounds = atoi(value);
    else if (strcmp(option, "--isa") == 0)
      settings.only = measure_set(value);
    else if (strcmp(option, "--largest") == 0)
      settings.largest = atoll(value);
    else if (strcmp(option, "--clock") == 0)
      settings.processor = strcmp(value, "processor") == 0;
    else
      measure_fail("unknown option");
  }
  if (settings.rounds < 1 || settings.rounds > ROUND_LIMIT) measure_fail("--rounds is 1 to 64");
  return settings;
}

int main(int count, char **arguments) {
  static const int64_t shapes[][2] = {{10, 100},  {100, 300},   {300, 784},  {10, 256},
                                      {256, 256}, {1024, 1024}, {4096, 784}, {4096, 4096}};
  static const int64_t batches[] = {60, 64, 256, 1024};
  const struct settings settings = read_settings(count, arguments);
  lottery_context *context = NULL;
  measure_require(NULL, lottery_context_create(&context));
  measure_header(context);
  printf("# set        rows x columns batch      own     BLIS  own/BLIS, GFLOP/s\n");
  for (int32_t set = LOTTERY_INSTRUCTION_SET_PORTABLE; set < MEASURE_SETS; set++) {
    const struct kernels *kernels = kernels_for(set);
    if (kernels == NULL || (settings.only != LOTTERY_INSTRUCTION_SET_AUTOMATIC && set != settings.only)) continue;
    if (blis_micro_kernel(set) == NULL) continue;
    printf("# %s: BLIS micro-kernel %s\n", kernels->name, blis_micro_kernel(set)->name);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
      for (size_t j = 0; j < sizeof batches / sizeof *batches; j++) {
        if (larger(shapes[i][0], shapes[i][1]) > settings.largest) continue;
        struct layer layer = create(kernels, shapes[i][0], shapes[i][1], batches[j]);
        compare(&layer, &settings);
        destroy(&layer);
      }
  }
  lottery_context_destroy(context);
  return 0;
}
