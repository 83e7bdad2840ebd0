/* Handles are destroyed in every order and from every thread: what remains still works, borrowed memory is released
 * exactly once and no sooner than its last user is gone, and nothing leaks. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

enum { CONTEXT, NETWORK, DATASET, DERIVED, MASK, SNAPSHOT, PRUNER, TRAINER, HANDLES };
enum { EXAMPLES = 6, FEATURES = 3, CLASSES = 2 };

/* The data that is borrowed: it lives and does not change. */
static const float borrowed[EXAMPLES * FEATURES] = {1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, -6, 0, 1, 0, 1, 0, 1};

static void count_release(void *user) { atomic_fetch_add((atomic_int *)user, 1); }

static void make(struct counting_allocator *allocator, void *handles[HANDLES], atomic_int *released) {
  static const int32_t labels[EXAMPLES] = {0, 1, 0, 1, 1, 0};
  const int64_t shape = FEATURES, indices[] = {4, 2, 0};
  lottery_context *context = allocator_context(allocator);
  lottery_network *network;
  lottery_dataset *plain, *labelled, *derived;
  lottery_mask *mask;
  lottery_snapshot *snapshot;
  lottery_pruner *pruner;
  lottery_trainer *trainer;
  atomic_store(released, 0);
  assert_ok(context, lottery_network_preset(context, "mlp-3-2-2", &network));
  assert_ok(context, lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 1));
  assert_ok(context, lottery_dataset_create(context, EXAMPLES, 1, &shape, LOTTERY_ELEMENT_FLOAT32, borrowed, 1.0, 0.0,
                                            LOTTERY_MEMORY_BORROW, count_release, released, &plain));
  assert_ok(context, lottery_dataset_with_labels(plain, CLASSES, labels, EXAMPLES, &labelled));
  lottery_dataset_destroy(plain);
  assert_ok(context, lottery_dataset_subset(labelled, indices, 3, &derived));
  assert_ok(context, lottery_pruner_create(context, &pruner));
  assert_ok(context, lottery_pruner_apply(pruner, network, NULL, &mask));
  assert_ok(context, lottery_network_set_mask(network, mask));
  assert_ok(context, lottery_trainer_create(network, labelled, 1, &trainer));
  assert_ok(context, lottery_trainer_run(trainer, 1, NULL, NULL, NULL));
  assert_ok(context, lottery_trainer_snapshot(trainer, LOTTERY_STATE_ALL, &snapshot));
  void *made[HANDLES] = {context, network, labelled, derived, mask, snapshot, pruner, trainer};
  memcpy(handles, made, sizeof made);
}

static void destroy(void *handles[HANDLES], int which) {
  switch (which) {
    case CONTEXT: lottery_context_destroy(handles[which]); break;
    case NETWORK: lottery_network_destroy(handles[which]); break;
    case DATASET:
    case DERIVED: lottery_dataset_destroy(handles[which]); break;
    case MASK: lottery_mask_destroy(handles[which]); break;
    case SNAPSHOT: lottery_snapshot_destroy(handles[which]); break;
    case PRUNER: lottery_pruner_destroy(handles[which]); break;
    default: lottery_trainer_destroy(handles[which]); break;
  }
  handles[which] = NULL;
}

/* Uses a handle together with those that are left. */
static void use(void *handles[HANDLES], int which) {
  lottery_context *context = handles[CONTEXT];
  lottery_network *network = handles[NETWORK];
  lottery_mask *made;
  float values[4 * FEATURES];
  int64_t kept;
  switch (which) {
    case CONTEXT: assert_ok(context, lottery_context_memory(context, &kept, NULL)); break;
    case NETWORK: assert_ok(context, lottery_network_predict(network, 2, borrowed, values)); break;
    case DATASET: assert_ok(context, lottery_dataset_read(handles[which], 1, 2, values, NULL)); break;
    case DERIVED:
      assert_ok(context, lottery_dataset_read(handles[which], 0, 1, values, NULL));
      assert_memory_equal(values, borrowed + 4 * FEATURES, FEATURES * sizeof(float));
      break;
    case MASK:
      assert_ok(context, lottery_mask_complement(handles[which], &made));
      assert_ok(context, lottery_mask_kept(made, -1, &kept, NULL));
      assert_int_equal(kept, 1); /* floor(0.2 * 6 + 0.5) of fc1, none of fc2 at a rate of 0.1 */
      lottery_mask_destroy(made);
      break;
    case SNAPSHOT:
      assert_ok(context, lottery_snapshot_read(handles[which], 0, LOTTERY_SLOT_SECOND, values, 2 * FEATURES));
      break;
    case PRUNER:
      assert_ok(context, lottery_pruner_set_tensor_rate(handles[which], "fc1.weight", 0.5));
      if (network == NULL) break;
      assert_ok(context, lottery_pruner_apply(handles[which], network, NULL, &made));
      lottery_mask_destroy(made);
      break;
    default:
      assert_ok(context, lottery_trainer_run(handles[which], 1, NULL, NULL, NULL));
      if (handles[SNAPSHOT] != NULL)
        assert_ok(context, lottery_trainer_rewind(handles[which], handles[SNAPSHOT], handles[MASK], LOTTERY_STATE_ALL));
      break;
  }
}

static bool data_is_used(void *const handles[HANDLES]) {
  return handles[DATASET] != NULL || handles[DERIVED] != NULL || handles[TRAINER] != NULL;
}

static void destroy_in_order(const int order[HANDLES], bool use_them) {
  struct counting_allocator allocator;
  void *handles[HANDLES];
  atomic_int released;
  allocator_start(&allocator);
  make(&allocator, handles, &released);
  for (int i = 0; i < HANDLES; i++) {
    destroy(handles, order[i]);
    assert_int_equal(atomic_load(&released), data_is_used(handles) ? 0 : 1);
    for (int j = 0; use_them && j < HANDLES; j++)
      if (handles[j] != NULL) use(handles, j);
  }
  allocator_finish(&allocator);
}

/* All permutations (Heap 1963). */
static void permute(int order[HANDLES], int count, int64_t *orders) {
  if (count == 1) {
    if (*orders % support_stride() == 0) destroy_in_order(order, *orders % 8 == 0);
    ++*orders;
    return;
  }
  for (int i = 0; i < count; i++) {
    permute(order, count - 1, orders);
    const int other = count % 2 == 0 ? i : 0, swapped = order[other];
    order[other] = order[count - 1];
    order[count - 1] = swapped;
  }
}

static void test_every_order(void **unused) {
  (void)unused;
  int order[HANDLES];
  int64_t orders = 0;
  for (int i = 0; i < HANDLES; i++) order[i] = i;
  permute(order, HANDLES, &orders);
  assert_int_equal(orders, 40320);
}

/* Every handle as the last one, and as the first, with everything used in between. */
static void test_every_rotation(void **unused) {
  (void)unused;
  for (int backwards = 0; backwards < 2; backwards++)
    for (int first = 0; first < HANDLES; first++) {
      int order[HANDLES];
      for (int i = 0; i < HANDLES; i++) order[i] = (first + (backwards ? HANDLES - i : i)) % HANDLES;
      destroy_in_order(order, true);
    }
}

/* --- From other threads --- */

struct destroyer {
  void **handles;
  int which;
  pthread_barrier_t *start; /* or NULL */
};

static void *destroy_one(void *argument) {
  const struct destroyer *destroyer = argument;
  if (destroyer->start != NULL) pthread_barrier_wait(destroyer->start);
  destroy(destroyer->handles, destroyer->which);
  return NULL;
}

static void test_another_thread_each(void **unused) {
  (void)unused;
  for (int first = 0; first < HANDLES; first++) {
    struct counting_allocator allocator;
    void *handles[HANDLES];
    atomic_int released;
    allocator_start(&allocator);
    make(&allocator, handles, &released);
    for (int i = 0; i < HANDLES; i++) {
      struct destroyer destroyer = {handles, (first + i) % HANDLES, NULL};
      pthread_t thread;
      assert_int_equal(pthread_create(&thread, NULL, destroy_one, &destroyer), 0);
      assert_int_equal(pthread_join(thread, NULL), 0);
      for (int j = 0; j < HANDLES; j++)
        if (handles[j] != NULL) use(handles, j);
    }
    assert_int_equal(atomic_load(&released), 1);
    allocator_finish(&allocator);
  }
}

static void test_all_threads_at_once(void **unused) {
  (void)unused;
  for (int round = 0; round < 200; round++) {
    struct counting_allocator allocator;
    void *handles[HANDLES];
    atomic_int released;
    pthread_t threads[HANDLES];
    struct destroyer destroyers[HANDLES];
    pthread_barrier_t start;
    allocator_start(&allocator);
    make(&allocator, handles, &released);
    assert_int_equal(pthread_barrier_init(&start, NULL, HANDLES), 0);
    for (int i = 0; i < HANDLES; i++) {
      destroyers[i] = (struct destroyer){handles, i, &start};
      assert_int_equal(pthread_create(&threads[i], NULL, destroy_one, &destroyers[i]), 0);
    }
    for (int i = 0; i < HANDLES; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    pthread_barrier_destroy(&start);
    assert_int_equal(atomic_load(&released), 1);
    allocator_finish(&allocator);
  }
}

/* --- Odd moments --- */

static lottery_trainer *to_destroy;

static int32_t destroy_own_trainer(int64_t iteration, double loss, void *user) {
  (void)loss;
  if (iteration == 2) {
    lottery_trainer_destroy(to_destroy);
    ++*(int *)user;
  }
  return 0;
}

/* The trainer's last reference is given up while it runs. */
static void test_destroying_a_running_trainer(void **unused) {
  (void)unused;
  struct counting_allocator allocator;
  void *handles[HANDLES];
  atomic_int released;
  int calls = 0;
  int64_t done;
  allocator_start(&allocator);
  make(&allocator, handles, &released);
  for (int i = 0; i < TRAINER; i++) destroy(handles, i);
  to_destroy = handles[TRAINER];
  assert_status(NULL, lottery_trainer_set_integer(to_destroy, LOTTERY_TRAINER_PROGRESS_INTERVAL, 1), LOTTERY_OK);
  assert_status(NULL, lottery_trainer_run(to_destroy, 5, destroy_own_trainer, &calls, &done), LOTTERY_OK);
  assert_int_equal(done, 5);
  assert_int_equal(calls, 1);
  assert_int_equal(atomic_load(&released), 1);
  allocator_finish(&allocator);
}

/* Networks of one context with the mask and dataset of another: they keep it alive. */
static void test_handles_of_another_context(void **unused) {
  (void)unused;
  struct counting_allocator allocators[2];
  lottery_context *contexts[2];
  lottery_network *networks[2];
  lottery_mask *mask, *got;
  lottery_trainer *trainer;
  for (int i = 0; i < 2; i++) {
    allocator_start(&allocators[i]);
    contexts[i] = allocator_context(&allocators[i]);
    assert_ok(contexts[i], lottery_network_preset(contexts[i], "mlp-3-2", &networks[i]));
    assert_ok(contexts[i], lottery_network_initialise(networks[i], LOTTERY_INITIALISE_GLOROT_NORMAL, 1));
  }
  lottery_dataset *dataset = support_dataset(contexts[0], 10, 3, 2, 0.1F, 1);
  assert_ok(contexts[0], lottery_mask_ones(networks[0], &mask));
  assert_ok(contexts[1], lottery_network_set_mask(networks[1], mask));
  assert_ok(contexts[1], lottery_trainer_create(networks[1], dataset, 1, &trainer));
  lottery_mask_destroy(mask);
  lottery_dataset_destroy(dataset);
  lottery_network_destroy(networks[0]);
  lottery_context_destroy(contexts[0]);
  assert_true(allocators[0].live_blocks > 0);
  assert_ok(contexts[1], lottery_trainer_run(trainer, 3, NULL, NULL, NULL));
  assert_ok(contexts[1], lottery_network_get_mask(networks[1], &got));
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(networks[1]);
  lottery_context_destroy(contexts[1]);
  allocator_finish(&allocators[1]);
  assert_true(allocators[0].live_blocks > 0);
  lottery_mask_destroy(got);
  allocator_finish(&allocators[0]);
}

/* What was retained needs one more destroy: until then it works, whatever else is gone; then nothing is left. */
static void test_retained(void **state) {
  (void)state;
  struct counting_allocator allocator;
  void *handles[HANDLES];
  atomic_int released;
  float values[FEATURES];
  int64_t kept;
  char message[64];
  allocator_start(&allocator);
  make(&allocator, handles, &released);
  lottery_context *context = handles[CONTEXT];
  lottery_dataset *dataset = handles[DATASET];
  lottery_mask *mask = handles[MASK];
  lottery_snapshot *snapshot = handles[SNAPSHOT];
  assert_ok(context, lottery_context_retain(context));
  assert_ok(context, lottery_dataset_retain(dataset));
  assert_ok(context, lottery_mask_retain(mask));
  assert_ok(context, lottery_snapshot_retain(snapshot));
  for (int i = 0; i < HANDLES; i++) destroy(handles, i);
  assert_int_equal(atomic_load(&released), 0);
  assert_ok(NULL, lottery_context_message(context, message, sizeof message, NULL));
  assert_ok(NULL, lottery_dataset_read(dataset, 0, 1, values, NULL));
  assert_ok(NULL, lottery_mask_kept(mask, -1, &kept, NULL));
  assert_ok(NULL, lottery_snapshot_tensor_count(snapshot, &kept));
  lottery_dataset_destroy(dataset);
  assert_int_equal(atomic_load(&released), 1);
  lottery_mask_destroy(mask);
  lottery_snapshot_destroy(snapshot);
  lottery_context_destroy(context);
  allocator_finish(&allocator);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_order),
      cmocka_unit_test(test_every_rotation),
      cmocka_unit_test(test_another_thread_each),
      cmocka_unit_test(test_all_threads_at_once),
      cmocka_unit_test(test_destroying_a_running_trainer),
      cmocka_unit_test(test_handles_of_another_context),
      cmocka_unit_test(test_retained),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
