#!/bin/sh
# Checks that every C file of the tree is laid out as .clang-format says; `format.sh --fix` lays them out.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
command -v clang-format >/dev/null || { echo "clang-format is not installed"; exit 77; }
if [ "${1-}" = --fix ]; then set -- -i; else set -- --dry-run -Werror; fi
cd "$top"
find lib include examples tests -name '*.[ch]' -print0 | xargs -0 -r clang-format --style=file "$@"
