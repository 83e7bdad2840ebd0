#!/bin/sh
# Checks the storeys of lib/: who includes whom, who sees blis.h, how long files and functions are, no assert().
#   storeys.sh LIB_DIRECTORY     says what is wrong and where; exit code 1 if anything is
#   storeys.sh --self-test       proves that each rule fails on a tree that breaks it
set -eu

# A room may include itself and every room of a lower storey.
storey() {
  case $1 in
    api) echo 7 ;;
    store | infer | analyse) echo 6 ;;
    train) echo 5 ;;
    prune | data) echo 4 ;;
    model) echo 3 ;;
    kernels) echo 2 ;;
    base) echo 1 ;;
    *) echo 0 ;;
  esac
}

# Prints every #include as "room header" pairs that break the rule, with the file and line.
check_includes() {
  find "$1" -name '*.[ch]' | LC_ALL=C sort | while read -r file; do
    inside=${file#"$1"/}
    room=${inside%%/*}
    from=$(storey "$room")
    if [ "$from" = 0 ]; then
      echo "$file: $room is no room of the house"
      continue
    fi
    grep -nE '^[[:space:]]*#[[:space:]]*include' "$file" | while IFS= read -r line; do
      number=${line%%:*}
      name=$(printf '%s\n' "$line" | sed -E 's/^[^"<]*["<]([^">]*)[">].*/\1/')
      case $name in
        blis.h)
          [ "$inside" = kernels/dense_blis.c ] || echo "$file:$number: only kernels/dense_blis.c includes blis.h" ;;
        assert.h) echo "$file:$number: no assert in the library" ;;
        ../*) echo "$file:$number: include \"$name\" by its path from lib/" ;;
        */*)
          target=${name%%/*}
          to=$(storey "$target")
          if [ "$to" != 0 ] && [ "$target" != "$room" ] && [ "$to" -ge "$from" ]; then
            echo "$file:$number: $room must not include $name: $target is not below it"
          fi ;;
      esac
    done || true
  done
}

# Prints files over 600 lines, functions over 80 (clang-format puts a function's closing brace alone in column 1)
# and calls of assert, which a release build compiles away before any look at the objects.
check_sizes() {
  find "$1" -name '*.[ch]' | LC_ALL=C sort | while read -r file; do
    awk -v file="$file" '
      /^[A-Za-z_]/ && !inside { start = NR }
      /\{$/ && !/^ *(typedef|struct|union|enum)/ { inside = 1 }
      /^\}/ { if (/^\}$/ && inside && NR - start + 1 > 80) print file ":" start ": a function of " NR - start + 1 " lines, over 80"
              inside = 0 }
      /(^|[^_A-Za-z])assert *\(/ { print file ":" NR ": no assert in the library" }
      END { if (NR > 600) print file ": " NR " lines, over 600" }' "$file"
  done
}

check() {
  faults=$(check_includes "$1"; check_sizes "$1")
  if [ -n "$faults" ]; then
    printf '%s\n' "$faults"
    return 1
  fi
}

self_test() {
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  failed=0

  clean_tree() {
    rm -rf "$work/lib"
    for room in api store infer analyse train prune data model kernels base; do
      mkdir -p "$work/lib/$room"
      printf '#include <stdint.h>\n#include "%s/part.h"\n#include "base/part.h"\nint %s(void) {\n  return 1;\n}\n' \
        $room $room >"$work/lib/$room/part.c"
      : >"$work/lib/$room/part.h"
    done
    mkdir -p "$work/lib/kernels/isa"
    printf '#include "kernels/part.h"\n' >"$work/lib/kernels/isa/part.c"
    printf '#include <blis.h>\n' >"$work/lib/kernels/dense_blis.c"
    printf '#include "lottery.h"\n#include "store/part.h"\n#include "kernels/part.h"\n' >>"$work/lib/api/part.c"
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
  seed store/part.h '#include "infer/part.h"\n' "an include of the same storey in a header" "store must not include"
  seed train/part.c '#include <api/part.h>\n' "an include in angle brackets" "train must not include api/part.h"
  seed api/part.c '#include "../train/part.h"\n' "an include by a relative path" "by its path from lib"
  seed kernels/part.c '#include "blis.h"\n' "a second file with blis.h" "only kernels/dense_blis.c"
  seed model/part.c '#include <assert.h>\n' "assert.h" "no assert"
  seed model/part.c 'int f(int a) {\n  assert(a);\n  return a;\n}\n' "a call of assert" "no assert"
  seed data/part.c "$(printf '/* */\\n%.0s' $(seq 601))" "a file over 600 lines" "over 600"
  seed data/part.c "int f(int a) {\n$(printf '  a++;\\n%.0s' $(seq 80))  return a;\n}\n" "a function over 80 lines" "over 80"
  clean_tree
  mkdir "$work/lib/util"
  : >"$work/lib/util/part.c"
  expect "a room that the house does not have" "util is no room"
  return $failed
}

case ${1-} in
  --self-test) self_test ;;
  "") echo "usage: $0 LIB_DIRECTORY | --self-test" >&2; exit 2 ;;
  *) check "${1%/}" ;;
esac
