/* Packing the gradient of survivors. */
#include "train/gradient.h"

#include "base/context.h"
#include "base/finite.h"
#include "base/real_text.h"
#include "train/trainer.h"

/* Elements of a tensor in the packed gradient. */
static int64_t packed_count(const struct layout *layout, int64_t tensor) {
  return role_is_trained(layout->tensors[tensor].role) ? layout_survivors(layout, tensor) : 0;
}

int64_t gradient_packed_count(const struct lottery_network *network) {
  const struct layout *layout = network->parameters.layout;
  int64_t count = 0;
  for (int64_t i = 0; i < layout->tensor_count; i++) count += packed_count(layout, i);
  return count;
}

void gradient_pack(const struct layout *layout, const float *flat, float *packed) {
  for (int64_t i = 0; i < layout->tensor_count; i++) {
    const int64_t count = packed_count(layout, i);
    if (count > 0) layout_pack(layout, flat, i, packed);
    packed += count;
  }
}

void gradient_unpack(const struct layout *layout, const float *packed, float *flat) {
  for (int64_t i = 0; i < layout->tensor_count; i++) {
    const int64_t count = packed_count(layout, i);
    if (count > 0) layout_unpack(layout, flat, i, packed);
    packed += count;
  }
}

lottery_status gradient_check_finite(struct lottery_trainer *trainer) {
  const struct layout *layout = trainer->arrays.layout;
  for (int64_t i = 0; i < layout->tensor_count; i++) {
    const float *values = trainer->arrays.gradient + layout->tensors[i].offset;
    const int64_t end = finite_end(values, layout->tensors[i].floats);
    if (end < layout->tensors[i].floats)
      return context_fail(trainer->object.context, LOTTERY_ERROR_NOT_FINITE,
                          "gradient: an element of %s is %s; nothing was changed", trainer->network->tensors[i].name,
                          real_text(finite_widen(&values[end])).text);
  }
  return LOTTERY_OK;
}
