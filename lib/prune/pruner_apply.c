/* Making the next mask: rates, amounts, scores, ranks. */
#include <math.h>

#include "base/context.h"
#include "base/memory.h"
#include "prune/amount.h"
#include "prune/criterion.h"
#include "prune/mask_algebra.h"
#include "prune/pruner.h"
#include "prune/rank.h"

/* What one call works with. */
struct plan {
  struct lottery_context *context;
  const struct lottery_network *network;
  struct lottery_mask *mask; /* under construction */
  criterion_function *criterion;
  uint64_t seed;
  double *rates;             /* [tensors of the mask] */
  int64_t *unit_of;          /* [tensors of the mask] */
  struct amount_unit *units; /* [unit_count] */
  int64_t unit_count;
  struct rank_tensor *members; /* of one unit, room for all tensors */
  float *weights;              /* of one tensor, room for the largest */
  uint32_t *scores;            /* of one unit, room for the largest that loses any */
  int64_t *histogram;
};

/* Each tensor's rate: its own, or the pruner's, with the output layer's factor. */
static lottery_status resolve_rates(const struct lottery_pruner *pruner, const struct plan *plan) {
  const struct lottery_network *network = plan->network;
  const double rate = option_real(&pruner->options, LOTTERY_PRUNER_RATE);
  const double factor = option_real(&pruner->options, LOTTERY_PRUNER_OUTPUT_FACTOR);
  for (int64_t i = 0; i < network->prunable_count; i++)
    plan->rates[i] = network->parameter[network->prunable_tensors[i]].next_to_output ? rate * factor : rate;
  for (int64_t i = 0; i < pruner->rate_count; i++) {
    const int64_t tensor = tensor_find(network->prunable, network->prunable_count, pruner->rates[i].name);
    if (tensor < 0)
      return context_fail(plan->context, LOTTERY_ERROR_ARGUMENT,
                          "tensor rate: the network has no prunable tensor called %s", pruner->rates[i].name);
    plan->rates[tensor] = pruner->rates[i].rate;
  }
  return LOTTERY_OK;
}

/* Units: tensor by tensor, or with global scope one for each rate, in the order of their first tensors. */
static void form_units(struct plan *plan, bool global) {
  const struct lottery_mask *mask = plan->mask;
  for (int64_t i = 0; i < mask->tensor_count; i++) {
    int64_t unit = global ? 0 : plan->unit_count;
    while (unit < plan->unit_count && plan->units[unit].rate != plan->rates[i]) unit++;
    if (unit == plan->unit_count) plan->units[plan->unit_count++].rate = plan->rates[i];
    plan->unit_of[i] = unit;
    plan->units[unit].kept += mask->kept[i];
    plan->units[unit].total += mask->tensors[i].count;
  }
}

/* Room for the weights of the largest tensor and the scores of the largest unit. */
static lottery_status allocate_scores(struct plan *plan) {
  int64_t largest_tensor = 0, largest_unit = 0;
  for (int64_t i = 0; i < plan->mask->tensor_count; i++)
    if (plan->mask->tensors[i].count > largest_tensor) largest_tensor = plan->mask->tensors[i].count;
  for (int64_t i = 0; i < plan->unit_count; i++)
    if (plan->units[i].lost > 0 && plan->units[i].total > largest_unit) largest_unit = plan->units[i].total;
  plan->weights = memory_allocate(plan->context, largest_tensor, sizeof *plan->weights);
  plan->scores = memory_allocate(plan->context, largest_unit, sizeof *plan->scores);
  plan->histogram = memory_allocate(plan->context, RANK_BUCKETS, sizeof *plan->histogram);
  return plan->weights != NULL && plan->scores != NULL && plan->histogram != NULL ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
}

/* Reads a tensor's weights; the surviving ones must be finite. */
static lottery_status read_weights(const struct plan *plan, int64_t tensor) {
  const struct tensor *shape = &plan->mask->tensors[tensor];
  network_read(plan->network, plan->network->prunable_tensors[tensor], plan->weights);
  for (int64_t i = 0; i < shape->count; i++)
    if (!isfinite(plan->weights[i]) && mask_bit(plan->mask->bits[tensor], i))
      return context_fail(plan->context, LOTTERY_ERROR_NOT_FINITE, "network: %s element %lld is %g", shape->name,
                          (long long)i, (double)plan->weights[i]);
  return LOTTERY_OK;
}

/* Ranks the tensors of a unit together and takes the lowest away. */
static lottery_status prune_unit(const struct plan *plan, int64_t unit) {
  const struct lottery_mask *mask = plan->mask;
  uint32_t *scores = plan->scores;
  int64_t member_count = 0;
  for (int64_t i = 0; i < mask->tensor_count; i++) {
    if (plan->unit_of[i] != unit) continue;
    const lottery_status status = read_weights(plan, i);
    if (status != LOTTERY_OK) return status;
    if (plan->units[unit].lost == 0) continue;
    const int64_t count = mask->tensors[i].count;
    plan->criterion(&(struct criterion_source){plan->weights, count, i, plan->seed}, scores);
    plan->members[member_count++] = (struct rank_tensor){mask->bits[i], count, scores};
    scores += count;
  }
  rank_remove(plan->members, member_count, plan->units[unit].lost, plan->histogram);
  return LOTTERY_OK;
}

static lottery_status carry_out(const struct lottery_pruner *pruner, struct plan *plan) {
  const int64_t tensor_count = plan->mask->tensor_count;
  plan->rates = memory_allocate(plan->context, tensor_count, sizeof *plan->rates);
  plan->unit_of = memory_allocate(plan->context, tensor_count, sizeof *plan->unit_of);
  plan->units = memory_allocate(plan->context, tensor_count, sizeof *plan->units);
  plan->members = memory_allocate(plan->context, tensor_count, sizeof *plan->members);
  if (plan->rates == NULL || plan->unit_of == NULL || plan->units == NULL || plan->members == NULL)
    return LOTTERY_ERROR_MEMORY;
  lottery_status status = resolve_rates(pruner, plan);
  if (status != LOTTERY_OK) return status;
  form_units(plan, option_integer(&pruner->options, LOTTERY_PRUNER_SCOPE) == LOTTERY_SCOPE_GLOBAL);
  const struct amount amount = {.key = pruner->decides,
                                .rate = option_real(&pruner->options, LOTTERY_PRUNER_RATE),
                                .count = option_integer(&pruner->options, LOTTERY_PRUNER_COUNT),
                                .density = option_real(&pruner->options, LOTTERY_PRUNER_DENSITY)};
  status = amount_decide(plan->context, &amount, plan->units, plan->unit_count);
  if (status == LOTTERY_OK) status = allocate_scores(plan);
  for (int64_t unit = 0; status == LOTTERY_OK && unit < plan->unit_count; unit++) status = prune_unit(plan, unit);
  mask_count(plan->mask);
  return status;
}

lottery_status pruner_apply(struct lottery_pruner *pruner, struct lottery_network *network,
                            const struct lottery_mask *mask, struct lottery_mask **out) {
  struct lottery_context *context = pruner->object.context;
  *out = NULL;
  if (!network->finished) return context_fail(context, LOTTERY_ERROR_STATE, "network: not finished");
  if (mask == NULL) mask = network_mask(network);
  if (mask != NULL) {
    const lottery_status status =
        mask_require_tensors(context, "mask", mask, network->prunable, network->prunable_count);
    if (status != LOTTERY_OK) return status;
  }
  struct plan plan = {.context = context,
                      .network = network,
                      .criterion = criterion_find(option_integer(&pruner->options, LOTTERY_PRUNER_CRITERION)),
                      .seed = (uint64_t)option_integer(&pruner->options, LOTTERY_PRUNER_SEED),
                      .mask = mask_create(context, network->prunable, network->prunable_count)};
  if (plan.mask == NULL) return LOTTERY_ERROR_MEMORY;
  for (int64_t i = 0; i < network->prunable_count; i++) {
    if (mask != NULL)
      mask_copy_tensor(plan.mask, i, mask, i);
    else
      mask_fill(plan.mask, i);
  }
  mask_count(plan.mask);
  const lottery_status status = carry_out(pruner, &plan);
  void *const scratch[] = {plan.rates,   plan.unit_of, plan.units,    plan.members,
                           plan.weights, plan.scores,  plan.histogram};
  for (size_t i = 0; i < sizeof scratch / sizeof scratch[0]; i++) memory_release(context, scratch[i]);
  if (status == LOTTERY_OK)
    *out = plan.mask;
  else
    object_release(plan.mask);
  return status;
}
