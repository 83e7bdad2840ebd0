/* Random numbers: the generator's published vectors, the distributions made from it, and results that are pinned: they
 * are part of every experiment and never change. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "support.h"

/* J. Salmon et al., SC 2011: Random123's kat_vectors for philox4x32 with 10 rounds. */
static void test_known_answers(void **unused) {
  (void)unused;
  static const struct {
    uint32_t counter[4], key[2], expected[4];
  } vectors[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
       {0xffffffff, 0xffffffff},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
    const uint32_t *counter = vectors[i].counter, *key = vectors[i].key, *expected = vectors[i].expected;
    uint64_t bits[2];
    random_block((uint64_t)key[1] << 32 | key[0], (enum random_stream)counter[2], counter[3],
                 (uint64_t)counter[1] << 32 | counter[0], bits);
    assert_true(bits[0] == ((uint64_t)expected[1] << 32 | expected[0]));
    assert_true(bits[1] == ((uint64_t)expected[3] << 32 | expected[2]));
  }
}

/* Every input bit changes about half of the output. */
static void test_inputs_matter(void **unused) {
  (void)unused;
  uint64_t base[2];
  random_block(1, RANDOM_INITIALISE, 2, 3, base);
  int64_t flipped = 0, cases = 0;
  for (int bit = 0; bit < 64 + 64 + 32 + 3; bit++, cases++) {
    uint64_t seed = 1, index = 3, bits[2];
    uint32_t substream = 2, stream = RANDOM_INITIALISE;
    if (bit < 64)
      seed ^= UINT64_C(1) << bit;
    else if (bit < 128)
      index ^= UINT64_C(1) << (bit - 64);
    else if (bit < 160)
      substream ^= UINT32_C(1) << (bit - 128);
    else
      stream ^= UINT32_C(1) << (bit - 160);
    random_block(seed, (enum random_stream)stream, substream, index, bits);
    int changed = 0;
    for (int i = 0; i < 64; i++) changed += (int)((bits[0] ^ base[0]) >> i & 1) + (int)((bits[1] ^ base[1]) >> i & 1);
    assert_in_range(changed, 38, 90);
    flipped += changed;
  }
  assert_true(fabs((double)flipped / (double)cases - 64) < 2);
}

static void test_uniform(void **unused) {
  (void)unused;
  enum { CELLS = 100, DRAWS = 1 << 18 };
  assert_true(random_uniform(0) == 0.0);
  assert_true(random_uniform(UINT64_MAX) == 1.0 - 0x1p-53);
  assert_true(random_uniform(UINT64_C(1) << 63) == 0.5);
  assert_true(random_uniform(2047) == 0.0);
  static int64_t cells[CELLS];
  double sum = 0, products = 0, previous = 0.5;
  memset(cells, 0, sizeof cells);
  for (int i = 0; i < DRAWS; i++) {
    uint64_t bits[2];
    random_block(7, RANDOM_ORDER, 0, (uint64_t)i / 2, bits);
    const double x = random_uniform(bits[i & 1]);
    cells[(int)(x * CELLS)]++;
    sum += x;
    products += (x - 0.5) * (previous - 0.5);
    previous = x;
  }
  double chi = 0;
  const double expected = (double)DRAWS / CELLS;
  for (int i = 0; i < CELLS; i++) chi += ((double)cells[i] - expected) * ((double)cells[i] - expected) / expected;
  assert_true(chi > 60 && chi < 148); /* 99 degrees of freedom: beyond both ends in 1 case of 1000 */
  assert_true(fabs(sum / DRAWS - 0.5) < 4 / sqrt(12.0 * DRAWS));
  assert_true(fabs(products / DRAWS) < 4 / (12 * sqrt((double)DRAWS)));
}

/* The high half of the product of 64 by 64 bits, by schoolbook with 16-bit digits. */
static uint64_t high_half(uint64_t a, uint64_t b) {
  uint32_t digits[8] = {0};
  for (int i = 0; i < 4; i++) {
    uint64_t carry = 0;
    for (int j = 0; j < 4; j++) {
      const uint64_t value = (a >> 16 * i & 0xffff) * (b >> 16 * j & 0xffff) + digits[i + j] + carry;
      digits[i + j] = (uint32_t)(value & 0xffff);
      carry = value >> 16;
    }
    digits[i + 4] = (uint32_t)carry;
  }
  return (uint64_t)digits[7] << 48 | (uint64_t)digits[6] << 32 | (uint64_t)digits[5] << 16 | digits[4];
}

static void test_below(void **unused) {
  (void)unused;
  static const uint64_t corners[] = {0, 1, 2, 3, 0xffff, 0x10000, 0xffffffff, 0x100000000, UINT64_MAX - 1, UINT64_MAX};
  for (size_t i = 0; i < 10; i++)
    for (size_t j = 1; j < 10; j++) {
      assert_true(random_below(corners[i], corners[j]) == high_half(corners[i], corners[j]));
      assert_true(random_below(corners[i], corners[j]) < corners[j]);
    }
  for (uint64_t i = 0; i < 100000; i++) {
    uint64_t bits[2];
    random_block(8, RANDOM_MASK, 0, i, bits);
    const uint64_t limit = bits[1] >> (i % 64);
    if (limit > 0) assert_true(random_below(bits[0], limit) == high_half(bits[0], limit));
  }
}

static void test_normal(void **unused) {
  (void)unused;
  enum { PAIRS = 1 << 17, COUNT = 2 * PAIRS };
  /* Quantiles of the normal distribution at 1/8, 2/8, … */
  static const double quantiles[] = {-1.1503493803760079, -0.6744897501960817, -0.31863936396437516, 0,
                                     0.31863936396437516, 0.6744897501960817,  1.1503493803760079};
  int64_t cells[8] = {0}, beyond4 = 0;
  double sum = 0, squares = 0, cubes = 0, fourths = 0, products = 0;
  for (int i = 0; i < PAIRS; i++) {
    uint64_t bits[2];
    double pair[2];
    random_block(9, RANDOM_INITIALISE, 0, (uint64_t)i, bits);
    random_normal(bits, pair);
    products += pair[0] * pair[1];
    for (int j = 0; j < 2; j++) {
      const double x = pair[j];
      int cell = 0;
      while (cell < 7 && x > quantiles[cell]) cell++;
      cells[cell]++;
      beyond4 += fabs(x) > 4;
      sum += x, squares += x * x, cubes += x * x * x, fourths += x * x * x * x;
    }
  }
  const double n = COUNT;
  double chi = 0;
  for (int i = 0; i < 8; i++) chi += ((double)cells[i] - n / 8) * ((double)cells[i] - n / 8) / (n / 8);
  assert_true(chi < 24.3); /* 7 degrees of freedom, 1 case of 1000 */
  assert_true(fabs(sum / n) < 4 / sqrt(n));
  assert_true(fabs(squares / n - 1) < 4 * sqrt(2 / n));
  assert_true(fabs(cubes / n) < 4 * sqrt(15 / n));
  assert_true(fabs(fourths / n - 3) < 4 * sqrt(96 / n));
  assert_true(fabs(products / PAIRS) < 4 / sqrt(PAIRS));
  assert_in_range(beyond4, 5, 35); /* 16.6 expected */
  /* The ends: no infinity, whatever the bits. */
  static const uint64_t ends[][2] = {{0, 0}, {UINT64_MAX, UINT64_MAX}, {0, UINT64_MAX}, {UINT64_MAX, 0}};
  for (int i = 0; i < 4; i++) {
    double pair[2];
    random_normal(ends[i], pair);
    assert_true(isfinite(pair[0]) && isfinite(pair[1]));
    assert_true(fabs(pair[0]) < 8.6 && fabs(pair[1]) < 8.6);
  }
}

/* --- Permutations --- */

static void test_permutations_are(void **unused) {
  (void)unused;
  static int32_t order[1000];
  static bool seen[1000];
  for (int32_t count = 0; count < 300; count++) {
    order[count] = -7;
    random_permutation((uint64_t)count, RANDOM_ORDER, 3, count, order);
    assert_int_equal(order[count], -7);
    memset(seen, 0, sizeof seen);
    for (int32_t i = 0; i < count; i++) {
      assert_in_range(order[i], 0, count - 1);
      assert_false(seen[order[i]]);
      seen[order[i]] = true;
    }
  }
}

/* All 24 orders of 4 come equally often, and every element comes to every place of 50. */
static void test_permutations_are_uniform(void **unused) {
  (void)unused;
  enum { DRAWS = 48000, PLACES = 50 };
  int64_t orders[24] = {0};
  static int64_t places[PLACES][PLACES];
  memset(places, 0, sizeof places);
  for (uint64_t seed = 0; seed < DRAWS; seed++) {
    int32_t order[4], number = 0;
    random_permutation(seed, RANDOM_SPLIT, 0, 4, order);
    for (int i = 0; i < 3; i++) { /* the order's number, by its inversions */
      int32_t smaller = 0;
      for (int j = i + 1; j < 4; j++) smaller += order[j] < order[i];
      number = number * (4 - i) + smaller;
    }
    orders[number]++;
  }
  double chi = 0;
  for (int i = 0; i < 24; i++) chi += pow((double)orders[i] - DRAWS / 24.0, 2) / (DRAWS / 24.0);
  assert_true(chi > 6 && chi < 50); /* 23 degrees of freedom */
  for (uint32_t epoch = 0; epoch < 5000; epoch++) {
    int32_t order[PLACES];
    random_permutation(5, RANDOM_ORDER, epoch, PLACES, order);
    for (int i = 0; i < PLACES; i++) places[i][order[i]]++;
  }
  chi = 0;
  for (int i = 0; i < PLACES; i++)
    for (int j = 0; j < PLACES; j++) chi += pow((double)places[i][j] - 100, 2) / 100;
  assert_true(chi > 2180 && chi < 2640); /* 49 * 49 degrees of freedom */
}

/* --- Pinned results --- */

static void test_pinned_permutations(void **unused) {
  (void)unused;
  static const int32_t order[10] = {20196, 48267, 42399, 3189, 31683, 12740, 13832, 40819, 13545, 52269},
                       split[10] = {8892, 33116, 43391, 8378, 52598, 50574, 43389, 42377, 23391, 45324},
                       labels[10] = {6, 3, 7, 0, 9, 1, 4, 2, 5, 8};
  int32_t *got = malloc(55000 * sizeof *got);
  assert_non_null(got);
  random_permutation(1, RANDOM_ORDER, 0, 55000, got);
  assert_memory_equal(got, order, sizeof order);
  random_permutation(1, RANDOM_SPLIT, 0, 55000, got);
  assert_memory_equal(got, split, sizeof split);
  random_permutation(UINT64_C(0xfedcba9876543210), RANDOM_LABELS, 0, 10, got);
  assert_memory_equal(got, labels, sizeof labels);
  free(got);
}

static void test_pinned_weights(void **unused) {
  (void)unused;
  static const struct {
    int32_t scheme;
    int64_t tensor, count;
    float first[8];
  } pinned[] = {{0,
                 0,
                 235200,
                 {-0x1.eb5e36p-6F, 0x1.db990ap-7F, -0x1.f2bcf8p-5F, 0x1.4c8f2p-4F, 0x1.944146p-6F, 0x1.ddfc86p-5F,
                  -0x1.1c83b6p-4F, -0x1.46833ap-9F}},
                {1,
                 0,
                 235200,
                 {-0x1.24c92cp-5F, -0x1.5dc39ap-7F, 0x1.0b5558p-4F, -0x1.67d3d6p-6F, 0x1.8d4ff8p-6F, -0x1.7e58d6p-5F,
                  0x1.18525ep-5F, 0x1.bd151ep-11F}},
                {2,
                 2,
                 30000,
                 {-0x1.a2b7p-8F, -0x1.0738e6p-3F, 0x1.1422cp-6F, 0x1.60c772p-3F, 0x1.3aa9cap-3F, 0x1.e3b416p-5F,
                  -0x1.f7ec12p-6F, 0x1.92b926p-10F}},
                {3,
                 4,
                 1000,
                 {0x1.388e1ap-6F, 0x1.050a56p-4F, 0x1.91470ap-3F, 0x1.084fd4p-4F, 0x1.f89596p-4F, -0x1.8ef9dap-4F,
                  -0x1.27dafcp-4F, 0x1.1424eep-3F}}};
  lottery_context *context;
  lottery_network *network;
  assert_status(NULL, lottery_context_create(&context), LOTTERY_OK);
  assert_ok(context, lottery_network_preset(context, "lenet-300-100", &network));
  static float weights[300 * 784];
  for (size_t i = 0; i < sizeof pinned / sizeof pinned[0]; i++) {
    assert_ok(context, lottery_network_initialise(network, pinned[i].scheme, 1));
    assert_ok(context, lottery_network_read_tensor(network, pinned[i].tensor, weights, pinned[i].count));
    assert_memory_equal(weights, pinned[i].first, sizeof pinned[i].first);
  }
  lottery_network_destroy(network);
  lottery_context_destroy(context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_known_answers),
      cmocka_unit_test(test_inputs_matter),
      cmocka_unit_test(test_uniform),
      cmocka_unit_test(test_below),
      cmocka_unit_test(test_normal),
      cmocka_unit_test(test_permutations_are),
      cmocka_unit_test(test_permutations_are_uniform),
      cmocka_unit_test(test_pinned_permutations),
      cmocka_unit_test(test_pinned_weights),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
