/* Reading a file whose bytes may be gzipped, with zlib's inflate. */
#include "data/source.h"

#include <string.h>
#include <zlib.h>

#include "base/arithmetic.h"
#include "base/context.h"
#include "base/file.h"
#include "base/memory.h"

enum {
  BUFFER_SIZE = 1 << 16,
  READ_LIMIT = 1 << 30,
  DEFLATE_RATIO = 1032 /* deflate says at best 258 bytes with two codes of 1 bit: 2 bits */
};

struct source {
  struct lottery_context *context;
  struct file file;
  bool open;
  int64_t position; /* in the file: everything before it has been read */
  bool gzip;
  bool inflating; /* the stream is initialised */
  bool ended;     /* the end of the last member was reached */
  bool cut;       /* the file ended before the member did */
  z_stream stream;
  int64_t buffered, consumed; /* of a plain file: the first bytes, read to recognise it */
  unsigned char buffer[BUFFER_SIZE];
};

/* The next bytes of the file, up to `wanted`. */
static lottery_status read_next(struct source *source, unsigned char *bytes, int64_t wanted, int64_t *got) {
  const lottery_status status = file_read(&source->file, source->position, bytes, wanted, got);
  source->position += *got;
  return status;
}

static void *inflate_allocate(void *context, unsigned int count, unsigned int size) {
  return memory_allocate_quietly(context, count, size);
}

static void inflate_release(void *context, void *memory) { memory_release(context, memory); }

static lottery_status fail_inflate(const struct source *source, int code) {
  if (code == Z_MEM_ERROR)
    return context_fail(source->context, LOTTERY_ERROR_MEMORY, "%s: no memory to inflate %.512s", source->file.what,
                        source->file.path);
  return context_fail(source->context, LOTTERY_ERROR_FORMAT, "%s: %.512s: damaged gzip data: %s", source->file.what,
                      source->file.path, source->stream.msg != NULL ? source->stream.msg : "unknown reason");
}

lottery_status source_open(struct lottery_context *context, const char *what, const char *path, struct source **out) {
  struct source *source = memory_allocate(context, 1, sizeof *source);
  if (source == NULL) return LOTTERY_ERROR_MEMORY;
  source->context = context;
  lottery_status status = file_open(context, what, path, INT64_MAX, &source->file);
  source->open = status == LOTTERY_OK;
  if (status == LOTTERY_OK) status = read_next(source, source->buffer, BUFFER_SIZE, &source->buffered);
  if (status == LOTTERY_OK && source->buffered >= 2 && source->buffer[0] == 0x1f && source->buffer[1] == 0x8b) {
    source->gzip = true;
    source->stream = (z_stream){.zalloc = inflate_allocate,
                                .zfree = inflate_release,
                                .opaque = context,
                                .next_in = source->buffer,
                                .avail_in = (unsigned int)source->buffered};
    const int code = inflateInit2(&source->stream, 16 + MAX_WBITS); /* 16: a gzip header, nothing else */
    source->inflating = code == Z_OK;
    if (code != Z_OK) status = fail_inflate(source, code);
  }
  if (status == LOTTERY_OK)
    *out = source;
  else
    source_close(source);
  return status;
}

void source_close(struct source *source) {
  if (source == NULL) return;
  if (source->inflating) inflateEnd(&source->stream);
  if (source->open) file_close(&source->file);
  memory_release(source->context, source);
}

/* Reads more of the file when all of the buffer is inflated. */
static lottery_status refill(struct source *source) {
  if (source->stream.avail_in > 0) return LOTTERY_OK;
  int64_t length;
  const lottery_status status = read_next(source, source->buffer, BUFFER_SIZE, &length);
  if (status != LOTTERY_OK) return status;
  source->stream.next_in = source->buffer;
  source->stream.avail_in = (unsigned int)length;
  return LOTTERY_OK;
}

/* Skips zeros, with which tapes and some programs fill up a file. */
static lottery_status skip_padding(struct source *source) {
  z_stream *stream = &source->stream;
  lottery_status status = refill(source);
  while (status == LOTTERY_OK && stream->avail_in > 0 && stream->next_in[0] == 0) {
    stream->next_in++;
    stream->avail_in--;
    status = refill(source);
  }
  return status;
}

/* At the end of a member: zeros may follow, as gzip has it, and another member (RFC 1952, 2.2), and nothing else. */
static lottery_status next_member(struct source *source) {
  const lottery_status status = skip_padding(source);
  if (status != LOTTERY_OK) return status;
  if (source->stream.avail_in == 0)
    source->ended = true;
  else if (source->stream.next_in[0] != 0x1f)
    return context_fail(source->context, LOTTERY_ERROR_FORMAT,
                        "%s: %.512s: expected the end of the file after the gzip data, found byte 0x%02x",
                        source->file.what, source->file.path, source->stream.next_in[0]);
  else
    inflateReset(&source->stream);
  return LOTTERY_OK;
}

static lottery_status read_gzip(struct source *source, unsigned char *bytes, int64_t wanted, int64_t *got) {
  *got = 0;
  while (*got < wanted && !source->ended && !source->cut) {
    lottery_status status = refill(source);
    if (status != LOTTERY_OK) return status;
    if (source->stream.avail_in == 0) {
      source->cut = true;
      break;
    }
    const unsigned int space = (unsigned int)arithmetic_minimum(wanted - *got, READ_LIMIT);
    source->stream.next_out = bytes + *got;
    source->stream.avail_out = space;
    const int code = inflate(&source->stream, Z_NO_FLUSH);
    *got += space - source->stream.avail_out;
    if (code == Z_STREAM_END)
      status = next_member(source);
    else if (code != Z_OK && code != Z_BUF_ERROR)
      status = fail_inflate(source, code);
    if (status != LOTTERY_OK) return status;
  }
  return LOTTERY_OK;
}

lottery_status source_read(struct source *source, unsigned char *bytes, int64_t wanted, int64_t *got) {
  if (source->gzip) return read_gzip(source, bytes, wanted, got);
  const int64_t ready = arithmetic_minimum(wanted, source->buffered - source->consumed);
  memcpy(bytes, source->buffer + source->consumed, (size_t)ready);
  source->consumed += ready;
  const lottery_status status = read_next(source, bytes + ready, wanted - ready, got);
  *got += ready;
  return status;
}

bool source_is_gzip(const struct source *source) { return source->gzip; }

bool source_is_cut(const struct source *source) { return source->cut; }

bool source_can_hold(const struct source *source, int64_t bytes) {
  if (!source->gzip) return bytes <= source->file.size;
  return bytes / DEFLATE_RATIO <= source->file.size;
}

int64_t source_file_size(const struct source *source) { return source->file.size; }
