/* A strict reader of JSON (RFC 8259) that hands out one token after the other. It never recurses: how deep a text may
 * go is what its caller enters, so that no input can be too deep. Every byte is looked at once. */
#ifndef STORE_JSON_JSON_H
#define STORE_JSON_JSON_H

#include <stdbool.h>
#include <stdint.h>

struct json {
  char *text; /* strings are decoded in place, and end with a zero there */
  int64_t length;
  int64_t at;
  bool first;        /* the bracket just before opened an object or array */
  const char *fault; /* NULL, or what is wrong at byte `at`; the first fault stays, and every function then fails */
};

void json_begin(struct json *json, char *text, int64_t length);

/* Enters an object ('{') or an array ('['). */
bool json_enter(struct json *json, char bracket);

/* Whether another member or element follows in what was entered with `bracket`; when none does, it is left. False after
 * a fault, too. */
bool json_more(struct json *json, char bracket);

/* A member's key; its value is to be read next. Keys that come twice are for the caller to see. */
bool json_key(struct json *json, const char **key);

/* A key that is one of `names`, of which there are at most 32, and not in *seen yet: its index; -1 with a fault else.
 */
int32_t json_member(struct json *json, const char *const *names, int32_t count, uint32_t *seen);

/* Values: a string in well-formed UTF-8 without U+0000; whole numbers in a range, without fraction or exponent. */
bool json_string(struct json *json, const char **out);
bool json_integer(struct json *json, int64_t minimum, int64_t maximum, int64_t *out);
bool json_unsigned(struct json *json, uint64_t *out);

/* Nothing but white space follows. */
bool json_end(struct json *json);

/* Sets the fault if there is none; false. */
bool json_fail(struct json *json, const char *fault);

#endif
