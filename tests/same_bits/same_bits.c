/* Prints one line for each of many combinations of network, instruction set, data, form of the weights, optimiser,
 * batch size, way of training and loss: its name and hashes of all that it leaves. tests/same_bits.sh runs the program
 * with the libraries of two builds and compares the lines. It uses the public header alone, and no files.
 *
 *   same_bits [--only TEXT] [--every N] [--disturb]
 *
 * --only: the lines whose names contain TEXT. --every: each N-th of them. --disturb: another last bit in one initial
 * weight, which shows that the comparison notices it. */
#include "same_bits.h"

static const char *only = "";
static long every = 1, lines;
static bool disturb;

bool wanted(const char *name) { return strstr(name, only) != NULL && lines++ % every == 0; }

bool disturbed(void) { return disturb; }

void require(lottery_context *context, lottery_status status) {
  if (status >= 0) return;
  char message[1024] = "";
  if (context != NULL) lottery_context_message(context, message, sizeof message, NULL);
  fprintf(stderr, "%s: %s\n", lottery_status_name(status), message);
  exit(2);
}

void *reserve(int64_t count, size_t size) {
  void *memory = calloc((size_t)count + 1, size);
  if (memory == NULL) exit(2);
  return memory;
}

/* As FNV-1a, but of words. A difference in one word can never vanish: each step is one to one. */
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count) {
  const unsigned char *byte = bytes;
  for (; count >= sizeof(uint64_t); count -= sizeof(uint64_t), byte += sizeof(uint64_t)) {
    uint64_t word;
    memcpy(&word, byte, sizeof word);
    hash = (hash ^ word) * UINT64_C(0x100000001b3);
    hash ^= hash >> 32;
  }
  for (; count > 0; count--) hash = (hash ^ *byte++) * UINT64_C(0x100000001b3);
  return hash;
}

/* The finaliser of MurmurHash3. */
uint32_t number(uint64_t seed, uint64_t position) {
  uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15) + position;
  x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
  x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
  return (uint32_t)(x >> 32);
}

double fraction(uint64_t seed, uint64_t position) { return number(seed, position) / 4294967296.0; }

int main(int count, char **arguments) {
  for (int i = 1; i < count; i++)
    if (strcmp(arguments[i], "--disturb") == 0)
      disturb = true;
    else if (strcmp(arguments[i], "--only") == 0 && i + 1 < count)
      only = arguments[++i];
    else if (strcmp(arguments[i], "--every") == 0 && i + 1 < count && atol(arguments[i + 1]) > 0)
      every = atol(arguments[++i]);
    else {
      fprintf(stderr, "same_bits [--only TEXT] [--every N] [--disturb]\n");
      return 2;
    }
  static const char *const names[] = {"portable", "avx2", "avx512", "neon"};
  struct instruction_set sets[LENGTH(names)];
  int found = 0;
  for (int i = 0; i < LENGTH(names); i++) {
    sets[found] = (struct instruction_set){names[i], NULL};
    require(NULL, lottery_context_create(&sets[found].context));
    const lottery_status status =
        lottery_context_set_instruction_set(sets[found].context, LOTTERY_INSTRUCTION_SET_PORTABLE + i);
    if (status == LOTTERY_ERROR_UNSUPPORTED)
      lottery_context_destroy(sets[found].context);
    else {
      require(sets[found].context, status);
      found++;
    }
  }
  print_trainings(sets, found);
  print_others(sets, found);
  forget_datasets();
  for (int i = 0; i < found; i++) lottery_context_destroy(sets[i].context);
  return 0;
}
