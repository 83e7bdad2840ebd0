/* Dense products on every instruction set and micro-kernel that the machine has, against sums in double precision. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/float_mode.h"
#include "kernels/kernels.h"
#include "support.h"

enum { LARGEST = 70, GUARD = 32 };
static const float guard = 12345.0F;

/* One of the ways to store a matrix. */
enum layout { ROWS, COLUMNS, PADDED_ROWS, SCATTERED, LAYOUTS };

struct operand {
  float *data;
  struct matrix matrix;
};

/* A random matrix; what lies between its elements is NaN, which a product must not read. */
static struct operand make_operand(int64_t rows, int64_t columns, enum layout layout, uint64_t *random) {
  int64_t row_stride = columns, column_stride = 1;
  if (layout == COLUMNS) row_stride = 1, column_stride = rows;
  if (layout == PADDED_ROWS) row_stride = columns + 5;
  if (layout == SCATTERED) column_stride = 3, row_stride = 3 * columns + 2;
  const int64_t count = (rows - 1) * row_stride + (columns - 1) * column_stride + 1;
  float *data = malloc((size_t)count * sizeof *data);
  assert_non_null(data);
  for (int64_t i = 0; i < count; i++) data[i] = NAN;
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < columns; j++) data[i * row_stride + j * column_stride] = support_random_float(random);
  return (struct operand){data, {data, row_stride, column_stride}};
}

static float at(struct matrix matrix, int64_t row, int64_t column) {
  return matrix.data[row * matrix.row_stride + column * matrix.column_stride];
}

struct result {
  float *c, *workspace;
  int64_t stride, c_count, workspace_count;
};

/* Makes the product with guards around c and behind the workspace, and checks them. c starts as `initial`. */
static struct result multiply(const struct kernels *kernels, const struct micro_kernel *micro_kernel, int64_t rows,
                              int64_t columns, int64_t depth, struct matrix a, struct matrix b, bool accumulate,
                              float initial, int64_t padding) {
  struct result result = {.stride = columns + padding,
                          .workspace_count =
                              product_workspace(micro_kernel, depth < PRODUCT_DEPTH ? depth : PRODUCT_DEPTH, columns)};
  result.c_count = rows * result.stride + GUARD;
  const size_t bytes = ((size_t)(result.workspace_count + GUARD) * sizeof(float) + 63) / 64 * 64;
  result.c = malloc((size_t)result.c_count * sizeof(float));
  result.workspace = aligned_alloc(64, bytes);
  assert_non_null(result.c);
  assert_non_null(result.workspace);
  for (int64_t i = 0; i < result.c_count; i++) result.c[i] = guard;
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < columns; j++) result.c[i * result.stride + j] = initial;
  for (int64_t i = 0; i < result.workspace_count; i++) result.workspace[i] = NAN;
  for (int64_t i = 0; i < GUARD; i++) result.workspace[result.workspace_count + i] = guard;
  const uint64_t mode = float_mode_enter();
  kernels->product(micro_kernel, rows, columns, depth, a, b, accumulate, result.c, result.stride, result.workspace);
  float_mode_leave(mode);
  for (int64_t i = 0; i < GUARD; i++) assert_true(result.workspace[result.workspace_count + i] == guard);
  for (int64_t i = 0; i < result.c_count; i++)
    if (i / result.stride >= rows || i % result.stride >= columns) assert_true(result.c[i] == guard);
  return result;
}

static void release(struct result result) {
  free(result.c);
  free(result.workspace);
}

static void check_product(const struct kernels *kernels, const struct micro_kernel *micro_kernel, int64_t rows,
                          int64_t columns, int64_t depth, enum layout a_layout, enum layout b_layout, bool accumulate,
                          uint64_t *random) {
  const struct operand a = make_operand(rows, depth, a_layout, random),
                       b = make_operand(depth, columns, b_layout, random);
  const float initial = accumulate ? 0.75F : NAN; /* what is not accumulated is not read */
  const struct result result = multiply(kernels, micro_kernel, rows, columns, depth, a.matrix, b.matrix, accumulate,
                                        initial, (int64_t)(support_random(random) % 4) * 3);
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < columns; j++) {
      double sum = accumulate ? (double)initial : 0.0, magnitude = fabs(sum);
      for (int64_t k = 0; k < depth; k++) {
        const double product = (double)at(a.matrix, i, k) * (double)at(b.matrix, k, j);
        sum += product;
        magnitude += fabs(product);
      }
      /* Higham 2002, section 3.1, any order of summation; most sums are far better. */
      const double bound = (double)(depth + 2) * (double)FLT_EPSILON / 2 * magnitude;
      const double got = (double)result.c[i * result.stride + j];
      if (!(fabs(got - sum) <= bound))
        fail_msg("%s, %s, %lldx%lldx%lld, layouts %d %d, accumulate %d: c[%lld][%lld] is %.9g, expected %.9g",
                 kernels->name, micro_kernel->name, (long long)rows, (long long)columns, (long long)depth,
                 (int)a_layout, (int)b_layout, (int)accumulate, (long long)i, (long long)j, got, sum);
    }
  release(result);
  free(a.data);
  free(b.data);
}

/* Calls `check` for every instruction set, with BLIS's micro-kernel and our own. */
static void for_each(void (*check)(const struct kernels *kernels, const struct micro_kernel *micro_kernel)) {
  for (int32_t set = LOTTERY_INSTRUCTION_SET_PORTABLE; set <= LOTTERY_INSTRUCTION_SET_NEON; set++) {
    const struct kernels *kernels = kernels_for(set);
    if (kernels == NULL) continue;
    assert_int_equal(kernels->instruction_set, set);
    check(kernels, kernels->own_micro_kernel);
    const struct micro_kernel *blis = blis_micro_kernel(set);
    assert_ptr_equal(micro_kernel_for(kernels), blis != NULL ? blis : kernels->own_micro_kernel);
    if (blis != NULL) check(kernels, blis);
  }
}

static void check_sizes(const struct kernels *kernels, const struct micro_kernel *micro_kernel) {
  uint64_t random = 1;
  for (int64_t size = 1; size <= LARGEST; size++)
    for (int i = 0; i < 12; i++) {
      int64_t sizes[3];
      for (int j = 0; j < 3; j++) sizes[j] = 1 + support_random(&random) % LARGEST;
      sizes[i % 3] = size;
      if (i >= 9) sizes[(i + 1) % 3] = 1;
      const enum layout a = (enum layout)(support_random(&random) % LAYOUTS),
                        b = (enum layout)(support_random(&random) % LAYOUTS);
      check_product(kernels, micro_kernel, sizes[0], sizes[1], sizes[2], a, b, i % 2 == 0, &random);
    }
}

static void test_every_size(void **unused) {
  (void)unused;
  for_each(check_sizes);
}

/* Around the depth that is packed at once, in every layout. */
static void check_depths(const struct kernels *kernels, const struct micro_kernel *micro_kernel) {
  static const int64_t depths[] = {PRODUCT_DEPTH - 1,     PRODUCT_DEPTH,         PRODUCT_DEPTH + 1,
                                   2 * PRODUCT_DEPTH - 1, 2 * PRODUCT_DEPTH + 1, 784};
  uint64_t random = 2;
  for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++)
    for (int layouts = 0; layouts < LAYOUTS * LAYOUTS; layouts++)
      check_product(kernels, micro_kernel, 1 + (layouts * 7) % 40, 1 + (layouts * 13) % 70, depths[i],
                    (enum layout)(layouts / LAYOUTS), (enum layout)(layouts % LAYOUTS), layouts % 3 != 0, &random);
}

static void test_great_depths(void **unused) {
  (void)unused;
  for_each(check_depths);
}

/* NaN and infinity stay in the row of a and the column of b that they come from. */
static void check_special(const struct kernels *kernels, const struct micro_kernel *micro_kernel) {
  enum { N = 37, DEPTH = 300 };
  static const float values[] = {NAN, INFINITY, -INFINITY};
  uint64_t random = 3;
  for (int i = 0; i < 6; i++) {
    const struct operand a = make_operand(N, DEPTH, ROWS, &random), b = make_operand(DEPTH, N, ROWS, &random);
    const int64_t row = 5 * i + 4, column = 6 * i + 1, where = 57 * i;
    const bool in_a = i % 2 == 0;
    if (in_a)
      a.data[row * DEPTH + where] = values[i / 2];
    else
      b.data[where * N + column] = values[i / 2];
    const struct result result = multiply(kernels, micro_kernel, N, N, DEPTH, a.matrix, b.matrix, false, -INFINITY, 0);
    for (int64_t j = 0; j < N; j++)
      for (int64_t k = 0; k < N; k++) {
        const float got = result.c[j * result.stride + k];
        if ((in_a ? j == row : k == column) ? isfinite(got) : !isfinite(got))
          fail_msg("%s, %s: %g at [%lld][%lld]", kernels->name, micro_kernel->name, (double)got, (long long)j,
                   (long long)k);
      }
    release(result);
    free(a.data);
    free(b.data);
  }
}

static void test_special_values(void **unused) {
  (void)unused;
  for_each(check_special);
}

/* Denormals count as 0, in the factors and in the result, so that they never slow training down. */
static void check_denormals(const struct kernels *kernels, const struct micro_kernel *micro_kernel) {
  const float a[2] = {1e-40F, 1e-30F}, b[2] = {1e30F, 1e-12F};
  const struct matrix left = {a, 2, 1}, right = {b, 1, 1};
  const struct result result = multiply(kernels, micro_kernel, 1, 1, 2, left, right, false, 1.0F, 0);
  assert_true(result.c[0] == 0.0F);
  release(result);
}

static void test_denormals(void **unused) {
  (void)unused;
#if defined(__x86_64__) || defined(__aarch64__)
  if (support_stride() > 1) skip(); /* valgrind computes with denormals whatever the mode */
  for_each(check_denormals);
#else
  skip();
#endif
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_size),
      cmocka_unit_test(test_great_depths),
      cmocka_unit_test(test_special_values),
      cmocka_unit_test(test_denormals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
