/* Philox counters turned into uniform and normal deviates and permutations. */
#include "base/random.h"

#include <Random123/philox.h>
#include <math.h>

#include "base/elementary.h"

void random_block(uint64_t seed, enum random_stream stream, uint32_t substream, uint64_t index, uint64_t bits[2]) {
  const philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
  const philox4x32_ctr_t counter = {{(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)stream, substream}};
  const philox4x32_ctr_t block = philox4x32(counter, key);
  bits[0] = (uint64_t)block.v[0] | (uint64_t)block.v[1] << 32;
  bits[1] = (uint64_t)block.v[2] | (uint64_t)block.v[3] << 32;
}

double random_uniform(uint64_t bits) { return (double)(bits >> 11) * 0x1p-53; }

/* The high half of a 64 x 64 bit product: biased by at most limit / 2^64. */
uint64_t random_below(uint64_t bits, uint64_t limit) {
  const uint64_t low = (uint32_t)bits, high = bits >> 32;
  const uint64_t limit_low = (uint32_t)limit, limit_high = limit >> 32;
  const uint64_t carry = (low * limit_low >> 32) + (uint32_t)(low * limit_high) + (uint32_t)(high * limit_low);
  return high * limit_high + (low * limit_high >> 32) + (high * limit_low >> 32) + (carry >> 32);
}

void random_normal(const uint64_t bits[2], double deviates[2]) {
  const double radius = sqrt(-2.0 * elementary_log(1.0 - random_uniform(bits[0])));
  double sine, cosine;
  elementary_turn(random_uniform(bits[1]), &sine, &cosine);
  deviates[0] = radius * cosine;
  deviates[1] = radius * sine;
}

void random_permutation(uint64_t seed, enum random_stream stream, uint32_t substream, int64_t count, int32_t *order) {
  for (int64_t i = 0; i < count; i++) order[i] = (int32_t)i;
  uint64_t bits[2];
  for (int64_t i = count - 1, drawn = 0; i > 0; i--, drawn++) {
    if ((drawn & 1) == 0) random_block(seed, stream, substream, (uint64_t)drawn >> 1, bits);
    const int64_t j = (int64_t)random_below(bits[drawn & 1], (uint64_t)i + 1);
    const int32_t swapped = order[i];
    order[i] = order[j];
    order[j] = swapped;
  }
}
