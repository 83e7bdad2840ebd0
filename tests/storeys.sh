#!/bin/sh
# Checks the storeys of lib/: who includes whom, who sees blis.h, that nothing below api/ calls a public function, how
# long files and functions are, no assert().
#   storeys.sh LIB_DIRECTORY     says what is wrong and where; exit code 1 if anything is
#   storeys.sh --self-test       proves that each rule fails on a tree that breaks it
set -eu

# Prints each fault with its file and line. A room may include itself and every room of a lower storey; store/ has rooms
# of its own, to which the same applies. clang-format puts a function's closing brace alone in column 1. assert has to be
# looked for in the text: a release build drops it.
faults() {
  find "$1" -name '*.[ch]' | LC_ALL=C sort | xargs -r awk -v lib="$1/" '
    BEGIN {
      split("base kernels model data,prune,run train sparsify analyse,infer,store api", storeys, " ")
      for (i in storeys) {
        n = split(storeys[i], rooms, ",")
        for (j = 1; j <= n; j++) storey[rooms[j]] = i + 0
      }
      storey["store/disk"] = storey["store/json"] = storey["store/element"] = 1
      storey["store/npy"] = storey["store/safetensors"] = 2
      storey["store/archive"] = 3
    }
    function fault(text) { print FILENAME ":" FNR ": " text }
    function length_fault() { if (lines > 600) print last ": " lines " lines, over 600" }
    FNR == 1 {
      length_fault()
      inside = substr(FILENAME, length(lib) + 1)
      room = inside
      sub(/\/.*/, "", room)
      if (!(room in storey)) fault(room " is no room of the house")
      inner = inside
      sub(/\/[^\/]*$/, "", inner) # store/json
      if (room == "store" && (inner == room || !(inner in storey))) fault(inner " is no room of store/")
      start = body = 0
    }
    { lines = FNR; last = FILENAME }
    /^[ \t]*#[ \t]*include/ {
      name = $0
      gsub(/^[^"<]*["<]|[">].*$/, "", name)
      target = name
      sub(/\/.*/, "", target)
      if (name == "blis.h" && inside != "kernels/dense_blis.c") fault("only kernels/dense_blis.c includes blis.h")
      if (name == "assert.h") fault("no assert in the library")
      if (target == "..") fault("include \"" name "\" by its path from lib/")
      if (name ~ /\// && target != room && target in storey && storey[target] >= storey[room])
        fault(room " must not include " name ": " target " is not below it")
      target = name
      sub(/\/[^\/]*$/, "", target)
      if (room == "store" && target ~ /^store\// && target != inner && storey[target] >= storey[inner])
        fault(inner " must not include " name ": " target " is not below it")
    }
    FNR == 1 { comment = 0 }
    room != "api" {
      code = $0
      if (comment && !sub(/^.*\*\//, "", code)) code = ""
      else comment = 0
      while (match(code, /\/\*/)) { # comments that end on the line, then one that does not
        rest = substr(code, RSTART + 2)
        code = substr(code, 1, RSTART - 1)
        if (!(comment = !sub(/^[^*]*(\*+[^*\/][^*]*)*\*+\//, "", rest))) code = code rest
      }
      if (code ~ /(^|[^_A-Za-z0-9"])lottery_[a-z0-9_]+\(/) fault("only api/ calls or defines public functions")
    }
    inside != "base/real_text.c" && /"[^"]*%[.0-9*]*[aefgAEFG][^"]*"/ { fault("base/real_text.h prints real numbers") }
    /(^|[^_A-Za-z])assert *\(/ { fault("no assert in the library") }
    /^[A-Za-z_]/ && !body { start = FNR }
    /\{$/ { body = 1 }
    /^\}/ {
      if ($0 == "}" && body && FNR - start >= 80) fault("a function of " FNR - start + 1 " lines, over 80")
      body = 0
    }
    END { length_fault() }'
}

check() {
  [ -d "$1" ] || { echo "no such folder: $1"; return 1; }
  found=$(faults "$1")
  if [ -n "$found" ]; then
    printf '%s\n' "$found"
    return 1
  fi
}

self_test() {
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  failed=0

  clean_tree() {
    rm -rf "$work/lib"
    for room in api store/archive store/json infer analyse sparsify train run prune data model kernels base; do
      mkdir -p "$work/lib/$room"
      printf '#include <stdint.h>\n#include "%s/part.h"\n#include "base/part.h"\nint %s(void) {\n  return 1;\n}\n' \
        $room "$(basename $room)" >"$work/lib/$room/part.c"
      : >"$work/lib/$room/part.h"
    done
    mkdir -p "$work/lib/kernels/isa"
    printf '#include "kernels/part.h"\n' >"$work/lib/kernels/isa/part.c"
    printf '#include <blis.h>\n' >"$work/lib/kernels/dense_blis.c"
    printf '#include "lottery.h"\n#include "store/archive/part.h"\n#include "kernels/part.h"\n' >>"$work/lib/api/part.c"
    printf 'int lottery_part(void) {\n  return 1;\n}\n' >>"$work/lib/api/part.c"
    printf '#include "store/json/part.h"\n/* as lottery_part() does */\n/* and as\n * lottery_part() */\nlottery_status (*f)(void);\n' >>"$work/lib/store/archive/part.c"
  }
  expect() { # expect "what it is" "words of the fault": the tree as it stands must be refused with those words
    if said=$(check "$work/lib"); then
      echo "not noticed: $1"
      failed=1
    elif ! printf '%s\n' "$said" | grep -q "$2"; then
      printf '%s: said only:\n%s\n' "$1" "$said"
      failed=1
    fi
  }

  clean_tree
  if ! check "$work/lib"; then
    echo "a tree that keeps the rules is refused"
    failed=1
  fi
  seed() { # seed FILE TEXT "what it is" "words of the fault"
    clean_tree
    printf "$2" >>"$work/lib/$1"
    expect "$3" "$4"
  }
  seed base/part.c '#include "kernels/part.h"\n' "an include upwards" "base must not include kernels/part.h"
  seed kernels/isa/part.c '#include "model/part.h"\n' "an include upwards from a folder" "kernels must not include"
  seed prune/part.c '#  include "data/part.h"\n' "an include of the same storey" "prune must not include data/part.h"
  seed store/json/part.h '#include "infer/part.h"\n' "an include of the same storey in a header" "store must not include"
  seed run/part.c '#include "train/part.h"\n' "an include upwards from run/" "run must not include train/part.h"
  seed train/part.c '#include "sparsify/part.h"\n' "an include upwards from train/" "train must not include sparsify"
  seed store/json/part.c '#include "store/archive/part.h"\n' "an include upwards within store/" "store/json must not include"
  seed store/json/part.c '#include "store/disk/part.h"\n' "an include across within store/" "store/json must not include"
  seed train/part.c 'int f(void) {\n  return lottery_part();\n}\n' "a call of a public function" "only api/ calls"
  seed train/part.c 'void f(int *o) {\n  *o = lottery_part();\n}\n' "a call behind a star" "only api/ calls"
  seed train/part.c 'int f(void) {\n  /* why */ return lottery_part();\n}\n' "a call behind a comment" "only api/ calls"
  seed train/part.c '/* a\n * b */ int c = lottery_part();\n' "a call behind the end of a comment" "only api/ calls"
  seed train/part.c '#include <api/part.h>\n' "an include in angle brackets" "train must not include api/part.h"
  seed api/part.c '#include "../train/part.h"\n' "an include by a relative path" "by its path from lib"
  seed kernels/part.c '#include "blis.h"\n' "a second file with blis.h" "only kernels/dense_blis.c"
  seed model/part.c '#include <assert.h>\n' "assert.h" "no assert"
  seed model/part.c 'char *f(void) {\n  return "is %%.3g now";\n}\n' "a real number by printf" "base/real_text.h prints"
  seed model/part.c 'int f(int a) {\n  assert(a);\n  return a;\n}\n' "a call of assert" "no assert"
  seed data/part.c "$(printf '/* */\\n%.0s' $(seq 601))" "a file over 600 lines" "over 600"
  seed data/part.c "int f(int a) {\n$(printf '  a++;\\n%.0s' $(seq 80))  return a;\n}\n" "a function over 80 lines" "over 80"
  clean_tree
  echo 'int a;' >"$work/lib/store/part.c"
  expect "a file in store/ that is in none of its rooms" "no room of store"
  clean_tree
  mkdir "$work/lib/util"
  echo 'int a;' >"$work/lib/util/part.c"
  expect "a room that the house does not have" "util is no room"
  return $failed
}

case ${1-} in
  --self-test) self_test ;;
  "") echo "usage: $0 LIB_DIRECTORY | --self-test" >&2; exit 2 ;;
  *) check "${1%/}" ;;
esac
