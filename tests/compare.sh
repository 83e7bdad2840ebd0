#!/bin/sh
# Compares steps of the library with PyTorch's, with plain C's (baselines/plain_step.c, where OpenBLAS is installed), and
# with the prototype's where that is given, against the targets.
#
#   [BUILD=build] [ROUNDS=5] [PYTHON=/usr/bin/python3] [CLOCK=wall] compare.sh DIR [PROTOTYPE_DIR]
#
# DIR: MNIST's four IDX files. PROTOTYPE_DIR: where a built lenet_step is. BUILD: the build folder, ROUNDS: how often
# all programs run, one after the other; each ratio is of two programs in one round, and its median is printed. CLOCK:
# "processor" counts processor time instead, for a loaded machine, and leaves out what only the wall can tell: the
# prototype, and two trials side by side. Wants an idle machine, python3-torch and libopenblas-dev; takes about two
# minutes a round. Not part of the tests.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
[ $# -ge 1 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }
data=$(CDPATH='' cd -- "$1" && pwd)
prototype=${2:-}
build=${BUILD:-$here/../build}
rounds=${ROUNDS:-5}
python=${PYTHON:-/usr/bin/python3}
clock=${CLOCK:-wall}
bench=$build/tests/bench_step
plain=$build/tests/plain_step
[ -x "$bench" ] || { echo "$bench is not there: build it, or set BUILD" >&2; exit 2; }
[ -z "$prototype" ] || [ -x "$prototype/lenet_step" ] || { echo "no program lenet_step in $prototype" >&2; exit 2; }

[ "$clock" = wall ] || prototype=

# What would make OpenBLAS slow, and with it PyTorch; and what keeps it to one thread.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT INT TERM
round=1
while [ "$round" -le "$rounds" ]; do
  echo "round $round of $rounds" >&2
  "$bench" --data "$data" --rounds 3 --evaluate --ladder --clock "$clock" >"$results/library.$round"
  "$python" "$here/baselines/torch_step.py" --data "$data" --rounds 3 --ladder --clock "$clock" >"$results/torch.$round"
  [ ! -x "$plain" ] || "$plain" --data "$data" --rounds 3 --clock "$clock" >"$results/plain.$round"
  set -- --data "$data" --rounds 3 --clock "$clock" --inputs normalised
  "$bench" "$@" >"$results/library_normalised.$round"
  "$python" "$here/baselines/torch_step.py" "$@" >"$results/torch_normalised.$round"
  [ ! -x "$plain" ] || "$plain" "$@" >"$results/plain_normalised.$round"
  [ -z "$prototype" ] || MNIST_DIR="$data" "$prototype/lenet_step" quick 3 >"$results/prototype.$round"
  for set in avx512 avx2; do # a machine without one of them has no such line in the table
    "$bench" --data "$data" --rounds 3 --isa $set --densities .101 --clock "$clock" >"$results/$set.$round" ||
      rm -f "$results/$set.$round"
  done
  [ "$clock" != wall ] ||
    "$bench" --data "$data" --rounds 3 --densities 1,.101,.012 --parallel >"$results/parallel.$round"
  round=$((round + 1))
done
sed -n '/^# peaks/q;p' "$results/library.1"
sed -n '/^#/p' "$results/torch.1"
[ ! -x "$plain" ] || sed -n '/^# plain/p' "$results/plain.1"
"$python" "$here/baselines/ratios.py" "$results" "$rounds"
