/* What a step of the same training costs in plain C: one network, OpenBLAS's sgemm, and loops that the compiler
 * vectorises. The baseline beside PyTorch that tests/compare.sh divides by.
 *
 *   plain_step --data DIR [--rounds N] [--iterations N] [--inputs pixels|normalised] [--clock wall|processor]
 *   plain_step --check
 *
 * LeNet-300-100 on MNIST's IDX files in DIR, batch 60, Adam 1.2e-3, one thread, in two forms. dense: all weights.
 * masked: gradients multiplied by a mask, which costs the same at every density. One line each: form, microseconds.
 * --check trains beside liblottery, whose losses must be the same. */
#include <cblas.h>
#include <math.h>

#include "bench/measure.h"

enum { LAYERS = 3, BATCH = 60, FEATURES = 784, CLASSES = 10, ROUND_LIMIT = 100 };
static const int sizes[LAYERS + 1] = {FEATURES, 300, 100, CLASSES};
static const double rate = 1.2e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
static const char usage[] = "plain_step --data DIR [--rounds N] [--iterations N] [--inputs pixels|normalised] "
                            "[--clock wall|processor], or plain_step --check";

/* --- The network and its step ------------------------------------------------------------------------------------ */

struct parameters {
  int count;
  float *values, *gradient, *first, *second;
  float *mask; /* NULL: dense */
};

struct network {
  struct parameters weights[LAYERS], biases[LAYERS]; /* [units][inputs], [units] */
  float *activations[LAYERS + 1];                    /* [BATCH][units] */
  float *deltas[LAYERS];                             /* the loss's gradient to a layer's outputs */
  int64_t steps;
};

static void create_parameters(struct parameters *p, int count) {
  float **const arrays[] = {&p->values, &p->gradient, &p->first, &p->second};
  p->count = count;
  p->mask = NULL;
  for (int i = 0; i < 4; i++) *arrays[i] = measure_allocate((size_t)count);
}

static void destroy_parameters(struct parameters *p) {
  float *const arrays[] = {p->values, p->gradient, p->first, p->second, p->mask};
  for (int i = 0; i < 5; i++) free(arrays[i]);
}

static void create_network(struct network *n) {
  n->steps = 0;
  n->activations[0] = measure_allocate((size_t)BATCH * FEATURES);
  for (int l = 0; l < LAYERS; l++) {
    create_parameters(&n->weights[l], sizes[l] * sizes[l + 1]);
    create_parameters(&n->biases[l], sizes[l + 1]);
    n->activations[l + 1] = measure_allocate((size_t)(BATCH * sizes[l + 1]));
    n->deltas[l] = measure_allocate((size_t)(BATCH * sizes[l + 1]));
  }
}

static void destroy_network(struct network *n) {
  free(n->activations[0]);
  for (int l = 0; l < LAYERS; l++) {
    destroy_parameters(&n->weights[l]);
    destroy_parameters(&n->biases[l]);
    free(n->activations[l + 1]);
    free(n->deltas[l]);
  }
}

/* y = x W^T + b, and ReLU below the last layer. */
static void forward(struct network *n) {
  for (int l = 0; l < LAYERS; l++) {
    const int inputs = sizes[l], units = sizes[l + 1];
    float *restrict y = n->activations[l + 1];
    const float *restrict bias = n->biases[l].values;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, BATCH, units, inputs, 1.0F, n->activations[l], inputs,
                n->weights[l].values, inputs, 0.0F, y, units);
    for (int i = 0; i < BATCH; i++)
      for (int j = 0; j < units; j++) {
        const float value = y[i * units + j] + bias[j];
        y[i * units + j] = l < LAYERS - 1 && value < 0.0F ? 0.0F : value;
      }
  }
}

/* The mean cross-entropy of the softmax; its gradient into the last deltas. */
static double softmax(struct network *n, const uint8_t *labels) {
  double loss = 0.0;
  for (int i = 0; i < BATCH; i++) {
    const float *logits = &n->activations[LAYERS][(size_t)i * CLASSES];
    float *delta = &n->deltas[LAYERS - 1][(size_t)i * CLASSES];
    float largest = logits[0], sum = 0.0F;
    for (int j = 1; j < CLASSES; j++) largest = logits[j] > largest ? logits[j] : largest;
    for (int j = 0; j < CLASSES; j++) sum += delta[j] = expf(logits[j] - largest);
    loss += logf(sum) + largest - logits[labels[i]];
    for (int j = 0; j < CLASSES; j++) delta[j] = (delta[j] / sum - (j == labels[i] ? 1.0F : 0.0F)) / BATCH;
  }
  return loss / BATCH;
}

/* dW = delta^T x, db = the sum of delta; below, delta W where ReLU let x through. */
static void backward(struct network *n) {
  for (int l = LAYERS - 1; l >= 0; l--) {
    const int inputs = sizes[l], units = sizes[l + 1];
    const float *restrict delta = n->deltas[l], *restrict x = n->activations[l];
    float *restrict sum = n->biases[l].gradient;
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, units, inputs, BATCH, 1.0F, delta, units, x, inputs, 0.0F,
                n->weights[l].gradient, inputs);
    memset(sum, 0, (size_t)units * sizeof *sum);
    for (int i = 0; i < BATCH; i++)
      for (int j = 0; j < units; j++) sum[j] += delta[i * units + j];
    if (l == 0) break; /* nobody needs the gradient of the images */
    float *restrict below = n->deltas[l - 1];
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, BATCH, inputs, units, 1.0F, delta, units,
                n->weights[l].values, inputs, 0.0F, below, inputs);
    for (int i = 0; i < BATCH * inputs; i++) below[i] = x[i] > 0.0F ? below[i] : 0.0F;
  }
}

/* Adam, its corrections of the bias drawn into the step and epsilon, once for all weights. */
static void update(struct parameters *p, int64_t step) {
  const double root = sqrt(1.0 - pow(beta2, (double)step));
  const float small = (float)(epsilon * root), length = (float)(rate * root / (1.0 - pow(beta1, (double)step)));
  const float rest1 = (float)(1.0 - beta1), rest2 = (float)(1.0 - beta2);
  float *restrict values = p->values, *restrict gradient = p->gradient;
  float *restrict first = p->first, *restrict second = p->second;
  const float *restrict mask = p->mask;
  if (mask != NULL)
    for (int i = 0; i < p->count; i++) gradient[i] *= mask[i];
  for (int i = 0; i < p->count; i++) {
    const float g = gradient[i];
    first[i] += rest1 * (g - first[i]);
    second[i] += rest2 * (g * g - second[i]);
    values[i] -= length * first[i] / (sqrtf(second[i]) + small);
  }
}

/* A step on the batch that activations[0] holds. */
static double step(struct network *n, const uint8_t *labels) {
  forward(n);
  const double loss = softmax(n, labels);
  backward(n);
  n->steps++;
  for (int l = 0; l < LAYERS; l++) {
    update(&n->weights[l], n->steps);
    update(&n->biases[l], n->steps);
  }
  return loss;
}

static void set_mask(struct parameters *p, const uint8_t *kept) {
  p->mask = measure_allocate((size_t)p->count);
  for (int i = 0; i < p->count; i++) {
    p->mask[i] = kept[i] != 0 ? 1.0F : 0.0F;
    p->values[i] *= p->mask[i];
  }
}

/* Small numbers without a pattern. */
static uint32_t draw(uint32_t *state) {
  *state = *state * 1664525U + 1013904223U;
  return *state >> 8;
}

/* --- Beside the library ------------------------------------------------------------------------------------------ */

enum { CHECK_STEPS = 200, CHECK_BATCHES = 10 };

/* Images that show their classes: half of the pixels are 0, a class has a quarter of the others. */
static void make_batch(int number, uint8_t *labels, float *inputs) {
  uint32_t state = (uint32_t)number + 1;
  for (int i = 0; i < BATCH; i++) {
    labels[i] = (uint8_t)(draw(&state) % CLASSES);
    for (int j = 0; j < FEATURES; j++) {
      const uint32_t value = draw(&state) % 256;
      inputs[i * FEATURES + j] = value % 2 == 0 && j % CLASSES != labels[i] ? 0.0F : (float)value / 255.0F;
    }
  }
}

/* Is it neither infinite nor NaN? In a way that -ffast-math leaves alone. */
static bool is_finite(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (bits >> 52 & 0x7FF) != 0x7FF;
}

static bool check(double density) {
  lottery_context *context = NULL;
  lottery_network *network = NULL;
  lottery_trainer *trainer = NULL;
  lottery_mask *mask = NULL;
  measure_require(NULL, lottery_context_create(&context));
  measure_require(context, lottery_network_preset(context, "lenet-300-100", &network));
  measure_require(context, lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 7));
  if (density < 1.0) {
    lottery_pruner *pruner = NULL;
    measure_require(context, lottery_pruner_create(context, &pruner));
    measure_require(context, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_DENSITY, density));
    measure_require(context, lottery_pruner_apply(pruner, network, NULL, &mask));
    measure_require(context, lottery_network_set_mask(network, mask));
    lottery_pruner_destroy(pruner);
  }
  measure_require(context, lottery_trainer_create(network, NULL, 1, &trainer));
  measure_require(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, BATCH));
  measure_require(context, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_LEARNING_RATE, rate));

  struct network own;
  create_network(&own);
  for (int l = 0; l < LAYERS; l++) {
    struct parameters *weights = &own.weights[l];
    char name[32];
    int64_t tensor;
    snprintf(name, sizeof name, "fc%d.weight", l + 1);
    measure_require(context, lottery_network_tensor_find(network, name, &tensor));
    measure_require(context, lottery_network_read_tensor(network, tensor, weights->values, weights->count));
    if (mask == NULL) continue;
    uint8_t *kept = malloc((size_t)weights->count);
    if (kept == NULL) measure_fail("out of memory");
    measure_require(context, lottery_mask_read(mask, l, kept, weights->count));
    set_mask(weights, kept);
    free(kept);
  }
  double farthest = 0.0, first = 0.0, last = 0.0;
  bool finite = true;
  for (int i = 0; i < CHECK_STEPS; i++) {
    uint8_t labels[BATCH];
    int32_t wide[BATCH];
    make_batch(i % CHECK_BATCHES, labels, own.activations[0]);
    for (int j = 0; j < BATCH; j++) wide[j] = labels[j];
    double expected;
    measure_require(context, lottery_trainer_step(trainer, BATCH, own.activations[0], wide, NULL, &expected));
    last = step(&own, labels);
    if (i == 0) first = last;
    finite &= is_finite(last);
    farthest = fmax(farthest, fabs(last - expected));
  }
  printf("density %.3f, %d steps: the loss went from %.4f to %.4f, at most %.1e from liblottery's\n", density,
         CHECK_STEPS, first, last, farthest);
  destroy_network(&own);
  lottery_trainer_destroy(trainer);
  lottery_mask_destroy(mask);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
  return finite && farthest <= 1e-4 && last < 0.5 * first; /* what learns nothing shows nothing */
}

/* --- Timing ------------------------------------------------------------------------------------------------------ */

struct data {
  int count;
  uint8_t *images, *labels; /* [count][FEATURES], [count] */
  float scale, shift;       /* a pixel becomes pixel * scale + shift */
  int *order, place;        /* of this epoch */
  uint32_t state;
};

static uint8_t *read_file(const char *directory, const char *name, size_t header, size_t *size) {
  char path[1024];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) measure_fail(path);
  *size = (size_t)ftell(file) - header;
  uint8_t *bytes = malloc(*size);
  if (bytes == NULL || fseek(file, (long)header, SEEK_SET) != 0 || fread(bytes, 1, *size, file) != *size)
    measure_fail(path);
  fclose(file);
  return bytes;
}

static struct data load(const char *directory, bool normalised) {
  struct data data = {.scale = 1.0F / 255.0F, .state = 1};
  size_t pixels, count;
  data.images = read_file(directory, "train-images-idx3-ubyte", 16, &pixels);
  data.labels = read_file(directory, "train-labels-idx1-ubyte", 8, &count);
  if (pixels != count * FEATURES) measure_fail("as many labels as images of 28 x 28 are needed");
  if (normalised) {
    double sum = 0.0, squares = 0.0;
    for (size_t i = 0; i < pixels; i++) {
      sum += data.images[i];
      squares += (double)data.images[i] * data.images[i];
    }
    const double mean = sum / (double)pixels, deviation = sqrt(squares / (double)pixels - mean * mean);
    data.scale = (float)(1.0 / deviation);
    data.shift = (float)(-mean / deviation);
  }
  data.count = (int)count;
  data.place = data.count;
  data.order = malloc(count * sizeof(int));
  if (data.order == NULL) measure_fail("out of memory");
  for (int i = 0; i < data.count; i++) data.order[i] = i;
  return data;
}

/* The next batch, in a new order each epoch. */
static void fetch(struct data *data, float *inputs, uint8_t *labels) {
  if (data->place + BATCH > data->count) {
    data->place = 0;
    for (int i = data->count - 1; i > 0; i--) {
      const int j = (int)(draw(&data->state) % (uint32_t)(i + 1)), swapped = data->order[i];
      data->order[i] = data->order[j];
      data->order[j] = swapped;
    }
  }
  for (int i = 0; i < BATCH; i++) {
    const int example = data->order[data->place++];
    const uint8_t *restrict image = &data->images[(size_t)example * FEATURES];
    float *restrict row = &inputs[(size_t)i * FEATURES];
    labels[i] = data->labels[example];
    for (int j = 0; j < FEATURES; j++) row[j] = (float)image[j] * data->scale + data->shift;
  }
}

static double run(struct network *n, struct data *data, int iterations, bool processor) {
  uint8_t labels[BATCH];
  const double start = measure_now(processor);
  for (int i = 0; i < iterations; i++) {
    fetch(data, n->activations[0], labels);
    step(n, labels);
  }
  return (measure_now(processor) - start) / iterations;
}

static void measure(struct data *data, int rounds, int iterations, bool processor) {
  static const char *const names[] = {"dense", "masked"};
  struct network networks[2];
  double times[2][ROUND_LIMIT];
  uint32_t state = 7;
  for (int i = 0; i < 2; i++) {
    create_network(&networks[i]);
    for (int l = 0; l < LAYERS; l++) {
      struct parameters *weights = &networks[i].weights[l];
      const float bound = sqrtf(6.0F / (float)(sizes[l] + sizes[l + 1]));
      uint8_t *kept = malloc((size_t)weights->count);
      if (kept == NULL) measure_fail("out of memory");
      for (int j = 0; j < weights->count; j++) {
        weights->values[j] = bound * (2.0F * (float)draw(&state) / 16777216.0F - 1.0F);
        kept[j] = draw(&state) % 10 == 0;
      }
      if (i == 1) set_mask(weights, kept);
      free(kept);
    }
    run(&networks[i], data, iterations, processor);
  }
  for (int round = 0; round < rounds; round++)
    for (int i = 0; i < 2; i++) times[i][round] = run(&networks[i], data, iterations, processor);
  for (int i = 0; i < 2; i++) {
    printf("%s %.2f\n", names[i], 1e6 * measure_median(times[i], rounds));
    destroy_network(&networks[i]);
  }
}

int main(int count, char **arguments) {
  const char *directory = NULL;
  int rounds = 7, iterations = 200;
  bool processor = false, normalised = false;
  openblas_set_num_threads(1);
  if (count == 2 && strcmp(arguments[1], "--check") == 0) {
    const bool dense = check(1.0), masked = check(0.1);
    return dense && masked ? 0 : 1;
  }
  for (int i = 1; i + 1 < count; i += 2) {
    const char *option = arguments[i], *value = arguments[i + 1];
    if (strcmp(option, "--data") == 0)
      directory = value;
    else if (strcmp(option, "--rounds") == 0)
      rounds = atoi(value);
    else if (strcmp(option, "--iterations") == 0)
      iterations = atoi(value);
    else if (strcmp(option, "--inputs") == 0)
      normalised = strcmp(value, "normalised") == 0;
    else if (strcmp(option, "--clock") == 0)
      processor = strcmp(value, "processor") == 0;
    else
      measure_fail(usage);
  }
  if (count % 2 == 0 || directory == NULL || rounds < 1 || rounds > ROUND_LIMIT || iterations < 1) measure_fail(usage);
  char name[128];
  measure_processor(name, sizeof name);
  printf("# %s\n# plain C with %s on %s, %s, 1 thread\n", name, openblas_get_config(), openblas_get_corename(),
         MEASURE_COMPILER);
  struct data data = load(directory, normalised);
  measure(&data, rounds, iterations, processor);
  free(data.images);
  free(data.labels);
  free(data.order);
  return 0;
}
