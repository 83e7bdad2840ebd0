/* Whether arithmetic has made an infinity or what is not a number, from the processor's sticky flags: no value has to
 * be looked at. They count inside of the library's floating-point mode, which clears them on entry. */
#ifndef KERNELS_FLOAT_OVERFLOW_H
#define KERNELS_FLOAT_OVERFLOW_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

/* Lowers the flags. */
static inline void float_overflow_forget(void) {
#if defined(__x86_64__)
  _mm_setcsr(_mm_getcsr() & ~0x3fU);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpsr, %0" : : "r"((uint64_t)0) : "memory");
#endif
}

/* Whether a flag is up: an invalid operation, a division by zero or an overflow. Always true on a machine whose flags
 * are not known here. */
static inline bool float_overflow_seen(void) {
#if defined(__x86_64__)
  return (_mm_getcsr() & 0x0dU) != 0;
#elif defined(__aarch64__)
  uint64_t flags;
  __asm__ volatile("mrs %0, fpsr" : "=r"(flags) : : "memory");
  return (flags & 7) != 0;
#else
  return true;
#endif
}

#endif
