/* Running a network over data without training it. */
#ifndef TRAIN_EVALUATE_H
#define TRAIN_EVALUATE_H

#include "data/dataset.h"
#include "model/network.h"

/* lottery_network_predict and lottery_network_evaluate, arguments checked but for what the dataset must have. */
lottery_status predict(struct lottery_network *network, int64_t count, const float *inputs, float *outputs);
lottery_status evaluate(struct lottery_network *network, struct lottery_dataset *dataset, int32_t kind, double *loss,
                        int64_t *correct);

#endif
