/* How a function that returns a status treats the statuses of its steps. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include "base/public.h"

/* Returns the step's status if it is an error. Use it only where nothing needs to be released. */
#define RETURN_IF_ERROR(step)                         \
  do {                                                \
    const lottery_status step_status = (step);        \
    if (step_status < LOTTERY_OK) return step_status; \
  } while (0)

#endif
