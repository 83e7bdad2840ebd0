/* Searching for values that are infinite or not a number. */
#ifndef BASE_FINITE_H
#define BASE_FINITE_H

#include "base/public.h"

struct lottery_context;

/* The index of the first value that is not finite, or `count`. Tests bits, so that it works in every floating-point
 * mode and raises no exception. */
int64_t finite_end(const float *values, int64_t count);

/* A value as a message prints it: widening a signalling NaN is an exception that a host may trap. */
double finite_widen(const float *value);

/* LOTTERY_ERROR_NOT_FINITE, naming `what` and the element, unless all values are finite. */
lottery_status finite_check(struct lottery_context *context, const char *what, const float *values, int64_t count);

#endif
