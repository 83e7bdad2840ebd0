/* Vectors of four lanes in plain C, which the compiler makes what it can of. */
#ifndef KERNELS_ISA_VECTOR_FOUR_H
#define KERNELS_ISA_VECTOR_FOUR_H

#define VECTOR_LANES 4
typedef float vector __attribute__((vector_size(16)));
typedef int32_t vector_integer __attribute__((vector_size(16)));

VECTOR_INLINE vector vector_broadcast(float value) { return (vector){value, value, value, value}; }

VECTOR_INLINE vector vector_from_bytes(const uint8_t *p) {
  return (vector){(float)p[0], (float)p[1], (float)p[2], (float)p[3]};
}

/* The sum of the lanes, in pairs: the same order for every set of one width. */
VECTOR_INLINE float vector_sum(vector a) {
  float lanes[VECTOR_LANES];
  memcpy(lanes, &a, sizeof lanes);
  for (int width = VECTOR_LANES / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
  return lanes[0];
}

VECTOR_INLINE void vector_store_sums(float *p, vector a, vector b, vector c, vector d) {
  p[0] = vector_sum(a), p[1] = vector_sum(b), p[2] = vector_sum(c), p[3] = vector_sum(d);
}

VECTOR_INLINE bool vector_any(vector_integer a) {
  int32_t found = 0;
  for (int i = 0; i < VECTOR_LANES; i++) found |= a[i];
  return found != 0;
}

VECTOR_INLINE uint32_t vector_bits(vector_integer condition) {
  uint32_t bits = 0;
  for (int i = 0; i < VECTOR_LANES; i++) bits |= ((uint32_t)condition[i] & 1) << i;
  return bits;
}

VECTOR_INLINE int64_t vector_store_compressed(uint32_t bits, vector_integer a, uint32_t *p) {
  for (int i = 0, at = 0; i < VECTOR_LANES && bits != 0; i++) {
    p[at] = (uint32_t)a[i];
    at += (int)(bits >> i & 1);
  }
  return __builtin_popcount(bits);
}

VECTOR_INLINE vector vector_keep(uint32_t bits, vector a) {
  vector_integer lane_bits;
  for (int i = 0; i < VECTOR_LANES; i++) lane_bits[i] = 1 << i;
  return (vector)((vector_integer)a & ((lane_bits & (int32_t)bits) != 0));
}

VECTOR_INLINE vector vector_interleave_low(vector a, vector b) { return __builtin_shufflevector(a, b, 0, 4, 1, 5); }

VECTOR_INLINE vector vector_interleave_high(vector a, vector b) { return __builtin_shufflevector(a, b, 2, 6, 3, 7); }

#endif
