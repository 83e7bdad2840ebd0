/* Reading a file with POSIX calls and zlib's inflate. */
#include "data/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/arithmetic.h"
#include "base/context.h"
#include "base/memory.h"

enum { BUFFER_SIZE = 1 << 16, READ_LIMIT = 1 << 30 };

struct source {
  struct lottery_context *context;
  const char *what, *path;
  int descriptor;
  int64_t file_size;
  bool gzip;
  bool inflating; /* the stream is initialised */
  bool ended;     /* the last member's end was seen */
  bool cut;       /* the file ended before the member did */
  z_stream stream;
  int64_t buffered, consumed; /* of a plain file: the first bytes, read to look at them */
  unsigned char buffer[BUFFER_SIZE];
};

static lottery_status fail_system(const struct source *source, const char *verb, int error) {
  char reason[128];
  if (strerror_r(error, reason, sizeof reason) != 0) reason[0] = '\0';
  return context_fail(source->context, LOTTERY_ERROR_FILE, "%s: cannot %s %.512s: %s (error %d)", source->what, verb,
                      source->path, reason, error);
}

/* Reads from the descriptor until `wanted` bytes are there or the file ends. */
static lottery_status read_file(struct source *source, unsigned char *bytes, int64_t wanted, int64_t *got) {
  for (*got = 0; *got < wanted;) {
    const ssize_t length =
        read(source->descriptor, bytes + *got, (size_t)arithmetic_minimum(wanted - *got, READ_LIMIT));
    if (length == 0) break;
    if (length > 0)
      *got += length;
    else if (errno != EINTR)
      return fail_system(source, "read", errno);
  }
  return LOTTERY_OK;
}

static void *inflate_allocate(void *context, unsigned int count, unsigned int size) {
  return memory_allocate_quietly(context, count, size);
}

static void inflate_release(void *context, void *memory) { memory_release(context, memory); }

static lottery_status fail_inflate(const struct source *source, int code) {
  if (code == Z_MEM_ERROR)
    return context_fail(source->context, LOTTERY_ERROR_MEMORY, "%s: no memory to inflate %.512s", source->what,
                        source->path);
  return context_fail(source->context, LOTTERY_ERROR_FORMAT, "%s: %.512s: damaged gzip data: %s", source->what,
                      source->path, source->stream.msg != NULL ? source->stream.msg : "unknown reason");
}

/* Opens the descriptor and checks that it is a file's. O_NONBLOCK: opening a FIFO must not wait for its writer. */
static lottery_status open_file(struct source *source) {
  do source->descriptor = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  while (source->descriptor < 0 && errno == EINTR);
  if (source->descriptor < 0) return fail_system(source, "open", errno);
  struct stat status;
  if (fstat(source->descriptor, &status) != 0) return fail_system(source, "examine", errno);
  if (!S_ISREG(status.st_mode))
    return context_fail(source->context, LOTTERY_ERROR_FILE, "%s: %.512s is %s, not a regular file", source->what,
                        source->path, S_ISDIR(status.st_mode) ? "a directory" : "a device, pipe or socket");
  source->file_size = status.st_size;
  return LOTTERY_OK;
}

lottery_status source_open(struct lottery_context *context, const char *what, const char *path, struct source **out) {
  struct source *source = memory_allocate(context, 1, sizeof *source);
  if (source == NULL) return LOTTERY_ERROR_MEMORY;
  source->context = context;
  source->what = what;
  source->path = path;
  lottery_status status = open_file(source);
  if (status == LOTTERY_OK) status = read_file(source, source->buffer, BUFFER_SIZE, &source->buffered);
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
  /* Linux closes the descriptor even when close is interrupted: calling it again could close another thread's. */
  if (source->descriptor >= 0) close(source->descriptor);
  memory_release(source->context, source);
}

/* Reads more of the file when all of the buffer is inflated. */
static lottery_status refill(struct source *source) {
  if (source->stream.avail_in > 0) return LOTTERY_OK;
  int64_t length;
  const lottery_status status = read_file(source, source->buffer, BUFFER_SIZE, &length);
  if (status != LOTTERY_OK) return status;
  source->stream.next_in = source->buffer;
  source->stream.avail_in = (unsigned int)length;
  return LOTTERY_OK;
}

/* At the end of a member: another may follow (RFC 1952, 2.2), and nothing else. */
static lottery_status next_member(struct source *source) {
  const lottery_status status = refill(source);
  if (status != LOTTERY_OK) return status;
  if (source->stream.avail_in == 0)
    source->ended = true;
  else if (source->stream.next_in[0] != 0x1f)
    return context_fail(source->context, LOTTERY_ERROR_FORMAT,
                        "%s: %.512s: expected the end of the file after the gzip data, found byte 0x%02x", source->what,
                        source->path, source->stream.next_in[0]);
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
  const lottery_status status = read_file(source, bytes + ready, wanted - ready, got);
  *got += ready;
  return status;
}

bool source_is_gzip(const struct source *source) { return source->gzip; }

bool source_is_cut(const struct source *source) { return source->cut; }

int64_t source_file_size(const struct source *source) { return source->file_size; }
