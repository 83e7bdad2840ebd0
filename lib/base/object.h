/* What all handles have in common: kind, context, atomic reference count, and how they end. */
#ifndef BASE_OBJECT_H
#define BASE_OBJECT_H

#include <stdatomic.h>
#include <stddef.h>

#include "base/public.h"

/* Arbitrary but unlikely values, so that a wrong pointer is seldom taken for a handle. */
enum object_kind {
  OBJECT_CONTEXT = 0x4c4f5401,
  OBJECT_NETWORK,
  OBJECT_LAYOUT,
  OBJECT_DATASET,
  OBJECT_STORAGE,
  OBJECT_MASK,
  OBJECT_SNAPSHOT,
  OBJECT_PRUNER,
  OBJECT_TRAINER,
  OBJECT_ARCHIVE,
  OBJECT_EXECUTOR,
  OBJECT_TENSOR_FORM
};

/* The first member of every handle's struct. */
struct object {
  enum object_kind kind;
  atomic_int_least64_t references;
  struct lottery_context *context;
  void (*finalise)(void *self); /* releases what the object owns, not the object */
};

/* Allocates a zeroed object of `size` bytes with one reference, which keeps its context alive; NULL (with the context's
 * message set) when memory is out. finalise may be NULL. */
void *object_create(struct lottery_context *context, enum object_kind kind, size_t size, void (*finalise)(void *self));

/* Takes a reference and returns the object. NULL stays NULL. */
void *object_retain(void *object);

/* Gives a reference up; the object ends with the last one. NULL is a no-op. */
void object_release(void *object);

/* OK, or LOTTERY_ERROR_HANDLE when `object` is NULL or of another kind. */
lottery_status object_check(const void *object, enum object_kind kind);

#endif
