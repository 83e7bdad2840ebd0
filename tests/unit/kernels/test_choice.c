/* The choice of form and kernels at its limits. */
#include <math.h>

#include "base/public.h"
#include "kernels/choice.h"
#include "kernels/dense.h"
#include "kernels/index/nonzeros.h"
#include "kernels/index/sparse_index.h"
#include "kernels/kernels.h"
#include "kernels/nonzero.h"
#include "kernels/sparse.h"
#include "support.h"

static const struct nonzero_kernels half = {.percent = 50};
static const struct sparse_kernels skipping = {.skips_dead = true}, not_skipping = {.skips_dead = false};
static const struct kernels with = {.nonzero = &half, .sparse = &skipping},
                            without = {.nonzero = &half, .sparse = &not_skipping};

/* By set and by number of weights, whatever the shape; an unknown set is as the portable one. */
static void crossovers(void **state) {
  (void)state;
  static const double wanted[][3] = {{0.95, 0.90, 0.65}, {0.95, 0.80, 0.55}, {0.95, 0.75, 0.56}, {0.95, 0.80, 0.55}};
  static const int32_t sets[] = {LOTTERY_INSTRUCTION_SET_PORTABLE, LOTTERY_INSTRUCTION_SET_AVX2,
                                 LOTTERY_INSTRUCTION_SET_AVX512, LOTTERY_INSTRUCTION_SET_NEON};
  for (int i = 0; i < 4; i++) {
    assert_true(choice_crossover(sets[i], 1, 1) == wanted[i][0]);
    assert_true(choice_crossover(sets[i], 64, 64) == wanted[i][0]);
    assert_true(choice_crossover(sets[i], 1, 4097) == wanted[i][1]);
    assert_true(choice_crossover(sets[i], 32768, 1) == wanted[i][1]);
    assert_true(choice_crossover(sets[i], 1, 32769) == wanted[i][2]);
    assert_true(choice_crossover(sets[i], 300, 784) == wanted[i][2]);
  }
  assert_true(choice_crossover(99, 300, 784) == wanted[0][2]);
}

static void packing(void **state) {
  (void)state;
  const int32_t set = LOTTERY_INSTRUCTION_SET_AVX512;
  assert_true(choice_packs(set, 10, 10, 49, 0.5));
  assert_false(choice_packs(set, 10, 10, 50, 0.5)); /* below, not at */
  assert_true(choice_packs(set, 10, 10, 99, 1.0));
  assert_false(choice_packs(set, 10, 10, 0, 0.0)); /* 0: never */
  assert_true(choice_packs(set, 10, 10, 94, -1.0));
  assert_false(choice_packs(set, 10, 10, 95, -1.0));
  assert_true(choice_packs(set, 1000, 1000, 559999, -1.0));
  assert_false(choice_packs(set, 1000, 1000, 560000, -1.0));
  assert_false(choice_packs(set, (int64_t)1 << 20, (int64_t)1 << 20, (int64_t)1 << 32, 1.0)); /* too many to index */
}

static void lists_of_what_is_not_0(void **state) {
  (void)state;
  assert_true(choice_lists_nonzeros(65536, 4));
  assert_false(choice_lists_nonzeros(65537, 1) || choice_lists_nonzeros(1, 5));
  assert_true(choice_reads_nonzeros(64));
  assert_false(choice_reads_nonzeros(63));
  /* Up to half of the lanes of live features. */
  assert_true(choice_takes_nonzeros(&with, 300, 500 * 32, 500, 1));
  assert_false(choice_takes_nonzeros(&with, 300, 500 * 32 + 1, 500, 1));
  assert_false(choice_takes_nonzeros(&with, 300, 500 * 32, 499, 1));
  assert_true(choice_takes_nonzeros(&with, 300, 500 * 32, 250, 2));
  assert_true(choice_takes_nonzeros(&with, 64, 0, 0, 1));
  assert_false(choice_takes_nonzeros(&with, 63, 0, 500, 1));
  assert_false(choice_takes_nonzeros(&with, 300, -1, 500, 1)); /* not listed */
}

static void dead_features(void **state) {
  (void)state;
  assert_true(choice_leaves_out(735, 784));
  assert_false(choice_leaves_out(736, 784));
  assert_true(choice_leaves_out(0, 1));
  assert_false(choice_leaves_out(1, 1));
  assert_true(choice_may_skip(&with, 20, 140));
  assert_false(choice_may_skip(&with, 20, 139));
  assert_false(choice_may_skip(&without, 20, 140));
  assert_true(choice_may_skip(&with, LIVE_STEP, 7 * LIVE_STEP));
  assert_false(choice_may_skip(&with, LIVE_STEP + 1, 8 * LIVE_STEP)); /* more than fit the kernels' table */
  assert_true(choice_skips(448, 358));                                /* 0.799 */
  assert_false(choice_skips(448, 359));
  assert_true(choice_skips(0, 0));
}

/* All together, on a matrix of 10 columns of 10 entries, of which the first and the last may be dead. */
static void matrices(void **state) {
  (void)state;
  static uint32_t start[] = {0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 100};
  static const uint16_t all = 0x3ff, most = 0x1ff, some = 0x0ff;
  struct sparse_index index = {.rows = 10, .columns = 10, .kept = 100, .column_start = start};
  const struct weights packed = {.rows = 10, .columns = 10, .index = &index}, dense = {.rows = 64, .columns = 10};
  struct nonzeros nonzeros = {.features = 10, .count = 8 * 32};
  struct input input = {.live_bits = &some, .live_count = 8, .nonzeros = &nonzeros};
  assert_int_equal(choice_of_matrix(&with, &packed, &input, 1, true), MATRIX_LIVE);
  assert_int_equal(choice_of_matrix(&with, &packed, &input, 1, false), MATRIX_WHOLE); /* a prediction */
  assert_int_equal(choice_of_matrix(&without, &packed, &input, 1, true), MATRIX_WHOLE);
  input.live_bits = &most;
  assert_int_equal(choice_of_matrix(&with, &packed, &input, 1, true), MATRIX_WHOLE); /* 0.9 of the entries */
  input.live_bits = &all;
  assert_int_equal(choice_of_matrix(&with, &packed, &input, 1, true), MATRIX_WHOLE);
  input.live_bits = NULL;
  assert_int_equal(choice_of_matrix(&with, &packed, &input, 1, true), MATRIX_WHOLE);
  assert_int_equal(choice_of_matrix(&with, &dense, &input, 1, true), MATRIX_NONZERO);
  assert_int_equal(choice_of_matrix(&with, &dense, &input, 1, false), MATRIX_NONZERO);
  nonzeros.count++;
  assert_int_equal(choice_of_matrix(&with, &dense, &input, 1, true), MATRIX_WHOLE);
  assert_int_equal(choice_of_matrix(&with, &dense, &input, 2, true), MATRIX_NONZERO);
  input.nonzeros = NULL;
  assert_int_equal(choice_of_matrix(&with, &dense, &input, 1, true), MATRIX_WHOLE);
}

/* BLIS's where it has one for the set. */
static void micro_kernels(void **state) {
  (void)state;
  for (int32_t set = LOTTERY_INSTRUCTION_SET_PORTABLE; set <= LOTTERY_INSTRUCTION_SET_NEON; set++) {
    const struct kernels *kernels = kernels_for(set);
    if (kernels == NULL) continue;
    const struct micro_kernel *blis = blis_micro_kernel(kernels->instruction_set);
    assert_ptr_equal(choice_micro_kernel(kernels), blis != NULL ? blis : kernels->dense->own_micro_kernel);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(crossovers),    cmocka_unit_test(packing),  cmocka_unit_test(lists_of_what_is_not_0),
      cmocka_unit_test(dead_features), cmocka_unit_test(matrices), cmocka_unit_test(micro_kernels)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
