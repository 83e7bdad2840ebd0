/* Archives when memory runs out, and when callbacks fail: the n-th allocation, or the n-th call, for every n. */
#include <stdlib.h>
#include <string.h>

#include "archive.h"

static struct bytes file;
static char path[PATH_CAPACITY];

struct handles {
  lottery_archive *archive, *copy;
  lottery_network *network, *ticket;
  lottery_mask *mask, *ticket_mask;
  lottery_snapshot *snapshot, *values;
};

static void destroy(struct handles *handles) {
  lottery_archive_destroy(handles->archive);
  lottery_archive_destroy(handles->copy);
  lottery_network_destroy(handles->network);
  lottery_network_destroy(handles->ticket);
  lottery_mask_destroy(handles->mask);
  lottery_mask_destroy(handles->ticket_mask);
  lottery_snapshot_destroy(handles->snapshot);
  lottery_snapshot_destroy(handles->values);
}

static int64_t discard(const void *bytes, int64_t count, void *user) {
  (void)bytes, (void)user;
  return count;
}

static int64_t count_of(lottery_context *context, lottery_archive *archive) {
  int64_t count;
  assert_ok(context, lottery_archive_count(archive, &count));
  return count;
}

#define STEP(call)                                     \
  do {                                                 \
    const lottery_status step_status = (call);         \
    if (step_status != LOTTERY_OK) return step_status; \
  } while (0)

/* Sets metadata, new and again, and removes what was added; on an error the archive is as it was. */
static lottery_status change(lottery_context *context, lottery_archive *archive) {
  static const char *const values[] = {"pt", "np"};
  char value[8];
  int64_t count;
  for (int i = 0; i < 2; i++) {
    const lottery_status status = lottery_archive_set_metadata(archive, "format", values[i]);
    assert_ok(context, lottery_archive_metadata_count(archive, &count));
    assert_int_equal(count, i > 0 || status == LOTTERY_OK);
    if (count == 1) {
      assert_ok(context, lottery_archive_get_metadata(archive, "format", value, sizeof value, NULL));
      assert_string_equal(value, values[status == LOTTERY_OK ? i : 0]);
    }
    STEP(status);
  }
  assert_ok(context, lottery_archive_set_metadata(archive, "format", NULL));
  assert_ok(context, lottery_archive_remove(archive, "ticket"));
  assert_int_equal(count_of(context, archive), 5);
  return LOTTERY_OK;
}

/* Adds everything to h->copy; on an error it holds what it held. */
static lottery_status add(lottery_context *context, struct handles *h) {
  static const int64_t shape[] = {2, 2}, array[] = {1, 2, 3, 4};
  for (int i = 0; i < 6; i++) {
    lottery_status status;
    switch (i) {
      case 0: status = lottery_archive_add_network(h->copy, "network", h->network); break;
      case 1: status = lottery_archive_add_mask(h->copy, "mask", h->mask); break;
      case 2: status = lottery_archive_add_snapshot(h->copy, "snapshot", h->snapshot); break;
      case 3: status = lottery_archive_add_ticket(h->copy, "ticket", h->ticket, h->ticket_mask, h->values); break;
      case 4: status = lottery_archive_add_text(h->copy, "text", "words"); break;
      default: status = lottery_archive_add_array(h->copy, "array", LOTTERY_ELEMENT_INT64, 2, shape, array, 4); break;
    }
    assert_int_equal(count_of(context, h->copy), i + (status == LOTTERY_OK));
    STEP(status);
  }
  return LOTTERY_OK;
}

static lottery_status run(lottery_context *context, struct handles *h) {
  STEP(lottery_archive_create(context, &h->archive));
  lottery_status status = lottery_archive_load_memory(h->archive, file.data, file.count);
  assert_int_equal(count_of(context, h->archive), status == LOTTERY_OK ? 6 : 0);
  STEP(status);
  STEP(lottery_archive_get_network(h->archive, "network", &h->network));
  STEP(lottery_archive_get_mask(h->archive, "mask", h->network, &h->mask));
  STEP(lottery_archive_get_snapshot(h->archive, "snapshot", NULL, &h->snapshot));
  STEP(lottery_archive_get_ticket(h->archive, "ticket", &h->ticket, &h->ticket_mask, &h->values));
  STEP(lottery_archive_create(context, &h->copy));
  STEP(add(context, h));
  STEP(lottery_archive_write(h->copy, discard, NULL));
  STEP(lottery_archive_save(h->copy, path));
  STEP(change(context, h->copy));
  status = lottery_archive_load(h->archive, path);
  assert_int_equal(count_of(context, h->archive), 6);
  STEP(status);
  struct bytes_reader reader = {file.data, file.count, 100};
  return lottery_archive_read(h->archive, bytes_give, &reader);
}

static lottery_status scenario(lottery_context *context, void *user) {
  struct handles handles;
  (void)user;
  memset(&handles, 0, sizeof handles);
  const lottery_status status = run(context, &handles);
  destroy(&handles);
  return status;
}

static void test_every_allocation_fails(void **unused) {
  (void)unused;
  const int64_t descriptors = open_descriptors();
  const int64_t allocations = run_out_of_memory(scenario, NULL);
  print_message("%lld allocations\n", (long long)allocations);
  assert_true(allocations > 100);
  assert_int_equal(open_descriptors(), descriptors);
}

/* Calls before a callback fails, and what it then returns. */
struct failing {
  int64_t calls;
  int64_t answer;
  struct bytes_reader reader;
};

static int64_t failing_write(const void *bytes, int64_t count, void *user) {
  struct failing *failing = user;
  assert_non_null(bytes);
  assert_true(count > 0);
  if (failing->calls-- == 0) return failing->answer > 0 ? count + failing->answer : failing->answer;
  return count;
}

static int64_t failing_read(void *bytes, int64_t capacity, void *user) {
  struct failing *failing = user;
  assert_true(capacity > 0);
  if (failing->calls-- == 0) return failing->answer > 0 ? capacity + failing->answer : failing->answer;
  return bytes_give(bytes, capacity, &failing->reader);
}

static void test_every_callback_fails(void **unused) {
  (void)unused;
  struct counting_allocator allocator;
  allocator_start(&allocator);
  lottery_context *context = allocator_context(&allocator);
  lottery_archive *archive;
  assert_ok(context, lottery_archive_create(context, &archive));
  assert_ok(context, lottery_archive_load_memory(archive, file.data, file.count));
  lottery_status status = LOTTERY_ERROR_FILE;
  int64_t calls = 0;
  for (; status != LOTTERY_OK; calls++) {
    static const int64_t answers[] = {-7, 0, 1}; /* the last: one more byte than it was given */
    struct failing failing = {calls, answers[calls % 3], {NULL, 0, 0}};
    status = lottery_archive_write(archive, failing_write, &failing);
    if (status == LOTTERY_OK) break;
    assert_status(context, status, LOTTERY_ERROR_FILE);
    static const char *const messages[] = {"write: the callback returned -7 for ",
                                           "write: the callback returned 0 for ", " bytes"};
    assert_message(context, messages[calls % 3]);
  }
  assert_true(calls > 20);
  status = LOTTERY_ERROR_FILE;
  for (calls = 0; status != LOTTERY_OK; calls++) {
    struct failing failing = {calls, calls % 2 == 0 ? -7 : 1, {file.data, file.count, 97}};
    status = lottery_archive_read(archive, failing_read, &failing);
    if (status == LOTTERY_OK) break;
    assert_status(context, status, LOTTERY_ERROR_FILE);
    assert_message(context, "read: the callback returned");
    assert_int_equal(count_of(context, archive), 6);
  }
  assert_true(calls > file.count / 97);
  lottery_archive_destroy(archive);
  lottery_context_destroy(context);
  allocator_finish(&allocator);
}

int main(void) {
  char directory[PATH_CAPACITY];
  struct everything all;
  lottery_context *context;
  if (lottery_context_create(&context) != LOTTERY_OK) return 1;
  everything_make(context, &all);
  file = archive_bytes(context, all.archive);
  everything_destroy(&all);
  lottery_context_destroy(context);
  temporary_directory(directory);
  path_in(directory, "archive", path);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_allocation_fails),
      cmocka_unit_test(test_every_callback_fails),
  };
  const int failures = cmocka_run_group_tests(tests, NULL, NULL);
  remove_directory(directory);
  free(file.data);
  return failures;
}
