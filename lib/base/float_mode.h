/* The floating-point mode that the library computes in, whatever the host's is: round to nearest, nothing trapped. The
 * host's mode and its sticky flags come back as they were.
 *
 * A public function enters the mode where it begins to compute. Callbacks of the host, its allocator too, run in the
 * host's own mode: so the mode is entered after all memory is there, which for some functions is below api/. It nests.
 *
 * The compiler does not know that the mode matters to arithmetic. What is computed inside must come from memory and go
 * to memory, or decide a branch. */
#ifndef BASE_FLOAT_MODE_H
#define BASE_FLOAT_MODE_H

#include <stdint.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

/* Sets the control register, clears the flags, and returns both as they were. */
static inline uint64_t float_mode_set(uint64_t control) {
  uint64_t mode = 0;
#if defined(__x86_64__)
  mode = _mm_getcsr();
  _mm_setcsr((unsigned)control);
#elif defined(__aarch64__)
  uint64_t flags;
  __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(mode), "=r"(flags));
  __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1" : : "r"(control), "r"((uint64_t)0));
  mode |= flags << 32;
#else
  (void)control;
#endif
  __asm__ volatile("" : : : "memory");
  return mode;
}

/* For training, prediction and what goes with them (initial values, pruning): denormals as zero, since they would slow
 * it down. */
static inline uint64_t float_mode_enter(void) {
#if defined(__x86_64__)
  return float_mode_set(0x1f80 | 0x8000 | 0x0040); /* all masked, nearest | flush to zero | denormals are zero */
#else
  return float_mode_set((uint64_t)1 << 24); /* FZ */
#endif
}

/* For everything else: IEEE 754's default mode, in which denormals are numbers like others. */
static inline uint64_t float_mode_enter_ieee(void) {
#if defined(__x86_64__)
  return float_mode_set(0x1f80);
#else
  return float_mode_set(0);
#endif
}

/* mode: what the entering function returned. */
static inline void float_mode_leave(uint64_t mode) {
  __asm__ volatile("" : : : "memory");
#if defined(__x86_64__)
  _mm_setcsr((unsigned)mode);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1" : : "r"(mode & UINT32_MAX), "r"(mode >> 32));
#else
  (void)mode;
#endif
}

/* The C library prints real numbers as the x87 unit rounds. Sets the unit's control word to its default and returns
 * what it was. */
static inline uint16_t float_mode_enter_x87(void) {
  uint16_t control = 0;
#if defined(__x86_64__)
  const uint16_t initial = 0x037f; /* nearest, nothing trapped, full precision */
  __asm__ volatile("fnstcw %0\n\tfldcw %1" : "=&m"(control) : "m"(initial));
#endif
  return control;
}

static inline void float_mode_leave_x87(uint16_t control) {
#if defined(__x86_64__)
  __asm__ volatile("fldcw %0" : : "m"(control));
#else
  (void)control;
#endif
}

#endif
