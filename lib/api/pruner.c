/* The public functions of pruners. */
#include "prune/pruner.h"

#include "api/check.h"
#include "base/text.h"

lottery_status lottery_pruner_create(lottery_context *context, lottery_pruner **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(context, OBJECT_CONTEXT);
  RETURN_IF_NULL(context, out);
  *out = pruner_create(context);
  return *out != NULL ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
}

void lottery_pruner_destroy(lottery_pruner *pruner) { destroy_handle(pruner, OBJECT_PRUNER); }

lottery_status lottery_pruner_set_integer(lottery_pruner *pruner, int32_t key, int64_t value) {
  RETURN_UNLESS_HANDLE(pruner, OBJECT_PRUNER);
  return pruner_set_integer(pruner, key, value);
}

lottery_status lottery_pruner_get_integer(lottery_pruner *pruner, int32_t key, int64_t *out) {
  RETURN_UNLESS_HANDLE(pruner, OBJECT_PRUNER);
  RETURN_IF_NULL(pruner->object.context, out);
  return pruner_get_integer(pruner, key, out);
}

lottery_status lottery_pruner_set_real(lottery_pruner *pruner, int32_t key, double value) {
  RETURN_UNLESS_HANDLE(pruner, OBJECT_PRUNER);
  return pruner_set_real(pruner, key, value);
}

lottery_status lottery_pruner_get_real(lottery_pruner *pruner, int32_t key, double *out) {
  RETURN_UNLESS_HANDLE(pruner, OBJECT_PRUNER);
  RETURN_IF_NULL(pruner->object.context, out);
  return pruner_get_real(pruner, key, out);
}

lottery_status lottery_pruner_set_tensor_rate(lottery_pruner *pruner, const char *name, double rate) {
  RETURN_UNLESS_HANDLE(pruner, OBJECT_PRUNER);
  RETURN_IF_NULL(pruner->object.context, name);
  return pruner_set_tensor_rate(pruner, name, rate);
}

static lottery_status check_rate_index(lottery_pruner *pruner, int64_t index) {
  RETURN_UNLESS_HANDLE(pruner, OBJECT_PRUNER);
  if (index >= 0 && index < pruner->rate_count) return LOTTERY_OK;
  return context_fail(pruner->object.context, LOTTERY_ERROR_ARGUMENT, "index: %lld, but %lld tensors have a rate",
                      (long long)index, (long long)pruner->rate_count);
}

lottery_status lottery_pruner_tensor_rate_count(lottery_pruner *pruner, int64_t *out) {
  RETURN_UNLESS_HANDLE(pruner, OBJECT_PRUNER);
  RETURN_IF_NULL(pruner->object.context, out);
  *out = pruner->rate_count;
  return LOTTERY_OK;
}

lottery_status lottery_pruner_tensor_rate_name(lottery_pruner *pruner, int64_t index, char *buffer, int64_t capacity,
                                               int64_t *needed) {
  RETURN_IF_ERROR(check_rate_index(pruner, index));
  return text_copy(pruner->object.context, pruner->rates[index].name, buffer, capacity, needed);
}

lottery_status lottery_pruner_tensor_rate(lottery_pruner *pruner, int64_t index, double *out) {
  RETURN_IF_ERROR(check_rate_index(pruner, index));
  RETURN_IF_NULL(pruner->object.context, out);
  *out = pruner->rates[index].rate;
  return LOTTERY_OK;
}

lottery_status lottery_pruner_amount(lottery_pruner *pruner, int32_t *key) {
  RETURN_UNLESS_HANDLE(pruner, OBJECT_PRUNER);
  RETURN_IF_NULL(pruner->object.context, key);
  *key = pruner->decides;
  return LOTTERY_OK;
}

/* The handles of a pruning; mask may be NULL. */
static lottery_status check_handles(struct lottery_pruner *pruner, struct lottery_network *network,
                                    struct lottery_mask *mask) {
  RETURN_UNLESS_HANDLE(pruner, OBJECT_PRUNER);
  RETURN_UNLESS_OTHER_HANDLE(pruner->object.context, network, OBJECT_NETWORK);
  if (mask != NULL) RETURN_UNLESS_OTHER_HANDLE(pruner->object.context, mask, OBJECT_MASK);
  return LOTTERY_OK;
}

lottery_status lottery_pruner_apply(lottery_pruner *pruner, lottery_network *network, lottery_mask *mask,
                                    lottery_mask **out) {
  CLEAR_OUT(out);
  RETURN_IF_ERROR(check_handles(pruner, network, mask));
  RETURN_IF_NULL(pruner->object.context, out);
  return pruner_apply(pruner, network, mask, out);
}

lottery_status lottery_pruner_apply_scores(lottery_pruner *pruner, lottery_network *network, lottery_mask *mask,
                                           const float *scores, int64_t count, lottery_mask **out) {
  CLEAR_OUT(out);
  RETURN_IF_ERROR(check_handles(pruner, network, mask));
  RETURN_IF_NULL_ARRAY(pruner->object.context, scores, count);
  RETURN_IF_NULL(pruner->object.context, out);
  return pruner_apply_scores(pruner, network, mask, scores, count, out);
}

lottery_status lottery_pruner_preview(lottery_pruner *pruner, lottery_network *network, lottery_mask *mask,
                                      int64_t count, int64_t *kept, int64_t *dead_units, int32_t *vanishing) {
  RETURN_IF_ERROR(check_handles(pruner, network, mask));
  return pruner_preview(pruner, network, mask, count, kept, dead_units, vanishing);
}
