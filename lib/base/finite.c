/* Searching for values that are not finite. */
#include "base/finite.h"

#include <string.h>

#include "base/context.h"
#include "base/float_mode.h"
#include "base/real_text.h"

int64_t finite_end(const float *values, int64_t count) {
  const uint32_t exponent = 0x7f800000; /* all ones: infinite or not a number */
  int64_t i = 0;
  for (; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, &values[i], sizeof bits);
    if ((bits & exponent) == exponent) break;
  }
  return i;
}

double finite_widen(const float *value) {
  const uint64_t mode = float_mode_enter_ieee();
  const volatile double widened = (double)*value; /* volatile: or it might move out of the mode */
  float_mode_leave(mode);
  return widened;
}

lottery_status finite_check(struct lottery_context *context, const char *what, const float *values, int64_t count) {
  const int64_t end = finite_end(values, count);
  if (end == count) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_NOT_FINITE, "%.256s: element %lld is %s", what, (long long)end,
                      real_text(finite_widen(&values[end])).text);
}
