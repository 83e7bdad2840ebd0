/* The bytes of a regular file, plain or gzipped (RFC 1952), which its content tells. */
#ifndef DATA_SOURCE_H
#define DATA_SOURCE_H

#include <stdbool.h>

#include "base/public.h"

struct lottery_context;

struct source;

/* Opens the file at `path`. what: the argument's name, for messages. Errors: FILE, FORMAT, MEMORY; the message is set,
 * as by source_read. */
lottery_status source_open(struct lottery_context *context, const char *what, const char *path, struct source **out);

/* NULL is a no-op. */
void source_close(struct source *source);

/* Reads up to `wanted` bytes; fewer only at the end of the data. A gzip file's checksum is verified on the way there.
 * Gzip data that stops in the middle is an end, too; source_is_cut tells it. Zeros after it are skipped. */
lottery_status source_read(struct source *source, unsigned char *bytes, int64_t wanted, int64_t *got);

bool source_is_gzip(const struct source *source);
bool source_is_cut(const struct source *source);

/* Whether this many bytes of data could be in the file, by its size on the disk and the most that gzip can do. */
bool source_can_hold(const struct source *source, int64_t bytes);

/* Bytes of the file on the disk. */
int64_t source_file_size(const struct source *source);

#endif
