#!/bin/sh
# Compares the ABI of a library that has debug information with the dump of a release. Anything but added functions is a
# fault; types that the release's header does not define are nobody's business.
#   compatible.sh RELEASE_DIRECTORY HEADER LIBRARY        RELEASE_DIRECTORY holds lottery.abi
#   compatible.sh --dump HEADER LIBRARY FILE              writes such a dump
#   compatible.sh --self-test
set -eu
LC_ALL=C
export LC_ALL
if ! command -v abidiff >/dev/null || ! command -v abidw >/dev/null; then
  echo "NOT CHECKED: abidiff and abidw (Debian: abigail-tools) are not installed"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compiler=${CC:-cc}

# A folder with the one public header: everything that lies elsewhere is private.
alone() { # alone HEADER FOLDER
  mkdir -p "$2"
  cp "$1" "$2/lottery.h"
}

dump() { # dump HEADER LIBRARY FILE: without paths, processor or versions of other libraries, which are not our ABI
  alone "$1" "$work/dump"
  abidw --headers-dir "$work/dump" --drop-private-types --exported-interfaces-only --no-corpus-path --no-comp-dir-path \
    --no-show-locs --no-elf-needed --no-architecture --out-file "$work/dump.abi" "$2" || return 1
  sed -E "s|(<abi-instr .*path=')[^']*/|\\1|" "$work/dump.abi" >"$3"
  grep -q '<function-decl ' "$3" || { echo "no function in the dump of $2: has it debug information?"; return 1; }
  if grep -nE "='[^']*/[^']*'|=\"[^\"]*/[^\"]*\"" "$3"; then
    echo "a path in the dump, above"
    return 1
  fi
}

compare() { # compare RELEASE_DIRECTORY HEADER LIBRARY
  [ -s "$1/lottery.abi" ] || { echo "no dump $1/lottery.abi"; return 1; }
  alone "$2" "$work/new"
  # Without debug information abidiff would compare names alone, and be content.
  readelf -S "$3" | grep -q '\.debug_info' || { echo "$3 has no debug information"; return 1; }
  # No --headers-dir1: the dump was made without private types, and abidiff 2.2 aborts when it is to drop them again.
  abidiff --no-added-syms --drop-private-types --no-architecture --headers-dir2 "$work/new" \
    "$1/lottery.abi" "$3" || { echo "abidiff's exit code is $?: the ABI of $1 is not kept"; return 1; }
}

self_test() {
  failed=0
  build() { # build FOLDER "member of the handle" "functions of the header" "functions of the source" [SONAME]
    mkdir -p "$work/$1"
    printf '#ifndef LOTTERY_H\n#define LOTTERY_H\n#include <stdint.h>\ntypedef struct lottery_x lottery_x;\n%s\n#endif\n' "$3" \
      >"$work/$1/lottery.h"
    printf '#include "lottery.h"\n struct lottery_x { %s };\n%s\n' "$2" "$4" >"$work/$1/part.c"
    $compiler -g -fPIC -shared -Wl,-soname,"${5-lib.so.0}" -I"$work/$1" -o "$work/$1/lib.so" "$work/$1/part.c"
  }
  verdict() { compare "$work/release" "$work/$1/lottery.h" "$work/$1/lib.so" >"$work/said" 2>&1; }
  refuse() {
    if verdict "$1"; then
      echo "not noticed: $2"
      failed=1
    fi
  }
  accept() { verdict "$1" || { echo "refused: $2"; cat "$work/said"; failed=1; }; }
  h='int32_t lottery_a(lottery_x *x, int64_t count); int32_t lottery_b(void);'
  a='int32_t lottery_a(lottery_x *x, int64_t count) { return x->m != 0 && count; }'
  b='int32_t lottery_b(void) { return 1; }'
  build release 'int m;' "$h" "$a $b"
  dump "$work/release/lottery.h" "$work/release/lib.so" "$work/release/lottery.abi"
  accept release "the release itself"
  build inside 'double other; int m;' "$h" "$a $b"
  accept inside "a handle with another content"
  build more 'int m;' "$h void lottery_c(void);" "$a $b void lottery_c(void) {}"
  accept more "an added function"
  build parameter 'int m;' 'int32_t lottery_a(lottery_x *x, int32_t count); int32_t lottery_b(void);' \
    "int32_t lottery_a(lottery_x *x, int32_t count) { return x->m != 0 && count; } $b"
  refuse parameter "a parameter of another type"
  build result 'int m;' 'int32_t lottery_a(lottery_x *x, int64_t count); int64_t lottery_b(void);' \
    "$a int64_t lottery_b(void) { return 1; }"
  refuse result "a result of another type"
  build order 'int m;' 'int32_t lottery_a(int64_t count, lottery_x *x); int32_t lottery_b(void);' \
    "int32_t lottery_a(int64_t count, lottery_x *x) { return x->m != 0 && count; } $b"
  refuse order "parameters in another order"
  build gone 'int m;' 'int32_t lottery_a(lottery_x *x, int64_t count);' "$a"
  refuse gone "a removed function"
  build soname 'int m;' "$h" "$a $b" lib.so.1
  refuse soname "another SONAME"
  strip --strip-debug "$work/release/lib.so"
  refuse release "a library without debug information"
  return $failed
}

case ${1-} in
  --self-test) self_test ;;
  --dump) [ $# = 4 ] || exit 2; dump "$2" "$3" "$4" ;;
  *) [ $# = 3 ] || { echo "usage: $0 RELEASE_DIRECTORY HEADER LIBRARY | --dump HEADER LIBRARY FILE | --self-test" >&2; exit 2; }
     compare "$@" ;;
esac
