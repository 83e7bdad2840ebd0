/* Saving and restoring what a network and its trainer hold. */
#ifndef TRAIN_STATE_H
#define TRAIN_STATE_H

#include "model/network.h"
#include "model/snapshot.h"

struct lottery_trainer;

/* Snapshots; NULL when memory is out (message set). */
struct lottery_snapshot *state_of_network(struct lottery_network *network);
struct lottery_snapshot *state_of_trainer(struct lottery_trainer *trainer, int32_t what);

/* lottery_network_restore. */
lottery_status state_restore_network(struct lottery_network *network, const struct lottery_snapshot *snapshot);

/* lottery_trainer_rewind; what is a valid set, mask and snapshot (or NULL) are handles of their kind. */
lottery_status state_rewind(struct lottery_trainer *trainer, const struct lottery_snapshot *snapshot,
                            struct lottery_mask *mask, int32_t what);

#endif
