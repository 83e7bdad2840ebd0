/* What the compiler's options must leave as it is. The build includes this first in every source of the library. */
#ifndef BASE_BUILD_H
#define BASE_BUILD_H

#if defined(__FAST_MATH__) || __FINITE_MATH_ONLY__ > 0 || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__)
#error "liblottery needs IEEE 754 arithmetic: build it without -ffast-math, -Ofast, -ffinite-math-only and \
-funsafe-math-optimizations. They remove the checks for values that are not finite, change the order of sums, and make \
loading the library flush the denormals of the whole process."
#endif

#endif
