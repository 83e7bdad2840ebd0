/* Every function of the header with every handle NULL or of another kind and every pointer NULL: the status, the
 * message, what is created (nothing) and what is changed (nothing). A function that is missing here fails the test. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "functions.h"

/* These cannot fail for a pointer, or are tested below and in test_context.c. */
static const char *const others[] = {
    "lottery_version",         "lottery_status_name",     "lottery_context_create_with_allocator",
    "lottery_context_cancel",  "lottery_context_resume",  "lottery_context_destroy",
    "lottery_network_destroy", "lottery_dataset_destroy", "lottery_mask_destroy",
    "lottery_pruner_destroy",  "lottery_trainer_destroy", "lottery_snapshot_destroy",
    "lottery_archive_destroy"};

/* What a failing call must leave as it is, as far as it can be seen. */
struct state {
  float weights[4][6], predicted[2], gradient[17];
  int64_t bytes, tensors, kept, iteration, count, features, nodes[3], things, limit;
  uint8_t mask[6];
  double rate, loss, pruner_rate;
  char message[256];
};

static void observe(const struct handles *h, struct state *state) {
  static const int64_t counts[] = {6, 3, 6, 2};
  const float inputs[] = {0.5F, -1};
  int32_t rank;
  memset(state, 0, sizeof *state);
  assert_ok(h->context, lottery_context_message(h->context, state->message, sizeof state->message, NULL));
  for (int i = 0; i < 4; i++)
    assert_ok(h->context, lottery_network_read_tensor(h->network, i, state->weights[i], counts[i]));
  assert_ok(h->context, lottery_network_predict(h->network, 1, inputs, state->predicted));
  assert_ok(h->context, lottery_trainer_read_gradient(h->trainer, state->gradient, 17));
  assert_ok(h->context, lottery_context_memory(h->context, &state->bytes, NULL));
  assert_ok(h->context, lottery_snapshot_tensor_count(h->snapshot, &state->tensors));
  assert_ok(h->context, lottery_mask_kept(h->mask, -1, &state->kept, NULL));
  assert_ok(h->context, lottery_mask_read(h->mask, 0, state->mask, 6));
  assert_ok(h->context, lottery_trainer_iteration(h->trainer, &state->iteration));
  assert_ok(h->context, lottery_trainer_rate(h->trainer, &state->rate));
  assert_ok(h->context, lottery_trainer_evaluate(h->trainer, h->dataset, &state->loss, NULL));
  assert_ok(h->context, lottery_dataset_sizes(h->dataset, &state->count, &state->features, NULL));
  assert_ok(h->context, lottery_pruner_get_real(h->pruner, LOTTERY_PRUNER_RATE, &state->pruner_rate));
  assert_ok(h->context, lottery_archive_count(h->archive, &state->things));
  assert_ok(h->context, lottery_archive_get_integer(h->archive, LOTTERY_ARCHIVE_BYTE_LIMIT, &state->limit));
  assert_ok(h->context, lottery_network_node_shape(h->open, 1, 3, state->nodes, &rank));
}

/* --- Calls --- */

static void fail_call(const struct function *function, const char *what, const struct parameter *parameter) {
  print_error("%s with %s %s\n", function->name, parameter->name, what);
  fail();
}

/* Calls with one argument replaced and checks all that must hold. */
static void check_bad(const struct handles *handles, const struct function *function,
                      const struct parameter *parameters, int count, int bad, void *replacement, const char *what) {
  struct arguments arguments;
  struct state before, after;
  const struct parameter *parameter = &parameters[bad];
  arguments_fill(handles, parameters, count, &arguments);
  arguments.pointers[bad] = replacement;
  observe(handles, &before);
  const lottery_status status = function->call(arguments.pointers);
  const lottery_status expected = is_handle(parameter->kind) ? LOTTERY_ERROR_HANDLE
                                  : parameter->kind == '%'   ? LOTTERY_ERROR_SHAPE
                                                             : LOTTERY_ERROR_ARGUMENT;
  if (status != expected) {
    print_error("%s instead of %s: ", lottery_status_name(status), lottery_status_name(expected));
    fail_call(function, what, parameter);
  }
  observe(handles, &after);
  /* Without a first handle there is no place for a message. */
  const bool has_message = is_handle(parameters[0].kind) && bad > 0 && parameter->kind != '!';
  if (has_message) {
    if (strstr(after.message, parameter->name) == NULL || strstr(after.message, "NULL") == NULL) {
      print_error("message '%s': ", after.message);
      fail_call(function, what, parameter);
    }
    memcpy(after.message, before.message, sizeof after.message);
  }
  if (memcmp(&before, &after, sizeof before) != 0) fail_call(function, "changed something", parameter);
  for (int i = 0; i < count; i++) {
    if (i == bad || parameters[i].kind == '#') continue;
    void *made;
    memcpy(&made, arguments.buffers[i], sizeof made);
    if (is_out(parameters[i].kind) ? made != NULL : memcmp(arguments.buffers[i], arguments.before[i], BUFFER) != 0)
      fail_call(function, "left something in an argument", parameter);
  }
}

/* Calls with good arguments, or (missing >= 0) without an optional one. */
static void check_good(const struct function *function, const struct parameter *parameters, int count, int missing) {
  struct counting_allocator allocator;
  struct handles handles;
  struct arguments arguments;
  allocator_start(&allocator);
  handles_make(allocator_context(&allocator), &handles);
  arguments_fill(&handles, parameters, count, &arguments);
  if (missing >= 0) arguments.pointers[missing] = NULL;
  const lottery_status status = function->call(arguments.pointers);
  if (status != LOTTERY_OK) {
    print_error("%s, missing %d\n", function->name, missing);
    assert_status(handles.context, status, LOTTERY_OK);
  }
  for (int i = 0; i < count; i++) {
    if (!is_out(parameters[i].kind) || i == missing) continue;
    void *made;
    memcpy(&made, arguments.buffers[i], sizeof made);
    assert_non_null(made);
    assert_ptr_not_equal(made, arguments.buffers[i]);
    handle_destroy(parameters[i].kind, made);
  }
  handles_destroy(&handles);
  allocator_finish(&allocator);
}

static void test_bad_pointers(void **unused) {
  (void)unused;
  static const char kinds[] = "CNDMSPTA";
  for (int i = 0; i < function_count; i++) {
    const struct function *function = &functions[i];
    struct parameter parameters[PARAMETERS];
    const int count = function_parse(function->parameters, parameters);
    struct counting_allocator allocator;
    struct handles handles;
    allocator_start(&allocator);
    handles_make(allocator_context(&allocator), &handles);
    for (int j = 0; j < count; j++) {
      if (!parameters[j].optional) check_bad(&handles, function, parameters, count, j, NULL, "NULL");
      for (const char *kind = kinds; is_handle(parameters[j].kind) && *kind != '\0'; kind++)
        if (*kind != kind_of(parameters[j].kind))
          check_bad(&handles, function, parameters, count, j, handle_of(&handles, *kind), "of another kind");
    }
    handles_destroy(&handles);
    allocator_finish(&allocator);
  }
}

static void test_good_pointers(void **unused) {
  (void)unused;
  for (int i = 0; i < function_count; i++) {
    struct parameter parameters[PARAMETERS];
    const int count = function_parse(functions[i].parameters, parameters);
    check_good(&functions[i], parameters, count, -1);
    for (int j = 0; j < count; j++)
      if (parameters[j].optional) check_good(&functions[i], parameters, count, j);
  }
}

static void test_destroying_the_wrong_kind(void **unused) {
  (void)unused;
  static const char kinds[] = "cndmspta";
  struct counting_allocator allocator;
  struct handles handles;
  struct state before, after;
  allocator_start(&allocator);
  handles_make(allocator_context(&allocator), &handles);
  observe(&handles, &before);
  for (const char *kind = kinds; *kind != '\0'; kind++) {
    handle_destroy(*kind, NULL);
    for (const char *other = kinds; *other != '\0'; other++)
      if (*other != *kind) handle_destroy(*kind, handle_of(&handles, (char)toupper((unsigned char)*other)));
  }
  lottery_context_cancel(NULL);
  lottery_context_resume(NULL);
  for (const char *other = kinds + 1; *other != '\0'; other++) {
    void *handle = handle_of(&handles, (char)toupper((unsigned char)*other));
    lottery_context_cancel(handle);
    lottery_context_resume(handle);
  }
  observe(&handles, &after);
  assert_memory_equal(&before, &after, sizeof before);
  handles_destroy(&handles);
  allocator_finish(&allocator);
}

static bool is_known(const char *name) {
  for (int i = 0; i < function_count; i++)
    if (strcmp(functions[i].name, name) == 0) return true;
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    if (strcmp(others[i], name) == 0) return true;
  return false;
}

static void test_all_functions_of_the_header(void **unused) {
  (void)unused;
  FILE *file = fopen(LOTTERY_TESTS_DIR "/../include/lottery.h", "r");
  assert_non_null(file);
  char line[512];
  int found = 0;
  while (fgets(line, sizeof line, file) != NULL)
    for (char *at = line; (at = strstr(at, "lottery_")) != NULL;) {
      char name[64];
      const size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_");
      assert_true(length < sizeof name);
      memcpy(name, at, length);
      name[length] = '\0';
      at += length;
      if (*at != '(') continue;
      found++;
      if (!is_known(name)) fail_msg("%s is not tested with bad pointers", name);
    }
  fclose(file);
  assert_true(found >= function_count + (int)(sizeof others / sizeof others[0]));
}

int main(void) {
  char directory[PATH_CAPACITY];
  temporary_directory(directory);
  functions_make_files(directory);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bad_pointers),
      cmocka_unit_test(test_good_pointers),
      cmocka_unit_test(test_destroying_the_wrong_kind),
      cmocka_unit_test(test_all_functions_of_the_header),
  };
  const int failures = cmocka_run_group_tests(tests, NULL, NULL);
  remove_directory(directory);
  return failures;
}
