/* Every function of the header in floating-point modes that a host may have set: the results, the status and the
 * message are those of the default mode, no exception traps, and mode and flags are afterwards as they were. The host's
 * allocator runs in the host's mode. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "float_modes.h"
#include "functions.h"
#include "training.h"

/* --- What traps is the fault of the function that was called --- */

static const char *volatile called;
static int faults; /* all are counted, so that one run names them */

static void trapped(int number) {
  (void)number;
  static const char text[] = ": a floating-point exception trapped\n";
  const char *name = called;
  const bool written = write(2, name, strlen(name)) > 0 && write(2, text, sizeof text - 1) > 0;
  _exit(written ? 1 : 2);
}

/* --- The host --- */

struct host {
  unsigned control; /* of the mode in which the library is called, without flags */
  int64_t faults;   /* calls of the allocator in another mode */
};

static void *host_allocate(int64_t size, int64_t alignment, void *user) {
  struct host *host = user;
  if ((float_control() & ~(unsigned)FLOAT_FLAGS) != host->control) host->faults++;
  return aligned_alloc((size_t)alignment, (size_t)((size + alignment - 1) / alignment * alignment));
}

static void host_release(void *memory, int64_t size, int64_t alignment, void *user) {
  struct host *host = user;
  (void)size, (void)alignment;
  if ((float_control() & ~(unsigned)FLOAT_FLAGS) != host->control) host->faults++;
  free(memory);
}

/* --- Digests --- */

/* FNV-1a, 64 bits (Fowler, Noll, Vo). */
static void digest(uint64_t *sum, const void *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) *sum = (*sum ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
}

static int64_t digest_bytes(const void *bytes, int64_t count, void *user) {
  digest(user, bytes, (size_t)count);
  return count;
}

static void digest_archive(uint64_t *sum, lottery_archive *archive) {
  lottery_archive_write(archive, digest_bytes, sum);
}

static void digest_dataset(uint64_t *sum, lottery_dataset *dataset) {
  int64_t sizes[3];
  float inputs[BUFFER];
  int32_t labels[BUFFER];
  lottery_dataset_sizes(dataset, &sizes[0], &sizes[1], &sizes[2]);
  assert_true(sizes[0] * sizes[1] <= BUFFER);
  digest(sum, sizes, sizeof sizes);
  if (lottery_dataset_read(dataset, 0, sizes[0], inputs, NULL) == LOTTERY_OK)
    digest(sum, inputs, (size_t)(sizes[0] * sizes[1]) * sizeof *inputs);
  if (sizes[2] > 0 && lottery_dataset_read(dataset, 0, sizes[0], NULL, labels) == LOTTERY_OK)
    digest(sum, labels, (size_t)sizes[0] * sizeof *labels);
}

static void digest_pruner(uint64_t *sum, lottery_pruner *pruner) {
  double real = 0.0;
  for (int32_t key = LOTTERY_PRUNER_CRITERION; key <= LOTTERY_PRUNER_SEED; key++)
    if (lottery_pruner_get_real(pruner, key, &real) == LOTTERY_OK) digest(sum, &real, sizeof real);
}

/* A handle that archives can hold is what an archive writes of it. kind: in lower case. */
static void digest_handle(uint64_t *sum, lottery_context *context, char kind, void *handle) {
  lottery_archive *archive;
  switch (kind) {
    case 'a': digest_archive(sum, handle); return;
    case 'd': digest_dataset(sum, handle); return;
    case 'p': digest_pruner(sum, handle); return;
    default: break;
  }
  assert_ok(context, lottery_archive_create(context, &archive));
  if (kind == 'n') lottery_archive_add_network(archive, "", handle);
  if (kind == 'm') lottery_archive_add_mask(archive, "", handle);
  if (kind == 's') lottery_archive_add_snapshot(archive, "", handle);
  if (kind == 't') lottery_archive_add_trainer(archive, "", handle);
  digest_archive(sum, archive);
  lottery_archive_destroy(archive);
}

static void digest_handles(uint64_t *sum, const struct handles *handles) {
  static const char kinds[] = "NDMSPTFA";
  for (const char *kind = kinds; *kind != '\0'; kind++)
    digest_handle(sum, handles->context, *kind == 'F' ? 't' : (char)(*kind | 0x20), handle_of(handles, *kind));
}

/* --- Arguments --- */

/* What the arrays of real numbers hold. */
enum fill { FILL_GIVEN, FILL_ODD, FILL_SIGNALLING, FILL_COUNT };

static bool is_one_of(const char *name, const char *const *names) {
  for (; *names != NULL; names++)
    if (strcmp(name, *names) == 0) return true;
  return false;
}

static bool is_reals(const struct parameter *parameter) {
  static const char *const reals[] = {"inputs",          "targets",   "values", "scores",
                                      "output_gradient", "deviation", "mean",   NULL};
  return is_one_of(parameter->name, reals);
}

static void fill_reals(const struct function *function, const struct parameter *parameter, enum fill fill,
                       unsigned char *buffer) {
  static const char *const wide[] = {"deviation", "mean", NULL};
  if (!is_reals(parameter)) return;
  if (fill == FILL_SIGNALLING) {
    const uint64_t bits = UINT64_C(0x7ff400007fa00000); /* a double, and in its lower half a float */
    for (int at = 0; at < BUFFER; at += 8) memcpy(buffer + at, &bits, sizeof bits);
  } else if (is_one_of(parameter->name, wide) || strcmp(function->name, "lottery_trainer_set_reals") == 0) {
    for (int i = 0; i < BUFFER / 8; i++) {
      const double value = 0.1 + 0.3 * i;
      memcpy(buffer + 8 * i, &value, sizeof value);
    }
  } else {
    for (int i = 0; i < BUFFER / 4; i++) {
      const float value = i % 5 == 3 ? 1e-41F * (float)i : 0.1F * (float)(i % 7 - 2);
      memcpy(buffer + 4 * i, &value, sizeof value);
    }
  }
}

/* Real numbers that are arguments by themselves. */
static double number;

// clang-format off
#define WITH_NUMBERS(FUNCTION) \
  FUNCTION(lottery_dataset_create, scale, (p[0], 2, 1, p[1], 0, p[2], number, 0.0, 0, NULL, NULL, p[3]), \
           "C context, * shape, * inputs, d out") \
  FUNCTION(lottery_dataset_create, shift, (p[0], 2, 1, p[1], 1, p[2], 0.1, number, 0, NULL, NULL, p[3]), \
           "C context, * shape, * bytes, d out") \
  FUNCTION(lottery_network_set_real, crossover, (p[0], LOTTERY_NETWORK_CROSSOVER, number), "N network") \
  FUNCTION(lottery_pruner_set_real, rate, (p[0], LOTTERY_PRUNER_RATE, number), "P pruner") \
  FUNCTION(lottery_pruner_set_real, density, (p[0], LOTTERY_PRUNER_DENSITY, number), "P pruner") \
  FUNCTION(lottery_pruner_set_tensor_rate, own, (p[0], p[1], number), "P pruner, * name=fc1.weight") \
  FUNCTION(lottery_trainer_set_real, rate, (p[0], LOTTERY_TRAINER_LEARNING_RATE, number), "T trainer") \
  FUNCTION(lottery_trainer_set_real, epsilon, (p[0], LOTTERY_TRAINER_EPSILON, number), "T trainer")
// clang-format on

#define DEFINE_CALL(name, what, arguments, parameters) \
  static lottery_status call_##name##_##what(void **p) { return name arguments; }
WITH_NUMBERS(DEFINE_CALL)

static const struct function with_numbers[] = {
#define LIST(name, what, arguments, parameters) {#name, call_##name##_##what, parameters},
    WITH_NUMBERS(LIST)};

/* A mask that prunes: a packed layer, and numbers that are not 0 or 1. */
static void halve_mask(struct handles *handles) {
  const uint8_t bytes[6] = {1, 0, 0, 1, 0, 1};
  lottery_mask *half;
  assert_ok(handles->context, lottery_mask_replace(handles->mask, 0, bytes, 6, &half));
  lottery_mask_destroy(handles->mask);
  handles->mask = half;
}

/* --- Calls --- */

static void note_fault(const struct function *function, const struct float_mode *mode, const char *what) {
  faults++;
  print_error("%s, %s: %s\n", function->name, mode->name, what);
}

/* Calls in a mode and returns the digest of all that can be seen afterwards. */
static uint64_t call(const struct function *function, int32_t set, const struct float_mode *mode, enum fill fill) {
  struct host host = {.control = float_control() & ~(unsigned)FLOAT_FLAGS};
  struct handles handles;
  struct arguments arguments;
  struct parameter parameters[PARAMETERS];
  lottery_context *context;
  lottery_mask *ones;
  char message[1024];
  const int count = function_parse(function->parameters, parameters);
  assert_ok(NULL, lottery_context_create_with_allocator(host_allocate, host_release, &host, &context));
  assert_ok(context, lottery_context_set_instruction_set(context, set));
  handles_make(context, &handles);
  halve_mask(&handles);
  assert_ok(context, lottery_mask_ones(handles.network, &ones));
  arguments_fill(&handles, parameters, count, &arguments);
  for (int i = 0; i < count; i++) {
    if (fill != FILL_GIVEN) fill_reals(function, &parameters[i], fill, arguments.buffers[i]);
    if (strcmp(parameters[i].name, "second") == 0 && parameters[i].kind == 'M') arguments.pointers[i] = ones;
  }
  called = function->name;
  float_mode_begin(mode);
  const unsigned control = float_control(), outside = host.control;
  host.control = control & ~(unsigned)FLOAT_FLAGS;
  const lottery_status status = function->call(arguments.pointers);
  if (!float_mode_end(mode, control)) note_fault(function, mode, "mode or flags are others");
  if (host.faults > 0) note_fault(function, mode, "the allocator ran in another mode");
  host.control = outside;
  uint64_t sum = UINT64_C(0xcbf29ce484222325);
  digest(&sum, &status, sizeof status);
  assert_ok(context, lottery_context_message(context, message, sizeof message, NULL));
  digest(&sum, message, strlen(message));
  for (int i = 0; i < count; i++) {
    void *made;
    if (!is_out(parameters[i].kind)) digest(&sum, arguments.buffers[i], BUFFER);
    if (!is_out(parameters[i].kind)) continue;
    memcpy(&made, arguments.buffers[i], sizeof made);
    if (made != NULL && parameters[i].kind != 'c') digest_handle(&sum, context, parameters[i].kind, made);
    handle_destroy(parameters[i].kind, made);
  }
  digest_handles(&sum, &handles);
  lottery_mask_destroy(ones);
  handles_destroy(&handles);
  return sum;
}

static bool takes_reals(const struct function *function) {
  struct parameter parameters[PARAMETERS];
  const int count = function_parse(function->parameters, parameters);
  for (int i = 0; i < count; i++)
    if (is_reals(&parameters[i])) return true;
  return false;
}

static void check(const struct function *function, int32_t set, enum fill fill) {
  const uint64_t expected = call(function, set, &float_mode_plain, fill);
  for (int i = 0; i < FLOAT_MODE_COUNT; i++)
    if (call(function, set, &float_modes[i], fill) != expected) note_fault(function, &float_modes[i], "other results");
}

static void test_arrays(void **state) {
  (void)state;
  int32_t sets[INSTRUCTION_SET_LIMIT];
  faults = 0;
  signal(SIGFPE, trapped); /* CMocka's own does not say which function */
  const int count = instruction_sets(sets);
  for (int i = 0; i < count; i++)
    for (int j = 0; j < function_count; j++)
      for (enum fill fill = FILL_GIVEN; fill < (takes_reals(&functions[j]) ? FILL_COUNT : FILL_ODD); fill++)
        check(&functions[j], sets[i], fill);
  assert_int_equal(faults, 0);
}

static void test_numbers(void **state) {
  (void)state;
  static const uint64_t numbers[] = {
      UINT64_C(0x3fb999999999999a), /* 0.1 */
      UINT64_C(0x000012688b70e62b), /* 1e-310, denormal */
      UINT64_C(0x3ff0000000000000), /* 1 */
      UINT64_C(0xc008cccccccccccd), /* -3.1 */
      UINT64_C(0x7ff4000000000000), /* a signalling NaN */
      UINT64_C(0x7ff0000000000000), /* infinity */
      UINT64_C(0x7fe1ccf385ebc8a0), /* 1e308 */
  };
  faults = 0;
  signal(SIGFPE, trapped); /* CMocka's own does not say which function */
  for (size_t i = 0; i < sizeof with_numbers / sizeof with_numbers[0]; i++)
    for (size_t j = 0; j < sizeof numbers / sizeof numbers[0]; j++) {
      memcpy(&number, &numbers[j], sizeof number);
      check(&with_numbers[i], LOTTERY_INSTRUCTION_SET_AUTOMATIC, FILL_ODD);
    }
  assert_int_equal(faults, 0);
}

int main(void) {
  char directory[PATH_CAPACITY];
  temporary_directory(directory);
  functions_make_files(directory);
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_arrays), cmocka_unit_test(test_numbers)};
  const int failures = cmocka_run_group_tests(tests, NULL, NULL);
  remove_directory(directory);
  return failures;
}
