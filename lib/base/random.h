/* Random numbers as pure functions of (seed, stream, substream, index): Philox4x32-10 counters, no state. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

/* The use of a random number; two uses never share a stream. The values are part of the results: never change them. */
enum random_stream {
  RANDOM_INITIALISE = 1, /* substream: tensor */
  RANDOM_ORDER = 2,      /* substream: epoch */
  RANDOM_SPLIT = 3,
  RANDOM_LABELS = 4,
  RANDOM_MASK = 5,     /* substream: tensor */
  RANDOM_CRITERION = 6 /* substream: tensor */
};

/* 128 random bits. */
void random_block(uint64_t seed, enum random_stream stream, uint32_t substream, uint64_t index, uint64_t bits[2]);

/* From 64 random bits: uniform in [0, 1) with 53 bits; a whole number below `limit` (> 0). */
double random_uniform(uint64_t bits);
uint64_t random_below(uint64_t bits, uint64_t limit);

/* Two independent standard normal deviates from a block (Box & Muller 1958). */
void random_normal(const uint64_t bits[2], double deviates[2]);

/* Fills `order` with a random permutation of 0 … count - 1 (Fisher & Yates; Durstenfeld 1964). */
void random_permutation(uint64_t seed, enum random_stream stream, uint32_t substream, int64_t count, int32_t *order);

#endif
