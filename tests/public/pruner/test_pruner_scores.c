/* Pruning by scores of the host's own: against the magnitude criterion, and against a naive ranking. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pruning.h"

/* Where a tensor's scores begin. */
static const int64_t starts[TENSORS + 1] = {0, 65, 169, ALL};

static lottery_mask *mask_of(const uint8_t survives[ALL]) {
  lottery_mask *mask = NULL;
  for (int i = 0; i < TENSORS; i++) {
    lottery_mask *next;
    assert_ok(context, lottery_mask_replace(i == 0 ? ones : mask, i, survives + starts[i], tensor_counts[i], &next));
    lottery_mask_destroy(mask);
    mask = next;
  }
  return mask;
}

static void read_mask(lottery_mask *mask, uint8_t survives[ALL]) {
  for (int i = 0; i < TENSORS; i++)
    assert_ok(context, lottery_mask_read(mask, i, survives + starts[i], tensor_counts[i]));
}

static void draw_mask(uint64_t *random, uint32_t kept_of_eight, uint8_t survives[ALL]) {
  for (int i = 0; i < ALL; i++) survives[i] = support_random(random) % 8 < kept_of_eight;
}

/* --- Scores that are |weights| give the mask of the magnitude criterion --- */

/* The ways of saying how much: which, at strengths 0 to 1. */
enum { WAYS = 4, STRENGTHS = 9 };
static void say_how_much(int way, double strength, int64_t survivors) {
  set_real(LOTTERY_PRUNER_RATE, 0.2);
  set_real(LOTTERY_PRUNER_OUTPUT_FACTOR, way % 2 == 0 ? 0.5 : 1.0);
  if (way == 0) set_real(LOTTERY_PRUNER_RATE, strength);
  if (way == 1) set_integer(LOTTERY_PRUNER_COUNT, (int64_t)floor(strength * (double)survivors));
  if (way == 2) set_real(LOTTERY_PRUNER_DENSITY, 1.0 - strength);
  if (way == 3) assert_ok(context, lottery_pruner_set_tensor_rate(pruner, "fc2.weight", strength));
}

/* Weights, many of them equal and of both signs, and their absolute values as scores. */
static void draw_weights(uint64_t *random, float scores[ALL]) {
  float weights[ALL];
  for (int i = 0; i < ALL; i++) {
    weights[i] = (float)((int)(support_random(random) % 41) - 20) * 0x1p-4F;
    if (support_random(random) % 8 == 0) weights[i] = -0.0F;
    if (support_random(random) % 8 == 0) weights[i] *= FLT_MIN; /* denormal */
    scores[i] = fabsf(weights[i]);
  }
  for (int i = 0; i < TENSORS; i++)
    assert_ok(context, lottery_network_write_tensor(network, 2 * i, weights + starts[i], tensor_counts[i]));
}

static void absolute_weights_are_the_magnitude_criterion(void **state) {
  (void)state;
  uint64_t random = 5;
  for (int way = 0; way < WAYS; way++) {
    for (int64_t scope = LOTTERY_SCOPE_LAYERWISE; scope <= LOTTERY_SCOPE_GLOBAL; scope++) {
      for (int strength = 0; strength < STRENGTHS; strength++) {
        float scores[ALL];
        uint8_t survives[ALL], expected[ALL], found[ALL];
        lottery_mask *by_weights, *by_scores;
        draw_weights(&random, scores);
        draw_mask(&random, 1 + (uint32_t)strength % 8, survives);
        lottery_mask *mask = mask_of(survives);
        int64_t survivors;
        assert_ok(context, lottery_mask_kept(mask, -1, &survivors, NULL));
        set_integer(LOTTERY_PRUNER_SCOPE, scope);
        say_how_much(way, (double)strength / (STRENGTHS - 1), survivors);
        const lottery_status status = lottery_pruner_apply(pruner, network, mask, &by_weights);
        assert_pruned(status, mask, by_weights);
        assert_int_equal(lottery_pruner_apply_scores(pruner, network, mask, scores, ALL, &by_scores), status);
        read_mask(by_weights, expected);
        read_mask(by_scores, found);
        assert_memory_equal(found, expected, ALL);
        lottery_mask_destroy(mask);
        lottery_mask_destroy(by_weights);
        lottery_mask_destroy(by_scores);
      }
    }
  }
}

/* --- Any scores, ranked by looking for the lowest again and again --- */

static void prune_naively(uint8_t survives[ALL], const float scores[ALL], int64_t begin, int64_t end, int64_t lost) {
  for (; lost > 0; lost--) {
    int64_t lowest = -1;
    for (int64_t i = begin; i < end; i++)
      if (survives[i] && (lowest < 0 || scores[i] < scores[lowest])) lowest = i;
    survives[lowest] = 0;
  }
}

static int64_t count_survivors(const uint8_t survives[ALL], int64_t begin, int64_t end) {
  int64_t survivors = 0;
  for (int64_t i = begin; i < end; i++) survivors += survives[i];
  return survivors;
}

/* Few values, many, or all floats that there are; pruned weights have none. */
static void draw_scores(uint64_t *random, int range, const uint8_t survives[ALL], float scores[ALL]) {
  static const float few[] = {0.0F, -0.0F, 1.0F, -1.0F, 1e-40F, -1e-40F, FLT_MAX, -FLT_MAX, FLT_MIN, -2.0F};
  for (int i = 0; i < ALL; i++) {
    const uint32_t bits = support_random(random);
    if (range == 0) scores[i] = few[bits % (sizeof few / sizeof few[0])];
    if (range == 1) scores[i] = ((float)(bits >> 8) - 0x1p23F) * 0x1p-20F;
    if (range == 2) memcpy(&scores[i], &bits, sizeof bits);
    if (range == 2 && !isfinite(scores[i])) scores[i] = -1e30F;
    if (!survives[i]) scores[i] = bits % 2 == 0 ? NAN : -INFINITY;
  }
}

static void any_scores_rank_as_floats_do(void **state) {
  (void)state;
  uint64_t random = 9;
  set_real(LOTTERY_PRUNER_OUTPUT_FACTOR, 1.0);
  for (int round = 0; round < 240; round++) {
    float scores[ALL], before[ALL];
    uint8_t survives[ALL], found[ALL];
    const double rate = (double)(support_random(&random) % 21) / 20;
    draw_mask(&random, 1 + (uint32_t)round % 8, survives);
    draw_scores(&random, round % 3, survives, scores);
    memcpy(before, scores, sizeof scores);
    lottery_mask *mask = mask_of(survives), *next;
    set_integer(LOTTERY_PRUNER_SCOPE, round % 2 == 0 ? LOTTERY_SCOPE_LAYERWISE : LOTTERY_SCOPE_GLOBAL);
    set_real(LOTTERY_PRUNER_RATE, rate);
    const lottery_status status = lottery_pruner_apply_scores(pruner, network, mask, scores, ALL, &next);
    assert_pruned(status, mask, next);
    assert_memory_equal(before, scores, sizeof scores);
    read_mask(next, found);
    for (int i = 0; i < (round % 2 == 0 ? TENSORS : 1); i++) {
      const int64_t begin = round % 2 == 0 ? starts[i] : 0, end = round % 2 == 0 ? starts[i + 1] : ALL;
      const double survivors = (double)count_survivors(survives, begin, end);
      prune_naively(survives, scores, begin, end, (int64_t)floor(rate * survivors + 0.5));
    }
    assert_memory_equal(found, survives, ALL);
    lottery_mask_destroy(mask);
    lottery_mask_destroy(next);
  }
}

/* --- What does not matter, and what does --- */

/* Criterion, seed and weights; and without a mask it is the network's own that is pruned further. */
static void scores_alone_decide(void **state) {
  (void)state;
  uint64_t random = 3;
  float scores[ALL], weights[ALL];
  uint8_t survives[ALL], first[ALL], found[ALL];
  draw_mask(&random, 6, survives);
  lottery_mask *mask = mask_of(survives), *next;
  for (int i = 0; i < ALL; i++) scores[i] = support_random_float(&random);
  assert_ok(context, lottery_network_set_mask(network, mask));
  for (int round = 0; round < 4; round++) {
    draw_weights(&random, weights);
    set_integer(LOTTERY_PRUNER_CRITERION, round % 2 == 0 ? LOTTERY_CRITERION_MAGNITUDE : LOTTERY_CRITERION_RANDOM);
    set_integer(LOTTERY_PRUNER_SEED, round);
    assert_ok(context, lottery_pruner_apply_scores(pruner, network, round < 2 ? NULL : mask, scores, ALL, &next));
    read_mask(next, round == 0 ? first : found);
    if (round > 0) assert_memory_equal(found, first, ALL);
    lottery_mask_destroy(next);
  }
  for (int i = 0; i < ALL; i++) assert_true(first[i] <= survives[i]);
  assert_true(count_survivors(first, 0, ALL) < count_survivors(survives, 0, ALL));
  lottery_mask_destroy(mask);
}

/* In every tensor, whether it loses any weights or not; the last element of one is not the first of the next. */
static void a_score_that_is_not_finite_is_named(void **state) {
  (void)state;
  static const char *const names[TENSORS] = {"fc1.weight", "fc2.weight", "fc3.weight"};
  static const float bad[] = {NAN, -NAN, INFINITY, -INFINITY};
  for (int i = 0; i < TENSORS; i++) {
    for (int k = 0; k < 16; k++) {
      float scores[ALL] = {0};
      char expected[64];
      lottery_mask *next = ones;
      const int64_t element = k / 4 % 2 == 0 ? 0 : tensor_counts[i] - 1;
      scores[starts[i] + element] = bad[k % 4];
      snprintf(expected, sizeof expected, "scores: %s element %d is ", names[i], (int)element);
      set_real(LOTTERY_PRUNER_RATE, k < 8 ? 0.0 : 0.5);
      assert_fails(context, lottery_pruner_apply_scores(pruner, network, NULL, scores, ALL, &next),
                   LOTTERY_ERROR_NOT_FINITE, expected);
      assert_null(next);
    }
  }
}

static void bad_arguments(void **state) {
  (void)state;
  const float scores[ALL + 1] = {0};
  lottery_network *other, *unfinished;
  lottery_mask *mask, *next = ones;
  assert_ok(context, lottery_network_preset(context, "mlp-5-13-6", &other));
  assert_ok(context, lottery_mask_ones(other, &mask));
  assert_ok(context, lottery_network_create(context, &unfinished));
  static const int64_t wrong[] = {ALL - 1, ALL + 1, 0, -1, INT64_MAX, INT64_MIN};
  for (int i = 0; i < 6; i++) {
    next = ones;
    assert_fails(context, lottery_pruner_apply_scores(pruner, network, NULL, scores, wrong[i], &next),
                 LOTTERY_ERROR_SHAPE, "but the prunable tensors have 217 elements");
    assert_null(next);
  }
  assert_fails(context, lottery_pruner_apply_scores(pruner, network, mask, scores, ALL, &next), LOTTERY_ERROR_SHAPE,
               "mask: covers 2");
  assert_fails(context, lottery_pruner_apply_scores(pruner, unfinished, NULL, scores, 0, &next), LOTTERY_ERROR_STATE,
               "network: ");
  set_integer(LOTTERY_PRUNER_COUNT, ALL + 1);
  assert_fails(context, lottery_pruner_apply_scores(pruner, network, NULL, scores, ALL, &next), LOTTERY_ERROR_ARGUMENT,
               "count: 218 is more than the 217 surviving");
  set_real(LOTTERY_PRUNER_RATE, 0.0);
  set_real(LOTTERY_PRUNER_DENSITY, 0.5);
  assert_fails(context, lottery_pruner_apply_scores(pruner, network, NULL, scores, ALL, &next), LOTTERY_ERROR_ARGUMENT,
               "density: 0.5");
  set_real(LOTTERY_PRUNER_RATE, 0.2);
  assert_ok(context, lottery_pruner_set_tensor_rate(pruner, "fc1.bias", 0.1));
  assert_fails(context, lottery_pruner_apply_scores(pruner, network, NULL, scores, ALL, &next), LOTTERY_ERROR_ARGUMENT,
               "fc1.bias");
  assert_null(next);
  lottery_mask_destroy(mask);
  lottery_network_destroy(other);
  lottery_network_destroy(unfinished);
}

/* A network with nothing to prune has a mask of no tensors, and no scores. */
static void nothing_to_prune(void **state) {
  (void)state;
  const int64_t features = 4;
  const float score = NAN;
  int32_t node;
  int64_t tensors;
  lottery_network *plain;
  lottery_mask *next;
  assert_ok(context, lottery_network_create(context, &plain));
  assert_ok(context, lottery_network_input(plain, 1, &features, &node));
  assert_ok(context, lottery_network_relu(plain, node, &node));
  assert_ok(context, lottery_network_finish(plain, node));
  assert_fails(context, lottery_pruner_apply(pruner, plain, NULL, &next), LOTTERY_UNCHANGED, "0 of 0 are left");
  lottery_mask_destroy(next);
  assert_status(context, lottery_pruner_apply_scores(pruner, plain, NULL, &score, 0, &next), LOTTERY_UNCHANGED);
  assert_ok(context, lottery_mask_tensor_count(next, &tensors));
  assert_int_equal(tensors, 0);
  lottery_mask_destroy(next);
  lottery_network_destroy(plain);
}

/* Memory that runs out leaves nothing, and the next call gives the same mask. */
static void every_allocation_can_fail(void **state) {
  (void)state;
  float scores[ALL];
  uint8_t expected[ALL], found[ALL];
  uint64_t random = 2;
  lottery_mask *next;
  for (int i = 0; i < ALL; i++) scores[i] = support_random_float(&random);
  assert_ok(context, lottery_pruner_apply_scores(pruner, network, NULL, scores, ALL, &next));
  read_mask(next, expected);
  lottery_mask_destroy(next);
  int failures = 0;
  for (lottery_status status = LOTTERY_ERROR_MEMORY; status != LOTTERY_OK; failures++) {
    next = ones;
    allocator_fail(&allocator, failures + 1, false);
    status = lottery_pruner_apply_scores(pruner, network, NULL, scores, ALL, &next);
    allocator_fail(&allocator, 0, false);
    if (status == LOTTERY_OK) break;
    assert_int_equal(status, LOTTERY_ERROR_MEMORY);
    assert_null(next);
    assert_message(context, "memory: ");
  }
  assert_in_range((uintmax_t)failures, 10, 40);
  read_mask(next, found);
  assert_memory_equal(found, expected, ALL);
  lottery_mask_destroy(next);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PRUNING_TEST(absolute_weights_are_the_magnitude_criterion),
      PRUNING_TEST(any_scores_rank_as_floats_do),
      PRUNING_TEST(scores_alone_decide),
      PRUNING_TEST(a_score_that_is_not_finite_is_named),
      PRUNING_TEST(bad_arguments),
      PRUNING_TEST(nothing_to_prune),
      PRUNING_TEST(every_allocation_can_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
