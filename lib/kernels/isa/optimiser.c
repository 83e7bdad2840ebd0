/* One step of an optimiser over packed parameters, and the mask. */
#include "kernels/isa/isa.h"
#include "kernels/vector.h"

/* g' = g + decay w; v = m v + g'; w -= rate v, Nesterov: w -= rate (g' + m v). torch.optim.SGD. */
void KERNEL(sgd)(const struct sgd_step *step, int64_t count, float *weights, const float *gradient, float *momentum) {
  const vector rate = vector_broadcast(-step->rate), decay = vector_broadcast(step->decay),
               factor = vector_broadcast(step->momentum);
  for (int64_t i = 0; i < count; i += VECTOR_LANES) {
    const vector w = vector_load(weights + i);
    vector g = vector_fma(decay, w, vector_load(gradient + i));
    if (momentum != NULL) {
      const vector v = vector_fma(factor, vector_load(momentum + i), g);
      vector_store(momentum + i, v);
      g = step->nesterov ? vector_fma(factor, v, g) : v;
    }
    vector_store(weights + i, vector_fma(rate, g, w));
  }
}

/* m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; w -= rate m / (sqrt v + epsilon), bias corrections being in rate and
 * epsilon. Kingma & Ba, ICLR 2015, algorithm 1 and the last lines of section 2. */
void KERNEL(adam)(const struct adam_step *step, int64_t count, float *weights, const float *gradient, float *first,
                  float *second) {
  const vector rate = vector_broadcast(-step->rate), epsilon = vector_broadcast(step->epsilon),
               decay = vector_broadcast(step->decay), beta2 = vector_broadcast(step->beta2),
               rest1 = vector_broadcast(1.0F - step->beta1), rest2 = vector_broadcast(1.0F - step->beta2);
  for (int64_t i = 0; i < count; i += VECTOR_LANES) {
    const vector w = vector_load(weights + i);
    const vector g = vector_fma(decay, w, vector_load(gradient + i));
    vector m = vector_load(first + i);
    m = vector_fma(rest1, g - m, m);
    const vector v = vector_fma(rest2 * g, g, beta2 * vector_load(second + i));
    vector_store(first + i, m);
    vector_store(second + i, v);
    vector_store(weights + i, vector_fma(rate, m / (vector_sqrt(v) + epsilon), w));
  }
}

void KERNEL(apply_mask)(float *values, const uint64_t *bits, int64_t count) {
  for (int64_t word = 0; word * 64 < count; word++) {
    const uint64_t kept = bits[word];
    if (kept == UINT64_MAX) continue;
    float *block = values + word * 64;
    const int64_t length = count - word * 64 < 64 ? count - word * 64 : 64;
    for (int64_t i = 0; i < length; i++)
      if ((kept >> i & 1) == 0) block[i] = 0.0F;
  }
}
