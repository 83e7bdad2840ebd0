/* Trainings by combination of network, instruction set, data, form of the weights, optimiser, batch size, way and loss.
 */
#include "same_bits.h"

enum { CROSS_ENTROPY, SQUARES, SQUARES_OF_TARGETS, LOSSES };
static const char *const loss_names[LOSSES] = {"entropy", "squares", "squares_of_targets"};

/* What the network's mask is, from the start and from half way on. density 1: none; later below 0: no change. */
struct form {
  const char *name;
  double crossover, density, later;
  bool dead, other; /* other: half way the first tensor keeps other weights, the rest stays */
};

static const struct form forms[] = {
    {"dense", -1.0, 1.0, -1.0, false, false},
    {"masked", 0.0, 0.3, -1.0, false, false},
    {"packed", 1.0, 0.3, -1.0, false, false},
    {"tenth", -1.0, 0.1, -1.0, false, false},
    {"hundredth", -1.0, 0.01, -1.0, false, false},
    {"masked_dead", 0.0, 0.4, -1.0, true, false},
    {"packed_dead", 1.0, 0.4, -1.0, true, false},
    {"dense_then_fifth", -1.0, 1.0, 0.2, false, false},
    {"packed_then_less", 1.0, 0.6, 0.05, false, false},
    {"packed_then_none", 1.0, 0.3, 1.0, false, false},
    {"one_tensor_changes", -1.0, 0.2, 0.2, false, true},
};
enum { FORMS = sizeof forms / sizeof *forms };

static void set_mask(lottery_context *context, lottery_network *network, const struct form *form, bool later) {
  const double density = later ? form->later : form->density;
  lottery_mask *mask = NULL;
  if (density < 1.0) mask = make_mask(context, network, density, later && form->other ? 7 : 6, form->dead);
  require(context, lottery_network_set_mask(network, mask));
  lottery_mask_destroy(mask);
}

/* --- Optimisers and ways of training ----------------------------------------------------------------------------- */

struct optimiser {
  const char *name;
  int64_t kind;
  double rate, momentum, decay;
  bool nesterov, schedule; /* schedule: with warm-up and milestones, and biases that decay */
};

static const struct optimiser optimisers[] = {
    {"adam", LOTTERY_OPTIMISER_ADAM, 0.0012, 0.0, 0.0, false, false},
    {"sgd", LOTTERY_OPTIMISER_SGD, 0.05, 0.0, 0.0, false, false},
    {"momentum", LOTTERY_OPTIMISER_SGD, 0.02, 0.9, 0.0, false, false},
    {"nesterov", LOTTERY_OPTIMISER_SGD, 0.02, 0.9, 0.0, true, false},
    {"adam_decay", LOTTERY_OPTIMISER_ADAM, 0.002, 0.0, 0.01, false, true},
    {"momentum_decay", LOTTERY_OPTIMISER_SGD, 0.02, 0.8, 0.001, false, false},
    {"sgd_decay", LOTTERY_OPTIMISER_SGD, 0.05, 0.0, 0.001, false, true},
};

static void set_optimiser(lottery_context *context, lottery_trainer *trainer, const struct optimiser *optimiser) {
  require(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_OPTIMISER, optimiser->kind));
  require(context, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_LEARNING_RATE, optimiser->rate));
  require(context, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_MOMENTUM, optimiser->momentum));
  require(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_NESTEROV, optimiser->nesterov));
  require(context, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_WEIGHT_DECAY, optimiser->decay));
  if (!optimiser->schedule) return;
  const double milestones[] = {12.0, 30.0};
  require(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_DECAY_BIASES, 1));
  require(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_WARMUP, 5));
  require(context, lottery_trainer_set_reals(trainer, LOTTERY_TRAINER_MILESTONES, milestones, LENGTH(milestones)));
  require(context, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_MILESTONE_FACTOR, 0.3));
}

/* Gradient: read, changed and written back before it is applied. */
enum { RUN, SPLIT, GRADIENT, STEP, OUTSIDE, WAYS };
static const char *const way_names[WAYS] = {"run", "split", "gradient", "step", "outside"};

struct combination {
  lottery_context *context;
  const char *set;
  const struct form *form;
  const struct optimiser *optimiser;
  int shape, data, loss, way;
  int64_t batch, steps;
};

/* What a combination hashes on its way: gradients and outputs. */
struct path {
  uint64_t hash;
  float inputs[LARGEST_BATCH * 784], outputs[LARGEST_BATCH * 10], targets[LARGEST_BATCH * 10];
  int32_t labels[LARGEST_BATCH];
};

static void use_gradient(const struct combination *c, lottery_trainer *trainer, lottery_network *network,
                         struct path *path) {
  if (c->way == GRADIENT) {
    int64_t count;
    require(c->context, lottery_trainer_gradient_count(trainer, &count));
    float *values = reserve(count, sizeof *values);
    require(c->context, lottery_trainer_read_gradient(trainer, values, count));
    path->hash = hash_bytes(path->hash, values, (size_t)count * sizeof *values);
    for (int64_t i = 0; i < count; i++) values[i] *= 0.75F;
    require(c->context, lottery_trainer_write_gradient(trainer, values, count));
    free(values);
  } else {
    const int64_t count = elements(c->context, network, 0);
    float *values = reserve(count, sizeof *values);
    require(c->context, lottery_trainer_read_tensor_gradient(trainer, 0, values, count));
    path->hash = hash_bytes(path->hash, values, (size_t)count * sizeof *values);
    free(values);
  }
  require(c->context, lottery_trainer_apply(trainer));
}

/* A step with a batch of the host's: whole, or forward and backward around a loss that the library lacks. */
static void outside_step(const struct combination *c, lottery_dataset *dataset, lottery_trainer *trainer,
                         lottery_network *network, int64_t step, struct path *path) {
  const bool targets = c->loss == SQUARES_OF_TARGETS;
  const int64_t outputs = shapes[c->shape].outputs, count = c->batch - (step % 3 == 2 ? c->batch / 3 : 0);
  require(c->context, lottery_dataset_read(dataset, step % (COUNT - count + 1), count, path->inputs,
                                           targets ? NULL : path->labels));
  for (int64_t i = 0; i < count * outputs; i++) path->targets[i] = (float)fraction(8, (uint64_t)(step + i));
  if (c->way == STEP) {
    double loss;
    require(c->context, lottery_trainer_step(trainer, count, path->inputs, targets ? NULL : path->labels,
                                             targets ? path->targets : NULL, &loss));
    path->hash = hash_bytes(path->hash, &loss, sizeof loss);
    return;
  }
  require(c->context, lottery_trainer_forward(trainer, count, path->inputs, path->outputs));
  path->hash = hash_bytes(path->hash, path->outputs, (size_t)(count * outputs) * sizeof(float));
  for (int64_t i = 0; i < count * outputs; i++) path->targets[i] = (path->outputs[i] - path->targets[i]) / 64.0F;
  require(c->context, lottery_trainer_backward(trainer, count, path->targets));
  use_gradient(c, trainer, network, path);
}

static void train(const struct combination *c, lottery_dataset *dataset, lottery_trainer *trainer,
                  lottery_network *network, int64_t from, int64_t to, struct path *path) {
  if (c->way == RUN) {
    require(c->context, lottery_trainer_run(trainer, to - from, NULL, NULL, NULL));
    return;
  }
  for (int64_t step = from; step < to; step++)
    if (c->way == STEP || c->way == OUTSIDE)
      outside_step(c, dataset, trainer, network, step, path);
    else {
      require(c->context, lottery_trainer_gradient(trainer, 0, NULL, NULL, NULL, NULL));
      use_gradient(c, trainer, network, path);
    }
}

/* --- What a training leaves -------------------------------------------------------------------------------------- */

uint64_t hash_state(lottery_context *context, lottery_trainer *trainer) {
  uint64_t hash = hash_start;
  lottery_snapshot *snapshot = NULL;
  int64_t tensors, iteration;
  require(context, lottery_trainer_snapshot(trainer, LOTTERY_STATE_ALL, &snapshot));
  require(context, lottery_snapshot_tensor_count(snapshot, &tensors));
  require(context, lottery_snapshot_iteration(snapshot, &iteration));
  hash = hash_bytes(hash, &iteration, sizeof iteration);
  for (int64_t i = 0; i < tensors; i++)
    for (int32_t slot = LOTTERY_SLOT_WEIGHT; slot <= LOTTERY_SLOT_SECOND; slot++) {
      int64_t sizes[2] = {1, 1};
      int32_t rank;
      require(context, lottery_snapshot_tensor_shape(snapshot, i, 2, sizes, &rank));
      const int64_t count = sizes[0] * sizes[1];
      float *values = reserve(count, sizeof *values);
      const lottery_status status = lottery_snapshot_read(snapshot, i, slot, values, count);
      if (status != LOTTERY_ERROR_STATE) require(context, status); /* SGD has no second moment */
      hash = hash_bytes(hash, &status, sizeof status);
      hash = hash_bytes(hash, values, (size_t)count * sizeof *values);
      free(values);
    }
  lottery_snapshot_destroy(snapshot);
  return hash;
}

/* Of 1, 64 and 130 examples. */
static uint64_t hash_predictions(lottery_context *context, lottery_network *network, lottery_dataset *dataset) {
  uint64_t hash = hash_start;
  int64_t features, inputs, outputs;
  require(context, lottery_dataset_sizes(dataset, NULL, &features, NULL));
  require(context, lottery_network_sizes(network, &inputs, &outputs));
  float *values = reserve(PREDICTED * features, sizeof *values),
        *results = reserve(PREDICTED * outputs, sizeof *results);
  require(context, lottery_dataset_read(dataset, 0, PREDICTED, values, NULL));
  const int64_t counts[] = {1, 64, PREDICTED};
  for (int i = 0; i < LENGTH(counts); i++) {
    require(context, lottery_network_predict(network, counts[i], values, results));
    hash = hash_bytes(hash, results, (size_t)(counts[i] * outputs) * sizeof *results);
  }
  free(values);
  free(results);
  return hash;
}

static void print_results(const struct combination *c, const char *name, lottery_dataset *dataset,
                          lottery_trainer *trainer, lottery_network *network, uint64_t path) {
  double last = 0.0, loss;
  int64_t correct;
  if (c->way != OUTSIDE) require(c->context, lottery_trainer_loss(trainer, &last));
  require(c->context, lottery_trainer_evaluate(trainer, dataset, &loss, &correct));
  printf("%s tensors=%016llx state=%016llx predictions=%016llx path=%016llx loss=%a evaluate=%a correct=%lld\n", name,
         (unsigned long long)hash_network(c->context, network), (unsigned long long)hash_state(c->context, trainer),
         (unsigned long long)hash_predictions(c->context, network, dataset), (unsigned long long)path, last, loss,
         (long long)correct);
}

static lottery_trainer *make_trainer(const struct combination *c, lottery_network *network, lottery_dataset *dataset) {
  lottery_trainer *trainer = NULL;
  require(c->context, lottery_trainer_create(network, dataset, 5, &trainer));
  set_optimiser(c->context, trainer, c->optimiser);
  require(c->context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, c->batch));
  require(c->context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_LOSS,
                                                  c->loss == CROSS_ENTROPY ? LOTTERY_LOSS_CROSS_ENTROPY
                                                                           : LOTTERY_LOSS_MEAN_SQUARED_ERROR));
  return trainer;
}

static lottery_network *start_network(const struct combination *c) {
  lottery_network *network = make_network(c->context, c->shape, LOTTERY_INITIALISE_GLOROT_NORMAL);
  if (disturbed()) disturb_network(c->context, network);
  require(c->context, lottery_network_set_real(network, LOTTERY_NETWORK_CROSSOVER, c->form->crossover));
  set_mask(c->context, network, c->form, false);
  return network;
}

static void run_combination(const struct combination *c) {
  char name[NAME_CAPACITY];
  snprintf(name, sizeof name, "train %s %s %s %s %s %s %s %lld", c->set, shapes[c->shape].name, data_names[c->data],
           c->form->name, c->optimiser->name, way_names[c->way], loss_names[c->loss], (long long)c->batch);
  if (!wanted(name)) return;
  static struct path path;
  path.hash = hash_start;
  lottery_network *network = start_network(c);
  lottery_dataset *dataset = dataset_of(c->context, c->shape, c->data, c->loss == SQUARES_OF_TARGETS);
  lottery_trainer *trainer = make_trainer(c, network, dataset);
  const int64_t half = c->form->later < 0.0 ? c->steps : c->steps / 2;
  train(c, dataset, trainer, network, 0, half, &path);
  if (half < c->steps) {
    set_mask(c->context, network, c->form, true);
    train(c, dataset, trainer, network, half, c->steps, &path);
  }
  print_results(c, name, dataset, trainer, network, path.hash);
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(network);
}

/* Every form, or each second one. */
static void run_forms(struct combination c, bool all) {
  for (int form = 0; form < FORMS; form += all ? 1 : 2) {
    c.form = &forms[form];
    run_combination(&c);
  }
}

/* Forms by optimiser and data. The large networks, which take most of the time, have not every pair of these. */
static void run_optimisers(struct combination c) {
  const bool large = c.shape == LENET || c.shape == LONG;
  for (c.data = 0; c.data < DATA; c.data++)
    for (int i = 0; i < LENGTH(optimisers); i++) {
      if (large && i > 0 && c.data != BYTES_SPARSE) continue;
      c.optimiser = &optimisers[i];
      const bool whole = c.shape == ODD || c.shape == GRAPH || (i == 0 && c.data == BYTES_SPARSE);
      c.steps = whole ? 200 : c.shape == LENET ? 20 : 50;
      run_forms(c, c.shape != LENET || i == 0);
    }
}

/* Forms by batch size, way and loss, with one kind of data or another. */
static void run_ways(struct combination c) {
  static const int64_t batches[] = {60, 64, 1, 130};
  const bool large = c.shape == LENET || c.shape == LONG;
  for (int i = 0; i < (large ? 1 : LENGTH(batches)); i++)
    for (c.way = 0; c.way < WAYS; c.way++)
      for (c.loss = 0; c.loss < LOSSES; c.loss++) {
        /* Of a run, entropy with batches of 60 is among those above; a loss outside is one, whatever the library's. */
        if ((c.way == RUN && c.loss == CROSS_ENTROPY && i == 0) || (c.way == OUTSIDE && c.loss != CROSS_ENTROPY))
          continue;
        c.batch = batches[i];
        c.steps = large ? 12 : 40;
        c.data = (i + c.way + c.loss) % 2 == 0 ? BYTES_SPARSE : FLOATS;
        run_forms(c, !large);
      }
}

void print_trainings(const struct instruction_set *sets, int count) {
  for (int i = 0; i < count; i++)
    for (int shape = 0; shape < SHAPES; shape++) {
      const struct combination c = {
          .context = sets[i].context, .set = sets[i].name, .optimiser = &optimisers[0], .shape = shape, .batch = 60};
      run_optimisers(c);
      run_ways(c);
    }
}
