/* Packed training against masked dense training: thousands of random cases on every instruction set. */
#include "sparse_fuzz.h"

static void test_fuzz(void **unused) {
  (void)unused;
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int count = instruction_sets(sets);
  int amplifying = 0;
  for (uint64_t seed = 1000; seed < 6000; seed++)
    for (int i = 0; i < count; i++) amplifying += fuzz_check(sets[i], seed);
  assert_in_range(amplifying, 0, 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_fuzz)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
