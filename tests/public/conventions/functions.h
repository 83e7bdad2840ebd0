/* Every function of the header with arguments that are valid, for tests of what holds for all of them. */
#ifndef FUNCTIONS_H
#define FUNCTIONS_H

#include "support.h"

enum { PARAMETERS = 10, BUFFER = 256 };

/* A line of the table in functions.c, which says what its parameters are. */
struct function {
  const char *name;
  lottery_status (*call)(void **p);
  const char *parameters;
};

extern const struct function functions[];
extern const int function_count;

struct parameter {
  bool optional;
  char kind;
  char name[32];
  const char *text; /* or NULL */
};

/* Returns how many there are. */
int function_parse(const char *text, struct parameter parameters[PARAMETERS]);

bool is_handle(char kind);
bool is_out(char kind);
char kind_of(char kind); /* of a handle: 'N' for 'U', too */

/* Writes the files that some functions read. */
void functions_make_files(const char *directory);

/* One handle of each kind. */
struct handles {
  lottery_context *context;
  lottery_network *network, *open, *empty;
  lottery_dataset *dataset, *targeted;
  lottery_mask *mask;
  lottery_snapshot *snapshot;
  lottery_pruner *pruner;
  lottery_trainer *trainer, *forwarded;
  lottery_archive *archive;
};

/* The context's, too. */
void handles_make(lottery_context *context, struct handles *handles);
void handles_destroy(const struct handles *handles);

void *handle_of(const struct handles *handles, char kind);
/* kind: in lower case. */
void handle_destroy(char kind, void *handle);

/* The arguments of one call: buffers of their own, and what they held before it. */
struct arguments {
  void *pointers[PARAMETERS];
  _Alignas(16) unsigned char buffers[PARAMETERS][BUFFER], before[PARAMETERS][BUFFER];
};

void arguments_fill(const struct handles *handles, const struct parameter *parameters, int count,
                    struct arguments *arguments);

#endif
