#!/usr/bin/env bash
# Builds the fuzz targets under address and undefined-behaviour sanitizers and runs each for a while.
#   [BUILD=build-fuzz] [JOBS=N] tests/fuzz/run.sh [SECONDS=60] [TARGET...]     (TARGET: idx, npy, …; all if none)
# Begins with tests/fuzz/make_corpus.py's inputs and what earlier runs found worth keeping, BUILD/corpus/TARGET. An input
# that fails is kept in BUILD/finds/ and the exit code is 1; BUILD/tests/fuzz/fuzz_TARGET FILE runs it again.
# No target may take 64 MB at once or 1 GB in all, nor a minute for an input (other work may starve it).
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
case ${1-} in -*) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; [ "$1" = --help ] && exit 0 || exit 2 ;; esac
seconds=${1:-60}
[ $# -gt 0 ] && shift
build=${BUILD:-build-fuzz}
command -v clang >/dev/null || { echo "clang is not installed (Debian: clang libclang-rt-dev)"; exit 1; }

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { cmake -S . -B "$build" -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo -DLOTTERY_BUILD_FUZZERS=ON \
  -DLOTTERY_SANITIZE=address,undefined -DLOTTERY_BUILD_TESTS=OFF -DLOTTERY_BUILD_EXAMPLES=OFF -DLOTTERY_WERROR=ON &&
  cmake --build "$build" --parallel "${JOBS:-$(nproc)}"; } >"$log" 2>&1; then
  cat "$log"
  exit 1
fi
mkdir -p "$build/finds"
python3 tests/fuzz/make_corpus.py "$build/corpus" || exit 1

[ $# -gt 0 ] || set -- $(for source in tests/fuzz/fuzz_*.c; do basename "$source" .c | sed s/^fuzz_//; done)
failed=0
for target in "$@"; do
  dictionary=()
  [ -f "tests/fuzz/$target.dict" ] && dictionary=("-dict=tests/fuzz/$target.dict")
  echo "== $target, $seconds seconds"
  if "$build/tests/fuzz/fuzz_$target" "${dictionary[@]}" -max_total_time="$seconds" -max_len=65536 -timeout=60 \
    -rss_limit_mb=1024 -malloc_limit_mb=64 -print_final_stats=1 -artifact_prefix="$build/finds/$target-" \
    "$build/corpus/$target" >"$log" 2>&1; then
    # "#123 DONE cov: 45 ft: 67 corp: 8/9b …"
    sed -nE 's/^#([0-9]+)[[:space:]]+DONE[[:space:]]+cov: ([0-9]+) ft: ([0-9]+) corp: ([0-9]+).*/\1 executions, \2 edges, \3 features, \4 inputs kept, nothing found/p' "$log"
  else
    tail -n 60 "$log"
    echo "FOUND $target: see above and $build/finds/"
    failed=1
  fi
done
exit $failed
