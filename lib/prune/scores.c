/* Scores that the host gives, and the check of the values that scores are made from. */
#include "prune/scores.h"

#include "base/context.h"
#include "base/finite.h"
#include "base/real_text.h"
#include "base/status.h"

lottery_status scores_require_finite(struct lottery_context *context, const char *what, const struct lottery_mask *mask,
                                     int64_t tensor, const float *values) {
  for (int64_t i = 0; i < mask->tensors[tensor].count; i++)
    if (finite_end(&values[i], 1) == 0 && mask_bit(mask->bits[tensor], i))
      return context_fail(context, LOTTERY_ERROR_NOT_FINITE, "%s: %s element %lld is %s", what,
                          mask->tensors[tensor].name, (long long)i, real_text(finite_widen(&values[i])).text);
  return LOTTERY_OK;
}

static lottery_status fill(const struct score_source *self, const struct lottery_mask *mask, int64_t tensor,
                           uint32_t *keys) {
  const float *values = ((const struct given_scores *)self)->values;
  for (int64_t i = 0; i < tensor; i++) values += mask->tensors[i].count;
  RETURN_IF_ERROR(scores_require_finite(self->context, "scores", mask, tensor, values));
  for (int64_t i = 0; i < mask->tensors[tensor].count; i++) keys[i] = score_key(values[i]);
  return LOTTERY_OK;
}

struct given_scores scores_given(struct lottery_context *context, const float *values) {
  return (struct given_scores){.source = {.fill = fill, .context = context}, .values = values};
}
