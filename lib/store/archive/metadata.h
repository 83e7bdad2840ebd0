/* Entries of a file's __metadata__ that are other programs', such as {"format": "pt"}: all whose keys do not begin with
 * "lottery.". */
#ifndef STORE_ARCHIVE_METADATA_H
#define STORE_ARCHIVE_METADATA_H

#include "store/archive/archive.h"

/* How many there are; the key of one, in the order of their bytes, or NULL; the value of a key, or NULL. */
int64_t metadata_count(const struct lottery_archive *archive);
const char *metadata_key(const struct lottery_archive *archive, int64_t index);
const char *metadata_value(const struct lottery_archive *archive, const char *key);

/* Adds or replaces an entry. On an error the archive is as it was. Errors: ARGUMENT (key, value), MEMORY. */
lottery_status metadata_set(struct lottery_archive *archive, const char *key, const char *value);

/* Errors: ARGUMENT (key; there is no such entry). */
lottery_status metadata_remove(struct lottery_archive *archive, const char *key);

#endif
