/* Masks through the public functions: against bytes, for one word and many, and with every kind of bad argument. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

/* Two tensors: [13][5], 65 weights, one more than a word of bits, and [4][13]. */
enum { TENSORS = 2, FIRST = 65, SECOND = 52, LARGEST = 65 };
static const int64_t counts[TENSORS] = {FIRST, SECOND};

static struct counting_allocator allocator;
static lottery_context *context;
static lottery_network *network;
static lottery_mask *ones;

static int set_up(void **state) {
  (void)state;
  allocator_start(&allocator);
  context = allocator_context(&allocator);
  assert_ok(context, lottery_network_preset(context, "mlp-5-13-4", &network));
  assert_ok(context, lottery_mask_ones(network, &ones));
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  lottery_mask_destroy(ones);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
  allocator_finish(&allocator);
  return 0;
}

/* A mask in bytes. */
struct bytes {
  uint8_t at[TENSORS][LARGEST];
};

static void draw_bytes(struct bytes *bytes, uint64_t *random, uint32_t kept_of_eight) {
  memset(bytes, 0, sizeof *bytes);
  for (int i = 0; i < TENSORS; i++)
    for (int64_t j = 0; j < counts[i]; j++) bytes->at[i][j] = support_random(random) % 8 < kept_of_eight;
}

static lottery_mask *mask_of(const struct bytes *bytes) {
  lottery_mask *first, *both;
  assert_ok(context, lottery_mask_replace(ones, 0, bytes->at[0], FIRST, &first));
  assert_ok(context, lottery_mask_replace(first, 1, bytes->at[1], SECOND, &both));
  lottery_mask_destroy(first);
  return both;
}

/* Checks bytes and counts of a mask. */
static void check_mask(lottery_mask *mask, const struct bytes *expected) {
  int64_t sum = 0, kept, total;
  for (int i = 0; i < TENSORS; i++) {
    uint8_t bytes[LARGEST];
    int64_t ones_of_tensor = 0;
    assert_ok(context, lottery_mask_read(mask, i, bytes, counts[i]));
    assert_memory_equal(bytes, expected->at[i], (size_t)counts[i]);
    for (int64_t j = 0; j < counts[i]; j++) ones_of_tensor += expected->at[i][j];
    assert_ok(context, lottery_mask_kept(mask, i, &kept, &total));
    assert_int_equal(kept, ones_of_tensor);
    assert_int_equal(total, counts[i]);
    sum += ones_of_tensor;
  }
  assert_ok(context, lottery_mask_kept(mask, -1, &kept, &total));
  assert_int_equal(kept, sum);
  assert_int_equal(total, FIRST + SECOND);
}

static void check_and_destroy(lottery_mask *mask, const struct bytes *expected) {
  check_mask(mask, expected);
  lottery_mask_destroy(mask);
}

static void ones_keep_everything(void **state) {
  (void)state;
  struct bytes expected;
  memset(&expected, 1, sizeof expected);
  check_mask(ones, &expected);
}

static void tensors_are_the_networks_weights(void **state) {
  (void)state;
  static const char *const names[] = {"fc1.weight", "fc2.weight"};
  static const int64_t shapes[][2] = {{13, 5}, {4, 13}};
  int64_t count, needed, shape[4];
  int32_t rank;
  char name[32];
  assert_ok(context, lottery_mask_tensor_count(ones, &count));
  assert_int_equal(count, TENSORS);
  for (int i = 0; i < TENSORS; i++) {
    assert_ok(context, lottery_mask_tensor_name(ones, i, name, sizeof name, &needed));
    assert_string_equal(name, names[i]);
    assert_int_equal(needed, 11);
    assert_ok(context, lottery_mask_tensor_shape(ones, i, 4, shape, &rank));
    assert_int_equal(rank, 2);
    assert_memory_equal(shape, shapes[i], sizeof shapes[i]);
  }
  assert_ok(context, lottery_mask_tensor_name(ones, 1, name, 4, &needed));
  assert_string_equal(name, "fc2");
  assert_ok(context, lottery_mask_tensor_name(ones, 1, NULL, 0, NULL));
}

static void any_byte_but_zero_keeps(void **state) {
  (void)state;
  struct bytes expected;
  memset(&expected, 1, sizeof expected);
  uint8_t bytes[SECOND];
  for (int i = 0; i < SECOND; i++) {
    bytes[i] = (uint8_t)(i * 5);
    expected.at[1][i] = i > 0;
  }
  lottery_mask *mask;
  assert_ok(context, lottery_mask_replace(ones, 1, bytes, SECOND, &mask));
  check_and_destroy(mask, &expected);
  ones_keep_everything(NULL); /* which the replacement left alone */
}

static void algebra_agrees_with_bytes(void **state) {
  (void)state;
  uint64_t random = 1;
  for (uint32_t density = 0; density < 81; density++) {
    struct bytes a, b, expected[4];
    draw_bytes(&a, &random, density % 9);
    draw_bytes(&b, &random, density / 9);
    int64_t both = 0, either = 0, hamming;
    for (int i = 0; i < TENSORS; i++) {
      for (int64_t j = 0; j < counts[i]; j++) {
        const uint8_t x = a.at[i][j], y = b.at[i][j];
        expected[0].at[i][j] = x && y;
        expected[1].at[i][j] = x || y;
        expected[2].at[i][j] = x && !y;
        expected[3].at[i][j] = !x;
        both += x && y;
        either += x || y;
      }
    }
    lottery_mask *first = mask_of(&a), *second = mask_of(&b), *result;
    assert_ok(context, lottery_mask_intersect(first, second, &result));
    check_and_destroy(result, &expected[0]);
    assert_ok(context, lottery_mask_unite(first, second, &result));
    check_and_destroy(result, &expected[1]);
    assert_ok(context, lottery_mask_subtract(first, second, &result));
    check_and_destroy(result, &expected[2]);
    assert_ok(context, lottery_mask_complement(first, &result));
    check_and_destroy(result, &expected[3]);
    double jaccard;
    assert_ok(context, lottery_mask_hamming(first, second, &hamming));
    assert_int_equal(hamming, either - both);
    assert_ok(context, lottery_mask_jaccard(first, second, &jaccard));
    assert_true(jaccard == (either == 0 ? 1.0 : (double)both / (double)either));
    check_and_destroy(first, &a);
    check_and_destroy(second, &b);
  }
}

static void a_mask_equals_itself(void **state) {
  (void)state;
  int64_t hamming;
  double jaccard;
  lottery_mask *nothing, *everything;
  assert_ok(context, lottery_mask_complement(ones, &nothing));
  assert_ok(context, lottery_mask_complement(nothing, &everything));
  assert_ok(context, lottery_mask_hamming(ones, everything, &hamming));
  assert_int_equal(hamming, 0);
  assert_ok(context, lottery_mask_jaccard(ones, ones, &jaccard));
  assert_true(jaccard == 1.0);
  assert_ok(context, lottery_mask_jaccard(nothing, nothing, &jaccard));
  assert_true(jaccard == 1.0);
  assert_ok(context, lottery_mask_jaccard(nothing, ones, &jaccard));
  assert_true(jaccard == 0.0);
  assert_ok(context, lottery_mask_hamming(nothing, ones, &hamming));
  assert_int_equal(hamming, FIRST + SECOND);
  lottery_mask_destroy(nothing);
  lottery_mask_destroy(everything);
}

static void shuffling_keeps_the_counts_and_moves_the_places(void **state) {
  (void)state;
  uint64_t random = 2;
  for (uint32_t density = 0; density < 9; density++) {
    struct bytes bytes;
    draw_bytes(&bytes, &random, density);
    lottery_mask *mask = mask_of(&bytes), *shuffled[3];
    const uint64_t seeds[] = {5, 5, 6};
    int64_t kept, kept_before, hamming;
    for (int k = 0; k < 3; k++) {
      assert_ok(context, lottery_mask_shuffle(mask, seeds[k], &shuffled[k]));
      for (int i = 0; i < TENSORS; i++) {
        assert_ok(context, lottery_mask_kept(mask, i, &kept_before, NULL));
        assert_ok(context, lottery_mask_kept(shuffled[k], i, &kept, NULL));
        assert_int_equal(kept, kept_before);
      }
    }
    assert_ok(context, lottery_mask_hamming(shuffled[0], shuffled[1], &hamming));
    assert_int_equal(hamming, 0);
    assert_ok(context, lottery_mask_hamming(shuffled[0], shuffled[2], &hamming));
    assert_true(density % 8 == 0 ? hamming == 0 : hamming > 10);
    assert_ok(context, lottery_mask_hamming(shuffled[0], mask, &hamming));
    assert_true(density % 8 == 0 ? hamming == 0 : hamming > 10);
    check_and_destroy(mask, &bytes);
    for (int k = 0; k < 3; k++) lottery_mask_destroy(shuffled[k]);
  }
}

/* 13 of 65 kept: over 4,000 seeds each place is kept 800 times, give or take (standard deviation 25), and each pair of
 * neighbours 4,000 * 13 * 12 / (65 * 64) = 150 times (12). */
static void shuffling_is_uniform(void **state) {
  (void)state;
  struct bytes bytes;
  memset(&bytes, 0, sizeof bytes);
  for (int i = 0; i < 13; i++) bytes.at[0][i] = 1;
  lottery_mask *mask = mask_of(&bytes);
  int64_t kept[FIRST] = {0}, pairs[FIRST] = {0};
  for (uint64_t seed = 0; seed < 4000; seed++) {
    lottery_mask *shuffled;
    uint8_t read[FIRST];
    assert_ok(context, lottery_mask_shuffle(mask, seed, &shuffled));
    assert_ok(context, lottery_mask_read(shuffled, 0, read, FIRST));
    lottery_mask_destroy(shuffled);
    for (int i = 0; i < FIRST; i++) {
      kept[i] += read[i];
      pairs[i] += read[i] && read[(i + 1) % FIRST];
    }
  }
  for (int i = 0; i < FIRST; i++) {
    assert_in_range((uintmax_t)kept[i], 800 - 120, 800 + 120);
    assert_in_range((uintmax_t)pairs[i], 150 - 60, 150 + 60);
  }
  lottery_mask_destroy(mask);
}

/* Shuffles are results that must never change: where seed 1 puts 5 of 65 and 5 of 52. */
static void shuffles_stay_the_same(void **state) {
  (void)state;
  static const int places[TENSORS][5] = {{15, 29, 33, 38, 54}, {1, 24, 31, 36, 41}};
  struct bytes bytes, expected;
  memset(&bytes, 0, sizeof bytes);
  memset(&expected, 0, sizeof expected);
  for (int i = 0; i < TENSORS; i++) {
    for (int j = 0; j < 5; j++) bytes.at[i][j] = expected.at[i][places[i][j]] = 1;
  }
  lottery_mask *mask = mask_of(&bytes), *shuffled;
  assert_ok(context, lottery_mask_shuffle(mask, 1, &shuffled));
  check_and_destroy(shuffled, &expected);
  lottery_mask_destroy(mask);
}

static void transfer_to_the_same_graph(void **state) {
  (void)state;
  lottery_network *twin;
  struct bytes bytes;
  uint64_t random = 3;
  draw_bytes(&bytes, &random, 3);
  lottery_mask *mask = mask_of(&bytes), *moved;
  assert_ok(context, lottery_network_preset(context, "mlp-5-13-4", &twin));
  assert_ok(context, lottery_mask_transfer(mask, twin, &moved));
  check_and_destroy(moved, &bytes);
  lottery_mask_destroy(mask);
  lottery_network_destroy(twin);
}

static void transfer_of_a_part(void **state) {
  (void)state;
  lottery_network *larger;
  struct bytes bytes;
  uint64_t random = 4;
  draw_bytes(&bytes, &random, 3);
  lottery_mask *mask = mask_of(&bytes), *moved;
  assert_ok(context, lottery_network_preset(context, "mlp-5-13-6-4", &larger));
  assert_fails(context, lottery_mask_transfer(mask, larger, &moved), LOTTERY_PARTIAL, "fc2.weight [6][13]");
  assert_message(context, "fc2.weight [4][13]");
  assert_message(context, "fc3.weight [4][6]");
  int64_t tensors, kept, total;
  uint8_t read[FIRST];
  assert_ok(context, lottery_mask_tensor_count(moved, &tensors));
  assert_int_equal(tensors, 3);
  assert_ok(context, lottery_mask_read(moved, 0, read, FIRST));
  assert_memory_equal(read, bytes.at[0], FIRST);
  for (int i = 1; i < 3; i++) {
    assert_ok(context, lottery_mask_kept(moved, i, &kept, &total));
    assert_int_equal(kept, total);
  }
  assert_ok(context, lottery_network_set_mask(larger, moved));
  lottery_mask_destroy(moved);
  lottery_mask_destroy(mask);
  lottery_network_destroy(larger);
}

static void transfer_of_nothing(void **state) {
  (void)state;
  lottery_network *other, *unfinished;
  lottery_mask *moved = ones;
  assert_ok(context, lottery_network_preset(context, "mlp-6-13-5", &other));
  assert_fails(context, lottery_mask_transfer(ones, other, &moved), LOTTERY_ERROR_SHAPE, "0 of 2");
  assert_null(moved);
  assert_ok(context, lottery_network_create(context, &unfinished));
  moved = ones;
  assert_fails(context, lottery_mask_transfer(ones, unfinished, &moved), LOTTERY_ERROR_STATE, "not finished");
  assert_null(moved);
  moved = ones;
  assert_fails(context, lottery_mask_ones(unfinished, &moved), LOTTERY_ERROR_STATE, "not finished");
  assert_null(moved);
  lottery_network_destroy(other);
  lottery_network_destroy(unfinished);
}

static void masks_outlive_network_and_context(void **state) {
  (void)state;
  struct counting_allocator own;
  allocator_start(&own);
  lottery_context *other = allocator_context(&own);
  lottery_network *short_lived;
  lottery_mask *mask, *complement;
  int64_t hamming, total;
  assert_ok(other, lottery_network_preset(other, "mlp-5-13-4", &short_lived));
  assert_ok(other, lottery_mask_ones(short_lived, &mask));
  lottery_context_destroy(other);
  lottery_network_destroy(short_lived);
  assert_ok(NULL, lottery_mask_complement(mask, &complement));
  lottery_mask_destroy(mask);
  /* Masks of two contexts agree; the message of a failure is in the first one's. */
  assert_ok(context, lottery_mask_hamming(ones, complement, &hamming));
  assert_ok(context, lottery_mask_kept(ones, -1, NULL, &total));
  assert_int_equal(hamming, total);
  lottery_mask_destroy(complement);
  allocator_finish(&own);
}

static void bad_handles(void **state) {
  (void)state;
  lottery_mask *const wrong[] = {NULL, (lottery_mask *)network};
  lottery_network *const wrong_network[] = {NULL, (lottery_network *)ones};
  for (int i = 0; i < 2; i++) {
    lottery_mask *bad = wrong[i], *out;
    int64_t number = 7, shape[2];
    int32_t rank;
    double real;
    uint8_t bytes[FIRST] = {0};
#define MAKES_NONE(call)                                \
  do {                                                  \
    out = ones;                                         \
    assert_status(context, call, LOTTERY_ERROR_HANDLE); \
    assert_null(out);                                   \
  } while (0)
    MAKES_NONE(lottery_mask_ones(wrong_network[i], &out));
    MAKES_NONE(lottery_mask_replace(bad, 0, bytes, FIRST, &out));
    MAKES_NONE(lottery_mask_intersect(bad, ones, &out));
    MAKES_NONE(lottery_mask_unite(bad, ones, &out));
    MAKES_NONE(lottery_mask_subtract(bad, ones, &out));
    MAKES_NONE(lottery_mask_complement(bad, &out));
    MAKES_NONE(lottery_mask_shuffle(bad, 1, &out));
    MAKES_NONE(lottery_mask_transfer(bad, network, &out));
    MAKES_NONE(lottery_mask_intersect(ones, bad, &out));
    assert_message(context, "second: ");
    MAKES_NONE(lottery_mask_unite(ones, bad, &out));
    MAKES_NONE(lottery_mask_subtract(ones, bad, &out));
    MAKES_NONE(lottery_mask_transfer(ones, wrong_network[i], &out));
    assert_message(context, "network: ");
    assert_status(context, lottery_mask_read(bad, 0, bytes, FIRST), LOTTERY_ERROR_HANDLE);
    assert_status(context, lottery_mask_tensor_count(bad, &number), LOTTERY_ERROR_HANDLE);
    assert_status(context, lottery_mask_tensor_name(bad, 0, NULL, 0, &number), LOTTERY_ERROR_HANDLE);
    assert_status(context, lottery_mask_tensor_shape(bad, 0, 2, shape, &rank), LOTTERY_ERROR_HANDLE);
    assert_status(context, lottery_mask_kept(bad, 0, &number, NULL), LOTTERY_ERROR_HANDLE);
    assert_status(context, lottery_mask_hamming(bad, ones, &number), LOTTERY_ERROR_HANDLE);
    assert_status(context, lottery_mask_hamming(ones, bad, &number), LOTTERY_ERROR_HANDLE);
    assert_status(context, lottery_mask_jaccard(bad, ones, &real), LOTTERY_ERROR_HANDLE);
    assert_status(context, lottery_mask_jaccard(ones, bad, &real), LOTTERY_ERROR_HANDLE);
    assert_int_equal(number, 7);
  }
  lottery_mask_destroy(NULL);
}

static void null_arguments(void **state) {
  (void)state;
  uint8_t bytes[FIRST] = {0};
  int64_t shape[2];
  int32_t rank;
  lottery_mask *out = ones;
  const lottery_status argument = LOTTERY_ERROR_ARGUMENT;
  assert_fails(context, lottery_mask_ones(network, NULL), argument, "out: NULL");
  assert_fails(context, lottery_mask_replace(ones, 0, bytes, FIRST, NULL), argument, "out: NULL");
  assert_fails(context, lottery_mask_replace(ones, 0, NULL, FIRST, &out), argument, "bytes: NULL");
  assert_null(out);
  assert_fails(context, lottery_mask_read(ones, 0, NULL, FIRST), argument, "bytes: NULL");
  assert_fails(context, lottery_mask_tensor_count(ones, NULL), argument, "out: NULL");
  assert_fails(context, lottery_mask_tensor_name(ones, 0, NULL, 5, NULL), argument, "buffer: NULL");
  assert_fails(context, lottery_mask_tensor_shape(ones, 0, 2, NULL, &rank), argument, "shape: NULL");
  assert_fails(context, lottery_mask_tensor_shape(ones, 0, 2, shape, NULL), argument, "rank: NULL");
  assert_fails(context, lottery_mask_intersect(ones, ones, NULL), argument, "out: NULL");
  assert_fails(context, lottery_mask_unite(ones, ones, NULL), argument, "out: NULL");
  assert_fails(context, lottery_mask_subtract(ones, ones, NULL), argument, "out: NULL");
  assert_fails(context, lottery_mask_complement(ones, NULL), argument, "out: NULL");
  assert_fails(context, lottery_mask_hamming(ones, ones, NULL), argument, "out: NULL");
  assert_fails(context, lottery_mask_jaccard(ones, ones, NULL), argument, "out: NULL");
  assert_fails(context, lottery_mask_shuffle(ones, 1, NULL), argument, "out: NULL");
  assert_fails(context, lottery_mask_transfer(ones, network, NULL), argument, "out: NULL");
  assert_ok(context, lottery_mask_kept(ones, -1, NULL, NULL));
}

static void numbers_out_of_range(void **state) {
  (void)state;
  uint8_t bytes[FIRST + 1] = {0};
  int64_t number = 7, shape[2];
  int32_t rank;
  lottery_mask *out;
  static const int64_t tensors[] = {-1, TENSORS, INT64_MIN, INT64_MAX};
  for (int i = 0; i < 4; i++) {
    const int64_t tensor = tensors[i];
    out = ones;
    assert_fails(context, lottery_mask_replace(ones, tensor, bytes, FIRST, &out), LOTTERY_ERROR_ARGUMENT, "tensor: ");
    assert_null(out);
    assert_fails(context, lottery_mask_read(ones, tensor, bytes, FIRST), LOTTERY_ERROR_ARGUMENT, "tensor: ");
    assert_fails(context, lottery_mask_tensor_name(ones, tensor, NULL, 0, &number), LOTTERY_ERROR_ARGUMENT, "tensor: ");
    assert_fails(context, lottery_mask_tensor_shape(ones, tensor, 2, shape, &rank), LOTTERY_ERROR_ARGUMENT, "tensor: ");
    if (tensor != -1)
      assert_fails(context, lottery_mask_kept(ones, tensor, &number, NULL), LOTTERY_ERROR_ARGUMENT, "tensor: ");
  }
  static const int64_t wrong_counts[] = {-1, 0, FIRST - 1, FIRST + 1, INT64_MAX};
  for (int i = 0; i < 5; i++) {
    out = ones;
    assert_fails(context, lottery_mask_replace(ones, 0, bytes, wrong_counts[i], &out), LOTTERY_ERROR_SHAPE, "count: ");
    assert_null(out);
    assert_fails(context, lottery_mask_read(ones, 0, bytes, wrong_counts[i]), LOTTERY_ERROR_SHAPE, "fc1.weight has 65");
  }
  assert_fails(context, lottery_mask_tensor_name(ones, 0, NULL, -1, &number), LOTTERY_ERROR_ARGUMENT, "capacity: -1");
  assert_fails(context, lottery_mask_tensor_shape(ones, 0, 1, shape, &rank), LOTTERY_ERROR_ARGUMENT, "capacity: 1");
  assert_int_equal(number, 7);
}

static void masks_that_do_not_agree(void **state) {
  (void)state;
  /* Another number of tensors, another shape, and the same number of weights in another shape. */
  static const char *const presets[] = {"mlp-5-13-4-4", "mlp-5-13-3", "mlp-13-5-4"};
  static const char *const said[] = {"second: covers 3 tensors, not 2",
                                     "tensor 1 is fc2.weight [3][13], not fc2.weight [4][13]",
                                     "tensor 0 is fc1.weight [5][13], not fc1.weight [13][5]"};
  for (int i = 0; i < 3; i++) {
    lottery_network *other;
    lottery_mask *mask, *out = ones;
    int64_t hamming;
    double jaccard;
    assert_ok(context, lottery_network_preset(context, presets[i], &other));
    assert_ok(context, lottery_mask_ones(other, &mask));
    assert_fails(context, lottery_mask_intersect(ones, mask, &out), LOTTERY_ERROR_SHAPE, said[i]);
    assert_null(out);
    assert_fails(context, lottery_mask_unite(ones, mask, &out), LOTTERY_ERROR_SHAPE, said[i]);
    assert_fails(context, lottery_mask_subtract(ones, mask, &out), LOTTERY_ERROR_SHAPE, said[i]);
    assert_fails(context, lottery_mask_hamming(ones, mask, &hamming), LOTTERY_ERROR_SHAPE, said[i]);
    assert_fails(context, lottery_mask_jaccard(ones, mask, &jaccard), LOTTERY_ERROR_SHAPE, said[i]);
    lottery_mask_destroy(mask);
    lottery_network_destroy(other);
  }
}

/* Units and inputs without a kept weight, against counting bytes. */
static void dead_units_are_counted(void **state) {
  (void)state;
  uint64_t random = 3;
  static const int64_t rows[] = {13, 4}, columns[] = {5, 13};
  for (uint32_t eighths = 0; eighths <= 8; eighths++) {
    struct bytes bytes;
    draw_bytes(&bytes, &random, eighths);
    lottery_mask *mask = mask_of(&bytes);
    for (int i = 0; i < TENSORS; i++) {
      int64_t dead_rows = 0, dead_columns = 0, units = -1, inputs = -1;
      for (int64_t row = 0; row < rows[i]; row++) {
        bool alive = false;
        for (int64_t column = 0; column < columns[i]; column++) alive |= bytes.at[i][row * columns[i] + column] != 0;
        dead_rows += !alive;
      }
      for (int64_t column = 0; column < columns[i]; column++) {
        bool alive = false;
        for (int64_t row = 0; row < rows[i]; row++) alive |= bytes.at[i][row * columns[i] + column] != 0;
        dead_columns += !alive;
      }
      assert_ok(context, lottery_mask_dead(mask, i, &units, &inputs));
      assert_int_equal(units, dead_rows);
      assert_int_equal(inputs, dead_columns);
      assert_ok(context, lottery_mask_dead(mask, i, NULL, NULL));
    }
    lottery_mask_destroy(mask);
  }
  assert_fails(context, lottery_mask_dead(ones, 2, NULL, NULL), LOTTERY_ERROR_ARGUMENT, "2");
}

/* Every function that makes a mask; whatever a step made is destroyed. */
static lottery_status make_masks(lottery_context *own, void *user) {
  (void)user;
  const uint8_t bytes[SECOND] = {1, 0, 1};
  lottery_network *mine = NULL;
  lottery_mask *made[8] = {NULL};
  lottery_status status = lottery_network_preset(own, "mlp-5-13-4", &mine);
  if (status == LOTTERY_OK) status = lottery_mask_ones(mine, &made[0]);
  if (status == LOTTERY_OK) status = lottery_mask_replace(made[0], 1, bytes, SECOND, &made[1]);
  if (status == LOTTERY_OK) status = lottery_mask_intersect(made[0], made[1], &made[2]);
  if (status == LOTTERY_OK) status = lottery_mask_unite(made[0], made[1], &made[3]);
  if (status == LOTTERY_OK) status = lottery_mask_subtract(made[0], made[1], &made[4]);
  if (status == LOTTERY_OK) status = lottery_mask_complement(made[0], &made[5]);
  if (status == LOTTERY_OK) status = lottery_mask_shuffle(made[1], 3, &made[6]);
  if (status == LOTTERY_OK) status = lottery_mask_transfer(made[1], mine, &made[7]);
  /* What failed made nothing, and nothing after it. */
  if (status != LOTTERY_OK) assert_null(made[7]);
  for (int i = 0; i < 8; i++) lottery_mask_destroy(made[i]);
  lottery_network_destroy(mine);
  return status;
}

static void every_allocation_can_fail(void **state) {
  (void)state;
  assert_in_range((uintmax_t)run_out_of_memory(make_masks, NULL), 40, 400);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ones_keep_everything),
      cmocka_unit_test(tensors_are_the_networks_weights),
      cmocka_unit_test(any_byte_but_zero_keeps),
      cmocka_unit_test(algebra_agrees_with_bytes),
      cmocka_unit_test(a_mask_equals_itself),
      cmocka_unit_test(shuffling_keeps_the_counts_and_moves_the_places),
      cmocka_unit_test(shuffling_is_uniform),
      cmocka_unit_test(shuffles_stay_the_same),
      cmocka_unit_test(transfer_to_the_same_graph),
      cmocka_unit_test(transfer_of_a_part),
      cmocka_unit_test(transfer_of_nothing),
      cmocka_unit_test(masks_outlive_network_and_context),
      cmocka_unit_test(dead_units_are_counted),
      cmocka_unit_test(bad_handles),
      cmocka_unit_test(null_arguments),
      cmocka_unit_test(numbers_out_of_range),
      cmocka_unit_test(masks_that_do_not_agree),
      cmocka_unit_test(every_allocation_can_fail),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
