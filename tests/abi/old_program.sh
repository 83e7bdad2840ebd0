#!/bin/sh
# Runs the program of a release with today's library, as a user would who never compiled it again: it is compiled against
# the release's header and linked with a stand-in for the release's library, made from the release's version script.
#   old_program.sh RELEASE_DIRECTORY SHARED_LIBRARY      or     old_program.sh --self-test RELEASE_DIRECTORY SHARED_LIBRARY
set -eu
LC_ALL=C
export LC_ALL
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compiler=${CC:-cc}

build() { # build RELEASE_DIRECTORY: makes $work/program
  soname=$(cat "$1/soname")
  functions=$(sed -nE 's/^[[:space:]]*(lottery_[a-z0-9_]+);.*/\1/p' "$1/lottery.map" | sort)
  printf '%s\n' "$functions" | sed 's/.*/void &(void);\nvoid &(void) {}/' >"$work/stand_in.c"
  mkdir -p "$work/old"
  $compiler -shared -fPIC -o "$work/old/liblottery.so" "$work/stand_in.c" -Wl,--version-script="$1/lottery.map" \
    -Wl,-soname,"$soname"
  $compiler -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Werror -I"$1" -o "$work/program" "$1/program.c" \
    -L"$work/old" -llottery
  # A function that it does not call is not tried.
  nm -D -u "$work/program" | sed -nE 's/.* (lottery_[a-z0-9_]+)(@.*)?$/\1/p' | sort >"$work/called"
  if printf '%s\n' "$functions" | comm -23 - "$work/called" | grep .; then
    echo "never called by $1/program.c, above"
    return 1
  fi
}

run() { # run LIBRARY
  mkdir -p "$work/files"
  LD_BIND_NOW=1 LD_LIBRARY_PATH=$(cd "$(dirname "$1")" && pwd) "$work/program" "$work/files"
}

self_test() { # The stand-in is a library that breaks every promise but the names, and one without a function breaks that.
  build "$1"
  failed=0
  ln -s liblottery.so "$work/old/$soname"
  if run "$work/old/liblottery.so" >/dev/null 2>&1; then
    echo "not noticed: a library whose functions do nothing"
    failed=1
  fi
  sed '/lottery_version;/d' "$1/lottery.map" >"$work/map"
  $compiler -shared -fPIC -o "$work/old/liblottery.so" "$work/stand_in.c" -Wl,--version-script="$work/map" -Wl,-soname,"$soname"
  run "$work/old/liblottery.so" >"$work/said" 2>&1 && { echo "not noticed: a library without lottery_version"; failed=1; }
  grep -q 'lottery_version' "$work/said" || { echo "the loader did not miss lottery_version:"; cat "$work/said"; failed=1; }
  run "$2" >/dev/null || { echo "the library itself is refused"; failed=1; }
  return $failed
}

case ${1-} in
  --self-test) [ $# = 3 ] || exit 2; self_test "$2" "$3" ;;
  *) [ $# = 2 ] || { echo "usage: $0 [--self-test] RELEASE_DIRECTORY SHARED_LIBRARY" >&2; exit 2; }
     build "$1" && run "$2" ;;
esac
