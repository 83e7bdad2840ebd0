/* Real numbers in messages: "1.5" in every locale of the host, "nan" whatever its sign. */
#ifndef BASE_REAL_TEXT_H
#define BASE_REAL_TEXT_H

struct real_text {
  char text[32];
};

/* As printf's %g in the locale C, six digits. For use in an expression: real_text(rate).text. */
struct real_text real_text(double value);

#endif
