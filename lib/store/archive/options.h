/* The options of a handle as JSON: {"optimiser":"adam","batch_size":60,"learning_rate":[m,e],"milestones":[100,200]}.
 * A real number is the two whole numbers m and e of m * 2^e, which is exact and reads no locale. */
#ifndef STORE_ARCHIVE_OPTIONS_H
#define STORE_ARCHIVE_OPTIONS_H

#include "base/option.h"
#include "store/json/json.h"
#include "store/json/json_writer.h"

/* The value of an option that is a list, of whole numbers that rise; a handle has one at most. */
struct option_list {
  double *values; /* memory_release */
  int64_t count;
};

void options_write_real(double value, struct json_writer *writer);
void options_write(const struct option_values *values, const struct option_list *list, struct json_writer *writer);

/* A real number of any size. */
bool options_read_real(struct json *json, double *value);

/* The fault of an option that is not in the table. */
extern const char options_unknown[];

/* Reads options of values->handle, each once and within its range. One that the text lacks, as do texts of before there
 * was that option, stays as it is: option_initialise comes first, and list is empty. list may be NULL where there is
 * none. MEMORY; what is wrong with the text is the reader's fault. */
lottery_status options_read(struct lottery_context *context, struct json *json, struct option_values *values,
                            struct option_list *list);

#endif
