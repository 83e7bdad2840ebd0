/* settings.txt: what a study was made with, and whether it can be gone on with. */
#ifndef STUDY_SETTINGS_H
#define STUDY_SETTINGS_H

#include <stdbool.h>

#include "options.h"
#include "training.h"

/* Makes the folders. With --resume, and if there was a study, compares its settings with these; else removes what an
 * earlier one left to go on from. Then writes settings.txt with `backend` first. False after complaining. */
bool settings_begin(const struct options *options, const struct datasets *datasets, const char *backend);

#endif
