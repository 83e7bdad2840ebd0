/* Matching tensors by name and shape. */
#include "model/tensor.h"

#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/list.h"
#include "base/status.h"

bool tensor_equal(const struct tensor *a, const struct tensor *b) {
  if (strcmp(a->name, b->name) != 0 || a->rank != b->rank) return false;
  for (int32_t i = 0; i < a->rank; i++)
    if (a->shape[i] != b->shape[i]) return false;
  return true;
}

bool tensor_lists_equal(const struct tensor *a, int64_t count_a, const struct tensor *b, int64_t count_b) {
  if (count_a != count_b) return false;
  for (int64_t i = 0; i < count_a; i++)
    if (!tensor_equal(&a[i], &b[i])) return false;
  return true;
}

int64_t tensor_match(const struct tensor *list, int64_t count, const struct tensor *wanted) {
  for (int64_t i = 0; i < count; i++)
    if (tensor_equal(&list[i], wanted)) return i;
  return -1;
}

int64_t tensor_find(const struct tensor *list, int64_t count, const char *name) {
  for (int64_t i = 0; i < count; i++)
    if (strcmp(list[i].name, name) == 0) return i;
  return -1;
}

lottery_status tensor_check_index(struct lottery_context *context, int64_t tensor, int64_t list_count) {
  if (tensor >= 0 && tensor < list_count) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_ARGUMENT, "tensor: %lld is outside 0 to %lld", (long long)tensor,
                      (long long)list_count - 1);
}

lottery_status tensor_check_count(struct lottery_context *context, const struct tensor *tensor, int64_t count) {
  if (count == tensor->count) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_SHAPE, "count: %lld, but %s has %lld elements", (long long)count,
                      tensor->name, (long long)tensor->count);
}

lottery_status tensor_copy_shape(struct lottery_context *context, int32_t rank, const int64_t *shape, int64_t capacity,
                                 int64_t *out, int32_t *out_rank) {
  if (out_rank == NULL) return context_fail(context, LOTTERY_ERROR_ARGUMENT, "rank: NULL");
  RETURN_IF_ERROR(list_check(context, "shape", out, capacity, rank));
  if (capacity > 0 && rank > 0) memcpy(out, shape, (size_t)rank * sizeof *shape);
  *out_rank = rank;
  return LOTTERY_OK;
}

/* Appends the tensors of one list that the other lacks; returns how many matched. */
static int64_t append_unmatched(char *text, size_t capacity, const char *where, const struct tensor *list,
                                int64_t count, const struct tensor *other, int64_t other_count) {
  int64_t matched = 0;
  for (int64_t i = 0; i < count; i++) {
    if (tensor_match(other, other_count, &list[i]) >= 0) {
      matched++;
      continue;
    }
    char shape[TENSOR_RANK_LIMIT * 24] = "";
    for (int32_t j = 0; j < list[i].rank; j++) {
      const size_t used = strlen(shape);
      snprintf(shape + used, sizeof shape - used, "[%lld]", (long long)list[i].shape[j]);
    }
    const size_t used = strlen(text);
    snprintf(text + used, capacity - used, "; %s has %s %s", where, list[i].name, shape);
  }
  return matched;
}

lottery_status tensor_report_unmatched(struct lottery_context *context, const char *what, const struct tensor *list,
                                       int64_t count, const struct tensor *network_list, int64_t network_count) {
  char text[CONTEXT_MESSAGE_CAPACITY - 128] = "";
  const int64_t matched = append_unmatched(text, sizeof text, what, list, count, network_list, network_count);
  append_unmatched(text, sizeof text, "the network", network_list, network_count, list, count);
  if (text[0] == '\0') return LOTTERY_OK;
  return context_fail(context, matched > 0 ? LOTTERY_PARTIAL : LOTTERY_ERROR_SHAPE,
                      "%lld of %lld tensors of the %s match%s", (long long)matched, (long long)count, what, text);
}
