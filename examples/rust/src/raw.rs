//! The C interface as it is, one declaration for each of include/lottery.h, which is the manual; in its order.
#![allow(missing_docs, non_camel_case_types)]

use std::os::raw::{c_char, c_void};

// made from include/lottery.h by examples/make_declarations.py: begin
pub type lottery_status = i32;

#[repr(C)]
pub struct lottery_context {
    _private: [u8; 0],
}
#[repr(C)]
pub struct lottery_network {
    _private: [u8; 0],
}
#[repr(C)]
pub struct lottery_dataset {
    _private: [u8; 0],
}
#[repr(C)]
pub struct lottery_mask {
    _private: [u8; 0],
}
#[repr(C)]
pub struct lottery_snapshot {
    _private: [u8; 0],
}
#[repr(C)]
pub struct lottery_pruner {
    _private: [u8; 0],
}
#[repr(C)]
pub struct lottery_trainer {
    _private: [u8; 0],
}
#[repr(C)]
pub struct lottery_archive {
    _private: [u8; 0],
}

pub type lottery_allocate = Option<unsafe extern "C" fn(size: i64, alignment: i64, user: *mut c_void) -> *mut c_void>;
pub type lottery_release =
    Option<unsafe extern "C" fn(memory: *mut c_void, size: i64, alignment: i64, user: *mut c_void)>;
pub type lottery_dataset_release = Option<unsafe extern "C" fn(user: *mut c_void)>;
pub type lottery_progress = Option<unsafe extern "C" fn(iteration: i64, loss: f64, user: *mut c_void) -> i32>;
pub type lottery_write = Option<unsafe extern "C" fn(bytes: *const c_void, count: i64, user: *mut c_void) -> i64>;
pub type lottery_read = Option<unsafe extern "C" fn(bytes: *mut c_void, capacity: i64, user: *mut c_void) -> i64>;

// 1 Conventions
pub const LOTTERY_OK: i32 = 0;
pub const LOTTERY_CANCELLED: i32 = 1;
pub const LOTTERY_STOPPED: i32 = 2;
pub const LOTTERY_PARTIAL: i32 = 3;
pub const LOTTERY_UNCHANGED: i32 = 4;
pub const LOTTERY_ERROR_ARGUMENT: i32 = -1;
pub const LOTTERY_ERROR_HANDLE: i32 = -2;
pub const LOTTERY_ERROR_MEMORY: i32 = -3;
pub const LOTTERY_ERROR_STATE: i32 = -4;
pub const LOTTERY_ERROR_SHAPE: i32 = -5;
pub const LOTTERY_ERROR_FILE: i32 = -6;
pub const LOTTERY_ERROR_FORMAT: i32 = -7;
pub const LOTTERY_ERROR_NOT_FINITE: i32 = -8;
pub const LOTTERY_ERROR_UNSUPPORTED: i32 = -9;
pub const LOTTERY_ERROR_MASK: i32 = -10;

// 2 Context
pub const LOTTERY_INSTRUCTION_SET_AUTOMATIC: i32 = 0;
pub const LOTTERY_INSTRUCTION_SET_PORTABLE: i32 = 1;
pub const LOTTERY_INSTRUCTION_SET_AVX2: i32 = 2;
pub const LOTTERY_INSTRUCTION_SET_AVX512: i32 = 3;
pub const LOTTERY_INSTRUCTION_SET_NEON: i32 = 4;

// 3 Options
pub const LOTTERY_HANDLE_NODE: i32 = 1;
pub const LOTTERY_HANDLE_TRAINER: i32 = 2;
pub const LOTTERY_HANDLE_PRUNER: i32 = 3;
pub const LOTTERY_HANDLE_NETWORK: i32 = 4;
pub const LOTTERY_HANDLE_ARCHIVE: i32 = 5;
pub const LOTTERY_TYPE_INTEGER: i32 = 1;
pub const LOTTERY_TYPE_REAL: i32 = 2;
pub const LOTTERY_TYPE_REALS: i32 = 3;
pub const LOTTERY_TYPE_CHOICE: i32 = 4;
pub const LOTTERY_NODE_BIAS: i32 = 100;
pub const LOTTERY_TRAINER_OPTIMISER: i32 = 200;
pub const LOTTERY_TRAINER_LOSS: i32 = 201;
pub const LOTTERY_TRAINER_BATCH_SIZE: i32 = 202;
pub const LOTTERY_TRAINER_LEARNING_RATE: i32 = 203;
pub const LOTTERY_TRAINER_MOMENTUM: i32 = 204;
pub const LOTTERY_TRAINER_NESTEROV: i32 = 205;
pub const LOTTERY_TRAINER_BETA1: i32 = 206;
pub const LOTTERY_TRAINER_BETA2: i32 = 207;
pub const LOTTERY_TRAINER_EPSILON: i32 = 208;
pub const LOTTERY_TRAINER_WEIGHT_DECAY: i32 = 209;
pub const LOTTERY_TRAINER_DECAY_BIASES: i32 = 210;
pub const LOTTERY_TRAINER_WARMUP: i32 = 211;
pub const LOTTERY_TRAINER_MILESTONES: i32 = 212;
pub const LOTTERY_TRAINER_MILESTONE_FACTOR: i32 = 213;
pub const LOTTERY_TRAINER_PROGRESS_INTERVAL: i32 = 214;
pub const LOTTERY_PRUNER_CRITERION: i32 = 300;
pub const LOTTERY_PRUNER_SCOPE: i32 = 301;
pub const LOTTERY_PRUNER_RATE: i32 = 302;
pub const LOTTERY_PRUNER_OUTPUT_FACTOR: i32 = 303;
pub const LOTTERY_PRUNER_COUNT: i32 = 304;
pub const LOTTERY_PRUNER_DENSITY: i32 = 305;
pub const LOTTERY_PRUNER_SEED: i32 = 306;
pub const LOTTERY_NETWORK_CROSSOVER: i32 = 400;
pub const LOTTERY_ARCHIVE_HEADER_LIMIT: i32 = 500;
pub const LOTTERY_ARCHIVE_BYTE_LIMIT: i32 = 501;
pub const LOTTERY_OPTIMISER_SGD: i32 = 0;
pub const LOTTERY_OPTIMISER_ADAM: i32 = 1;
pub const LOTTERY_LOSS_CROSS_ENTROPY: i32 = 0;
pub const LOTTERY_LOSS_MEAN_SQUARED_ERROR: i32 = 1;
pub const LOTTERY_CRITERION_MAGNITUDE: i32 = 0;
pub const LOTTERY_CRITERION_RANDOM: i32 = 1;
pub const LOTTERY_SCOPE_LAYERWISE: i32 = 0;
pub const LOTTERY_SCOPE_GLOBAL: i32 = 1;

// 4 Network
pub const LOTTERY_INITIALISE_GLOROT_NORMAL: i32 = 0;
pub const LOTTERY_INITIALISE_GLOROT_UNIFORM: i32 = 1;
pub const LOTTERY_INITIALISE_KAIMING_NORMAL: i32 = 2;
pub const LOTTERY_INITIALISE_KAIMING_UNIFORM: i32 = 3;
pub const LOTTERY_FORM_DENSE: i32 = 0;
pub const LOTTERY_FORM_PACKED: i32 = 1;

// 5 Dataset
pub const LOTTERY_ELEMENT_FLOAT32: i32 = 0;
pub const LOTTERY_ELEMENT_UINT8: i32 = 1;
pub const LOTTERY_ELEMENT_INT64: i32 = 2;
pub const LOTTERY_MEMORY_COPY: i32 = 0;
pub const LOTTERY_MEMORY_BORROW: i32 = 1;

// 7 Snapshot
pub const LOTTERY_STATE_WEIGHTS: i32 = 1;
pub const LOTTERY_STATE_STATISTICS: i32 = 2;
pub const LOTTERY_STATE_OPTIMISER: i32 = 4;
pub const LOTTERY_STATE_POSITION: i32 = 8;
pub const LOTTERY_STATE_ALL: i32 = 15;
pub const LOTTERY_SLOT_WEIGHT: i32 = 0;
pub const LOTTERY_SLOT_FIRST: i32 = 1;
pub const LOTTERY_SLOT_SECOND: i32 = 2;

// 11 Archive
pub const LOTTERY_KIND_UNKNOWN: i32 = 0;
pub const LOTTERY_KIND_NETWORK: i32 = 1;
pub const LOTTERY_KIND_MASK: i32 = 2;
pub const LOTTERY_KIND_SNAPSHOT: i32 = 3;
pub const LOTTERY_KIND_TICKET: i32 = 4;
pub const LOTTERY_KIND_TEXT: i32 = 5;
pub const LOTTERY_KIND_ARRAY: i32 = 6;
pub const LOTTERY_KIND_TRAINER: i32 = 7;
pub const LOTTERY_CONSENT_NONE: i32 = 0;
pub const LOTTERY_CONSENT_INSTRUCTION_SET: i32 = 1;

#[rustfmt::skip]
extern "C" {
    // 1 Conventions
    pub fn lottery_version() -> *const c_char;
    pub fn lottery_status_name(status: lottery_status) -> *const c_char;

    // 2 Context
    pub fn lottery_context_create(out: *mut *mut lottery_context) -> lottery_status;
    pub fn lottery_context_create_with_allocator(
        allocate: lottery_allocate, release: lottery_release, user: *mut c_void, out: *mut *mut lottery_context,
    ) -> lottery_status;
    pub fn lottery_context_destroy(context: *mut lottery_context);
    pub fn lottery_context_retain(context: *mut lottery_context) -> lottery_status;
    pub fn lottery_context_message(
        context: *mut lottery_context, buffer: *mut c_char, capacity: i64, needed: *mut i64,
    ) -> lottery_status;
    pub fn lottery_context_set_instruction_set(context: *mut lottery_context, instruction_set: i32) -> lottery_status;
    pub fn lottery_context_get_instruction_set(context: *mut lottery_context, out: *mut i32) -> lottery_status;
    pub fn lottery_context_describe(
        context: *mut lottery_context, buffer: *mut c_char, capacity: i64, needed: *mut i64,
    ) -> lottery_status;
    pub fn lottery_context_memory(context: *mut lottery_context, bytes: *mut i64, peak: *mut i64) -> lottery_status;
    pub fn lottery_context_cancel(context: *mut lottery_context);
    pub fn lottery_context_resume(context: *mut lottery_context);

    // 3 Options
    pub fn lottery_option_count(out: *mut i64) -> lottery_status;
    pub fn lottery_option_describe(
        index: i64, key: *mut i32, handle: *mut i32, r#type: *mut i32, minimum: *mut f64, maximum: *mut f64,
        initial: *mut f64, name: *mut *const c_char, meaning: *mut *const c_char,
    ) -> lottery_status;
    pub fn lottery_option_choice(key: i32, value: i64, name: *mut *const c_char) -> lottery_status;

    // 4 Network
    pub fn lottery_network_create(context: *mut lottery_context, out: *mut *mut lottery_network) -> lottery_status;
    pub fn lottery_network_preset(
        context: *mut lottery_context, name: *const c_char, out: *mut *mut lottery_network,
    ) -> lottery_status;
    pub fn lottery_network_copy(network: *mut lottery_network, out: *mut *mut lottery_network) -> lottery_status;
    pub fn lottery_network_destroy(network: *mut lottery_network);
    pub fn lottery_network_input(
        network: *mut lottery_network, rank: i32, shape: *const i64, node: *mut i32,
    ) -> lottery_status;
    pub fn lottery_network_dense(
        network: *mut lottery_network, input: i32, units: i64, node: *mut i32,
    ) -> lottery_status;
    pub fn lottery_network_relu(network: *mut lottery_network, input: i32, node: *mut i32) -> lottery_status;
    pub fn lottery_network_tanh(network: *mut lottery_network, input: i32, node: *mut i32) -> lottery_status;
    pub fn lottery_network_sigmoid(network: *mut lottery_network, input: i32, node: *mut i32) -> lottery_status;
    pub fn lottery_network_add(
        network: *mut lottery_network, first: i32, second: i32, node: *mut i32,
    ) -> lottery_status;
    pub fn lottery_network_node_set_integer(
        network: *mut lottery_network, node: i32, key: i32, value: i64,
    ) -> lottery_status;
    pub fn lottery_network_node_get_integer(
        network: *mut lottery_network, node: i32, key: i32, out: *mut i64,
    ) -> lottery_status;
    pub fn lottery_network_node_shape(
        network: *mut lottery_network, node: i32, capacity: i64, shape: *mut i64, rank: *mut i32,
    ) -> lottery_status;
    pub fn lottery_network_node_count(network: *mut lottery_network, out: *mut i64) -> lottery_status;
    pub fn lottery_network_node_kind(
        network: *mut lottery_network, node: i32, out: *mut *const c_char,
    ) -> lottery_status;
    pub fn lottery_network_node_inputs(
        network: *mut lottery_network, node: i32, capacity: i64, inputs: *mut i32, count: *mut i64,
    ) -> lottery_status;
    pub fn lottery_network_node_tensors(
        network: *mut lottery_network, node: i32, capacity: i64, tensors: *mut i64, count: *mut i64,
    ) -> lottery_status;
    pub fn lottery_network_node_attribute_count(
        network: *mut lottery_network, node: i32, out: *mut i64,
    ) -> lottery_status;
    pub fn lottery_network_node_attribute(
        network: *mut lottery_network, node: i32, index: i64, name: *mut *const c_char, value: *mut f64,
    ) -> lottery_status;
    pub fn lottery_network_finish(network: *mut lottery_network, output: i32) -> lottery_status;
    pub fn lottery_network_output(network: *mut lottery_network, node: *mut i32) -> lottery_status;
    pub fn lottery_network_sizes(network: *mut lottery_network, inputs: *mut i64, outputs: *mut i64) -> lottery_status;
    pub fn lottery_network_initialise(network: *mut lottery_network, scheme: i32, seed: u64) -> lottery_status;
    pub fn lottery_network_tensor_count(network: *mut lottery_network, out: *mut i64) -> lottery_status;
    pub fn lottery_network_tensor_name(
        network: *mut lottery_network, tensor: i64, buffer: *mut c_char, capacity: i64, needed: *mut i64,
    ) -> lottery_status;
    pub fn lottery_network_tensor_find(
        network: *mut lottery_network, name: *const c_char, out: *mut i64,
    ) -> lottery_status;
    pub fn lottery_network_tensor_shape(
        network: *mut lottery_network, tensor: i64, capacity: i64, shape: *mut i64, rank: *mut i32,
    ) -> lottery_status;
    pub fn lottery_network_set_real(network: *mut lottery_network, key: i32, value: f64) -> lottery_status;
    pub fn lottery_network_get_real(network: *mut lottery_network, key: i32, out: *mut f64) -> lottery_status;
    pub fn lottery_network_tensor_form(
        network: *mut lottery_network, tensor: i64, form: *mut i32, bytes: *mut i64,
    ) -> lottery_status;
    pub fn lottery_network_tensor_prunable(network: *mut lottery_network, tensor: i64, out: *mut i32) -> lottery_status;
    pub fn lottery_network_read_tensor(
        network: *mut lottery_network, tensor: i64, values: *mut f32, count: i64,
    ) -> lottery_status;
    pub fn lottery_network_write_tensor(
        network: *mut lottery_network, tensor: i64, values: *const f32, count: i64,
    ) -> lottery_status;
    pub fn lottery_network_set_mask(network: *mut lottery_network, mask: *mut lottery_mask) -> lottery_status;
    pub fn lottery_network_get_mask(network: *mut lottery_network, out: *mut *mut lottery_mask) -> lottery_status;
    pub fn lottery_network_check_mask(
        network: *mut lottery_network, mask: *mut lottery_mask, tensor: *mut i64, element: *mut i64,
    ) -> lottery_status;
    pub fn lottery_network_predict(
        network: *mut lottery_network, count: i64, inputs: *const f32, outputs: *mut f32,
    ) -> lottery_status;
    pub fn lottery_network_evaluate(
        network: *mut lottery_network, dataset: *mut lottery_dataset, kind: i32, loss: *mut f64, correct: *mut i64,
    ) -> lottery_status;
    pub fn lottery_network_snapshot(network: *mut lottery_network, out: *mut *mut lottery_snapshot) -> lottery_status;
    pub fn lottery_network_restore(network: *mut lottery_network, snapshot: *mut lottery_snapshot) -> lottery_status;

    // 5 Dataset
    pub fn lottery_dataset_create(
        context: *mut lottery_context, count: i64, rank: i32, shape: *const i64, element: i32, inputs: *const c_void,
        scale: f64, shift: f64, memory: i32, release: lottery_dataset_release, user: *mut c_void,
        out: *mut *mut lottery_dataset,
    ) -> lottery_status;
    pub fn lottery_dataset_destroy(dataset: *mut lottery_dataset);
    pub fn lottery_dataset_retain(dataset: *mut lottery_dataset) -> lottery_status;
    pub fn lottery_dataset_with_labels(
        dataset: *mut lottery_dataset, classes: i64, labels: *const i32, count: i64, out: *mut *mut lottery_dataset,
    ) -> lottery_status;
    pub fn lottery_dataset_with_targets(
        dataset: *mut lottery_dataset, width: i64, targets: *const f32, count: i64, out: *mut *mut lottery_dataset,
    ) -> lottery_status;
    pub fn lottery_dataset_load_idx(
        context: *mut lottery_context, images: *const c_char, labels: *const c_char, out: *mut *mut lottery_dataset,
    ) -> lottery_status;
    pub fn lottery_dataset_split(
        dataset: *mut lottery_dataset, count: i64, seed: u64, first: *mut *mut lottery_dataset,
        second: *mut *mut lottery_dataset,
    ) -> lottery_status;
    pub fn lottery_dataset_subset(
        dataset: *mut lottery_dataset, indices: *const i64, count: i64, out: *mut *mut lottery_dataset,
    ) -> lottery_status;
    pub fn lottery_dataset_shuffle_labels(
        dataset: *mut lottery_dataset, seed: u64, out: *mut *mut lottery_dataset,
    ) -> lottery_status;
    pub fn lottery_dataset_relabel(
        dataset: *mut lottery_dataset, classes: i64, map: *const i32, count: i64, out: *mut *mut lottery_dataset,
    ) -> lottery_status;
    pub fn lottery_dataset_statistics(
        dataset: *mut lottery_dataset, groups: i64, mean: *mut f64, deviation: *mut f64,
    ) -> lottery_status;
    pub fn lottery_dataset_normalise(
        dataset: *mut lottery_dataset, groups: i64, mean: *const f64, deviation: *const f64,
        out: *mut *mut lottery_dataset,
    ) -> lottery_status;
    pub fn lottery_dataset_sizes(
        dataset: *mut lottery_dataset, count: *mut i64, features: *mut i64, classes: *mut i64,
    ) -> lottery_status;
    pub fn lottery_dataset_shape(
        dataset: *mut lottery_dataset, capacity: i64, shape: *mut i64, rank: *mut i32,
    ) -> lottery_status;
    pub fn lottery_dataset_read(
        dataset: *mut lottery_dataset, first: i64, count: i64, inputs: *mut f32, labels: *mut i32,
    ) -> lottery_status;
    pub fn lottery_dataset_target_width(dataset: *mut lottery_dataset, out: *mut i64) -> lottery_status;
    pub fn lottery_dataset_read_targets(
        dataset: *mut lottery_dataset, first: i64, count: i64, targets: *mut f32,
    ) -> lottery_status;

    // 6 Mask
    pub fn lottery_mask_ones(network: *mut lottery_network, out: *mut *mut lottery_mask) -> lottery_status;
    pub fn lottery_mask_destroy(mask: *mut lottery_mask);
    pub fn lottery_mask_retain(mask: *mut lottery_mask) -> lottery_status;
    pub fn lottery_mask_replace(
        mask: *mut lottery_mask, tensor: i64, bytes: *const u8, count: i64, out: *mut *mut lottery_mask,
    ) -> lottery_status;
    pub fn lottery_mask_read(mask: *mut lottery_mask, tensor: i64, bytes: *mut u8, count: i64) -> lottery_status;
    pub fn lottery_mask_tensor_count(mask: *mut lottery_mask, out: *mut i64) -> lottery_status;
    pub fn lottery_mask_tensor_name(
        mask: *mut lottery_mask, tensor: i64, buffer: *mut c_char, capacity: i64, needed: *mut i64,
    ) -> lottery_status;
    pub fn lottery_mask_tensor_shape(
        mask: *mut lottery_mask, tensor: i64, capacity: i64, shape: *mut i64, rank: *mut i32,
    ) -> lottery_status;
    pub fn lottery_mask_kept(mask: *mut lottery_mask, tensor: i64, kept: *mut i64, total: *mut i64) -> lottery_status;
    pub fn lottery_mask_dead(mask: *mut lottery_mask, tensor: i64, units: *mut i64, inputs: *mut i64) -> lottery_status;
    pub fn lottery_mask_intersect(
        first: *mut lottery_mask, second: *mut lottery_mask, out: *mut *mut lottery_mask,
    ) -> lottery_status;
    pub fn lottery_mask_unite(
        first: *mut lottery_mask, second: *mut lottery_mask, out: *mut *mut lottery_mask,
    ) -> lottery_status;
    pub fn lottery_mask_subtract(
        first: *mut lottery_mask, second: *mut lottery_mask, out: *mut *mut lottery_mask,
    ) -> lottery_status;
    pub fn lottery_mask_complement(mask: *mut lottery_mask, out: *mut *mut lottery_mask) -> lottery_status;
    pub fn lottery_mask_hamming(first: *mut lottery_mask, second: *mut lottery_mask, out: *mut i64) -> lottery_status;
    pub fn lottery_mask_jaccard(first: *mut lottery_mask, second: *mut lottery_mask, out: *mut f64) -> lottery_status;
    pub fn lottery_mask_shuffle(mask: *mut lottery_mask, seed: u64, out: *mut *mut lottery_mask) -> lottery_status;
    pub fn lottery_mask_transfer(
        mask: *mut lottery_mask, network: *mut lottery_network, out: *mut *mut lottery_mask,
    ) -> lottery_status;

    // 7 Snapshot
    pub fn lottery_snapshot_destroy(snapshot: *mut lottery_snapshot);
    pub fn lottery_snapshot_retain(snapshot: *mut lottery_snapshot) -> lottery_status;
    pub fn lottery_snapshot_contents(snapshot: *mut lottery_snapshot, out: *mut i32) -> lottery_status;
    pub fn lottery_snapshot_iteration(snapshot: *mut lottery_snapshot, out: *mut i64) -> lottery_status;
    pub fn lottery_snapshot_tensor_count(snapshot: *mut lottery_snapshot, out: *mut i64) -> lottery_status;
    pub fn lottery_snapshot_tensor_name(
        snapshot: *mut lottery_snapshot, tensor: i64, buffer: *mut c_char, capacity: i64, needed: *mut i64,
    ) -> lottery_status;
    pub fn lottery_snapshot_tensor_shape(
        snapshot: *mut lottery_snapshot, tensor: i64, capacity: i64, shape: *mut i64, rank: *mut i32,
    ) -> lottery_status;
    pub fn lottery_snapshot_read(
        snapshot: *mut lottery_snapshot, tensor: i64, slot: i32, values: *mut f32, count: i64,
    ) -> lottery_status;

    // 8 Pruner
    pub fn lottery_pruner_create(context: *mut lottery_context, out: *mut *mut lottery_pruner) -> lottery_status;
    pub fn lottery_pruner_destroy(pruner: *mut lottery_pruner);
    pub fn lottery_pruner_set_integer(pruner: *mut lottery_pruner, key: i32, value: i64) -> lottery_status;
    pub fn lottery_pruner_get_integer(pruner: *mut lottery_pruner, key: i32, out: *mut i64) -> lottery_status;
    pub fn lottery_pruner_set_real(pruner: *mut lottery_pruner, key: i32, value: f64) -> lottery_status;
    pub fn lottery_pruner_get_real(pruner: *mut lottery_pruner, key: i32, out: *mut f64) -> lottery_status;
    pub fn lottery_pruner_set_tensor_rate(
        pruner: *mut lottery_pruner, name: *const c_char, rate: f64,
    ) -> lottery_status;
    pub fn lottery_pruner_tensor_rate_count(pruner: *mut lottery_pruner, out: *mut i64) -> lottery_status;
    pub fn lottery_pruner_tensor_rate_name(
        pruner: *mut lottery_pruner, index: i64, buffer: *mut c_char, capacity: i64, needed: *mut i64,
    ) -> lottery_status;
    pub fn lottery_pruner_tensor_rate(pruner: *mut lottery_pruner, index: i64, out: *mut f64) -> lottery_status;
    pub fn lottery_pruner_amount(pruner: *mut lottery_pruner, key: *mut i32) -> lottery_status;
    pub fn lottery_pruner_apply(
        pruner: *mut lottery_pruner, network: *mut lottery_network, mask: *mut lottery_mask,
        out: *mut *mut lottery_mask,
    ) -> lottery_status;
    pub fn lottery_pruner_apply_scores(
        pruner: *mut lottery_pruner, network: *mut lottery_network, mask: *mut lottery_mask, scores: *const f32,
        count: i64, out: *mut *mut lottery_mask,
    ) -> lottery_status;
    pub fn lottery_pruner_preview(
        pruner: *mut lottery_pruner, network: *mut lottery_network, mask: *mut lottery_mask, count: i64, kept: *mut i64,
        dead_units: *mut i64, vanishing: *mut i32,
    ) -> lottery_status;

    // 9 Trainer
    pub fn lottery_trainer_create(
        network: *mut lottery_network, dataset: *mut lottery_dataset, seed: u64, out: *mut *mut lottery_trainer,
    ) -> lottery_status;
    pub fn lottery_trainer_destroy(trainer: *mut lottery_trainer);
    pub fn lottery_trainer_set_integer(trainer: *mut lottery_trainer, key: i32, value: i64) -> lottery_status;
    pub fn lottery_trainer_get_integer(trainer: *mut lottery_trainer, key: i32, out: *mut i64) -> lottery_status;
    pub fn lottery_trainer_set_real(trainer: *mut lottery_trainer, key: i32, value: f64) -> lottery_status;
    pub fn lottery_trainer_get_real(trainer: *mut lottery_trainer, key: i32, out: *mut f64) -> lottery_status;
    pub fn lottery_trainer_set_reals(
        trainer: *mut lottery_trainer, key: i32, values: *const f64, count: i64,
    ) -> lottery_status;
    pub fn lottery_trainer_get_reals(
        trainer: *mut lottery_trainer, key: i32, capacity: i64, values: *mut f64, count: *mut i64,
    ) -> lottery_status;
    pub fn lottery_trainer_run(
        trainer: *mut lottery_trainer, iterations: i64, progress: lottery_progress, user: *mut c_void, done: *mut i64,
    ) -> lottery_status;
    pub fn lottery_trainer_step(
        trainer: *mut lottery_trainer, count: i64, inputs: *const f32, labels: *const i32, targets: *const f32,
        loss: *mut f64,
    ) -> lottery_status;
    pub fn lottery_trainer_gradient(
        trainer: *mut lottery_trainer, count: i64, inputs: *const f32, labels: *const i32, targets: *const f32,
        loss: *mut f64,
    ) -> lottery_status;
    pub fn lottery_trainer_apply(trainer: *mut lottery_trainer) -> lottery_status;
    pub fn lottery_trainer_gradient_count(trainer: *mut lottery_trainer, out: *mut i64) -> lottery_status;
    pub fn lottery_trainer_read_gradient(trainer: *mut lottery_trainer, values: *mut f32, count: i64) -> lottery_status;
    pub fn lottery_trainer_write_gradient(
        trainer: *mut lottery_trainer, values: *const f32, count: i64,
    ) -> lottery_status;
    pub fn lottery_trainer_read_tensor_gradient(
        trainer: *mut lottery_trainer, tensor: i64, values: *mut f32, count: i64,
    ) -> lottery_status;
    pub fn lottery_trainer_write_tensor_gradient(
        trainer: *mut lottery_trainer, tensor: i64, values: *const f32, count: i64,
    ) -> lottery_status;
    pub fn lottery_trainer_forward(
        trainer: *mut lottery_trainer, count: i64, inputs: *const f32, outputs: *mut f32,
    ) -> lottery_status;
    pub fn lottery_trainer_backward(
        trainer: *mut lottery_trainer, count: i64, output_gradient: *const f32,
    ) -> lottery_status;
    pub fn lottery_trainer_backward_inputs(
        trainer: *mut lottery_trainer, count: i64, output_gradient: *const f32, input_gradient: *mut f32,
    ) -> lottery_status;
    pub fn lottery_trainer_evaluate(
        trainer: *mut lottery_trainer, dataset: *mut lottery_dataset, loss: *mut f64, correct: *mut i64,
    ) -> lottery_status;
    pub fn lottery_trainer_iteration(trainer: *mut lottery_trainer, out: *mut i64) -> lottery_status;
    pub fn lottery_trainer_epoch_batches(trainer: *mut lottery_trainer, out: *mut i64) -> lottery_status;
    pub fn lottery_trainer_batch(
        trainer: *mut lottery_trainer, ahead: i64, capacity: i64, indices: *mut i64, count: *mut i64,
    ) -> lottery_status;
    pub fn lottery_trainer_rate(trainer: *mut lottery_trainer, out: *mut f64) -> lottery_status;
    pub fn lottery_trainer_loss(trainer: *mut lottery_trainer, out: *mut f64) -> lottery_status;
    pub fn lottery_trainer_snapshot(
        trainer: *mut lottery_trainer, what: i32, out: *mut *mut lottery_snapshot,
    ) -> lottery_status;
    pub fn lottery_trainer_rewind(
        trainer: *mut lottery_trainer, snapshot: *mut lottery_snapshot, mask: *mut lottery_mask, what: i32,
    ) -> lottery_status;
    pub fn lottery_trainer_get_optimiser_steps(trainer: *mut lottery_trainer, out: *mut i64) -> lottery_status;
    pub fn lottery_trainer_set_optimiser_steps(trainer: *mut lottery_trainer, steps: i64) -> lottery_status;
    pub fn lottery_trainer_read_optimiser(
        trainer: *mut lottery_trainer, tensor: i64, slot: i32, values: *mut f32, count: i64,
    ) -> lottery_status;
    pub fn lottery_trainer_write_optimiser(
        trainer: *mut lottery_trainer, tensor: i64, slot: i32, values: *const f32, count: i64,
    ) -> lottery_status;
    pub fn lottery_trainer_reset(trainer: *mut lottery_trainer, what: i32) -> lottery_status;

    // 10 Files
    pub fn lottery_npy_save(
        context: *mut lottery_context, path: *const c_char, element: i32, rank: i32, shape: *const i64,
        values: *const c_void, count: i64,
    ) -> lottery_status;
    pub fn lottery_npy_describe(
        context: *mut lottery_context, path: *const c_char, element: *mut i32, count: *mut i64, capacity: i64,
        shape: *mut i64, rank: *mut i32,
    ) -> lottery_status;
    pub fn lottery_npy_load(
        context: *mut lottery_context, path: *const c_char, element: i32, values: *mut c_void, count: i64,
    ) -> lottery_status;

    // 11 Archive
    pub fn lottery_archive_create(context: *mut lottery_context, out: *mut *mut lottery_archive) -> lottery_status;
    pub fn lottery_archive_destroy(archive: *mut lottery_archive);
    pub fn lottery_archive_set_integer(archive: *mut lottery_archive, key: i32, value: i64) -> lottery_status;
    pub fn lottery_archive_get_integer(archive: *mut lottery_archive, key: i32, out: *mut i64) -> lottery_status;
    pub fn lottery_archive_count(archive: *mut lottery_archive, out: *mut i64) -> lottery_status;
    pub fn lottery_archive_name(
        archive: *mut lottery_archive, index: i64, buffer: *mut c_char, capacity: i64, needed: *mut i64,
    ) -> lottery_status;
    pub fn lottery_archive_kind(archive: *mut lottery_archive, name: *const c_char, out: *mut i32) -> lottery_status;
    pub fn lottery_archive_add_network(
        archive: *mut lottery_archive, name: *const c_char, network: *mut lottery_network,
    ) -> lottery_status;
    pub fn lottery_archive_add_mask(
        archive: *mut lottery_archive, name: *const c_char, mask: *mut lottery_mask,
    ) -> lottery_status;
    pub fn lottery_archive_add_snapshot(
        archive: *mut lottery_archive, name: *const c_char, snapshot: *mut lottery_snapshot,
    ) -> lottery_status;
    pub fn lottery_archive_add_ticket(
        archive: *mut lottery_archive, name: *const c_char, network: *mut lottery_network, mask: *mut lottery_mask,
        snapshot: *mut lottery_snapshot,
    ) -> lottery_status;
    pub fn lottery_archive_add_trainer(
        archive: *mut lottery_archive, name: *const c_char, trainer: *mut lottery_trainer,
    ) -> lottery_status;
    pub fn lottery_archive_add_text(
        archive: *mut lottery_archive, name: *const c_char, text: *const c_char,
    ) -> lottery_status;
    pub fn lottery_archive_add_array(
        archive: *mut lottery_archive, name: *const c_char, element: i32, rank: i32, shape: *const i64,
        data: *const c_void, count: i64,
    ) -> lottery_status;
    pub fn lottery_archive_remove(archive: *mut lottery_archive, name: *const c_char) -> lottery_status;
    pub fn lottery_archive_get_network(
        archive: *mut lottery_archive, name: *const c_char, out: *mut *mut lottery_network,
    ) -> lottery_status;
    pub fn lottery_archive_get_mask(
        archive: *mut lottery_archive, name: *const c_char, network: *mut lottery_network, out: *mut *mut lottery_mask,
    ) -> lottery_status;
    pub fn lottery_archive_get_snapshot(
        archive: *mut lottery_archive, name: *const c_char, network: *mut lottery_network,
        out: *mut *mut lottery_snapshot,
    ) -> lottery_status;
    pub fn lottery_archive_get_ticket(
        archive: *mut lottery_archive, name: *const c_char, network: *mut *mut lottery_network,
        mask: *mut *mut lottery_mask, snapshot: *mut *mut lottery_snapshot,
    ) -> lottery_status;
    pub fn lottery_archive_restore_trainer(
        archive: *mut lottery_archive, name: *const c_char, trainer: *mut lottery_trainer, consent: i32,
    ) -> lottery_status;
    pub fn lottery_archive_get_text(
        archive: *mut lottery_archive, name: *const c_char, buffer: *mut c_char, capacity: i64, needed: *mut i64,
    ) -> lottery_status;
    pub fn lottery_archive_array_shape(
        archive: *mut lottery_archive, name: *const c_char, element: *mut i32, capacity: i64, shape: *mut i64,
        rank: *mut i32,
    ) -> lottery_status;
    pub fn lottery_archive_get_array(
        archive: *mut lottery_archive, name: *const c_char, element: i32, data: *mut c_void, count: i64,
    ) -> lottery_status;
    pub fn lottery_archive_metadata_count(archive: *mut lottery_archive, out: *mut i64) -> lottery_status;
    pub fn lottery_archive_metadata_key(
        archive: *mut lottery_archive, index: i64, buffer: *mut c_char, capacity: i64, needed: *mut i64,
    ) -> lottery_status;
    pub fn lottery_archive_get_metadata(
        archive: *mut lottery_archive, key: *const c_char, buffer: *mut c_char, capacity: i64, needed: *mut i64,
    ) -> lottery_status;
    pub fn lottery_archive_set_metadata(
        archive: *mut lottery_archive, key: *const c_char, value: *const c_char,
    ) -> lottery_status;
    pub fn lottery_archive_save(archive: *mut lottery_archive, path: *const c_char) -> lottery_status;
    pub fn lottery_archive_write(
        archive: *mut lottery_archive, write: lottery_write, user: *mut c_void,
    ) -> lottery_status;
    pub fn lottery_archive_load(archive: *mut lottery_archive, path: *const c_char) -> lottery_status;
    pub fn lottery_archive_load_memory(
        archive: *mut lottery_archive, bytes: *const c_void, count: i64,
    ) -> lottery_status;
    pub fn lottery_archive_read(archive: *mut lottery_archive, read: lottery_read, user: *mut c_void) -> lottery_status;
}
// made from include/lottery.h by examples/make_declarations.py: end
