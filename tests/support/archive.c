/* Files of archives in memory, and an archive with everything in it. */
#include "archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void archive_start(struct archive_fixture *fixture) {
  allocator_start(&fixture->allocator);
  fixture->context = allocator_context(&fixture->allocator);
  assert_ok(fixture->context, lottery_archive_create(fixture->context, &fixture->archive));
}

void archive_finish(struct archive_fixture *fixture) {
  lottery_archive_destroy(fixture->archive);
  lottery_context_destroy(fixture->context);
  allocator_finish(&fixture->allocator);
}

int64_t bytes_collect(const void *bytes, int64_t count, void *user) {
  struct bytes *to = user;
  if (to->count + count > to->capacity) {
    to->capacity = 2 * (to->count + count);
    to->data = realloc(to->data, (size_t)to->capacity);
    assert_non_null(to->data);
  }
  memcpy(to->data + to->count, bytes, (size_t)count);
  to->count += count;
  return count;
}

int64_t bytes_give(void *bytes, int64_t capacity, void *user) {
  struct bytes_reader *reader = user;
  int64_t count = capacity < reader->left ? capacity : reader->left;
  if (count > reader->piece) count = reader->piece;
  memcpy(bytes, reader->next, (size_t)count);
  reader->next += count;
  reader->left -= count;
  return count;
}

struct bytes archive_bytes(lottery_context *context, lottery_archive *archive) {
  struct bytes file = {NULL, 0, 0};
  assert_ok(context, lottery_archive_write(archive, bytes_collect, &file));
  return file;
}

void assert_golden(lottery_context *context, lottery_archive *archive, const char *path) {
  static unsigned char bytes[1 << 16];
  FILE *golden = fopen(path, "rb");
  assert_non_null(golden);
  const size_t count = fread(bytes, 1, sizeof bytes, golden);
  fclose(golden);
  const struct bytes file = archive_bytes(context, archive);
  assert_int_equal(file.count, count);
  assert_memory_equal(file.data, bytes, count);
  free(file.data);
}

lottery_status load_exact(lottery_archive *archive, const unsigned char *data, int64_t count) {
  unsigned char *copy = malloc(count > 0 ? (size_t)count : 1);
  assert_non_null(copy);
  if (count > 0) memcpy(copy, data, (size_t)count);
  const lottery_status status = lottery_archive_load_memory(archive, copy, count);
  free(copy);
  return status;
}

struct bytes file_of(const char *header, const void *data, int64_t count) {
  struct bytes file = {NULL, 0, 0};
  const uint64_t length = strlen(header);
  bytes_collect(&length, sizeof length, &file);
  bytes_collect(header, (int64_t)length, &file);
  if (count > 0) bytes_collect(data, count, &file);
  return file;
}

static uint64_t header_length(const struct bytes *file) {
  uint64_t length;
  assert_true(file->count >= 8);
  memcpy(&length, file->data, sizeof length);
  assert_true(length <= (uint64_t)file->count - 8);
  return length;
}

char *header_of(const struct bytes *file) {
  const uint64_t length = header_length(file);
  char *header = calloc(length + 1, 1);
  assert_non_null(header);
  memcpy(header, file->data + 8, length);
  return header;
}

struct bytes file_with(const struct bytes *file, const char *from, const char *to) {
  char *header = header_of(file);
  const int64_t length = (int64_t)strlen(header);
  struct bytes changed = {NULL, 0, 0};
  const char *rest = header, *at = strstr(header, from);
  if (at == NULL) fail_msg("no %s in %s", from, header);
  for (; at != NULL; rest = at + strlen(from), at = strstr(rest, from)) {
    if (at > rest) bytes_collect(rest, at - rest, &changed);
    if (to[0] != '\0') bytes_collect(to, (int64_t)strlen(to), &changed);
  }
  bytes_collect(rest, (int64_t)strlen(rest) + 1, &changed);
  const struct bytes result = file_of((char *)changed.data, file->data + 8 + length, file->count - 8 - length);
  free(changed.data);
  free(header);
  return result;
}

int64_t place_of(const struct bytes *file, const char *array) {
  char *header = header_of(file), key[128];
  long long begin = 0;
  snprintf(key, sizeof key, "\"%s\":{", array);
  const char *entry = strstr(header, key);
  if (entry == NULL) fail_msg("no %s in %s", key, header);
  const char *offsets = strstr(entry, "\"data_offsets\":[");
  assert_non_null(offsets);
  assert_int_equal(sscanf(offsets, "\"data_offsets\":[%lld", &begin), 1);
  const int64_t place = 8 + (int64_t)strlen(header) + begin;
  free(header);
  return place;
}

void everything_make(lottery_context *context, struct everything *all) {
  static const int64_t shape[] = {2, 2}, array[] = {INT64_MIN, -1, 0, INT64_MAX};
  lottery_pruner *pruner;
  all->dataset = support_dataset(context, 40, 5, 3, 0.3F, 7);
  assert_ok(context, lottery_network_preset(context, "mlp-5-7-3", &all->network));
  assert_ok(context, lottery_network_initialise(all->network, LOTTERY_INITIALISE_GLOROT_NORMAL, 3));
  assert_ok(context, lottery_trainer_create(all->network, all->dataset, UINT64_MAX - 4, &all->trainer));
  assert_ok(context, lottery_trainer_set_integer(all->trainer, LOTTERY_TRAINER_BATCH_SIZE, 16));
  assert_ok(context, lottery_network_snapshot(all->network, &all->initial));
  assert_ok(context, lottery_pruner_create(context, &pruner));
  assert_ok(context, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_RATE, 0.6));
  assert_ok(context, lottery_pruner_apply(pruner, all->network, NULL, &all->mask));
  lottery_pruner_destroy(pruner);
  assert_ok(context, lottery_network_set_mask(all->network, all->mask));
  assert_ok(context, lottery_trainer_run(all->trainer, 5, NULL, NULL, NULL));
  assert_ok(context, lottery_trainer_snapshot(all->trainer, LOTTERY_STATE_ALL, &all->snapshot));
  assert_ok(context, lottery_archive_create(context, &all->archive));
  assert_ok(context, lottery_archive_add_network(all->archive, "network", all->network));
  assert_ok(context, lottery_archive_add_mask(all->archive, "mask", all->mask));
  assert_ok(context, lottery_archive_add_snapshot(all->archive, "snapshot", all->snapshot));
  assert_ok(context, lottery_archive_add_ticket(all->archive, "ticket", all->network, all->mask, all->initial));
  assert_ok(context, lottery_archive_add_text(all->archive, "text", "a \"text\" with\tall: \\ / \x01 äß€😀"));
  assert_ok(context, lottery_archive_add_array(all->archive, "array", LOTTERY_ELEMENT_INT64, 2, shape, array, 4));
}

void everything_destroy(const struct everything *all) {
  lottery_archive_destroy(all->archive);
  lottery_snapshot_destroy(all->snapshot);
  lottery_snapshot_destroy(all->initial);
  lottery_mask_destroy(all->mask);
  lottery_trainer_destroy(all->trainer);
  lottery_network_destroy(all->network);
  lottery_dataset_destroy(all->dataset);
}

struct bytes everything_bytes(lottery_context *context) {
  struct everything all;
  everything_make(context, &all);
  const struct bytes file = archive_bytes(context, all.archive);
  everything_destroy(&all);
  return file;
}

enum { NAME = 32, RANK = 4, ELEMENTS = 1 << 19 };

static int64_t elements_of(const int64_t *shape, int32_t rank) {
  int64_t count = 1;
  for (int32_t i = 0; i < rank; i++) count *= shape[i];
  return count;
}

void assert_same_network(lottery_context *context, lottery_network *a, lottery_network *b) {
  static float values[2][ELEMENTS];
  int64_t count[2], shape[2][RANK] = {{0}};
  int32_t rank[2];
  char name[2][NAME];
  assert_ok(context, lottery_network_tensor_count(a, &count[0]));
  assert_ok(context, lottery_network_tensor_count(b, &count[1]));
  assert_int_equal(count[0], count[1]);
  for (int64_t i = 0; i < count[0]; i++) {
    lottery_network *const both[] = {a, b};
    for (int j = 0; j < 2; j++) {
      assert_ok(context, lottery_network_tensor_name(both[j], i, name[j], NAME, NULL));
      assert_ok(context, lottery_network_tensor_shape(both[j], i, RANK, shape[j], &rank[j]));
      const int64_t elements = elements_of(shape[j], rank[j]);
      assert_true(elements <= ELEMENTS);
      assert_ok(context, lottery_network_read_tensor(both[j], i, values[j], elements));
    }
    assert_string_equal(name[0], name[1]);
    assert_int_equal(rank[0], rank[1]);
    assert_memory_equal(shape[0], shape[1], sizeof shape[0]);
    assert_memory_equal(values[0], values[1], (size_t)elements_of(shape[0], rank[0]) * sizeof(float));
  }
}

void assert_same_mask(lottery_context *context, lottery_mask *a, lottery_mask *b) {
  int64_t differ, kept[2];
  assert_ok(context, lottery_mask_hamming(a, b, &differ)); /* names and shapes agree */
  assert_int_equal(differ, 0);
  assert_ok(context, lottery_mask_kept(a, -1, &kept[0], NULL));
  assert_ok(context, lottery_mask_kept(b, -1, &kept[1], NULL));
  assert_int_equal(kept[0], kept[1]);
}

void assert_same_snapshot(lottery_context *context, lottery_snapshot *a, lottery_snapshot *b) {
  static float values[2][ELEMENTS];
  lottery_snapshot *const both[] = {a, b};
  int64_t count[2], iteration[2], shape[2][RANK] = {{0}};
  int32_t contents[2], rank[2];
  char name[2][NAME];
  for (int j = 0; j < 2; j++) {
    assert_ok(context, lottery_snapshot_contents(both[j], &contents[j]));
    assert_ok(context, lottery_snapshot_iteration(both[j], &iteration[j]));
    assert_ok(context, lottery_snapshot_tensor_count(both[j], &count[j]));
  }
  assert_int_equal(contents[0], contents[1]);
  assert_int_equal(iteration[0], iteration[1]);
  assert_int_equal(count[0], count[1]);
  for (int64_t i = 0; i < count[0]; i++)
    for (int32_t slot = 0; slot <= LOTTERY_SLOT_SECOND; slot++) {
      lottery_status status[2];
      for (int j = 0; j < 2; j++) {
        assert_ok(context, lottery_snapshot_tensor_name(both[j], i, name[j], NAME, NULL));
        assert_ok(context, lottery_snapshot_tensor_shape(both[j], i, RANK, shape[j], &rank[j]));
        const int64_t elements = elements_of(shape[j], rank[j]);
        assert_true(elements <= ELEMENTS);
        status[j] = lottery_snapshot_read(both[j], i, slot, values[j], elements);
      }
      assert_string_equal(name[0], name[1]);
      assert_int_equal(rank[0], rank[1]);
      assert_memory_equal(shape[0], shape[1], sizeof shape[0]);
      assert_int_equal(status[0], status[1]);
      if (status[0] == LOTTERY_OK)
        assert_memory_equal(values[0], values[1], (size_t)elements_of(shape[0], rank[0]) * sizeof(float));
    }
}
