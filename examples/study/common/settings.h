/* settings.txt: what a study was made with, and whether it can be resumed. */
#ifndef STUDY_SETTINGS_H
#define STUDY_SETTINGS_H

#include <stdbool.h>

#include "options.h"
#include "training.h"

/* Makes the folders. With --resume, if there was a study, compares its settings with these; else removes the
 * checkpoints of an earlier study. Then writes settings.txt with `backend` first. Returns false after reporting an
 * error. */
bool settings_begin(const struct options *options, const struct datasets *datasets, const char *backend);

#endif
