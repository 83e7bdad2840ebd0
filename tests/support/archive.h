/* Files of archives in memory: written, read, changed. */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include "support.h"

struct bytes {
  unsigned char *data; /* free() it */
  int64_t count, capacity;
};

/* A context whose memory is counted, and an empty archive in it. */
struct archive_fixture {
  struct counting_allocator allocator;
  lottery_context *context;
  lottery_archive *archive;
};
void archive_start(struct archive_fixture *fixture);
void archive_finish(struct archive_fixture *fixture);

/* A lottery_write; user: a struct bytes, to which it appends. */
int64_t bytes_collect(const void *bytes, int64_t count, void *user);

/* A lottery_read that gives out `piece` bytes at a time at most. */
struct bytes_reader {
  const unsigned char *next;
  int64_t left, piece;
};
int64_t bytes_give(void *bytes, int64_t capacity, void *user);

/* The archive's file. */
struct bytes archive_bytes(lottery_context *context, lottery_archive *archive);

/* The archive's file is that of a golden file, to the byte. */
void assert_golden(lottery_context *context, lottery_archive *archive, const char *path);

/* Loads from memory exactly as large as the file, so that a sanitizer sees every byte read past it. */
lottery_status load_exact(lottery_archive *archive, const unsigned char *data, int64_t count);

/* A file with this header, as it is, and data. */
struct bytes file_of(const char *header, const void *data, int64_t count);

/* Its header, zero-terminated; free() it. */
char *header_of(const struct bytes *file);

/* The file with every `from` in its header, which must be there, replaced by `to`. */
struct bytes file_with(const struct bytes *file, const char *from, const char *to);

/* Where an array's first byte is in the file. */
int64_t place_of(const struct bytes *file, const char *array);

/* An archive with everything in it: network "network" (mlp-5-7-3, masked and trained by Adam), "mask", "snapshot" (all
 * of the trainer), "ticket" (of the initial weights), text "text", array "array" (int64, 2 by 2). */
struct everything {
  lottery_network *network;
  lottery_mask *mask;
  lottery_snapshot *initial, *snapshot;
  lottery_trainer *trainer;
  lottery_dataset *dataset;
  lottery_archive *archive;
};
void everything_make(lottery_context *context, struct everything *everything);
void everything_destroy(const struct everything *everything);
/* Its file. */
struct bytes everything_bytes(lottery_context *context);

/* Whether two networks, masks, snapshots have the same names, shapes and bits. */
void assert_same_network(lottery_context *context, lottery_network *a, lottery_network *b);
void assert_same_mask(lottery_context *context, lottery_mask *a, lottery_mask *b);
void assert_same_snapshot(lottery_context *context, lottery_snapshot *a, lottery_snapshot *b);

#endif
