/* Scores, which rank weights, from any source. A pruning asks its source for them tensor by tensor. */
#ifndef PRUNE_SCORES_H
#define PRUNE_SCORES_H

#include <string.h>

#include "model/mask.h"

struct score_source {
  /* Fills keys, [elements of the mask's tensor], with numbers in the order of the scores; the weights of the lowest go
   * first. A float's is its score_key. Those of weights that the mask prunes are not looked at, whatever they are.
   * LOTTERY_ERROR_NOT_FINITE names the tensor and the first surviving element without a finite score. */
  lottery_status (*fill)(const struct score_source *self, const struct lottery_mask *mask, int64_t tensor,
                         uint32_t *keys);
  struct lottery_context *context; /* for the message */
};

/* A key that rises with a finite float. A positive float's bits rise with it, a negative one's fall. -0 is 0. */
static inline uint32_t score_key(float score) {
  const uint32_t sign = 0x80000000u;
  uint32_t bits;
  memcpy(&bits, &score, sizeof bits);
  if (bits == sign) bits = 0;
  return (bits & sign) != 0 ? ~bits : bits | sign;
}

/* Whether all of values, [elements of the mask's tensor], at surviving weights are finite. If not, the message says
 * which one of `what` is not. */
lottery_status scores_require_finite(struct lottery_context *context, const char *what, const struct lottery_mask *mask,
                                     int64_t tensor, const float *values);

/* Scores that the host has made. */
struct given_scores {
  struct score_source source;
  const float *values; /* of the mask's tensors one after the other, [elements] each */
};

struct given_scores scores_given(struct lottery_context *context, const float *values);

#endif
