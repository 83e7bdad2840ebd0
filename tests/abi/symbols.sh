#!/bin/sh
# Checks that the header's functions, the version script, the shared library's exports and the static library's globals
# are one list, that no data is exported, and that a symbol's version is a node of the script.
#   symbols.sh HEADER MAP SHARED_LIBRARY STATIC_LIBRARY     or     symbols.sh --self-test
set -eu
LC_ALL=C
export LC_ALL
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compiler=${CC:-cc}

declared() { # The functions that a header declares: names before an opening parenthesis, comments gone.
  $compiler -E -P "$1" | grep -oE '\blottery_[a-z0-9_]+ *\(' | tr -d ' (' | sort -u
}
listed() {
  sed -nE 's/^[[:space:]]*(lottery_[a-z0-9_]+);.*/\1/p' "$1" | sort
}
exported() { # "type name@@version" of each dynamic symbol except the version nodes themselves
  nm -D --defined-only "$1" | awk '$2 != "A" {print $2, $3}'
}
same() { # same FILE "what it is" FILE "what it is"
  if ! cmp -s "$1" "$3"; then
    comm -23 "$1" "$3" | sed "s/^/in $2 and not in $4: /"
    comm -13 "$1" "$3" | sed "s/^/in $4 and not in $2: /"
    return 1
  fi
}

check() { # check HEADER MAP SHARED STATIC
  faults=0
  declared "$1" >"$work/declared"
  listed "$2" >"$work/listed"
  exported "$3" >"$work/exported"
  sed -E 's/^. //; s/@.*//' "$work/exported" | sort >"$work/shared"
  nm -g --defined-only "$4" 2>/dev/null | awk 'NF == 3 {print $3}' | sort >"$work/static"
  [ -s "$work/declared" ] || { echo "no function found in $1"; return 1; }
  same "$work/declared" "the header" "$work/listed" "the version script" || faults=1
  same "$work/declared" "the header" "$work/shared" "the shared library's exports" || faults=1
  same "$work/declared" "the header" "$work/static" "the static library's globals" || faults=1
  if grep -vE '^T ' "$work/exported"; then
    echo "exported above: something other than a function"
    faults=1
  fi
  if grep -vE '@@LOTTERY_[0-9]+\.[0-9]+$' "$work/exported"; then
    echo "exported above: symbols without a version"
    faults=1
  fi
  return $faults
}

self_test() {
  failed=0
  build() { # build "header text" "map symbols" "source text": a library of one file
    mkdir -p "$work/t"
    printf '%s\n' "$1" >"$work/t/lottery.h"
    { echo "LOTTERY_0.1 {"; echo "  global:"; for name in $2; do echo "    $name;"; done; echo "  local: *;"; echo "};"; } >"$work/t/map"
    printf '%s\n' "$3" >"$work/t/part.c"
    $compiler -fPIC -c "$work/t/part.c" -o "$work/t/part.o"
    $compiler -shared -o "$work/t/lib.so" "$work/t/part.o" -Wl,--version-script="$work/t/map"
    rm -f "$work/t/lib.a"
    ar rcs "$work/t/lib.a" "$work/t/part.o"
  }
  verdict() { check "$work/t/lottery.h" "$work/t/map" "$work/t/lib.so" "$work/t/lib.a" >"$work/said" 2>&1; }
  refuse() { # refuse "what it is" "words of the fault"
    if verdict; then
      echo "not noticed: $1"
      failed=1
    elif ! grep -q "$2" "$work/said"; then
      echo "$1: said only:"
      cat "$work/said"
      failed=1
    fi
  }
  header='/* lottery_c() */ typedef void (*lottery_release)(void *user); int lottery_a(lottery_release r); int lottery_b(void);'
  source='int lottery_a(void *r) { return r != 0; } int lottery_b(void) { return 1; }'
  build "$header" "lottery_a lottery_b" "$source"
  verdict || { echo "a library that keeps the rules is refused:"; cat "$work/said"; failed=1; }
  build "$header" "lottery_a" "$source"
  refuse "a function missing from the version script" "in the header and not in the version script: lottery_b"
  build "$header" "lottery_a lottery_b lottery_c" "$source int lottery_c(void) { return 2; }"
  refuse "an undeclared function" "in the shared library's exports and not in the header: lottery_c"
  build "$header" "lottery_a lottery_b" "int lottery_a(void *r) { return r != 0; }"
  refuse "a declared function without a definition" "in the header and not in the shared library's exports: lottery_b"
  build "$header" "lottery_a lottery_b" "$source int inner(void) { return 3; }"
  refuse "an internal global in the static library" "in the static library's globals and not in the header: inner"
  build "int lottery_a(void *r); int lottery_b(void);" "lottery_a lottery_b" "int lottery_a(void *r) { return r != 0; } int lottery_b = 1;"
  refuse "exported data" "other than a function"
  return $failed
}

case ${1-} in
  --self-test) self_test ;;
  *) [ $# = 4 ] || { echo "usage: $0 HEADER MAP SHARED_LIBRARY STATIC_LIBRARY | --self-test" >&2; exit 2; }
     check "$@" ;;
esac
