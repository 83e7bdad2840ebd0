/* Packing the gradient of survivors. */
#include "train/gradient.h"

#include <math.h>

#include "base/context.h"
#include "train/trainer.h"

int64_t gradient_packed_count(const struct lottery_network *network) {
  int64_t count = 0;
  for (int64_t i = 0; i < network->tensor_count; i++) count += layout_survivors(network->layout, i);
  return count;
}

void gradient_pack(const struct layout *layout, const float *flat, float *packed) {
  for (int64_t i = 0; i < layout->tensor_count; i++) {
    layout_pack(layout, flat, i, packed);
    packed += layout_survivors(layout, i);
  }
}

void gradient_unpack(const struct layout *layout, const float *packed, float *flat) {
  for (int64_t i = 0; i < layout->tensor_count; i++) {
    layout_unpack(layout, flat, i, packed);
    packed += layout_survivors(layout, i);
  }
}

lottery_status gradient_check_finite(struct lottery_trainer *trainer) {
  const struct layout *layout = trainer->arrays.layout;
  for (int64_t i = 0; i < layout->tensor_count; i++) {
    const float *values = trainer->arrays.gradient + layout->tensors[i].offset;
    for (int64_t j = 0; j < layout->tensors[i].floats; j++)
      if (!isfinite(values[j]))
        return context_fail(trainer->object.context, LOTTERY_ERROR_NOT_FINITE,
                            "gradient: an element of %s is %g; nothing was changed", trainer->network->tensors[i].name,
                            (double)values[j]);
  }
  return LOTTERY_OK;
}
