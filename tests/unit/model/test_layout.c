/* Layouts of parameters under masks: what is read, written, packed and converted, in dense and packed form, against the
 * mask's bytes. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/index/sparse_index.h"
#include "kernels/tile.h"
#include "model/layout.h"
#include "model/network.h"
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

static float *room(int64_t count) {
  float *values = calloc((size_t)count, sizeof *values);
  assert_non_null(values);
  return values;
}

/* A mask with a density for each tensor; at 1 nothing is pruned. */
static lottery_mask *random_mask(lottery_network *network, const double *densities) {
  lottery_mask *mask;
  assert_ok(NULL, lottery_mask_ones(network, &mask));
  for (int64_t i = 0; i < network->prunable_count; i++) {
    const int64_t count = network->prunable[i].count;
    uint8_t *bytes = calloc((size_t)count, 1);
    assert_non_null(bytes);
    for (int64_t j = 0; j < count; j++) bytes[j] = (double)support_random(&random_state) * 0x1p-32 < densities[i];
    lottery_mask *next;
    assert_ok(NULL, lottery_mask_replace(mask, i, bytes, count, &next));
    lottery_mask_destroy(mask);
    mask = next;
    free(bytes);
  }
  return mask;
}

static bool is_kept(const lottery_network *network, const lottery_mask *mask, int64_t tensor, int64_t element) {
  const int64_t at = network->parameter[tensor].mask_tensor;
  return mask == NULL || at < 0 || mask_bit(mask->bits[at], element);
}

static struct layout *make(lottery_network *network, lottery_mask *mask, double crossover) {
  struct layout *layout = layout_create(network->object.context, network->kernels, network->tensors, network->parameter,
                                        network->tensor_count, mask, crossover, NULL);
  assert_non_null(layout);
  return layout;
}

/* Sizes, offsets and forms. */
static void check_form(const lottery_network *network, const lottery_mask *mask, double crossover,
                       const struct layout *layout) {
  int64_t offset = 0;
  assert_int_equal(layout->tensor_count, network->tensor_count);
  for (int64_t i = 0; i < layout->tensor_count; i++) {
    const struct tensor_layout *tensor = &layout->tensors[i];
    int64_t survivors = 0;
    for (int64_t j = 0; j < network->tensors[i].count; j++) survivors += is_kept(network, mask, i, j);
    const bool whole = survivors == network->tensors[i].count;
    const bool packed = !whole && (double)survivors / (double)network->tensors[i].count < crossover;
    assert_int_equal(tensor_index(tensor) != NULL, packed);
    assert_int_equal(tensor_kept_bits(tensor) != NULL, !whole && !packed);
    assert_int_equal(tensor->rows * tensor->columns, network->tensors[i].count);
    assert_int_equal(tensor->offset, offset);
    assert_int_equal(tensor->floats % ROW_STEP, 0);
    assert_int_equal(layout_survivors(layout, i), survivors);
    if (packed) { /* the first layer needs no way back */
      assert_int_equal(tensor_index(tensor)->transposed_row != NULL, !network->parameter[i].reads_input);
      assert_true(tensor->floats <= survivors + 3 * tensor->rows * tensor_index(tensor)->chunks + ROW_STEP);
    }
    assert_true(layout_bytes(layout, i) >= survivors * 4);
    offset += tensor->floats;
  }
  assert_int_equal(layout->parameter_count, offset);
}

/* The places of a flat array that hold a weight. */
static int64_t places(const struct layout *layout, const float *flat, float value) {
  int64_t count = 0;
  for (int64_t i = 0; i < layout->parameter_count; i++) count += flat[i] == value;
  return count;
}

/* Which elements of a tensor a mask keeps. */
static void read_kept(const lottery_network *network, const lottery_mask *mask, int64_t tensor, uint8_t *kept) {
  for (int64_t j = 0; j < network->tensors[tensor].count; j++) kept[j] = is_kept(network, mask, tensor, j);
}

static void check_copies(const lottery_network *network, const lottery_mask *mask, const struct layout *layout) {
  float *flat = layout_allocate(layout), *again = layout_allocate(layout);
  assert_true(flat != NULL && again != NULL);
  int64_t all = 0;
  for (int64_t i = 0; i < layout->tensor_count; i++) {
    const int64_t count = network->tensors[i].count, survivors = layout_survivors(layout, i);
    all += survivors;
    float *values = room(count), *read = room(count + 1), *packed = room(survivors + 1);
    float *expected = room(count + 1), *expected_packed = room(survivors + 1);
    for (int64_t j = 0, k = 0; j < count; j++) {
      values[j] = 2.0F + support_random_float(&random_state);
      if (!is_kept(network, mask, i, j)) continue;
      expected[j] = values[j];
      expected_packed[k++] = values[j];
    }
    for (int64_t j = 0; j <= count; j++) read[j] = -7.0F;
    read[count] = packed[survivors] = expected[count] = expected_packed[survivors] = -7.0F;
    layout_write(layout, flat, i, values);
    layout_read(layout, flat, i, read);
    layout_pack(layout, flat, i, packed);
    assert_memory_equal(read, expected, (size_t)(count + 1) * sizeof *read);
    assert_memory_equal(packed, expected_packed, (size_t)(survivors + 1) * sizeof *packed);
    layout_unpack(layout, again, i, packed);
    free(values);
    free(read);
    free(packed);
    free(expected);
    free(expected_packed);
  }
  assert_memory_equal(flat, again, (size_t)layout->parameter_count * sizeof *flat);
  assert_int_equal(places(layout, flat, 0.0F), layout->parameter_count - all); /* the rest stays 0 */
  memory_release(layout->object.context, flat);
  memory_release(layout->object.context, again);
}

/* A layout of a network's tensors, the elements that its mask keeps, and its flat array of 1, 2, 3, … a tensor. */
struct filled {
  const struct layout *layout;
  uint8_t *kept; /* [element of all tensors] */
  float *flat;
};

static struct filled fill(const lottery_network *network, const lottery_mask *mask, const struct layout *layout,
                          int64_t elements) {
  struct filled filled = {layout, calloc((size_t)elements, 1), layout_allocate(layout)};
  float *values = room(network_largest_tensor(network));
  assert_true(filled.kept != NULL && filled.flat != NULL);
  int64_t first = 0;
  for (int64_t i = 0; i < network->tensor_count; first += network->tensors[i++].count) {
    read_kept(network, mask, i, filled.kept + first);
    for (int64_t j = 0; j < network->tensors[i].count; j++) values[j] = (float)(j + 1);
    layout_write(layout, filled.flat, i, values);
  }
  free(values);
  return filled;
}

/* What goes through another layout: the survivors of both, 0 elsewhere. */
static void check_conversion(const lottery_network *network, const struct filled *from, const struct filled *to,
                             float *target, float *values, float *expected, float *scratch) {
  memset(target, 0, (size_t)to->layout->parameter_count * sizeof *target);
  layout_convert(from->layout, from->flat, to->layout, target, scratch);
  int64_t both = 0, first = 0;
  for (int64_t i = 0; i < network->tensor_count; first += network->tensors[i++].count) {
    const int64_t count = network->tensors[i].count;
    const uint8_t *kept_before = from->kept + first, *kept_after = to->kept + first;
    for (int64_t j = 0; j < count; j++) {
      const int kept = kept_before[j] & kept_after[j];
      expected[j] = kept != 0 ? (float)(j + 1) : 0.0F;
      both += kept;
    }
    layout_read(to->layout, target, i, values);
    assert_memory_equal(values, expected, (size_t)count * sizeof *values);
  }
  assert_int_equal(places(to->layout, target, 0.0F), to->layout->parameter_count - both);
}

static const double all_densities[][3] = {{1, 1, 1},       {0.5, 0.5, 0.5}, {0.1, 0.3, 0.9},
                                          {0.01, 0, 0.02}, {0, 0, 0},       {1, 0.2, 1}};
static const double crossovers[] = {0.0, 0.4, 1.0};
enum { MASKS = sizeof all_densities / sizeof all_densities[0], CROSSOVERS = 3, LAYOUTS = 1 + MASKS * CROSSOVERS };

/* From each layout to each. */
static void check_conversions(lottery_network *network, lottery_mask *const *masks, struct layout *const *layouts) {
  struct filled filled[LAYOUTS];
  const int64_t largest = network_largest_tensor(network);
  float *values = room(largest), *expected = room(largest), *scratch = room(largest);
  int64_t elements = 0;
  for (int64_t i = 0; i < network->tensor_count; i++) elements += network->tensors[i].count;
  for (int i = 0; i < LAYOUTS; i++) filled[i] = fill(network, masks[i], layouts[i], elements);
  for (int to = 0; to < LAYOUTS; to++) {
    float *target = layout_allocate(layouts[to]);
    assert_non_null(target);
    for (int from = 0; from < LAYOUTS; from++)
      check_conversion(network, &filled[from], &filled[to], target, values, expected, scratch);
    memory_release(network->object.context, target);
  }
  for (int i = 0; i < LAYOUTS; i++) {
    free(filled[i].kept);
    memory_release(network->object.context, filled[i].flat);
  }
  free(values);
  free(expected);
  free(scratch);
}

static void check_network(lottery_context *context, const char *name) {
  lottery_network *network;
  assert_ok(context, lottery_network_preset(context, name, &network));
  lottery_mask *masks[LAYOUTS] = {NULL};
  struct layout *layouts[LAYOUTS] = {make(network, NULL, 1.0)};
  check_form(network, NULL, 1.0, layouts[0]);
  check_copies(network, NULL, layouts[0]);
  for (int i = 1; i < LAYOUTS; i++) {
    masks[i] = random_mask(network, all_densities[(i - 1) % MASKS]);
    layouts[i] = make(network, masks[i], crossovers[(i - 1) / MASKS]);
    check_form(network, masks[i], crossovers[(i - 1) / MASKS], layouts[i]);
    check_copies(network, masks[i], layouts[i]);
  }
  check_conversions(network, masks, layouts);
  for (int i = 0; i < LAYOUTS; i++) {
    object_release(layouts[i]);
    lottery_mask_destroy(masks[i]);
  }
  lottery_network_destroy(network);
}

static void test_layouts(void **state) {
  random_state = 1;
  check_network(*state, "mlp-5-4-3-2");
  check_network(*state, "mlp-1-1-1-1");
  check_network(*state, "mlp-16-32-48-16");
  check_network(*state, "mlp-300-33-17-10");
  check_network(*state, "mlp-65600-2-3-1");
}

/* The default crossover is a number between, and nothing else decides. */
static void test_default_crossover(void **state) {
  random_state = 2;
  lottery_network *network;
  assert_ok(*state, lottery_network_preset(*state, "lenet-300-100", &network));
  const double few[] = {0.02, 0.02, 0.02}, many[] = {0.99, 0.99, 0.99};
  lottery_mask *sparse = random_mask(network, few), *dense = random_mask(network, many);
  struct layout *packed = make(network, sparse, -1.0), *plain = make(network, dense, -1.0);
  assert_non_null(tensor_index(&packed->tensors[0]));
  assert_null(tensor_index(&plain->tensors[0]));
  assert_true(layout_bytes(packed, 0) * 10 < layout_bytes(plain, 0));
  object_release(packed);
  object_release(plain);
  lottery_mask_destroy(sparse);
  lottery_mask_destroy(dense);
  lottery_network_destroy(network);
}

/* A mask that differs in one tensor takes over the forms of the others, and their values. */
static void test_unchanged_tensors(void **state) {
  random_state = 4;
  lottery_network *network;
  assert_ok(*state, lottery_network_preset(*state, "mlp-40-30-20-10", &network));
  assert_ok(*state, lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 1));
  const double densities[] = {0.1, 0.8, 0.2};
  lottery_mask *first = random_mask(network, densities), *second;
  uint8_t bytes[30 * 20];
  for (int i = 0; i < 30 * 20; i++) bytes[i] = i % 3 == 0;
  assert_ok(*state, lottery_mask_replace(first, 1, bytes, 30 * 20, &second));
  struct layout *before = make(network, first, 0.5);
  struct layout *after = layout_create(*state, network->kernels, network->tensors, network->parameter,
                                       network->tensor_count, second, 0.5, before);
  assert_non_null(after);
  assert_ptr_equal(after->tensors[0].form, before->tensors[0].form);
  assert_ptr_equal(after->tensors[4].form, before->tensors[4].form);
  assert_non_null(after->tensors[2].form);
  assert_ptr_not_equal(after->tensors[2].form, before->tensors[2].form);
  /* Another crossover, another form. */
  struct layout *dense = layout_create(*state, network->kernels, network->tensors, network->parameter,
                                       network->tensor_count, second, 0.0, after);
  assert_non_null(dense);
  assert_ptr_not_equal(dense->tensors[0].form, after->tensors[0].form);
  check_form(network, second, 0.5, after);
  check_form(network, second, 0.0, dense);
  object_release(before);
  check_copies(network, second, after);
  object_release(after);
  object_release(dense);
  lottery_mask_destroy(first);
  lottery_mask_destroy(second);
  lottery_network_destroy(network);
}

struct made {
  lottery_network *network;
  lottery_mask *mask;
};

static lottery_status create_once(lottery_context *context, void *user) {
  const struct made *made = user;
  struct layout *layout = layout_create(context, made->network->kernels, made->network->tensors,
                                        made->network->parameter, made->network->tensor_count, made->mask, 0.4, NULL);
  if (layout == NULL) return LOTTERY_ERROR_MEMORY;
  float *flat = layout_allocate(layout);
  memory_release(context, flat);
  object_release(layout);
  return flat == NULL ? LOTTERY_ERROR_MEMORY : LOTTERY_OK;
}

static void test_memory_runs_out(void **state) {
  struct made made;
  random_state = 3;
  assert_ok(*state, lottery_network_preset(*state, "mlp-30-20-10-5", &made.network));
  const double densities[] = {0.1, 0.2, 0.8}; /* two packed, one dense */
  made.mask = random_mask(made.network, densities);
  assert_true(run_out_of_memory(create_once, &made) > 10);
  lottery_mask_destroy(made.mask);
  lottery_network_destroy(made.network);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {TEST(test_layouts), TEST(test_default_crossover), TEST(test_unchanged_tensors),
                                     TEST(test_memory_runs_out)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
