#!/bin/sh
# Checks that every constant of the header is in the list of frozen ones with the same value, and every one of the list
# in the header: constants are compiled into callers, and abidiff does not see them.
#   constants.sh HEADER LIST            checks
#   constants.sh --add HEADER LIST      appends new constants to LIST; it changes and removes none
#   constants.sh --self-test
set -eu
LC_ALL=C
export LC_ALL
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compiler=${CC:-cc}

# values HEADER: "NAME VALUE" of each enumerator, in the header's order. The compiler says the values.
values() {
  $compiler -E -P "$1" >"$work/plain.h"
  tr '\n' ' ' <"$work/plain.h" | grep -oE '\benum\b[^{};]*\{[^}]*\}' | grep -oE '\bLOTTERY_[A-Z0-9_]+ *[=,}]' |
    grep -oE 'LOTTERY_[A-Z0-9_]+' | awk '!seen[$0]++' >"$work/names"
  {
    echo '#include <stdio.h>'
    printf '#include "%s"\n' "$(cd "$(dirname "$1")" && pwd)/$(basename "$1")"
    echo 'int main(void) {'
    sed 's/.*/  printf("& %lld\\n", (long long)&);/' "$work/names"
    echo '  return 0; }'
  } >"$work/print.c"
  $compiler -o "$work/print" "$work/print.c" && "$work/print"
}

listed() { grep -vE '^(#|$)' "$1" || true; }

# check HEADER LIST: says what differs; $work/new holds what the list lacks.
check() {
  faults=0
  values "$1" >"$work/values" || return 1
  [ -s "$work/values" ] || { echo "no constant found in $1"; return 1; }
  # A macro that is a constant would escape: the header has its guard and no other.
  if $compiler -dM -E "$1" | grep -E '^#define LOTTERY_' | grep -vE '^#define LOTTERY_H *$'; then
    echo "in the header, above: a macro, which bindings cannot read and this test does not freeze"
    faults=1
  fi
  listed "$2" >"$work/listed"
  awk 'FILENAME == ARGV[1] {now[$1] = $2; next}
    !($1 in now) {print "gone: " $1 " (was " $2 ")"; next}
    now[$1] != $2 {print "changed: " $1 " from " $2 " to " now[$1]}' "$work/values" "$work/listed" >"$work/broken"
  awk 'FILENAME == ARGV[1] {old[$1] = 1; next} !($1 in old)' "$work/listed" "$work/values" >"$work/new"
  cat "$work/broken"
  sed 's/^\([^ ]*\) .*/not in the list: \1 (add it with constants.sh --add)/' "$work/new"
  if [ -s "$work/broken" ] || [ -s "$work/new" ]; then faults=1; fi
  awk '$1 in seen {print "twice in the list: " $1; bad = 1} {seen[$1] = 1} END {exit bad}' "$work/listed" || faults=1
  return $faults
}

add() { # add HEADER LIST
  check "$1" "$2" >"$work/said" || true
  if [ ! -s "$work/values" ] || [ -s "$work/broken" ]; then
    cat "$work/said"
    return 1
  fi
  cat "$work/new" >>"$2"
  echo "added $(wc -l <"$work/new") constants to $2"
}

self_test() {
  failed=0
  header="$work/lottery.h"
  list="$work/list"
  refuse() { # refuse "what it is" "words of the fault"
    if check "$header" "$list" >"$work/verdict"; then
      echo "not noticed: $1"
      failed=1
    elif ! grep -q "$2" "$work/verdict"; then
      echo "$1: said only:"
      cat "$work/verdict"
      failed=1
    fi
  }
  printf '#ifndef LOTTERY_H\n#define LOTTERY_H\nenum { LOTTERY_A = 1, LOTTERY_B, /* LOTTERY_X = 3, */\n  LOTTERY_C = -7 };\n#endif\n' >"$header"
  printf '# list\nLOTTERY_A 1\nLOTTERY_B 2\nLOTTERY_C -7\n' >"$list"
  check "$header" "$list" || { echo "a header that keeps its constants is refused"; failed=1; }
  printf 'LOTTERY_A 1\nLOTTERY_B 3\nLOTTERY_C -7\n' >"$list"
  refuse "a changed value" "changed: LOTTERY_B from 3 to 2"
  if add "$header" "$list" >/dev/null; then echo "--add accepts a changed value"; failed=1; fi
  printf 'LOTTERY_A 1\nLOTTERY_B 2\nLOTTERY_C -7\nLOTTERY_D 0\n' >"$list"
  refuse "a removed constant" "gone: LOTTERY_D"
  printf 'LOTTERY_A 1\nLOTTERY_B 2\n' >"$list"
  refuse "a constant that the list lacks" "not in the list: LOTTERY_C"
  add "$header" "$list" >/dev/null
  check "$header" "$list" || { echo "--add does not add"; failed=1; }
  : >"$list"
  refuse "an empty list" "not in the list: LOTTERY_A"
  printf '#define LOTTERY_D 5\nenum { LOTTERY_A = 1, LOTTERY_B, LOTTERY_C = -7 };\n' >"$header"
  refuse "a macro" "a macro"
  printf 'int lottery_a(void);\n' >"$header"
  refuse "a header without constants" "no constant found"
  return $failed
}

case ${1-} in
  --self-test) self_test ;;
  --add) [ $# = 3 ] || exit 2; add "$2" "$3" ;;
  *) [ $# = 2 ] || { echo "usage: $0 [--add] HEADER LIST | --self-test" >&2; exit 2; }
     check "$1" "$2" ;;
esac
