/* Trainers in archives: what is restored goes on with the bits of the run that was never interrupted; what is not the
 * same is refused; a restore that fails changes nothing. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "study.h"
#include "training.h"

/* Restores what `study` is now into a new one, lets both go on, and compares them on the way. */
static void assert_goes_on(lottery_context *context, const struct study *study) {
  const struct bytes file = study_save(context, study->trainer);
  struct study other = study_make(context, 99);
  assert_ok(context, study_restore(context, &file, other.trainer, LOTTERY_CONSENT_NONE));
  assert_same_study(context, study, &other);
  for (int i = 0; i < 3; i++) {
    study_run(context, study, 4);
    study_run(context, &other, 4);
    assert_same_study(context, study, &other);
  }
  /* And what it does from there is the same, too. */
  study_prune(context, study);
  study_prune(context, &other);
  study_run(context, study, 3);
  study_run(context, &other, 3);
  assert_same_study(context, study, &other);
  study_destroy(&other);
  free(file.data);
}

/* Masks and forms: none, dense under a mask, packed; the measured table is one of the two. */
static void set_form(lottery_context *context, const struct study *study, int form) {
  static const double crossovers[] = {-1, 0, 1, 0.3};
  assert_ok(context, lottery_network_set_real(study->network, LOTTERY_NETWORK_CROSSOVER, crossovers[form]));
  if (form > 0) study_prune(context, study);
}

static void test_goes_on_with_the_same_bits(void **unused) {
  (void)unused;
  static const double milestones[] = {6, 9, 14};
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int count = instruction_sets(sets);
  for (int set = 0; set < count; set++)
    for (int form = 0; form < 4; form++)
      for (int i = 0; i < optimiser_case_count; i++) {
        lottery_context *context = context_on(sets[set]);
        struct study study = study_make(context, 3);
        set_optimiser(study.trainer, &optimiser_cases[i]);
        assert_ok(context, lottery_trainer_set_integer(study.trainer, LOTTERY_TRAINER_BATCH_SIZE, STUDY_BATCH));
        assert_ok(context, lottery_trainer_set_integer(study.trainer, LOTTERY_TRAINER_WARMUP, 8));
        assert_ok(context, lottery_trainer_set_reals(study.trainer, LOTTERY_TRAINER_MILESTONES, milestones, 3));
        assert_ok(context, lottery_trainer_set_real(study.trainer, LOTTERY_TRAINER_MILESTONE_FACTOR, 0.3));
        study_run(context, &study, 3);
        set_form(context, &study, form);
        study_run(context, &study, 4); /* in the middle of the second epoch, of 5 batches each */
        assert_goes_on(context, &study);
        study_destroy(&study);
        lottery_context_destroy(context);
      }
}

/* Before the first iteration; after another batch size, a rewind, a reset; with optimiser state that the options do not
 * ask for now; right after a mask was set. */
static void test_goes_on_from_anywhere(void **unused) {
  (void)unused;
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  for (int moment = 0; moment < 8; moment++) {
    struct study study = study_make(context, 4);
    lottery_snapshot *snapshot = NULL;
    assert_ok(context, lottery_trainer_set_integer(study.trainer, LOTTERY_TRAINER_BATCH_SIZE, STUDY_BATCH));
    if (moment > 0) study_run(context, &study, 3);
    switch (moment) {
      case 1: assert_ok(context, lottery_trainer_set_integer(study.trainer, LOTTERY_TRAINER_BATCH_SIZE, 4)); break;
      case 2:
        assert_ok(context, lottery_trainer_set_integer(study.trainer, LOTTERY_TRAINER_BATCH_SIZE, 40));
        study_run(context, &study, 1);
        break;
      case 3:
        assert_ok(context, lottery_trainer_snapshot(study.trainer, LOTTERY_STATE_ALL, &snapshot));
        study_run(context, &study, 5);
        study_prune(context, &study);
        assert_ok(context, lottery_trainer_rewind(study.trainer, snapshot, NULL, LOTTERY_STATE_ALL));
        break;
      case 4: assert_ok(context, lottery_trainer_reset(study.trainer, LOTTERY_STATE_POSITION)); break;
      case 5: study_prune(context, &study); break;
      case 6: /* momentum that rests */
        assert_ok(context,
                  lottery_trainer_set_integer(study.trainer, LOTTERY_TRAINER_OPTIMISER, LOTTERY_OPTIMISER_SGD));
        assert_ok(context, lottery_trainer_set_real(study.trainer, LOTTERY_TRAINER_MOMENTUM, 0.9));
        study_run(context, &study, 3);
        assert_ok(context, lottery_trainer_set_real(study.trainer, LOTTERY_TRAINER_MOMENTUM, 0));
        break;
      case 7:
        assert_ok(context,
                  lottery_trainer_set_integer(study.trainer, LOTTERY_TRAINER_LOSS, LOTTERY_LOSS_MEAN_SQUARED_ERROR));
      default: break;
    }
    if (moment == 6) {
      const struct bytes file = study_save(context, study.trainer);
      struct study other = study_make(context, 99);
      assert_ok(context, study_restore(context, &file, other.trainer, LOTTERY_CONSENT_NONE));
      assert_ok(context, lottery_trainer_set_real(study.trainer, LOTTERY_TRAINER_MOMENTUM, 0.9));
      assert_ok(context, lottery_trainer_set_real(other.trainer, LOTTERY_TRAINER_MOMENTUM, 0.9));
      study_run(context, &study, 2);
      study_run(context, &other, 2);
      assert_same_study(context, &study, &other);
      study_destroy(&other);
      free(file.data);
    }
    assert_goes_on(context, &study);
    lottery_snapshot_destroy(snapshot);
    study_destroy(&study);
  }
  lottery_context_destroy(context);
}

/* A trainer that was used: other options, mask and form, a gradient of its own. Nothing of that is left. */
static void test_replaces_everything(void **unused) {
  (void)unused;
  static const double milestones[] = {1, 2};
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  struct study study = study_make(context, 4), other = study_make(context, 5);
  study_run(context, &study, 3);
  const struct bytes file = study_save(context, study.trainer);
  set_optimiser(other.trainer, &optimiser_cases[3]);
  set_form(context, &other, 2);
  assert_ok(context, lottery_trainer_set_reals(other.trainer, LOTTERY_TRAINER_MILESTONES, milestones, 2));
  study_run(context, &other, 3);
  assert_ok(context, lottery_trainer_gradient(other.trainer, 0, NULL, NULL, NULL, NULL));
  assert_ok(context, study_restore(context, &file, other.trainer, LOTTERY_CONSENT_NONE));
  assert_fails(context, lottery_trainer_apply(other.trainer), LOTTERY_ERROR_STATE, "none was made");
  assert_same_study(context, &study, &other);
  study_run(context, &study, 3);
  study_run(context, &other, 3);
  assert_same_study(context, &study, &other);
  free(file.data);
  study_destroy(&study);
  study_destroy(&other);
  lottery_context_destroy(context);
}

/* Between the two halves of an iteration: the gradient waits in the file. */
static void test_split_form(void **unused) {
  (void)unused;
  static const float inputs[2 * STUDY_FEATURES] = {1, -1, 0.5F, 0.25F, 2, -0.5F, 1, 1, -2, 0.125F};
  static const int32_t labels[] = {2, 0};
  for (int form = 0; form < 3; form++)
    for (int given = 0; given < 2; given++) {
      lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
      struct study study = study_make(context, 4), other = study_make(context, 5);
      float outputs[STUDY_CLASSES];
      study_run(context, &study, 3);
      set_form(context, &study, form);
      assert_ok(context, lottery_trainer_gradient(study.trainer, given ? 2 : 0, given ? inputs : NULL,
                                                  given ? labels : NULL, NULL, NULL));
      struct bytes file = study_save(context, study.trainer);
      assert_ok(context, study_restore(context, &file, other.trainer, LOTTERY_CONSENT_NONE));
      assert_values_equal(gradient_values(study.trainer, study.network), gradient_values(other.trainer, other.network));
      assert_ok(context, lottery_trainer_apply(study.trainer));
      assert_ok(context, lottery_trainer_apply(other.trainer));
      assert_same_study(context, &study, &other);
      study_run(context, &study, 3); /* the next batch is the same, whether that one was the dataset's or not */
      study_run(context, &other, 3);
      assert_same_study(context, &study, &other);
      free(file.data);
      /* A forward pass is made again. */
      assert_ok(context, lottery_trainer_forward(study.trainer, 1, inputs, outputs));
      file = study_save(context, study.trainer);
      assert_ok(context, study_restore(context, &file, other.trainer, LOTTERY_CONSENT_NONE));
      assert_fails(context, lottery_trainer_backward(other.trainer, 1, outputs), LOTTERY_ERROR_STATE,
                   "must come first");
      assert_ok(context, lottery_trainer_backward(study.trainer, 1, outputs));
      assert_ok(context, lottery_trainer_forward(other.trainer, 1, inputs, outputs));
      assert_ok(context, lottery_trainer_backward(other.trainer, 1, outputs));
      assert_values_equal(gradient_values(study.trainer, study.network), gradient_values(other.trainer, other.network));
      free(file.data);
      study_destroy(&study);
      study_destroy(&other);
      lottery_context_destroy(context);
    }
}

/* Without a dataset, and from a trainer and an archive of different contexts. */
static void test_other_contexts(void **unused) {
  (void)unused;
  static const float inputs[STUDY_FEATURES] = {1, -1, 0.5F, 0.25F, 2};
  static const int32_t label = 1;
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC), *third;
  assert_ok(NULL, lottery_context_create(&third));
  lottery_network *networks[2];
  lottery_trainer *trainers[2];
  for (int i = 0; i < 2; i++) {
    networks[i] = initialised_network(context, STUDY_GRAPH, 1 + (uint64_t)i);
    assert_ok(context, lottery_trainer_create(networks[i], NULL, 0, &trainers[i]));
  }
  const struct study masked = {networks[0], trainers[0], NULL};
  study_prune(context, &masked);
  assert_ok(context, lottery_trainer_step(trainers[0], 1, inputs, &label, NULL, NULL));
  lottery_archive *archive;
  assert_ok(third, lottery_archive_create(third, &archive));
  assert_ok(third, lottery_archive_add_trainer(archive, "", trainers[0]));
  assert_ok(third, lottery_archive_restore_trainer(archive, "", trainers[1], LOTTERY_CONSENT_NONE));
  lottery_archive_destroy(archive);
  lottery_context_destroy(third);
  for (int i = 0; i < 2; i++) assert_ok(context, lottery_trainer_step(trainers[i], 1, inputs, &label, NULL, NULL));
  assert_values_equal(trainer_values(trainers[0]), trainer_values(trainers[1]));
  for (int i = 0; i < 2; i++) {
    lottery_trainer_destroy(trainers[i]);
    lottery_network_destroy(networks[i]);
  }
  lottery_context_destroy(context);
}

/* --- Refusals --- */

/* Restoring fails so, and leaves the trainer as it was. */
static void assert_refused(lottery_context *context, const struct bytes *file, const struct study *into,
                           int32_t consent, lottery_status expected, const char *text) {
  struct values before = trainer_values(into->trainer);
  int64_t iteration[2];
  assert_ok(context, lottery_trainer_iteration(into->trainer, &iteration[0]));
  assert_fails(context, study_restore(context, file, into->trainer, consent), expected, text);
  assert_ok(context, lottery_trainer_iteration(into->trainer, &iteration[1]));
  assert_int_equal(iteration[0], iteration[1]);
  assert_values_equal(before, trainer_values(into->trainer));
}

static void test_other_graphs_and_datasets(void **unused) {
  (void)unused;
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  struct study study = study_make(context, 4);
  study_run(context, &study, 2);
  const struct bytes file = study_save(context, study.trainer);
  static const struct {
    const char *graph, *message;
    int64_t examples;
  } cases[] = {
      {"mlp-5-20-3",
       "node 1 is {\"kind\":\"dense\",\"inputs\":[0],\"units\":20}, that of 'run' is {\"kind\":\"dense\","
       "\"inputs\":[0],\"units\":19}",
       STUDY_EXAMPLES},
      {"mlp-5-3", "node 1 is", STUDY_EXAMPLES},
      {"mlp-5-19-3-3", "node 4 is {\"kind\":\"relu\",\"inputs\":[3]}, that of 'run' is nothing", STUDY_EXAMPLES},
      {STUDY_GRAPH, "its dataset has 44 examples, that of 'run' 45", STUDY_EXAMPLES - 1},
      {STUDY_GRAPH, "its dataset has 0 examples, that of 'run' 45", 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct study other = {initialised_network(context, cases[i].graph, 1), NULL, NULL};
    if (cases[i].examples > 0)
      other.dataset = support_dataset(context, cases[i].examples, STUDY_FEATURES, STUDY_CLASSES, 0.4F, 7);
    assert_ok(context, lottery_trainer_create(other.network, other.dataset, 1, &other.trainer));
    assert_refused(context, &file, &other, LOTTERY_CONSENT_INSTRUCTION_SET, LOTTERY_ERROR_SHAPE, cases[i].message);
    study_destroy(&other);
  }
  free(file.data);
  study_destroy(&study);
  lottery_context_destroy(context);
}

static void test_other_instruction_sets_need_consent(void **unused) {
  (void)unused;
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int count = instruction_sets(sets);
  for (int from = 0; from < count; from++)
    for (int to = 0; to < count; to++) {
      lottery_context *source = context_on(sets[from]), *target = context_on(sets[to]);
      struct study study = study_make(source, 4), other = study_make(target, 5);
      study_run(source, &study, 3);
      const struct bytes file = study_save(source, study.trainer);
      if (sets[from] != sets[to])
        assert_refused(target, &file, &other, LOTTERY_CONSENT_NONE, LOTTERY_ERROR_STATE, "'run' was trained with ");
      assert_ok(target, study_restore(target, &file, other.trainer, LOTTERY_CONSENT_INSTRUCTION_SET));
      assert_same_study(target, &study, &other);
      study_run(target, &other, 5);
      free(file.data);
      study_destroy(&study);
      study_destroy(&other);
      lottery_context_destroy(source);
      lottery_context_destroy(target);
    }
}

static lottery_archive *seen_archive;
static int32_t use_while_running(int64_t iteration, double loss, void *user) {
  const struct study *study = user;
  (void)iteration;
  (void)loss;
  assert_int_equal(lottery_archive_add_trainer(seen_archive, "other", study->trainer), LOTTERY_ERROR_STATE);
  assert_int_equal(lottery_archive_restore_trainer(seen_archive, "run", study->trainer, 0), LOTTERY_ERROR_STATE);
  return 1;
}

static void test_arguments(void **unused) {
  (void)unused;
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  struct study study = study_make(context, 4);
  lottery_archive *archive;
  lottery_snapshot *snapshot;
  int32_t kind;
  assert_ok(context, lottery_archive_create(context, &archive));
  assert_ok(context, lottery_archive_add_trainer(archive, "run", study.trainer));
  assert_ok(context, lottery_archive_kind(archive, "run", &kind));
  assert_int_equal(kind, LOTTERY_KIND_TRAINER);
  assert_ok(context, lottery_archive_add_text(archive, "text", "words"));
  assert_fails(context, lottery_archive_add_trainer(archive, "run", study.trainer), LOTTERY_ERROR_ARGUMENT,
               "already has 'run'");
  assert_fails(context, lottery_archive_restore_trainer(archive, "text", study.trainer, 0), LOTTERY_ERROR_ARGUMENT,
               "'text' is of kind text, not trainer");
  assert_fails(context, lottery_archive_restore_trainer(archive, "nothing", study.trainer, 0), LOTTERY_ERROR_ARGUMENT,
               "has no 'nothing'");
  assert_fails(context, lottery_archive_restore_trainer(archive, "run", study.trainer, 2), LOTTERY_ERROR_ARGUMENT,
               "consent: 2 has bits outside 1");
  assert_fails(context, lottery_archive_get_snapshot(archive, "run", NULL, &snapshot), LOTTERY_ERROR_ARGUMENT,
               "'run' is of kind trainer, not snapshot");
  seen_archive = archive;
  assert_ok(context, lottery_trainer_set_integer(study.trainer, LOTTERY_TRAINER_PROGRESS_INTERVAL, 1));
  assert_status(context, lottery_trainer_run(study.trainer, 2, use_while_running, &study, NULL), LOTTERY_STOPPED);

  /* A gradient that is not finite has no place in a file. */
  struct values gradient;
  assert_ok(context, lottery_trainer_gradient(study.trainer, 0, NULL, NULL, NULL, NULL));
  assert_ok(context, lottery_trainer_gradient_count(study.trainer, &gradient.count));
  gradient.values = calloc((size_t)gradient.count, sizeof(float));
  gradient.values[3] = INFINITY;
  assert_ok(context, lottery_trainer_write_gradient(study.trainer, gradient.values, gradient.count));
  assert_fails(context, lottery_archive_add_trainer(archive, "second", study.trainer), LOTTERY_ERROR_NOT_FINITE,
               "fc1.weight: element 3 is inf");
  release_values(&gradient);
  lottery_archive_destroy(archive);
  study_destroy(&study);
  lottery_context_destroy(context);
}

/* --- Damage --- */

/* With a mask, packed, momentum, a gradient, milestones: everything that a file can hold. */
static struct study full_study(lottery_context *context) {
  static const double milestones[] = {6, 9};
  struct study study = study_make(context, 4);
  set_optimiser(study.trainer, &optimiser_cases[6]);
  assert_ok(context, lottery_trainer_set_reals(study.trainer, LOTTERY_TRAINER_MILESTONES, milestones, 2));
  study_run(context, &study, 2);
  set_form(context, &study, 2);
  study_run(context, &study, 5);
  assert_ok(context, lottery_trainer_gradient(study.trainer, 0, NULL, NULL, NULL, NULL));
  return study;
}

static void test_altered_fields(void **unused) {
  (void)unused;
  static const struct {
    const char *from, *to;
    lottery_status status;
    const char *message;
  } cases[] = {
      {"trainer.run", "trainers.run", LOTTERY_ERROR_FORMAT, "run: the archive has no lottery.trainer"},
      {"graph.run", "graphs.run", LOTTERY_ERROR_FORMAT, "run: the archive has no lottery.graph"},
      {"\\\"units\\\":19", "\\\"units\\\":18", LOTTERY_ERROR_SHAPE, "node 1"},
      {"\\\"dense\\\"", "\\\"sparse\\\"", LOTTERY_ERROR_UNSUPPORTED, "no kind of layer called sparse"},
      {"\\\"output\\\":3", "\\\"output\\\":2", LOTTERY_ERROR_SHAPE, "its output is node 3, that of 'run' node 2"},
      {"\\\"examples\\\":45", "\\\"examples\\\":46", LOTTERY_ERROR_SHAPE, "45 examples, that of 'run' 46"},
      {"\\\"examples\\\":45", "\\\"examples\\\":-45", LOTTERY_ERROR_FORMAT, "out of range"},
      {"\\\"instruction_set\\\":\\\"", "\\\"instruction_set\\\":\\\"x", LOTTERY_ERROR_STATE, "was trained with x"},
      {"\\\"instruction_set\\\":\\\"", "\\\"instruction_set\\\":\\\"12345678901234567890123456789012",
       LOTTERY_ERROR_FORMAT, "31 bytes"},
      {"\\\"optimiser\\\":\\\"adam\\\"", "\\\"optimiser\\\":\\\"best\\\"", LOTTERY_ERROR_FORMAT, "no such choice"},
      {"\\\"batch_size\\\":60", "\\\"batch_size\\\":0", LOTTERY_ERROR_FORMAT, "out of range"},
      {"\\\"batch_size\\\":60", "\\\"batch_sizes\\\":60", LOTTERY_ERROR_UNSUPPORTED, "this version has no such option"},
      {"\\\"batch_size\\\":60", "\\\"batch_size\\\":60,\\\"batch_size\\\":60", LOTTERY_ERROR_FORMAT, "appears twice"},
      {"\\\"beta1\\\":[", "\\\"beta1\\\":[9", LOTTERY_ERROR_FORMAT, "out of range"},
      {"\\\"beta1\\\":[", "\\\"beta1\\\":[-", LOTTERY_ERROR_FORMAT, "out of range"},
      {"\\\"beta1\\\":[", "\\\"beta1\\\":[1,0", LOTTERY_ERROR_FORMAT, "begin with 0"},
      {"\\\"beta1\\\":[", "\\\"beta1\\\":[1,-2,", LOTTERY_ERROR_FORMAT, "pair of whole ones"},
      {"\\\"epsilon\\\":[", "\\\"epsilon\\\":[1],\\\"beta3\\\":[", LOTTERY_ERROR_FORMAT, "pair of whole ones"},
      {"\\\"milestones\\\":[6,9]", "\\\"milestones\\\":[6,6]", LOTTERY_ERROR_FORMAT, "do not rise"},
      {"\\\"milestones\\\":[6,9]", "\\\"milestones\\\":[6,9.5]", LOTTERY_ERROR_FORMAT, "whole number"},
      {"\\\"crossover\\\":[", "\\\"cross\\\":[", LOTTERY_ERROR_UNSUPPORTED, "this version has no such option"},
      {"\\\"crossover\\\":[4503599627370496,-52]", "\\\"crossover\\\":[3,0]", LOTTERY_ERROR_FORMAT, "out of range"},
      {"\\\"masked\\\":1", "\\\"masked\\\":2", LOTTERY_ERROR_FORMAT, "out of range"},
      {"\\\"gradient\\\":\\\"drawn\\\"", "\\\"gradient\\\":\\\"taken\\\"", LOTTERY_ERROR_FORMAT, "no such gradient"},
      {"\\\"slots\\\":7", "\\\"slots\\\":3", LOTTERY_ERROR_FORMAT, "slot that the optimiser needs is missing"},
      {"\\\"slots\\\":7", "\\\"slots\\\":8", LOTTERY_ERROR_FORMAT, "out of range"},
      {"\\\"optimiser_steps\\\":7", "\\\"optimiser_steps\\\":-7", LOTTERY_ERROR_FORMAT, "out of range"},
      {"\\\"iteration\\\":7", "\\\"iteration\\\":9007199254740993", LOTTERY_ERROR_FORMAT, "out of range"},
      {"\\\"batch\\\":7", "\\\"batch\\\":x", LOTTERY_ERROR_FORMAT, "whole number"},
      {",\\\"seed\\\":4", "", LOTTERY_ERROR_FORMAT, "not complete"},
      {"\\\"has_loss\\\":1", "\\\"has_loss\\\":-1", LOTTERY_ERROR_FORMAT, "out of range"},
      {"\\\"loss\\\":[", "\\\"loss\\\":[1,1200],\\\"lass\\\":[", LOTTERY_ERROR_FORMAT, "out of range"},
      {"\\\"seed\\\":4", "\\\"seed\\\":99999999999999999999", LOTTERY_ERROR_FORMAT, "too large"},
      {"\\\"seed\\\":4", "\\\"seed\\\":4,\\\"more\\\":4", LOTTERY_ERROR_FORMAT, "unknown here"},
      {"run.fc2.bias\"", "run.fc2.bios\"", LOTTERY_ERROR_FORMAT, "run.fc2.bias: the archive has no such array"},
      {"run.fc2.bias.second", "run.fc2.bias.third", LOTTERY_ERROR_FORMAT, "run.fc2.bias.second: the archive has no"},
      {"run.fc1.weight.mask", "run.fc1.weight.masc", LOTTERY_ERROR_FORMAT, "run.fc1.weight.mask: the archive has no"},
      {"run.fc1.bias.gradient", "run.fc1.bias.Gradient", LOTTERY_ERROR_FORMAT, "run.fc1.bias.gradient: the archive"},
      {"[19,5]", "[5,19]", LOTTERY_ERROR_SHAPE, "run.fc1.weight: is F32 [5,19], expected F32 [19,5]"},
  };
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  struct study study = full_study(context), other = study_make(context, 5);
  const struct bytes file = study_save(context, study.trainer);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const struct bytes altered = file_with(&file, cases[i].from, cases[i].to);
    assert_refused(context, &altered, &other, LOTTERY_CONSENT_NONE, cases[i].status, cases[i].message);
    free(altered.data);
  }
  static const char *const arrays[] = {"run.fc1.weight", "run.fc2.bias.first", "run.fc1.bias.second",
                                       "run.fc2.weight.gradient"};
  static const float infinite = INFINITY;
  for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
    unsigned char *place = file.data + place_of(&file, arrays[i]);
    float before;
    memcpy(&before, place, sizeof before);
    memcpy(place, &infinite, sizeof infinite);
    assert_refused(context, &file, &other, LOTTERY_CONSENT_NONE, LOTTERY_ERROR_NOT_FINITE, "element 0 is inf");
    memcpy(place, &before, sizeof before);
  }
  file.data[place_of(&file, "run.fc1.weight.mask") + 11] |= 0x80; /* 95 weights in 12 bytes */
  assert_refused(context, &file, &other, LOTTERY_CONSENT_NONE, LOTTERY_ERROR_FORMAT, "bits past its 95 weights");
  free(file.data);
  study_destroy(&study);
  study_destroy(&other);
  lottery_context_destroy(context);
}

/* Any byte of the header changed in any of some ways: a status, and a trainer that still trains. */
static void test_altered_bytes(void **unused) {
  (void)unused;
  static const unsigned char changes[] = {0x01, 0x02, 0x10, 0x20, 0x80};
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  struct study study = full_study(context), other = study_make(context, 5);
  const struct bytes file = study_save(context, study.trainer);
  char *header = header_of(&file);
  const int64_t end = 8 + (int64_t)strlen(header);
  int64_t accepted = 0, count = 0;
  for (int64_t i = 0; i < end; i += support_stride(), count++) {
    const unsigned char before = file.data[i];
    file.data[i] ^= changes[i % 5];
    const lottery_status status = study_restore(context, &file, other.trainer, LOTTERY_CONSENT_NONE);
    if (status == LOTTERY_OK) {
      accepted++;
      assert_ok(context, lottery_network_check_mask(other.network, NULL, NULL, NULL));
      const lottery_status ran = lottery_trainer_run(other.trainer, 1, NULL, NULL, NULL);
      assert_true(ran == LOTTERY_OK || ran == LOTTERY_ERROR_NOT_FINITE || ran == LOTTERY_ERROR_SHAPE);
    }
    file.data[i] = before;
  }
  print_message("%lld of %lld altered headers were others that could be restored\n", (long long)accepted,
                (long long)count);
  assert_true(accepted < count / 4);
  free(header);
  free(file.data);
  study_destroy(&study);
  study_destroy(&other);
  lottery_context_destroy(context);
}

/* --- Memory --- */

/* Puts the file's trainer into a new one and that into the archive. */
static lottery_status restore_and_add(lottery_context *context, void *user) {
  static const float inputs[STUDY_EXAMPLES * STUDY_FEATURES];
  static const int64_t features = STUDY_FEATURES;
  const struct bytes *file = user;
  lottery_archive *archive = NULL;
  lottery_network *network = NULL;
  lottery_trainer *trainer = NULL;
  lottery_dataset *dataset = NULL;
  lottery_status status = lottery_archive_create(context, &archive);
  if (status == LOTTERY_OK) status = lottery_archive_load_memory(archive, file->data, file->count);
  if (status == LOTTERY_OK) status = lottery_network_preset(context, STUDY_GRAPH, &network);
  if (status == LOTTERY_OK)
    status = lottery_dataset_create(context, STUDY_EXAMPLES, 1, &features, LOTTERY_ELEMENT_FLOAT32, inputs, 1, 0,
                                    LOTTERY_MEMORY_COPY, NULL, NULL, &dataset);
  if (status == LOTTERY_OK) status = lottery_trainer_create(network, dataset, 1, &trainer);
  if (status == LOTTERY_OK) status = lottery_archive_restore_trainer(archive, "run", trainer, LOTTERY_CONSENT_NONE);
  if (status == LOTTERY_OK) status = lottery_archive_add_trainer(archive, "second", trainer);
  lottery_archive_destroy(archive);
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(network);
  lottery_dataset_destroy(dataset);
  return status;
}

/* The n-th allocation that restoring makes in `target` fails; false when it makes fewer. */
static bool restore_fails(struct counting_allocator *allocator, int64_t n, lottery_context *target,
                          lottery_context *archives, const struct bytes *file) {
  struct study study = study_make(target, 6);
  struct values before = trainer_values(study.trainer);
  lottery_archive *archive;
  assert_ok(archives, lottery_archive_create(archives, &archive));
  assert_ok(archives, lottery_archive_load_memory(archive, file->data, file->count));
  allocator_fail(allocator, n, false);
  const lottery_status status = lottery_archive_restore_trainer(archive, "run", study.trainer, LOTTERY_CONSENT_NONE);
  allocator_fail(allocator, 0, false);
  if (status == LOTTERY_OK) {
    release_values(&before);
  } else {
    assert_fails(archives, status, LOTTERY_ERROR_MEMORY, "memory");
    assert_values_equal(before, trainer_values(study.trainer));
  }
  lottery_archive_destroy(archive);
  study_destroy(&study);
  return status != LOTTERY_OK;
}

/* Every allocation fails once; while a trainer is restored, from an archive of its own context and of another, it stays
 * as it was. */
static void test_out_of_memory(void **unused) {
  (void)unused;
  struct counting_allocator allocator;
  allocator_start(&allocator);
  lottery_context *context = allocator_context(&allocator), *other = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  struct study study = full_study(context);
  struct bytes file = study_save(context, study.trainer);
  print_message("%lld allocations\n", (long long)run_out_of_memory(restore_and_add, &file));
  int64_t failures[2];
  for (int own = 0; own < 2; own++)
    for (failures[own] = 0; restore_fails(&allocator, failures[own] + 1, context, own ? context : other, &file);)
      failures[own]++;
  assert_true(failures[0] >= 8 && failures[1] > failures[0]);
  free(file.data);
  study_destroy(&study);
  lottery_context_destroy(other);
  lottery_context_destroy(context);
  allocator_finish(&allocator);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goes_on_with_the_same_bits),
      cmocka_unit_test(test_goes_on_from_anywhere),
      cmocka_unit_test(test_replaces_everything),
      cmocka_unit_test(test_split_form),
      cmocka_unit_test(test_other_contexts),
      cmocka_unit_test(test_other_graphs_and_datasets),
      cmocka_unit_test(test_other_instruction_sets_need_consent),
      cmocka_unit_test(test_arguments),
      cmocka_unit_test(test_altered_fields),
      cmocka_unit_test(test_altered_bytes),
      cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
