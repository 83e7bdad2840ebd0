/* What becomes of gradients, a vector at a time: stored, or a step of the optimiser. Inlined into the kernels that make
 * gradients, so that the slow square roots and divisions of one piece overlap with the products of the next. */
#ifndef KERNELS_ISA_UPDATE_VECTOR_H
#define KERNELS_ISA_UPDATE_VECTOR_H

#include "kernels/isa/vector.h"
#include "kernels/tile.h"
#include "kernels/update.h"

/* The options of an update in registers. */
struct average_vectors {
  vector kept, kept_rest, added;
};
struct update_vectors {
  vector rate, epsilon, decay, momentum;
  struct average_vectors first, second;
};

VECTOR_INLINE struct average_vectors average_vectors_of(const struct average *average) {
  return (struct average_vectors){vector_broadcast(average->kept), vector_broadcast(average->kept_rest),
                                  vector_broadcast(average->added)};
}

VECTOR_INLINE struct update_vectors update_vectors_of(const struct update *update) {
  return (struct update_vectors){.rate = vector_broadcast(-update->rate),
                                 .epsilon = vector_broadcast(update->epsilon),
                                 .decay = vector_broadcast(update->decay),
                                 .momentum = vector_broadcast(update->momentum),
                                 .first = average_vectors_of(&update->first_average),
                                 .second = average_vectors_of(&update->second_average)};
}

/* With `added` times the new value. */
VECTOR_INLINE vector move_average(const struct average_vectors *v, vector average, vector added) {
  return vector_fma(v->kept, average, vector_fma(v->kept_rest, average, added));
}

/* m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; w -= rate m / (sqrt v + epsilon), bias corrections being in rate and
 * epsilon. Kingma & Ba, ICLR 2015, algorithm 1 and the last lines of section 2. */
VECTOR_INLINE void update_adam(const struct update *update, const struct update_vectors *v, int64_t at,
                               vector gradient) {
  const vector w = vector_load(update->weights + at);
  const vector g = vector_fma(v->decay, w, gradient);
  const vector first = move_average(&v->first, vector_load(update->first + at), v->first.added * g);
  const vector second = move_average(&v->second, vector_load(update->second + at), v->second.added * g * g);
  vector_store(update->first + at, first);
  vector_store(update->second + at, second);
  vector_store(update->weights + at, vector_fma(v->rate, first / (vector_sqrt(second) + v->epsilon), w));
}

/* g' = g + decay w; v = m v + g'; w -= rate v, Nesterov: w -= rate (g' + m v). torch.optim.SGD. */
VECTOR_INLINE void update_sgd(const struct update *update, const struct update_vectors *v, int64_t at,
                              vector gradient) {
  const vector w = vector_load(update->weights + at);
  vector g = vector_fma(v->decay, w, gradient);
  if (update->first != NULL) {
    const vector velocity = vector_fma(v->momentum, vector_load(update->first + at), g);
    vector_store(update->first + at, velocity);
    g = update->nesterov ? vector_fma(v->momentum, velocity, g) : velocity;
  }
  vector_store(update->weights + at, vector_fma(v->rate, g, w));
}

/* A vector of the gradient of dense weights, pruned ones cleared. `at` is a multiple of VECTOR_LANES. */
VECTOR_INLINE void update_vector(const struct update *update, const struct update_vectors *v, int64_t at,
                                 vector gradient) {
  if (update->kept_bits != NULL)
    gradient = vector_keep((uint32_t)update->kept_bits[at / ROW_STEP] >> (at % ROW_STEP), gradient);
  if (update->kind == UPDATE_ADAM)
    update_adam(update, v, at, gradient);
  else if (update->kind == UPDATE_SGD)
    update_sgd(update, v, at, gradient);
  else
    vector_store(update->gradient + at, gradient);
}

/* The parameters from `first` to `end` with the gradient array. Both are multiples of VECTOR_LANES. */
VECTOR_INLINE void update_range(const struct update *update, const struct update_vectors *v, int64_t first,
                                int64_t end) {
  if (update->kind == UPDATE_ADAM)
    for (int64_t i = first; i < end; i += VECTOR_LANES) update_adam(update, v, i, vector_load(update->gradient + i));
  else if (update->kind == UPDATE_SGD)
    for (int64_t i = first; i < end; i += VECTOR_LANES) update_sgd(update, v, i, vector_load(update->gradient + i));
}

#endif
