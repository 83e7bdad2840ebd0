/* The study's files: results.csv, a row a network, and history.csv, a row an evaluation. */
#ifndef STUDY_RESULTS_H
#define STUDY_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "training.h"

struct results;

/* The name of a method in the files. */
const char *results_method(enum method method);

/* Begins the files. NULL after complaining. */
struct results *results_open(const struct options *options);

/* Takes over an outcome, its history too, and appends its rows to the files at once. */
bool results_add(struct results *results, struct outcome outcome);

/* Rewrites the files in the order of trial, level, method and control, prints a table of all levels, and frees
 * everything. Nothing is lost if it fails. */
bool results_finish(struct results *results);

#endif
