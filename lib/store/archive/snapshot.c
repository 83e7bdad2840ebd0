/* A snapshot in an archive: the list of its tensors, what it holds and where the trainer stood as a text, and for each
 * slot that it has an array a tensor. The weights' arrays have the tensors' names. */
#include <string.h>

#include "base/context.h"
#include "base/finite.h"
#include "base/memory.h"
#include "store/archive/format.h"
#include "store/archive/items.h"

const char *const item_slot_suffixes[SNAPSHOT_SLOTS] = {"", ".first", ".second"};

/* --- Adding --- */

static lottery_status add_state(struct item *item, const struct lottery_snapshot *snapshot) {
  struct json_writer writer = {.context = item->tables.context};
  int64_t slots = 0;
  for (int slot = 0; slot < SNAPSHOT_SLOTS; slot++)
    if (snapshot->slots[slot] != NULL) slots |= 1 << slot;
  json_write(&writer, "{\"contents\":");
  json_write_integer(&writer, snapshot->contents);
  json_write(&writer, ",\"slots\":");
  json_write_integer(&writer, slots);
  json_write(&writer, ",\"optimiser\":");
  json_write_string(&writer, option_find(LOTTERY_TRAINER_OPTIMISER)->choices[snapshot->optimiser]);
  json_write(&writer, ",\"optimiser_steps\":");
  json_write_integer(&writer, snapshot->optimiser_steps);
  json_write(&writer, ",\"iteration\":");
  json_write_integer(&writer, snapshot->position.iteration);
  json_write(&writer, ",\"batch\":");
  json_write_integer(&writer, snapshot->position.batch);
  json_write(&writer, ",\"seed\":");
  json_write_unsigned(&writer, snapshot->position.seed);
  json_write(&writer, "}");
  const lottery_status status = item_add_written(item, ROLE_STATE, &writer);
  json_writer_release(&writer);
  return status;
}

static lottery_status add_values(struct item *item, const struct lottery_snapshot *snapshot, int slot, int64_t index) {
  const struct tensor *tensor = &snapshot->tensors[index];
  float *values = item_add_array(item, tensor->name, item_slot_suffixes[slot], DTYPE_F32, tensor->rank, tensor->shape);
  if (values == NULL) return LOTTERY_ERROR_MEMORY;
  memcpy(values, snapshot->slots[slot] + snapshot->offsets[index], (size_t)tensor->count * sizeof *values);
  return finite_check(item->tables.context, tensor->name, values, tensor->count);
}

lottery_status item_add_snapshot(struct lottery_archive *archive, const char *name,
                                 const struct lottery_snapshot *snapshot) {
  struct item item;
  lottery_status status = item_begin(archive, name, KIND_SNAPSHOT, &item);
  if (status == LOTTERY_OK) status = item_add_tensors(&item, snapshot->tensors, snapshot->tensor_count);
  if (status == LOTTERY_OK) status = add_state(&item, snapshot);
  for (int slot = 0; slot < SNAPSHOT_SLOTS; slot++)
    for (int64_t i = 0; status == LOTTERY_OK && snapshot->slots[slot] != NULL && i < snapshot->tensor_count; i++)
      status = add_values(&item, snapshot, slot, i);
  return item_commit(archive, &item, status);
}

/* --- Getting --- */

struct state {
  int64_t contents, slots, optimiser, optimiser_steps;
  struct position position;
};

static bool read_optimiser(struct json *json, int64_t *optimiser) {
  const struct option *option = option_find(LOTTERY_TRAINER_OPTIMISER);
  const char *name;
  if (!json_string(json, &name)) return false;
  for (*optimiser = 0; *optimiser <= (int64_t)option->maximum; (*optimiser)++)
    if (strcmp(name, option->choices[*optimiser]) == 0) return true;
  return json_fail(json, "this version has no such optimiser");
}

/* Weights are in slot 0, the optimiser's state in the others. */
static bool slots_fit(const struct state *state) {
  const bool weights = (state->contents & LOTTERY_STATE_WEIGHTS) != 0;
  const bool optimiser = (state->contents & LOTTERY_STATE_OPTIMISER) != 0;
  return weights == ((state->slots & 1 << LOTTERY_SLOT_WEIGHT) != 0) &&
         (optimiser || (state->slots & ~(1 << LOTTERY_SLOT_WEIGHT)) == 0);
}

static lottery_status read_state(struct lottery_archive *archive, const char *name, struct state *state) {
  static const char *const members[] = {"contents",  "slots", "optimiser", "optimiser_steps",
                                        "iteration", "batch", "seed"};
  struct json json;
  uint32_t seen = 0;
  const lottery_status status = item_open_text(archive, name, ROLE_STATE, &json);
  if (status != LOTTERY_OK) return status;
  json_enter(&json, '{');
  while (json_more(&json, '{')) switch (json_member(&json, members, 7, &seen)) {
      case 0: json_integer(&json, 0, LOTTERY_STATE_ALL, &state->contents); break;
      case 1: json_integer(&json, 0, (1 << SNAPSHOT_SLOTS) - 1, &state->slots); break;
      case 2: read_optimiser(&json, &state->optimiser); break;
      case 3: json_integer(&json, 0, COUNT_LIMIT, &state->optimiser_steps); break;
      case 4: json_integer(&json, 0, COUNT_LIMIT, &state->position.iteration); break;
      case 5: json_integer(&json, 0, COUNT_LIMIT, &state->position.batch); break;
      case 6: json_unsigned(&json, &state->position.seed); break;
      default: break;
    }
  if (json_end(&json) && seen != 127) json_fail(&json, "the state is not complete");
  if (json.fault == NULL && !slots_fit(state)) json_fail(&json, "its slots are not those of its contents");
  return item_close_text(archive, name, ROLE_STATE, &json);
}

/* Every array that is needed must be there before room for any is made. */
static lottery_status require_arrays(struct lottery_archive *archive, const char *name, const struct tensor *tensors,
                                     int64_t count, int64_t slots) {
  lottery_status status = LOTTERY_OK;
  const struct entry *array;
  for (int slot = 0; slot < SNAPSHOT_SLOTS; slot++)
    for (int64_t i = 0; status == LOTTERY_OK && (slots & 1 << slot) != 0 && i < count; i++)
      status = item_require_array(archive, name, tensors[i].name, item_slot_suffixes[slot], DTYPE_F32, tensors[i].rank,
                                  tensors[i].shape, &array);
  return status;
}

lottery_status item_make_snapshot(struct lottery_archive *archive, const char *name, const struct tensor *tensors,
                                  int64_t count, int32_t contents, int32_t slots, struct lottery_snapshot **out) {
  lottery_status status = require_arrays(archive, name, tensors, count, slots);
  if (status != LOTTERY_OK) return status;
  struct lottery_snapshot *snapshot = snapshot_create(archive->object.context, tensors, count, contents, slots);
  if (snapshot == NULL) return LOTTERY_ERROR_MEMORY;
  for (int slot = 0; slot < SNAPSHOT_SLOTS; slot++)
    for (int64_t i = 0; status == LOTTERY_OK && snapshot->slots[slot] != NULL && i < count; i++)
      status = item_copy_values(archive, item_array(archive, name, tensors[i].name, item_slot_suffixes[slot]),
                                snapshot->slots[slot] + snapshot->offsets[i]);
  if (status == LOTTERY_OK)
    *out = snapshot;
  else
    object_release(snapshot);
  return status;
}

static lottery_status get_listed(struct lottery_archive *archive, const char *name, struct lottery_network *network,
                                 struct lottery_snapshot **out) {
  struct tensor *tensors = NULL;
  int64_t count = 0;
  struct state state = {0};
  lottery_status status = read_state(archive, name, &state);
  if (status == LOTTERY_OK) status = item_get_tensors(archive, name, &tensors, &count);
  if (status == LOTTERY_OK && network != NULL &&
      !tensor_lists_equal(tensors, count, network->tensors, network->tensor_count))
    status =
        context_fail(archive->object.context, LOTTERY_ERROR_SHAPE,
                     "name: the tensors of '%.256s' are not the network's; pass no network to get it as it is", name);
  if (status == LOTTERY_OK)
    status = item_make_snapshot(archive, name, tensors, count, (int32_t)state.contents, (int32_t)state.slots, out);
  memory_release(archive->object.context, tensors);
  if (status != LOTTERY_OK) return status;
  (*out)->optimiser = (int32_t)state.optimiser;
  (*out)->optimiser_steps = state.optimiser_steps;
  (*out)->position = state.position;
  return LOTTERY_OK;
}

lottery_status item_get_snapshot(struct lottery_archive *archive, const char *name, struct lottery_network *network,
                                 struct lottery_snapshot **out) {
  const char *kind = archive_kind(archive, name);
  const bool named_only = kind == NULL && network != NULL && network->tensor_count > 0 &&
                          item_array(archive, name, network->tensors[0].name, "") != NULL;
  if (!named_only && (kind == NULL || network == NULL || strcmp(kind, KIND_NETWORK) != 0)) {
    const lottery_status status = item_require(archive, name, KIND_SNAPSHOT);
    return status == LOTTERY_OK ? get_listed(archive, name, network, out) : status;
  }
  return item_make_snapshot(archive, name, network->tensors, network->tensor_count, LOTTERY_STATE_WEIGHTS,
                            1 << LOTTERY_SLOT_WEIGHT, out);
}
