/* A process is killed while it saves, fifty times; with the argument "slow", a thousand times. */
#include <stdio.h>
#include <string.h>

#include "kill.h"

#include "store/disk/file.h"

enum { LARGEST = 300000 };

static const int64_t sizes[] = {LARGEST, 200001};

static bool save(const char *path, int which, void *user) {
  static unsigned char bytes[LARGEST];
  struct store_file *file;
  memset(bytes, 'a' + which, sizeof bytes);
  if (store_file_create(user, "path", path, &file) != LOTTERY_OK) return false;
  for (int64_t done = 0, piece; done < sizes[which]; done += piece) {
    piece = sizes[which] - done < 40000 ? sizes[which] - done : 40000;
    if (store_file_write(file, bytes + done, piece) != LOTTERY_OK) break;
  }
  return store_file_commit(file) == LOTTERY_OK;
}

static int look(const char *path, void *user) {
  (void)user;
  static unsigned char bytes[LARGEST + 1];
  FILE *file = fopen(path, "rb");
  if (file == NULL) return -1;
  const int64_t count = (int64_t)fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  const int which = count == sizes[1];
  if (count != sizes[which]) return -1;
  for (int64_t i = 0; i < count; i++)
    if (bytes[i] != 'a' + which) return -1;
  return which;
}

static int64_t rounds = 50;

static void test_kill(void **unused) {
  (void)unused;
  lottery_context *context;
  assert_ok(NULL, lottery_context_create(&context));
  struct kill_result result = kill_savers(save, look, context, rounds);
  /* On a busy machine one of them may not have been saved before any of the kills. */
  for (int more = 0; more < 10 && (result.seen[0] == 0 || result.seen[1] == 0); more++)
    result = kill_savers(save, look, context, rounds);
  lottery_context_destroy(context);
  print_message("%lld kills: contents %lld and %lld, %lld temporary files left\n", (long long)result.rounds,
                (long long)result.seen[0], (long long)result.seen[1], (long long)result.left);
  assert_true(result.seen[0] > 0 && result.seen[1] > 0);
}

int main(int count, char **arguments) {
  if (count > 1 && strcmp(arguments[1], "slow") == 0) rounds = 1000;
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_kill)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
