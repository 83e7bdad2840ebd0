/* The index of packed survivors against the bits that it was made from: every entry, lines, chunks of inputs, wide
 * columns, the way back, and memory that runs out. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/index/sparse_index.h"
#include "kernels/tile.h"
#include "support.h"

static struct counting_allocator memory_of_test;
static uint64_t random_state;

static int setup(void **state) {
  allocator_start(&memory_of_test);
  *state = allocator_context(&memory_of_test);
  return 0;
}

static int teardown(void **state) {
  lottery_context_destroy(*state);
  allocator_finish(&memory_of_test);
  return 0;
}

struct case_of {
  int64_t rows, columns, kept;
  uint64_t *bits;
};

static bool bit(const struct case_of *given, int64_t row, int64_t column) {
  const int64_t at = row * given->columns + column;
  return (given->bits[at / 64] >> (at % 64) & 1) != 0;
}

/* Random bits; `holes`: some rows and columns are empty. The bits past the end are 1, as nothing may read them. */
static struct case_of make(int64_t rows, int64_t columns, double density, bool holes) {
  struct case_of given = {.rows = rows, .columns = columns};
  given.bits = calloc((size_t)(rows * columns + 63) / 64, sizeof *given.bits);
  uint8_t *empty = calloc((size_t)columns, 1);
  assert_true(given.bits != NULL && empty != NULL);
  for (int64_t j = 0; holes && j < columns; j++) empty[j] = support_random(&random_state) % 4 == 0;
  for (int64_t i = 0; i < rows; i++) {
    const bool empty_row = holes && support_random(&random_state) % 3 == 0;
    for (int64_t j = 0; j < columns; j++) {
      if (empty_row || empty[j] || (double)support_random(&random_state) * 0x1p-32 >= density) continue;
      given.bits[(i * columns + j) / 64] |= (uint64_t)1 << ((i * columns + j) % 64);
      given.kept++;
    }
  }
  for (int64_t i = rows * columns; i % 64 != 0; i++) given.bits[i / 64] |= (uint64_t)1 << (i % 64);
  free(empty);
  return given;
}

static int64_t column_of(const struct sparse_index *index, int64_t entry) {
  return index->narrow != NULL ? (int64_t)index->narrow[entry] : (int64_t)index->wide[entry];
}

/* A chunk's lines: each row once, those with fewer entries first, of equal ones the row that comes first. */
static void check_lines(const struct sparse_index *index, int64_t chunk) {
  for (int64_t line = chunk * index->rows; line < (chunk + 1) * index->rows; line++) {
    assert_true(index->line_row[line] < index->rows && index->line_start[line] <= index->line_start[line + 1]);
    assert_int_equal(index->row_line[chunk * index->rows + index->line_row[line]], line);
    if (line % index->rows == 0) continue;
    const int64_t count = index->line_start[line + 1] - index->line_start[line],
                  before = index->line_start[line] - index->line_start[line - 1];
    assert_true(count > before || (count == before && index->line_row[line] > index->line_row[line - 1]));
  }
}

/* Entries in the order of chunk, line, column; seen[row * columns + column] becomes entry + 1. */
static void check_entries(const struct sparse_index *index, const struct case_of *given, int64_t *seen) {
  const int64_t width = (given->columns + index->chunks - 1) / index->chunks;
  int64_t entry = 0;
  for (int64_t chunk = 0; chunk < index->chunks; chunk++) {
    check_lines(index, chunk);
    for (int64_t line = chunk * given->rows; line < (chunk + 1) * given->rows; line++) {
      const int64_t row = index->line_row[line];
      assert_int_equal(index->line_start[line], entry);
      for (int64_t column = chunk * width; column < (chunk + 1) * width && column < given->columns; column++)
        if (bit(given, row, column)) {
          assert_int_equal(column_of(index, entry), column);
          seen[row * given->columns + column] = ++entry;
        }
    }
  }
  assert_int_equal(index->line_start[index->chunks * given->rows], entry);
  assert_int_equal(entry, given->kept);
  assert_int_equal(index->entries, (entry + ROW_STEP - 1) / ROW_STEP * ROW_STEP);
  for (; entry < index->entries; entry++) assert_in_range(column_of(index, entry), 0, given->columns - 1);
  for (int64_t i = 0; i < given->rows * given->columns; i++)
    assert_int_equal(seen[i] != 0, bit(given, i / given->columns, i % given->columns));
}

/* How many entries each column has and, where there is a way back, which, each once. */
static void check_columns(const struct sparse_index *index, const struct case_of *given, const int64_t *seen) {
  assert_int_equal(index->column_start[0], 0);
  for (int64_t column = 0; column < given->columns; column++) {
    int64_t wanted = 0, before = -1;
    for (int64_t row = 0; row < given->rows; row++) wanted += bit(given, row, column);
    assert_int_equal(index->column_start[column + 1] - index->column_start[column], wanted);
    for (int64_t i = index->column_start[column];
         index->transposed_row != NULL && i < (int64_t)index->column_start[column + 1]; i++) {
      const int64_t row = index->transposed_row[i], entry = index->transposed_entry[i];
      assert_true(entry > before && row < given->rows);
      assert_int_equal(entry + 1, seen[row * given->columns + column]);
      before = entry;
    }
  }
  assert_int_equal(index->column_start[given->columns], given->kept);
}

static void check(lottery_context *context, int64_t rows, int64_t columns, double density, bool holes) {
  const uint64_t seed = random_state;
  struct case_of given = make(rows, columns, density, holes);
  int64_t bytes[2];
  for (int transposed = 0; transposed < 2; transposed++) {
    const int64_t live = memory_of_test.live_bytes;
    struct sparse_index *index = sparse_index_create(context, given.bits, rows, columns, given.kept, transposed);
    if (index == NULL) fail_msg("seed %llu: %lldx%lld", (unsigned long long)seed, (long long)rows, (long long)columns);
    assert_true(index->rows == rows && index->columns == columns && index->kept == given.kept);
    assert_int_equal(index->chunks, sparse_chunks(rows, columns, given.kept));
    assert_int_equal(index->narrow != NULL, columns <= 65534);
    assert_int_equal(index->wide != NULL, columns > 65534);
    int64_t *seen = calloc((size_t)(rows * columns), sizeof *seen);
    assert_non_null(seen);
    check_entries(index, &given, seen);
    check_columns(index, &given, seen);
    assert_true((index->transposed_row != NULL) == transposed && (index->transposed_entry != NULL) == transposed);
    /* What it takes, but for rounding and headers of blocks. */
    bytes[transposed] = sparse_index_bytes(index);
    assert_true(bytes[transposed] <= memory_of_test.live_bytes - live);
    const int64_t rounding = bytes[transposed] < 65536 ? 1280 : 8 * 2 * 4096;
    assert_true(bytes[transposed] + rounding >= memory_of_test.live_bytes - live);
    free(seen);
    sparse_index_destroy(context, index);
    assert_int_equal(memory_of_test.live_bytes, live);
  }
  assert_true(bytes[1] >= bytes[0] + 2 * given.kept * 4);
  free(given.bits);
}

static const double densities[] = {0, 0.003, 0.03, 0.1, 0.4, 0.9, 1};
enum { DENSITIES = sizeof densities / sizeof densities[0] };

static void test_sizes(void **state) {
  random_state = 1;
  for (int64_t columns = 1; columns <= 140; columns++)
    check(*state, 1 + columns * 7 % 23, columns, densities[columns % DENSITIES], columns % 2 == 0);
  for (int64_t rows = 1; rows <= 70; rows++)
    check(*state, rows, 1 + rows * 13 % 50, densities[rows % DENSITIES], rows % 2 == 0);
}

/* Counted by entry, not by input. */
static void test_live_entries(void **state) {
  enum { ROWS = 40, COLUMNS = 20 };
  const uint64_t ones[ROWS * COLUMNS / 64 + 1] = {~(uint64_t)0, ~(uint64_t)0, ~(uint64_t)0, ~(uint64_t)0,
                                                  ~(uint64_t)0, ~(uint64_t)0, ~(uint64_t)0};
  static const struct {
    uint16_t live[2];
    int64_t entries;
  } cases[] = {{{0, 0}, 0},           {{0xfff0, 0xf}, 12 * 22 + 4 * 23}, {{1, 0}, 23},
               {{0x8000, 8}, 2 * 22}, {{0xffff, 0}, 8 * 22 + 8 * 23},    {{0xffff, 0xf}, 448}};
  /* 22 whole rows and 8 entries of the next: columns 0 to 7 have 23 entries, the others 22 */
  struct sparse_index *index = sparse_index_create(*state, ones, ROWS, COLUMNS, 448, 0);
  assert_non_null(index);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_int_equal(sparse_live_entries(index, cases[i].live), cases[i].entries);
  sparse_index_destroy(*state, index);
}

static void test_chunks(void **state) {
  random_state = 2;
  int64_t most = 0;
  for (int64_t columns = 127; columns <= 1300; columns += columns < 260 ? 1 : 97)
    for (int i = 3; i < DENSITIES; i++) {
      check(*state, 1 + columns % 9, columns, densities[i], i % 2 == 0);
      const int64_t chunks = sparse_chunks(10, columns, (int64_t)(10 * (double)columns * densities[i]));
      if (chunks > most) most = chunks;
      assert_in_range(chunks, 1, (columns + 159) / 160);
    }
  assert_true(most > 5);
  assert_int_equal(sparse_chunks(300, 784, 300 * 784 / 10), 2);
  assert_int_equal(sparse_chunks(300, 784, 0), 1);
  assert_int_equal(sparse_chunks(1, 1, 1), 1);
  check(*state, 100, 300, 0.3, true);
}

/* Up to 65,534 inputs a column has 16 bits, beyond that 32. */
static void test_wide_columns(void **state) {
  random_state = 3;
  check(*state, 2, 65533, 0.01, false);
  check(*state, 2, 65534, 1, false);
  check(*state, 2, 65535, 1, false);
  check(*state, 3, 65536, 0.01, true);
  check(*state, 2, 70001, 0.2, true);
  check(*state, 1, 66000, 0, false);
}

static void test_what_fits(void **state) {
  (void)state;
  assert_true(sparse_fits(1, 1, 0));
  assert_true(sparse_fits(300, 784, 300 * 784));
  assert_true(sparse_fits(1, (int64_t)1 << 31, ((int64_t)1 << 31) - 1));
  assert_false(sparse_fits(1, (int64_t)1 << 33, (int64_t)1 << 32));
  assert_true(sparse_fits((int64_t)1 << 31, 1 << 20, 5));
  assert_false(sparse_fits((int64_t)1 << 32, 1 << 20, 5)); /* the lines alone */
  assert_false(sparse_fits((int64_t)1 << 24, 1 << 24, (int64_t)1 << 48));
}

static lottery_status create_once(lottery_context *context, void *user) {
  const struct case_of *given = user;
  struct sparse_index *index = sparse_index_create(context, given->bits, given->rows, given->columns, given->kept, 1);
  if (index == NULL) return LOTTERY_ERROR_MEMORY;
  sparse_index_destroy(context, index);
  return LOTTERY_OK;
}

static void test_memory_runs_out(void **state) {
  (void)state;
  random_state = 4;
  struct case_of narrow = make(9, 50, 0.3, false), wide = make(2, 65600, 0.01, false);
  assert_int_equal(run_out_of_memory(create_once, &narrow), 9);
  assert_int_equal(run_out_of_memory(create_once, &wide), 9);
  free(narrow.bits);
  free(wide.bits);
}

/* What is reported is what was allocated, but for the structure itself and what the allocator adds to a block: twice
 * the alignment, which is a page from 64 KB on, as the columns' starts are in the widest. */
static void test_bytes(void **state) {
  random_state = 5;
  static const struct {
    int64_t rows, columns;
    double density;
    int64_t added;
  } sizes[] = {{9, 50, 0.3, 0}, {40, 700, 0.3, 0}, {2, 65600, 0.01, 2 * (4096 - MEMORY_ALIGNMENT)}};
  for (int i = 0; i < 6; i++) {
    const int transposed = i % 2, blocks = transposed ? 8 : 6;
    struct case_of given = make(sizes[i / 2].rows, sizes[i / 2].columns, sizes[i / 2].density, false);
    const int64_t before = memory_of_test.live_bytes;
    struct sparse_index *index =
        sparse_index_create(*state, given.bits, given.rows, given.columns, given.kept, transposed);
    assert_non_null(index);
    const int64_t added = blocks * 2 * MEMORY_ALIGNMENT + sizes[i / 2].added;
    assert_int_equal(sparse_index_bytes(index), memory_of_test.live_bytes - before - added - (int64_t)sizeof *index);
    sparse_index_destroy(*state, index);
    free(given.bits);
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {TEST(test_sizes),        TEST(test_chunks),    TEST(test_live_entries),
                                     TEST(test_wide_columns), TEST(test_what_fits), TEST(test_memory_runs_out),
                                     TEST(test_bytes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
