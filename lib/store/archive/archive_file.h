/* An archive's files: on disk, in memory, through a host's callbacks. */
#ifndef STORE_ARCHIVE_ARCHIVE_FILE_H
#define STORE_ARCHIVE_ARCHIVE_FILE_H

#include "store/archive/archive.h"

/* Replace what the archive holds by a file's. On an error it is as it was. */
lottery_status archive_load(struct lottery_archive *archive, const char *path);
lottery_status archive_load_memory(struct lottery_archive *archive, const void *bytes, int64_t count);
lottery_status archive_read(struct lottery_archive *archive, lottery_read read, void *user);

/* Write a file. save: the path holds the old content or the new one, whole (store/disk/file.h). */
lottery_status archive_save(struct lottery_archive *archive, const char *path);
lottery_status archive_write(struct lottery_archive *archive, lottery_write write, void *user);

#endif
