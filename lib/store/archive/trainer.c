/* A trainer in an archive: its network's graph, and all that its next iteration depends on: as a text the options, the
 * position, what must be the same where it continues; as arrays weights, optimiser state, mask, and a gradient that
 * waits for its step. */
#include <string.h>

#include "base/context.h"
#include "base/finite.h"
#include "base/memory.h"
#include "kernels/kernels.h"
#include "store/archive/format.h"
#include "store/archive/graph.h"
#include "store/archive/items.h"
#include "store/archive/options.h"
#include "train/optimiser.h"
#include "train/restore.h"

#define MASK_SUFFIX ".mask"
#define GRADIENT_SUFFIX ".gradient"

static const char *const gradients[] = {"none", "given", "drawn"};

/* The message of an error in the trainer's context goes where this call's belong. */
static lottery_status relay(struct lottery_archive *archive, const struct lottery_trainer *trainer,
                            lottery_status status) {
  if (status == LOTTERY_OK) return status;
  return context_relay(archive->object.context, trainer->object.context, status);
}

static int64_t examples_of(const struct lottery_trainer *trainer) {
  return trainer->dataset != NULL ? trainer->dataset->count : 0;
}

/* --- Adding --- */

static void write_member(struct json_writer *writer, const char *key, int64_t value) {
  json_write(writer, key);
  json_write_integer(writer, value);
}

static enum saved_gradient gradient_of(const struct lottery_trainer *trainer) {
  if (trainer->phase != PHASE_GRADIENT) return SAVED_GRADIENT_NONE;
  return trainer->phase_drawn ? SAVED_GRADIENT_DRAWN : SAVED_GRADIENT_GIVEN;
}

static lottery_status add_description(struct item *item, const struct lottery_trainer *trainer) {
  const struct lottery_network *network = trainer->network;
  const struct option_list milestones = {trainer->milestones, trainer->milestone_count};
  struct json_writer writer = {.context = item->tables.context};
  json_write(&writer, "{\"instruction_set\":");
  json_write_string(&writer, network->kernels->name);
  write_member(&writer, ",\"examples\":", examples_of(trainer));
  json_write(&writer, ",\"options\":");
  options_write(&trainer->options, &milestones, &writer);
  json_write(&writer, ",\"network\":");
  options_write(&network->options, NULL, &writer);
  write_member(&writer, ",\"masked\":", network_mask(network) != NULL);
  json_write(&writer, ",\"gradient\":");
  json_write_string(&writer, gradients[gradient_of(trainer)]);
  write_member(&writer, ",\"has_loss\":", trainer->has_loss);
  json_write(&writer, ",\"loss\":");
  options_write_real(trainer->loss, &writer);
  write_member(&writer, ",\"slots\":", 1 << LOTTERY_SLOT_WEIGHT | trainer_slots(trainer));
  write_member(&writer, ",\"optimiser_steps\":", trainer->optimiser_steps);
  write_member(&writer, ",\"iteration\":", trainer->position.iteration);
  write_member(&writer, ",\"batch\":", trainer->position.batch);
  json_write(&writer, ",\"seed\":");
  json_write_unsigned(&writer, trainer->position.seed);
  json_write(&writer, "}");
  const lottery_status status = item_add_written(item, ROLE_TRAINER, &writer);
  json_writer_release(&writer);
  return status;
}

static lottery_status add_graph(struct item *item, const struct lottery_network *network) {
  struct json_writer writer = {.context = item->tables.context};
  graph_write(network, &writer);
  const lottery_status status = item_add_written(item, ROLE_GRAPH, &writer);
  json_writer_release(&writer);
  return status;
}

/* All tensors of a flat array of the network's layout. */
static lottery_status add_values(struct item *item, const struct lottery_network *network, const char *suffix,
                                 const float *flat) {
  lottery_status status = LOTTERY_OK;
  for (int64_t i = 0; status == LOTTERY_OK && i < network->tensor_count; i++) {
    const struct tensor *tensor = &network->tensors[i];
    float *values = item_add_array(item, tensor->name, suffix, DTYPE_F32, tensor->rank, tensor->shape);
    if (values == NULL) return LOTTERY_ERROR_MEMORY;
    layout_read(network->parameters.layout, flat, i, values);
    status = finite_check(item->tables.context, tensor->name, values, tensor->count);
  }
  return status;
}

lottery_status item_add_trainer(struct lottery_archive *archive, const char *name, struct lottery_trainer *trainer) {
  struct lottery_network *network = trainer->network;
  lottery_status status = relay(archive, trainer, trainer_match_layout(trainer));
  if (status != LOTTERY_OK) return status;
  const struct trainer_arrays *arrays = &trainer->arrays;
  struct item item;
  status = item_begin(archive, name, KIND_TRAINER, &item);
  if (status == LOTTERY_OK) status = add_graph(&item, network);
  if (status == LOTTERY_OK) status = add_description(&item, trainer);
  if (status == LOTTERY_OK) status = add_values(&item, network, "", network->parameters.values);
  for (int slot = LOTTERY_SLOT_FIRST; status == LOTTERY_OK && slot < SNAPSHOT_SLOTS; slot++)
    if (arrays->state[slot] != NULL) status = add_values(&item, network, item_slot_suffixes[slot], arrays->state[slot]);
  if (status == LOTTERY_OK && gradient_of(trainer) != SAVED_GRADIENT_NONE)
    status = add_values(&item, network, GRADIENT_SUFFIX, arrays->gradient);
  if (status == LOTTERY_OK && network_mask(network) != NULL)
    status = item_add_bits(&item, MASK_SUFFIX, network_mask(network));
  return item_commit(archive, &item, status);
}

/* --- Restoring --- */

/* The text of ROLE_TRAINER. */
struct description {
  char instruction_set[32];
  int64_t examples, masked, has_loss, slots, optimiser_steps;
  struct position position;
};

static void read_instruction_set(struct json *json, struct description *description) {
  const char *name;
  if (!json_string(json, &name)) return;
  if (strlen(name) < sizeof description->instruction_set)
    memcpy(description->instruction_set, name, strlen(name) + 1);
  else
    json_fail(json, "the name has more than 31 bytes");
}

static void read_gradient(struct json *json, struct trainer_saved *saved) {
  const char *name;
  if (!json_string(json, &name)) return;
  for (int i = SAVED_GRADIENT_NONE; i <= SAVED_GRADIENT_DRAWN; i++)
    if (strcmp(name, gradients[i]) == 0) {
      saved->gradient = (enum saved_gradient)i;
      return;
    }
  json_fail(json, "this version has no such gradient");
}

enum { MEMBERS = 13 };

static lottery_status read_member(struct lottery_context *context, struct json *json, int32_t member,
                                  struct description *description, struct trainer_saved *saved) {
  struct option_list milestones = {0};
  lottery_status status = LOTTERY_OK;
  switch (member) {
    case 0: read_instruction_set(json, description); break;
    case 1: json_integer(json, 0, INT32_MAX, &description->examples); break;
    case 2:
      status = options_read(context, json, &saved->options, &milestones);
      saved->milestones = milestones.values;
      saved->milestone_count = milestones.count;
      break;
    case 3: status = options_read(context, json, &saved->network_options, NULL); break;
    case 4: json_integer(json, 0, 1, &description->masked); break;
    case 5: read_gradient(json, saved); break;
    case 6: json_integer(json, 0, (1 << SNAPSHOT_SLOTS) - 1, &description->slots); break;
    case 7: json_integer(json, 0, COUNT_LIMIT, &description->optimiser_steps); break;
    case 8: json_integer(json, 0, COUNT_LIMIT, &description->position.iteration); break;
    case 9: json_integer(json, 0, COUNT_LIMIT, &description->position.batch); break;
    case 10: json_unsigned(json, &description->position.seed); break;
    case 11: json_integer(json, 0, 1, &description->has_loss); break;
    case 12: options_read_real(json, &saved->loss); break;
    default: break;
  }
  return status;
}

static lottery_status read_description(struct lottery_archive *archive, const char *name,
                                       struct description *description, struct trainer_saved *saved) {
  static const char *const members[MEMBERS] = {
      "instruction_set", "examples",  "options", "network", "masked",   "gradient", "slots",
      "optimiser_steps", "iteration", "batch",   "seed",    "has_loss", "loss"};
  struct json json;
  uint32_t seen = 0;
  lottery_status status = item_open_text(archive, name, ROLE_TRAINER, &json);
  if (status != LOTTERY_OK) return status;
  option_initialise(&saved->options, LOTTERY_HANDLE_TRAINER);
  option_initialise(&saved->network_options, LOTTERY_HANDLE_NETWORK);
  json_enter(&json, '{');
  while (status == LOTTERY_OK && json_more(&json, '{'))
    status =
        read_member(archive->object.context, &json, json_member(&json, members, MEMBERS, &seen), description, saved);
  if (status == LOTTERY_OK && json_end(&json) && seen != (1 << MEMBERS) - 1)
    json_fail(&json, "the description is not complete");
  saved->has_loss = description->has_loss != 0;
  const int64_t needed = 1 << LOTTERY_SLOT_WEIGHT | optimiser_slots(&saved->options);
  if (json.fault == NULL && (description->slots & needed) != needed)
    json_fail(&json, "a slot that the optimiser needs is missing");
  if (status != LOTTERY_OK) json.fault = NULL; /* the message is there already */
  const bool unknown = json.fault == options_unknown;
  const lottery_status form = item_close_text(archive, name, ROLE_TRAINER, &json);
  return status != LOTTERY_OK ? status : unknown ? LOTTERY_ERROR_UNSUPPORTED : form;
}

/* What must be as it was: graph, dataset, and without consent the instruction set. */
static lottery_status check_same(struct lottery_archive *archive, const char *name,
                                 const struct lottery_trainer *trainer, const struct description *description,
                                 int32_t consent) {
  struct lottery_context *context = archive->object.context;
  const lottery_status status = graph_require_same(archive, name, trainer->network);
  if (status != LOTTERY_OK) return status;
  if (description->examples != examples_of(trainer))
    return context_fail(context, LOTTERY_ERROR_SHAPE, "trainer: its dataset has %lld examples, that of '%.256s' %lld",
                        (long long)examples_of(trainer), name, (long long)description->examples);
  const char *own = trainer->network->kernels->name;
  if ((consent & LOTTERY_CONSENT_INSTRUCTION_SET) == 0 && strcmp(description->instruction_set, own) != 0)
    return context_fail(context, LOTTERY_ERROR_STATE,
                        "consent: '%.256s' was trained with %s, the trainer's network computes with %s, in whose "
                        "results the last bits differ; LOTTERY_CONSENT_INSTRUCTION_SET allows that",
                        name, description->instruction_set, own);
  return LOTTERY_OK;
}

static lottery_status read_gradient_values(struct lottery_archive *archive, const char *name,
                                           struct trainer_saved *saved) {
  const struct lottery_snapshot *values = saved->values;
  const struct entry *array;
  lottery_status status = LOTTERY_OK;
  saved->gradient_values = memory_allocate(archive->object.context, values->element_count, sizeof(float));
  if (saved->gradient_values == NULL) return LOTTERY_ERROR_MEMORY;
  for (int64_t i = 0; status == LOTTERY_OK && i < values->tensor_count; i++) {
    const struct tensor *tensor = &values->tensors[i];
    status = item_require_array(archive, name, tensor->name, GRADIENT_SUFFIX, DTYPE_F32, tensor->rank, tensor->shape,
                                &array);
    if (status == LOTTERY_OK) status = item_copy_values(archive, array, saved->gradient_values + values->offsets[i]);
  }
  return status;
}

static lottery_status read_values(struct lottery_archive *archive, const char *name,
                                  const struct lottery_network *network, const struct description *description,
                                  struct trainer_saved *saved) {
  lottery_status status = item_make_snapshot(archive, name, network->tensors, network->tensor_count, LOTTERY_STATE_ALL,
                                             (int32_t)description->slots, &saved->values);
  if (status == LOTTERY_OK) {
    saved->values->optimiser_steps = description->optimiser_steps;
    saved->values->position = description->position;
  }
  if (status == LOTTERY_OK && description->masked != 0)
    status = item_make_mask(archive, name, MASK_SUFFIX, network->prunable, network->prunable_count, &saved->mask);
  if (status == LOTTERY_OK && saved->gradient != SAVED_GRADIENT_NONE)
    status = read_gradient_values(archive, name, saved);
  return status;
}

lottery_status item_restore_trainer(struct lottery_archive *archive, const char *name, struct lottery_trainer *trainer,
                                    int32_t consent) {
  struct lottery_context *context = archive->object.context;
  struct description description = {0};
  struct trainer_saved saved = {0};
  lottery_status status = item_require(archive, name, KIND_TRAINER);
  if (status == LOTTERY_OK) status = read_description(archive, name, &description, &saved);
  if (status == LOTTERY_OK) status = check_same(archive, name, trainer, &description, consent);
  if (status == LOTTERY_OK) status = read_values(archive, name, trainer->network, &description, &saved);
  if (status == LOTTERY_OK) status = relay(archive, trainer, trainer_restore(trainer, &saved));
  memory_release(context, saved.milestones);
  memory_release(context, saved.gradient_values);
  object_release(saved.values);
  object_release(saved.mask);
  return status;
}
