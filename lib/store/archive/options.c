/* Writing and reading options. */
#include "store/archive/options.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/float_mode.h"
#include "base/memory.h"

const char options_unknown[] = "this version has no such option";

enum { MANTISSA_BITS = 53, EXPONENT_LIMIT = 1200 };

/* --- Writing --- */

void options_write_real(double value, struct json_writer *writer) {
  int exponent;
  const uint64_t mode = float_mode_enter_ieee();
  const volatile int64_t mantissa = (int64_t)ldexp(frexp(value, &exponent), MANTISSA_BITS);
  float_mode_leave(mode);
  const int64_t parts[] = {mantissa, exponent - MANTISSA_BITS};
  json_write_integers(writer, parts, 2);
}

static void write_list(const struct option_list *list, struct json_writer *writer) {
  json_write(writer, "[");
  for (int64_t i = 0; i < list->count; i++) {
    if (i > 0) json_write(writer, ",");
    json_write_integer(writer, (int64_t)list->values[i]);
  }
  json_write(writer, "]");
}

void options_write(const struct option_values *values, const struct option_list *list, struct json_writer *writer) {
  bool any = false;
  json_write(writer, "{");
  for (int64_t i = 0; i < option_count(); i++) {
    const struct option *option = option_at(i);
    if (option->handle != values->handle) continue;
    if (any) json_write(writer, ",");
    any = true;
    json_write_string(writer, option->name);
    json_write(writer, ":");
    switch (option->type) {
      case LOTTERY_TYPE_INTEGER: json_write_integer(writer, option_integer(values, option->key)); break;
      case LOTTERY_TYPE_CHOICE: json_write_string(writer, option->choices[option_integer(values, option->key)]); break;
      case LOTTERY_TYPE_REAL: options_write_real(option_real(values, option->key), writer); break;
      default: write_list(list, writer); break;
    }
  }
  json_write(writer, "}");
}

/* --- Reading --- */

static void read_integer(struct json *json, const struct option *option, struct option_values *values) {
  int64_t value;
  if (json_integer(json, (int64_t)option->minimum, (int64_t)option->maximum, &value))
    option_put_integer(values, option->key, value);
}

static void read_choice(struct json *json, const struct option *option, struct option_values *values) {
  const char *name;
  if (!json_string(json, &name)) return;
  for (int64_t value = 0; value <= (int64_t)option->maximum; value++) {
    if (strcmp(name, option->choices[value]) != 0) continue;
    option_put_integer(values, option->key, value);
    return;
  }
  json_fail(json, "this version has no such choice");
}

bool options_read_real(struct json *json, double *value) {
  const int64_t limit = (int64_t)1 << MANTISSA_BITS;
  int64_t mantissa = 0, exponent = 0;
  json_enter(json, '[');
  if (json_more(json, '[')) json_integer(json, -limit, limit, &mantissa);
  if (json->fault == NULL && !json_more(json, '[')) json_fail(json, "a real number is a pair of whole ones");
  json_integer(json, -EXPONENT_LIMIT, EXPONENT_LIMIT, &exponent);
  if (json->fault == NULL && json_more(json, '[')) json_fail(json, "a real number is a pair of whole ones");
  if (json->fault != NULL) return false;
  const uint64_t mode = float_mode_enter_ieee();
  *value = ldexp((double)mantissa, (int)exponent);
  float_mode_leave(mode);
  return option_is_within(*value, -DBL_MAX, DBL_MAX) || json_fail(json, "the number is out of range");
}

static void read_real(struct json *json, const struct option *option, struct option_values *values) {
  double value;
  if (!options_read_real(json, &value)) return;
  if (option_is_within(value, option->minimum, option->maximum))
    option_put_real(values, option->key, value);
  else
    json_fail(json, "the number is out of range");
}

static lottery_status read_list(struct lottery_context *context, struct json *json, const struct option *option,
                                struct option_list *list) {
  int64_t capacity = 0, value;
  json_enter(json, '[');
  while (json_more(json, '[')) {
    if (!json_integer(json, (int64_t)option->minimum, (int64_t)option->maximum, &value)) break;
    if (list->count > 0 && (double)value <= list->values[list->count - 1]) {
      json_fail(json, "the numbers do not rise");
      break;
    }
    if (list->count == capacity) {
      capacity = capacity == 0 ? 8 : 2 * capacity;
      double *grown = memory_allocate(context, capacity, sizeof *grown);
      if (grown == NULL) return LOTTERY_ERROR_MEMORY;
      if (list->count > 0) memcpy(grown, list->values, (size_t)list->count * sizeof *grown);
      memory_release(context, list->values);
      list->values = grown;
    }
    list->values[list->count++] = (double)value;
  }
  return LOTTERY_OK;
}

lottery_status options_read(struct lottery_context *context, struct json *json, struct option_values *values,
                            struct option_list *list) {
  lottery_status status = LOTTERY_OK;
  uint64_t seen = 0;
  json_enter(json, '{');
  while (status == LOTTERY_OK && json_more(json, '{')) {
    const char *name;
    if (!json_key(json, &name)) break;
    const struct option *option = option_find_name(values->handle, name);
    if (option == NULL) {
      json_fail(json, options_unknown);
      break;
    }
    if (option_note(&seen, option)) json_fail(json, "the option appears twice");
    switch (option->type) {
      case LOTTERY_TYPE_INTEGER: read_integer(json, option, values); break;
      case LOTTERY_TYPE_CHOICE: read_choice(json, option, values); break;
      case LOTTERY_TYPE_REAL: read_real(json, option, values); break;
      default: status = read_list(context, json, option, list); break;
    }
  }
  return status;
}
