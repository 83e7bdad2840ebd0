/* Arrays of no elements may be NULL, as those of an empty std::vector are, wherever a count of 0 can be right. Where it
 * is wrong, the count is the fault. */
#include <string.h>

#include "training.h"

static char path[PATH_CAPACITY];

static void test_npy(void **state) {
  (void)state;
  lottery_context *context;
  const int64_t shape[] = {3, 0};
  int64_t count = 9, found[2];
  int32_t rank = 9;
  assert_ok(NULL, lottery_context_create(&context));
  assert_ok(context, lottery_npy_save(context, path, LOTTERY_ELEMENT_FLOAT32, 2, shape, NULL, 0));
  assert_ok(context, lottery_npy_describe(context, path, NULL, &count, 2, found, &rank));
  assert_int_equal(count, 0);
  assert_int_equal(rank, 2);
  assert_memory_equal(found, shape, sizeof shape);
  assert_ok(context, lottery_npy_load(context, path, LOTTERY_ELEMENT_FLOAT32, NULL, 0));
  assert_fails(context, lottery_npy_load(context, path, LOTTERY_ELEMENT_FLOAT32, NULL, 1), LOTTERY_ERROR_ARGUMENT,
               "values: NULL");
  rank = -1;
  assert_ok(context,
            lottery_npy_describe(context, path, NULL, NULL, 0, NULL, &rank)); /* the length of the shape alone */
  assert_int_equal(rank, 2);
  const float value = 3; /* an array without dimensions has no sizes */
  assert_ok(context, lottery_npy_save(context, path, LOTTERY_ELEMENT_FLOAT32, 0, NULL, &value, 1));
  assert_ok(context, lottery_npy_describe(context, path, NULL, &count, 0, NULL, &rank));
  assert_int_equal(count, 1);
  assert_int_equal(rank, 0);
  lottery_context_destroy(context);
}

static void test_archive(void **state) {
  (void)state;
  lottery_context *context;
  lottery_archive *archive;
  const int64_t none = 0, shape[] = {0, 2}, one = 1;
  int32_t element, rank;
  int64_t found[2];
  assert_ok(NULL, lottery_context_create(&context));
  assert_ok(context, lottery_archive_create(context, &archive));
  assert_ok(context, lottery_archive_add_array(archive, "a", LOTTERY_ELEMENT_INT64, 2, shape, NULL, 0));
  assert_fails(context, lottery_archive_add_array(archive, "b", LOTTERY_ELEMENT_INT64, 1, &one, NULL, 1),
               LOTTERY_ERROR_ARGUMENT, "data: NULL");
  assert_ok(context, lottery_archive_add_array(archive, "c", LOTTERY_ELEMENT_INT64, 0, NULL, &none, 1));
  assert_ok(context, lottery_archive_get_array(archive, "a", LOTTERY_ELEMENT_INT64, NULL, 0));
  assert_fails(context, lottery_archive_get_array(archive, "c", LOTTERY_ELEMENT_INT64, NULL, 0), LOTTERY_ERROR_SHAPE,
               "count: 0");
  assert_ok(context, lottery_archive_array_shape(archive, "a", &element, 2, found, &rank));
  assert_memory_equal(found, shape, sizeof shape);
  assert_ok(context, lottery_archive_array_shape(archive, "c", &element, 0, NULL, &rank));
  assert_int_equal(rank, 0);
  assert_status(context, lottery_archive_load_memory(archive, NULL, 0), LOTTERY_ERROR_FORMAT); /* an empty file */
  lottery_archive_destroy(archive);
  lottery_context_destroy(context);
}

/* A network without a tensor. */
static void test_network(void **state) {
  (void)state;
  lottery_context *context;
  lottery_network *network;
  lottery_trainer *trainer;
  lottery_pruner *pruner;
  lottery_mask *mask;
  const int64_t two = 2;
  const float inputs[] = {0.1F, 0.7F};
  const int32_t label = 1;
  int32_t input, node;
  int64_t count;
  assert_ok(NULL, lottery_context_create(&context));
  assert_ok(context, lottery_network_create(context, &network));
  assert_ok(context, lottery_network_input(network, 1, &two, &input));
  assert_ok(context, lottery_network_relu(network, input, &node));
  assert_ok(context, lottery_network_finish(network, node));
  assert_ok(context, lottery_pruner_create(context, &pruner));
  assert_status(context, lottery_pruner_apply_scores(pruner, network, NULL, NULL, 0, &mask), LOTTERY_UNCHANGED);
  assert_fails(context, lottery_pruner_apply_scores(pruner, network, NULL, inputs, 2, NULL), LOTTERY_ERROR_ARGUMENT,
               "out: NULL");
  assert_ok(context, lottery_pruner_preview(pruner, network, NULL, 0, NULL, NULL, NULL));
  assert_ok(context, lottery_trainer_create(network, NULL, 1, &trainer));
  assert_ok(context, lottery_trainer_set_reals(trainer, LOTTERY_TRAINER_MILESTONES, NULL, 0));
  assert_ok(context, lottery_trainer_get_reals(trainer, LOTTERY_TRAINER_MILESTONES, 0, NULL, &count));
  assert_ok(context, lottery_trainer_gradient(trainer, 1, inputs, &label, NULL, NULL));
  assert_ok(context, lottery_trainer_gradient_count(trainer, &count));
  assert_int_equal(count, 0);
  assert_ok(context, lottery_trainer_read_gradient(trainer, NULL, 0));
  assert_ok(context, lottery_trainer_write_gradient(trainer, NULL, 0));
  assert_fails(context, lottery_trainer_read_gradient(trainer, NULL, 1), LOTTERY_ERROR_ARGUMENT, "values: NULL");
  lottery_mask_destroy(mask);
  lottery_pruner_destroy(pruner);
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
}

static void test_dataset(void **state) {
  (void)state;
  lottery_context *context;
  assert_ok(NULL, lottery_context_create(&context));
  lottery_dataset *dataset = support_dataset(context, 4, 2, 2, 0.1F, 1);
  assert_ok(context, lottery_dataset_read(dataset, 4, 0, NULL, NULL));
  lottery_dataset_destroy(dataset);
  lottery_context_destroy(context);
}

int main(void) {
  char directory[PATH_CAPACITY];
  temporary_directory(directory);
  path_in(directory, "array", path);
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_npy), cmocka_unit_test(test_archive),
                                     cmocka_unit_test(test_network), cmocka_unit_test(test_dataset)};
  const int failures = cmocka_run_group_tests(tests, NULL, NULL);
  remove_directory(directory);
  return failures;
}
