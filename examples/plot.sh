#!/bin/sh
# Draws the results of lenet_mnist as PNG and SVG, beside them in their folder.
#   plot.sh OUT
# early_stop_accuracy, early_stop_iteration: against the weights left, means over all networks, with the least and the
# greatest. accuracy_by_iteration: tickets of a few densities during training, if history.csv has it. Prints the PNGs'
# paths.
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: $0 OUT}
for file in results.csv history.csv settings.txt; do
  [ -f "$out/$file" ] || { echo "$0: $out/$file is missing; lenet_mnist writes it" >&2; exit 1; }
done
command -v gnuplot >/dev/null || { echo "$0: gnuplot is missing: Debian's gnuplot-nox" >&2; exit 1; }
tables=$(mktemp -d)
trap 'rm -rf "$tables"' EXIT
setting() { awk -v name="$1" '$1 == name { print $2 }' "$out/settings.txt"; }

# A line a level of each method: weights left, mean, least and greatest accuracy, then the same of the iteration.
awk -F, -v tables="$tables" '
  NR > 1 {
    key = $3 SUBSEP $2; left[key] = 100 * $4; accuracy = 100 * $6; iteration = $5
    if (!n[key]++) { least[key] = most[key] = accuracy; soonest[key] = latest[key] = iteration }
    sum[key] += accuracy; iterations[key] += iteration
    if (accuracy < least[key]) least[key] = accuracy
    if (accuracy > most[key]) most[key] = accuracy
    if (iteration < soonest[key]) soonest[key] = iteration
    if (iteration > latest[key]) latest[key] = iteration
    if ($2 > levels) levels = $2
    methods[$3] = 1
  }
  END {
    for (method in methods)
      for (level = 0; level <= levels; level++)
        if (n[key = method SUBSEP level])
          print left[key], sum[key] / n[key], least[key], most[key], iterations[key] / n[key], soonest[key], latest[key] \
            >(tables "/" method ".txt")
  }' "$out/results.csv"
[ -s "$tables/ticket.txt" ] || { echo "$0: $out/results.csv holds no ticket" >&2; exit 1; }

# The levels nearest to the densities that the paper shows, if near at all.
awk -F, '
  NR > 1 && $3 == "ticket" { left[$2] = 100 * $4 }
  END {
    split("100 51.3 21.1 7 3.6 1.9 1.2", wanted, " ")
    for (i = 1; i <= 7; i++) {
      best = -1; least = 0.15
      for (level in left) {
        if (left[level] <= 0) continue
        distance = log(left[level] / wanted[i]); if (distance < 0) distance = -distance
        if (distance < least) { least = distance; best = level }
      }
      if (best >= 0 && !taken[best]++) print best, left[best]
    }
  }' "$out/results.csv" >"$tables/levels.txt"

history=0 lowest=0 points_apart=1
if [ "$(setting history)" != early-stop ] && [ -s "$tables/levels.txt" ]; then
  history=1
  # Means over the trials. The picture begins at what all have reached after a tenth of the training.
  awk -F, -v tables="$tables" -v iterations="$(setting iterations)" '
    FILENAME == ARGV[1] { split($0, words, " "); shown[words[1]] = 1; next }
    FNR > 1 && $3 == "ticket" && $7 != "" && $2 in shown {
      key = $2 SUBSEP $5; if (!n[key]++) order[++count] = key
      sum[key] += 100 * $7
    }
    END {
      lowest = 100; length_of_one = 0
      for (i = 1; i <= count; i++) {
        split(order[i], part, SUBSEP); mean = sum[order[i]] / n[order[i]]
        print part[2], mean >(tables "/level-" part[1] ".txt")
        if (part[2] >= iterations / 10 && mean < lowest) lowest = mean
        if (++points[part[1]] > length_of_one) length_of_one = points[part[1]]
      }
      apart = int(length_of_one / 10)
      print int(2 * lowest) / 2, (apart > 1 ? apart : 1)
    }' "$tables/levels.txt" "$out/history.csv" >"$tables/history"
  read -r lowest points_apart <"$tables/history"
fi

present() { if [ -s "$tables/$1.txt" ]; then echo 1; else echo 0; fi; }
read -r left dense_accuracy least most dense_iteration rest <"$tables/ticket.txt"
subtitle="LeNet-300-100, $(setting iterations) iterations of $(setting optimiser), 1 trial" bars=""
if [ "$(setting trials)" -gt 1 ]; then
  subtitle="${subtitle% 1 trial} means of $(setting trials) trials" bars=", bars from least to greatest"
fi
for kind in png svg; do
  gnuplot -e "tables='$tables'; output='$out'; kind='$kind'; subtitle='$subtitle'; bars='$bars'" \
    -e "iterations=$(setting iterations); dense_accuracy=$dense_accuracy; dense_iteration=$dense_iteration" \
    -e "reinit=$(present reinit); random_mask=$(present random-mask)" \
    -e "history=$history; lowest=$lowest; points_apart=$points_apart" "$here/study/lenet_mnist/lenet_mnist.gp"
done
for name in early_stop_accuracy early_stop_iteration accuracy_by_iteration; do
  if [ $name != accuracy_by_iteration ] || [ $history = 1 ]; then echo "$out/$name.png"; fi
done
