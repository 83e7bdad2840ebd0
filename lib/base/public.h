/* The public header, with its functions visible although everything else in the library is hidden. */
#ifndef BASE_PUBLIC_H
#define BASE_PUBLIC_H

#include <stdint.h>

#pragma GCC visibility push(default)
#include "lottery.h"
#pragma GCC visibility pop

#endif
