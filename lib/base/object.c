/* Reference counting of handles. */
#include "base/object.h"

#include "base/context.h"
#include "base/memory.h"

void *object_create(struct lottery_context *context, enum object_kind kind, size_t size, void (*finalise)(void *self)) {
  struct object *object = memory_allocate(context, 1, (int64_t)size);
  if (object == NULL) return NULL;
  object->kind = kind;
  atomic_init(&object->references, 1);
  object->context = object_retain(context);
  object->finalise = finalise;
  return object;
}

void *object_retain(void *object) {
  struct object *self = object;
  if (self != NULL) atomic_fetch_add_explicit(&self->references, 1, memory_order_relaxed);
  return object;
}

void object_release(void *object) {
  struct object *self = object;
  if (self == NULL || atomic_fetch_sub_explicit(&self->references, 1, memory_order_acq_rel) != 1) return;
  if (self->finalise != NULL) self->finalise(self);
  if (self->kind == OBJECT_CONTEXT) {
    context_take_down((struct lottery_context *)object);
    return;
  }
  struct lottery_context *context = self->context;
  self->kind = 0;
  memory_release(context, self);
  object_release(context);
}

lottery_status object_check(const void *object, enum object_kind kind) {
  const struct object *self = object;
  return self != NULL && self->kind == kind ? LOTTERY_OK : LOTTERY_ERROR_HANDLE;
}
