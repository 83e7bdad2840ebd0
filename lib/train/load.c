/* Bytes become bfloat16 where all readers can take it: half the memory traffic, and exact. */
#include "train/load.h"

#include "data/batch.h"
#include "kernels/gather.h"

const struct input *load_examples(struct input_feed *feed, const struct layout *layout,
                                  const struct lottery_dataset *dataset, const int32_t *examples, int64_t count) {
  if (feed->takes_halves && dataset_is_whole_numbers(dataset)) {
    const struct gathered to = feed_bytes_to(feed, layout);
    dataset_gather_halves(feed->kernels, dataset, examples, count, &to);
    return feed_bytes(feed, layout, &to, (float)dataset->scalings[0].scale, batch_tiles(count));
  }
  dataset_gather(feed->kernels, dataset, examples, count, feed->values);
  return feed_floats(feed, layout, batch_tiles(count));
}

const struct input *load_rows(struct input_feed *feed, const struct layout *layout, const float *rows, int64_t count) {
  dataset_gather_rows(rows, feed->input.features, count, feed->values);
  return feed_floats(feed, layout, batch_tiles(count));
}
