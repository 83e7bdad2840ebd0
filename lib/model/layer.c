/* What all layers share on their backward pass. */
#include "model/layer.h"

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
