/* Lists of a batch's inputs that are not 0. Where most are 0, as in images on an even ground, a dense layer that visits
 * only the others has several times fewer multiply-adds. */
#ifndef KERNELS_INDEX_NONZEROS_H
#define KERNELS_INDEX_NONZEROS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/tile.h"

struct lottery_context;

/* Both lists of a tile hold the same inputs. An entry is index << 16 | the input in bfloat16, index being the feature
 * or the lane; entries of one example or feature ascend. Lists have room for ROW_STEP entries of junk past their
 * end: whole vectors are written. */
struct nonzeros {
  int64_t features;
  int64_t room;            /* entries of a tile in each list; an example is listed where all of it would fit */
  uint32_t *by_example;    /* [tile][room + ROW_STEP] */
  uint32_t *by_feature;    /* [tile][room + ROW_STEP]; NULL, as feature_start, for forward passes only */
  uint32_t *example_start; /* [tile][BATCH_TILE + 1] into the tile's part */
  uint32_t *feature_start; /* [tile][features + 1] */
  int64_t count;           /* in all tiles of the batch, or -1: too many to list, or not looked for */
};

/* One tile of them. */
struct nonzeros_tile {
  uint32_t *by_example, *by_feature, *example_start, *feature_start;
};

static inline struct nonzeros_tile nonzeros_tile(const struct nonzeros *nonzeros, int64_t tile) {
  const int64_t entries = tile * (nonzeros->room + ROW_STEP);
  const bool both = nonzeros->by_feature != NULL;
  return (struct nonzeros_tile){nonzeros->by_example + entries, both ? nonzeros->by_feature + entries : NULL,
                                nonzeros->example_start + tile * (BATCH_TILE + 1),
                                both ? nonzeros->feature_start + tile * (nonzeros->features + 1) : NULL};
}

/* Room for so many tiles; gradients: with the list by feature. Leaves `*out` NULL, and is true, where so many features
 * or tiles are never listed (choice.h); false when memory is out (message set). */
bool nonzeros_create(struct lottery_context *context, int64_t features, int64_t tiles, bool gradients,
                     struct nonzeros **out);
void nonzeros_destroy(struct lottery_context *context, struct nonzeros *nonzeros);

#endif
