/* The floating-point mode that kernels run in: round to nearest, nothing trapped, denormals as zero (they would slow
 * training down). Every public function that computes enters it and leaves the host's mode as it was. */
#ifndef KERNELS_FLOAT_MODE_H
#define KERNELS_FLOAT_MODE_H

#include <stdint.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

static inline uint64_t float_mode_enter(void) {
#if defined(__x86_64__)
  const uint64_t mode = _mm_getcsr();
  _mm_setcsr(0x1f80 | 0x8000 | 0x0040); /* all masked, nearest | flush to zero | denormals are zero */
  return mode;
#elif defined(__aarch64__)
  uint64_t mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)1 << 24)); /* FZ */
  return mode;
#else
  return 0;
#endif
}

static inline void float_mode_leave(uint64_t mode) {
#if defined(__x86_64__)
  _mm_setcsr((unsigned)mode);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(mode));
#else
  (void)mode;
#endif
}

#endif
