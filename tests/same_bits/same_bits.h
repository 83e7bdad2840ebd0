/* What the parts of the program share: the choice of lines, hashes, numbers, networks, data, masks. */
#ifndef SAME_BITS_H
#define SAME_BITS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lottery.h"

/* COUNT: the examples of each dataset. */
enum { COUNT = 133, PREDICTED = 130, LARGEST_BATCH = 130, NAME_CAPACITY = 128 };

#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

struct instruction_set {
  const char *name;
  lottery_context *context;
};

/* --- same_bits.c --- */

/* Whether the line of this name is asked for. Every line is asked about, in one order. */
bool wanted(const char *name);

/* Whether a weight is to be disturbed. */
bool disturbed(void);

/* Ends the program on an error. */
void require(lottery_context *context, lottery_status status);

/* Zeroed memory. */
void *reserve(int64_t count, size_t size);

static const uint64_t hash_start = UINT64_C(0xcbf29ce484222325);
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count);

/* Numbers that depend on seed and position alone: 32 bits, and 0 to below 1. */
uint32_t number(uint64_t seed, uint64_t position);
double fraction(uint64_t seed, uint64_t position);

/* --- models.c --- */

struct shape {
  const char *name, *preset; /* preset NULL: `build` makes it */
  void (*build)(lottery_context *, lottery_network *);
  int64_t features, outputs;
};

enum { LENET, ODD, GRAPH, UNIT, BARE, LONG, SHAPES };
extern const struct shape shapes[SHAPES];

/* Sparse data are 0 at four fifths of the places, and everywhere in some features. */
enum { FLOATS, FLOATS_SPARSE, BYTES, BYTES_SPARSE, BYTES_NORMALISED, DATA };
extern const char *const data_names[DATA];

lottery_network *make_network(lottery_context *context, int shape, int32_t scheme);
int64_t elements(lottery_context *context, lottery_network *network, int64_t tensor);
uint64_t hash_network(lottery_context *context, lottery_network *network);
void disturb_network(lottery_context *context, lottery_network *network);

/* Made when first asked for; forget_datasets destroys them. targets: real ones instead of labels. */
lottery_dataset *dataset_of(lottery_context *context, int shape, int kind, bool targets);
void forget_datasets(void);

/* A weight is kept where its number is below `density`, so that a mask of lower density lies within one of higher.
 * seed: of the first tensor's numbers. dead: without every third input. */
lottery_mask *make_mask(lottery_context *context, lottery_network *network, double density, uint64_t seed, bool dead);
uint64_t hash_mask(lottery_context *context, lottery_mask *mask);

/* --- training.c --- */

void print_trainings(const struct instruction_set *sets, int count);
uint64_t hash_state(lottery_context *context, lottery_trainer *trainer);

/* --- others.c --- */

void print_others(const struct instruction_set *sets, int count);

#endif
