/* Real numbers in messages, in a locale whose decimal point is a comma, or has several bytes. The program is linked
 * with
 * --wrap for snprintf, which plays that locale: the machine may have none. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

#include "base/real_text.h"

static const char *point = ".";

int __wrap_snprintf(char *text, size_t size, const char *format, ...);
int __wrap_snprintf(char *text, size_t size, const char *format, ...) {
  char printed[256];
  size_t length = 0;
  va_list list;
  va_start(list, format);
  const int result = vsnprintf(printed, sizeof printed, format, list);
  va_end(list);
  for (const char *at = printed; *at != '\0'; at++) {
    const char *bytes = *at == '.' ? point : at;
    for (size_t i = 0; i < (*at == '.' ? strlen(point) : 1) && length + 1 < size; i++) text[length++] = bytes[i];
  }
  text[length] = '\0';
  return result;
}

static void test_every_locale(void **unused) {
  (void)unused;
  static const char *const points[] = {".", ",", "\xd9\xab"};
  static const struct {
    double value;
    const char *text;
  } cases[] = {
      {-1.5, "-1.5"}, {0.001, "0.001"},      {1e300, "1e+300"},  {-1.25e-7, "-1.25e-07"},
      {3, "3"},       {-0.0, "-0"},          {123456, "123456"}, {1234567, "1.23457e+06"},
      {NAN, "nan"},   {-(double)NAN, "nan"}, {INFINITY, "inf"},  {-(double)INFINITY, "-inf"},
  };
  for (size_t i = 0; i < sizeof points / sizeof points[0]; i++)
    for (size_t j = 0; j < sizeof cases / sizeof cases[0]; j++) {
      point = points[i];
      const struct real_text found = real_text(cases[j].value);
      point = ".";
      assert_string_equal(found.text, cases[j].text);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_locale)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
