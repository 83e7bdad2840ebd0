/* The words of our files (docs/format.md): kinds of items, and the names of the texts and arrays that they are made
 * of. */
#ifndef STORE_ARCHIVE_FORMAT_H
#define STORE_ARCHIVE_FORMAT_H

#include "store/safetensors/tables.h"

#define ROLE_KIND "kind"       /* every item: one of the kinds below */
#define ROLE_TEXT "text"       /* a text: itself */
#define ROLE_GRAPH "graph"     /* a network, a ticket: its graph */
#define ROLE_TENSORS "tensors" /* a mask, a snapshot: names and shapes of its tensors */
#define ROLE_STATE "state"     /* a snapshot: what it holds, and where the trainer stood */
#define ROLE_TRAINER "trainer" /* a trainer: options, position, and what its results depend on beside arrays */

#define KIND_NETWORK "network"
#define KIND_MASK "mask"
#define KIND_SNAPSHOT "snapshot"
#define KIND_TICKET "ticket"
#define KIND_TRAINER "trainer"
#define KIND_TEXT "text"
#define KIND_ARRAY "array"

/* Room for every full name that can be in an archive, and then some: a longer one is cut, and found nowhere. */
enum { FORMAT_NAME_CAPACITY = ENTRY_NAME_LIMIT + 128 };

/* A text's key: "lottery." and its role, and for an item with a name a dot and the name. */
void format_text_key(const char *name, const char *role, char key[FORMAT_NAME_CAPACITY]);

/* An array's name: the item's, a dot and the tensor's, of which either may be "" and the dot then left out; and a
 * suffix. */
void format_array_name(const char *name, const char *tensor, const char *suffix, char full[FORMAT_NAME_CAPACITY]);

#endif
