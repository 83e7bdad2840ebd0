/* Feeding a batch: its form, and which of its features can be left out. */
#include "run/input.h"

#include <string.h>

#include "base/arithmetic.h"
#include "base/memory.h"
#include "kernels/choice.h"
#include "kernels/gather.h"
#include "kernels/index/nonzeros.h"
#include "kernels/kernels.h"
#include "model/layer/layer.h"

static bool all_take_halves(const struct lottery_network *network) {
  bool all = network->output != 0;
  for (int32_t i = 1; i < network->node_count; i++)
    for (int32_t j = 0; j < network->nodes[i].input_count; j++)
      all = all && (network->nodes[i].inputs[j] != 0 || (network->nodes[i].kind->traits & LAYER_READS_HALVES) != 0);
  return all;
}

/* Whether a layer that reads the input has enough rows for the nonzero kernels, while it is dense. */
static bool has_wide_reader(const struct lottery_network *network) {
  for (int64_t i = 0; i < network->tensor_count; i++)
    if (network->parameter[i].reads_input && network->parameter[i].role == PARAMETER_WEIGHT &&
        choice_reads_nonzeros(tensor_rows(&network->tensors[i])))
      return true;
  return false;
}

static int64_t live_blocks(int64_t features) { return arithmetic_round_up(features, LIVE_STEP) / ROW_STEP; }

bool feed_create(struct input_feed *feed, const struct lottery_network *network, int64_t tiles, bool training,
                 bool bytes) {
  struct lottery_context *context = network->object.context;
  const int64_t features = network_inputs(network);
  *feed = (struct input_feed){.context = context,
                              .kernels = network->kernels,
                              .training = training,
                              .takes_halves = all_take_halves(network),
                              .input = {.features = features}};
  int64_t floats;
  if (!arithmetic_multiply(features, tiles * BATCH_TILE, &floats)) floats = INT64_MAX;
  /* The largest first: if it does not fit, no time goes into zeroing gigabytes for the others. */
  if ((feed->values = memory_allocate(context, floats, sizeof *feed->values)) == NULL) return false;
  feed->live = memory_allocate(context, features, sizeof *feed->live);
  feed->live_bits = memory_allocate(context, live_blocks(features), sizeof *feed->live_bits);
  if (feed->live == NULL || feed->live_bits == NULL) return false;
  if (!bytes || !feed->takes_halves || !has_wide_reader(network)) return true;
  return nonzeros_create(context, features, tiles, training, &feed->nonzeros);
}

void feed_destroy(struct input_feed *feed) {
  memory_release(feed->context, feed->values);
  memory_release(feed->context, feed->live);
  memory_release(feed->context, feed->live_bits);
  nonzeros_destroy(feed->context, feed->nonzeros);
}

/* Lists the live features that the bits name, and returns how many there are; live may be NULL. */
static int64_t list_live(const uint16_t *live_bits, int64_t features, int32_t *live) {
  int64_t count = 0;
  for (int64_t block = 0; block * ROW_STEP < features; block++) {
    if (live == NULL) count += __builtin_popcount(live_bits[block]);
    for (uint32_t bits = live_bits[block]; live != NULL && bits != 0; bits &= bits - 1)
      live[count++] = (int32_t)(block * ROW_STEP + __builtin_ctz(bits));
  }
  return count;
}

/* Finds the live features, if a layer can leave out the others and these are enough. */
static const struct input *find_live(struct input_feed *feed, const struct layout *layout, int64_t tiles) {
  struct input *input = &feed->input;
  const struct input_readers *readers = &layout->input_readers;
  if (!readers->dense && !(feed->training && readers->packed_skips)) return input;
  if (input->values != NULL) feed->kernels->gather->find_live(input->values, input->features, tiles, feed->live_bits);
  input->live_count = list_live(feed->live_bits, input->features, readers->dense ? feed->live : NULL);
  if (!choice_leaves_out(input->live_count, input->features)) return input;
  input->live_bits = feed->live_bits;
  if (readers->dense) input->live = feed->live;
  return input;
}

const struct input *feed_floats(struct input_feed *feed, const struct layout *layout, int64_t tiles) {
  feed->input = (struct input){.values = feed->values, .scale = 1.0F, .features = feed->input.features};
  return find_live(feed, layout, tiles);
}

struct gathered feed_bytes_to(struct input_feed *feed, const struct layout *layout) {
  memset(feed->live_bits, 0, (size_t)live_blocks(feed->input.features) * sizeof *feed->live_bits);
  struct nonzeros *nonzeros = layout->input_readers.dense_wide ? feed->nonzeros : NULL;
  if (nonzeros != NULL) nonzeros->count = 0;
  return (struct gathered){
      .halves = (uint16_t *)(void *)feed->values, .live_bits = feed->live_bits, .nonzeros = nonzeros};
}

const struct input *feed_bytes(struct input_feed *feed, const struct layout *layout, const struct gathered *gathered,
                               float scale, int64_t tiles) {
  feed->input = (struct input){
      .halves = gathered->halves, .scale = scale, .features = feed->input.features, .nonzeros = gathered->nonzeros};
  return find_live(feed, layout, tiles);
}
