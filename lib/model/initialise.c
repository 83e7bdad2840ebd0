/* Initial weights: each a function of scheme, seed, tensor and position. */
#include <math.h>

#include "base/float_mode.h"
#include "base/memory.h"
#include "base/random.h"
#include "model/network.h"

/* Glorot & Bengio 2010, section 4.2.1; He et al. 2015, section 2.2. A uniform deviate in ±a has variance a^2 / 3. */
static double standard_deviation(int32_t scheme, const struct parameter *parameter) {
  const double fan_in = (double)parameter->fan_in, fan_out = (double)parameter->fan_out;
  const int glorot = scheme == LOTTERY_INITIALISE_GLOROT_NORMAL || scheme == LOTTERY_INITIALISE_GLOROT_UNIFORM;
  return sqrt(2.0 / (glorot ? fan_in + fan_out : fan_in));
}

static void fill(float *values, int64_t count, double deviation, bool normal, uint64_t seed, uint32_t tensor) {
  for (int64_t i = 0; i < count; i += 2) { /* a block of random bits serves two elements */
    uint64_t bits[2];
    random_block(seed, RANDOM_INITIALISE, tensor, (uint64_t)i / 2, bits);
    double pair[2];
    if (normal) {
      random_normal(bits, pair);
    } else {
      pair[0] = (2.0 * random_uniform(bits[0]) - 1.0) * sqrt(3.0);
      pair[1] = (2.0 * random_uniform(bits[1]) - 1.0) * sqrt(3.0);
    }
    values[i] = (float)(deviation * pair[0]);
    if (i + 1 < count) values[i + 1] = (float)(deviation * pair[1]);
  }
}

lottery_status network_initialise(struct lottery_network *network, int32_t scheme, uint64_t seed) {
  const bool normal = scheme == LOTTERY_INITIALISE_GLOROT_NORMAL || scheme == LOTTERY_INITIALISE_KAIMING_NORMAL;
  float *values = memory_allocate(network->object.context, network_largest_tensor(network), sizeof *values);
  if (values == NULL) return LOTTERY_ERROR_MEMORY;
  const uint64_t mode = float_mode_enter(); /* the same bits however the host rounds */
  for (int64_t i = 0; i < network->tensor_count; i++) {
    const struct parameter *parameter = &network->parameter[i];
    const int64_t count = network->tensors[i].count;
    if (parameter->role == PARAMETER_WEIGHT)
      fill(values, count, standard_deviation(scheme, parameter), normal, seed, (uint32_t)i);
    else
      for (int64_t j = 0; j < count; j++) values[j] = role_initial(parameter->role);
    network_write(network, i, values);
  }
  float_mode_leave(mode);
  memory_release(network->object.context, values);
  return LOTTERY_OK;
}
