#!/bin/sh
# Checks that the public header compiles alone, twice included, as C99, C11 and C++11, without a warning, by every compiler there is.
#   header.sh HEADER
set -eu
include=$(cd "$(dirname "$1")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '#include "lottery.h"\n#include "lottery.h"\nint main(void) { return 0; }\n' >"$work/alone.c"
cp "$work/alone.c" "$work/alone.cc"
warnings="-Wall -Wextra -Wpedantic -Werror"
tried=0
failed=0

try() { # try COMPILER STANDARD SOURCE
  command -v "$1" >/dev/null || return 0
  tried=$((tried + 1))
  "$1" -std="$2" $warnings -fsyntax-only -I"$include" "$work/$3" || { echo "$1 -std=$2 refuses the header"; failed=1; }
}
for compiler in gcc clang; do
  try $compiler c99 alone.c
  try $compiler c11 alone.c
done
for compiler in g++ clang++; do
  try $compiler c++11 alone.cc
done
[ $tried -gt 0 ] || { echo "neither gcc nor clang is installed"; exit 77; }

# Nothing in it may need a macro, a C bool, a long or a FILE: bindings could not read it.
cc -E -P -I"$include" "$work/alone.c" | sed -n '/lottery_status/,$p' >"$work/preprocessed"
if grep -nE '\.\.\.|\b(inline|bool|_Bool|long|FILE|extern +[^"])\b' "$work/preprocessed"; then
  echo "in the header, preprocessed, above: what a binding generator cannot read"
  failed=1
fi
exit $failed
