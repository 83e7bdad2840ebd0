/* The one table of options: key, name, type, range, default and meaning, and values checked against it. */
#ifndef BASE_OPTION_H
#define BASE_OPTION_H

#include <stdbool.h>

#include "base/public.h"

struct lottery_context;

struct option {
  int32_t key;
  int32_t handle;
  int32_t type;
  double minimum, maximum, initial;
  const char *name;
  const char *meaning;
  const char *const *choices; /* names of the values 0 … maximum of a choice, else NULL */
};

int64_t option_count(void);
const struct option *option_at(int64_t index);
/* The option with this key, or NULL. */
const struct option *option_find(int32_t key);
/* The option of this handle and name, or NULL. */
const struct option *option_find_name(int32_t handle, const char *name);

/* Values of one handle's options, indexed by key - first key. A handle has at most OPTION_SLOTS keys. */
enum { OPTION_SLOTS = 32 };
struct option_values {
  int32_t handle;
  int64_t integer[OPTION_SLOTS];
  double real[OPTION_SLOTS];
};

/* Sets every value of a handle's options to its default. */
void option_initialise(struct option_values *values, int32_t handle);

/* Check against the table and set or get. */
lottery_status option_set_integer(struct lottery_context *context, struct option_values *values, int32_t key,
                                  int64_t value);
lottery_status option_get_integer(struct lottery_context *context, const struct option_values *values, int32_t key,
                                  int64_t *out);
lottery_status option_set_real(struct lottery_context *context, struct option_values *values, int32_t key,
                               double value);
lottery_status option_get_real(struct lottery_context *context, const struct option_values *values, int32_t key,
                               double *out);

/* The option of `key` if this handle has it with one of two types; else NULL and the message set. */
const struct option *option_require(struct lottery_context *context, int32_t handle, int32_t key, int32_t type,
                                    int32_t other_type);

/* Whether a real number is in a range, both ends allowed; a NaN is not. In any floating-point mode. */
bool option_is_within(double value, double minimum, double maximum);

/* Set a value that is known to be in range. */
void option_put_integer(struct option_values *values, int32_t key, int64_t value);
void option_put_real(struct option_values *values, int32_t key, double value);

/* Notes an option of one handle in `seen`, a bit for each slot, 0 at first. Returns whether it was noted before. */
bool option_note(uint64_t *seen, const struct option *option);

/* A value that is known to exist. */
int64_t option_integer(const struct option_values *values, int32_t key);
double option_real(const struct option_values *values, int32_t key);

#endif
