/* Elementary functions in double precision, made only from +, -, *, /, so that they give the same bits on every
 * machine; the results of a C library's functions depend on the CPU. Relative error below 1e-15 in the ranges used
 * here. */
#ifndef BASE_ELEMENTARY_H
#define BASE_ELEMENTARY_H

/* Natural logarithm of a normal x > 0. */
double elementary_log(double x);

/* exp(x); 0 below -708, infinity above 709. */
double elementary_exp(double x);

/* base^exponent for base > 0. */
double elementary_power(double base, double exponent);

/* Sine and cosine of 2 pi x, 0 <= x < 1. */
void elementary_turn(double x, double *sine, double *cosine);

#endif
