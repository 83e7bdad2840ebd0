/* The table of options fits the slots in which values are kept. */
#include <string.h>

#include "support.h"

#include "base/option.h"

/* Keys of one handle share their hundreds and no two share a slot; names are the handle's own. */
static void test_slots(void **unused) {
  (void)unused;
  for (int64_t i = 0; i < option_count(); i++) {
    const struct option *option = option_at(i);
    if (option->key % 100 >= OPTION_SLOTS)
      fail_msg("%s: key %d needs more than %d slots", option->name, option->key, OPTION_SLOTS);
    assert_ptr_equal(option_find(option->key), option);
    assert_ptr_equal(option_find_name(option->handle, option->name), option);
    for (int64_t j = 0; j < option_count(); j++) {
      const bool same_hundred = option_at(j)->key / 100 == option->key / 100;
      assert_int_equal(same_hundred, option_at(j)->handle == option->handle);
    }
  }
  assert_null(option_find_name(LOTTERY_HANDLE_NODE, "seed")); /* a pruner's */
}

/* Each of the slots has a bit of its own in what a reader has seen. */
static void test_note(void **unused) {
  (void)unused;
  uint64_t seen = 0;
  for (int pass = 0; pass < 2; pass++)
    for (int32_t i = 0; i < OPTION_SLOTS; i++)
      assert_int_equal(option_note(&seen, &(struct option){.key = 300 + i}), pass);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_slots), cmocka_unit_test(test_note)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
