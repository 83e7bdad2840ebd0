/* A fully connected layer of random weights with a random batch, for tests of its kernels: in the form of the kernels,
 * and plainly in double precision. */
#ifndef KERNEL_LAYER_H
#define KERNEL_LAYER_H

#include "kernels/index/nonzeros.h"
#include "kernels/index/sparse_index.h"
#include "kernels/kernels.h"
#include "kernels/matrix.h"
#include "support.h"

/* What a layer is given. */
struct shape {
  int64_t rows, columns, count;
  double density; /* of the mask; above 1: no mask */
  bool sparse, halves, live;
  int dead; /* enum dead */
};

/* A layer with its batch, in the form of the kernels and example by example. */
struct layer {
  struct shape shape;
  uint64_t seed;
  int64_t tiles, stride, floats;
  double *matrix; /* [row][column], 0 where pruned */
  uint8_t *mask;
  uint64_t *bits;
  uint16_t *kept_bits;
  struct sparse_index *index;
  float *values, *bias;
  double *inputs;  /* [example][column], lanes past the batch too: junk that is no example */
  double *outputs; /* output gradient [example][row], 0 past the batch */
  float *input_tiles, *output_tiles;
  uint16_t *half_tiles;
  int32_t *live;
  uint16_t *live_bits;
  struct nonzeros *nonzeros;
  struct weights weights;
  struct input input;
  struct ahead *ahead; /* what its passes ask for, or NULL */
};

/* Which inputs are 0 in the whole batch. */
enum dead { DEAD_THIRD, DEAD_NONE, DEAD_ALL, DEAD_BUT_FIRST, DEAD_BUT_LAST };

/* What all layers are made with. */
extern const struct kernels *kernels;
extern lottery_context *context;
extern bool over_nonzeros; /* dense layers go over the inputs that are not 0 alone */
extern uint64_t random_state;

double any(void); /* -1 to 1 */
int64_t below(int64_t limit);

/* Zeroed memory of `count` elements, aligned as kernels want it; and floats with a guard behind them, to be checked. */
void *room(int64_t count, size_t size);
float *guarded(int64_t count, float value);
void check_guard(const float *values, int64_t count, const char *what);

struct layer make_layer(struct shape shape);
void release_layer(struct layer *layer);

/* Calls visit with each survivor's element and its place in the form's array. */
void for_each_survivor(const struct layer *layer, void (*visit)(void *user, int64_t element, int64_t place),
                       void *user);

/* Fails, saying which layer it was, unless `got` is within the bound. */
void assert_within(const struct layer *layer, double got, double wanted, double bound, const char *what, int64_t row,
                   int64_t column);

#endif
