/* Writing JSON. */
#include "store/json/json_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arithmetic.h"
#include "base/context.h"
#include "base/memory.h"

static void append(struct json_writer *writer, const char *text, int64_t length) {
  if (writer->failed) return;
  int64_t needed;
  if (!arithmetic_add(writer->length, length + 1, &needed) || needed > INT64_MAX / 2) {
    context_fail(writer->context, LOTTERY_ERROR_MEMORY, "header: its size does not fit");
    writer->failed = true;
    return;
  }
  if (needed > writer->capacity) {
    const int64_t capacity = needed < 128 ? 256 : 2 * needed;
    char *grown = memory_allocate(writer->context, capacity, 1);
    if (grown == NULL) {
      writer->failed = true;
      return;
    }
    if (writer->length > 0) memcpy(grown, writer->text, (size_t)writer->length);
    memory_release(writer->context, writer->text);
    writer->text = grown;
    writer->capacity = capacity;
  }
  memcpy(writer->text + writer->length, text, (size_t)length);
  writer->length += length;
  writer->text[writer->length] = '\0';
}

void json_write(struct json_writer *writer, const char *text) { append(writer, text, (int64_t)strlen(text)); }

void json_write_string(struct json_writer *writer, const char *text) {
  append(writer, "\"", 1);
  for (; *text != '\0'; text++) {
    const size_t plain = strcspn(text, "\"\\\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
                                       "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f");
    append(writer, text, (int64_t)plain);
    text += plain;
    if (*text == '\0') break;
    char escape[8];
    snprintf(escape, sizeof escape, *text == '"' || *text == '\\' ? "\\%c" : "\\u%04x", *text);
    append(writer, escape, (int64_t)strlen(escape));
  }
  append(writer, "\"", 1);
}

void json_write_integer(struct json_writer *writer, int64_t value) {
  char digits[24];
  snprintf(digits, sizeof digits, "%" PRId64, value);
  json_write(writer, digits);
}

void json_write_unsigned(struct json_writer *writer, uint64_t value) {
  char digits[24];
  snprintf(digits, sizeof digits, "%" PRIu64, value);
  json_write(writer, digits);
}

void json_write_integers(struct json_writer *writer, const int64_t *values, int64_t count) {
  json_write(writer, "[");
  for (int64_t i = 0; i < count; i++) {
    if (i > 0) json_write(writer, ",");
    json_write_integer(writer, values[i]);
  }
  json_write(writer, "]");
}

void json_writer_release(struct json_writer *writer) {
  memory_release(writer->context, writer->text);
  *writer = (struct json_writer){.context = writer->context};
}
