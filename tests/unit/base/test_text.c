/* Text from anywhere becomes printable UTF-8. */
#include <string.h>

#include "support.h"

#include "base/context.h"
#include "base/text.h"

static void test_printable(void **unused) {
  (void)unused;
  static const char *const cases[][2] = {
      {"", ""},
      {"plain ~", "plain ~"},
      {"a\tb\nc\x7f", "a?b?c?"},
      {"\xc3\xa4 \xe2\x80\xa6 \xf0\x9f\x98\x80", "\xc3\xa4 \xe2\x80\xa6 \xf0\x9f\x98\x80"},
      {"\xc2\xa0", "\xc2\xa0"},
      {"\xc2\x9b[1m", "??[1m"}, /* a control character of two bytes begins terminals' commands */
      {"\x80 \xbf \xff \xfe", "? ? ? ?"},
      {"\xc0\xaf \xc1\xbf \xe0\x9f\xbf \xf0\x8f\xbf\xbf", "?? ?? ??? ????"}, /* longer than need be */
      {"\xed\x9f\xbf \xed\xa0\x80 \xed\xbf\xbf \xee\x80\x80", "\xed\x9f\xbf ??? ??? \xee\x80\x80"},
      {"\xf4\x8f\xbf\xbf \xf4\x90\x80\x80 \xf5\x80\x80\x80", "\xf4\x8f\xbf\xbf ???? ????"},
      {"\xc3", "?"},
      {"\xe2\x80", "??"},
      {"\xf0\x9f\x98", "???"},
      {"\xe2\x80z", "??z"},
      {"\xe2\xc3\xa4", "?\xc3\xa4"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char text[64];
    memcpy(text, cases[i][0], strlen(cases[i][0]) + 1);
    text_make_printable(text);
    assert_string_equal(text, cases[i][1]);
  }
}

/* Messages are, whatever is in them and wherever they are cut. */
static void test_messages(void **unused) {
  (void)unused;
  lottery_context *context;
  char message[1024], path[1600] = "";
  assert_ok(NULL, lottery_context_create(&context));
  for (int i = 0; i < 1500; i += 3) memcpy(path + i, "\xe2\x80\xa6", 4);
  for (int shift = 0; shift < 3; shift++) {
    context_fail(context, LOTTERY_ERROR_FILE, "%.*s%s", shift, "abc", path);
    assert_ok(context, lottery_context_message(context, message, sizeof message, NULL));
    assert_int_equal(strlen(message), 1023);
    const size_t cut = (1023 - (size_t)shift) % 3;
    for (size_t i = 0; i < cut; i++) assert_int_equal(message[1022 - i], '?');
    assert_int_not_equal(message[1022 - cut], '?');
  }
  lottery_context_destroy(context);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_printable), cmocka_unit_test(test_messages)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
