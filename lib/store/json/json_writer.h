/* Text that grows while JSON is written to it. A failed allocation is kept and every later call does nothing. */
#ifndef STORE_JSON_JSON_WRITER_H
#define STORE_JSON_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

struct lottery_context;

struct json_writer {
  struct lottery_context *context;
  char *text; /* zero-terminated, or NULL before the first call; json_writer_release releases it */
  int64_t length, capacity;
  bool failed; /* memory was out; the context's message says so */
};

/* A part of the text as it is. */
void json_write(struct json_writer *writer, const char *text);
/* A value, or a key. UTF-8. */
void json_write_string(struct json_writer *writer, const char *text);
void json_write_integer(struct json_writer *writer, int64_t value);
void json_write_unsigned(struct json_writer *writer, uint64_t value);
/* [1,2,3] */
void json_write_integers(struct json_writer *writer, const int64_t *values, int64_t count);

void json_writer_release(struct json_writer *writer);

#endif
