/* Losses of one tile, their gradients, and correct answers. */
#include "kernels/loss.h"

#include "base/arithmetic.h"
#include "kernels/isa/set.h"
#include "kernels/isa/vector_math.h"

enum { SUM_BLOCK = 64 };

/* sum_j exp(z_j - m); chosen: z_label - m. Many classes are summed block by block, and what the sum of blocks loses is
 * kept (two-sum, Knuth, TAOCP volume 2, 4.2.2). */
VECTOR_INLINE vector sum_exponentials(const float *logits, int64_t classes, vector maximum, vector_integer label,
                                      vector *chosen) {
  vector total = vector_broadcast(0.0F), lost = total;
  *chosen = total;
  for (int64_t first = 0; first < classes; first += SUM_BLOCK) {
    const int64_t end = arithmetic_minimum(first + SUM_BLOCK, classes);
    vector sum = vector_broadcast(0.0F);
    for (int64_t j = first; j < end; j++) {
      const vector z = vector_load(logits + j * BATCH_TILE) - maximum;
      sum += vector_exp(z);
      *chosen = vector_select(label == (int32_t)j, z, *chosen);
    }
    const vector next = total + sum, added = next - total;
    lost += (total - (next - added)) + (sum - added);
    total = next;
  }
  return total + lost;
}

/* -log softmax(z)_label = m + log sum_j exp(z_j - m) - z_label, m = max_j z_j; its gradient softmax(z) - one-hot. */
static void cross_entropy(const float *logits, int64_t classes, const int32_t *labels, float scale, float *losses,
                          float *gradient) {
  /* logits and gradient [class j][lane], losses and labels [lane] */
  for (int lane = 0; lane < BATCH_TILE; lane += VECTOR_LANES) {
    const vector_integer label = vector_load_integer(labels + lane);
    vector maximum = vector_load(logits + lane);
    for (int64_t j = 1; j < classes; j++) {
      const vector z = vector_load(logits + j * BATCH_TILE + lane);
      /* Not less-or-equal, so that NaN wins and reaches the loss. */
      maximum = vector_select(z <= maximum, maximum, z);
    }
    vector chosen;
    const vector sum = sum_exponentials(logits + lane, classes, maximum, label, &chosen);
    vector_store(losses + lane, vector_select(label >= 0, vector_log(sum) - chosen, vector_broadcast(0.0F)));
    if (gradient == NULL) continue;
    const vector factor = vector_select(label >= 0, vector_broadcast(scale), vector_broadcast(0.0F));
    const vector share = factor / sum;
    for (int64_t j = 0; j < classes; j++) {
      const vector e = vector_exp(vector_load(logits + j * BATCH_TILE + lane) - maximum);
      const vector one_hot = vector_select(label == (int32_t)j, factor, vector_broadcast(0.0F));
      const vector value = vector_select(label >= 0, vector_fma(e, share, -one_hot), vector_broadcast(0.0F));
      vector_store(gradient + j * BATCH_TILE + lane, value);
    }
  }
}

static void squared_error(const float *outputs, const float *targets, int64_t features, int64_t valid, float scale,
                          float *losses, float *gradient) {
  int32_t number[BATCH_TILE] __attribute__((aligned(64)));
  for (int lane = 0; lane < BATCH_TILE; lane++) number[lane] = lane;
  for (int lane = 0; lane < BATCH_TILE; lane += VECTOR_LANES) {
    const vector_integer inside = vector_load_integer(number + lane) < (int32_t)valid;
    vector sum = vector_broadcast(0.0F);
    for (int64_t j = 0; j < features; j++) {
      const int64_t at = j * BATCH_TILE + lane;
      const vector difference =
          vector_select(inside, vector_load(outputs + at) - vector_load(targets + at), vector_broadcast(0.0F));
      sum = vector_fma(difference, difference, sum);
      if (gradient != NULL) vector_store(gradient + at, difference * scale);
    }
    vector_store(losses + lane, sum);
  }
}

static int64_t count_correct(const float *logits, int64_t classes, const int32_t *labels) {
  vector_integer correct = {0};
  for (int lane = 0; lane < BATCH_TILE; lane += VECTOR_LANES) {
    vector largest = vector_load(logits + lane);
    vector_integer winner = {0};
    for (int64_t j = 1; j < classes; j++) {
      const vector z = vector_load(logits + j * BATCH_TILE + lane);
      const vector_integer larger = z > largest;
      largest = vector_select(larger, z, largest);
      winner = ((vector_integer){0} + (int32_t)j) * -larger + winner * (1 + larger);
    }
    correct -= winner == vector_load_integer(labels + lane);
  }
  int64_t count = 0;
  for (int i = 0; i < VECTOR_LANES; i++) count += correct[i];
  return count;
}

const struct loss_kernels KERNEL(loss_kernels) = {
    .cross_entropy = cross_entropy, .squared_error = squared_error, .count_correct = count_correct};
