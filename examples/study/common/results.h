/* The study's files: results.csv with a row for each network, history.csv with a row for each evaluation. */
#ifndef STUDY_RESULTS_H
#define STUDY_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "training.h"

struct results;

/* The name of a method in the files. */
const char *results_method(enum method method);

/* Begins the files. Returns NULL after reporting an error. */
struct results *results_open(const struct options *options);

/* Takes over an outcome with its history, and appends its rows to the files at once. */
bool results_add(struct results *results, struct outcome outcome);

/* Rewrites the files in the order of trial, level, method and control, prints a table of all levels, and frees
 * everything. If it fails, the old files stay. */
bool results_finish(struct results *results);

#endif
