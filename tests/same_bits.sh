#!/bin/sh
# Trains with the libraries of two builds and compares every bit: tensors, optimiser state, predictions, losses, masks,
# orders of data, files. tests/same_bits/ says what is combined with what.
#   same_bits.sh [--only TEXT] [--every N] OLD NEW     OLD, NEW: build folders with liblottery.so in them
#   same_bits.sh --self-test BUILD                     shows that it tells equal from different, with a few lines
# --only: the lines whose names contain TEXT. --every: each N-th of them. All lines take about a minute on two processors.
# Says how many lines are equal and which differ, and in what. Exit code 1 if one does, or is in one build alone.
set -eu
LC_ALL=C
export LC_ALL
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

usage() {
  sed -n '4,5s/^# *//p' "$0" >&2
  exit 2
}

# build FOLDER: compiles the program against the header of this tree, once for both libraries.
build() {
  [ -f "$1/liblottery.so" ] || { echo "there is no liblottery.so in $1" >&2; exit 2; }
  ${CC:-cc} -std=c11 -O2 -I"$here/../include" -o "$work/program" "$here"/same_bits/*.c "$1/liblottery.so"
}

# lines FOLDER OPTION...: what the program prints with the library in FOLDER.
lines() {
  library=$(cd "$1" && pwd)
  shift
  # Much of the time goes for fresh pages unless the C library keeps what was released.
  (cd "$(mktemp -d -p "$work")" && MALLOC_TRIM_THRESHOLD_=1000000000 MALLOC_MMAP_THRESHOLD_=1000000000 \
    LD_LIBRARY_PATH=$library "$work/program" "$@")
}

# compare OLD NEW: files of lines. A line is a name, then values, each a word with '=' in it.
compare() {
  awk '
    {
      name = $0
      sub(/ [a-z]+=.*/, "", name)
      values = substr($0, length(name) + 2)
    }
    NR == FNR { old[name] = values; next }
    !(name in old) { print "only in NEW: " name; differ++; next }
    old[name] == values { equal++; delete old[name]; next }
    {
      n = split(values, here, " ")
      m = split(old[name], there, " ")
      text = "differs: " name ":"
      for (i = 1; i <= (n > m ? n : m); i++)
        if (here[i] != there[i]) {
          sub(/=.*/, "", here[i])
          text = text " " here[i]
        }
      print text
      differ++
      delete old[name]
    }
    END {
      for (name in old) { print "only in OLD: " name; differ++ }
      print equal + 0 " lines are equal, " differ + 0 " differ"
      exit differ > 0 || equal == 0
    }' "$1" "$2"
}

self_test() {
  build "$1"
  failed=0
  lines "$1" --every 397 >"$work/old"
  lines "$1" --every 397 >"$work/new"
  compare "$work/old" "$work/new" || { echo "two runs of one library differ"; failed=1; }
  expect() { # expect WHAT TEXT: that old and new differ, and that the comparison says TEXT
    compare "$work/old" "$work/new" >"$work/said" && { echo "not noticed: $1"; failed=1; }
    grep -q "$2" "$work/said" || { echo "not said of $1: $2"; failed=1; }
  }
  lines "$1" --every 397 --disturb >"$work/new"
  expect "a last bit of a weight" '^differs: train .*: tensors state predictions'
  sed 2d "$work/old" >"$work/new"
  expect "a missing line" '^only in OLD: train '
  mv "$work/new" "$work/swap" && mv "$work/old" "$work/new" && mv "$work/swap" "$work/old"
  expect "a line too many" '^only in NEW: train '
  : >"$work/old"
  : >"$work/new"
  expect "no lines at all" '^0 lines are equal'
  return $failed
}

if [ "${1-}" = --self-test ]; then
  [ $# = 2 ] || usage
  self_test "$2"
  exit
fi
only='' every=1
while [ $# -gt 2 ]; do
  case $1 in
    --only) only=$2 ;;
    --every) every=$2 ;;
    *) usage ;;
  esac
  shift 2
done
[ $# = 2 ] || usage
[ -f "$1/liblottery.so" ] || { echo "there is no liblottery.so in $1" >&2; exit 2; }
build "$2"
lines "$1" --only "$only" --every "$every" >"$work/old" &
lines "$2" --only "$only" --every "$every" >"$work/new" || { echo "the program fails with the library in $2" >&2; exit 1; }
wait $! || { echo "the program fails with the library in $1" >&2; exit 1; }
compare "$work/old" "$work/new"
