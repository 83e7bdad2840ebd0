/* A ticket in an archive: the graph; of each tensor that masks cover the survivors' columns, where each row begins
 * among them, and their values; of the others (biases) all values. */
#include <string.h>

#include "base/context.h"
#include "base/finite.h"
#include "base/memory.h"
#include "base/real_text.h"
#include "base/status.h"
#include "store/archive/format.h"
#include "store/archive/graph.h"
#include "store/archive/items.h"
#include "store/element/convert.h"

enum { NARROW_COLUMNS = 65534 }; /* up to here a column has 16 bits */

/* A tensor as a matrix. */
struct matrix {
  int64_t rows, columns, kept;
  int32_t dtype; /* of columns */
};

static struct matrix matrix_of(const struct tensor *tensor, int64_t kept) {
  const int64_t rows = tensor_rows(tensor), columns = tensor_columns(tensor);
  return (struct matrix){rows, columns, kept, columns <= NARROW_COLUMNS ? DTYPE_U16 : DTYPE_U32};
}

/* --- Adding --- */

static lottery_status add_survivors(struct item *item, const struct tensor *tensor, const uint64_t *bits, int64_t kept,
                                    const float *all) {
  const struct matrix matrix = matrix_of(tensor, kept);
  const int64_t starts = matrix.rows + 1;
  float *values = item_add_array(item, tensor->name, ".values", DTYPE_F32, 1, &kept);
  void *columns = values != NULL ? item_add_array(item, tensor->name, ".columns", matrix.dtype, 1, &kept) : NULL;
  int64_t *rows = columns != NULL ? item_add_array(item, tensor->name, ".rows", DTYPE_I64, 1, &starts) : NULL;
  if (rows == NULL) return LOTTERY_ERROR_MEMORY;
  int64_t next = 0;
  for (int64_t row = 0; row < matrix.rows; row++) {
    for (int64_t column = 0; column < matrix.columns; column++) {
      const int64_t element = row * matrix.columns + column;
      if (!mask_bit(bits, element)) continue;
      values[next] = all[element];
      if (matrix.dtype == DTYPE_U16)
        ((uint16_t *)columns)[next] = (uint16_t)column;
      else
        ((uint32_t *)columns)[next] = (uint32_t)column;
      next++;
    }
    rows[row + 1] = next;
  }
  return finite_check(item->tables.context, tensor->name, values, kept);
}

static lottery_status add_whole(struct item *item, const struct tensor *tensor, const float *all) {
  float *values = item_add_array(item, tensor->name, "", DTYPE_F32, tensor->rank, tensor->shape);
  if (values == NULL) return LOTTERY_ERROR_MEMORY;
  memcpy(values, all, (size_t)tensor->count * sizeof *values);
  return finite_check(item->tables.context, tensor->name, values, tensor->count);
}

lottery_status item_add_ticket(struct lottery_archive *archive, const char *name, struct lottery_network *network,
                               const struct lottery_mask *mask, const struct lottery_snapshot *snapshot) {
  struct item item;
  struct json_writer writer = {.context = archive->object.context};
  lottery_status status = item_begin(archive, name, KIND_TICKET, &item);
  if (status == LOTTERY_OK) {
    graph_write(network, &writer);
    status = item_add_written(&item, ROLE_GRAPH, &writer);
  }
  for (int64_t i = 0; status == LOTTERY_OK && i < network->tensor_count; i++) {
    const int32_t masked = network->parameter[i].mask_tensor;
    const float *all = snapshot->slots[LOTTERY_SLOT_WEIGHT] + snapshot->offsets[i];
    status = masked < 0 ? add_whole(&item, &network->tensors[i], all)
                        : add_survivors(&item, &network->tensors[i], mask->bits[masked], mask->kept[masked], all);
  }
  json_writer_release(&writer);
  return item_commit(archive, &item, status);
}

/* --- Getting: first all of it is looked at, then networks, masks and snapshots are made --- */

/* The arrays of one matrix. */
struct survivors {
  struct matrix matrix;
  const struct entry *values, *columns, *rows;
};

static int64_t row_start(const struct survivors *survivors, int64_t row) {
  int64_t start;
  memcpy(&start, (const unsigned char *)survivors->rows->data + row * (int64_t)sizeof start, sizeof start);
  return start;
}

static int64_t column_at(const struct survivors *survivors, int64_t index) {
  const unsigned char *data = survivors->columns->data;
  uint16_t narrow;
  uint32_t wide;
  if (survivors->matrix.dtype == DTYPE_U16) {
    memcpy(&narrow, data + index * (int64_t)sizeof narrow, sizeof narrow);
    return narrow;
  }
  memcpy(&wide, data + index * (int64_t)sizeof wide, sizeof wide);
  return wide;
}

/* Rows begin at 0, go upwards and end at the number of values; columns rise within a row and are in range. */
static lottery_status check_survivors(struct lottery_archive *archive, const struct survivors *survivors) {
  struct lottery_context *context = archive->object.context;
  const struct matrix *matrix = &survivors->matrix;
  if (row_start(survivors, 0) != 0 || row_start(survivors, matrix->rows) != matrix->kept)
    return context_fail(context, LOTTERY_ERROR_FORMAT, "%.256s: goes from %lld to %lld, expected 0 to %lld",
                        survivors->rows->name, (long long)row_start(survivors, 0),
                        (long long)row_start(survivors, matrix->rows), (long long)matrix->kept);
  for (int64_t row = 0; row < matrix->rows; row++) {
    const int64_t start = row_start(survivors, row), end = row_start(survivors, row + 1);
    if (start > end || end > matrix->kept)
      return context_fail(context, LOTTERY_ERROR_FORMAT, "%.256s: row %lld goes from %lld to %lld of %lld",
                          survivors->rows->name, (long long)row, (long long)start, (long long)end,
                          (long long)matrix->kept);
    for (int64_t i = start, before = -1; i < end; i++) {
      const int64_t column = column_at(survivors, i);
      if (column <= before || column >= matrix->columns)
        return context_fail(context, LOTTERY_ERROR_FORMAT,
                            "%.256s: element %lld is %lld, expected over %lld and below %lld", survivors->columns->name,
                            (long long)i, (long long)column, (long long)before, (long long)matrix->columns);
      before = column;
    }
  }
  return LOTTERY_OK;
}

/* Finds the arrays of a matrix; their types and sizes agree. */
static lottery_status find_survivors(struct lottery_archive *archive, const char *name, const struct tensor *tensor,
                                     struct survivors *survivors) {
  const struct entry *columns = item_array(archive, name, tensor->name, ".columns");
  const int64_t kept = columns != NULL && columns->rank == 1 ? columns->shape[0] : 0;
  survivors->matrix = matrix_of(tensor, kept);
  const int64_t starts = survivors->matrix.rows + 1;
  lottery_status status = item_require_array(archive, name, tensor->name, ".columns", survivors->matrix.dtype, 1, &kept,
                                             &survivors->columns);
  if (status == LOTTERY_OK)
    status = item_require_array(archive, name, tensor->name, ".values", DTYPE_F32, 1, &kept, &survivors->values);
  if (status == LOTTERY_OK)
    status = item_require_array(archive, name, tensor->name, ".rows", DTYPE_I64, 1, &starts, &survivors->rows);
  return status;
}

static lottery_status check_arrays(struct lottery_archive *archive, const char *name, const struct tensor_list *list) {
  lottery_status status = LOTTERY_OK;
  for (int64_t i = 0; status == LOTTERY_OK && i < list->count; i++) {
    const struct tensor *tensor = &list->tensors[i];
    struct survivors survivors;
    const struct entry *array;
    if (list->parameters[i].mask_tensor < 0) {
      status = item_require_array(archive, name, tensor->name, "", DTYPE_F32, tensor->rank, tensor->shape, &array);
      continue;
    }
    status = find_survivors(archive, name, tensor, &survivors);
    if (status == LOTTERY_OK) status = check_survivors(archive, &survivors);
  }
  return status;
}

/* The mask of a ticket whose arrays were checked. */
static lottery_status make_mask(struct lottery_archive *archive, const char *name, const struct tensor_list *list,
                                struct lottery_mask **out) {
  struct lottery_mask *mask = mask_create(archive->object.context, list->prunable, list->prunable_count);
  if (mask == NULL) return LOTTERY_ERROR_MEMORY;
  lottery_status status = LOTTERY_OK;
  for (int64_t i = 0; status == LOTTERY_OK && i < list->prunable_count; i++) {
    struct survivors survivors;
    status = find_survivors(archive, name, &list->prunable[i], &survivors);
    for (int64_t row = 0; status == LOTTERY_OK && row < survivors.matrix.rows; row++)
      for (int64_t j = row_start(&survivors, row); j < row_start(&survivors, row + 1); j++) {
        const int64_t element = row * survivors.matrix.columns + column_at(&survivors, j);
        mask->bits[i][element / 64] |= (uint64_t)1 << element % 64;
      }
  }
  mask_count(mask);
  *out = mask;
  return status;
}

/* Survivor `index` of a matrix. */
static lottery_status read_survivor(struct lottery_archive *archive, const struct entry *array, int64_t index,
                                    float *value) {
  const struct elements elements = {.dtype = array->dtype};
  const unsigned char *from = (const unsigned char *)array->data + index * dtype_size(array->dtype);
  if (convert_elements(elements, from, LOTTERY_ELEMENT_FLOAT32, value, 1) == 0)
    return convert_fail(archive->object.context, array->name, index, elements, from, LOTTERY_ELEMENT_FLOAT32);
  if (finite_end(value, 1) == 1) return LOTTERY_OK;
  return context_fail(archive->object.context, LOTTERY_ERROR_NOT_FINITE, "%.256s: element %lld is %s", array->name,
                      (long long)index, real_text(finite_widen(value)).text);
}

/* Writes a matrix's survivors into `values`, which are 0. */
static lottery_status scatter(struct lottery_archive *archive, const struct survivors *survivors, float *values) {
  const struct matrix *matrix = &survivors->matrix;
  for (int64_t row = 0; row < matrix->rows; row++)
    for (int64_t i = row_start(survivors, row); i < row_start(survivors, row + 1); i++) {
      float *value = &values[row * matrix->columns + column_at(survivors, i)];
      RETURN_IF_ERROR(read_survivor(archive, survivors->values, i, value));
    }
  return LOTTERY_OK;
}

/* The values that a ticket holds of tensor `number`: all, or the survivors in the order of elements. */
static const struct entry *values_of(struct lottery_archive *archive, const char *name,
                                     const struct lottery_network *network, int64_t number) {
  const bool masked = network->parameter[number].mask_tensor >= 0;
  return item_array(archive, name, network->tensors[number].name, masked ? ".values" : "");
}

/* Fills the network from the survivors, in whatever form its mask has given it. */
static lottery_status fill_network(struct lottery_archive *archive, const char *name, struct lottery_network *network) {
  int64_t most = 0;
  for (int64_t i = 0; i < network->tensor_count; i++) {
    const struct entry *array = values_of(archive, name, network, i);
    const int64_t count = array->bytes / dtype_size(array->dtype);
    if (count > most) most = count;
  }
  float *values = memory_allocate(archive->object.context, most, sizeof *values);
  lottery_status status = values != NULL ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
  for (int64_t i = 0; status == LOTTERY_OK && i < network->tensor_count; i++) {
    status = item_copy_values(archive, values_of(archive, name, network, i), values);
    if (status == LOTTERY_OK) network_write_survivors(network, i, values);
  }
  memory_release(archive->object.context, values);
  return status;
}

/* The values of tensor `number` in its full shape; those of survivors go where 0 is. */
static lottery_status read_tensor(struct lottery_archive *archive, const char *name,
                                  const struct lottery_network *network, int64_t number, float *values) {
  const struct tensor *tensor = &network->tensors[number];
  if (network->parameter[number].mask_tensor < 0)
    return item_copy_values(archive, item_array(archive, name, tensor->name, ""), values);
  struct survivors survivors;
  const lottery_status status = find_survivors(archive, name, tensor, &survivors);
  return status == LOTTERY_OK ? scatter(archive, &survivors, values) : status;
}

static lottery_status make_snapshot(struct lottery_archive *archive, const char *name,
                                    const struct lottery_network *network, struct lottery_snapshot **out) {
  struct lottery_snapshot *snapshot = snapshot_create(archive->object.context, network->tensors, network->tensor_count,
                                                      LOTTERY_STATE_WEIGHTS, 1 << LOTTERY_SLOT_WEIGHT);
  *out = snapshot;
  if (snapshot == NULL) return LOTTERY_ERROR_MEMORY;
  lottery_status status = LOTTERY_OK;
  for (int64_t i = 0; status == LOTTERY_OK && i < network->tensor_count; i++)
    status = read_tensor(archive, name, network, i, snapshot->slots[LOTTERY_SLOT_WEIGHT] + snapshot->offsets[i]);
  return status;
}

/* What a ticket becomes; the snapshot only if the caller wants it, since its weights are dense. */
struct ticket {
  struct lottery_network *network;
  struct lottery_mask *mask;
  struct lottery_snapshot *snapshot;
};

/* Looks at everything that the ticket holds for the tensors of its graph, and only then makes its mask. */
static lottery_status check_and_mask(struct lottery_archive *archive, const char *name, struct lottery_network *network,
                                     struct lottery_mask **out) {
  struct tensor_list list;
  RETURN_IF_ERROR(tensor_list_create(network, &list));
  lottery_status status = check_arrays(archive, name, &list);
  if (status == LOTTERY_OK) status = item_check_size(archive, name, &list);
  if (status == LOTTERY_OK) status = make_mask(archive, name, &list, out);
  tensor_list_release(archive->object.context, &list);
  return status;
}

/* Leaves in `ticket` what it has made, on an error, too. */
static lottery_status make_ticket(struct lottery_archive *archive, const char *name, bool with_snapshot,
                                  struct ticket *ticket) {
  int32_t output;
  RETURN_IF_ERROR(graph_read(archive, name, &ticket->network, &output));
  RETURN_IF_ERROR(check_and_mask(archive, name, ticket->network, &ticket->mask));
  RETURN_IF_ERROR(item_finish_network(archive, name, ticket->network, output, ticket->mask));
  RETURN_IF_ERROR(fill_network(archive, name, ticket->network));
  return with_snapshot ? make_snapshot(archive, name, ticket->network, &ticket->snapshot) : LOTTERY_OK;
}

lottery_status item_get_ticket(struct lottery_archive *archive, const char *name, struct lottery_network **network,
                               struct lottery_mask **mask, struct lottery_snapshot **snapshot) {
  struct ticket ticket = {0};
  RETURN_IF_ERROR(item_require(archive, name, KIND_TICKET));
  const lottery_status status = make_ticket(archive, name, snapshot != NULL, &ticket);
  if (status == LOTTERY_OK) {
    if (network != NULL) *network = object_retain(ticket.network);
    if (mask != NULL) *mask = object_retain(ticket.mask);
    if (snapshot != NULL) *snapshot = object_retain(ticket.snapshot);
  }
  object_release(ticket.network);
  object_release(ticket.mask);
  object_release(ticket.snapshot);
  return status;
}
