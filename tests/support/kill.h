/* Kills a process that saves a file over and over: whatever the moment, the path must hold one content or the other. */
#ifndef KILL_H
#define KILL_H

#include "support.h"

/* Saves content 0 or 1 to the path; false on an error. */
typedef bool (*kill_save)(const char *path, int which, void *user);

/* Which content the path holds, 0 or 1; -1: neither. */
typedef int (*kill_look)(const char *path, void *user);

struct kill_result {
  int64_t rounds, seen[2]; /* how often each content was found */
  int64_t left;            /* temporary files, at most one a round, which are removed */
};

/* Starts a process that saves the two contents in turns, kills it within a fiftieth of a second, and looks, `rounds`
 * times. Fails the test where neither content is found, or more or other files are left than one temporary file. */
struct kill_result kill_savers(kill_save save, kill_look look, void *user, int64_t rounds);

#endif
