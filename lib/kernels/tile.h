/* How activations lie in memory, and the steps in which parameters and bits come.
 *
 * Activations are stored batch-innermost, in tiles of BATCH_TILE examples: value[tile][feature][lane], lane = example
 * within the tile. Images use the same form, feature = (channel * height + y) * width + x. Lanes past the batch hold
 * values that nothing reads: their output gradient is 0. All arrays are aligned to 64 bytes, counts of activations are
 * multiples of BATCH_TILE. */
#ifndef KERNELS_TILE_H
#define KERNELS_TILE_H

enum {
  BATCH_TILE = 64,
  ROW_STEP = 16,   /* parameters come in columns (dense) and blocks (packed) of a multiple of this */
  LIVE_STEP = 1024 /* bits of live features come in a multiple of this */
};

#endif
