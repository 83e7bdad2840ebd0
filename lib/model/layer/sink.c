/* From the sink of all gradients to the update of one tensor. */
#include "model/layer/layer.h"

struct update layer_update(const struct parameters *parameters, int64_t tensor, const struct gradient_sink *sink) {
  const struct tensor_layout *layout = &parameters->layout->tensors[tensor];
  struct update update = sink->update;
  update.weights = parameters->values + layout->offset;
  update.gradient += layout->offset;
  if (update.first != NULL) update.first += layout->offset;
  if (update.second != NULL) update.second += layout->offset;
  update.kept_bits = tensor_kept_bits(layout);
  if (!role_decays(layout->role)) update.decay = sink->other_decay;
  return update;
}
