/* Public functions of the context, of versions and status names. */
#include <stdio.h>
#include <stdlib.h>

#include "api/check.h"
#include "base/arithmetic.h"
#include "base/text.h"
#include "base/version.h"
#include "kernels/choice.h"
#include "kernels/dense.h"
#include "kernels/kernels.h"

const char *lottery_version(void) { return VERSION_TEXT; }

const char *lottery_status_name(lottery_status status) {
  switch (status) {
    case LOTTERY_OK: return "LOTTERY_OK";
    case LOTTERY_CANCELLED: return "LOTTERY_CANCELLED";
    case LOTTERY_STOPPED: return "LOTTERY_STOPPED";
    case LOTTERY_PARTIAL: return "LOTTERY_PARTIAL";
    case LOTTERY_UNCHANGED: return "LOTTERY_UNCHANGED";
    case LOTTERY_ERROR_ARGUMENT: return "LOTTERY_ERROR_ARGUMENT";
    case LOTTERY_ERROR_HANDLE: return "LOTTERY_ERROR_HANDLE";
    case LOTTERY_ERROR_MEMORY: return "LOTTERY_ERROR_MEMORY";
    case LOTTERY_ERROR_STATE: return "LOTTERY_ERROR_STATE";
    case LOTTERY_ERROR_SHAPE: return "LOTTERY_ERROR_SHAPE";
    case LOTTERY_ERROR_FILE: return "LOTTERY_ERROR_FILE";
    case LOTTERY_ERROR_FORMAT: return "LOTTERY_ERROR_FORMAT";
    case LOTTERY_ERROR_NOT_FINITE: return "LOTTERY_ERROR_NOT_FINITE";
    case LOTTERY_ERROR_UNSUPPORTED: return "LOTTERY_ERROR_UNSUPPORTED";
    case LOTTERY_ERROR_MASK: return "LOTTERY_ERROR_MASK";
    default: return "unknown status";
  }
}

/* The C library's allocator: the one place where the library calls it. */
static void *allocate_default(int64_t size, int64_t alignment, void *user) {
  (void)user;
  const int64_t step = alignment > (int64_t)sizeof(void *) ? alignment : (int64_t)sizeof(void *);
  if (size > INT64_MAX - step) return NULL;
  return aligned_alloc((size_t)step, (size_t)arithmetic_round_up(size, step));
}

static void release_default(void *memory, int64_t size, int64_t alignment, void *user) {
  (void)size, (void)alignment, (void)user;
  free(memory);
}

lottery_status lottery_context_create(lottery_context **out) {
  return lottery_context_create_with_allocator(allocate_default, release_default, NULL, out);
}

lottery_status lottery_context_create_with_allocator(lottery_allocate allocate, lottery_release release, void *user,
                                                     lottery_context **out) {
  if (out == NULL) return LOTTERY_ERROR_ARGUMENT;
  *out = NULL;
  if (allocate == NULL || release == NULL) return LOTTERY_ERROR_ARGUMENT;
  struct lottery_context *context = context_create(allocate, release, user);
  if (context == NULL) return LOTTERY_ERROR_MEMORY;
  atomic_store(&context->instruction_set, kernels_for(LOTTERY_INSTRUCTION_SET_AUTOMATIC)->instruction_set);
  *out = context;
  return LOTTERY_OK;
}

void lottery_context_destroy(lottery_context *context) { destroy_handle(context, OBJECT_CONTEXT); }

lottery_status lottery_context_retain(lottery_context *context) { return retain_handle(context, OBJECT_CONTEXT); }

lottery_status lottery_context_message(lottery_context *context, char *buffer, int64_t capacity, int64_t *needed) {
  RETURN_UNLESS_HANDLE(context, OBJECT_CONTEXT);
  if (capacity < 0 || (buffer == NULL && capacity > 0)) return LOTTERY_ERROR_ARGUMENT; /* keeps the message */
  context_hold_message(context);
  const lottery_status status = text_copy(context, context->message, buffer, capacity, needed);
  context_let_message_go(context);
  return status;
}

lottery_status lottery_context_set_instruction_set(lottery_context *context, int32_t instruction_set) {
  RETURN_UNLESS_HANDLE(context, OBJECT_CONTEXT);
  if (instruction_set < LOTTERY_INSTRUCTION_SET_AUTOMATIC || instruction_set > LOTTERY_INSTRUCTION_SET_NEON)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "instruction_set: %d is not a LOTTERY_INSTRUCTION_SET_… value",
                        (int)instruction_set);
  const struct kernels *kernels = kernels_for(instruction_set);
  if (kernels == NULL)
    return context_fail(context, LOTTERY_ERROR_UNSUPPORTED,
                        "instruction_set: %d is not available; this CPU or build has: %s", (int)instruction_set,
                        kernels_cpu_features());
  atomic_store(&context->instruction_set, kernels->instruction_set);
  return LOTTERY_OK;
}

lottery_status lottery_context_get_instruction_set(lottery_context *context, int32_t *out) {
  RETURN_UNLESS_HANDLE(context, OBJECT_CONTEXT);
  RETURN_IF_NULL(context, out);
  *out = atomic_load(&context->instruction_set);
  return LOTTERY_OK;
}

lottery_status lottery_context_describe(lottery_context *context, char *buffer, int64_t capacity, int64_t *needed) {
  RETURN_UNLESS_HANDLE(context, OBJECT_CONTEXT);
  const struct kernels *kernels = kernels_for(atomic_load(&context->instruction_set));
  const bool blis = blis_micro_kernel(kernels->instruction_set) != NULL;
  char text[256];
  snprintf(text, sizeof text, "liblottery %s; CPU: %s; kernels: %s; BLIS %s, micro-kernel: %s%s", lottery_version(),
           kernels_cpu_features(), kernels->name, kernels_blis_version(), blis ? "BLIS " : "",
           choice_micro_kernel(kernels)->name);
  return text_copy(context, text, buffer, capacity, needed);
}

lottery_status lottery_context_memory(lottery_context *context, int64_t *bytes, int64_t *peak) {
  RETURN_UNLESS_HANDLE(context, OBJECT_CONTEXT);
  if (bytes != NULL) *bytes = atomic_load(&context->bytes);
  if (peak != NULL) *peak = atomic_load(&context->peak);
  return LOTTERY_OK;
}

void lottery_context_cancel(lottery_context *context) {
  if (object_check(context, OBJECT_CONTEXT) == LOTTERY_OK)
    atomic_store_explicit(&context->cancelled, 1, memory_order_relaxed);
}

void lottery_context_resume(lottery_context *context) {
  if (object_check(context, OBJECT_CONTEXT) == LOTTERY_OK)
    atomic_store_explicit(&context->cancelled, 0, memory_order_relaxed);
}
