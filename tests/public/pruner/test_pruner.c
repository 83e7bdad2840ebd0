/* The pruner through the public functions, against a naive reference that sorts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pruning.h"

enum { LARGEST = 104 };
static const int64_t units[TENSORS] = {13, 8, 6}, inputs[TENSORS] = {5, 13, 8};

/* Weights and which of them survive. */
struct weights {
  float at[TENSORS][LARGEST];
  uint8_t survives[TENSORS][LARGEST];
};

/* Writes weights to the network, from few values so that many are equal, positive or negative. */
static void draw_weights(struct weights *weights, uint64_t seed, uint32_t values, uint32_t kept_of_eight) {
  uint64_t random = seed;
  memset(weights, 0, sizeof *weights);
  for (int i = 0; i < TENSORS; i++) {
    for (int64_t j = 0; j < tensor_counts[i]; j++) {
      const float magnitude = (float)(support_random(&random) % values) * 0.25f;
      weights->at[i][j] = support_random(&random) % 2 == 0 ? magnitude : -magnitude;
      weights->survives[i][j] = support_random(&random) % 8 < kept_of_eight;
    }
    assert_ok(context, lottery_network_write_tensor(network, 2 * i, weights->at[i], tensor_counts[i]));
  }
}

static lottery_mask *mask_of(const struct weights *weights) {
  lottery_mask *mask = NULL;
  for (int i = 0; i < TENSORS; i++) {
    lottery_mask *next;
    assert_ok(context, lottery_mask_replace(i == 0 ? ones : mask, i, weights->survives[i], tensor_counts[i], &next));
    lottery_mask_destroy(mask);
    mask = next;
  }
  return mask;
}

static void check_mask(lottery_mask *mask, const struct weights *expected) {
  for (int i = 0; i < TENSORS; i++) {
    uint8_t bytes[LARGEST];
    assert_ok(context, lottery_mask_read(mask, i, bytes, tensor_counts[i]));
    assert_memory_equal(bytes, expected->survives[i], (size_t)tensor_counts[i]);
  }
}

struct survivor {
  float magnitude;
  int tensor;
  int64_t element;
};

static int compare(const void *a, const void *b) {
  const struct survivor *x = a, *y = b;
  if (x->magnitude != y->magnitude) return x->magnitude < y->magnitude ? -1 : 1;
  if (x->tensor != y->tensor) return x->tensor < y->tensor ? -1 : 1;
  return x->element < y->element ? -1 : 1;
}

/* Takes away `lost` weights, or floor(rate * n + 0.5) if lost is -1, of the tensors whose bit is set in `members`. */
static void prune_naively(struct weights *weights, unsigned int members, double rate, int64_t lost) {
  struct survivor sorted[ALL];
  int64_t count = 0;
  for (int i = 0; i < TENSORS; i++)
    for (int64_t j = 0; j < tensor_counts[i]; j++)
      if ((members >> i & 1) != 0 && weights->survives[i][j])
        sorted[count++] = (struct survivor){fabsf(weights->at[i][j]), i, j};
  qsort(sorted, (size_t)count, sizeof *sorted, compare);
  if (lost < 0) lost = (int64_t)floor(rate * (double)count + 0.5);
  for (int64_t i = 0; i < lost; i++) weights->survives[sorted[i].tensor][sorted[i].element] = 0;
}

/* Prunes and compares; preview must say the same. */
static void check_apply(lottery_mask *mask, const struct weights *expected) {
  lottery_mask *next;
  int64_t kept[TENSORS], dead[TENSORS];
  int32_t vanishing[TENSORS];
  assert_ok(context, lottery_pruner_preview(pruner, network, mask, TENSORS, kept, dead, vanishing));
  const lottery_status status = lottery_pruner_apply(pruner, network, mask, &next);
  assert_pruned(status, mask, next);
  check_mask(next, expected);
  for (int i = 0; i < TENSORS; i++) {
    assert_int_equal(kept[i], kept_of(next, i));
    assert_int_equal(vanishing[i], kept[i] == 0 ? 2 : kept[i] < units[i] ? 1 : 0);
    int64_t expected_dead = 0;
    for (int64_t unit = 0; unit < units[i]; unit++) {
      int64_t alive = 0;
      for (int64_t input = 0; input < inputs[i]; input++) alive += expected->survives[i][unit * inputs[i] + input];
      expected_dead += alive == 0;
    }
    for (int64_t input = 0; input < inputs[i]; input++) {
      int64_t alive = 0;
      for (int64_t unit = 0; unit < units[i]; unit++) alive += expected->survives[i][unit * inputs[i] + input];
      expected_dead += alive == 0;
    }
    assert_int_equal(dead[i], expected_dead);
  }
  lottery_mask_destroy(next);
}

static const double rates[] = {0.0,  0.001, 0.01, 0.05, 0.1,  0.125, 0.2,  0.25, 0.3,  1.0 / 3, 0.4,   0.5,
                               0.55, 0.6,   0.65, 0.7,  0.75, 0.8,   0.85, 0.9,  0.95, 0.99,    0.999, 1.0};
enum { RATES = sizeof rates / sizeof rates[0] };

static void layerwise_at_every_rate(void **state) {
  (void)state;
  for (int k = 0; k < RATES; k++) {
    for (uint32_t kept_of_eight = 1; kept_of_eight <= 8; kept_of_eight++) {
      struct weights weights;
      draw_weights(&weights, (uint64_t)k * 9 + kept_of_eight, k % 2 == 0 ? 4 : 1000, kept_of_eight);
      lottery_mask *mask = mask_of(&weights);
      set_real(LOTTERY_PRUNER_RATE, rates[k]);
      prune_naively(&weights, 1, rates[k], -1);
      prune_naively(&weights, 2, rates[k], -1);
      prune_naively(&weights, 4, rates[k] * 0.5, -1); /* next to the output */
      check_apply(mask, &weights);
      lottery_mask_destroy(mask);
    }
  }
}

static void global_at_every_rate(void **state) {
  (void)state;
  set_integer(LOTTERY_PRUNER_SCOPE, LOTTERY_SCOPE_GLOBAL);
  for (int k = 0; k < RATES; k++) {
    for (uint32_t kept_of_eight = 1; kept_of_eight <= 8; kept_of_eight++) {
      struct weights weights;
      draw_weights(&weights, (uint64_t)k * 9 + kept_of_eight, k % 2 == 0 ? 4 : 1000, kept_of_eight);
      lottery_mask *mask = mask_of(&weights);
      set_real(LOTTERY_PRUNER_RATE, rates[k]);
      if (kept_of_eight % 2 == 0) { /* all three tensors together */
        set_real(LOTTERY_PRUNER_OUTPUT_FACTOR, 1.0);
        prune_naively(&weights, 7, rates[k], -1);
      } else {
        set_real(LOTTERY_PRUNER_OUTPUT_FACTOR, 0.25);
        prune_naively(&weights, 3, rates[k], -1);
        prune_naively(&weights, 4, rates[k] * 0.25, -1);
      }
      check_apply(mask, &weights);
      lottery_mask_destroy(mask);
    }
  }
}

static void exactly_the_count_asked_for(void **state) {
  (void)state;
  set_real(LOTTERY_PRUNER_OUTPUT_FACTOR, 1.0);
  set_integer(LOTTERY_PRUNER_SCOPE, LOTTERY_SCOPE_GLOBAL);
  struct weights weights;
  draw_weights(&weights, 77, 3, 5);
  lottery_mask *mask = mask_of(&weights);
  const int64_t survivors = kept_of(mask, -1);
  for (int64_t count = 0; count <= survivors; count++) {
    struct weights expected = weights;
    set_integer(LOTTERY_PRUNER_COUNT, count);
    prune_naively(&expected, 7, 0, count);
    check_apply(mask, &expected);
  }
  set_integer(LOTTERY_PRUNER_COUNT, survivors + 1);
  lottery_mask *next = ones;
  assert_fails(context, lottery_pruner_apply(pruner, network, mask, &next), LOTTERY_ERROR_ARGUMENT, "count: ");
  assert_null(next);
  set_integer(LOTTERY_PRUNER_SCOPE, LOTTERY_SCOPE_LAYERWISE);
  set_real(LOTTERY_PRUNER_OUTPUT_FACTOR, 0.5);
  for (int64_t count = 0; count <= survivors; count++) {
    set_integer(LOTTERY_PRUNER_COUNT, count);
    const lottery_status status = lottery_pruner_apply(pruner, network, mask, &next);
    assert_pruned(status, mask, next);
    assert_int_equal(kept_of(next, -1), survivors - count);
    struct weights expected = weights;
    for (int i = 0; i < TENSORS; i++) prune_naively(&expected, 1u << i, 0, kept_of(mask, i) - kept_of(next, i));
    check_mask(next, &expected);
    lottery_mask_destroy(next);
  }
  lottery_mask_destroy(mask);
}

static void exactly_the_density_asked_for(void **state) {
  (void)state;
  struct weights weights;
  draw_weights(&weights, 78, 3, 8);
  for (int k = 0; k < RATES; k++) {
    const double density = rates[k];
    set_real(LOTTERY_PRUNER_RATE, 0.2);
    set_real(LOTTERY_PRUNER_DENSITY, density);
    struct weights expected = weights;
    for (int i = 0; i < TENSORS; i++) {
      const double of_tensor = i < 2 || density == 0.0 ? density : pow(1 - 0.1, log(density) / log(1 - 0.2));
      prune_naively(&expected, 1u << i, 0,
                    tensor_counts[i] - (int64_t)floor(of_tensor * (double)tensor_counts[i] + 0.5));
    }
    check_apply(ones, &expected);
  }
  /* A tensor that keeps fewer already stays as it is. */
  struct weights few = weights;
  memset(few.survives[1], 0, sizeof few.survives[1]);
  few.survives[1][50] = 1;
  lottery_mask *mask = mask_of(&few);
  set_real(LOTTERY_PRUNER_OUTPUT_FACTOR, 1.0);
  set_real(LOTTERY_PRUNER_DENSITY, 0.5);
  prune_naively(&few, 1, 0, tensor_counts[0] - 33);
  prune_naively(&few, 4, 0, tensor_counts[2] - 24);
  check_apply(mask, &few);
  lottery_mask_destroy(mask);
  set_real(LOTTERY_PRUNER_RATE, 0.0);
  set_real(LOTTERY_PRUNER_DENSITY, 0.5);
  assert_fails(context, lottery_pruner_apply(pruner, network, ones, &mask), LOTTERY_ERROR_ARGUMENT, "density: 0.5");
}

/* Five rounds of 20 % leave 51, 41, 33, 26, 21 … of a hundred, half the rate at the output. */
static void iterative_pruning_of_lenet(void **state) {
  (void)state;
  lottery_network *lenet;
  lottery_mask *mask = NULL;
  int64_t expected[] = {235200, 30000, 1000};
  assert_ok(context, lottery_network_preset(context, "lenet-300-100", &lenet));
  assert_ok(context, lottery_network_initialise(lenet, LOTTERY_INITIALISE_GLOROT_NORMAL, 1));
  for (int level = 0; level < 20; level++) {
    lottery_mask *next;
    assert_ok(context, lottery_pruner_apply(pruner, lenet, mask, &next));
    for (int i = 0; i < 3; i++) {
      expected[i] -= (int64_t)floor((i == 2 ? 0.1 : 0.2) * (double)expected[i] + 0.5);
      assert_int_equal(kept_of(next, i), expected[i]);
    }
    if (mask != NULL) { /* nothing comes back */
      lottery_mask *back;
      assert_ok(context, lottery_mask_subtract(next, mask, &back));
      assert_int_equal(kept_of(back, -1), 0);
      lottery_mask_destroy(back);
    }
    lottery_mask_destroy(mask);
    mask = next;
  }
  lottery_mask_destroy(mask);
  lottery_network_destroy(lenet);
}

static void null_mask_means_the_networks_own(void **state) {
  (void)state;
  struct weights weights, expected;
  draw_weights(&weights, 5, 1000, 8);
  set_real(LOTTERY_PRUNER_OUTPUT_FACTOR, 1.0);
  expected = weights;
  for (int i = 0; i < TENSORS; i++) prune_naively(&expected, 1u << i, 0.2, -1);
  check_apply(NULL, &expected);
  lottery_mask *mask = mask_of(&expected);
  assert_ok(context, lottery_network_set_mask(network, mask));
  lottery_mask_destroy(mask);
  for (int i = 0; i < TENSORS; i++) prune_naively(&expected, 1u << i, 0.2, -1);
  check_apply(NULL, &expected);
  lottery_network_set_mask(network, NULL);
}

static void rates_of_tensors(void **state) {
  (void)state;
  struct weights weights, expected;
  draw_weights(&weights, 6, 5, 7);
  lottery_mask *mask = mask_of(&weights);
  assert_ok(context, lottery_pruner_set_tensor_rate(pruner, "fc3.weight", 0.7));
  assert_ok(context, lottery_pruner_set_tensor_rate(pruner, "fc1.weight", 1.0));
  assert_ok(context, lottery_pruner_set_tensor_rate(pruner, "fc1.weight", 0.0));
  expected = weights;
  prune_naively(&expected, 2, 0.2, -1);
  prune_naively(&expected, 4, 0.7, -1);
  check_apply(mask, &expected);
  set_integer(LOTTERY_PRUNER_SCOPE, LOTTERY_SCOPE_GLOBAL);
  check_apply(mask, &expected);
  assert_ok(context, lottery_pruner_set_tensor_rate(pruner, "fc2.weight", 0.7));
  expected = weights;
  prune_naively(&expected, 6, 0.7, -1);
  check_apply(mask, &expected);
  assert_ok(context, lottery_pruner_set_tensor_rate(pruner, "fc1.weight", 1.0));
  prune_naively(&expected, 1, 1.0, -1);
  check_apply(mask, &expected);
  lottery_mask_destroy(mask);
  /* More of them than the first allocation holds; a name that no network has is noticed when it is used. */
  for (char name[] = "fcA.weight"; name[2] <= 'Z'; name[2]++)
    assert_ok(context, lottery_pruner_set_tensor_rate(pruner, name, 0.1));
  assert_fails(context, lottery_pruner_apply(pruner, network, NULL, &mask), LOTTERY_ERROR_ARGUMENT, "fcA.weight");
}

static void biases_have_no_rate(void **state) {
  (void)state;
  lottery_mask *mask;
  assert_ok(context, lottery_pruner_set_tensor_rate(pruner, "fc1.bias", 0.1));
  assert_fails(context, lottery_pruner_apply(pruner, network, NULL, &mask), LOTTERY_ERROR_ARGUMENT, "fc1.bias");
}

static void random_criterion_prunes_by_seed_alone(void **state) {
  (void)state;
  struct weights weights;
  draw_weights(&weights, 8, 1000, 6);
  lottery_mask *mask = mask_of(&weights), *made[4];
  set_integer(LOTTERY_PRUNER_CRITERION, LOTTERY_CRITERION_RANDOM);
  set_real(LOTTERY_PRUNER_RATE, 0.4);
  const int64_t seeds[] = {0, 0, 1, 0};
  for (int k = 0; k < 4; k++) {
    if (k == 3) draw_weights(&weights, 9, 1000, 6); /* other weights: no matter */
    set_integer(LOTTERY_PRUNER_SEED, seeds[k]);
    assert_ok(context, lottery_pruner_apply(pruner, network, mask, &made[k]));
    for (int i = 0; i < TENSORS; i++) {
      const int64_t before = kept_of(mask, i), lost = (int64_t)floor((i == 2 ? 0.2 : 0.4) * (double)before + 0.5);
      assert_int_equal(kept_of(made[k], i), before - lost);
    }
    lottery_mask *back;
    assert_ok(context, lottery_mask_subtract(made[k], mask, &back));
    assert_int_equal(kept_of(back, -1), 0);
    lottery_mask_destroy(back);
  }
  int64_t hamming[3];
  for (int k = 0; k < 3; k++) assert_ok(context, lottery_mask_hamming(made[0], made[k + 1], &hamming[k]));
  assert_int_equal(hamming[0], 0);
  assert_true(hamming[1] > 20);
  assert_int_equal(hamming[2], 0);
  for (int k = 0; k < 4; k++) lottery_mask_destroy(made[k]);
  lottery_mask_destroy(mask);
}

static void the_last_of_rate_count_and_density_decides(void **state) {
  (void)state;
  struct weights weights;
  draw_weights(&weights, 10, 1000, 8);
  lottery_mask *next;
  set_integer(LOTTERY_PRUNER_COUNT, 7);
  set_real(LOTTERY_PRUNER_OUTPUT_FACTOR, 1.0);
  assert_status(context, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_RATE, 1.5), LOTTERY_ERROR_ARGUMENT);
  assert_ok(context, lottery_pruner_apply(pruner, network, ones, &next));
  assert_int_equal(kept_of(next, -1), ALL - 7);
  lottery_mask_destroy(next);
  set_real(LOTTERY_PRUNER_DENSITY, 0.0);
  assert_ok(context, lottery_pruner_apply(pruner, network, ones, &next));
  assert_int_equal(kept_of(next, -1), 0);
  lottery_mask_destroy(next);
  set_real(LOTTERY_PRUNER_RATE, 0.0);
  assert_status(context, lottery_pruner_apply(pruner, network, ones, &next), LOTTERY_UNCHANGED);
  assert_int_equal(kept_of(next, -1), ALL);
  lottery_mask_destroy(next);
}

/* At RATE 1, too, a density of 0 empties every tensor of a rate above 0, whatever the rate. */
static void a_density_of_0_empties(void **state) {
  (void)state;
  struct weights weights;
  draw_weights(&weights, 10, 1000, 8);
  static const double own_rates[] = {1.0, 0.5, 0x1p-40, 1e-17};
  for (int i = 0; i < 4; i++) {
    lottery_mask *next;
    set_real(LOTTERY_PRUNER_RATE, own_rates[i]);
    assert_ok(context, lottery_pruner_set_tensor_rate(pruner, "fc1.weight", 0.01));
    set_real(LOTTERY_PRUNER_DENSITY, 0.0);
    assert_ok(context, lottery_pruner_apply(pruner, network, ones, &next));
    assert_int_equal(kept_of(next, -1), 0);
    lottery_mask_destroy(next);
  }
}

/* What a pruner was told can be read back. */
static void settings_are_read_back(void **state) {
  (void)state;
  static const char *const names[] = {"fc2.weight", "fc1.weight"};
  int32_t key;
  int64_t count, needed;
  char name[32];
  double rate;
  assert_ok(context, lottery_pruner_amount(pruner, &key));
  assert_int_equal(key, LOTTERY_PRUNER_RATE);
  set_real(LOTTERY_PRUNER_DENSITY, 0.5);
  assert_ok(context, lottery_pruner_amount(pruner, &key));
  assert_int_equal(key, LOTTERY_PRUNER_DENSITY);
  set_integer(LOTTERY_PRUNER_COUNT, 3);
  set_real(LOTTERY_PRUNER_OUTPUT_FACTOR, 0.5);
  assert_ok(context, lottery_pruner_amount(pruner, &key));
  assert_int_equal(key, LOTTERY_PRUNER_COUNT);
  set_real(LOTTERY_PRUNER_RATE, 0.5);
  assert_ok(context, lottery_pruner_amount(pruner, &key));
  assert_int_equal(key, LOTTERY_PRUNER_RATE);
  assert_ok(context, lottery_pruner_tensor_rate_count(pruner, &count));
  assert_int_equal(count, 0);
  for (int i = 0; i < 2; i++) assert_ok(context, lottery_pruner_set_tensor_rate(pruner, names[i], 0.25 * (1 + i)));
  assert_ok(context, lottery_pruner_set_tensor_rate(pruner, names[0], 0.75));
  assert_ok(context, lottery_pruner_tensor_rate_count(pruner, &count));
  assert_int_equal(count, 2);
  for (int i = 0; i < 2; i++) {
    assert_ok(context, lottery_pruner_tensor_rate_name(pruner, i, name, sizeof name, &needed));
    assert_string_equal(name, names[i]);
    assert_int_equal(needed, strlen(names[i]) + 1);
    assert_ok(context, lottery_pruner_tensor_rate(pruner, i, &rate));
    assert_true(rate == (i == 0 ? 0.75 : 0.5));
  }
  assert_fails(context, lottery_pruner_tensor_rate(pruner, 2, &rate), LOTTERY_ERROR_ARGUMENT, "index: 2");
  assert_fails(context, lottery_pruner_tensor_rate_name(pruner, -1, name, 32, NULL), LOTTERY_ERROR_ARGUMENT,
               "index: -1");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PRUNING_TEST(layerwise_at_every_rate),
      PRUNING_TEST(global_at_every_rate),
      PRUNING_TEST(exactly_the_count_asked_for),
      PRUNING_TEST(exactly_the_density_asked_for),
      PRUNING_TEST(iterative_pruning_of_lenet),
      PRUNING_TEST(null_mask_means_the_networks_own),
      PRUNING_TEST(a_density_of_0_empties),
      PRUNING_TEST(settings_are_read_back),
      PRUNING_TEST(rates_of_tensors),
      PRUNING_TEST(biases_have_no_rate),
      PRUNING_TEST(random_criterion_prunes_by_seed_alone),
      PRUNING_TEST(the_last_of_rate_count_and_density_decides),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
