/* Handing a test's layer to kernels. */
#include "unit/kernels/kernel_passes.h"

#include <math.h>
#include <stdlib.h>

#include "base/float_mode.h"
#include "kernels/ahead.h"
#include "kernels/choice.h"
#include "kernels/dense.h"
#include "kernels/nonzero.h"
#include "kernels/sparse.h"

static const struct micro_kernel *micro_kernel;

void for_each_set(void (*check)(bool sparse), bool sparse) {
  assert_ok(NULL, lottery_context_create(&context));
  for (int32_t set = LOTTERY_INSTRUCTION_SET_PORTABLE; set <= LOTTERY_INSTRUCTION_SET_NEON; set++) {
    kernels = kernels_for(set);
    if (kernels == NULL) continue;
    random_state = (uint64_t)set;
    const uint64_t mode = float_mode_enter();
    micro_kernel = choice_micro_kernel(kernels);
    check(sparse);
    micro_kernel = kernels->dense->own_micro_kernel;
    if (!sparse) check(sparse);
    float_mode_leave(mode);
  }
  lottery_context_destroy(context);
}

void layer_forward_range(const struct layer *layer, const float *bias, int64_t tile, bool relu, float *output,
                         struct range rows) {
  const struct ahead_share ahead = {layer->ahead, tile, tile + 1, 2 * layer->tiles};
  const struct forward_arguments arguments = {
      &layer->weights, bias, &layer->input, tile, relu, output, layer->ahead != NULL ? &ahead : NULL};
  (layer->shape.sparse       ? kernels->sparse->forward
   : layer->nonzeros != NULL ? kernels->nonzero->forward
                             : kernels->dense->forward)(&arguments, rows);
}

void layer_forward(const struct layer *layer, const float *bias, int64_t tile, bool relu, float *output) {
  layer_forward_range(layer, bias, tile, relu, output, (struct range){0, layer->shape.rows});
}

void layer_input_gradient(const struct layer *layer, int64_t tile, bool accumulate, bool relu, float *gradient,
                          struct range columns) {
  const struct input_gradient_arguments arguments = {
      &layer->weights, layer->output_tiles + tile * layer->shape.rows * BATCH_TILE, accumulate,
      relu ? layer->input_tiles + tile * layer->shape.columns * BATCH_TILE : NULL, gradient};
  (layer->shape.sparse ? kernels->sparse->input_gradient : kernels->dense->input_gradient)(&arguments, columns);
}

void layer_weight_gradient_range(const struct layer *layer, const struct update *update, struct range range) {
  const struct ahead_share ahead = {layer->ahead, 1, 2, 2};
  struct weight_gradient_arguments arguments = {.weights = &layer->weights,
                                                .input = &layer->input,
                                                .output_gradient = layer->output_tiles,
                                                .count = layer->shape.count,
                                                .update = update,
                                                .micro_kernel = micro_kernel,
                                                .ahead = layer->ahead != NULL ? &ahead : NULL};
  if (layer->shape.sparse) {
    kernels->sparse->weight_gradient(&arguments, range);
    return;
  }
  const int64_t floats = weight_gradient_workspace(layer->shape.rows, layer->shape.columns, layer->shape.count);
  arguments.workspace = guarded(floats, NAN);
  (layer->nonzeros != NULL ? kernels->nonzero->weight_gradient : kernels->dense->weight_gradient)(&arguments, range);
  check_guard(arguments.workspace, floats, "the workspace of weight gradients");
  free(arguments.workspace);
}

struct range layer_weight_range(const struct layer *layer) {
  return (struct range){0, layer->shape.sparse ? layer->index->entries : layer->shape.columns};
}

void layer_weight_gradient(const struct layer *layer, const struct update *update) {
  layer_weight_gradient_range(layer, update, layer_weight_range(layer));
}

static void mark_place(void *user, int64_t element, int64_t place) {
  (void)element;
  ((uint8_t *)user)[place] = 1;
}

uint8_t *layer_places(const struct layer *layer) {
  uint8_t *places = room(layer->floats, 1);
  for_each_survivor(layer, mark_place, places);
  return places;
}

float *flat_array(const struct layer *layer, const uint8_t *places, float value) {
  float *values = guarded(layer->floats, 0);
  for (int64_t i = 0; i < layer->floats; i++)
    if (places[i]) values[i] = value;
  return values;
}

struct update make_update(const struct layer *layer, enum update_kind kind, int variant) {
  return (struct update){.kind = kind,
                         .rate = 0.05F,
                         .epsilon = 1e-8F,
                         .decay = variant % 2 == 0 ? 0.0F : 0.01F,
                         .momentum = 0.9F,
                         .first_average = average_of(0.9),
                         .second_average = average_of(0.999),
                         .nesterov = variant % 3 == 2,
                         .kept_bits = layer->shape.density > 1 ? NULL : layer->kept_bits};
}

void give_arrays(const struct layer *layer, const uint8_t *places, uint64_t seed, bool momentum,
                 struct update *update) {
  const uint64_t before = random_state;
  random_state = seed;
  update->gradient = flat_array(layer, places, NAN);
  update->weights = flat_array(layer, places, 0);
  update->first = momentum ? flat_array(layer, places, 0) : NULL;
  update->second = flat_array(layer, places, 0);
  for (int64_t i = 0; i < layer->floats; i++) {
    if (!places[i]) continue;
    update->weights[i] = (float)any();
    if (momentum) update->first[i] = (float)any();
    update->second[i] = (float)fabs(any());
  }
  random_state = before;
}

void release_arrays(struct update *update) {
  free(update->gradient);
  free(update->weights);
  free(update->first);
  free(update->second);
}
