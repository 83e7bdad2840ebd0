/* Batches in the form that kernels read: tiles of BATCH_TILE examples, with the batch innermost (kernels/tile.h).
 *
 * Example i of a batch goes to lane i % BATCH_TILE of tile i / BATCH_TILE; the lanes past the last example are 0, and
 * their labels -1. `indices`: [count] examples of the dataset, count at least 1. */
#ifndef DATA_BATCH_H
#define DATA_BATCH_H

#include "data/dataset.h"
#include "kernels/ahead.h"

struct gathered;
struct kernels;

/* Tiles that `count` examples fill. */
int64_t batch_tiles(int64_t count);

/* The inputs: tiles[tile][feature][lane]. */
void dataset_gather(const struct kernels *kernels, const struct lottery_dataset *dataset, const int32_t *indices,
                    int64_t count, float *tiles);

/* The inputs of a dataset of bytes without a shift, as whole numbers in bfloat16 (kernels/input.h); a value is the
 * number times scalings[0].scale. For other datasets it returns false and does nothing. */
bool dataset_is_whole_numbers(const struct lottery_dataset *dataset);
bool dataset_gather_halves(const struct kernels *kernels, const struct lottery_dataset *dataset, const int32_t *indices,
                           int64_t count, const struct gathered *to);

/* The examples' rows, to be prefetched before they are gathered. */
struct ahead dataset_ahead(const struct lottery_dataset *dataset, const int32_t *indices, int64_t count);

/* The targets of a dataset that has them: tiles[tile][target][lane]. */
void dataset_gather_targets(const struct lottery_dataset *dataset, const int32_t *indices, int64_t count, float *tiles);

/* The labels of a dataset that has them: BATCH_TILE for each tile. */
void dataset_gather_labels(const struct lottery_dataset *dataset, const int32_t *indices, int64_t count,
                           int32_t *labels);

/* The same for a host's batch: rows [count][features], labels `given` [count]. */
void dataset_gather_rows(const float *rows, int64_t features, int64_t count, float *tiles);
void dataset_pad_labels(const int32_t *given, int64_t count, int32_t *labels);

/* The inverse of dataset_gather_rows. */
void dataset_scatter_rows(const float *tiles, int64_t features, int64_t count, float *rows);

/* Padded labels as one-hot targets: tiles[tile][class][lane]. */
void dataset_one_hot(const int32_t *labels, int64_t count, int64_t classes, float *tiles);

/* One example's inputs as training sees them. */
void dataset_read_example(const struct lottery_dataset *dataset, int64_t example, float *inputs);

#endif
