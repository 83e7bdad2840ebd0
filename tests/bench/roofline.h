/* The machine's peaks, measured with small loops: multiply-adds in registers, loads from a buffer, and updates of one
 * (read, multiply-add, write), each in the vectors of one instruction set. */
#ifndef BENCH_ROOFLINE_H
#define BENCH_ROOFLINE_H

#include <stddef.h>

#include "bench/measure.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { ROOFLINE_CHAINS = 12, ROOFLINE_LOADS = 8 };

/* Three loops over one vector type; none is inlined, so that its target stays its own. `fma` is a macro or intrinsic
 * a * b + c. */
#define ROOFLINE_LOOPS(name, target, vector, broadcast, fma)                                                      \
  __attribute__((noinline)) target static float name##_multiply(int64_t repeats) {                                \
    const vector a = broadcast(1.0F), b = broadcast(1e-9F);                                                       \
    vector chains[ROOFLINE_CHAINS];                                                                               \
    for (int i = 0; i < ROOFLINE_CHAINS; i++) chains[i] = a;                                                      \
    for (int64_t j = 0; j < repeats; j++) {                                                                       \
      _Pragma("GCC unroll 12") for (int i = 0; i < ROOFLINE_CHAINS; i++) chains[i] = fma(a, b, chains[i]);        \
    }                                                                                                             \
    for (int i = 1; i < ROOFLINE_CHAINS; i++) chains[0] = fma(a, chains[i], chains[0]);                           \
    return ((const float *)&chains[0])[0];                                                                        \
  }                                                                                                               \
  __attribute__((noinline)) target static float name##_load(const float *data, int64_t floats, int64_t repeats) { \
    enum { LANES = sizeof(vector) / sizeof(float) };                                                              \
    const vector a = broadcast(1e-9F);                                                                            \
    vector sums[ROOFLINE_LOADS];                                                                                  \
    for (int i = 0; i < ROOFLINE_LOADS; i++) sums[i] = a;                                                         \
    for (int64_t j = 0; j < repeats; j++) {                                                                       \
      for (int64_t k = 0; k < floats; k += LANES * ROOFLINE_LOADS) {                                              \
        _Pragma("GCC unroll 8") for (int i = 0; i < ROOFLINE_LOADS; i++) sums[i] =                                \
            fma(a, *(const vector *)(const void *)(data + k + i * LANES), sums[i]);                               \
      }                                                                                                           \
      __asm__ volatile("" ::: "memory");                                                                          \
    }                                                                                                             \
    for (int i = 1; i < ROOFLINE_LOADS; i++) sums[0] = fma(a, sums[i], sums[0]);                                  \
    return ((const float *)&sums[0])[0];                                                                          \
  }                                                                                                               \
  __attribute__((noinline)) target static void name##_update(float *data, int64_t floats, int64_t repeats) {      \
    enum { LANES = sizeof(vector) / sizeof(float) };                                                              \
    const vector a = broadcast(0.5F), b = broadcast(1.0F);                                                        \
    for (int64_t j = 0; j < repeats; j++) {                                                                       \
      _Pragma("GCC unroll 4") for (int64_t k = 0; k < floats; k += LANES) {                                       \
        vector *place = (vector *)(void *)(data + k);                                                             \
        *place = fma(a, *place, b);                                                                               \
      }                                                                                                           \
      __asm__ volatile("" ::: "memory");                                                                          \
    }                                                                                                             \
  }

typedef float roofline_lanes __attribute__((vector_size(16)));
#define ROOFLINE_BROADCAST(x) ((roofline_lanes){(x), (x), (x), (x)})
#if defined(__aarch64__)
#define ROOFLINE_FMA(a, b, c) ((roofline_lanes)vfmaq_f32((float32x4_t)(c), (float32x4_t)(a), (float32x4_t)(b)))
#else
#define ROOFLINE_FMA(a, b, c) ((a) * (b) + (c))
#endif
ROOFLINE_LOOPS(roofline_baseline, , roofline_lanes, ROOFLINE_BROADCAST, ROOFLINE_FMA)
#if defined(__x86_64__)
ROOFLINE_LOOPS(roofline_avx2, __attribute__((target("avx2,fma"))), __m256, _mm256_set1_ps, _mm256_fmadd_ps)
ROOFLINE_LOOPS(roofline_avx512, __attribute__((target("avx512f"))), __m512, _mm512_set1_ps, _mm512_fmadd_ps)
#endif

struct roofline_loops {
  int lanes;
  float (*multiply)(int64_t repeats);
  float (*load)(const float *data, int64_t floats, int64_t repeats);
  void (*update)(float *data, int64_t floats, int64_t repeats);
};

static inline struct roofline_loops roofline_loops_for(int32_t instruction_set) {
#if defined(__x86_64__)
  if (instruction_set == LOTTERY_INSTRUCTION_SET_AVX2)
    return (struct roofline_loops){8, roofline_avx2_multiply, roofline_avx2_load, roofline_avx2_update};
  if (instruction_set == LOTTERY_INSTRUCTION_SET_AVX512)
    return (struct roofline_loops){16, roofline_avx512_multiply, roofline_avx512_load, roofline_avx512_update};
#endif
  (void)instruction_set;
  return (struct roofline_loops){4, roofline_baseline_multiply, roofline_baseline_load, roofline_baseline_update};
}

enum { ROOFLINE_ROUNDS = 5 };
static volatile float roofline_sink;

/* Floating-point operations a second. */
static inline double roofline_operations(int32_t instruction_set, bool processor) {
  const struct roofline_loops loops = roofline_loops_for(instruction_set);
  const int64_t repeats = 1000000;
  double rates[ROOFLINE_ROUNDS];
  for (int i = 0; i < ROOFLINE_ROUNDS; i++) {
    const double start = measure_now(processor);
    roofline_sink = loops.multiply(repeats);
    rates[i] = 2.0 * ROOFLINE_CHAINS * loops.lanes * (double)repeats / (measure_now(processor) - start);
  }
  return measure_median(rates, ROOFLINE_ROUNDS);
}

/* Bytes a second that are loaded from a buffer of `bytes`, or read and written in one. */
static inline double roofline_bytes(int32_t instruction_set, bool processor, bool update, double bytes) {
  const struct roofline_loops loops = roofline_loops_for(instruction_set);
  const int64_t floats = ((int64_t)bytes / 4 + 255) / 256 * 256;
  const int64_t repeats = 1 + (int64_t)(64e6 / (4.0 * (double)floats));
  float *data = measure_allocate((size_t)floats);
  double rates[ROOFLINE_ROUNDS];
  for (int i = -1; i < ROOFLINE_ROUNDS; i++) { /* the first round warms up */
    const double start = measure_now(processor);
    if (update)
      loops.update(data, floats, repeats);
    else
      roofline_sink = loops.load(data, floats, repeats);
    const double time = measure_now(processor) - start;
    if (i >= 0) rates[i] = (update ? 8.0 : 4.0) * (double)floats * (double)repeats / time;
  }
  free(data);
  return measure_median(rates, ROOFLINE_ROUNDS);
}

#endif
