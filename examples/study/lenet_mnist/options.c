/* Reads, explains and writes the study's settings, all of them from one table. */
#include "../common/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lottery.h"

const char study_program[] = "lenet_mnist", study_network[] = "lenet-300-100";

enum kind { KIND_TEXT, KIND_INTEGER, KIND_REAL, KIND_CHOICE, KIND_FLAG };
enum { CHOICE_HISTORY = 0, CHOICE_INSTRUCTION_SET = 1 }; /* choices that the library does not list */

/* What an option means for the results: they depend on it; they do not; it belongs to one run and is not saved. */
enum use { USE_RESULTS = 0, USE_RUNNING, USE_ONCE };

/* A CHOICE's `key` is the library's option whose values it takes, or one of the above. Its member is an integer. */
struct option {
  const char *name;
  enum kind kind;
  enum use use;
  size_t member;
  double minimum, maximum; /* of integers and reals; both included */
  int32_t key;
  const char *meaning;
};

#define MEMBER(name) offsetof(struct options, name)

static const struct option table[] = {
    {"data", KIND_TEXT, USE_ONCE, MEMBER(data), 0, 0, 0,
     "folder with MNIST's four IDX files, plain or gzipped; needed"},
    {"out", KIND_TEXT, USE_ONCE, MEMBER(out), 0, 0, 0,
     "folder for the results, replacing those of an earlier run; needed"},
    {"iterations", KIND_INTEGER, USE_RESULTS, MEMBER(iterations), 1, 1e9, 0, "iterations of each training"},
    {"levels", KIND_INTEGER, USE_RESULTS, MEMBER(levels), 1, 1000, 0,
     "trainings in a row; the first, level 0, is dense"},
    {"trials", KIND_INTEGER, USE_RESULTS, MEMBER(trials), 1, 1000, 0, "repetitions, each with its own initial weights"},
    {"reinit", KIND_INTEGER, USE_RESULTS, MEMBER(reinitialised), 0, 1000, 0,
     "controls a level: the ticket's mask, new weights"},
    {"random-mask", KIND_INTEGER, USE_RESULTS, MEMBER(random_masks), 0, 1000, 0,
     "controls a level: the ticket's weights, its mask shuffled within layers"},
    {"eval-every", KIND_INTEGER, USE_RESULTS, MEMBER(evaluation_interval), 1, 1e9, 0,
     "iterations between two evaluations"},
    {"threads", KIND_INTEGER, USE_RUNNING, MEMBER(threads), 1, 256, 0,
     "networks trained at once, by default one a processor; the results do not depend on it"},
    {"seed", KIND_INTEGER, USE_RESULTS, MEMBER(seed), 0, 9007199254740992.0, 0, "determines all random numbers"},
    {"optimiser", KIND_CHOICE, USE_RESULTS, MEMBER(optimiser), 0, 0, LOTTERY_TRAINER_OPTIMISER, NULL},
    {"learning-rate", KIND_REAL, USE_RESULTS, MEMBER(learning_rate), 0, 1e6, 0,
     "by default 0.0012 for adam and 0.1 for sgd"},
    {"batch", KIND_INTEGER, USE_RESULTS, MEMBER(batch_size), 1, 65536, 0, "examples of one iteration"},
    {"rate", KIND_REAL, USE_RESULTS, MEMBER(rate), 0, 1, 0,
     "fraction of the remaining weights that a level prunes; half of it at the output"},
    {"criterion", KIND_CHOICE, USE_RESULTS, MEMBER(criterion), 0, 0, LOTTERY_PRUNER_CRITERION, NULL},
    {"one-shot", KIND_FLAG, USE_RESULTS, MEMBER(one_shot), 0, 0, 0,
     "prunes the dense network to each level's density at once"},
    {"rewind-to", KIND_INTEGER, USE_RESULTS, MEMBER(rewind_to), 0, 1e9, 0,
     "iteration of level 0 that tickets are rewound to"},
    {"continue", KIND_FLAG, USE_RESULTS, MEMBER(continued), 0, 0, 0,
     "continues training after pruning instead of rewinding"},
    {"history", KIND_CHOICE, USE_RESULTS, MEMBER(history), 0, 0, CHOICE_HISTORY,
     "whose test accuracy is in history.csv at every evaluation, not only at the early stop and the end"},
    {"instruction-set", KIND_CHOICE, USE_RESULTS, MEMBER(instruction_set), 0, 0, CHOICE_INSTRUCTION_SET,
     "of the processor; the last bits of the results depend on it"},
    {"resume", KIND_FLAG, USE_ONCE, MEMBER(resume), 0, 0, 0,
     "resumes an earlier run from --out/checkpoint, if there is one, with the same options"},
    {"any-instruction-set", KIND_FLAG, USE_ONCE, MEMBER(any_instruction_set), 0, 0, 0,
     "with --resume: resumes even if that run was on another instruction set"},
    {"checkpoint-every", KIND_REAL, USE_RUNNING, MEMBER(checkpoint_interval), 0, 1e9, 0,
     "seconds between two savings of a network in training"},
};
enum { TABLE_COUNT = sizeof table / sizeof table[0] };

static const char *const histories[] = {"full", "tickets", "early-stop"};
static const char *const instruction_sets[] = {"automatic", "portable", "avx2", "avx512", "neon"};

static const char *choice_name(const struct option *option, int64_t value) {
  const char *name = NULL;
  if (option->key == CHOICE_HISTORY) return value <= HISTORY_EARLY_STOP ? histories[value] : NULL;
  if (option->key == CHOICE_INSTRUCTION_SET)
    return value <= LOTTERY_INSTRUCTION_SET_NEON ? instruction_sets[value] : NULL;
  return lottery_option_choice(option->key, value, &name) == LOTTERY_OK ? name : NULL;
}

static void write_choices(const struct option *option, FILE *file) {
  const char *name;
  for (int64_t value = 0; (name = choice_name(option, value)); value++) fprintf(file, "%s%s", value ? " | " : "", name);
}

/* As few digits as restore the same number. */
static void write_real(double value, FILE *file) {
  char text[40];
  for (int digits = 6; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, value);
    if (strtod(text, NULL) == value) break;
  }
  fputs(text, file);
}

static void write_value(const struct options *options, const struct option *option, FILE *file) {
  const void *member = (const char *)options + option->member;
  const char *text = NULL;
  switch (option->kind) {
    case KIND_TEXT: text = *(const char *const *)member; break;
    case KIND_INTEGER: fprintf(file, "%lld", (long long)*(const int64_t *)member); break;
    case KIND_REAL: write_real(*(const double *)member, file); break;
    case KIND_CHOICE: text = choice_name(option, *(const int64_t *)member); break;
    case KIND_FLAG: text = *(const bool *)member ? "yes" : "no"; break;
  }
  if (text) fputs(text, file);
}

void options_write(const struct options *options, bool all, FILE *file) {
  for (int i = 0; i < TABLE_COUNT; i++) {
    if (table[i].use == USE_ONCE || (table[i].use == USE_RUNNING && !all)) continue;
    fprintf(file, "%s ", table[i].name);
    write_value(options, &table[i], file);
    fputc('\n', file);
  }
}

static void write_help(const struct options *defaults, const char *program) {
  printf("Iterative magnitude pruning of LeNet-300-100: does a pruned network learn as well as the whole?\n\n"
         "  %s --data DIRECTORY --out DIRECTORY [OPTION VALUE]...\n\n",
         program);
  for (int i = 0; i < TABLE_COUNT; i++) {
    const struct option *option = &table[i];
    printf("  --%-19s ", option->name);
    if (option->kind == KIND_CHOICE) write_choices(option, stdout);
    if (option->kind == KIND_CHOICE && option->meaning) fputs(": ", stdout);
    if (option->meaning) fputs(option->meaning, stdout);
    if (option->kind != KIND_TEXT && option->kind != KIND_FLAG && strcmp(option->name, "learning-rate") != 0 &&
        strcmp(option->name, "threads") != 0) {
      printf(" (");
      write_value(defaults, option, stdout);
      printf(")");
    }
    printf("\n");
  }
  printf(
      "  --%-19s the setting of Frankle & Carbin (ICLR 2019): 50000 iterations, 21 levels, 5 trials, 3 reinitialised\n"
      "  %-21s networks a level; other options change it\n"
      "  --%-19s this text\n\n",
      "paper", "", "help");
  printf("Writes results.csv, history.csv and settings.txt; examples/plot.sh draws them. One in 12 training images is\n"
         "kept for validation (55,000 and 5,000 of MNIST's). The early stop is the evaluation of least validation\n"
         "loss. Ctrl-C stops the study and keeps the results of finished networks; --resume continues it, as it does\n"
         "after a crash.\n");
}

static int complain(const struct option *option, const char *value) {
  if (!value) {
    fprintf(stderr, "lenet_mnist: --%s needs a value\n", option->name);
    return 2;
  }
  fprintf(stderr, "lenet_mnist: --%s %s: must be ", option->name, value);
  if (option->kind == KIND_CHOICE) write_choices(option, stderr);
  if (option->kind == KIND_INTEGER)
    fprintf(stderr, "a whole number from %.0f to %.0f", option->minimum, option->maximum);
  if (option->kind == KIND_REAL) fprintf(stderr, "a number from %g to %g", option->minimum, option->maximum);
  fputc('\n', stderr);
  return 2;
}

/* Returns false when the text is not a value of this option. */
static bool read_value(struct options *options, const struct option *option, const char *text) {
  void *member = (char *)options + option->member;
  char *end = NULL;
  const char *name;
  errno = 0;
  switch (option->kind) {
    case KIND_TEXT: *(const char **)member = text; return true;
    case KIND_FLAG: *(bool *)member = true; return true;
    case KIND_INTEGER: {
      const long long value = strtoll(text, &end, 10);
      *(int64_t *)member = value;
      return end != text && !*end && !errno && (double)value >= option->minimum && (double)value <= option->maximum;
    }
    case KIND_REAL: {
      const double value = strtod(text, &end);
      *(double *)member = value;
      return end != text && !*end && value >= option->minimum && value <= option->maximum;
    }
    case KIND_CHOICE:
      for (int64_t value = 0; (name = choice_name(option, value)); value++) {
        if (strcmp(name, text) != 0) continue;
        *(int64_t *)member = value;
        return true;
      }
      return false;
  }
  return false;
}

static void set_defaults(struct options *options) {
  const long processors = sysconf(_SC_NPROCESSORS_ONLN);
  *options = (struct options){.iterations = 5000,
                              .levels = 16,
                              .trials = 3,
                              .reinitialised = 1,
                              .evaluation_interval = 100,
                              .threads = processors < 1     ? 1
                                         : processors > 256 ? 256
                                                            : processors,
                              .seed = 1,
                              .optimiser = LOTTERY_OPTIMISER_ADAM,
                              .learning_rate = -1,
                              .batch_size = 60,
                              .rate = 0.2,
                              .criterion = LOTTERY_CRITERION_MAGNITUDE,
                              .checkpoint_interval = 60};
}

static void set_paper(struct options *options) {
  options->iterations = 50000;
  options->levels = 21;
  options->trials = 5;
  options->reinitialised = 3;
  options->history = HISTORY_TICKETS;
}

/* Finds the option called `text`, which "=VALUE" may follow. */
static const struct option *find(const char *text) {
  if (strncmp(text, "--", 2) != 0) return NULL;
  const size_t length = strcspn(text + 2, "=");
  for (int i = 0; i < TABLE_COUNT; i++)
    if (strlen(table[i].name) == length && strncmp(table[i].name, text + 2, length) == 0) return &table[i];
  return NULL;
}

static int check(struct options *options) {
  const char *fault = NULL;
  if (options->learning_rate < 0) options->learning_rate = options->optimiser == LOTTERY_OPTIMISER_ADAM ? 0.0012 : 0.1;
  if (!options->data) fault = "--data is missing";
  if (!options->out) fault = "--out is missing";
  if (!options->data && !options->out) fault = "--data and --out are missing; --help lists all options";
  if (options->rewind_to >= options->iterations) fault = "--rewind-to must be less than --iterations";
  if (options->any_instruction_set && !options->resume) fault = "--any-instruction-set is for --resume";
  if (options->rewind_to > 0 && options->continued) fault = "--rewind-to and --continue exclude each other";
  if (!fault) return -1;
  fprintf(stderr, "lenet_mnist: %s\n", fault);
  return 2;
}

int options_read(struct options *options, int argument_count, char **arguments) {
  set_defaults(options);
  for (int i = 1; i < argument_count; i++) {
    if (strcmp(arguments[i], "--help") == 0) {
      write_help(options, arguments[0]);
      return 0;
    }
  }
  for (int i = 1; i < argument_count; i++)
    if (strcmp(arguments[i], "--paper") == 0) set_paper(options);
  for (int i = 1; i < argument_count; i++) {
    if (strcmp(arguments[i], "--paper") == 0) continue;
    const struct option *option = find(arguments[i]);
    const char *value = strchr(arguments[i], '=');
    if (!option || (option->kind == KIND_FLAG && value)) {
      fprintf(stderr, "lenet_mnist: no option %s; --help lists them\n", arguments[i]);
      return 2;
    }
    if (value)
      value++;
    else if (option->kind != KIND_FLAG)
      value = i + 1 < argument_count ? arguments[++i] : NULL;
    if ((!value && option->kind != KIND_FLAG) || !read_value(options, option, value)) return complain(option, value);
  }
  return check(options);
}
