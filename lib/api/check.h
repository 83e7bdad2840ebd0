/* The argument checks that public functions begin with. The RETURN_ ones leave the function that uses them. */
#ifndef API_CHECK_H
#define API_CHECK_H

#include "base/context.h"
#include "base/object.h"
#include "base/status.h"

/* Before everything else in a function that makes a handle: on every error the caller's handle is NULL. */
#define CLEAR_OUT(pointer)                    \
  do {                                        \
    if ((pointer) != NULL) *(pointer) = NULL; \
  } while (0)

/* The first handle argument: without it there is no context to leave a message in. */
#define RETURN_UNLESS_HANDLE(handle, kind)                                         \
  do {                                                                             \
    if (object_check((handle), (kind)) != LOTTERY_OK) return LOTTERY_ERROR_HANDLE; \
  } while (0)

/* A further handle argument. */
#define RETURN_UNLESS_OTHER_HANDLE(context, handle, kind)                                               \
  do {                                                                                                  \
    if (object_check((handle), (kind)) != LOTTERY_OK)                                                   \
      return context_fail((context), LOTTERY_ERROR_HANDLE, #handle ": NULL or another kind of handle"); \
  } while (0)

/* An argument that must not be NULL. */
#define RETURN_IF_NULL(context, pointer)                                                              \
  do {                                                                                                \
    if ((pointer) == NULL) return context_fail((context), LOTTERY_ERROR_ARGUMENT, #pointer ": NULL"); \
  } while (0)

/* An array of `count` elements: of none, it may be NULL. */
#define RETURN_IF_NULL_ARRAY(context, pointer, count)   \
  do {                                                  \
    if ((count) != 0) RETURN_IF_NULL(context, pointer); \
  } while (0)

/* What a _retain function does. */
static inline lottery_status retain_handle(void *handle, enum object_kind kind) {
  RETURN_UNLESS_HANDLE(handle, kind);
  object_retain(handle);
  return LOTTERY_OK;
}

/* What a _destroy function does: it ignores NULL and handles of another kind. */
static inline void destroy_handle(void *handle, enum object_kind kind) {
  if (object_check(handle, kind) == LOTTERY_OK) object_release(handle);
}

#endif
