/* A naive network in float64 to compare the library with: the formulas of lottery.h, example by example. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include "support.h"

enum reference_kind {
  REFERENCE_INPUT,
  REFERENCE_DENSE,
  REFERENCE_RELU,
  REFERENCE_TANH,
  REFERENCE_SIGMOID,
  REFERENCE_ADD
};

struct reference_node {
  enum reference_kind kind;
  int32_t inputs[2];
  int64_t units; /* of a dense layer */
  bool no_bias;
};

enum { REFERENCE_NODE_LIMIT = 12 };

/* Node 0 is the input, the last one the output. */
struct reference_graph {
  const char *name;
  int32_t rank;
  int64_t shape[3];
  int32_t count;
  struct reference_node nodes[REFERENCE_NODE_LIMIT];
};

/* Graphs that between them have every kind of layer: images, layers without biases, chains of activations, sums that
 * split and meet, sizes that fit no vector. */
extern const struct reference_graph reference_graphs[];
extern const int reference_graph_count;

/* The library's network of the same graph, finished. */
lottery_network *reference_network(lottery_context *context, const struct reference_graph *graph);

/* Features of a node; node -1 is the output. */
int64_t reference_features(const struct reference_graph *graph, int32_t node);

/* Parameters of all tensors one behind the other, in the library's order. */
int64_t reference_parameter_count(const struct reference_graph *graph);

/* outputs: [count][output features]. */
void reference_forward(const struct reference_graph *graph, const double *parameters, int64_t count,
                       const float *inputs, double *outputs);

/* The mean over the batch. targets NULL: one-hot labels. */
double reference_loss(int32_t kind, int64_t count, int64_t features, const double *outputs, const int32_t *labels,
                      const float *targets);

/* How many labels have the largest output, the first of equal ones. */
int64_t reference_correct(int64_t count, int64_t features, const double *outputs, const int32_t *labels);

#endif
