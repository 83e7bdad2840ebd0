/* Finite real numbers as text, exact whatever the locale: C99's hexadecimal form, such as "0x1.8p-1", which Python's
 * float.fromhex reads. */
#ifndef STORE_JSON_HEX_REAL_H
#define STORE_JSON_HEX_REAL_H

#include <stdbool.h>

enum { HEX_REAL_CAPACITY = 32 };

/* Writes the number and a terminating zero. */
void hex_real_write(double value, char text[HEX_REAL_CAPACITY]);

/* Reads what hex_real_write may have written; false for any other text. */
bool hex_real_read(const char *text, double *value);

#endif
