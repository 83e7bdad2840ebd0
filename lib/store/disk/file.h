/* Saving a file so that its path has the old content or the new one, whole, whatever happens on the way.
 *
 * The bytes go to a temporary file in the same directory. commit flushes it, renames it over the path and flushes the
 * directory: after that the content survives a loss of power. Until the rename the old file is as it was, and a failure
 * removes the temporary file. A process that is killed can leave one: .lottery-<16 hexadecimal digits>.tmp, of no use
 * to anybody. Who saves to one path from several places at once gets one of the contents, whole.
 *
 * The path: no directory part means the current directory at the time of store_file_create. A symbolic link is followed
 * and stays; the file that it names is replaced or made. What is neither a regular file nor absent (a directory,
 * /dev/null, a pipe) is refused. Names may have the system's full length. The directory must be readable (to flush it),
 * and an existing file writable although its bytes are never touched: write protection means something.
 *
 * The new file has the old one's permission bits, or 0666 less the umask. Its owner is the process; other hard links,
 * and programs that have the old file open, keep the old content. */
#ifndef STORE_DISK_FILE_H
#define STORE_DISK_FILE_H

#include "base/public.h"

struct lottery_context;

struct store_file;

/* Begins to save to `path`. what: the argument's name, for messages; both strings must outlive the file.
 * Errors, here and below, with the message set: FILE; here also MEMORY. */
lottery_status store_file_create(struct lottery_context *context, const char *what, const char *path,
                                 struct store_file **out);

/* Appends bytes, without a buffer: give large pieces. After a failure, further calls and commit fail too. */
lottery_status store_file_write(struct store_file *file, const void *bytes, int64_t count);

/* Puts the new content in place. The file is gone after it, whatever the status. On an error the old content is in
 * place, but for one: where flushing the directory fails, which is after the rename, the new content is in place and
 * the message says that a loss of power may undo that. Where the file system has no flushing, the file is renamed
 * without: a loss of power may then lose both contents. */
lottery_status store_file_commit(struct store_file *file);

/* Gives up: the path is as it was. NULL is a no-op. */
void store_file_discard(struct store_file *file);

#endif
