/* Packing the gradient of survivors. */
#include "train/gradient.h"

#include <math.h>

#include "base/context.h"
#include "train/trainer.h"

/* The mask's bits of a tensor, NULL where all of it survives. */
static const uint64_t *bits_of(const struct lottery_network *network, int64_t tensor) {
  const int32_t index = network->parameter[tensor].mask_tensor;
  return network->mask == NULL || index < 0 ? NULL : network->mask->bits[index];
}

int64_t gradient_packed_count(const struct lottery_network *network) {
  int64_t count = 0;
  for (int64_t i = 0; i < network->tensor_count; i++)
    count += bits_of(network, i) == NULL ? network->tensors[i].count
                                         : network->mask->kept[network->parameter[i].mask_tensor];
  return count;
}

void gradient_pack(const struct lottery_network *network, const float *flat, float *packed) {
  for (int64_t i = 0; i < network->tensor_count; i++) {
    const uint64_t *bits = bits_of(network, i);
    const float *values = flat + network->parameter[i].offset;
    for (int64_t j = 0; j < network->tensors[i].count; j++)
      if (bits == NULL || mask_bit(bits, j)) *packed++ = values[j];
  }
}

void gradient_unpack(const struct lottery_network *network, const float *packed, float *flat) {
  for (int64_t i = 0; i < network->tensor_count; i++) {
    const uint64_t *bits = bits_of(network, i);
    float *values = flat + network->parameter[i].offset;
    for (int64_t j = 0; j < network->tensors[i].count; j++)
      if (bits == NULL || mask_bit(bits, j)) values[j] = *packed++;
  }
}

lottery_status gradient_check_finite(struct lottery_trainer *trainer) {
  const struct lottery_network *network = trainer->network;
  for (int64_t i = 0; i < network->tensor_count; i++) {
    const float *values = trainer->gradient + network->parameter[i].offset;
    for (int64_t j = 0; j < network->tensors[i].count; j++)
      if (!isfinite(values[j]))
        return context_fail(trainer->object.context, LOTTERY_ERROR_NOT_FINITE,
                            "gradient: %s[%lld] is %g; nothing was changed", network->tensors[i].name, (long long)j,
                            (double)values[j]);
  }
  return LOTTERY_OK;
}
