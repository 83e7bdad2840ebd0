/* The passes of a test's layer through the kernels of its form, on every instruction set that the machine has, and the
 * arrays of its updates. */
#ifndef KERNEL_PASSES_H
#define KERNEL_PASSES_H

#include "kernels/range.h"
#include "kernels/update.h"
#include "unit/kernels/kernel_layer.h"

/* Runs a check on every set, in the floating-point mode of training; dense layers with BLIS's micro-kernel and with the
 * library's own in turn. */
void for_each_set(void (*check)(bool sparse), bool sparse);

/* One tile. relu, backwards: through a ReLU whose outputs are the layer's inputs as floats. */
void layer_forward_range(const struct layer *layer, const float *bias, int64_t tile, bool relu, float *output,
                         struct range rows);
void layer_forward(const struct layer *layer, const float *bias, int64_t tile, bool relu, float *output);
void layer_input_gradient(const struct layer *layer, int64_t tile, bool accumulate, bool relu, float *gradient,
                          struct range columns);

/* The batch: of packed survivors a range of entries, else of columns. */
void layer_weight_gradient_range(const struct layer *layer, const struct update *update, struct range range);
void layer_weight_gradient(const struct layer *layer, const struct update *update);
struct range layer_weight_range(const struct layer *layer);

/* Marks the places of the flat array that hold a weight. To be freed. */
uint8_t *layer_places(const struct layer *layer);

/* A flat array in which what is no weight is 0, as it must be, and the rest is `value`. */
float *flat_array(const struct layer *layer, const uint8_t *places, float value);

struct update make_update(const struct layer *layer, enum update_kind kind, int variant);

/* Arrays of an update: weights and state are random at the survivors, equal for equal seeds. */
void give_arrays(const struct layer *layer, const uint8_t *places, uint64_t seed, bool momentum, struct update *update);
void release_arrays(struct update *update);

#endif
