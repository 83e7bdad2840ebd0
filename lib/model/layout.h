/* How the parameters of a network lie in memory under a mask: each weight matrix dense or as packed survivors.
 *
 * Parameters, gradients and optimiser state are flat arrays of one layout, so that whatever goes over them goes over
 * survivors only. Immutable and shared: a trainer keeps the layout of its state until it follows a change.
 */
#ifndef MODEL_LAYOUT_H
#define MODEL_LAYOUT_H

#include "base/object.h"
#include "model/mask.h"
#include "model/parameter.h"
#include "model/tensor.h"

struct kernels;
struct sparse_index;

/* The index that finds a matrix's survivors. Immutable and counted: layouts of masks that agree in a tensor share
 * it. */
struct tensor_form {
  struct object object;
  uint16_t *kept_bits;        /* dense: see struct update in kernels/update.h; or NULL: */
  struct sparse_index *index; /* packed */
};

struct tensor_layout {
  enum parameter_role role;
  int64_t offset; /* of its first float in a flat array, a multiple of ROW_STEP */
  int64_t floats; /* that it takes there, a multiple of ROW_STEP; those that hold no weight stay 0 */
  int64_t rows, columns;
  int64_t stride;           /* dense: floats from column to column, a multiple of ROW_STEP */
  struct tensor_form *form; /* NULL: dense and nothing is pruned */
};

/* The packed survivors of a tensor, or NULL: it is dense. */
static inline const struct sparse_index *tensor_index(const struct tensor_layout *tensor) {
  return tensor->form != NULL ? tensor->form->index : NULL;
}

/* Which weights of a dense tensor its mask keeps, or NULL: all, or it is packed. */
static inline const uint16_t *tensor_kept_bits(const struct tensor_layout *tensor) {
  return tensor->form != NULL ? tensor->form->kept_bits : NULL;
}

/* The forms of the weight matrices that read the network's input, which decide what may be left out of the input. */
struct input_readers {
  bool dense;        /* one is dense */
  bool dense_wide;   /* and has enough rows for the nonzero kernels */
  bool packed_skips; /* one is packed and can leave out features that are 0 in the whole batch */
};

struct layout {
  struct object object;
  struct lottery_mask *mask; /* or NULL: nothing is pruned */
  struct input_readers input_readers;
  int64_t tensor_count;
  struct tensor_layout *tensors;
  int64_t parameter_count; /* floats of a flat array */
};

/* The layout of the tensors under a mask (retained; NULL: all dense). crossover: a matrix whose density is below it is
 * packed; negative: the default for the kernels' instruction set. before: a layout of the same tensors, whose forms are
 * reused where the masks agree, or NULL. NULL when memory is out or sizes do not fit (message set). */
struct layout *layout_create(struct lottery_context *context, const struct kernels *kernels,
                             const struct tensor *tensors, const struct parameter *parameters, int64_t tensor_count,
                             struct lottery_mask *mask, double crossover, const struct layout *before);

/* Bytes of a flat array of these tensors, all dense; false when that does not fit. */
bool layout_dense_bytes(const struct tensor *tensors, int64_t tensor_count, int64_t *bytes);

/* Values and how they lie: what layers compute with. */
struct parameters {
  struct layout *layout;
  float *values; /* a flat array */
};

/* Gives up both; both may be NULL. */
void parameters_release(struct parameters *parameters);

/* A flat array of zeros, or NULL. */
float *layout_allocate(const struct layout *layout);

/* Copies one tensor of its full shape out of or into a flat array. Pruned weights are read as 0 and not written. */
void layout_read(const struct layout *layout, const float *flat, int64_t tensor, float *values);
void layout_write(const struct layout *layout, float *flat, int64_t tensor, const float *values);

/* The survivors of a tensor in the order of elements: how many, and copied out of or into a flat array. */
int64_t layout_survivors(const struct layout *layout, int64_t tensor);
void layout_pack(const struct layout *layout, const float *flat, int64_t tensor, float *packed);
void layout_unpack(const struct layout *layout, float *flat, int64_t tensor, const float *packed);

/* Copies all tensors between flat arrays of two layouts; in one piece where both have the same form. scratch: floats of
 * the largest tensor. */
void layout_convert(const struct layout *from, const float *source, const struct layout *to, float *target,
                    float *scratch);

/* Bytes of a tensor's weights and of the index that finds them. */
int64_t layout_bytes(const struct layout *layout, int64_t tensor);

#endif
