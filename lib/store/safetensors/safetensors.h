/* The file format (https://github.com/huggingface/safetensors): the length of the header, the header, which is JSON,
 * and the arrays' bytes without a gap. docs/format.md says what of it we write. */
#ifndef STORE_SAFETENSORS_SAFETENSORS_H
#define STORE_SAFETENSORS_SAFETENSORS_H

#include "store/safetensors/tables.h"

/* Texts of every file that we write: the number of our format, and the version that wrote it. */
#define FORMAT_KEY "lottery.format"
#define FORMAT_VERSION "1"
#define VERSION_KEY "lottery.version"

/* Where a file comes from. */
struct file_source {
  struct lottery_context *context;
  const char *argument; /* for messages: the argument, */
  const char *path;     /* and what it says */
  /* Reads `wanted` bytes, or what is left of the file. */
  lottery_status (*read)(void *bytes, int64_t wanted, int64_t *got, void *user);
  void *user;
  int64_t size; /* bytes in all, or -1 where only reading to the end will tell */
};

/* Where a file goes. */
struct file_sink {
  struct lottery_context *context;
  lottery_status (*write)(const void *bytes, int64_t count, void *user);
  void *user;
};

/* Reads and checks a whole file. Nothing is allocated but what is really there: at most header_limit bytes, some of
 * them for each array, and the data, which grows as it comes where the size is not known. */
lottery_status safetensors_read(const struct file_source *source, int64_t header_limit, int64_t byte_limit,
                                struct tables *out);

/* Checks and fills `tables` from its header of `length` bytes, decoding names in place, and says how many bytes of data
 * there must be. Entries get their place in the data (begin), not their bytes in memory. */
lottery_status safetensors_parse(const struct file_source *source, struct tables *tables, int64_t length,
                                 int64_t *data_bytes);

/* Writes a whole file; header_limit: what safetensors_read would be given. */
lottery_status safetensors_write(struct tables *tables, int64_t header_limit, const struct file_sink *sink);

#endif
