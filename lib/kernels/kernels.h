/* The kernels of one instruction set: what the model and the trainer compute with.
 *
 * Activations are stored batch-innermost, in tiles of BATCH_TILE examples: value[tile][feature][lane], lane = example
 * within the tile. Images use the same form, feature = (channel * height + y) * width + x. Lanes past the batch hold
 * values that nothing reads: their output gradient is 0. All arrays are aligned to 64 bytes, counts of activations are
 * multiples of BATCH_TILE. */
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H

#include <stdbool.h>

#include "base/public.h"

enum {
  BATCH_TILE = 64,
  ROW_STEP = 16,     /* parameters come in columns (dense) and blocks (packed) of a multiple of this */
  LIVE_STEP = 1024,  /* bits of live features come in a multiple of this */
  PANEL_DEPTH = 256, /* of packed panels for a micro-kernel, so that two of them stay in the nearest cache */
  PANEL_STEP = 64    /* a multiple of the width of every micro-kernel's wide panels, and no less than its narrow ones */
};

struct nonzeros;

enum activation { ACTIVATION_RELU, ACTIVATION_TANH, ACTIVATION_SIGMOID };

/* A micro-kernel computes c (+)= narrow * wide on packed panels: narrow [depth][narrow_width], wide
 * [depth][wide_width], c [narrow_width][wide_width] with `stride` from row to row. */
struct micro_kernel {
  const char *name;
  int32_t narrow_width, wide_width;
  void (*run)(int64_t depth, const float *narrow, const float *wide, bool accumulate, float *c, int64_t stride);
};

/* The inputs of a layer, tile by tile: float32, or whole numbers in bfloat16 (exact up to 256) that count as number *
 * scale. A bfloat16 tile is private to an instruction set: [feature][lane] with pairs of vectors interleaved. */
struct input {
  const float *values;    /* [tile][feature][lane], or NULL: */
  const uint16_t *halves; /* [tile][feature][lane], interleaved */
  float scale;            /* 1 for values */
  int64_t features;
  /* Which features are not 0 in every lane of every tile, or NULL: not known. Bit i of live_bits[block], up to a
   * multiple of LIVE_STEP, is feature ROW_STEP block + i; packed layers read the bits, dense ones the list,
   * which ascends. */
  const uint16_t *live_bits;
  const int32_t *live;
  int64_t live_count;
  const struct nonzeros *nonzeros; /* what dense layers may go over alone, or NULL */
  struct ahead *ahead;             /* what a forward pass may ask for meanwhile, or NULL */
};

/* Where a batch of whole numbers is gathered: tiles in bfloat16, the bits of what is live, to which its own are added,
 * and lists of what is not 0, to which its own are added, or NULL: not wanted. */
struct gathered {
  uint16_t *halves, *live_bits;
  struct nonzeros *nonzeros;
};

/* The weights of a fully connected layer: a dense matrix, column after column so that those of an input that is 0 can
 * be passed over, or packed survivors. */
struct weights {
  const float *values;
  int64_t rows, columns;            /* units and inputs */
  int64_t stride;                   /* dense: from column to column, a multiple of ROW_STEP */
  const struct sparse_index *index; /* of packed survivors, or NULL: dense */
};

/* What becomes of a gradient: kept for the host, or used up by a step of the optimiser at once, while it is near. */
enum update_kind { UPDATE_STORE, UPDATE_SGD, UPDATE_ADAM };

struct update {
  enum update_kind kind;
  float *gradient;                 /* UPDATE_STORE writes it; packed survivors and biases go through it in any case */
  float *weights, *first, *second; /* parameters and state; first is NULL for SGD without momentum */
  float rate;                      /* Adam: rate * sqrt(1 - beta2^t) / (1 - beta1^t) */
  float epsilon;                   /* Adam: epsilon * sqrt(1 - beta2^t) */
  float decay, momentum, beta1, beta2;
  bool nesterov;
  const uint16_t *kept_bits; /* dense: bit i of kept_bits[block] keeps parameter ROW_STEP block + i; NULL: all */
};

struct kernels {
  int32_t instruction_set;
  const char *name;
  const struct micro_kernel *own_micro_kernel; /* where BLIS has none: see micro_kernel_for */
  bool skips_dead; /* the sparse kernels leave out what input.live_bits, if given, do not name, up to LIVE_STEP features
                    */

  int32_t nonzero_percent; /* of a live feature's lanes: up to so many not 0, it pays to go over those alone */

  /* The forward pass of tile `tile`: output [row][lane] = W input + bias, ReLU if asked. bias may be NULL. */
  void (*dense_forward)(const struct weights *weights, const float *bias, const struct input *input, int64_t tile,
                        bool relu, float *output);
  void (*sparse_forward)(const struct weights *weights, const float *bias, const struct input *input, int64_t tile,
                         bool relu, float *output);
  /* input_gradient [column][lane] (+)= W^T output_gradient, of one tile; then, unless relu is NULL, 0 where the input,
   * relu [column][lane], the output of a ReLU, is not above 0. */
  void (*dense_input_gradient)(const struct weights *weights, const float *output_gradient, bool accumulate,
                               const float *relu, float *input_gradient);
  void (*sparse_input_gradient)(const struct weights *weights, const float *output_gradient, bool accumulate,
                                const float *relu, float *input_gradient);
  /* The gradient of the weights over a batch of `count` examples, handed to `update`. workspace: see
   * weight_gradient_workspace. */
  void (*dense_weight_gradient)(const struct micro_kernel *micro_kernel, const struct weights *weights,
                                const struct input *input, const float *output_gradient, int64_t count,
                                const struct update *update, float *workspace);
  /* Leaves gradient[kept …], past the survivors, as it is: 0. */
  void (*sparse_weight_gradient)(const struct weights *weights, const struct input *input, const float *output_gradient,
                                 int64_t count, const struct update *update);
  /* The same as dense_forward and dense_weight_gradient over input->nonzeros: the same values while weights are finite
   * (an infinite one times 0 is left out). */
  void (*nonzero_forward)(const struct weights *weights, const float *bias, const struct input *input, int64_t tile,
                          bool relu, float *output);
  void (*nonzero_weight_gradient)(const struct weights *weights, const struct input *input,
                                  const float *output_gradient, int64_t count, const struct update *update,
                                  float *workspace);
  /* The gradient of `rows` biases: the sum of output_gradient [tile][row][lane] over all lanes, handed to `update`. */
  void (*bias_gradient)(const float *output_gradient, int64_t rows, int64_t tiles, const struct update *update);
  /* The update with update->gradient, `count` (a multiple of ROW_STEP) parameters. */
  void (*apply)(const struct update *update, int64_t count);

  /* One tile of whole numbers 0 to 255: rows[lane] points to `features` bytes, NULL for lanes past the batch. As
   * bfloat16, with the bits of what is live added to live_bits, and as float32 byte * scale + shift (0 in lanes past
   * the batch). */
  void (*gather_halves)(const uint8_t *const rows[BATCH_TILE], int64_t features, uint16_t *tile, uint16_t *live_bits);
  void (*gather_bytes)(const uint8_t *const rows[BATCH_TILE], int64_t first, int64_t features, float scale, float shift,
                       float *tile);
  /* Lists what is not 0 in a tile of bytes and its bfloat16; false where it is too much. */
  bool (*list_nonzeros)(const uint8_t *const rows[BATCH_TILE], const uint16_t *halves, int64_t tile,
                        struct nonzeros *nonzeros);
  /* The bits of what is live in `tiles` tiles of float32 (struct input; not those past the features). */
  void (*find_live)(const float *values, int64_t features, int64_t tiles, uint16_t *live_bits);

  /* output = activation(input), and input_gradient (+)= output_gradient * activation'(input), from the output. The
   * arrays may be the same. */
  void (*activate)(enum activation activation, const float *input, float *output, int64_t count);
  void (*activate_backward)(enum activation activation, const float *output, const float *output_gradient,
                            float *input_gradient, int64_t count, bool accumulate);
  /* output = a + b. */
  void (*add)(const float *a, const float *b, float *output, int64_t count);

  /* Softmax cross-entropy of one tile of `classes` logits: losses[lane], and gradient = (softmax - one-hot) * scale
   * where labels[lane] >= 0, else 0. gradient may be NULL, or the logits. */
  void (*cross_entropy)(const float *logits, int64_t classes, const int32_t *labels, float scale, float *losses,
                        float *gradient);
  /* losses[lane] = sum over features of (output - target)^2 for lanes < valid, and gradient = (output - target) *
   * scale, 0 in the other lanes. gradient may be NULL, or the outputs. */
  void (*squared_error)(const float *outputs, const float *targets, int64_t features, int64_t valid, float scale,
                        float *losses, float *gradient);
  /* How many lanes have labels[lane] >= 0 and their largest logit (the first of equal ones) there. */
  int64_t (*count_correct)(const float *logits, int64_t classes, const int32_t *labels);
};

/* BLIS's micro-kernel for the kernels' instruction set, or their own where BLIS has none. */
const struct micro_kernel *micro_kernel_for(const struct kernels *kernels);

/* Floats of workspace that the gradient of dense weights over a batch of `count` needs. */
int64_t weight_gradient_workspace(int64_t rows, int64_t columns, int64_t count);

/* The kernels of an instruction set, AUTOMATIC being the machine's best; NULL if machine or build lacks it. */
const struct kernels *kernels_for(int32_t instruction_set);

/* A list of the CPU's features that matter here, such as "avx2 fma avx512", and BLIS's version. */
const char *kernels_cpu_features(void);
const char *kernels_blis_version(void);

/* BLIS's micro-kernels (dense_blis.c); NULL where BLIS has none for the set. */
const struct micro_kernel *blis_micro_kernel(int32_t instruction_set);

#endif
