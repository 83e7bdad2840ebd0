/* Allocation through a context: checked sizes, 64-byte alignment, zeroed memory, a count of bytes in use. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdint.h>

struct lottery_context;

enum { MEMORY_ALIGNMENT = 64 };

/* count elements of `size` bytes, zeroed, aligned to MEMORY_ALIGNMENT; NULL, with the message set, when the product
 * does not fit or memory is out. count may be 0. */
void *memory_allocate(struct lottery_context *context, int64_t count, int64_t size);

/* The same without a message. */
void *memory_allocate_quietly(struct lottery_context *context, int64_t count, int64_t size);

/* NULL is a no-op. */
void memory_release(struct lottery_context *context, void *memory);

#endif
