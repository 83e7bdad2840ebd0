/* Exact selection against a naive reference that sorts, and the scores of the criteria. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "model/mask.h"
#include "prune/criterion.h"
#include "prune/rank.h"

enum { TENSOR_LIMIT = 4, ELEMENT_LIMIT = 400, WORD_LIMIT = (ELEMENT_LIMIT + 63) / 64 };

/* A group of tensors, and the draws that make it: pure functions of seed and a running number. */
struct group {
  uint64_t seed, drawn;
  int64_t tensor_count;
  int64_t count[TENSOR_LIMIT];
  float weights[TENSOR_LIMIT][ELEMENT_LIMIT];
  uint32_t scores[TENSOR_LIMIT][ELEMENT_LIMIT];
  uint64_t bits[TENSOR_LIMIT][WORD_LIMIT];
};

static uint64_t draw(struct group *group, uint64_t limit) {
  uint64_t bits[2];
  random_block(group->seed, RANDOM_SPLIT, 0, group->drawn++, bits);
  return random_below(bits[0], limit);
}

/* Few distinct absolute values, among them both zeros and the extremes, so that ties abound. */
static float draw_weight(struct group *group) {
  static const float values[] = {0.0f,  -0.0f, 0.5f,     -0.5f, 0.25f, -0.25f, 1e-40f, -1e-40f,
                                 1e30f, -2.0f, 0x1p-20f, 2.0f,  3.0f,  -3.0f,  1.5f,   -1e30f};
  return values[draw(group, sizeof values / sizeof values[0])];
}

static void make_group(struct group *group, uint64_t seed, bool ties, uint64_t kept_of_ten) {
  static const int64_t counts[] = {1, 5, 63, 64, 65, 128, 200};
  memset(group, 0, sizeof *group);
  group->seed = seed;
  group->tensor_count = 1 + (int64_t)draw(group, TENSOR_LIMIT);
  for (int64_t i = 0; i < group->tensor_count; i++) {
    group->count[i] = counts[draw(group, 7)];
    for (int64_t j = 0; j < group->count[i]; j++) {
      group->weights[i][j] = ties ? draw_weight(group) : ((float)draw(group, 1 << 24) - 0x1p23f) * 0x1p-10f;
      if (draw(group, 10) < kept_of_ten) group->bits[i][j / 64] |= (uint64_t)1 << (j % 64);
    }
    criterion_find(LOTTERY_CRITERION_MAGNITUDE)(
        &(struct criterion_input){.weights = group->weights[i], .count = group->count[i]}, group->scores[i]);
  }
}

struct survivor {
  float magnitude;
  int64_t tensor, element;
};

static int compare(const void *a, const void *b) {
  const struct survivor *x = a, *y = b;
  if (x->magnitude != y->magnitude) return x->magnitude < y->magnitude ? -1 : 1;
  if (x->tensor != y->tensor) return x->tensor < y->tensor ? -1 : 1;
  return x->element < y->element ? -1 : 1;
}

/* All survivors, in the order in which they go. */
static int64_t sort_survivors(const struct group *group, struct survivor *sorted) {
  int64_t count = 0;
  for (int64_t i = 0; i < group->tensor_count; i++)
    for (int64_t j = 0; j < group->count[i]; j++)
      if (mask_bit(group->bits[i], j)) sorted[count++] = (struct survivor){fabsf(group->weights[i][j]), i, j};
  qsort(sorted, (size_t)count, sizeof *sorted, compare);
  return count;
}

static void check_every_count(const struct group *group) {
  static struct survivor sorted[TENSOR_LIMIT * ELEMENT_LIMIT];
  static int64_t histogram[RANK_BUCKETS];
  const int64_t survivors = sort_survivors(group, sorted);
  uint64_t expected[TENSOR_LIMIT][WORD_LIMIT], bits[TENSOR_LIMIT][WORD_LIMIT];
  memcpy(expected, group->bits, sizeof expected);
  for (int64_t removed = 0; removed <= survivors; removed++) {
    struct rank_tensor tensors[TENSOR_LIMIT];
    memcpy(bits, group->bits, sizeof bits);
    for (int64_t i = 0; i < group->tensor_count; i++)
      tensors[i] = (struct rank_tensor){bits[i], group->count[i], group->scores[i]};
    rank_remove(tensors, group->tensor_count, removed, histogram);
    assert_memory_equal(bits, expected, sizeof bits);
    if (removed == survivors) break;
    const struct survivor *next = &sorted[removed];
    expected[next->tensor][next->element / 64] &= ~((uint64_t)1 << (next->element % 64));
  }
}

static void every_count_with_ties(void **state) {
  (void)state;
  static struct group group;
  for (uint64_t seed = 0; seed < 60; seed++) {
    make_group(&group, seed, true, 1 + seed % 10);
    check_every_count(&group);
  }
}

static void every_count_of_many_values(void **state) {
  (void)state;
  static struct group group;
  for (uint64_t seed = 100; seed < 160; seed++) {
    make_group(&group, seed, false, 1 + seed % 10);
    check_every_count(&group);
  }
}

static void nothing_survives(void **state) {
  (void)state;
  static struct group group;
  make_group(&group, 7, true, 0);
  check_every_count(&group);
}

/* Scores that differ in one bit, in each of the 32 places. */
static void every_bit_of_a_score_counts(void **state) {
  (void)state;
  static int64_t histogram[RANK_BUCKETS];
  for (int bit = 0; bit < 32; bit++) {
    const uint32_t scores[] = {0xffffffffu, 0xffffffffu ^ (uint32_t)1 << bit, 0xffffffffu};
    uint64_t bits[] = {7};
    rank_remove(&(struct rank_tensor){bits, 3, scores}, 1, 1, histogram);
    assert_int_equal(bits[0], 5);
    const uint32_t low[] = {(uint32_t)1 << bit, 0, (uint32_t)1 << bit};
    bits[0] = 7;
    rank_remove(&(struct rank_tensor){bits, 3, low}, 1, 2, histogram);
    assert_int_equal(bits[0], 4);
  }
}

static void magnitude_ignores_the_sign(void **state) {
  (void)state;
  const float weights[] = {0.0f, -0.0f, 1.5f, -1.5f, -2.0f, 1e-45f};
  uint32_t scores[6];
  criterion_find(LOTTERY_CRITERION_MAGNITUDE)(&(struct criterion_input){.weights = weights, .count = 6}, scores);
  assert_int_equal(scores[0], scores[1]);
  assert_int_equal(scores[2], scores[3]);
  assert_true(scores[4] > scores[3] && scores[2] > scores[5] && scores[5] > scores[0]);
}

/* In the order of the floats; equal only where they are. */
static void keys_rise_with_scores(void **state) {
  (void)state;
  static const float rising[] = {-FLT_MAX, -1.5f, -1.0f, -FLT_MIN, -1e-45f, 0.0f, 1e-45f, FLT_MIN, 1.0f, 1.5f, FLT_MAX};
  enum { COUNT = sizeof rising / sizeof rising[0] };
  for (int i = 1; i < COUNT; i++) assert_true(score_key(rising[i - 1]) < score_key(rising[i]));
  assert_int_equal(score_key(-0.0f), score_key(0.0f));
}

/* The random scores are results that must never change. */
static void random_scores_stay_the_same(void **state) {
  (void)state;
  const uint32_t expected[] = {0xa94b35cau, 0x6cb35875u, 0x989fbb12u, 0x287c7187u, 0x12fe4b4eu, 0xe32bd6beu};
  uint32_t scores[6];
  criterion_find(LOTTERY_CRITERION_RANDOM)(&(struct criterion_input){.count = 6, .tensor = 2, .seed = 11}, scores);
  assert_memory_equal(scores, expected, sizeof expected);
}

static void random_scores_are_spread(void **state) {
  (void)state;
  enum { COUNT = 40000, CELLS = 16 };
  static uint32_t scores[COUNT], other[COUNT];
  int64_t cells[CELLS] = {0}, same = 0;
  criterion_find(LOTTERY_CRITERION_RANDOM)(&(struct criterion_input){.count = COUNT, .tensor = 0, .seed = 1}, scores);
  for (int64_t i = 0; i < COUNT; i++) cells[scores[i] >> 28]++;
  for (int64_t i = 0; i < CELLS; i++) assert_in_range((uintmax_t)cells[i], COUNT / CELLS - 300, COUNT / CELLS + 300);
  const struct criterion_input inputs[] = {{.count = COUNT, .tensor = 1, .seed = 1},
                                           {.count = COUNT, .tensor = 0, .seed = 2}};
  for (int k = 0; k < 2; k++) {
    criterion_find(LOTTERY_CRITERION_RANDOM)(&inputs[k], other);
    for (int64_t i = 0; i < COUNT; i++) same += scores[i] == other[i];
  }
  for (int64_t i = 1; i < COUNT; i++) same += scores[i] == scores[i - 1];
  assert_true(same < 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_count_with_ties),      cmocka_unit_test(every_count_of_many_values),
      cmocka_unit_test(nothing_survives),           cmocka_unit_test(every_bit_of_a_score_counts),
      cmocka_unit_test(magnitude_ignores_the_sign), cmocka_unit_test(random_scores_stay_the_same),
      cmocka_unit_test(random_scores_are_spread),   cmocka_unit_test(keys_rise_with_scores),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
