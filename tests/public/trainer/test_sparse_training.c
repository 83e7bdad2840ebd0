/* Training on packed survivors: it agrees with masked dense training, and everything a host can do with weights, state,
 * gradients and masks works in both forms. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sparse_fuzz.h"

static int32_t sets[INSTRUCTION_SET_LIMIT];
static int set_count;

static int find_sets(void **unused) {
  (void)unused;
  set_count = instruction_sets(sets);
  return 0;
}

static void test_fuzz(void **unused) {
  (void)unused;
  int amplifying = 0;
  for (uint64_t seed = 0; seed < 300; seed++)
    for (int i = 0; i < set_count; i++) amplifying += fuzz_check(sets[i], seed);
  assert_in_range(amplifying, 0, 3);
}

/* --- One case in a form --- */

struct world {
  struct fuzz fuzz;
  lottery_context *context;
  lottery_network *network;
  lottery_dataset *dataset;
  lottery_trainer *trainer;
};

/* Sizes that fit no vector, all layers masked, an optimiser with every state unless told otherwise. */
static struct world begin(int32_t set, double crossover, int optimiser) {
  struct world world = {.fuzz = {.seed = 7,
                                 .random = 12,
                                 .inputs = 53,
                                 .outputs = 7,
                                 .examples = 130,
                                 .batch_size = 70,
                                 .layers = 3,
                                 .biases = true,
                                 .bytes = true,
                                 .residual = true,
                                 .optimiser = &optimiser_cases[optimiser]}};
  world.context = context_on(set);
  world.network = fuzz_network(world.context, &world.fuzz);
  assert_ok(world.context, lottery_network_set_real(world.network, LOTTERY_NETWORK_CROSSOVER, crossover));
  world.dataset = fuzz_dataset(world.context, &world.fuzz);
  world.trainer = fuzz_trainer(world.network, world.dataset, &world.fuzz);
  return world;
}

static void end(struct world *world) {
  lottery_trainer_destroy(world->trainer);
  lottery_dataset_destroy(world->dataset);
  lottery_network_destroy(world->network);
  lottery_context_destroy(world->context);
}

/* Keeps each weight with this probability, the first and last of every tensor in any case. */
static lottery_mask *mask_of(const struct world *world, double density, uint64_t seed) {
  uint64_t random = seed;
  lottery_mask *mask;
  int64_t count;
  assert_ok(NULL, lottery_mask_ones(world->network, &mask));
  assert_ok(NULL, lottery_mask_tensor_count(mask, &count));
  for (int64_t i = 0; i < count; i++) {
    int64_t total;
    assert_ok(NULL, lottery_mask_kept(mask, i, NULL, &total));
    uint8_t *bytes = calloc((size_t)total, 1);
    assert_non_null(bytes);
    for (int64_t j = 0; j < total; j++)
      bytes[j] = j == 0 || j == total - 1 || (double)support_random(&random) * 0x1p-32 < density;
    lottery_mask *next;
    assert_ok(NULL, lottery_mask_replace(mask, i, bytes, total, &next));
    lottery_mask_destroy(mask);
    mask = next;
    free(bytes);
  }
  return mask;
}

static void set_mask(struct world *world, double density, uint64_t seed) {
  lottery_mask *mask = mask_of(world, density, seed);
  assert_ok(world->context, lottery_network_set_mask(world->network, mask));
  lottery_mask_destroy(mask);
}

static void run(struct world *world, int64_t iterations) {
  assert_ok(world->context, lottery_trainer_run(world->trainer, iterations, NULL, NULL, NULL));
  assert_ok(world->context, lottery_network_check_mask(world->network, NULL, NULL, NULL));
}

/* How many tensors are packed. */
static int packed(const struct world *world) {
  int64_t count;
  int forms = 0;
  assert_ok(NULL, lottery_network_tensor_count(world->network, &count));
  for (int64_t i = 0; i < count; i++) {
    int32_t form;
    assert_ok(NULL, lottery_network_tensor_form(world->network, i, &form, NULL));
    forms += form == LOTTERY_FORM_PACKED;
  }
  return forms;
}

static struct values copy_of(const struct values *values) {
  struct values copy = {malloc((size_t)(values->count + 1) * sizeof(float)), values->count};
  assert_non_null(copy.values);
  memcpy(copy.values, values->values, (size_t)values->count * sizeof(float));
  return copy;
}

/* --- Masks and forms that change --- */

/* A change of the crossover alone moves weights and state to the other form without changing a bit. */
static void test_form_changes(void **unused) {
  (void)unused;
  for (int i = 0; i < set_count; i++)
    for (int optimiser = 0; optimiser < optimiser_case_count; optimiser++) {
      struct world world = begin(sets[i], 0.0, optimiser);
      set_mask(&world, 0.3, 1);
      run(&world, 3);
      assert_int_equal(packed(&world), 0);
      struct values before = trainer_values(world.trainer);
      assert_ok(world.context, lottery_network_set_real(world.network, LOTTERY_NETWORK_CROSSOVER, 1.0));
      assert_int_equal(packed(&world), 5);
      assert_values_equal(trainer_values(world.trainer), copy_of(&before));
      assert_ok(world.context, lottery_network_set_real(world.network, LOTTERY_NETWORK_CROSSOVER, 0.0));
      assert_values_equal(trainer_values(world.trainer), before);
      end(&world);
    }
}

/* Masks set in the middle of training, by the network or by rewinding: what survives goes on in the new form. */
static struct values train_through_masks(int32_t set, double crossover, int optimiser, bool rewind) {
  static const double densities[] = {1, 0.8, 0.3, 0.05, 0.6, 0};
  struct world world = begin(set, crossover, optimiser);
  for (int i = 0; i < 6; i++) {
    lottery_mask *mask = mask_of(&world, densities[i], (uint64_t)i);
    if (rewind)
      assert_ok(world.context, lottery_trainer_rewind(world.trainer, NULL, mask, 0));
    else
      assert_ok(world.context, lottery_network_set_mask(world.network, mask));
    lottery_mask_destroy(mask);
    run(&world, 4);
  }
  assert_ok(world.context, lottery_network_set_mask(world.network, NULL));
  assert_int_equal(packed(&world), 0);
  run(&world, 2);
  struct values values = network_values(world.network);
  end(&world);
  return values;
}

static void test_masks_change(void **unused) {
  (void)unused;
  static const double crossovers[] = {0.2, 0.5, 1.0, -1.0};
  for (int i = 0; i < set_count; i++)
    for (int optimiser = 0; optimiser < optimiser_case_count; optimiser++)
      for (int rewind = 0; rewind < 2; rewind++) {
        struct values reference = train_through_masks(sets[i], 0.0, optimiser, rewind != 0);
        for (int j = 0; j < 4; j++)
          assert_values_near(train_through_masks(sets[i], crossovers[j], optimiser, rewind != 0), copy_of(&reference),
                             optimiser_cases[optimiser].name, (uint64_t)(100 * i + 10 * j + rewind));
        release_values(&reference);
      }
}

/* What a mask prunes and a later one brings back starts at 0, in state too. */
static void test_pruned_comes_back_as_zero(void **unused) {
  (void)unused;
  for (int i = 0; i < set_count; i++)
    for (int form = 0; form < 2; form++) {
      struct world world = begin(sets[i], form, 5);
      run(&world, 3);
      set_mask(&world, 0.2, 3);
      struct values pruned = trainer_values(world.trainer);
      assert_ok(world.context, lottery_network_set_mask(world.network, NULL));
      assert_values_equal(trainer_values(world.trainer), pruned);
      end(&world);
    }
}

/* --- Weights --- */

static void test_weights_are_the_same_in_both_forms(void **unused) {
  (void)unused;
  for (int i = 0; i < set_count; i++) {
    struct values weights[2][3];
    for (int form = 0; form < 2; form++) {
      struct world world = begin(sets[i], form, 0);
      set_mask(&world, 0.3, 5);
      weights[form][0] = network_values(world.network);
      assert_ok(world.context, lottery_network_initialise(world.network, LOTTERY_INITIALISE_KAIMING_NORMAL, 99));
      weights[form][1] = network_values(world.network);
      for (int64_t j = 0; j < weights[form][0].count; j++) weights[form][0].values[j] += 1.0F; /* pruned ones too */
      set_network_values(world.network, weights[form][0].values);
      weights[form][2] = network_values(world.network);
      assert_ok(world.context, lottery_network_check_mask(world.network, NULL, NULL, NULL));
      end(&world);
    }
    for (int j = 0; j < 3; j++) assert_values_equal(weights[0][j], weights[1][j]);
  }
}

/* --- Gradients --- */

/* The packed gradient is the tensors' gradients at survivors, in order. */
static void check_packed_gradient(struct world *world) {
  int64_t count, mask_tensor = 0, at = 0, tensors;
  lottery_mask *mask;
  assert_ok(world->context, lottery_trainer_gradient_count(world->trainer, &count));
  float *gradient = calloc((size_t)count, sizeof *gradient);
  assert_non_null(gradient);
  assert_ok(world->context, lottery_trainer_read_gradient(world->trainer, gradient, count));
  assert_ok(world->context, lottery_network_get_mask(world->network, &mask));
  assert_ok(world->context, lottery_network_tensor_count(world->network, &tensors));
  for (int64_t i = 0; i < tensors; i++) {
    const int64_t elements = tensor_elements(world->network, i);
    float *values = calloc((size_t)elements, sizeof *values);
    uint8_t *kept = malloc((size_t)elements);
    assert_true(values != NULL && kept != NULL);
    memset(kept, 1, (size_t)elements);
    int32_t prunable;
    assert_ok(world->context, lottery_network_tensor_prunable(world->network, i, &prunable));
    if (prunable != 0) assert_ok(world->context, lottery_mask_read(mask, mask_tensor++, kept, elements));
    assert_ok(world->context, lottery_trainer_read_tensor_gradient(world->trainer, i, values, elements));
    for (int64_t j = 0; j < elements; j++) {
      if (kept[j] == 0) assert_true(values[j] == 0.0F && !signbit(values[j]));
      if (kept[j] != 0) {
        assert_true(at < count);
        assert_true(values[j] == gradient[at++]);
      }
    }
    free(values);
    free(kept);
  }
  assert_int_equal(at, count);
  lottery_mask_destroy(mask);
  free(gradient);
}

static void next_gradient(struct world *world) {
  assert_ok(world->context, lottery_trainer_gradient(world->trainer, 0, NULL, NULL, NULL, NULL));
}

static void test_gradients(void **unused) {
  (void)unused;
  for (int i = 0; i < set_count; i++) {
    struct values gradients[2];
    for (int form = 0; form < 2; form++) {
      struct world world = begin(sets[i], form, 0);
      set_mask(&world, 0.3, 5);
      next_gradient(&world);
      check_packed_gradient(&world);
      gradients[form] = gradient_values(world.trainer, world.network);
      /* A change of form keeps a gradient that was made. */
      assert_ok(world.context, lottery_network_set_real(world.network, LOTTERY_NETWORK_CROSSOVER, 1 - form));
      assert_values_equal(gradient_values(world.trainer, world.network), copy_of(&gradients[form]));
      check_packed_gradient(&world);
      end(&world);
    }
    assert_values_near(gradients[0], gradients[1], "gradients", 0);
  }
}

/* gradient, read, write and apply are a step, bit for bit; a written gradient is what is applied. */
static void test_split_iteration(void **unused) {
  (void)unused;
  for (int i = 0; i < set_count; i++)
    for (int optimiser = 0; optimiser < optimiser_case_count; optimiser++)
      for (int form = 0; form < 2; form++) {
        struct world whole = begin(sets[i], form, optimiser), split = begin(sets[i], form, optimiser);
        set_mask(&whole, 0.25, 6);
        set_mask(&split, 0.25, 6);
        int64_t count;
        assert_ok(split.context, lottery_trainer_gradient_count(split.trainer, &count));
        float *gradient = calloc((size_t)count, sizeof *gradient), *zeros = calloc((size_t)count, sizeof *zeros);
        assert_true(gradient != NULL && zeros != NULL);
        run(&whole, 5);
        for (int step = 0; step < 5; step++) {
          next_gradient(&split);
          assert_ok(split.context, lottery_trainer_read_gradient(split.trainer, gradient, count));
          assert_ok(split.context, lottery_trainer_write_gradient(split.trainer, zeros, count));
          struct values nothing = gradient_values(split.trainer, split.network);
          for (int64_t j = 0; j < nothing.count; j++) assert_true(nothing.values[j] == 0.0F);
          release_values(&nothing);
          assert_ok(split.context, lottery_trainer_write_gradient(split.trainer, gradient, count));
          check_packed_gradient(&split);
          assert_ok(split.context, lottery_trainer_apply(split.trainer));
        }
        assert_values_equal(trainer_values(whole.trainer), trainer_values(split.trainer));
        free(gradient);
        free(zeros);
        end(&whole);
        end(&split);
      }
}

/* --- Snapshots and rewinding --- */

/* A snapshot of one form goes back into the other, and training goes on with the same bits as before. */
static void test_rewind_between_forms(void **unused) {
  (void)unused;
  for (int i = 0; i < set_count; i++)
    for (int optimiser = 0; optimiser < optimiser_case_count; optimiser++)
      for (int form = 0; form < 2; form++) {
        struct world world = begin(sets[i], form, optimiser);
        set_mask(&world, 0.3, 8);
        run(&world, 3);
        lottery_snapshot *snapshot;
        assert_ok(world.context, lottery_trainer_snapshot(world.trainer, LOTTERY_STATE_ALL, &snapshot));
        struct values then = trainer_values(world.trainer);
        run(&world, 4);
        struct values later = trainer_values(world.trainer);
        assert_ok(world.context, lottery_network_set_real(world.network, LOTTERY_NETWORK_CROSSOVER, 1 - form));
        run(&world, 1);
        assert_ok(world.context, lottery_trainer_rewind(world.trainer, snapshot, NULL, LOTTERY_STATE_ALL));
        assert_values_equal(trainer_values(world.trainer), then);
        assert_ok(world.context, lottery_network_set_real(world.network, LOTTERY_NETWORK_CROSSOVER, form));
        run(&world, 4);
        assert_values_equal(trainer_values(world.trainer), later);
        lottery_snapshot_destroy(snapshot);
        end(&world);
      }
}

/* Rewinding to the beginning under a new mask: the initial weights of what survives, at once and in either form. */
static void test_ticket(void **unused) {
  (void)unused;
  for (int i = 0; i < set_count; i++)
    for (int form = 0; form < 2; form++) {
      struct world world = begin(sets[i], form, 5), fresh = begin(sets[i], form, 5);
      lottery_snapshot *snapshot;
      assert_ok(world.context, lottery_trainer_snapshot(world.trainer, LOTTERY_STATE_ALL, &snapshot));
      for (int round = 1; round < 5; round++) {
        run(&world, 3);
        lottery_mask *mask = mask_of(&world, 0.9 / round, 20);
        assert_ok(world.context, lottery_trainer_rewind(world.trainer, snapshot, mask, LOTTERY_STATE_ALL));
        lottery_mask_destroy(mask);
      }
      set_mask(&fresh, 0.9 / 4, 20);
      assert_values_equal(network_values(world.network), network_values(fresh.network));
      run(&world, 5);
      run(&fresh, 5);
      assert_values_equal(trainer_values(world.trainer), trainer_values(fresh.trainer));
      lottery_snapshot_destroy(snapshot);
      end(&world);
      end(&fresh);
    }
}

/* --- Numbers --- */

/* A training that diverges stops before the first weight is not finite in what it leaves, and pruned weights are 0. */
static void test_divergence(void **unused) {
  (void)unused;
  for (int i = 0; i < set_count; i++)
    for (int optimiser = 0; optimiser < optimiser_case_count; optimiser++) {
      struct world world = begin(sets[i], 1.0, optimiser);
      set_mask(&world, 0.3, 9);
      assert_ok(world.context, lottery_trainer_set_real(world.trainer, LOTTERY_TRAINER_LEARNING_RATE, 1e6));
      assert_ok(world.context,
                lottery_trainer_set_integer(world.trainer, LOTTERY_TRAINER_LOSS, LOTTERY_LOSS_MEAN_SQUARED_ERROR));
      assert_ok(world.context, lottery_trainer_set_real(world.trainer, LOTTERY_TRAINER_WEIGHT_DECAY, 1e6));
      lottery_status status = LOTTERY_OK;
      for (int step = 0; step < 200 && status == LOTTERY_OK; step++)
        status = lottery_trainer_run(world.trainer, 1, NULL, NULL, NULL);
      assert_status(world.context, status, LOTTERY_ERROR_NOT_FINITE);
      struct values before = trainer_values(world.trainer);
      assert_fails(world.context, lottery_trainer_run(world.trainer, 1, NULL, NULL, NULL), LOTTERY_ERROR_NOT_FINITE,
                   "loss");
      assert_values_equal(trainer_values(world.trainer), before);
      assert_ok(world.context, lottery_network_check_mask(world.network, NULL, NULL, NULL));
      end(&world);
    }
}

static void test_gradients_that_are_not_finite(void **unused) {
  (void)unused;
  static const float bad[] = {NAN, INFINITY, -INFINITY};
  for (int i = 0; i < set_count; i++) {
    struct world world = begin(sets[i], 1.0, 5);
    set_mask(&world, 0.3, 9);
    run(&world, 1);
    next_gradient(&world);
    int64_t count;
    assert_ok(world.context, lottery_trainer_gradient_count(world.trainer, &count));
    float *gradient = calloc((size_t)count, sizeof *gradient);
    assert_non_null(gradient);
    struct values before = trainer_values(world.trainer);
    for (int64_t j = 0; j < 6; j++) { /* the first and the last element too */
      const int64_t at = j == 5 ? count - 1 : count / 5 * j;
      gradient[at] = bad[j % 3];
      assert_ok(world.context, lottery_trainer_write_gradient(world.trainer, gradient, count));
      assert_fails(world.context, lottery_trainer_apply(world.trainer), LOTTERY_ERROR_NOT_FINITE, "gradient");
      gradient[at] = 0.0F;
    }
    assert_values_equal(trainer_values(world.trainer), before);
    free(gradient);
    end(&world);
  }
}

/* State that decays towards nothing becomes 0, not denormal: inputs of which a third are always 0, and a gradient that
 * vanishes, for thousands of iterations. */
static void test_no_denormals(void **unused) {
  (void)unused;
  for (int i = 0; i < set_count; i++)
    for (int optimiser = 2; optimiser < optimiser_case_count; optimiser++)
      for (int form = 0; form < 2; form++) {
        struct world world = begin(sets[i], form, optimiser);
        set_mask(&world, 0.3, 9);
        assert_ok(world.context, lottery_trainer_set_real(world.trainer, LOTTERY_TRAINER_BETA1, 0.7));
        assert_ok(world.context, lottery_trainer_set_real(world.trainer, LOTTERY_TRAINER_BETA2, 0.8));
        run(&world, 20);
        /* From here on every input is 0, so that the first layer's weights get no gradient at all. */
        float *inputs = calloc((size_t)(world.fuzz.inputs * 2), sizeof *inputs);
        const int32_t labels[] = {1, 2};
        assert_non_null(inputs);
        bool fell = false;
        for (int step = 0; step < 2500; step++) {
          assert_ok(world.context, lottery_trainer_step(world.trainer, 2, inputs, labels, NULL, NULL));
          if (step % 50 != 0) continue;
          struct values values = trainer_values(world.trainer);
          for (int64_t j = 0; j < values.count; j++) {
            const float magnitude = fabsf(values.values[j]);
            if (magnitude != 0.0F && magnitude < FLT_MIN)
              fail_msg("instruction set %d, %s, step %d: %g in the state", (int)sets[i],
                       optimiser_cases[optimiser].name, step, (double)magnitude);
            fell = fell || (magnitude != 0.0F && magnitude < 1e-30F);
          }
          release_values(&values);
        }
        if (world.fuzz.optimiser->decay == 0.0) assert_true(fell); /* the values did come near */
        free(inputs);
        end(&world);
      }
}

/* --- Memory --- */

static void test_nothing_allocated_after_the_first_step(void **unused) {
  (void)unused;
  for (int i = 0; i < set_count; i++)
    for (int bytes = 0; bytes < 2; bytes++) {
      struct counting_allocator allocator;
      allocator_start(&allocator);
      struct world world = begin(sets[i], 1.0, 5);
      end(&world);
      world.fuzz.bytes = bytes != 0;
      world.context = allocator_context(&allocator);
      assert_ok(world.context, lottery_context_set_instruction_set(world.context, sets[i]));
      world.network = fuzz_network(world.context, &world.fuzz);
      assert_ok(world.context, lottery_network_set_real(world.network, LOTTERY_NETWORK_CROSSOVER, 1.0));
      world.dataset = fuzz_dataset(world.context, &world.fuzz);
      world.trainer = fuzz_trainer(world.network, world.dataset, &world.fuzz);
      set_mask(&world, 0.2, 1);
      double loss;
      assert_ok(world.context, lottery_trainer_run(world.trainer, 1, NULL, NULL, NULL));
      assert_ok(world.context, lottery_trainer_evaluate(world.trainer, world.dataset, &loss, NULL));
      const int64_t calls = allocator.calls;
      assert_ok(world.context, lottery_trainer_run(world.trainer, 10, NULL, NULL, NULL));
      next_gradient(&world);
      assert_ok(world.context, lottery_trainer_apply(world.trainer));
      assert_ok(world.context, lottery_trainer_evaluate(world.trainer, world.dataset, &loss, NULL));
      assert_int_equal(allocator.calls, calls);
      end(&world);
      allocator_finish(&allocator);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fuzz),
      cmocka_unit_test(test_form_changes),
      cmocka_unit_test(test_masks_change),
      cmocka_unit_test(test_pruned_comes_back_as_zero),
      cmocka_unit_test(test_weights_are_the_same_in_both_forms),
      cmocka_unit_test(test_gradients),
      cmocka_unit_test(test_split_iteration),
      cmocka_unit_test(test_rewind_between_forms),
      cmocka_unit_test(test_ticket),
      cmocka_unit_test(test_divergence),
      cmocka_unit_test(test_gradients_that_are_not_finite),
      cmocka_unit_test(test_no_denormals),
      cmocka_unit_test(test_nothing_allocated_after_the_first_step),
  };
  return cmocka_run_group_tests(tests, find_sets, NULL);
}
