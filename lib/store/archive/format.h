/* The words of our files (docs/format.md): kinds of items, and the texts that describe them. A text's key is
 * "lottery." and its role, and for an item with a name a dot and the name. */
#ifndef STORE_ARCHIVE_FORMAT_H
#define STORE_ARCHIVE_FORMAT_H

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

#endif
