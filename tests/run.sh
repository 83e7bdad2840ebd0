#!/usr/bin/env bash
# Installs what is missing, builds with warnings as errors and runs the tests, from a bare Debian machine on.
#   tests/run.sh [--sanitize] [--valgrind] [--coverage] [--fuzz] [--slow] [--all]
# Always: static analysis (tests/analyse.sh), every fast test, the checks of tree, ABI and package, the fast tests again
# from clang under address and undefined-behaviour sanitizers, and the line coverage of the code that must have all of it.
#   --sanitize   the fast tests under the thread sanitizer, too
#   --valgrind   the fast tests under valgrind, too
#   --coverage   the whole library's coverage as a table
#   --fuzz       the fuzz targets, a minute each (tests/fuzz/run.sh)
#   --slow       the slow tests, too
#   --all        all of these
# Each pass has its own folder build*/. A failing pass does not keep the next from running; the exit code is 0 only
# if every pass was clean.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

sanitize=false valgrind=false coverage=false fuzz=false slow=false
for option in "$@"; do
  case $option in
    --sanitize) sanitize=true ;;
    --valgrind) valgrind=true ;;
    --coverage) coverage=true ;;
    --fuzz) fuzz=true ;;
    --slow) slow=true ;;
    --all) sanitize=true valgrind=true coverage=true fuzz=true slow=true ;;
    *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; [ "$option" = --help ] && exit 0 || exit 2 ;;
  esac
done

packages="cmake make gcc g++ libc6-dev pkg-config libblis-serial-dev zlib1g-dev librandom123-dev libcmocka-dev
  abigail-tools binutils clang clang-format clang-tidy libclang-rt-dev gcovr gnuplot-nox python3 python3-cffi
  python3-numpy python3-setuptools python3-venv python3-wheel cargo rustc"
$valgrind && packages="$packages valgrind libc6-dbg"
$slow && packages="$packages debootstrap dpkg-dev libopenblas-dev lintian"
examples/install_packages.sh $packages || exit 1

jobs=$(nproc)
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
failed=()
summaries=()

# run_pass NAME "CTEST OPTIONS" CMAKE_OPTION...: configures, builds and tests in the folder NAME.
run_pass() {
  local name=$1 selection=$2
  shift 2
  echo
  echo "== $name: building"
  if ! { cmake -S . -B "$name" -DLOTTERY_BUILD_TESTS=ON -DLOTTERY_BUILD_EXAMPLES=ON -DLOTTERY_WERROR=ON "$@" &&
    cmake --build "$name" --parallel "$jobs"; } >"$logs/$name.build" 2>&1; then
    cat "$logs/$name.build"
    failed+=("$name: does not build")
    return 1
  fi
  echo "== $name: testing"
  local clean=true
  # Parallel tests are heavy on a small machine; each has its own time limit, so that none hangs.
  ${launcher:-} ctest --test-dir "$name" $selection --no-tests=error --output-on-failure --parallel "$jobs" 2>&1 |
    tee "$logs/$name.test" || clean=false
  summaries+=("$name: $(grep -E 'tests passed, .* tests? failed' "$logs/$name.test" || echo 'no test ran')")
  local skipped
  skipped=$(sed -nE 's/^[[:space:]]+[0-9]+ - (.*) \(Skipped\)$/\1/p' "$logs/$name.test" | tr '\n' ' ')
  [ -z "$skipped" ] || summaries+=("$name: NOT CHECKED for want of a tool: $skipped")
  $clean || failed+=("$name: tests fail")
  $clean
}

fast="--label-exclude slow"
if $slow; then main_selection=""; else main_selection=$fast; fi

echo "== analysis"
if tests/analyse.sh; then
  summaries+=("analysis: nothing found")
else
  summaries+=("analysis: see above")
  failed+=("analysis: tests/analyse.sh")
fi

ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 \
  run_pass build-asan "$fast" -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo -DLOTTERY_SANITIZE=address,undefined

if $sanitize; then
  # The thread sanitizer wants its memory where a strongly randomised layout may put something else.
  launcher=""
  setarch -R true 2>/dev/null && launcher="setarch -R"
  # Kernels start no threads and share nothing: this sanitizer would look at them for minutes and see nothing.
  run_pass build-tsan "$fast|^kernels\$" -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo -DLOTTERY_SANITIZE=thread
  launcher=""
fi

if $valgrind; then
  run_pass build-valgrind "$fast" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    "-DLOTTERY_TEST_LAUNCHER=valgrind;--quiet;--error-exitcode=99;--leak-check=full;--errors-for-leak-kinds=definite"
fi

# Counts of an earlier run would hide what this one leaves out.
find build-coverage -name '*.gcda' -delete 2>/dev/null
# Counting makes kernels slow; what must be covered whole needs none of the tests that are about them.
if $coverage; then counted=$fast; else counted="$fast|^kernels\$ --exclude-regex gradients|sparse_training"; fi
if run_pass build-coverage "$counted" -DCMAKE_BUILD_TYPE=Debug -DLOTTERY_COVERAGE=ON; then
  report() { gcovr --root . --object-directory build-coverage "$@" build-coverage; }
  $coverage && report --filter 'lib/'
  echo "== coverage of masks, snapshots and pruning, which must be whole"
  report --filter 'lib/prune/' --filter 'lib/[a-z]*/mask' --filter 'lib/[a-z]*/snapshot' --filter 'lib/api/pruner' \
    --fail-under-line 100 || failed+=("coverage: lines of masks, snapshots or pruning that no test reaches")
fi

if $fuzz; then
  echo
  echo "== fuzz targets"
  if tests/fuzz/run.sh 2>&1 | tee "$logs/fuzz"; then
    summaries+=("fuzz: $(grep -c 'nothing found$' "$logs/fuzz") targets, nothing found")
  else
    failed+=("fuzz: tests/fuzz/run.sh")
  fi
fi

run_pass build "$main_selection" -DCMAKE_BUILD_TYPE=Release

echo
for ((i = 0; i < ${#failed[@]}; i++)); do echo "FAILED ${failed[i]}"; done
for ((i = 0; i < ${#summaries[@]}; i++)); do
  echo "${summaries[i]%%: *}:"
  echo "${summaries[i]#*: }"
done
[ ${#failed[@]} = 0 ]
