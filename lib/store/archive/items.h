/* The kinds of items that an archive holds, a file each: how one is added, and how it is made again from what was
 * read, of which nothing is trusted. Handles that go in are checked; those that come out belong to the caller. */
#ifndef STORE_ARCHIVE_ITEMS_H
#define STORE_ARCHIVE_ITEMS_H

#include "model/network.h"
#include "model/snapshot.h"
#include "model/tensor_list.h"
#include "store/archive/item.h"

struct lottery_trainer;

/* Graph and weights. */
lottery_status item_add_network(struct lottery_archive *archive, const char *name, struct lottery_network *network);
lottery_status item_get_network(struct lottery_archive *archive, const char *name, struct lottery_network **out);

/* network may be NULL: then the mask's own list of tensors stands. Where one is given, a mask may also come from arrays
 * that only their names bind together. */
lottery_status item_add_mask(struct lottery_archive *archive, const char *name, const struct lottery_mask *mask);
lottery_status item_get_mask(struct lottery_archive *archive, const char *name, struct lottery_network *network,
                             struct lottery_mask **out);

/* The same; and where a network is given, the weights of a network, or of tensors that only their names bind together.
 */
lottery_status item_add_snapshot(struct lottery_archive *archive, const char *name,
                                 const struct lottery_snapshot *snapshot);
lottery_status item_get_snapshot(struct lottery_archive *archive, const char *name, struct lottery_network *network,
                                 struct lottery_snapshot **out);

/* Graph, mask, and the values of what survives. The network comes out with mask and values set; each out may be NULL.
 */
lottery_status item_add_ticket(struct lottery_archive *archive, const char *name, struct lottery_network *network,
                               const struct lottery_mask *mask, const struct lottery_snapshot *snapshot);
lottery_status item_get_ticket(struct lottery_archive *archive, const char *name, struct lottery_network **network,
                               struct lottery_mask **mask, struct lottery_snapshot **snapshot);

/* A trainer with all that the next iteration depends on, put into one of the same graph and dataset. consent: a sum of
 * LOTTERY_CONSENT_…. On an error the trainer is as it was. */
lottery_status item_add_trainer(struct lottery_archive *archive, const char *name, struct lottery_trainer *trainer);
lottery_status item_restore_trainer(struct lottery_archive *archive, const char *name, struct lottery_trainer *trainer,
                                    int32_t consent);

/* Removes an item of any kind. Errors: ARGUMENT (nothing has this name). */
lottery_status item_remove(struct lottery_archive *archive, const char *name);

/* --- What several kinds share --- */

/* The list of tensors of an item (ROLE_TENSORS), in JSON. */
lottery_status item_add_tensors(struct item *item, const struct tensor *tensors, int64_t count);
/* Reads it: names once each, shapes whose elements all together fit; *out is the caller's to release. */
lottery_status item_get_tensors(struct lottery_archive *archive, const char *name, struct tensor **out, int64_t *count);

/* The bits of a mask as arrays of an item, a suffix behind the tensors' names; and a mask of them. */
lottery_status item_add_bits(struct item *item, const char *suffix, const struct lottery_mask *mask);
lottery_status item_make_mask(struct lottery_archive *archive, const char *name, const char *suffix,
                              const struct tensor *tensors, int64_t count, struct lottery_mask **out);

/* What a slot's arrays have behind the tensors' names. */
extern const char *const item_slot_suffixes[SNAPSHOT_SLOTS];
/* A snapshot from the arrays of the slots whose bits are set; its optimiser and position are still to be filled in. */
lottery_status item_make_snapshot(struct lottery_archive *archive, const char *name, const struct tensor *tensors,
                                  int64_t count, int32_t contents, int32_t slots, struct lottery_snapshot **out);

/* Positions are counted on from here, far from the end of 64 bits. */
#define COUNT_LIMIT ((int64_t)1 << 53)

/* FORMAT unless the listed tensors, all dense, are within the byte limit. A ticket is read into packed form, but counts
 * the same: which tensors are packed depends on the processor, which files are taken must not; and a snapshot of its
 * weights is dense. */
lottery_status item_check_size(struct lottery_archive *archive, const char *name, const struct tensor_list *list);

/* Finishes a network that was read, under a mask or NULL. */
lottery_status item_finish_network(struct lottery_archive *archive, const char *name, struct lottery_network *network,
                                   int32_t output, struct lottery_mask *mask);

#endif
