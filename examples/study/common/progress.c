/* Shows how far the study is and how much time is left. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "results.h"

enum { BAR_WIDTH = 30, LINE_WIDTH = 79 };

struct progress progress_begin(int64_t networks) {
  return (struct progress){isatty(STDOUT_FILENO) == 1, training_clock(), 0, 0, networks};
}

const char *progress_time(double seconds, char text[32]) {
  const long long whole = (long long)(seconds + 0.5);
  if (whole >= 3600)
    snprintf(text, 32, "%lld h %lld min", whole / 3600, whole / 60 % 60);
  else if (whole >= 60)
    snprintf(text, 32, "%lld min %lld s", whole / 60, whole % 60);
  else
    snprintf(text, 32, "%lld s", whole);
  return text;
}

static const char *time_left(const struct progress *progress, double done, char text[32]) {
  const double elapsed = training_clock() - progress->start;
  if (done <= progress->restored || elapsed < 1) return "time left unknown";
  char time[32];
  snprintf(text, 32, "%.20s left", progress_time(elapsed * (1 - done) / (done - progress->restored), time));
  return text;
}

void progress_show(const struct progress *progress, double done) {
  if (!progress->terminal) return;
  char bar[BAR_WIDTH + 1], left[32], line[160];
  const int filled = (int)(done * BAR_WIDTH);
  for (int i = 0; i < BAR_WIDTH; i++) bar[i] = i < filled ? '#' : '-';
  bar[BAR_WIDTH] = '\0';
  snprintf(line, sizeof line, "[%s] %3.0f %%  %lld of %lld networks  %s", bar, 100 * done,
           (long long)progress->finished, (long long)progress->networks, time_left(progress, done, left));
  printf("\r%-*.*s", LINE_WIDTH, LINE_WIDTH, line);
  fflush(stdout);
}

void progress_note(struct progress *progress, const struct outcome *outcome, double done) {
  progress->finished++;
  if (outcome->restored) {
    progress->restored = done;
    return;
  }
  if (progress->terminal) {
    progress_show(progress, done);
    return;
  }
  char left[32];
  printf("%lld of %lld: trial %lld, level %lld, %s, %.1f %% of the weights: %.2f %% at %lld, %.2f %% at the end; %s\n",
         (long long)progress->finished, (long long)progress->networks, (long long)outcome->id.trial,
         (long long)outcome->id.level, results_method(outcome->id.method), 100 * outcome->density,
         100 * outcome->early_stop_accuracy, (long long)outcome->early_stop_iteration, 100 * outcome->final_accuracy,
         time_left(progress, done, left));
  fflush(stdout);
}

void progress_end(const struct progress *progress) {
  if (progress->terminal) printf("\r%*s\r", LINE_WIDTH, "");
}
