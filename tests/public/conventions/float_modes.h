/* Floating-point modes that a host may have set. Rounding can be set everywhere, the rest needs x86-64. */
#ifndef FLOAT_MODES_H
#define FLOAT_MODES_H

#include "support.h"

#include <fenv.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

struct float_mode {
  const char *name;
  int rounding;
  unsigned set, cleared; /* bits of MXCSR */
};

enum {
  FLOAT_FLAGS = 0x3f,
  FLOAT_TRAPS = 0x1f80 /* cleared: every exception traps */
};

static const struct float_mode float_mode_plain = {"nearest", FE_TONEAREST, 0, 0};
static const struct float_mode float_modes[] = {
    {"upward", FE_UPWARD, 0, 0},
    {"downward", FE_DOWNWARD, 0, 0},
    {"towards zero", FE_TOWARDZERO, 0, 0},
#if defined(__x86_64__)
    {"everything trapped", FE_TONEAREST, 0, FLOAT_TRAPS},
    {"everything trapped, upward", FE_UPWARD, 0, FLOAT_TRAPS},
    {"denormals as zero", FE_TONEAREST, 0x8040, 0},
    {"denormals as zero, downward, all flags up", FE_DOWNWARD, 0x8040 | FLOAT_FLAGS, 0},
#endif
};
enum { FLOAT_MODE_COUNT = sizeof float_modes / sizeof float_modes[0] };

/* All of the mode, with the flags. */
static inline unsigned float_control(void) {
#if defined(__x86_64__)
  return _mm_getcsr();
#else
  return (unsigned)fegetround();
#endif
}

/* Enters a mode; no flag is up but those that the mode asks for. Nothing may be computed until float_mode_end. */
static inline void float_mode_begin(const struct float_mode *mode) {
  fesetround(mode->rounding);
#if defined(__x86_64__)
  const unsigned control = _mm_getcsr() & ~(unsigned)FLOAT_FLAGS;
  _mm_setcsr((control | mode->set) & ~mode->cleared);
#endif
}

/* Checks that rounding and control are as float_mode_begin left them, and returns to the default. */
static inline bool float_mode_end(const struct float_mode *mode, unsigned control) {
  const bool same = float_control() == control && fegetround() == mode->rounding;
#if defined(__x86_64__)
  _mm_setcsr(0x1f80);
#endif
  fesetround(FE_TONEAREST);
  return same;
}

#endif
