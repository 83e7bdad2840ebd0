/* A network, its trainer and their dataset, saved and restored. */
#include "study.h"

#include "training.h"

struct study study_make(lottery_context *context, uint64_t seed) {
  struct study study;
  study.dataset = support_dataset(context, STUDY_EXAMPLES, STUDY_FEATURES, STUDY_CLASSES, 0.4F, 7);
  study.network = initialised_network(context, STUDY_GRAPH, seed);
  assert_ok(context, lottery_trainer_create(study.network, study.dataset, seed, &study.trainer));
  return study;
}

void study_destroy(const struct study *study) {
  lottery_trainer_destroy(study->trainer);
  lottery_network_destroy(study->network);
  lottery_dataset_destroy(study->dataset);
}

void study_prune(lottery_context *context, const struct study *study) {
  lottery_pruner *pruner;
  lottery_mask *mask;
  assert_ok(context, lottery_pruner_create(context, &pruner));
  assert_ok(context, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_RATE, 0.5));
  assert_ok(context, lottery_pruner_apply(pruner, study->network, NULL, &mask));
  assert_ok(context, lottery_network_set_mask(study->network, mask));
  lottery_mask_destroy(mask);
  lottery_pruner_destroy(pruner);
}

void study_run(lottery_context *context, const struct study *study, int64_t iterations) {
  assert_ok(context, lottery_trainer_run(study->trainer, iterations, NULL, NULL, NULL));
}

struct bytes study_save(lottery_context *context, lottery_trainer *trainer) {
  lottery_archive *archive;
  assert_ok(context, lottery_archive_create(context, &archive));
  assert_ok(context, lottery_archive_add_trainer(archive, "run", trainer));
  const struct bytes file = archive_bytes(context, archive);
  lottery_archive_destroy(archive);
  return file;
}

lottery_status study_restore(lottery_context *context, const struct bytes *file, lottery_trainer *trainer,
                             int32_t consent) {
  lottery_archive *archive;
  assert_ok(context, lottery_archive_create(context, &archive));
  lottery_status status = lottery_archive_load_memory(archive, file->data, file->count);
  if (status == LOTTERY_OK) status = lottery_archive_restore_trainer(archive, "run", trainer, consent);
  lottery_archive_destroy(archive);
  return status;
}

void assert_same_study(lottery_context *context, const struct study *a, const struct study *b) {
  const struct study *both[] = {a, b};
  int64_t iteration[2], options, kept[2];
  double rate[2], crossover[2], loss[2] = {0, 0};
  for (int j = 0; j < 2; j++) {
    lottery_mask *mask;
    assert_ok(context, lottery_trainer_iteration(both[j]->trainer, &iteration[j]));
    assert_ok(context, lottery_trainer_rate(both[j]->trainer, &rate[j]));
    if (lottery_trainer_loss(both[j]->trainer, &loss[j]) != LOTTERY_OK) loss[j] = -1;
    assert_ok(context, lottery_network_get_real(both[j]->network, LOTTERY_NETWORK_CROSSOVER, &crossover[j]));
    assert_ok(context, lottery_network_get_mask(both[j]->network, &mask));
    assert_ok(context, lottery_mask_kept(mask, -1, &kept[j], NULL));
    lottery_mask_destroy(mask);
  }
  assert_int_equal(iteration[0], iteration[1]);
  assert_int_equal(kept[0], kept[1]);
  assert_memory_equal(&rate[0], &rate[1], sizeof rate[0]);
  assert_memory_equal(&loss[0], &loss[1], sizeof loss[0]);
  assert_memory_equal(&crossover[0], &crossover[1], sizeof crossover[0]);
  assert_ok(NULL, lottery_option_count(&options));
  for (int64_t i = 0; i < options; i++) {
    int32_t key, handle, type;
    int64_t integers[2] = {0, 0}, counts[2] = {0, 0};
    double reals[2][8] = {{0}};
    assert_ok(NULL, lottery_option_describe(i, &key, &handle, &type, NULL, NULL, NULL, NULL, NULL));
    if (handle != LOTTERY_HANDLE_TRAINER) continue;
    for (int j = 0; j < 2; j++) {
      if (type == LOTTERY_TYPE_INTEGER || type == LOTTERY_TYPE_CHOICE)
        assert_ok(context, lottery_trainer_get_integer(both[j]->trainer, key, &integers[j]));
      if (type == LOTTERY_TYPE_REAL) assert_ok(context, lottery_trainer_get_real(both[j]->trainer, key, reals[j]));
      if (type == LOTTERY_TYPE_REALS)
        assert_ok(context, lottery_trainer_get_reals(both[j]->trainer, key, 8, reals[j], &counts[j]));
    }
    assert_int_equal(integers[0], integers[1]);
    assert_int_equal(counts[0], counts[1]);
    assert_memory_equal(reals[0], reals[1], sizeof reals[0]);
  }
  assert_values_equal(trainer_values(a->trainer), trainer_values(b->trainer));
}
