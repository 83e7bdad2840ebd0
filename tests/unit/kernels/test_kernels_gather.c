/* Bytes turned into tiles, and the search for live features, on every instruction set that the machine has. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/float_mode.h"
#include "kernels/gather.h"
#include "kernels/kernels.h"
#include "support.h"

enum { FEATURES = 150, TILES = 3, BLOCKS = LIVE_STEP / ROW_STEP };

static _Alignas(64) float tile[FEATURES * BATCH_TILE];
static _Alignas(64) float panel_values[TILES * FEATURES * BATCH_TILE];
static _Alignas(64) uint16_t halves[FEATURES * BATCH_TILE];
static const struct kernels *kernels;
static uint64_t random_state;

static void for_each(void (*check)(void)) {
  for (int32_t set = LOTTERY_INSTRUCTION_SET_PORTABLE; set <= LOTTERY_INSTRUCTION_SET_NEON; set++) {
    kernels = kernels_for(set);
    if (kernels == NULL) continue;
    random_state = (uint64_t)set;
    const uint64_t mode = float_mode_enter();
    check();
    float_mode_leave(mode);
  }
}

static int64_t lanes_of_vector(void) {
  return kernels->instruction_set == LOTTERY_INSTRUCTION_SET_AVX512 ? 16
         : kernels->instruction_set == LOTTERY_INSTRUCTION_SET_AVX2 ? 8
                                                                    : 4;
}

/* Where lane `lane` of a bfloat16 feature stands: pairs of vectors are interleaved. */
static int64_t half_place(int64_t lane) {
  const int64_t width = lanes_of_vector(), pair = lane / (2 * width), within = lane % (2 * width);
  return pair * 2 * width + within % width * 2 + within / width;
}

static float from_half(uint16_t half) {
  const uint32_t bits = (uint32_t)half << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Rows on the heap in their exact size, so that a sanitizer sees reads past them; NULL for some lanes. */
static void make_rows(const uint8_t *rows[BATCH_TILE], int64_t bytes) {
  const int64_t present = support_random(&random_state) % (BATCH_TILE + 1);
  for (int64_t lane = 0; lane < BATCH_TILE; lane++) {
    rows[lane] = NULL;
    if (lane >= present && support_random(&random_state) % 8 != 0) continue;
    uint8_t *row = malloc((size_t)bytes);
    assert_non_null(row);
    for (int64_t i = 0; i < bytes; i++) /* some features are 0 in all lanes, some in all but few */
      row[i] = i % 7 < 2 && (i % 7 == 0 || lane % 32 != i % 32) ? 0 : (uint8_t)(support_random(&random_state) >> 24);
    rows[lane] = row;
  }
}

static void free_rows(const uint8_t *rows[BATCH_TILE]) {
  for (int64_t lane = 0; lane < BATCH_TILE; lane++) free((void *)(uintptr_t)rows[lane]);
}

static void check_gather(void) {
  const uint8_t *rows[BATCH_TILE];
  for (int64_t features = 1; features < FEATURES; features++) {
    const int64_t first = support_random(&random_state) % 20;
    struct affine affine = {.unit = 1.0F, .scale = features % 2 == 0 ? 1.0F : support_random_float(&random_state)};
    if (features % 3 != 0) affine.centre = 200.0F * support_random_float(&random_state);
    if (features % 4 == 1) affine.centre_rest = support_random_float(&random_state) * 1e-6F;
    if (features % 5 == 1) affine.unit = support_random_float(&random_state);
    make_rows(rows, first + features);
    memset(halves, 0x5a, sizeof halves);
    uint16_t bits[BLOCKS], wanted_bits[BLOCKS];
    for (int64_t i = 0; i < BLOCKS; i++) bits[i] = (uint16_t)(support_random(&random_state) & 0x11);
    memcpy(wanted_bits, bits, sizeof bits);
    for (int64_t i = 0; i < features * BATCH_TILE; i++)
      if (rows[i % BATCH_TILE] != NULL && rows[i % BATCH_TILE][i / BATCH_TILE] != 0)
        wanted_bits[i / BATCH_TILE / ROW_STEP] |= (uint16_t)(1U << (i / BATCH_TILE % ROW_STEP));
    kernels->gather->halves(rows, features, halves, bits);
    assert_memory_equal(bits, wanted_bits, sizeof bits);
    for (int64_t i = 0; i < FEATURES; i++)
      for (int64_t lane = 0; lane < BATCH_TILE; lane++) {
        const uint16_t got = halves[i * BATCH_TILE + half_place(lane)];
        const float wanted = i >= features ? from_half(0x5a5a) : rows[lane] == NULL ? 0.0F : (float)rows[lane][i];
        if (from_half(got) != wanted)
          fail_msg("%s, %lld features: half [%lld][%lld] is %g, expected %g", kernels->name, (long long)features,
                   (long long)i, (long long)lane, (double)from_half(got), (double)wanted);
      }
    for (int64_t i = 0; i < FEATURES * BATCH_TILE; i++) tile[i] = -7.0F;
    kernels->gather->bytes(rows, first, features, &affine, tile);
    for (int64_t i = 0; i < FEATURES; i++)
      for (int64_t lane = 0; lane < BATCH_TILE; lane++) {
        const float got = tile[i * BATCH_TILE + lane];
        const float wanted = i >= features        ? -7.0F
                             : rows[lane] == NULL ? 0.0F
                                                  : affine_apply(&affine, (float)rows[lane][first + i]);
        if (got != wanted)
          fail_msg("%s, %lld features from %lld: byte [%lld][%lld] is %g, expected %g", kernels->name,
                   (long long)features, (long long)first, (long long)i, (long long)lane, (double)got, (double)wanted);
      }
    free_rows(rows);
  }
}

static void test_gather(void **unused) {
  (void)unused;
  for_each(check_gather);
}

/* Some features of some lanes; the same bits on every set. */
static void check_scale(void) {
  enum { SOME = 20 };
  for (int64_t features = 0; features < SOME; features++)
    for (int64_t lanes = 1; lanes <= BATCH_TILE; lanes++) {
      const struct affine affine = {lanes % 2 == 0 ? 1.0F : 0.25F, 1e6F, 0.03F, support_random_float(&random_state)};
      float expected[SOME * BATCH_TILE];
      for (int64_t i = 0; i < SOME * BATCH_TILE; i++) {
        tile[i] = expected[i] = 1e6F + 9.0F * support_random_float(&random_state);
        if (i < features * BATCH_TILE) expected[i] = i % BATCH_TILE < lanes ? affine_apply(&affine, tile[i]) : 0.0F;
      }
      kernels->gather->scale(tile, features, lanes, &affine);
      assert_memory_equal(tile, expected, sizeof expected);
    }
}

static void test_scale(void **unused) {
  (void)unused;
  for_each(check_scale);
}

/* The program is linked with --wrap=memcpy. It counts the copies that a compiler does not put in place. */
static int64_t copies;
void *__wrap_memcpy(void *to, const void *from, size_t count);
void *__wrap_memcpy(void *to, const void *from, size_t count) {
  copies++;
  return memmove(to, from, count);
}

/* Features beyond the last whole block are copied lane by lane; a last block that is whole is not. */
static void check_copies(void) {
  const uint8_t *rows[BATCH_TILE];
  enum { BLOCK = 16 };
  int64_t counts[3];
  static const int64_t features[] = {BLOCK, 2 * BLOCK, BLOCK - 1};
  for (int bytes = 0; bytes < 2; bytes++) {
    for (int i = 0; i < 3; i++) {
      uint16_t bits[BLOCKS] = {0};
      for (int64_t lane = 0; lane < BATCH_TILE; lane++) {
        rows[lane] = calloc((size_t)features[i], 1);
        assert_non_null(rows[lane]);
      }
      copies = 0;
      if (bytes != 0)
        kernels->gather->bytes(rows, 0, features[i], &(struct affine){.unit = 1.0F, .scale = 1.0F}, tile);
      else
        kernels->gather->halves(rows, features[i], halves, bits);
      counts[i] = copies;
      free_rows(rows);
    }
    assert_int_equal(counts[1], 2 * counts[0]); /* none at all from a compiler that optimises */
    if (counts[2] == 0) print_message("copies are not seen: a sanitizer or linker takes them elsewhere\n");
  }
}

static void test_copies(void **unused) {
  (void)unused;
  for_each(check_copies);
}

/* One value in one lane makes a feature live, be it the last lane of the last tile, NaN or infinity; -0 does not. */
static void check_live(void) {
  static const float values[] = {1.0F, -1e-30F, NAN, INFINITY};
  for (int64_t features = 1; features < FEATURES; features += 1 + features / 10)
    for (int64_t tiles = 1; tiles <= TILES; tiles++) {
      uint16_t bits[BLOCKS + 1], wanted[BLOCKS] = {0};
      const int64_t blocks = (features + ROW_STEP - 1) / ROW_STEP;
      for (int64_t i = 0; i < TILES * features * BATCH_TILE; i++) panel_values[i] = i % 2 == 0 ? 0.0F : -0.0F;
      for (int64_t feature = 0; feature < features; feature++) {
        if (support_random(&random_state) % 2 == 0) continue;
        wanted[feature / ROW_STEP] |= (uint16_t)(1U << (feature % ROW_STEP));
        const int64_t lane = support_random(&random_state) % BATCH_TILE, last = support_random(&random_state) % tiles;
        panel_values[(last * features + feature) * BATCH_TILE + lane] = values[support_random(&random_state) % 4];
      }
      if (tiles < TILES) panel_values[tiles * features * BATCH_TILE] = 1.0F; /* of a tile that does not count */
      memset(bits, 0xaa, sizeof bits);
      kernels->gather->find_live(panel_values, features, tiles, bits);
      assert_memory_equal(bits, wanted, (size_t)blocks * sizeof *bits);
      assert_int_equal(bits[blocks], 0xaaaa);
    }
}

static void test_live(void **unused) {
  (void)unused;
  for_each(check_live);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_gather), cmocka_unit_test(test_scale),
                                     cmocka_unit_test(test_live), cmocka_unit_test(test_copies)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
