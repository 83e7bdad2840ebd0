/* Reading JSON token by token. */
#include "store/json/json.h"
#include "base/utf8.h"

#include <stddef.h>
#include <string.h>

void json_begin(struct json *json, char *text, int64_t length) {
  *json = (struct json){.text = text, .length = length};
}

bool json_fail(struct json *json, const char *fault) {
  if (json->fault == NULL) json->fault = fault;
  return false;
}

/* The next byte, or -1 at the end. */
static int peek(const struct json *json) { return json->at < json->length ? (unsigned char)json->text[json->at] : -1; }

static void skip_space(struct json *json) {
  for (int c = peek(json); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(json)) json->at++;
}

/* Steps over white space and `c`. */
static bool take(struct json *json, char c, const char *fault) {
  if (json->fault != NULL) return false;
  skip_space(json);
  if (peek(json) != c) return json_fail(json, fault);
  json->at++;
  return true;
}

bool json_enter(struct json *json, char bracket) {
  if (!take(json, bracket, bracket == '{' ? "expected an object" : "expected an array")) return false;
  json->first = true;
  return true;
}

bool json_more(struct json *json, char bracket) {
  if (json->fault != NULL) return false;
  const bool first = json->first;
  json->first = false;
  skip_space(json);
  if (peek(json) == (bracket == '{' ? '}' : ']')) {
    json->at++;
    return false;
  }
  if (first) return true;
  if (!take(json, ',', bracket == '{' ? "expected a comma or }" : "expected a comma or ]")) return false;
  skip_space(json);
  if (peek(json) == '}' || peek(json) == ']') return json_fail(json, "nothing follows a comma");
  return true;
}

/* Four hexadecimal digits, or -1. */
static int32_t hexadecimal(struct json *json) {
  int32_t value = 0;
  for (int i = 0; i < 4; i++, json->at++) {
    const int c = peek(json);
    if (c >= '0' && c <= '9')
      value = value * 16 + (c - '0');
    else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
      value = value * 16 + ((c & ~0x20) - 'A' + 10);
    else
      return -1;
  }
  return value;
}

/* The character of \uXXXX, or of the two that make a surrogate pair; the `u` was read. */
static int32_t escaped_character(struct json *json) {
  const int32_t high = hexadecimal(json);
  if (high < 0xd800 || high > 0xdfff) return high;
  if (high > 0xdbff || json->length - json->at < 2 || memcmp(json->text + json->at, "\\u", 2) != 0) return -1;
  json->at += 2;
  const int32_t low = hexadecimal(json);
  return low >= 0xdc00 && low <= 0xdfff ? 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00) : -1;
}

static char *encode(char *out, int32_t character) {
  if (character < 0x80) {
    *out++ = (char)character;
  } else if (character < 0x800) {
    *out++ = (char)(0xc0 | character >> 6);
    *out++ = (char)(0x80 | (character & 0x3f));
  } else {
    if (character < 0x10000) {
      *out++ = (char)(0xe0 | character >> 12);
    } else {
      *out++ = (char)(0xf0 | character >> 18);
      *out++ = (char)(0x80 | (character >> 12 & 0x3f));
    }
    *out++ = (char)(0x80 | (character >> 6 & 0x3f));
    *out++ = (char)(0x80 | (character & 0x3f));
  }
  return out;
}

/* One escape, its backslash read, to *out; never longer decoded than it was. */
static bool escape(struct json *json, char **out) {
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const int c = peek(json);
  const char *simple = c > 0 ? strchr(from, c) : NULL;
  if (simple != NULL) {
    *(*out)++ = to[simple - from];
    json->at++;
    return true;
  }
  if (c != 'u') return json_fail(json, "there is no such escape");
  json->at++;
  const int32_t character = escaped_character(json);
  if (character < 0) return json_fail(json, "the escape does not encode a character");
  if (character == 0) return json_fail(json, "a string must not hold the character 0");
  *out = encode(*out, character);
  return true;
}

bool json_string(struct json *json, const char **out) {
  if (!take(json, '"', "expected a string")) return false;
  char *const start = json->text + json->at, *end = start;
  for (;;) {
    const int c = peek(json);
    if (c < 0) return json_fail(json, "the text ends within a string");
    if (c == '"') break;
    if (c == '\\') {
      json->at++;
      if (!escape(json, &end)) return false;
      continue;
    }
    if (c < 0x20) return json_fail(json, "a control character must be escaped");
    const int64_t length = utf8_sequence(json->text + json->at, json->length - json->at);
    if (length == 0) return json_fail(json, "this is not UTF-8");
    memmove(end, json->text + json->at, (size_t)length);
    end += length;
    json->at += length;
  }
  json->at++;
  *end = '\0';
  *out = start;
  json->first = false;
  return true;
}

bool json_key(struct json *json, const char **key) {
  return json_string(json, key) && take(json, ':', "expected a colon");
}

int32_t json_member(struct json *json, const char *const *names, int32_t count, uint32_t *seen) {
  const char *key;
  skip_space(json);
  const int64_t start = json->at;
  if (!json_key(json, &key)) return -1;
  for (int32_t i = 0; i < count; i++) {
    if (strcmp(key, names[i]) != 0) continue;
    if ((*seen & (uint32_t)1 << i) == 0) {
      *seen |= (uint32_t)1 << i;
      return i;
    }
    json->at = start;
    json_fail(json, "the key appears twice");
    return -1;
  }
  json->at = start;
  json_fail(json, "the key is unknown here");
  return -1;
}

/* The digits of a whole number: no zero before others, nothing behind that would make it another kind of number. */
static bool digits(struct json *json, uint64_t *out) {
  const int64_t start = json->at;
  uint64_t value = 0;
  int c = peek(json);
  if (c < '0' || c > '9') return json_fail(json, "expected a whole number");
  for (; c >= '0' && c <= '9'; c = peek(json)) {
    if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
        __builtin_add_overflow(value, (uint64_t)(c - '0'), &value))
      return json_fail(json, "the number is too large");
    json->at++;
  }
  if (json->text[start] == '0' && json->at - start > 1) return json_fail(json, "a number must not begin with 0");
  if (c == '.' || c == 'e' || c == 'E') return json_fail(json, "expected a whole number");
  json->first = false;
  *out = value;
  return true;
}

bool json_unsigned(struct json *json, uint64_t *out) {
  if (json->fault != NULL) return false;
  skip_space(json);
  return digits(json, out);
}

bool json_integer(struct json *json, int64_t minimum, int64_t maximum, int64_t *out) {
  if (json->fault != NULL) return false;
  skip_space(json);
  const int64_t start = json->at;
  const bool negative = peek(json) == '-';
  if (negative) json->at++;
  uint64_t magnitude;
  if (!digits(json, &magnitude)) return false;
  const uint64_t most = negative ? (uint64_t)1 << 63 : INT64_MAX;
  const int64_t value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
  if (magnitude <= most && value >= minimum && value <= maximum) {
    *out = value;
    return true;
  }
  json->at = start;
  return json_fail(json, "the number is out of range");
}

bool json_end(struct json *json) {
  if (json->fault != NULL) return false;
  skip_space(json);
  return json->at == json->length || json_fail(json, "the text should end here");
}
