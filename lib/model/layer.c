/* The kinds by name, and what all layers share on their backward pass. */
#include "model/layer.h"

#include <string.h>

static const struct layer_kind *const kinds[] = {&layer_input, &layer_dense,   &layer_relu,
                                                 &layer_tanh,  &layer_sigmoid, &layer_add};

const struct layer_kind *layer_find(const char *name) {
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (strcmp(kinds[i]->name, name) == 0) return kinds[i];
  return NULL;
}

struct update layer_update(struct lottery_network *network, int64_t tensor, const struct gradient_sink *sink) {
  const struct tensor_layout *layout = &network->layout->tensors[tensor];
  struct update update = sink->update;
  update.weights = network->parameters + layout->offset;
  update.gradient += layout->offset;
  if (update.first != NULL) update.first += layout->offset;
  if (update.second != NULL) update.second += layout->offset;
  update.kept = layout->kept;
  if (network->parameter[tensor].mask_tensor < 0) update.decay = sink->bias_decay;
  return update;
}
