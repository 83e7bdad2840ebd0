/* Making layouts, and copying tensors between their full shape and a layout. */
#include "model/layout.h"

#include <string.h>

#include "base/arithmetic.h"
#include "base/bits.h"
#include "base/context.h"
#include "base/memory.h"
#include "kernels/choice.h"
#include "kernels/index/sparse_index.h"
#include "kernels/kernels.h"
#include "kernels/tile.h"

static void finalise(void *self) {
  struct layout *layout = self;
  struct lottery_context *context = layout->object.context;
  for (int64_t i = 0; layout->tensors != NULL && i < layout->tensor_count; i++) object_release(layout->tensors[i].form);
  memory_release(context, layout->tensors);
  object_release(layout->mask);
}

static void finalise_form(void *self) {
  struct tensor_form *form = self;
  memory_release(form->object.context, form->kept_bits);
  sparse_index_destroy(form->object.context, form->index);
}

/* The mask's bits in the order of the parameters, in blocks of ROW_STEP. */
static uint16_t *blocks_of(struct lottery_context *context, const struct tensor_layout *tensor, const uint64_t *bits) {
  uint16_t *kept_bits = memory_allocate(context, tensor->floats / ROW_STEP, sizeof *kept_bits);
  if (kept_bits == NULL) return NULL;
  for (int64_t row = 0; row < tensor->rows; row++)
    for (int64_t first = 0; first < tensor->columns; first += 64) {
      uint64_t taken = bits_take(bits, row * tensor->columns + first, arithmetic_minimum(64, tensor->columns - first));
      for (; taken != 0; taken &= taken - 1) {
        const int64_t at = (first + __builtin_ctzll(taken)) * tensor->stride + row;
        kept_bits[at / ROW_STEP] |= (uint16_t)(1U << (at % ROW_STEP));
      }
    }
  return kept_bits;
}

static lottery_status too_large(struct lottery_context *context) {
  return context_fail(context, LOTTERY_ERROR_MEMORY, "network: its parameters do not fit a 64-bit size");
}

static void measure(const struct tensor *shape, struct tensor_layout *tensor) {
  tensor->rows = tensor_rows(shape);
  tensor->columns = tensor_columns(shape);
  tensor->stride = arithmetic_round_up(tensor->rows, ROW_STEP);
}

bool layout_dense_bytes(const struct tensor *tensors, int64_t tensor_count, int64_t *bytes) {
  *bytes = 0;
  for (int64_t i = 0; i < tensor_count; i++) {
    struct tensor_layout tensor = {0};
    int64_t floats, more;
    measure(&tensors[i], &tensor);
    if (!arithmetic_multiply(tensor.columns, tensor.stride, &floats) ||
        !arithmetic_multiply(floats, (int64_t)sizeof(float), &more) || !arithmetic_add(*bytes, more, bytes))
      return false;
  }
  return true;
}

/* The form of a masked tensor; NULL when memory is out (message set). */
static struct tensor_form *create_form(struct lottery_context *context, const struct tensor_layout *tensor,
                                       const uint64_t *bits, int64_t kept, bool packed, bool transposed) {
  struct tensor_form *form = object_create(context, OBJECT_TENSOR_FORM, sizeof *form, finalise_form);
  if (form == NULL) return NULL;
  if (packed)
    form->index = sparse_index_create(context, bits, tensor->rows, tensor->columns, kept, transposed);
  else
    form->kept_bits = blocks_of(context, tensor, bits);
  if (form->index != NULL || form->kept_bits != NULL) return form;
  object_release(form);
  return NULL;
}

/* What is the same for all tensors of a layout. */
struct request {
  const struct kernels *kernels;
  double crossover;
  const struct layout *before; /* or NULL */
};

/* The form that the tensor had before, if it is also that of this mask; else NULL. */
static struct tensor_form *form_before(const struct layout *before, const struct lottery_mask *mask, int64_t tensor,
                                       int32_t mask_tensor, bool packed) {
  struct tensor_form *form = before != NULL ? before->tensors[tensor].form : NULL;
  if (form == NULL || (form->index != NULL) != packed) return NULL;
  return mask_tensors_equal(mask, before->mask, mask_tensor) ? form : NULL;
}

/* Fills one tensor and adds it to the layout's size. */
static lottery_status lay_out(struct layout *layout, const struct request *request, const struct tensor *shape,
                              const struct parameter *parameter, int64_t number) {
  struct lottery_context *context = layout->object.context;
  const struct lottery_mask *mask = layout->mask;
  struct tensor_layout *tensor = &layout->tensors[number];
  const int32_t masked = parameter->mask_tensor;
  tensor->role = parameter->role;
  tensor->offset = layout->parameter_count;
  measure(shape, tensor);
  const bool pruned = mask != NULL && masked >= 0 && mask->kept[masked] < shape->count;
  const bool packed = pruned && choice_packs(request->kernels->instruction_set, tensor->rows, tensor->columns,
                                             mask->kept[masked], request->crossover);
  if (!packed && !arithmetic_multiply(tensor->columns, tensor->stride, &tensor->floats)) return too_large(context);
  if (pruned) {
    tensor->form = object_retain(form_before(request->before, mask, number, masked, packed));
    if (tensor->form == NULL)
      tensor->form =
          create_form(context, tensor, mask->bits[masked], mask->kept[masked], packed, !parameter->reads_input);
    if (tensor->form == NULL) return LOTTERY_ERROR_MEMORY;
  }
  if (packed) tensor->floats = tensor->form->index->entries;
  const bool fits = arithmetic_add(layout->parameter_count, tensor->floats, &layout->parameter_count) &&
                    layout->parameter_count < INT64_MAX / 8;
  return fits ? LOTTERY_OK : too_large(context);
}

static void note_reader(const struct kernels *kernels, const struct tensor_layout *tensor,
                        struct input_readers *readers) {
  const struct sparse_index *index = tensor_index(tensor);
  if (index == NULL) {
    readers->dense = true;
    readers->dense_wide = readers->dense_wide || choice_reads_nonzeros(tensor->rows);
  } else if (choice_may_skip(kernels, tensor->columns, index->kept)) {
    readers->packed_skips = true;
  }
}

struct layout *layout_create(struct lottery_context *context, const struct kernels *kernels,
                             const struct tensor *tensors, const struct parameter *parameters, int64_t tensor_count,
                             struct lottery_mask *mask, double crossover, const struct layout *before) {
  const struct request request = {kernels, crossover, before};
  struct layout *layout = object_create(context, OBJECT_LAYOUT, sizeof *layout, finalise);
  if (layout == NULL) return NULL;
  layout->mask = object_retain(mask);
  layout->tensor_count = tensor_count;
  layout->tensors = memory_allocate(context, tensor_count, sizeof *layout->tensors);
  lottery_status status = layout->tensors != NULL ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
  for (int64_t i = 0; status == LOTTERY_OK && i < tensor_count; i++)
    status = lay_out(layout, &request, &tensors[i], &parameters[i], i);
  for (int64_t i = 0; status == LOTTERY_OK && i < tensor_count; i++)
    if (parameters[i].reads_input && parameters[i].role == PARAMETER_WEIGHT)
      note_reader(kernels, &layout->tensors[i], &layout->input_readers);
  if (status == LOTTERY_OK) return layout;
  object_release(layout);
  return NULL;
}

void parameters_release(struct parameters *parameters) {
  if (parameters->layout != NULL) memory_release(parameters->layout->object.context, parameters->values);
  object_release(parameters->layout);
  *parameters = (struct parameters){0};
}

float *layout_allocate(const struct layout *layout) {
  return memory_allocate(layout->object.context, layout->parameter_count, sizeof(float));
}

/* Walks the survivors of a tensor in the order of elements, row by row. */
struct walk {
  const struct tensor_layout *tensor;
  int64_t row, chunk, column; /* dense: column; packed: entry within the row of the chunk */
};

/* Finds the next survivor: its place in the tensor's part of a flat array, and its element. False at the end. */
static bool next_packed(struct walk *walk, int64_t *place, int64_t *element) {
  const struct sparse_index *index = tensor_index(walk->tensor);
  while (walk->row < index->rows) {
    const int64_t line = index->row_line[walk->chunk * index->rows + walk->row];
    const int64_t entry = index->line_start[line] + walk->column;
    if (entry < index->line_start[line + 1]) {
      walk->column++;
      *place = entry;
      *element = walk->row * index->columns + sparse_column(index, entry);
      return true;
    }
    walk->column = 0;
    if (++walk->chunk < index->chunks) continue;
    walk->chunk = 0;
    walk->row++;
  }
  return false;
}

static bool next_dense(struct walk *walk, int64_t *place, int64_t *element) {
  const struct tensor_layout *tensor = walk->tensor;
  const uint16_t *kept_bits = tensor_kept_bits(tensor);
  while (walk->row < tensor->rows) {
    for (; walk->column < tensor->columns; walk->column++) {
      const int64_t at = walk->column * tensor->stride + walk->row;
      if (kept_bits != NULL && (kept_bits[at / ROW_STEP] >> (at % ROW_STEP) & 1) == 0) continue;
      *place = at;
      *element = walk->row * tensor->columns + walk->column++;
      return true;
    }
    walk->column = 0;
    walk->row++;
  }
  return false;
}

static bool next(struct walk *walk, int64_t *place, int64_t *element) {
  return tensor_index(walk->tensor) != NULL ? next_packed(walk, place, element) : next_dense(walk, place, element);
}

/* Copies between the order of elements, row after row, and that of dense parameters, column after column. It goes by
 * blocks of columns, so that both sides stay in the cache. */
static void read_dense(const struct tensor_layout *tensor, const float *flat, float *values) {
  for (int64_t first = 0; first < tensor->columns; first += ROW_STEP) {
    const int64_t end = arithmetic_minimum(first + ROW_STEP, tensor->columns);
    for (int64_t row = 0; row < tensor->rows; row++)
      for (int64_t column = first; column < end; column++)
        values[row * tensor->columns + column] = flat[column * tensor->stride + row];
  }
}

static void write_dense(const struct tensor_layout *tensor, float *flat, const float *values) {
  for (int64_t first = 0; first < tensor->columns; first += ROW_STEP) {
    const int64_t end = arithmetic_minimum(first + ROW_STEP, tensor->columns);
    for (int64_t row = 0; row < tensor->rows; row++)
      for (int64_t column = first; column < end; column++)
        flat[column * tensor->stride + row] = values[row * tensor->columns + column];
  }
  const uint16_t *kept_bits = tensor_kept_bits(tensor);
  for (int64_t block = 0; kept_bits != NULL && block < tensor->floats / ROW_STEP; block++)
    for (uint32_t pruned = (uint16_t)~kept_bits[block]; pruned != 0; pruned &= pruned - 1)
      flat[block * ROW_STEP + __builtin_ctz(pruned)] = 0.0F;
}

/* Packed survivors are copied line by line, in the order in which they stand. */
static void read_packed(const struct sparse_index *index, const float *flat, float *values) {
  memset(values, 0, (size_t)(index->rows * index->columns) * sizeof *values);
  for (int64_t line = 0; line < index->chunks * index->rows; line++) {
    float *row = values + index->line_row[line] * index->columns;
    for (int64_t i = index->line_start[line]; i < index->line_start[line + 1]; i++)
      row[sparse_column(index, i)] = flat[i];
  }
}

static void write_packed(const struct sparse_index *index, float *flat, const float *values) {
  for (int64_t line = 0; line < index->chunks * index->rows; line++) {
    const float *row = values + index->line_row[line] * index->columns;
    for (int64_t i = index->line_start[line]; i < index->line_start[line + 1]; i++)
      flat[i] = row[sparse_column(index, i)];
  }
}

void layout_read(const struct layout *layout, const float *flat, int64_t tensor, float *values) {
  const struct tensor_layout *from = &layout->tensors[tensor];
  const struct sparse_index *index = tensor_index(from);
  if (index != NULL)
    read_packed(index, flat + from->offset, values);
  else
    read_dense(from, flat + from->offset, values);
}

void layout_write(const struct layout *layout, float *flat, int64_t tensor, const float *values) {
  const struct tensor_layout *to = &layout->tensors[tensor];
  const struct sparse_index *index = tensor_index(to);
  if (index != NULL)
    write_packed(index, flat + to->offset, values);
  else
    write_dense(to, flat + to->offset, values);
}

int64_t layout_survivors(const struct layout *layout, int64_t tensor) {
  const struct tensor_layout *of = &layout->tensors[tensor];
  const struct sparse_index *index = tensor_index(of);
  const uint16_t *kept_bits = tensor_kept_bits(of);
  if (index != NULL) return index->kept;
  if (kept_bits == NULL) return of->rows * of->columns;
  int64_t count = 0;
  for (int64_t i = 0; i < of->floats / ROW_STEP; i++) count += __builtin_popcount(kept_bits[i]);
  return count;
}

void layout_pack(const struct layout *layout, const float *flat, int64_t tensor, float *packed) {
  struct walk walk = {.tensor = &layout->tensors[tensor]};
  flat += walk.tensor->offset;
  for (int64_t place, element; next(&walk, &place, &element);) *packed++ = flat[place];
}

void layout_unpack(const struct layout *layout, float *flat, int64_t tensor, const float *packed) {
  struct walk walk = {.tensor = &layout->tensors[tensor]};
  flat += walk.tensor->offset;
  for (int64_t place, element; next(&walk, &place, &element);) flat[place] = *packed++;
}

void layout_convert(const struct layout *from, const float *source, const struct layout *to, float *target,
                    float *scratch) {
  for (int64_t i = 0; i < from->tensor_count; i++) {
    const struct tensor_layout *here = &from->tensors[i], *there = &to->tensors[i];
    if (here->form == there->form) {
      memcpy(target + there->offset, source + here->offset, (size_t)there->floats * sizeof *target);
      continue;
    }
    layout_read(from, source, i, scratch);
    layout_write(to, target, i, scratch);
  }
}

int64_t layout_bytes(const struct layout *layout, int64_t tensor) {
  const struct tensor_layout *of = &layout->tensors[tensor];
  int64_t bytes = of->floats * (int64_t)sizeof(float);
  const struct sparse_index *index = tensor_index(of);
  if (index != NULL) bytes += sparse_index_bytes(index);
  if (tensor_kept_bits(of) != NULL) bytes += of->floats / ROW_STEP * (int64_t)sizeof(uint16_t);
  return bytes;
}
