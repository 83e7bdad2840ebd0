/* Packed training against masked dense training: thousands of random cases on every instruction set. */
#include "sparse_fuzz.h"

static void test_fuzz(void **unused) {
  (void)unused;
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int count = instruction_sets(sets);
  for (uint64_t seed = 1000; seed < 6000; seed++)
    for (int i = 0; i < count; i++) fuzz_check(sets[i], seed);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_fuzz)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
