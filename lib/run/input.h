/* The feed: the network's input on its way to the layers that read it, as float32 or as bytes in bfloat16, and where it
 * is 0. */
#ifndef RUN_INPUT_H
#define RUN_INPUT_H

#include "kernels/gather.h"
#include "kernels/input.h"
#include "model/network.h"

struct input_feed {
  struct lottery_context *context;
  const struct kernels *kernels;
  bool training;
  bool takes_halves;         /* all layers that read the input can read bfloat16 */
  float *values;             /* [tile][feature][lane]; bfloat16 takes half of it */
  uint16_t *live_bits;       /* the features that are not 0 in the whole batch: struct input */
  int32_t *live;             /* the same as a list */
  struct nonzeros *nonzeros; /* each example's inputs that are not 0, or NULL: never listed */
  struct input input;        /* what was fed last */
};

/* For a finished network and up to `tiles` tiles. bytes: whether to make room for lists of bytes that are not 0. False
 * when memory is out (message set); feed_destroy releases what there is. */
bool feed_create(struct input_feed *feed, const struct lottery_network *network, int64_t tiles, bool training,
                 bool bytes);
void feed_destroy(struct input_feed *feed);

/* Feeding floats: fill feed->values, [tile][feature][lane], then call this. layout: of the parameters that will read
 * the input. The result is valid until the next batch is fed. */
const struct input *feed_floats(struct input_feed *feed, const struct layout *layout, int64_t tiles);

/* Feeding bytes, if feed->takes_halves: gather them to where feed_bytes_to says, then call feed_bytes. A byte b has the
 * value b * scale. */
struct gathered feed_bytes_to(struct input_feed *feed, const struct layout *layout);
const struct input *feed_bytes(struct input_feed *feed, const struct layout *layout, const struct gathered *gathered,
                               float scale, int64_t tiles);

#endif
