/* Reading and writing an archive's files. */
#include "store/archive/archive_file.h"

#include <string.h>

#include "base/arithmetic.h"
#include "base/context.h"
#include "base/file.h"
#include "store/disk/file.h"
#include "store/safetensors/safetensors.h"

/* --- Reading --- */

/* Files without our format's number come from other programs. */
static lottery_status check_format(const struct file_source *source, const struct tables *tables) {
  const struct entry *format = table_find(&tables->texts, FORMAT_KEY);
  if (format == NULL || strcmp(format->data, FORMAT_VERSION) == 0) return LOTTERY_OK;
  return context_fail(source->context, LOTTERY_ERROR_UNSUPPORTED,
                      "%s: %.256s: has format '%.32s', this version knows " FORMAT_VERSION, source->argument,
                      source->path, (const char *)format->data);
}

static lottery_status take(struct lottery_archive *archive, const struct file_source *source) {
  struct tables tables;
  lottery_status status = safetensors_read(source, option_integer(&archive->options, LOTTERY_ARCHIVE_HEADER_LIMIT),
                                           option_integer(&archive->options, LOTTERY_ARCHIVE_BYTE_LIMIT), &tables);
  if (status == LOTTERY_OK) status = check_format(source, &tables);
  if (status == LOTTERY_OK) status = archive_declare_arrays(&tables);
  if (status != LOTTERY_OK) {
    tables_release(&tables);
    return status;
  }
  tables_release(&archive->tables);
  archive->tables = tables;
  return LOTTERY_OK;
}

struct file_place {
  struct file file;
  int64_t offset;
};

static lottery_status read_file(void *bytes, int64_t wanted, int64_t *got, void *user) {
  struct file_place *place = user;
  const lottery_status status = file_read(&place->file, place->offset, bytes, wanted, got);
  if (status == LOTTERY_OK) place->offset += *got;
  return status;
}

lottery_status archive_load(struct lottery_archive *archive, const char *path) {
  struct lottery_context *context = archive->object.context;
  struct file_place place = {.offset = 0};
  lottery_status status = file_open(context, "path", path, INT64_MAX, &place.file);
  if (status != LOTTERY_OK) return status;
  const struct file_source source = {context, "path", path, read_file, &place, place.file.size};
  status = take(archive, &source);
  file_close(&place.file);
  return status;
}

struct memory_place {
  const unsigned char *next;
  int64_t left;
};

static lottery_status read_memory(void *bytes, int64_t wanted, int64_t *got, void *user) {
  struct memory_place *place = user;
  *got = arithmetic_minimum(wanted, place->left);
  if (*got == 0) return LOTTERY_OK; /* next may be NULL, to which not even 0 may be added */
  memcpy(bytes, place->next, (size_t)*got);
  place->next += *got;
  place->left -= *got;
  return LOTTERY_OK;
}

lottery_status archive_load_memory(struct lottery_archive *archive, const void *bytes, int64_t count) {
  struct memory_place place = {bytes, count};
  const struct file_source source = {archive->object.context, "bytes", "in memory", read_memory, &place, count};
  return take(archive, &source);
}

struct reader {
  struct lottery_context *context;
  lottery_read read;
  void *user;
};

/* Calls until all is there or 0 says that nothing follows. */
static lottery_status read_from_host(void *bytes, int64_t wanted, int64_t *got, void *user) {
  const struct reader *reader = user;
  for (*got = 0; *got < wanted;) {
    const int64_t count = reader->read((unsigned char *)bytes + *got, wanted - *got, reader->user);
    if (count == 0) break;
    if (count < 0 || count > wanted - *got)
      return context_fail(reader->context, LOTTERY_ERROR_FILE, "read: the callback returned %lld when asked for %lld",
                          (long long)count, (long long)(wanted - *got));
    *got += count;
  }
  return LOTTERY_OK;
}

lottery_status archive_read(struct lottery_archive *archive, lottery_read read, void *user) {
  struct reader reader = {archive->object.context, read, user};
  const struct file_source source = {archive->object.context, "read",  "the callback's file",
                                     read_from_host,          &reader, -1};
  return take(archive, &source);
}

/* --- Writing --- */

static lottery_status write_all(struct lottery_archive *archive,
                                lottery_status (*write)(const void *bytes, int64_t count, void *user), void *user) {
  const struct file_sink sink = {archive->object.context, write, user};
  return safetensors_write(&archive->tables, option_integer(&archive->options, LOTTERY_ARCHIVE_HEADER_LIMIT), &sink);
}

static lottery_status write_file(const void *bytes, int64_t count, void *user) {
  return store_file_write(user, bytes, count);
}

lottery_status archive_save(struct lottery_archive *archive, const char *path) {
  struct store_file *file;
  lottery_status status = store_file_create(archive->object.context, "path", path, &file);
  if (status != LOTTERY_OK) return status;
  status = write_all(archive, write_file, file);
  if (status == LOTTERY_OK) return store_file_commit(file);
  store_file_discard(file);
  return status;
}

struct writer {
  struct lottery_context *context;
  lottery_write write;
  void *user;
};

static lottery_status write_to_host(const void *bytes, int64_t count, void *user) {
  const struct writer *writer = user;
  for (int64_t done = 0; done < count;) {
    const int64_t taken = writer->write((const unsigned char *)bytes + done, count - done, writer->user);
    if (taken < 1 || taken > count - done)
      return context_fail(writer->context, LOTTERY_ERROR_FILE, "write: the callback returned %lld for %lld bytes",
                          (long long)taken, (long long)(count - done));
    done += taken;
  }
  return LOTTERY_OK;
}

lottery_status archive_write(struct lottery_archive *archive, lottery_write write, void *user) {
  struct writer writer = {archive->object.context, write, user};
  return write_all(archive, write_to_host, &writer);
}
