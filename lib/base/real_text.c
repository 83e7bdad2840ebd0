/* printf follows the host's LC_NUMERIC: what stands for the decimal point is replaced. */
#include "base/real_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/float_mode.h"

static struct real_text print(const volatile double *given) {
  const double value = *given;
  struct real_text out;
  char printed[sizeof out.text];
  size_t length = 0;
  if (!isfinite(value)) {
    snprintf(out.text, sizeof out.text, "%s", isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
    return out;
  }
  snprintf(printed, sizeof printed, "%g", value);
  for (const char *at = printed; *at != '\0'; at++) {
    const int belongs = strchr("0123456789+-e", *at) != NULL;
    if (belongs)
      out.text[length++] = *at;
    else if (length > 0 && out.text[length - 1] != '.') /* a point of several bytes becomes one */
      out.text[length++] = '.';
  }
  out.text[length] = '\0';
  return out;
}

struct real_text real_text(double value) {
  const volatile double given = value; /* volatile: read in the mode */
  const uint64_t mode = float_mode_enter_ieee();
  const uint16_t x87 = float_mode_enter_x87();
  const struct real_text out = print(&given);
  float_mode_leave_x87(x87);
  float_mode_leave(mode);
  return out;
}
