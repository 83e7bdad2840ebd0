/* What is done element by element: activations and sums. Arrays are [tile][feature][lane], whole vectors of them. */
#include "kernels/elementwise.h"

#include "kernels/isa/set.h"
#include "kernels/isa/vector_math.h"

static void relu(const float *input, float *output, struct range elements) {
  const vector zero = vector_broadcast(0.0F);
  for (int64_t i = elements.first; i < elements.end; i += VECTOR_LANES) {
    const vector x = vector_load(input + i);
    /* x <= 0 becomes 0, so that NaN passes and the loss shows it. */
    vector_store(output + i, vector_select(x <= 0.0F, zero, x));
  }
}

static void activate(enum activation activation, const float *input, float *output, struct range elements) {
  if (activation == ACTIVATION_RELU) {
    relu(input, output, elements);
  } else if (activation == ACTIVATION_TANH) {
    for (int64_t i = elements.first; i < elements.end; i += VECTOR_LANES)
      vector_store(output + i, vector_tanh(vector_load(input + i)));
  } else {
    for (int64_t i = elements.first; i < elements.end; i += VECTOR_LANES)
      vector_store(output + i, 1.0F / (1.0F + vector_exp(-vector_load(input + i))));
  }
}

/* From the output y: relu' = [y > 0], tanh' = 1 - y^2, sigmoid' = y (1 - y). */
VECTOR_INLINE vector slope(enum activation activation, vector y, vector gradient) {
  if (activation == ACTIVATION_RELU) return vector_relu_slope(y, gradient);
  if (activation == ACTIVATION_TANH) return gradient * (1.0F - y * y);
  return gradient * (y * (1.0F - y));
}

VECTOR_INLINE void backward(enum activation activation, const float *output, const float *output_gradient,
                            float *input_gradient, bool accumulate, struct range elements) {
  for (int64_t i = elements.first; i < elements.end; i += VECTOR_LANES) {
    vector gradient = slope(activation, vector_load(output + i), vector_load(output_gradient + i));
    if (accumulate) gradient += vector_load(input_gradient + i);
    vector_store(input_gradient + i, gradient);
  }
}

static void activate_backward(enum activation activation, const float *output, const float *output_gradient,
                              float *input_gradient, bool accumulate, struct range elements) {
  if (activation == ACTIVATION_RELU)
    backward(ACTIVATION_RELU, output, output_gradient, input_gradient, accumulate, elements);
  else if (activation == ACTIVATION_TANH)
    backward(ACTIVATION_TANH, output, output_gradient, input_gradient, accumulate, elements);
  else
    backward(ACTIVATION_SIGMOID, output, output_gradient, input_gradient, accumulate, elements);
}

static void add(const float *a, const float *b, float *output, struct range elements) {
  for (int64_t i = elements.first; i < elements.end; i += VECTOR_LANES)
    vector_store(output + i, vector_load(a + i) + vector_load(b + i));
}

const struct elementwise_kernels KERNEL(elementwise_kernels) = {
    .activate = activate, .activate_backward = activate_backward, .add = add};
