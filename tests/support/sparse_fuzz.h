/* Random networks under random masks, trained in packed form and as masked dense matrices, which must agree. */
#ifndef SPARSE_FUZZ_H
#define SPARSE_FUZZ_H

#include "training.h"

/* A random case: everything about it follows from the seed. */
struct fuzz {
  uint64_t seed;
  int64_t inputs, outputs, examples, batch_size;
  int32_t layers;
  int32_t activation; /* 0 to 3: ReLU, tanh, sigmoid, none */
  bool residual, biases, bytes, shifted, host_batches;
  int32_t loss;
  const struct optimiser_case *optimiser;
  uint64_t random; /* of what follows: units, masks, data */
};

struct fuzz fuzz_case(uint64_t seed);

/* The case's network, initialised, without mask; a random mask for it (rows, columns and whole layers may be empty);
 * its dataset. */
lottery_network *fuzz_network(lottery_context *context, const struct fuzz *fuzz);
lottery_mask *fuzz_mask(lottery_network *network, uint64_t seed);
lottery_dataset *fuzz_dataset(lottery_context *context, const struct fuzz *fuzz);

/* A trainer of the network with the case's options; it keeps a dataset of its own. */
lottery_trainer *fuzz_trainer(lottery_network *network, lottery_dataset *dataset, const struct fuzz *fuzz);

/* Fails unless packed training agrees with dense training within 1e-5 of loss and largest weight after 20 steps (or, in
 * cases that amplify rounding, as well as dense training with its first weights changed in their last place), and with
 * itself bit for bit. The failure prints the seed. Returns whether the case amplifies rounding: few may. */
bool fuzz_check(int32_t instruction_set, uint64_t seed);

/* Fails unless all values are within 1e-5 of the largest one. */
void assert_values_near(struct values a, struct values b, const char *what, uint64_t seed);

#endif
