#!/bin/sh
# Builds the library as other people's builds do. Options that break IEEE 754 arithmetic are refused; with -flto in
# CFLAGS and inside a host's unity build, a program links the static library and runs.
#   flags.sh SOURCE_DIRECTORY BUILD_DIRECTORY
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source=$1
build=$2
compiler=${CC:-cc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# --- Arithmetic ---

refuses() { # refuses FLAG: a source that sees nothing but the header that all of them see
  if echo | "$compiler" $1 -include "$source/lib/base/build.h" -fsyntax-only -x c - 2>"$work/log"; then
    echo "$1: not refused"
    exit 1
  fi
  grep -q 'error.*liblottery needs IEEE 754' "$work/log" || { cat "$work/log"; echo "$1: no word why"; exit 1; }
  echo "$1: refused"
}
for flag in -ffast-math -Ofast -ffinite-math-only -funsafe-math-optimizations -fassociative-math\ -fno-signed-zeros\ -fno-trapping-math; do
  refuses "$flag"
done
echo | "$compiler" -O3 -include "$source/lib/base/build.h" -fsyntax-only -x c -
# The commands, not what they left: a build folder may hold objects of sources that are gone. (tests/ compiles api/ once
# more, as lottery_abi, for a dump of its types.)
grep -E '"command": .* -c [^ ]*/lib/[^ ]*\.c"' "$build/compile_commands.json" | grep -v lottery_abi >"$work/commands" ||
  { echo "no commands of lib/ in $build/compile_commands.json"; exit 1; }
if grep -v ' -include [^ ]*base/build\.h' "$work/commands"; then
  echo "listed above: compiled without base/build.h"
  exit 1
fi

# --- Link-time optimisation and unity builds ---

cat >"$work/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.25)
project(host LANGUAGES C)
set(CMAKE_UNITY_BUILD ON)
add_subdirectory("$source" lottery)
add_executable(consumer "$here/consumer.c")
target_link_libraries(consumer PRIVATE lottery::lottery_static)
END
{ CFLAGS=-flto cmake -S "$work" -B "$work/build" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_UNITY_BUILD=ON &&
  cmake --build "$work/build" --parallel 2; } >"$work/log" 2>&1 || { tail -n 40 "$work/log"; exit 1; }
"$work/build/consumer" >/dev/null || { echo "-flto and unity build: the program failed"; exit 1; }
functions=$(nm "$(find "$work/build" -name liblottery.a)" | grep -c ' T lottery_')
expected=$(nm -D "$(find "$work/build" -name liblottery.so)" | grep -c ' T lottery_')
[ "$functions" = "$expected" ] || { echo "liblottery.a has $functions functions, liblottery.so $expected"; exit 1; }
echo "-flto and unity build: work"
