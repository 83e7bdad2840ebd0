/* liblottery: finds winning tickets, the small subnetworks that train as well as the whole.
 *
 * J. Frankle, M. Carbin: The Lottery Ticket Hypothesis: Finding Sparse, Trainable Neural Networks, ICLR 2019.
 *
 * This header is the manual. It is plain C99 and C++, without macros that a caller would need, so that a
 * binding generator can read it. The sections:
 *
 *   1 Conventions    2 Context    3 Options    4 Network    5 Dataset
 *   6 Mask           7 Snapshot   8 Pruner     9 Trainer    10 Files
 *   11 Archive
 */
#ifndef LOTTERY_H
#define LOTTERY_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ==================================================================================================
 * 1 Conventions
 *
 * Results. Every function that can fail returns a lottery_status: 0 is success, a negative value an error, a positive
 *   value success with some information. Results leave through the last parameters. On an error every created handle is
 *   NULL and every argument is as it was. There are three exceptions, which say so: lottery_trainer_run stops after its
 *   last completed iteration; an iteration whose step overflows is completed; and a file that cannot be read to its end
 *   may have changed the array of lottery_npy_load.
 * Message. An error leaves a message in the context of the call's first handle, even where a later handle, perhaps of
 *   another context, is at fault. The message names the argument, the value and the limit; lottery_context_message
 *   copies it. It stays until the next error. Bytes of a path or of a file's names that are not printable UTF-8 appear
 *   in it as '?'. A handle that a call creates belongs to the context of the call's first handle; a mask that
 *   lottery_network_get_mask finds belongs to the context in which it was created. Where no handle is valid, only
 *   lottery_status_name can help.
 * Handles are opaque and counted. A network, dataset, mask, snapshot, pruner or trainer keeps alive what it needs, so
 *   handles may be destroyed in any order, from any thread. Destroy each created handle once, with its _destroy
 *   function, which also takes NULL; and once more for each call of its _retain function. Contexts, datasets, masks and
 *   snapshots have one, so that a second owner needs no copy.
 * Memory. Arrays are copied in and out. The library never returns a pointer into itself, except to constant strings,
 *   which live as long as the library is loaded. The one exception on the way in is borrowed dataset memory (section
 *   5).
 * Sizes and counts are int64_t; a rank, a label and the number of a node are int32_t. An array argument comes with its
 *   count in elements; a wrong count is an error, not a truncation. An array of no elements may be NULL. Arrays of more
 *   than one dimension are row-major: the last index runs fastest. No shape has more than 8 sizes.
 * Lists whose length the caller may not know, shapes among them, are copied to an array of `capacity` elements, and
 *   their length is returned beside them. With capacity 0 only the length is returned, and the array may be NULL.
 *   Otherwise a capacity below the length is an error.
 * Text goes to a caller's buffer of `capacity` bytes: at most capacity - 1 bytes and a terminating zero are written.
 *   `needed` (may be NULL) receives the bytes of the whole text with its zero. buffer may be NULL when capacity is 0.
 *   All strings are UTF-8.
 * Threads. Any number of threads may use contexts, datasets, masks and snapshots at once. A network, a trainer, a
 *   pruner and an archive are used by one thread at a time, a trainer's network with it. Any number of contexts work in
 *   parallel.
 * Floating point. All functions compute with rounding to nearest and without traps, whatever the calling thread has
 *   set. Its mode and its exception flags are afterwards as they were, and callbacks run in its mode. Initialising,
 *   training, prediction, evaluation and pruning treat denormals as zero.
 * Randomness. Everything random is a pure function of a uint64_t seed that the caller gives, made with the
 *   counter-based generator Philox4x32-10 (Salmon et al., SC 2011). Initial weights, orders of data, splits and
 *   shuffles are the same bits on every machine.
 * Repeatability. For one build of the library, instruction set, seed and setting, training gives the same bits in every
 *   run.
 * Allocation. Training and evaluation allocate only at the first call of their kind, and at the first after a change of
 *   the mask or of an option.
 * ================================================================================================== */

/* 0 ok, negative an error, positive information. */
typedef int32_t lottery_status;

enum {
  LOTTERY_OK = 0,
  LOTTERY_CANCELLED = 1,          /* stopped by lottery_context_cancel, after a completed iteration */
  LOTTERY_STOPPED = 2,            /* stopped by the progress callback, after a completed iteration */
  LOTTERY_PARTIAL = 3,            /* done, but some tensors did not match: the message lists them */
  LOTTERY_UNCHANGED = 4,          /* done, but there was nothing to do: a pruner removed no weight */
  LOTTERY_ERROR_ARGUMENT = -1,    /* an argument is NULL or out of its range */
  LOTTERY_ERROR_HANDLE = -2,      /* a handle is NULL or of another kind */
  LOTTERY_ERROR_MEMORY = -3,      /* an allocation failed, or a size does not fit */
  LOTTERY_ERROR_STATE = -4,       /* the call is not possible now */
  LOTTERY_ERROR_SHAPE = -5,       /* shapes, sizes or names that must agree do not */
  LOTTERY_ERROR_FILE = -6,        /* a file cannot be opened, read or written */
  LOTTERY_ERROR_FORMAT = -7,      /* a file's content is not what it must be */
  LOTTERY_ERROR_NOT_FINITE = -8,  /* a loss or weight is infinite or not a number */
  LOTTERY_ERROR_UNSUPPORTED = -9, /* this machine or build cannot do it */
  LOTTERY_ERROR_MASK = -10        /* a pruned weight is not zero */
};

typedef struct lottery_context lottery_context;
typedef struct lottery_network lottery_network;
typedef struct lottery_dataset lottery_dataset;
typedef struct lottery_mask lottery_mask;
typedef struct lottery_snapshot lottery_snapshot;
typedef struct lottery_pruner lottery_pruner;
typedef struct lottery_trainer lottery_trainer;
typedef struct lottery_archive lottery_archive;

/* The library's version, "major.minor.patch". Any thread. */
const char *lottery_version(void);

/* The name of a status, such as "LOTTERY_ERROR_SHAPE"; "unknown status" for any other value. Any thread. */
const char *lottery_status_name(lottery_status status);

/* ==================================================================================================
 * 2 Context: the allocator, the message, the instruction set, cancelling
 * ================================================================================================== */

/* A host's allocator. allocate returns `size` bytes (at least 1), aligned to `alignment` (a power of two, at most 64),
 * or NULL. release receives what allocate returned, and the same size and alignment. Any thread that uses the library
 * may call both: they must be thread-safe and must not call the library. */
typedef void *(*lottery_allocate)(int64_t size, int64_t alignment, void *user);
typedef void (*lottery_release)(void *memory, int64_t size, int64_t alignment, void *user);

/* The instruction sets that kernels are built for. */
enum {
  LOTTERY_INSTRUCTION_SET_AUTOMATIC = 0, /* the best that the machine has */
  LOTTERY_INSTRUCTION_SET_PORTABLE = 1,  /* baseline of the architecture; runs everywhere */
  LOTTERY_INSTRUCTION_SET_AVX2 = 2,      /* x86-64 with AVX2 and FMA */
  LOTTERY_INSTRUCTION_SET_AVX512 = 3,    /* x86-64 with AVX-512 F, BW, DQ and VL */
  LOTTERY_INSTRUCTION_SET_NEON = 4       /* arm64 */
};

/* Creates a context that allocates with the C library, on the best instruction set.
 * out: receives the context; destroy it with lottery_context_destroy.
 * Errors: ARGUMENT (out is NULL), MEMORY. Any thread. */
lottery_status lottery_context_create(lottery_context **out);

/* The same with a host's allocator, which then provides every byte that the library allocates.
 * user: handed to both callbacks as it is. The callbacks must work until the last handle of the context is gone.
 * Errors: ARGUMENT (a callback or out is NULL), MEMORY. Any thread. */
lottery_status lottery_context_create_with_allocator(lottery_allocate allocate, lottery_release release, void *user,
                                                     lottery_context **out);

/* Gives up the host's reference. The context lives on while handles made from it do. NULL is a no-op. */
void lottery_context_destroy(lottery_context *context);

/* Adds a reference of the host's: the context needs one more lottery_context_destroy. Errors: HANDLE. Any thread. */
lottery_status lottery_context_retain(lottery_context *context);

/* Copies the message of the last error, PARTIAL or UNCHANGED in this context; empty if there was none. Text as in
 * section 1.
 * Errors: HANDLE, ARGUMENT (capacity negative, or buffer NULL with capacity over 0). Any thread. */
lottery_status lottery_context_message(lottery_context *context, char *buffer, int64_t capacity, int64_t *needed);

/* Chooses the instruction set for networks created afterwards. instruction_set: LOTTERY_INSTRUCTION_SET_….
 * Errors: HANDLE, ARGUMENT (no such value), UNSUPPORTED (the machine or the build lacks it). */
lottery_status lottery_context_set_instruction_set(lottery_context *context, int32_t instruction_set);

/* The instruction set in use; never AUTOMATIC. Errors: HANDLE, ARGUMENT. */
lottery_status lottery_context_get_instruction_set(lottery_context *context, int32_t *out);

/* Describes the backend in one line: library version, CPU features found, instruction set in use, BLIS version and
 * micro-kernel. Text as in section 1. Errors: HANDLE, ARGUMENT. Any thread. */
lottery_status lottery_context_describe(lottery_context *context, char *buffer, int64_t capacity, int64_t *needed);

/* bytes: how many are allocated through the context now. peak: the most at any time. Either may be NULL.
 * Errors: HANDLE. Any thread. */
lottery_status lottery_context_memory(lottery_context *context, int64_t *bytes, int64_t *peak);

/* Makes every lottery_trainer_run in this context stop after its current iteration and return LOTTERY_CANCELLED; later
 * calls return it at once, until lottery_context_resume. This is one lock-free store: it is legal in a signal handler
 * and from any thread. NULL is a no-op. */
void lottery_context_cancel(lottery_context *context);

/* Takes a cancel back. Any thread. NULL is a no-op. */
void lottery_context_resume(lottery_context *context);

/* ==================================================================================================
 * 3 Options: one table for all of them
 *
 * Options are set by key, through lottery_network_node_set_integer, lottery_trainer_set_… and the like. A program can
 * read the table behind them, to generate a binding or a command line.
 * ================================================================================================== */

/* What an option belongs to. */
enum {
  LOTTERY_HANDLE_NODE = 1,
  LOTTERY_HANDLE_TRAINER = 2,
  LOTTERY_HANDLE_PRUNER = 3,
  LOTTERY_HANDLE_NETWORK = 4,
  LOTTERY_HANDLE_ARCHIVE = 5
};

/* The type of an option's value. A choice is an integer with named values. */
enum { LOTTERY_TYPE_INTEGER = 1, LOTTERY_TYPE_REAL = 2, LOTTERY_TYPE_REALS = 3, LOTTERY_TYPE_CHOICE = 4 };

/* Keys of a node (lottery_network_node_set_integer). */
enum {
  LOTTERY_NODE_BIAS = 100 /* integer 0 or 1, default 1: a dense layer adds a bias to each unit */
};

/* Keys of a trainer. "rate" is the learning rate. */
enum {
  LOTTERY_TRAINER_OPTIMISER = 200,        /* choice LOTTERY_OPTIMISER_…, default Adam */
  LOTTERY_TRAINER_LOSS = 201,             /* choice LOTTERY_LOSS_…, default softmax cross-entropy; of a dataset
                                             with targets and without labels, mean squared error */
  LOTTERY_TRAINER_BATCH_SIZE = 202,       /* integer 1 to 65536, default 60: examples of one iteration */
  LOTTERY_TRAINER_LEARNING_RATE = 203,    /* real 0 to 1e6, default 0.0012 */
  LOTTERY_TRAINER_MOMENTUM = 204,         /* real 0 to 1, default 0: SGD's momentum */
  LOTTERY_TRAINER_NESTEROV = 205,         /* integer 0 or 1, default 0: SGD's momentum in Nesterov's form */
  LOTTERY_TRAINER_BETA1 = 206,            /* real 0 to below 1, default 0.9: Adam's decay of the first moment */
  LOTTERY_TRAINER_BETA2 = 207,            /* real 0 to below 1, default 0.999: Adam's decay of the second moment */
  LOTTERY_TRAINER_EPSILON = 208,          /* real 1e-30 to 1, default 1e-8: Adam's epsilon */
  LOTTERY_TRAINER_WEIGHT_DECAY = 209,     /* real 0 to 1e6, default 0: L2, added to the gradient */
  LOTTERY_TRAINER_DECAY_BIASES = 210,     /* integer 0 or 1, default 0: whether biases (all but weights) decay too */
  LOTTERY_TRAINER_WARMUP = 211,           /* integer 0 to 2^53, default 0: iterations of linear warm-up of the rate */
  LOTTERY_TRAINER_MILESTONES = 212,       /* reals, default none: iterations at which the rate is multiplied */
  LOTTERY_TRAINER_MILESTONE_FACTOR = 213, /* real 0 to 1, default 0.1: what it is multiplied by */
  LOTTERY_TRAINER_PROGRESS_INTERVAL = 214 /* integer 1 to 2^53, default 100: iterations between progress calls */
};

/* Keys of a pruner. The last set of RATE, COUNT and DENSITY decides how much lottery_pruner_apply removes. */
enum {
  LOTTERY_PRUNER_CRITERION = 300,     /* choice LOTTERY_CRITERION_…, default magnitude */
  LOTTERY_PRUNER_SCOPE = 301,         /* choice LOTTERY_SCOPE_…, default layerwise */
  LOTTERY_PRUNER_RATE = 302,          /* real 0 to 1, default 0.2: the fraction of the surviving weights that goes */
  LOTTERY_PRUNER_OUTPUT_FACTOR = 303, /* real 0 to 1, default 0.5: what multiplies the rate of the output layer */
  LOTTERY_PRUNER_COUNT = 304,         /* integer 0 to 2^53: removes exactly this many weights in all */
  LOTTERY_PRUNER_DENSITY = 305,       /* real 0 to 1: prunes down to this fraction of all weights */
  LOTTERY_PRUNER_SEED = 306           /* integer 0 to 2^53, default 0: seed of the random criterion */
};

/* Keys of a network. */
enum {
  LOTTERY_NETWORK_CROSSOVER = 400 /* real -1 to 1, default -1: the density below which a masked layer is packed */
};

/* Keys of an archive. A file over a limit is refused before memory is allocated for it. */
enum {
  LOTTERY_ARCHIVE_HEADER_LIMIT = 500, /* integer 1024 to 2^30, default 2^20: bytes of a file's header */
  LOTTERY_ARCHIVE_BYTE_LIMIT = 501    /* integer 1024 to 2^53, default 2^32: bytes of a file, and, all dense, of
                                         the weights that a network or ticket in it stands for */
};

enum { LOTTERY_OPTIMISER_SGD = 0, LOTTERY_OPTIMISER_ADAM = 1 };
enum { LOTTERY_LOSS_CROSS_ENTROPY = 0, LOTTERY_LOSS_MEAN_SQUARED_ERROR = 1 };
enum { LOTTERY_CRITERION_MAGNITUDE = 0, LOTTERY_CRITERION_RANDOM = 1 };
enum { LOTTERY_SCOPE_LAYERWISE = 0, LOTTERY_SCOPE_GLOBAL = 1 };

/* How many options there are. Errors: ARGUMENT. Any thread. */
lottery_status lottery_option_count(int64_t *out);

/* Describes option number `index`, 0 to count - 1. Every out parameter may be NULL.
 * key: LOTTERY_TRAINER_… and the like. handle: LOTTERY_HANDLE_…. type: LOTTERY_TYPE_….
 * minimum, maximum: the range, both ends allowed. initial: the default. name: the key in lower case without its
 * prefix ("learning_rate"). meaning: one sentence. The strings live as long as the library.
 * Errors: ARGUMENT (index). Any thread. */
lottery_status lottery_option_describe(int64_t index, int32_t *key, int32_t *handle, int32_t *type, double *minimum,
                                       double *maximum, double *initial, const char **name, const char **meaning);

/* The name of value `value` of the choice `key`, such as "adam" for LOTTERY_TRAINER_OPTIMISER and
 * LOTTERY_OPTIMISER_ADAM. Values run from the minimum to the maximum that lottery_option_describe gives.
 * Errors: ARGUMENT (no choice has this key, or the choice has no such value). Any thread. */
lottery_status lottery_option_choice(int32_t key, int64_t value, const char **name);

/* ==================================================================================================
 * 4 Network: a graph of nodes, and the tensors it trains
 *
 * A network is built node by node and finished once; each function returns the number of the node that it made. Shapes
 * of nodes leave out the batch: (features) or (channels, height, width), row-major. After lottery_network_finish the
 * graph is fixed, the tensors exist, and all weights are 0; training can start after an initialisation.
 *
 * Tensors are numbered from 0 in the order of the layers. Dense layers are called fc1, fc2, … and have fcN.weight
 * [units][inputs] (prunable) and, unless switched off, fcN.bias [units] (never pruned).
 * ================================================================================================== */

/* Schemes of initialisation of weights; fan_in and fan_out are the inputs and outputs of a unit. Biases become 0.
 * X. Glorot, Y. Bengio, AISTATS 2010; K. He et al., ICCV 2015. */
enum {
  LOTTERY_INITIALISE_GLOROT_NORMAL = 0,  /* normal, standard deviation sqrt(2 / (fan_in + fan_out)) */
  LOTTERY_INITIALISE_GLOROT_UNIFORM = 1, /* uniform in ±sqrt(6 / (fan_in + fan_out)) */
  LOTTERY_INITIALISE_KAIMING_NORMAL = 2, /* normal, standard deviation sqrt(2 / fan_in) */
  LOTTERY_INITIALISE_KAIMING_UNIFORM = 3 /* uniform in ±sqrt(6 / fan_in) */
};

/* Creates an empty network. It computes on the instruction set that the context has at this moment.
 * Errors: HANDLE, ARGUMENT, MEMORY. */
lottery_status lottery_network_create(lottery_context *context, lottery_network **out);

/* Creates and finishes a network by name: "lenet-300-100" (784 inputs, dense layers of 300, 100 and 10 units with
 * ReLU between; LeCun et al. 1998 as used by Frankle & Carbin), or "mlp-I-N-M-…-O" for any sizes, such as
 * "mlp-784-300-100-10": I inputs, hidden layers with ReLU, O outputs.
 * Errors: HANDLE, ARGUMENT (name unknown or a size outside 1 to 2^24), MEMORY. */
lottery_status lottery_network_preset(lottery_context *context, const char *name, lottery_network **out);

/* Creates a network with the same graph, options, instruction set, mask and weights, and nothing shared that can
 * change. Trainers stay with the network that they have. Errors: HANDLE, ARGUMENT, STATE (not finished), MEMORY. */
lottery_status lottery_network_copy(lottery_network *network, lottery_network **out);

/* Gives up the host's reference. NULL is a no-op. Any thread. */
void lottery_network_destroy(lottery_network *network);

/* Adds the input node, which every network has once, as its first. rank: 1 or 3; shape: rank sizes, (features) or
 * (channels, height, width). node (here and below): receives the new node's number.
 * Errors: HANDLE, ARGUMENT (rank, a size below 1 or a product over 2^31 - 1), STATE (finished, or there is an input),
 * MEMORY. */
lottery_status lottery_network_input(lottery_network *network, int32_t rank, const int64_t *shape, int32_t *node);

/* Adds a fully connected layer that reads `input` (an image is flattened): output = weight * input + bias.
 * units: its outputs, 1 to 2^24. Output shape (units).
 * Errors: HANDLE, ARGUMENT (no such node, units), STATE (finished), MEMORY. */
lottery_status lottery_network_dense(lottery_network *network, int32_t input, int64_t units, int32_t *node);

/* Add an activation, element by element: max(0, x), tanh(x), 1 / (1 + exp(-x)). Output shape as the input's.
 * Errors: HANDLE, ARGUMENT (no such node), STATE (finished), MEMORY. */
lottery_status lottery_network_relu(lottery_network *network, int32_t input, int32_t *node);
lottery_status lottery_network_tanh(lottery_network *network, int32_t input, int32_t *node);
lottery_status lottery_network_sigmoid(lottery_network *network, int32_t input, int32_t *node);

/* Adds the sum of two nodes, `first` and `second`, of one shape. Errors: HANDLE, ARGUMENT (no such node), SHAPE, STATE
 * (finished), MEMORY. */
lottery_status lottery_network_add(lottery_network *network, int32_t first, int32_t second, int32_t *node);

/* Sets and gets an option of a node, before or (get) after finishing. key: LOTTERY_NODE_….
 * Errors: HANDLE, ARGUMENT (no such node, key or value, or the node's kind has no such option), STATE (set after
 * finishing). */
lottery_status lottery_network_node_set_integer(lottery_network *network, int32_t node, int32_t key, int64_t value);
lottery_status lottery_network_node_get_integer(lottery_network *network, int32_t node, int32_t key, int64_t *out);

/* The shape of a node: a list as in section 1, whose length is the rank (1 or 3).
 * Errors: HANDLE, ARGUMENT (no such node, capacity). */
lottery_status lottery_network_node_shape(lottery_network *network, int32_t node, int64_t capacity, int64_t *shape,
                                          int32_t *rank);

/* How many nodes there are; they are numbered from 0, the input, in the order in which they were added. Together with
 * the next functions and lottery_network_node_shape this reads a graph back, to convert or draw it.
 * Errors: HANDLE, ARGUMENT. */
lottery_status lottery_network_node_count(lottery_network *network, int64_t *out);

/* The kind of a node: "input", "dense", "relu", "tanh", "sigmoid" or "add"; later versions add kinds. The string lives
 * as long as the library. Errors: HANDLE, ARGUMENT (no such node). */
lottery_status lottery_network_node_kind(lottery_network *network, int32_t node, const char **out);

/* The nodes that a node reads, in the order of its function's arguments, none for the input: a list as in section 1.
 * Errors: HANDLE, ARGUMENT (no such node, capacity). */
lottery_status lottery_network_node_inputs(lottery_network *network, int32_t node, int64_t capacity, int32_t *inputs,
                                           int64_t *count);

/* The tensors of a node: of a dense layer its weight and, unless switched off, its bias. A list as in section 1.
 * Errors: HANDLE, ARGUMENT (no such node, capacity), STATE (not finished). */
lottery_status lottery_network_node_tensors(lottery_network *network, int32_t node, int64_t capacity, int64_t *tensors,
                                            int64_t *count);

/* The numbers that a node was added with, by name: a dense layer's "units". Whole numbers are exact; no attribute is a
 * seed or a text. Options of nodes are not among them: see lottery_network_node_get_integer, which says ARGUMENT for an
 * option that a node's kind does not have.
 * attribute_count: how many a node has. attribute: number `index`, 0 to count - 1; name lives as long as the library.
 * name, value: either may be NULL. Errors: HANDLE, ARGUMENT (no such node, index). */
lottery_status lottery_network_node_attribute_count(lottery_network *network, int32_t node, int64_t *out);
lottery_status lottery_network_node_attribute(lottery_network *network, int32_t node, int64_t index, const char **name,
                                              double *value);

/* Finishes the graph with `output` as its output: names and allocates the tensors. Every node must lead to the
 * output. On an error the network stays as it was and can be changed and finished again.
 * Errors: HANDLE, ARGUMENT (no such node, or a node does not lead to the output), STATE (finished), MEMORY. */
lottery_status lottery_network_finish(lottery_network *network, int32_t output);

/* The output node. Errors: HANDLE, ARGUMENT, STATE (not finished). */
lottery_status lottery_network_output(lottery_network *network, int32_t *node);

/* The numbers of input and output features, the product of each shape. Errors: HANDLE, ARGUMENT, STATE (not
 * finished). */
lottery_status lottery_network_sizes(lottery_network *network, int64_t *inputs, int64_t *outputs);

/* Fills the weights from a seed by `scheme` (LOTTERY_INITIALISE_…) and sets the biases to 0. A weight's value depends
 * only on seed, tensor and position, whatever the mask. Where the network has a mask, pruned weights stay 0: with a new
 * seed this is the random reinitialisation of Frankle & Carbin, section 2.
 * Errors: HANDLE, ARGUMENT (scheme), STATE (not finished, or in use by a running trainer), MEMORY. */
lottery_status lottery_network_initialise(lottery_network *network, int32_t scheme, uint64_t seed);

/* How many tensors there are. Errors: HANDLE, ARGUMENT, STATE (not finished). */
lottery_status lottery_network_tensor_count(lottery_network *network, int64_t *out);

/* The name of tensor `tensor`, such as "fc1.weight". Text as in section 1. Errors: HANDLE, ARGUMENT, STATE. */
lottery_status lottery_network_tensor_name(lottery_network *network, int64_t tensor, char *buffer, int64_t capacity,
                                           int64_t *needed);

/* The number of the tensor called `name`. Errors: HANDLE, ARGUMENT (no tensor has this name), STATE. */
lottery_status lottery_network_tensor_find(lottery_network *network, const char *name, int64_t *out);

/* The shape of a tensor: a list as in section 1, whose length is the rank: 1 or 2, and more for later kinds of layers.
 * Errors: HANDLE, ARGUMENT, STATE. */
lottery_status lottery_network_tensor_shape(lottery_network *network, int64_t tensor, int64_t capacity, int64_t *shape,
                                            int32_t *rank);

/* Sets and gets an option of the network by key (section 3).
 * LOTTERY_NETWORK_CROSSOVER decides the form of each masked weight matrix. Below this density the matrix is packed: it
 * holds only its surviving weights, and training and evaluation cost what these cost. At this density and above, it
 * stays a dense matrix with zeros, which is faster there. 0 keeps all matrices dense; 1 packs every matrix that has
 * lost a weight; a negative value takes the library's measured table. The form follows only from instruction set,
 * shape, kept weights and this option, never from a clock. The two forms sum in different orders, so their results
 * differ in the last bits.
 * Errors: HANDLE, ARGUMENT (no such key, another type, out of range), STATE (in use by a running trainer), MEMORY. */
lottery_status lottery_network_set_real(lottery_network *network, int32_t key, double value);
lottery_status lottery_network_get_real(lottery_network *network, int32_t key, double *out);

/* The form of a tensor. */
enum { LOTTERY_FORM_DENSE = 0, LOTTERY_FORM_PACKED = 1 };

/* The form that a tensor has now, LOTTERY_FORM_…, and the bytes of its weights and of the index that finds them,
 * without gradient and optimiser state. form, bytes: either may be NULL.
 * Errors: HANDLE, ARGUMENT (tensor), STATE (not finished). */
lottery_status lottery_network_tensor_form(lottery_network *network, int64_t tensor, int32_t *form, int64_t *bytes);

/* Whether masks cover a tensor: 1 for weights, 0 for all others. Errors: HANDLE, ARGUMENT, STATE. */
lottery_status lottery_network_tensor_prunable(lottery_network *network, int64_t tensor, int32_t *out);

/* Copies a tensor's values out and in. count: its elements. Where the network has a mask, writing leaves pruned
 * weights 0. Errors: HANDLE, ARGUMENT (tensor, values), SHAPE (count), NOT_FINITE (a value written), STATE. */
lottery_status lottery_network_read_tensor(lottery_network *network, int64_t tensor, float *values, int64_t count);
lottery_status lottery_network_write_tensor(lottery_network *network, int64_t tensor, const float *values,
                                            int64_t count);

/* Sets the network's mask and zeroes the weights that it prunes; NULL removes the mask. The mask must match the
 * network's prunable tensors by name and shape (see lottery_mask_transfer). A trainer of this network zeroes its
 * optimiser state there before its next iteration.
 * Errors: HANDLE, SHAPE, STATE (not finished, or in use by a running trainer), MEMORY. */
lottery_status lottery_network_set_mask(lottery_network *network, lottery_mask *mask);

/* A handle to the network's mask, or to a mask of ones if it has none. Destroy it. Errors: HANDLE, ARGUMENT, STATE,
 * MEMORY. */
lottery_status lottery_network_get_mask(lottery_network *network, lottery_mask **out);

/* Checks that every weight that `mask` prunes is exactly 0 (NULL: the network's own mask). tensor and element (may be
 * NULL) receive where the first violation is, or -1.
 * Errors: HANDLE, SHAPE, STATE, MEMORY, MASK (there is a violation; the message names it). */
lottery_status lottery_network_check_mask(lottery_network *network, lottery_mask *mask, int64_t *tensor,
                                          int64_t *element);

/* Runs the network. inputs: [count][input features]; outputs: [count][output features], the values of the output node
 * (for classification the logits). count: 1 to 2^31 - 1. Errors: HANDLE, ARGUMENT, STATE, MEMORY. */
lottery_status lottery_network_predict(lottery_network *network, int64_t count, const float *inputs, float *outputs);

/* Mean loss and number of correct answers over a dataset. kind: LOTTERY_LOSS_…. loss, correct: either may be NULL. An
 * answer is correct when the label's output is the largest; of equal outputs the first counts. correct is 0 for a
 * dataset without labels. A loss that is not finite is returned as it is.
 * Errors: HANDLE, ARGUMENT (kind), SHAPE (features or classes differ, or the dataset lacks what the loss needs),
 * STATE, MEMORY. */
lottery_status lottery_network_evaluate(lottery_network *network, lottery_dataset *dataset, int32_t kind, double *loss,
                                        int64_t *correct);

/* Saves what a network itself holds, without a trainer: LOTTERY_STATE_WEIGHTS, and LOTTERY_STATE_STATISTICS where
 * layers have them. lottery_trainer_rewind also takes such a snapshot, with these parts. Errors: HANDLE, ARGUMENT,
 * STATE, MEMORY. */
lottery_status lottery_network_snapshot(lottery_network *network, lottery_snapshot **out);

/* Writes a snapshot's weights and statistics into the tensors of the same name and shape; tensors without a match keep
 * their values. Pruned weights stay 0. Returns LOTTERY_PARTIAL when a tensor of either side had no match; the message
 * lists them. Errors: HANDLE, SHAPE (nothing matches), STATE. */
lottery_status lottery_network_restore(lottery_network *network, lottery_snapshot *snapshot);

/* ==================================================================================================
 * 5 Dataset: examples and their labels; immutable, shared by any number of threads and contexts
 *
 * Inputs are float32, or uint8 read as value * scale + shift. The functions that change a dataset return a new one,
 * which shares the memory of the old.
 * ================================================================================================== */

/* How elements are stored, and whether the library copies them. Inputs of a dataset are not INT64, which is for
 * sections 10 and 11. */
enum { LOTTERY_ELEMENT_FLOAT32 = 0, LOTTERY_ELEMENT_UINT8 = 1, LOTTERY_ELEMENT_INT64 = 2 };
enum { LOTTERY_MEMORY_COPY = 0, LOTTERY_MEMORY_BORROW = 1 };

/* Called once when the last handle that uses borrowed memory is gone, from the thread that destroys it. */
typedef void (*lottery_dataset_release)(void *user);

/* Creates a dataset of `count` examples without labels.
 * rank, shape: of one example, rank 1 to 3. count and the product of the shape are at most 2^31 - 1. element:
 * LOTTERY_ELEMENT_FLOAT32 or _UINT8. inputs: [count][shape…] elements, float32 aligned to 4 bytes. scale, shift: an
 * element e has the value e * scale + shift (1 and 0 for float32 as it is, 1.0 / 255 and 0 for pixels in 0 to 1).
 * memory: LOTTERY_MEMORY_COPY, or LOTTERY_MEMORY_BORROW: then inputs must stay and not change until release(user) is
 * called. release may be NULL; it is not called when this function fails or when memory is copied.
 * Errors: HANDLE, ARGUMENT, NOT_FINITE (a float32 input, scale or shift, or a value that they would make as large as
 * 2^127), MEMORY. */
lottery_status lottery_dataset_create(lottery_context *context, int64_t count, int32_t rank, const int64_t *shape,
                                      int32_t element, const void *inputs, double scale, double shift, int32_t memory,
                                      lottery_dataset_release release, void *user, lottery_dataset **out);

/* Gives up the host's reference. NULL is a no-op. Any thread. */
void lottery_dataset_destroy(lottery_dataset *dataset);

/* Adds a reference of the host's: the dataset needs one more lottery_dataset_destroy. Errors: HANDLE. Any thread. */
lottery_status lottery_dataset_retain(lottery_dataset *dataset);

/* The same inputs with labels, which replace any that there were.
 * labels: one per example, 0 to classes - 1, copied. count: the dataset's. classes: 1 to 2^24.
 * Errors: HANDLE, ARGUMENT (classes, a label), SHAPE (count), MEMORY. */
lottery_status lottery_dataset_with_labels(lottery_dataset *dataset, int64_t classes, const int32_t *labels,
                                           int64_t count, lottery_dataset **out);

/* The same inputs with real targets for mean squared error, which replace any that there were. targets: [count][width],
 * copied.
 * Errors: HANDLE, ARGUMENT (width outside 1 to 2^24), SHAPE (count), NOT_FINITE, MEMORY. */
lottery_status lottery_dataset_with_targets(lottery_dataset *dataset, int64_t width, const float *targets,
                                            int64_t count, lottery_dataset **out);

/* Reads images and labels from IDX files (the format of MNIST), plain or gzipped; the content tells which, not the
 * name.
 * images: unsigned bytes of 2 to 4 dimensions, the first the number of images; pixels become 0 to 1 (scale 1.0 / 255).
 * Two further dimensions (height, width) give the shape (1, height, width). labels: unsigned bytes of one dimension, or
 * NULL for none; classes is the largest label + 1, at least 10. Unpacked, a gzipped file may take 1,032 times its size
 * in memory: bound the size of files that you do not trust.
 * Errors: HANDLE, ARGUMENT, FILE (cannot be opened or read), FORMAT (not IDX, not bytes, truncated, too long, or the
 * two files differ in count), MEMORY. */
lottery_status lottery_dataset_load_idx(lottery_context *context, const char *images, const char *labels,
                                        lottery_dataset **out);

/* Splits at random: `first` receives `count` examples drawn with `seed`, `second` the others, each in the order of a
 * random permutation. count: above 0 and below the dataset's. Errors: HANDLE, ARGUMENT, MEMORY. */
lottery_status lottery_dataset_split(lottery_dataset *dataset, int64_t count, uint64_t seed, lottery_dataset **first,
                                     lottery_dataset **second);

/* The examples `indices`, in this order; an index may come more than once. count: at least 1.
 * Errors: HANDLE, ARGUMENT (count, an index), MEMORY. */
lottery_status lottery_dataset_subset(lottery_dataset *dataset, const int64_t *indices, int64_t count,
                                      lottery_dataset **out);

/* The labels permuted at random among the examples: a control that leaves nothing to generalise (Zhang et al., ICLR
 * 2017). Errors: HANDLE, ARGUMENT, STATE (no labels), MEMORY. */
lottery_status lottery_dataset_shuffle_labels(lottery_dataset *dataset, uint64_t seed, lottery_dataset **out);

/* The label l replaced by map[l]. map: one entry per old class, each 0 to classes - 1; classes: the new number of
 * classes. Errors: HANDLE, ARGUMENT (classes, an entry), SHAPE (count is not the old number of classes), STATE (no
 * labels), MEMORY. */
lottery_status lottery_dataset_relabel(lottery_dataset *dataset, int64_t classes, const int32_t *map, int64_t count,
                                       lottery_dataset **out);

/* Mean and standard deviation (of the population) of the input values. groups: 1 for all features together, or the
 * first size of the shape for one each (a channel's). mean, deviation: [groups]. Where the elements are all equal, the
 * deviation is exactly 0. Sums of bytes are exact; those of float32 are made in double about the mean.
 * Errors: HANDLE, ARGUMENT. */
lottery_status lottery_dataset_statistics(lottery_dataset *dataset, int64_t groups, double *mean, double *deviation);

/* The input value v replaced by (v - mean) / deviation, without a copy of the inputs. groups, mean, deviation: as
 * above; usually another dataset's statistics (the training set's for the test set). A deviation of 0, a constant
 * feature's, counts as 1: only the mean is subtracted. Values are true to a few roundings of float32, however far from
 * 0 the inputs are.
 * Errors: HANDLE, ARGUMENT (groups; a deviation below 0), NOT_FINITE, MEMORY. */
lottery_status lottery_dataset_normalise(lottery_dataset *dataset, int64_t groups, const double *mean,
                                         const double *deviation, lottery_dataset **out);

/* How many examples, features of one, and classes (0 without labels) there are. Each may be NULL. Errors: HANDLE. */
lottery_status lottery_dataset_sizes(lottery_dataset *dataset, int64_t *count, int64_t *features, int64_t *classes);

/* The shape of one example: a list as in section 1. Errors: HANDLE, ARGUMENT. */
lottery_status lottery_dataset_shape(lottery_dataset *dataset, int64_t capacity, int64_t *shape, int32_t *rank);

/* Copies out the examples first to first + count - 1, as training sees them. inputs: [count][features]; labels:
 * [count]; either may be NULL. Errors: HANDLE, ARGUMENT (range), STATE (labels of a dataset that has none). */
lottery_status lottery_dataset_read(lottery_dataset *dataset, int64_t first, int64_t count, float *inputs,
                                    int32_t *labels);

/* How many real targets an example has: 0 for a dataset without targets. Errors: HANDLE, ARGUMENT. */
lottery_status lottery_dataset_target_width(lottery_dataset *dataset, int64_t *out);

/* Copies out the targets of the examples first to first + count - 1. targets: [count][width].
 * Errors: HANDLE, ARGUMENT (range), STATE (no targets). */
lottery_status lottery_dataset_read_targets(lottery_dataset *dataset, int64_t first, int64_t count, float *targets);

/* ==================================================================================================
 * 6 Mask: which weights survive; immutable, shared by any number of threads
 *
 * A mask covers a network's prunable tensors, in their order and under their names: its tensor 0 is fc1.weight, 1 is
 * fc2.weight, and so on. A mask is not bound to a network: two networks of the same graph can share masks.
 * ================================================================================================== */

/* The mask that keeps every weight of the network. Errors: HANDLE, ARGUMENT, STATE (not finished), MEMORY. */
lottery_status lottery_mask_ones(lottery_network *network, lottery_mask **out);

/* Gives up the host's reference. NULL is a no-op. Any thread. */
void lottery_mask_destroy(lottery_mask *mask);

/* Adds a reference of the host's: the mask needs one more lottery_mask_destroy. Errors: HANDLE. Any thread. */
lottery_status lottery_mask_retain(lottery_mask *mask);

/* The mask with tensor `tensor` taken from bytes: 0 prunes, anything else keeps. count: the tensor's elements.
 * Errors: HANDLE, ARGUMENT, SHAPE (count), MEMORY. */
lottery_status lottery_mask_replace(lottery_mask *mask, int64_t tensor, const uint8_t *bytes, int64_t count,
                                    lottery_mask **out);

/* Copies a tensor's mask out, a byte of 0 or 1 per weight. Errors: HANDLE, ARGUMENT, SHAPE (count). */
lottery_status lottery_mask_read(lottery_mask *mask, int64_t tensor, uint8_t *bytes, int64_t count);

/* How many tensors the mask covers; a tensor's name and shape, as in section 4. Errors: HANDLE, ARGUMENT. */
lottery_status lottery_mask_tensor_count(lottery_mask *mask, int64_t *out);
lottery_status lottery_mask_tensor_name(lottery_mask *mask, int64_t tensor, char *buffer, int64_t capacity,
                                        int64_t *needed);
lottery_status lottery_mask_tensor_shape(lottery_mask *mask, int64_t tensor, int64_t capacity, int64_t *shape,
                                         int32_t *rank);

/* How many weights a tensor keeps, and of how many; tensor -1 means all tensors together. kept, total: either may be
 * NULL. The density is kept / total. Errors: HANDLE, ARGUMENT (tensor). */
lottery_status lottery_mask_kept(lottery_mask *mask, int64_t tensor, int64_t *kept, int64_t *total);

/* Dead units of a tensor [units][inputs]: units: how many units keep no input weight; inputs: how many inputs no unit
 * reads any more. Either may be NULL. Errors: HANDLE, ARGUMENT (tensor), MEMORY. */
lottery_status lottery_mask_dead(lottery_mask *mask, int64_t tensor, int64_t *units, int64_t *inputs);

/* Weights kept by both masks; by either; by the first and not by the second; and those that the mask prunes. The masks
 * must agree in names and shapes. Errors: HANDLE, ARGUMENT, SHAPE, MEMORY. */
lottery_status lottery_mask_intersect(lottery_mask *first, lottery_mask *second, lottery_mask **out);
lottery_status lottery_mask_unite(lottery_mask *first, lottery_mask *second, lottery_mask **out);
lottery_status lottery_mask_subtract(lottery_mask *first, lottery_mask *second, lottery_mask **out);
lottery_status lottery_mask_complement(lottery_mask *mask, lottery_mask **out);

/* In how many weights two masks differ. Errors: HANDLE, ARGUMENT, SHAPE. */
lottery_status lottery_mask_hamming(lottery_mask *first, lottery_mask *second, int64_t *out);

/* Weights kept by both / weights kept by either: 1 for equal masks, and 1 when both keep nothing.
 * Errors: HANDLE, ARGUMENT, SHAPE. */
lottery_status lottery_mask_jaccard(lottery_mask *first, lottery_mask *second, double *out);

/* The mask with the kept weights of each tensor moved to random places of the same tensor. This is the control "random
 * mask", which keeps each layer's density. Errors: HANDLE, ARGUMENT, MEMORY. */
lottery_status lottery_mask_shuffle(lottery_mask *mask, uint64_t seed, lottery_mask **out);

/* A mask for `network`: tensors that match by name and shape are taken from `mask`, the others are ones. This is how a
 * ticket moves to another network. Returns LOTTERY_PARTIAL when a tensor of either side had no match; the message
 * lists them. Errors: HANDLE, ARGUMENT, SHAPE (nothing matches), STATE (not finished), MEMORY. */
lottery_status lottery_mask_transfer(lottery_mask *mask, lottery_network *network, lottery_mask **out);

/* ==================================================================================================
 * 7 Snapshot: saved state to rewind to; immutable, shared by any number of threads
 * ================================================================================================== */

/* Parts of a trainer's state; a set is their sum. These are all there will be: what a later version adds belongs to one
 * of them. */
enum {
  LOTTERY_STATE_WEIGHTS = 1,    /* the values of every tensor that is trained */
  LOTTERY_STATE_STATISTICS = 2, /* those that layers keep themselves: running means (no layer has them yet) */
  LOTTERY_STATE_OPTIMISER = 4,  /* momentum or moments, and the optimiser's own count of steps */
  LOTTERY_STATE_POSITION = 8,   /* iteration, schedule, and place in the order of data, with its seed */
  LOTTERY_STATE_ALL = 15
};

/* What a tensor has in a snapshot. */
enum {
  LOTTERY_SLOT_WEIGHT = 0, /* its values, statistics among them */
  LOTTERY_SLOT_FIRST = 1,  /* SGD's momentum or Adam's first moment */
  LOTTERY_SLOT_SECOND = 2  /* Adam's second moment */
};

/* Gives up the host's reference. NULL is a no-op. Any thread. */
void lottery_snapshot_destroy(lottery_snapshot *snapshot);

/* Adds a reference of the host's: the snapshot needs one more lottery_snapshot_destroy. Errors: HANDLE. Any thread. */
lottery_status lottery_snapshot_retain(lottery_snapshot *snapshot);

/* Which parts it holds, a sum of LOTTERY_STATE_…. Errors: HANDLE, ARGUMENT. */
lottery_status lottery_snapshot_contents(lottery_snapshot *snapshot, int32_t *out);

/* The iteration at which it was taken; 0 for a network's. Errors: HANDLE, ARGUMENT. */
lottery_status lottery_snapshot_iteration(lottery_snapshot *snapshot, int64_t *out);

/* How many tensors it has (all of the network's, biases too); a tensor's name and shape, as in section 4.
 * Errors: HANDLE, ARGUMENT. */
lottery_status lottery_snapshot_tensor_count(lottery_snapshot *snapshot, int64_t *out);
lottery_status lottery_snapshot_tensor_name(lottery_snapshot *snapshot, int64_t tensor, char *buffer, int64_t capacity,
                                            int64_t *needed);
lottery_status lottery_snapshot_tensor_shape(lottery_snapshot *snapshot, int64_t tensor, int64_t capacity,
                                             int64_t *shape, int32_t *rank);

/* Copies out what it holds of a tensor. slot: LOTTERY_SLOT_…. values: [count]; count: the tensor's elements.
 * Errors: HANDLE, ARGUMENT (tensor, slot), SHAPE (count), STATE (the snapshot does not hold the slot). */
lottery_status lottery_snapshot_read(lottery_snapshot *snapshot, int64_t tensor, int32_t slot, float *values,
                                     int64_t count);

/* ==================================================================================================
 * 8 Pruner: decides which weights go
 *
 * Each tensor has a rate r: the pruner's RATE, times OUTPUT_FACTOR for the weight of the layer next to the output, or
 * the rate that lottery_pruner_set_tensor_rate gave it. Biases are never pruned.
 *
 * How many. By RATE, a tensor that keeps n weights loses floor(r * n + 0.5) of them. By COUNT, exactly that many go in
 * all, shared among the tensors in proportion to r * n (largest remainders first, then the lower tensor number). No
 * tensor loses more than it has: one whose share is larger loses everything, and the others share the rest in the same
 * way. By DENSITY d, a tensor of r = RATE keeps floor(d * total + 0.5) weights. One of another rate keeps floor(d' *
 * total + 0.5) with d' = (1 - r)^(ln d / ln(1 - RATE)): what it would keep after as many rounds. A tensor that already
 * keeps fewer stays as it is. With SCOPE global, tensors of one rate are ranked together and count as one tensor above;
 * a rate of 0 leaves a tensor out.
 *
 * Limits of the rules. d = 1 prunes nothing, d = 0 empties every tensor of a rate above 0, and a rate of 0 leaves a
 * tensor out. The formula for d' needs RATE between 0 and 1: with RATE 1 and d above 0, tensors of other rates keep
 * everything. Where tensors of the pruner's rate and others of a lower rate meet, the whole network ends above d. All
 * of this is computed in double precision.
 *
 * Which. The surviving weights of smallest |weight| go (Han et al., NeurIPS 2015); equal ones go in the order of tensor
 * number and element index, the lower first. The random criterion ranks by random numbers instead. A host can rank by
 * anything else: it makes a score for each weight, and lottery_pruner_apply_scores prunes the lowest.
 * ================================================================================================== */

/* Creates a pruner with the default options. Errors: HANDLE, ARGUMENT, MEMORY. */
lottery_status lottery_pruner_create(lottery_context *context, lottery_pruner **out);

/* Gives up the host's reference. NULL is a no-op. Any thread. */
void lottery_pruner_destroy(lottery_pruner *pruner);

/* Set and get an option by key (section 3): integers and choices through _integer, reals through _real.
 * Errors: HANDLE, ARGUMENT (no such key, another type, out of range), STATE (get: COUNT or DENSITY was never set). */
lottery_status lottery_pruner_set_integer(lottery_pruner *pruner, int32_t key, int64_t value);
lottery_status lottery_pruner_get_integer(lottery_pruner *pruner, int32_t key, int64_t *out);
lottery_status lottery_pruner_set_real(lottery_pruner *pruner, int32_t key, double value);
lottery_status lottery_pruner_get_real(lottery_pruner *pruner, int32_t key, double *out);

/* Gives the tensor called `name` a rate of its own, 0 to 1; a second call replaces it. If the network does not have
 * the name, applying the pruner fails. name: less than 32 bytes. Errors: HANDLE, ARGUMENT, MEMORY. */
lottery_status lottery_pruner_set_tensor_rate(lottery_pruner *pruner, const char *name, double rate);

/* The rates that were given in this way, in the order of the first call for each name. name: text as in section 1.
 * Errors: HANDLE, ARGUMENT (index). */
lottery_status lottery_pruner_tensor_rate_count(lottery_pruner *pruner, int64_t *out);
lottery_status lottery_pruner_tensor_rate_name(lottery_pruner *pruner, int64_t index, char *buffer, int64_t capacity,
                                               int64_t *needed);
lottery_status lottery_pruner_tensor_rate(lottery_pruner *pruner, int64_t index, double *out);

/* The option that decides how much goes, the last one set of LOTTERY_PRUNER_RATE, _COUNT and _DENSITY; at first RATE.
 * Errors: HANDLE, ARGUMENT. */
lottery_status lottery_pruner_amount(lottery_pruner *pruner, int32_t *key);

/* Makes the next mask from a network's weights: `mask` (NULL: the network's own, or ones) without the pruned weights.
 * The network does not change. UNCHANGED: no weight went, and the new mask is equal to the old one. So it ends where a
 * rate of the few weights that are left rounds to 0; a loop that waits for a density must look at the status.
 * Errors: HANDLE, ARGUMENT (a tensor rate's name is not a prunable tensor; COUNT is more than can go; DENSITY below 1
 * with a RATE of 0), SHAPE (the mask is not the network's), NOT_FINITE (any surviving weight), STATE (network not
 * finished), MEMORY. */
lottery_status lottery_pruner_apply(lottery_pruner *pruner, lottery_network *network, lottery_mask *mask,
                                    lottery_mask **out);

/* The same from the host's own scores: of the surviving weights, those of lowest score go, as many as
 * lottery_pruner_apply would prune. Scores may be negative, and -0 equals 0; equal ones go in the order of tensor
 * number and element index, the lower first. CRITERION, SEED and the network's weights do not matter.
 * scores: [count], the mask's tensors one after the other, each with all of its elements, row-major. Scores of weights
 * that the mask prunes are not looked at. The array is only read, and not kept. count: elements of all these tensors,
 * the total that lottery_mask_kept gives. As everywhere, one thread at a time uses the pruner and the network.
 * Errors: as lottery_pruner_apply, but NOT_FINITE (a surviving weight's score), SHAPE (count). */
lottery_status lottery_pruner_apply_scores(lottery_pruner *pruner, lottery_network *network, lottery_mask *mask,
                                           const float *scores, int64_t count, lottery_mask **out);

/* A dry run: what lottery_pruner_apply with the same arguments would leave, for each tensor of the mask. count: the
 * mask's tensors. kept: weights that survive. dead_units: units of the layer without a surviving input weight, plus
 * inputs of the layer without a surviving output weight. vanishing: 1 when the tensor keeps fewer weights than it has
 * units, so that some must be dead; 2 when it keeps none; else 0. Each array may be NULL.
 * Errors: as lottery_pruner_apply, SHAPE (count). */
lottery_status lottery_pruner_preview(lottery_pruner *pruner, lottery_network *network, lottery_mask *mask,
                                      int64_t count, int64_t *kept, int64_t *dead_units, int32_t *vanishing);

/* ==================================================================================================
 * 9 Trainer: trains a network, iteration by iteration, and rewinds it
 *
 * One iteration: the loss and its gradient on a batch, the mask applied to the gradient, one step of the optimiser. A
 * pruned weight is exactly 0 after every iteration, in the network and in the optimiser's state.
 *
 * Losses are means over the batch. Softmax cross-entropy: -log(exp(z_label) / sum_j exp(z_j)). Mean squared error: mean
 * over examples and outputs of (output - target)^2; where there are only labels, the target is a one-hot vector.
 *
 * Optimisers, with g the gradient plus WEIGHT_DECAY * weight, in the forms of torch.optim: SGD, w -= rate * g; with
 * momentum m, v = m * v + g (v = g in the first step) and w -= rate * v, or with Nesterov w -= rate * (g + m * v); Adam
 * (Kingma & Ba, ICLR 2015, algorithm 1), epsilon added to the square root of the corrected second moment.
 *
 * The rate of iteration i (from 0): LEARNING_RATE times MILESTONE_FACTOR for each milestone <= i, and, while i <
 * WARMUP, times (i + 1) / WARMUP.
 *
 * Order of data: epoch e visits the dataset in a permutation made from the trainer's seed and e, in batches of
 * BATCH_SIZE; the last batch of an epoch is shorter where the sizes do not divide.
 *
 * A step that overflows, because the learning rate or the gradient is too large, leaves weights or optimiser state that
 * are infinite or not a number. The function that took it returns NOT_FINITE, and the message names the tensor. The
 * step counts as completed. Restore a snapshot, and lower the rate.
 *
 * While lottery_trainer_run is in its progress callback, calls that change this trainer or its network return
 * LOTTERY_ERROR_STATE. Reading is possible, and so is taking a snapshot, which is that of the iteration just completed.
 * ================================================================================================== */

/* Called after every PROGRESS_INTERVAL-th iteration. iteration: completed ones since the trainer's start; loss: of the
 * last batch. Any result but 0 stops the run. The callback must return (not throw or longjmp). */
typedef int32_t (*lottery_progress)(int64_t iteration, double loss, void *user);

/* Creates a trainer. network: finished. dataset: what lottery_trainer_run trains on, or NULL when the host brings its
 * own batches. seed: decides the order of data.
 * Errors: HANDLE, ARGUMENT, SHAPE (the dataset's features, classes or targets are not the network's), STATE (not
 * finished), MEMORY. */
lottery_status lottery_trainer_create(lottery_network *network, lottery_dataset *dataset, uint64_t seed,
                                      lottery_trainer **out);

/* Gives up the host's reference. NULL is a no-op. Any thread. */
void lottery_trainer_destroy(lottery_trainer *trainer);

/* Set and get an option by key (section 3): integers and choices through _integer, reals through _real, lists through
 * _reals (values: [count]; milestones are whole numbers that rise). Changing the optimiser resets its state. A new
 * batch size counts from the next batch; the place in the data is a number of batches, so it moves when their size
 * does.
 * get_reals: a list as in section 1.
 * Errors: HANDLE, ARGUMENT (no such key, another type, out of range), STATE (running), MEMORY. */
lottery_status lottery_trainer_set_integer(lottery_trainer *trainer, int32_t key, int64_t value);
lottery_status lottery_trainer_get_integer(lottery_trainer *trainer, int32_t key, int64_t *out);
lottery_status lottery_trainer_set_real(lottery_trainer *trainer, int32_t key, double value);
lottery_status lottery_trainer_get_real(lottery_trainer *trainer, int32_t key, double *out);
lottery_status lottery_trainer_set_reals(lottery_trainer *trainer, int32_t key, const double *values, int64_t count);
lottery_status lottery_trainer_get_reals(lottery_trainer *trainer, int32_t key, int64_t capacity, double *values,
                                         int64_t *count);

/* Trains for `iterations` iterations (0 or more) on the trainer's dataset. progress may be NULL; user is handed to it
 * as it is. done (may be NULL) receives how many were completed, on an error too.
 * Returns CANCELLED or STOPPED (section 1) when it ended early.
 * Errors: HANDLE, ARGUMENT, STATE (no dataset, called from its own callback, or as lottery_trainer_step), SHAPE (the
 * loss needs labels or targets that the dataset lacks), NOT_FINITE (the next batch's loss; it changed no weight. Or a
 * step that overflowed: see above), MEMORY. */
lottery_status lottery_trainer_run(lottery_trainer *trainer, int64_t iterations, lottery_progress progress, void *user,
                                   int64_t *done);

/* One iteration on a batch of the host's; the place in the trainer's own dataset stays.
 * count: 1 to BATCH_SIZE examples. inputs: [count][input features]. labels: [count], or NULL; targets: [count][output
 * features], or NULL. The loss needs one of them; where both are given, mean squared error takes the targets. loss (may
 * be NULL): of this batch, before the step.
 * Errors: HANDLE, ARGUMENT (count, a label), SHAPE (neither labels nor targets as the loss needs), NOT_FINITE (an
 * input, a target or the loss; nothing changed. Or the step overflowed), STATE (running; the weights of the network
 * were never initialised, written or restored), MEMORY. */
lottery_status lottery_trainer_step(lottery_trainer *trainer, int64_t count, const float *inputs, const int32_t *labels,
                                    const float *targets, double *loss);

/* The split form of an iteration, for hosts that train data-parallel: make the gradient of a batch, read and write it,
 * then apply it.
 * gradient: as lottery_trainer_step without the optimiser. inputs NULL and count 0 take the next batch of the trainer's
 * own dataset, and take the same batch again until apply. The gradient is masked. apply: one optimiser step with the
 * gradient as it is then, which ends the iteration. Until then the gradient waits: lottery_trainer_rewind and _reset
 * drop it, lottery_network_set_mask keeps what the new mask does not prune.
 * Errors: as lottery_trainer_step; apply: HANDLE, STATE (there is no gradient), NOT_FINITE (a gradient element;
 * nothing changed. Or the step overflowed), MEMORY. */
lottery_status lottery_trainer_gradient(lottery_trainer *trainer, int64_t count, const float *inputs,
                                        const int32_t *labels, const float *targets, double *loss);
lottery_status lottery_trainer_apply(lottery_trainer *trainer);

/* The packed gradient: the elements of surviving weights and of biases, in the order of tensors and elements.
 * gradient_count: how many there are. read, write: values, all of them. A change of the mask drops what it prunes.
 * Errors: HANDLE, ARGUMENT, SHAPE (count), STATE (there is no gradient), MEMORY. */
lottery_status lottery_trainer_gradient_count(lottery_trainer *trainer, int64_t *out);
lottery_status lottery_trainer_read_gradient(lottery_trainer *trainer, float *values, int64_t count);
lottery_status lottery_trainer_write_gradient(lottery_trainer *trainer, const float *values, int64_t count);

/* One tensor's gradient in the tensor's own shape, 0 at pruned weights. values: [count]; count: the tensor's elements.
 * Errors: HANDLE, ARGUMENT, SHAPE (count), STATE (there is no gradient), MEMORY. */
lottery_status lottery_trainer_read_tensor_gradient(lottery_trainer *trainer, int64_t tensor, float *values,
                                                    int64_t count);

/* Replaces one tensor's gradient, in the tensor's own shape; what the mask prunes is left out. Errors: HANDLE,
 * ARGUMENT, SHAPE (count), STATE (there is no gradient; running), MEMORY. */
lottery_status lottery_trainer_write_tensor_gradient(lottery_trainer *trainer, int64_t tensor, const float *values,
                                                     int64_t count);

/* For losses that the library lacks. forward computes the outputs [count][output features] of a batch of 1 to
 * BATCH_SIZE examples. The host computes the gradient of its loss to these outputs (output_gradient, of their shape).
 * backward makes the gradient of every tensor from it, as lottery_trainer_gradient would; lottery_trainer_apply then
 * takes the step. backward needs the count of the last forward.
 * Errors: HANDLE, ARGUMENT, STATE (backward without forward, or after a change of the weights or the mask since; as
 * lottery_trainer_step), NOT_FINITE (an input, an output gradient), MEMORY. */
lottery_status lottery_trainer_forward(lottery_trainer *trainer, int64_t count, const float *inputs, float *outputs);
lottery_status lottery_trainer_backward(lottery_trainer *trainer, int64_t count, const float *output_gradient);

/* The same, and the gradient to the inputs of the forward pass: input_gradient [count][input features], such as for a
 * network below this one, for saliency or for adversarial examples. The first call allocates memory for it.
 * Errors: as lottery_trainer_backward. */
lottery_status lottery_trainer_backward_inputs(lottery_trainer *trainer, int64_t count, const float *output_gradient,
                                               float *input_gradient);

/* lottery_network_evaluate with the trainer's network and loss. loss, correct and Errors: as there. */
lottery_status lottery_trainer_evaluate(lottery_trainer *trainer, lottery_dataset *dataset, double *loss,
                                        int64_t *correct);

/* Completed iterations. After rewinding, counting continues from the position that was restored. Errors: HANDLE,
 * ARGUMENT. */
lottery_status lottery_trainer_iteration(lottery_trainer *trainer, int64_t *out);

/* How many batches an epoch of the trainer's dataset has, at the present batch size.
 * Errors: HANDLE, ARGUMENT, STATE (no dataset). */
lottery_status lottery_trainer_epoch_batches(lottery_trainer *trainer, int64_t *out);

/* The examples of a batch of the trainer's dataset, as their indices there: a list as in section 1, for which a
 * capacity of BATCH_SIZE is always enough. ahead: 0 for the batch that the trainer draws next (after
 * lottery_trainer_gradient, the one that waits for apply), 1 for the one after it, and so on. Batches of the host's
 * (lottery_trainer_step) do not move the place in the dataset.
 * Errors: HANDLE, ARGUMENT (ahead below 0 or over 2^53; capacity), STATE (no dataset). */
lottery_status lottery_trainer_batch(lottery_trainer *trainer, int64_t ahead, int64_t capacity, int64_t *indices,
                                     int64_t *count);

/* The learning rate of the next iteration. Errors: HANDLE, ARGUMENT. */
lottery_status lottery_trainer_rate(lottery_trainer *trainer, double *out);

/* The most recent batch's loss, before its optimiser step, from lottery_trainer_run, _step or _gradient. A host that
 * runs a few iterations at a time, instead of giving a progress callback, can show it as progress. Rewinding does not
 * change it.
 * Errors: HANDLE, ARGUMENT, STATE (there was no such batch yet). */
lottery_status lottery_trainer_loss(lottery_trainer *trainer, double *out);

/* Saves state. what: a sum of LOTTERY_STATE_…. A progress callback may call it, too. Errors: HANDLE, ARGUMENT,
 * MEMORY. */
lottery_status lottery_trainer_snapshot(lottery_trainer *trainer, int32_t what, lottery_snapshot **out);

/* Rewinds: restores the parts `what` of the snapshot, sets the mask, and zeroes what it prunes, in weights and
 * optimiser state. snapshot may be NULL when what is 0. mask NULL keeps the network's mask. To return to the whole
 * network, give lottery_mask_ones: weights that the mask prunes when they are restored stay 0 under later masks.
 *   ticket (Frankle & Carbin 2019)                     a snapshot of iteration 0, LOTTERY_STATE_ALL
 *   late rewinding (Frankle et al. 2020)               a snapshot of iteration k, LOTTERY_STATE_ALL
 *   learning-rate rewinding (Renda et al., ICLR 2020)  LOTTERY_STATE_POSITION
 *   fine-tuning or continued training                  what = 0
 * A snapshot from lottery_network_snapshot holds only weights, so it needs LOTTERY_STATE_WEIGHTS. Snapshot and network
 * must agree in names and shapes; see lottery_network_restore for others.
 * Errors: HANDLE, ARGUMENT (what, or a part that the snapshot does not hold), SHAPE (snapshot, mask; or the snapshot's
 * optimiser is another), STATE (running), MEMORY. */
lottery_status lottery_trainer_rewind(lottery_trainer *trainer, lottery_snapshot *snapshot, lottery_mask *mask,
                                      int32_t what);

/* The optimiser's own count of steps, by which Adam corrects its moments (SGD does not use it: its momentum goes on
 * from the state). And its state: LOTTERY_SLOT_FIRST or _SECOND of a tensor; values: [count] in the tensor's own shape,
 * 0 at pruned weights, which writing leaves out. With them, a training that another program began can continue here.
 * Reading a slot that no step has used yet gives zeros.
 * Errors: HANDLE, ARGUMENT (steps below 0 or over 2^53; tensor; slot; writing a second moment below 0), SHAPE (count),
 * NOT_FINITE (a value written), STATE (the optimiser does not have the slot: Adam has both, SGD with momentum the
 * first; running), MEMORY. */
lottery_status lottery_trainer_get_optimiser_steps(lottery_trainer *trainer, int64_t *out);
lottery_status lottery_trainer_set_optimiser_steps(lottery_trainer *trainer, int64_t steps);
lottery_status lottery_trainer_read_optimiser(lottery_trainer *trainer, int64_t tensor, int32_t slot, float *values,
                                              int64_t count);
lottery_status lottery_trainer_write_optimiser(lottery_trainer *trainer, int64_t tensor, int32_t slot,
                                               const float *values, int64_t count);

/* Starts parts afresh: OPTIMISER state to zero, POSITION to iteration 0. what: a sum of these two. A gradient that
 * waits for apply is dropped.
 * Errors: HANDLE, ARGUMENT, STATE (running). */
lottery_status lottery_trainer_reset(lottery_trainer *trainer, int32_t what);

/* ==================================================================================================
 * 10 Files
 *
 * Saving. Whatever happens, a path holds its old content or the new content, whole. The bytes go to a temporary file in
 *   the same directory, which is flushed to the disk and renamed over the path. Then the directory is flushed, so that
 *   the new content survives a loss of power. An error leaves the old content and removes the temporary file. A process
 *   that is killed may leave one, called .lottery-….tmp, which can be deleted. Where the directory cannot be flushed
 *   after the renaming, the new content is in place, and the error says that a loss of power may undo it. A file
 *   system that does not support flushing (fsync: EINVAL, ENOSYS, EOPNOTSUPP) is not an error: there, only the system
 *   protects the content.
 * The path. Its directory must exist. A symbolic link stays, and the file that it names is replaced. A directory, a
 *   device (/dev/null, too), a pipe or a socket is an error, and so is a file that the process may not write. The new
 *   file has the permissions of the old one, or those of the umask; its owner is the process. Other hard links keep the
 *   old content.
 * Reading. The path must name a regular file. Nothing is allocated because a file's header says so.
 * ================================================================================================== */

/* .npy files, NumPy's format for one array (numpy.lib.format 1.0 to 3.0): one tensor's values
 * (lottery_network_read_tensor), one mask's bytes (lottery_mask_read), or any other array.
 * element: LOTTERY_ELEMENT_…, FLOAT32 ('<f4'), UINT8 ('|u1') or INT64 ('<i8'). rank: 0 to 8; shape: [rank] sizes of 0
 * or more. values: [count], in C order; count: the product of the shape.
 *
 * save: writes a file of format 1.0, little-endian and in C order. describe: says what a file holds; shape is a list as
 * in section 1; element and count may be NULL. load: copies the elements out; count must be the file's. Where the
 * system fails to read in the middle of them (FILE), or the file changes meanwhile, values may have changed.
 * Files may be of either order of bytes and of elements, C's or Fortran's, and of more types, which load converts:
 * float16 to float64 to FLOAT32; bool (as 0 and 1) and whole numbers of 8 to 64 bits, with sign or without, to each of
 * the three. Of these, describe names FLOAT32, UINT8 for bool and uint8, INT64 for the others. float64 is rounded to
 * nearest, ties to even; nothing else may change a value. One that does not fit is an error.
 * Errors: HANDLE, ARGUMENT (element, rank, a size, capacity), SHAPE (count), FILE, FORMAT (not a .npy file, its length
 * is not what its header says, another type of element, more than 8 dimensions; load: it cannot be read as `element`,
 * or the element that the message names does not fit: outside the range, a whole number that float32 would round),
 * MEMORY (save). Any thread. */
lottery_status lottery_npy_save(lottery_context *context, const char *path, int32_t element, int32_t rank,
                                const int64_t *shape, const void *values, int64_t count);
lottery_status lottery_npy_describe(lottery_context *context, const char *path, int32_t *element, int64_t *count,
                                    int64_t capacity, int64_t *shape, int32_t *rank);
lottery_status lottery_npy_load(lottery_context *context, const char *path, int32_t element, void *values,
                                int64_t count);

/* ==================================================================================================
 * 11 Archive: networks, masks, snapshots, tickets and trainers in one file
 *
 * An archive holds named items. It is written as a safetensors file, which PyTorch and others read; docs/format.md
 * describes every byte. Items are copied in and out: later changes of a network do not reach the archive that it was
 * added to.
 *
 * Names are UTF-8 of at most 255 bytes, each once in an archive. A tensor's array is called after its item, a dot and
 * its own name ("ticket.fc1.bias"). One item may have the empty name. Its arrays have no prefix, so the file of an
 * unnamed network is a state dict with the names fc1.weight and so on, as PyTorch lays them out. Two items whose arrays
 * would have the same name cannot be in one archive.
 *
 * Files of other programs can be read. Their arrays, which nothing describes, are items of kind ARRAY;
 * lottery_archive_get_snapshot finds a network's weights among them by name, and lottery_archive_get_mask its masks.
 * Wherever real numbers are read, F16, BF16 and F64 are taken for F32: they become float32, F64 rounded to nearest,
 * ties to even. They stay in the archive, and are saved again, as they were.
 *
 * Reading trusts nothing. Lengths, offsets, types, shapes and texts are checked before memory is allocated for what
 * they say. The checks of an item itself, such as whether its columns rise, follow when it is taken out. Values of
 * networks, snapshots and tickets are finite, or adding and getting fail. Results are the same bits that were saved.
 *
 * An archive is used by one thread at a time.
 * ================================================================================================== */

/* What an item is. Kinds that a later version wrote are UNKNOWN: they stay in the archive when it is saved again. */
enum {
  LOTTERY_KIND_UNKNOWN = 0,
  LOTTERY_KIND_NETWORK = 1,  /* a graph and its weights */
  LOTTERY_KIND_MASK = 2,     /* a bit a weight */
  LOTTERY_KIND_SNAPSHOT = 3, /* weights, optimiser state, position */
  LOTTERY_KIND_TICKET = 4,   /* a graph, a mask and the initial values of what survives */
  LOTTERY_KIND_TEXT = 5,     /* a text of the host's */
  LOTTERY_KIND_ARRAY = 6,    /* an array of the host's, or of another program's file */
  LOTTERY_KIND_TRAINER = 7   /* a trainer and its network with all that they need to continue */
};

/* Creates an empty archive. Errors: HANDLE, ARGUMENT, MEMORY. */
lottery_status lottery_archive_create(lottery_context *context, lottery_archive **out);

/* Gives up the archive. NULL is a no-op. Any thread. */
void lottery_archive_destroy(lottery_archive *archive);

/* Set and get an option by key (section 3): LOTTERY_ARCHIVE_…. Errors: HANDLE, ARGUMENT (no such key, another type,
 * out of range). */
lottery_status lottery_archive_set_integer(lottery_archive *archive, int32_t key, int64_t value);
lottery_status lottery_archive_get_integer(lottery_archive *archive, int32_t key, int64_t *out);

/* How many items there are. They are numbered in the order of their names' bytes. Errors: HANDLE, ARGUMENT. */
lottery_status lottery_archive_count(lottery_archive *archive, int64_t *out);

/* The name of item `index`, 0 to count - 1. Text as in section 1. Errors: HANDLE, ARGUMENT. */
lottery_status lottery_archive_name(lottery_archive *archive, int64_t index, char *buffer, int64_t capacity,
                                    int64_t *needed);

/* The kind of the item called `name`, LOTTERY_KIND_…. Errors: HANDLE, ARGUMENT (nothing has this name). */
lottery_status lottery_archive_kind(lottery_archive *archive, const char *name, int32_t *out);

/* Add an item. On an error the archive is as it was.
 * Errors: HANDLE, ARGUMENT (the name is too long, not UTF-8, or taken), MEMORY; where there are tensors also NOT_FINITE
 * (a weight, or optimiser state); and those below.
 * network: graph and weights, without its mask and options. STATE (not finished).
 * mask: names, shapes and bits.
 * snapshot: everything that it holds, also its position and the optimiser's count of steps.
 * ticket: the network's graph, the mask, and from the snapshot the biases and the weights that the mask keeps. Its size
 * goes with the density. It has no optimiser state and no position. If the snapshot is of a later iteration (late
 * rewinding), add it as an item, too: lottery_trainer_rewind needs it for LOTTERY_STATE_ALL. STATE (not finished; the
 * snapshot holds no weights), SHAPE (mask or snapshot are not the network's).
 * trainer: its network's graph, weights, mask and options; its optimiser's state, position, order of data and options;
 * and a gradient that waits for lottery_trainer_apply. A forward pass that waits for backward is not kept: make it
 * again. STATE (running).
 * text: UTF-8. Seed, level, density, a parent's hash and the like have no place of their own; docs/format.md says under
 * which names other programs look for them.
 * array: element is LOTTERY_ELEMENT_…, rank 0 to 8, shape [rank] with sizes of 0 or more (NULL for rank 0), data
 * [count], any values; count: the product of the shape. The name is not empty. SHAPE (count). */
lottery_status lottery_archive_add_network(lottery_archive *archive, const char *name, lottery_network *network);
lottery_status lottery_archive_add_mask(lottery_archive *archive, const char *name, lottery_mask *mask);
lottery_status lottery_archive_add_snapshot(lottery_archive *archive, const char *name, lottery_snapshot *snapshot);
lottery_status lottery_archive_add_ticket(lottery_archive *archive, const char *name, lottery_network *network,
                                          lottery_mask *mask, lottery_snapshot *snapshot);
lottery_status lottery_archive_add_trainer(lottery_archive *archive, const char *name, lottery_trainer *trainer);
lottery_status lottery_archive_add_text(lottery_archive *archive, const char *name, const char *text);
lottery_status lottery_archive_add_array(lottery_archive *archive, const char *name, int32_t element, int32_t rank,
                                         const int64_t *shape, const void *data, int64_t count);

/* Removes an item with all its arrays and texts. To replace one, remove it and add the new one: adding takes no name
 * that is there. Memory of what was added is given back; that of a file that was read is, as one block, with the
 * archive or when it reads another.
 * Errors: HANDLE, ARGUMENT (nothing has this name). */
lottery_status lottery_archive_remove(lottery_archive *archive, const char *name);

/* Make the object of an item again, in the archive's context.
 * Errors: HANDLE, ARGUMENT (nothing has this name, or it is of another kind), FORMAT (what the archive read is damaged;
 * weights would, all dense, take more memory than BYTE_LIMIT; one is too large for float32), SHAPE (an array has
 * another type or shape than the item's description says), NOT_FINITE, MEMORY.
 * network: a finished one. UNSUPPORTED (a layer or an option that this version does not have; the message names it).
 * mask, snapshot: network may be NULL. With a network, SHAPE also means that names and shapes are not the network's. A
 * snapshot of weights can also be made from an item of kind NETWORK, or from arrays of another program whose names are
 * `name`, a dot, and those of the network's tensors; these need the network. So can a mask, from arrays of BOOL or U8
 * that have the tensors' shapes and hold 0 and 1.
 * ticket: the network, finished, its mask set and its weights at their initial values; the mask; a snapshot of those
 * weights. Each may be NULL. UNSUPPORTED as for networks. */
lottery_status lottery_archive_get_network(lottery_archive *archive, const char *name, lottery_network **out);
lottery_status lottery_archive_get_mask(lottery_archive *archive, const char *name, lottery_network *network,
                                        lottery_mask **out);
lottery_status lottery_archive_get_snapshot(lottery_archive *archive, const char *name, lottery_network *network,
                                            lottery_snapshot **out);
lottery_status lottery_archive_get_ticket(lottery_archive *archive, const char *name, lottery_network **network,
                                          lottery_mask **mask, lottery_snapshot **snapshot);

/* What lottery_archive_restore_trainer may do beside continuing with the same bits. */
enum {
  LOTTERY_CONSENT_NONE = 0,
  LOTTERY_CONSENT_INSTRUCTION_SET = 1 /* continue on another instruction set, whose results differ in the last bits */
};

/* Continues where a trainer was when it was added: from here on, `trainer` and its network give the bits that the saved
 * ones would have given. The host first makes both as it did then: a network of the same graph and a trainer of the
 * same dataset. Then weights, mask, optimiser state, position, order of data and every option of trainer and network
 * become the archive's. An option that the archive lacks, since an older version wrote it, gets its default. Of the
 * dataset only its count is compared. consent: a sum of LOTTERY_CONSENT_…. On an error trainer and network are as they
 * were.
 * Errors: HANDLE, ARGUMENT (nothing has this name, or it is not a trainer; consent), SHAPE (another graph, another
 * number of examples: the message says both; an array's type or shape), STATE (running; the trainer was saved on
 * another instruction set and consent does not allow that), FORMAT (what the archive read is damaged), UNSUPPORTED (an
 * option or a kind of layer that this version does not have), NOT_FINITE, MEMORY. */
lottery_status lottery_archive_restore_trainer(lottery_archive *archive, const char *name, lottery_trainer *trainer,
                                               int32_t consent);

/* The text called `name`. Text as in section 1. Errors: HANDLE, ARGUMENT (nothing has this name, or it is not a text),
 * FORMAT. */
lottery_status lottery_archive_get_text(lottery_archive *archive, const char *name, char *buffer, int64_t capacity,
                                        int64_t *needed);

/* Element type and shape of an array. It may also be an array of another item ("ticket.fc1.bias"). element: what its
 * elements are read as, without loss but for F64: FLOAT32 for real numbers, UINT8 for BOOL and U8, INT64 for other
 * whole numbers. shape: a list as in section 1; a capacity of 8 is always enough.
 * Errors: HANDLE, ARGUMENT (there is no such array; capacity), UNSUPPORTED (real numbers of 8 bits). */
lottery_status lottery_archive_array_shape(lottery_archive *archive, const char *name, int32_t *element,
                                           int64_t capacity, int64_t *shape, int32_t *rank);

/* Copies an array out. element: LOTTERY_ELEMENT_…; data: [count]; count: the array's elements. Real numbers are read as
 * FLOAT32, whole ones and BOOL as any; F64 is rounded to nearest, ties to even; nothing else may change a value.
 * Errors: HANDLE, ARGUMENT (there is no such array), SHAPE (the array cannot be read as `element`; count is not the
 * array's), FORMAT (the element that the message names does not fit: outside the range, a whole number that float32
 * would round). */
lottery_status lottery_archive_get_array(lottery_archive *archive, const char *name, int32_t element, void *data,
                                         int64_t count);

/* Entries of the file's __metadata__ that are not the library's own, such as {"format": "pt"}, which some programs want
 * in files for PyTorch. What was read stays there and is saved again. Keys that begin with "lottery." are the library's
 * and no entries here.
 * count: how many there are; they are numbered in the order of their keys' bytes. key: that of entry `index`, 0 to
 * count - 1. get: the value of a key. Texts as in section 1. set: adds an entry or replaces its value; the value may be
 * as long as HEADER_LIMIT lets a file be; value NULL removes the entry.
 * Errors: HANDLE, ARGUMENT (index; get and removing: there is no such key; set: the key is over 255 bytes, not UTF-8,
 * or begins with "lottery."; the value is not UTF-8), MEMORY (set). */
lottery_status lottery_archive_metadata_count(lottery_archive *archive, int64_t *out);
lottery_status lottery_archive_metadata_key(lottery_archive *archive, int64_t index, char *buffer, int64_t capacity,
                                            int64_t *needed);
lottery_status lottery_archive_get_metadata(lottery_archive *archive, const char *key, char *buffer, int64_t capacity,
                                            int64_t *needed);
lottery_status lottery_archive_set_metadata(lottery_archive *archive, const char *key, const char *value);

/* Saves to a file, as section 10 says: `path` holds its old content or the new file, whole.
 * Errors: HANDLE, ARGUMENT, FILE, MEMORY (also when the header would be over HEADER_LIMIT). */
lottery_status lottery_archive_save(lottery_archive *archive, const char *path);

/* Receives the next `count` bytes of a file, at least 1, and returns how many of them it has taken; it is called again
 * with the others. 0 or a negative number: it cannot take any, and the writing ends. The callback must return (not
 * throw or longjmp) and not use the archive. */
typedef int64_t (*lottery_write)(const void *bytes, int64_t count, void *user);

/* Writes the same file through the callback `write`. user: handed to it as it is.
 * Errors: HANDLE, ARGUMENT, FILE (the callback returned 0, a negative number, or more than it was given), MEMORY (as
 * above). */
lottery_status lottery_archive_write(lottery_archive *archive, lottery_write write, void *user);

/* Replace what the archive holds by a file's content: from a regular file, or from `count` bytes in memory, which are
 * copied. On an error the archive is as it was.
 * Errors: HANDLE, ARGUMENT, FILE, FORMAT (not a safetensors file, a damaged one, or one over HEADER_LIMIT or
 * BYTE_LIMIT), UNSUPPORTED (another format's number; a type of elements or an array's name that this version cannot
 * hold), MEMORY. */
lottery_status lottery_archive_load(lottery_archive *archive, const char *path);
lottery_status lottery_archive_load_memory(lottery_archive *archive, const void *bytes, int64_t count);

/* Writes up to `capacity` bytes of a file, at least 1, to `bytes` and returns how many; 0 at the end of the file, a
 * negative number when it cannot. The callback must return (not throw or longjmp) and not use the archive. */
typedef int64_t (*lottery_read)(void *bytes, int64_t capacity, void *user);

/* The same from the callback `read`, which is called until it returns 0. user: handed to it as it is.
 * Errors: as lottery_archive_load; FILE (the callback returned a negative number, or more bytes than it had room
 * for). */
lottery_status lottery_archive_read(lottery_archive *archive, lottery_read read, void *user);

#ifdef __cplusplus
}
#endif

#endif
