/* The packed gradient: what a data-parallel host exchanges. */
#ifndef TRAIN_GRADIENT_H
#define TRAIN_GRADIENT_H

#include "base/public.h"

struct layout;
struct lottery_network;
struct lottery_trainer;

/* How many elements have a gradient: weights that the mask keeps, biases and the like. */
int64_t gradient_packed_count(const struct lottery_network *network);

/* Between a flat gradient and its packed form. */
void gradient_pack(const struct layout *layout, const float *flat, float *packed);
void gradient_unpack(const struct layout *layout, const float *packed, float *flat);

/* LOTTERY_ERROR_NOT_FINITE, naming the first tensor with an element that is not. */
lottery_status gradient_check_finite(struct lottery_trainer *trainer);

#endif
