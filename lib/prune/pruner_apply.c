/* Making the next mask: rates, amounts, scores, ranks. */
#include "base/context.h"
#include "base/float_mode.h"
#include "base/memory.h"
#include "base/status.h"
#include "prune/amount.h"
#include "prune/criterion.h"
#include "prune/mask_algebra.h"
#include "prune/pruner.h"
#include "prune/rank.h"

/* The data of one call. */
struct pruning {
  struct lottery_context *context;
  const struct lottery_network *network;
  struct lottery_mask *mask; /* under construction */
  const struct score_source *scores;
  int64_t lost;              /* weights that went */
  double *rates;             /* [tensors of the mask] */
  int64_t *unit_of;          /* [tensors of the mask] */
  struct amount_unit *units; /* [unit_count] */
  int64_t unit_count;
  struct rank_tensor *members; /* of one unit, room for all tensors */
  uint32_t *keys;              /* of one unit, room for the largest */
  int64_t *histogram;
};

/* Each tensor's rate: its own, or the pruner's, with the output layer's factor. */
static lottery_status resolve_rates(const struct lottery_pruner *pruner, const struct pruning *pruning) {
  const struct lottery_network *network = pruning->network;
  const double rate = option_real(&pruner->options, LOTTERY_PRUNER_RATE);
  const double factor = option_real(&pruner->options, LOTTERY_PRUNER_OUTPUT_FACTOR);
  for (int64_t i = 0; i < network->prunable_count; i++)
    pruning->rates[i] = network->parameter[network->prunable_tensors[i]].next_to_output ? rate * factor : rate;
  for (int64_t i = 0; i < pruner->rate_count; i++) {
    const int64_t tensor = tensor_find(network->prunable, network->prunable_count, pruner->rates[i].name);
    if (tensor < 0)
      return context_fail(pruning->context, LOTTERY_ERROR_ARGUMENT,
                          "tensor rate: the network has no prunable tensor called %s", pruner->rates[i].name);
    pruning->rates[tensor] = pruner->rates[i].rate;
  }
  return LOTTERY_OK;
}

/* Units: tensor by tensor, or with global scope one for each rate, in the order of their first tensors. */
static void form_units(struct pruning *pruning, bool global) {
  const struct lottery_mask *mask = pruning->mask;
  for (int64_t i = 0; i < mask->tensor_count; i++) {
    int64_t unit = global ? 0 : pruning->unit_count;
    while (unit < pruning->unit_count && pruning->units[unit].rate != pruning->rates[i]) unit++;
    if (unit == pruning->unit_count) pruning->units[pruning->unit_count++].rate = pruning->rates[i];
    pruning->unit_of[i] = unit;
    pruning->units[unit].kept += mask->kept[i];
    pruning->units[unit].total += mask->tensors[i].count;
  }
}

/* How much each unit loses. */
static lottery_status decide(const struct lottery_pruner *pruner, struct pruning *pruning) {
  RETURN_IF_ERROR(resolve_rates(pruner, pruning));
  form_units(pruning, option_integer(&pruner->options, LOTTERY_PRUNER_SCOPE) == LOTTERY_SCOPE_GLOBAL);
  const struct amount amount = {.key = pruner->decides,
                                .rate = option_real(&pruner->options, LOTTERY_PRUNER_RATE),
                                .count = option_integer(&pruner->options, LOTTERY_PRUNER_COUNT),
                                .density = option_real(&pruner->options, LOTTERY_PRUNER_DENSITY)};
  return amount_decide(pruning->context, &amount, pruning->units, pruning->unit_count);
}

static lottery_status allocate_keys(struct pruning *pruning) {
  int64_t largest = 0;
  for (int64_t i = 0; i < pruning->unit_count; i++)
    if (pruning->units[i].total > largest) largest = pruning->units[i].total;
  pruning->keys = memory_allocate(pruning->context, largest, sizeof *pruning->keys);
  pruning->histogram = memory_allocate(pruning->context, RANK_BUCKETS, sizeof *pruning->histogram);
  return pruning->keys != NULL && pruning->histogram != NULL ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
}

/* Ranks the tensors of a unit together and removes the lowest weights. A unit that loses nothing is scored, too, so
 * that bad scores are found. */
static lottery_status prune_unit(struct pruning *pruning, int64_t unit) {
  const struct lottery_mask *mask = pruning->mask;
  uint32_t *keys = pruning->keys;
  int64_t member_count = 0;
  for (int64_t i = 0; i < mask->tensor_count; i++) {
    if (pruning->unit_of[i] != unit) continue;
    RETURN_IF_ERROR(pruning->scores->fill(pruning->scores, mask, i, keys));
    const int64_t count = mask->tensors[i].count;
    pruning->members[member_count++] = (struct rank_tensor){mask->bits[i], count, keys};
    keys += count;
  }
  rank_remove(pruning->members, member_count, pruning->units[unit].lost, pruning->histogram);
  pruning->lost += pruning->units[unit].lost;
  return LOTTERY_OK;
}

static lottery_status carry_out(const struct lottery_pruner *pruner, struct pruning *pruning) {
  struct lottery_context *context = pruning->context;
  const int64_t tensor_count = pruning->mask->tensor_count;
  pruning->rates = memory_allocate(context, tensor_count, sizeof *pruning->rates);
  pruning->unit_of = memory_allocate(context, tensor_count, sizeof *pruning->unit_of);
  pruning->units = memory_allocate(context, tensor_count, sizeof *pruning->units);
  pruning->members = memory_allocate(context, tensor_count, sizeof *pruning->members);
  if (pruning->rates == NULL || pruning->unit_of == NULL || pruning->units == NULL || pruning->members == NULL)
    return LOTTERY_ERROR_MEMORY;
  uint64_t mode = float_mode_enter(); /* the same amounts however the host rounds */
  lottery_status status = decide(pruner, pruning);
  float_mode_leave(mode);
  RETURN_IF_ERROR(status);
  RETURN_IF_ERROR(allocate_keys(pruning));
  mode = float_mode_enter(); /* a score that is not finite raises exceptions, which a host may trap */
  for (int64_t unit = 0; status == LOTTERY_OK && unit < pruning->unit_count; unit++) status = prune_unit(pruning, unit);
  float_mode_leave(mode);
  mask_count(pruning->mask);
  return status;
}

/* A mask (NULL: all ones) that can be pruned further. */
static struct lottery_mask *copy_mask(struct lottery_context *context, const struct lottery_network *network,
                                      const struct lottery_mask *mask) {
  struct lottery_mask *copy = mask_create(context, network->prunable, network->prunable_count);
  if (copy == NULL) return NULL;
  for (int64_t i = 0; i < network->prunable_count; i++) {
    if (mask != NULL)
      mask_copy_tensor(copy, i, mask, i);
    else
      mask_fill(copy, i);
  }
  mask_count(copy);
  return copy;
}

/* Whether the pruner can be applied to the network and, where it is not NULL, the mask. */
static lottery_status require_fit(struct lottery_context *context, const struct lottery_network *network,
                                  const struct lottery_mask *mask) {
  if (!network->finished) return context_fail(context, LOTTERY_ERROR_STATE, "network: not finished");
  if (mask == NULL) return LOTTERY_OK;
  return mask_require_tensors(context, "mask", mask, network->prunable, network->prunable_count);
}

/* Says that nothing went, which is not an error. */
static lottery_status say_unchanged(const struct lottery_mask *mask) {
  int64_t kept = 0, total = 0;
  for (int64_t i = 0; i < mask->tensor_count; i++) kept += mask->kept[i], total += mask->tensors[i].count;
  return context_fail(mask->object.context, LOTTERY_UNCHANGED, "pruner: no weight went; %lld of %lld are left",
                      (long long)kept, (long long)total);
}

/* Makes the mask. Network and mask fit. */
static lottery_status prune(const struct lottery_pruner *pruner, const struct lottery_network *network,
                            const struct lottery_mask *mask, const struct score_source *scores,
                            struct lottery_mask **out) {
  struct lottery_context *context = pruner->object.context;
  struct pruning pruning = {.context = context,
                            .network = network,
                            .scores = scores,
                            .mask = copy_mask(context, network, mask != NULL ? mask : network_mask(network))};
  if (pruning.mask == NULL) return LOTTERY_ERROR_MEMORY;
  const lottery_status status = carry_out(pruner, &pruning);
  void *const scratch[] = {pruning.rates,   pruning.unit_of, pruning.units,
                           pruning.members, pruning.keys,    pruning.histogram};
  for (size_t i = 0; i < sizeof scratch / sizeof scratch[0]; i++) memory_release(context, scratch[i]);
  if (status != LOTTERY_OK) {
    object_release(pruning.mask);
    return status;
  }
  *out = pruning.mask;
  if (pruning.lost > 0) return LOTTERY_OK;
  return say_unchanged(pruning.mask);
}

lottery_status pruner_apply(struct lottery_pruner *pruner, const struct lottery_network *network,
                            const struct lottery_mask *mask, struct lottery_mask **out) {
  struct lottery_context *context = pruner->object.context;
  *out = NULL;
  RETURN_IF_ERROR(require_fit(context, network, mask));
  int64_t largest = 0;
  for (int64_t i = 0; i < network->prunable_count; i++)
    if (network->prunable[i].count > largest) largest = network->prunable[i].count;
  float *weights = memory_allocate(context, largest, sizeof *weights);
  if (weights == NULL) return LOTTERY_ERROR_MEMORY;
  const struct criterion_scores scores =
      criterion_scores(context, network, option_integer(&pruner->options, LOTTERY_PRUNER_CRITERION),
                       (uint64_t)option_integer(&pruner->options, LOTTERY_PRUNER_SEED), weights);
  const lottery_status status = prune(pruner, network, mask, &scores.source, out);
  memory_release(context, weights);
  return status;
}

lottery_status pruner_apply_scores(struct lottery_pruner *pruner, const struct lottery_network *network,
                                   const struct lottery_mask *mask, const float *scores, int64_t count,
                                   struct lottery_mask **out) {
  struct lottery_context *context = pruner->object.context;
  *out = NULL;
  RETURN_IF_ERROR(require_fit(context, network, mask));
  int64_t total = 0;
  for (int64_t i = 0; i < network->prunable_count; i++) total += network->prunable[i].count;
  if (count != total)
    return context_fail(context, LOTTERY_ERROR_SHAPE, "count: %lld, but the prunable tensors have %lld elements",
                        (long long)count, (long long)total);
  const struct given_scores given = scores_given(context, scores);
  return prune(pruner, network, mask, &given.source, out);
}
