/* Runs of bits in arrays of 64-bit words. Bit i is bit i % 64 of word i / 64. */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <stdint.h>

/* Bits first … first + count - 1, count 1 to 64, in the low bits. Reads only words that hold some of them. */
static inline uint64_t bits_take(const uint64_t *bits, int64_t first, int64_t count) {
  const int64_t word = first / 64, shift = first % 64;
  uint64_t taken = bits[word] >> shift;
  if (shift + count > 64)
    taken |= bits[word + 1] << 1 << (63 - shift); /* shift is at least 1, which an analyser cannot see */
  return count == 64 ? taken : taken & (((uint64_t)1 << count) - 1);
}

#endif
