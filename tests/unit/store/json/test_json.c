/* The reader of JSON: what it takes, what it refuses and where, and that writer and reader agree. */
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "store/json/json.h"
#include "store/json/json_writer.h"
#include "support.h"

/* Reads a value of any kind, as deep as it goes; the tests' own use of the stack. */
static void read_any(struct json *json, int depth) {
  const char *text;
  int64_t number;
  while (json->at < json->length && strchr(" \t\r\n", json->text[json->at]) != NULL) json->at++;
  const char next = json->at < json->length ? json->text[json->at] : '\0';
  if (depth > 20) {
    json_fail(json, "deep");
  } else if (next == '{' || next == '[') {
    json_enter(json, next);
    while (json_more(json, next)) {
      if (next == '{' && !json_key(json, &text)) return;
      read_any(json, depth + 1);
    }
  } else if (next == '"') {
    json_string(json, &text);
  } else {
    json_integer(json, INT64_MIN, INT64_MAX, &number);
  }
}

static const char *fault_of(const char *source, int64_t *at) {
  const size_t length = strlen(source);
  char *text = malloc(length > 0 ? length : 1); /* exactly as long: a sanitizer sees what reads past it */
  struct json json;
  assert_non_null(text);
  memcpy(text, source, length);
  json_begin(&json, text, (int64_t)length);
  read_any(&json, 0);
  json_end(&json);
  *at = json.at;
  free(text);
  return json.fault;
}

static void test_good(void **unused) {
  (void)unused;
  static const char *const good[] = {
      "{}",
      "[]",
      " \t\r\n[ 1 , -2 , 0 , -0 ] \n",
      "{\"a\":{\"b\":[[[]],{}]},\"c\":\"\"}",
      "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\uD83D\\uDE00\"",
      "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\xf4\x8f\xbf\xbf\xee\x80\x80\xed\x9f\xbf\"",
      "\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\"", /* the first and last of each length */
      "9223372036854775807",
      "-9223372036854775808"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    int64_t at;
    const char *fault = fault_of(good[i], &at);
    if (fault != NULL) fail_msg("%s: byte %lld: %s", good[i], (long long)at, fault);
  }
}

static void test_bad(void **unused) {
  (void)unused;
  static const struct {
    const char *text, *fault;
    int64_t at;
  } bad[] = {{"", "expected a whole number", 0},
             {"{", "expected a string", 1},
             {"[", "expected a whole number", 1},
             {"[1", "expected a comma or ]", 2},
             {"[1,]", "nothing follows a comma", 3},
             {"[1,,2]", "expected a whole number", 3},
             {"[,1]", "expected a whole number", 1},
             {"[1 2]", "expected a comma or ]", 3},
             {"[1}", "expected a comma or ]", 2},
             {"{\"a\":1,}", "nothing follows a comma", 7},
             {"{\"a\" 1}", "expected a colon", 5},
             {"{\"a\":}", "expected a whole number", 5},
             {"{\"a\"}", "expected a colon", 4},
             {"{1:2}", "expected a string", 1},
             {"{,}", "expected a string", 1},
             {"{\"a\":1]", "expected a comma or }", 6},
             {"1 2", "the text should end here", 2},
             {"{}x", "the text should end here", 2},
             {"01", "a number must not begin with 0", 2},
             {"-01", "a number must not begin with 0", 3},
             {"1.0", "expected a whole number", 1},
             {"1e3", "expected a whole number", 1},
             {"-", "expected a whole number", 1},
             {"+1", "expected a whole number", 0},
             {"true", "expected a whole number", 0},
             {"null", "expected a whole number", 0},
             {"9223372036854775808", "the number is out of range", 0},
             {"-9223372036854775809", "the number is out of range", 0},
             {"18446744073709551616", "the number is too large", 19},
             {"99999999999999999999999", "the number is too large", 19},
             {"\"", "the text ends within a string", 1},
             {"\"\\", "there is no such escape", 2},
             {"\"\\x\"", "there is no such escape", 2},
             {"\"\\u12\"", "the escape does not encode a character", 5},
             {"\"\\u12g4\"", "the escape does not encode a character", 5},
             {"\"\\u\"", "the escape does not encode a character", 3},
             {"\"\\u0000\"", "a string must not hold the character 0", 7},
             {"\"\\ud800\"", "the escape does not encode a character", 7},
             {"\"\\ud800x\"", "the escape does not encode a character", 7},
             {"\"\\ud800\\n\"", "the escape does not encode a character", 7},
             {"\"\\ud800\\u0041\"", "the escape does not encode a character", 13},
             {"\"\\udc00\"", "the escape does not encode a character", 7},
             {"\"a\nb\"", "a control character must be escaped", 2},
             {"\"\x80\"", "this is not UTF-8", 1},
             {"\"\xc0\xaf\"", "this is not UTF-8", 1},
             {"\"\xc1\xbf\"", "this is not UTF-8", 1},
             {"\"\xc3\"", "this is not UTF-8", 1},
             {"\"\xc3", "this is not UTF-8", 1},
             {"\"\xe0\x9f\xbf\"", "this is not UTF-8", 1},
             {"\"\xed\xa0\x80\"", "this is not UTF-8", 1},
             {"\"\xe2\x82\"", "this is not UTF-8", 1},
             {"\"\xf0\x8f\xbf\xbf\"", "this is not UTF-8", 1},
             {"\"\xf4\x90\x80\x80\"", "this is not UTF-8", 1},
             {"\"\xf5\x80\x80\x80\"", "this is not UTF-8", 1},
             {"\"\xf0\x9f\x98\"", "this is not UTF-8", 1},
             {"\"\xff\"", "this is not UTF-8", 1}};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    int64_t at;
    const char *fault = fault_of(bad[i].text, &at);
    if (fault == NULL || strcmp(fault, bad[i].fault) != 0 || at != bad[i].at)
      fail_msg("%s: byte %lld: %s", bad[i].text, (long long)at, fault != NULL ? fault : "no fault");
  }
}

static void test_decoding(void **unused) {
  (void)unused;
  char text[] = "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac\\ud83d\\ude00z\"";
  struct json json;
  const char *out;
  json_begin(&json, text, (int64_t)strlen(text));
  assert_true(json_string(&json, &out));
  assert_string_equal(out, "\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z");
  assert_true(json_end(&json));
}

static void test_numbers(void **unused) {
  (void)unused;
  char text[] = "[18446744073709551615,7,-7,-1]";
  struct json json;
  uint64_t large;
  int64_t number;
  json_begin(&json, text, (int64_t)strlen(text));
  assert_true(json_enter(&json, '[') && json_more(&json, '['));
  assert_true(json_unsigned(&json, &large) && large == UINT64_MAX && json_more(&json, '['));
  assert_true(json_integer(&json, 7, 7, &number) && number == 7 && json_more(&json, '['));
  assert_true(json_integer(&json, -7, -7, &number) && number == -7 && json_more(&json, '['));
  assert_false(json_unsigned(&json, &large)); /* a sign */
  assert_string_equal(json.fault, "expected a whole number");
  assert_false(json_more(&json, '[') || json_end(&json) || json_enter(&json, '[')); /* a fault stays */
  char range[] = "8";
  json_begin(&json, range, 1);
  assert_false(json_integer(&json, -7, 7, &number));
  assert_string_equal(json.fault, "the number is out of range");
}

static void test_members(void **unused) {
  (void)unused;
  static const char *const names[] = {"a", "b"};
  static const char *const texts[] = {"{\"b\":1,\"a\":2}", "{\"b\":1,\"b\":2}", "{\"c\":1}"};
  static const char *const faults[] = {NULL, "the key appears twice", "the key is unknown here"};
  static const int64_t places[] = {13, 7, 1};
  for (int i = 0; i < 3; i++) {
    char text[32];
    struct json json;
    uint32_t seen = 0;
    int64_t number = 0;
    strcpy(text, texts[i]);
    json_begin(&json, text, (int64_t)strlen(text));
    json_enter(&json, '{');
    while (json_more(&json, '{'))
      if (json_member(&json, names, 2, &seen) >= 0) json_integer(&json, 0, 9, &number);
    if (faults[i] == NULL)
      assert_true(json.fault == NULL && seen == 3);
    else
      assert_string_equal(json.fault, faults[i]);
    assert_int_equal(json.at, places[i]);
  }
}

static void test_writer(void **unused) {
  (void)unused;
  struct counting_allocator allocator;
  allocator_start(&allocator);
  lottery_context *context = allocator_context(&allocator);
  struct json_writer writer = {.context = context};
  char every[] = "\x01\x1f \"\\/\x7f\xc3\xa9\xf0\x9f\x98\x80";
  const int64_t numbers[] = {0, -1, INT64_MIN, INT64_MAX};
  json_write(&writer, "[");
  json_write_string(&writer, every);
  json_write(&writer, ",");
  json_write_integers(&writer, numbers, 4);
  json_write(&writer, ",");
  json_write_unsigned(&writer, UINT64_MAX);
  for (int i = 0; i < 1000; i++) json_write(&writer, ",7");
  json_write(&writer, "]");
  assert_false(writer.failed);
  assert_int_equal(writer.length, strlen(writer.text));
  assert_memory_equal(writer.text, "[\"\\u0001\\u001f \\\"\\\\/\x7f\xc3\xa9", 23);
  struct json json;
  const char *text;
  json_begin(&json, writer.text, writer.length);
  assert_true(json_enter(&json, '[') && json_more(&json, '[') && json_string(&json, &text));
  assert_string_equal(text, every);
  assert_true(json_more(&json, '[') && json_enter(&json, '['));
  for (int i = 0; i < 4; i++) {
    int64_t number = 0;
    assert_true(json_more(&json, '[') && json_integer(&json, INT64_MIN, INT64_MAX, &number));
    assert_true(number == numbers[i]);
  }
  assert_false(json_more(&json, '['));
  json_writer_release(&writer);
  allocator_fail(&allocator, 1, true);
  json_write(&writer, "text");
  json_write_string(&writer, "text");
  assert_true(writer.failed && writer.length == 0);
  assert_message(context, "memory: cannot allocate");
  json_writer_release(&writer);
  lottery_context_destroy(context);
  allocator_finish(&allocator);
}

/* Time grows with length alone: a megabyte of brackets or of commas is read, or refused, at once. */
static void test_deep(void **unused) {
  (void)unused;
  enum { LONG = 1 << 20 };
  char *text = malloc(LONG + 1);
  assert_non_null(text);
  memset(text, '[', LONG);
  text[LONG] = '\0';
  int64_t at;
  assert_string_equal(fault_of(text, &at), "deep");
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_good),    cmocka_unit_test(test_bad),     cmocka_unit_test(test_decoding),
      cmocka_unit_test(test_numbers), cmocka_unit_test(test_members), cmocka_unit_test(test_writer),
      cmocka_unit_test(test_deep),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
