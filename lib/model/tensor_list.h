/* The tensors of a graph, listed before memory of their size is allocated. */
#ifndef MODEL_TENSOR_LIST_H
#define MODEL_TENSOR_LIST_H

#include "model/parameter.h"
#include "model/tensor.h"

struct lottery_network;

struct tensor_list {
  int64_t count;
  struct tensor *tensors;       /* [count] */
  struct parameter *parameters; /* [count] */
  int64_t prunable_count;
  struct tensor *prunable;   /* [prunable_count]: those that masks cover, in order */
  int64_t *prunable_tensors; /* [prunable_count]: their indices */
  int64_t bytes;             /* of the parameters, all dense */
};

/* Lists the tensors of all nodes, in the order of nodes. Each kind's prefix counts its layers from 1: conv1, fc1, fc2.
 * next_to_output is left false: it depends on the output. On an error the list is empty. */
lottery_status tensor_list_create(struct lottery_network *network, struct tensor_list *list);
void tensor_list_release(struct lottery_context *context, struct tensor_list *list);

#endif
