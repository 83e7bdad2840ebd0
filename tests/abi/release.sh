#!/bin/sh
# Freezes the ABI of the release that the tree is about to become, in release-MAJOR.MINOR/: the header, the version script,
# the SONAME, abidw's dump; and adds new constants to constants.txt. The program there is written by hand.
#   release.sh BUILD_DIRECTORY      a build with LOTTERY_BUILD_TESTS of the tree as it is
# It can be run again until the release is tagged. docs/abi.md says when it is to be run.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
[ $# = 1 ] || { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 2; }
header="$top/include/lottery.h"
version=$(sed -nE 's/^project\(lottery VERSION ([0-9]+\.[0-9]+)\..*/\1/p' "$top/CMakeLists.txt")
[ -n "$version" ] || { echo "CMakeLists.txt does not say the version"; exit 1; }
tag=$(git -C "$top" tag --list "v$version.*" 2>/dev/null | head -n 1)
[ -z "$tag" ] || { echo "$version was released as $tag: what it froze stays as it is"; exit 1; }
folder="$here/release-$version"
cmake --build "$1" --target lottery lottery_abi --parallel >/dev/null
"$here/constants.sh" --add "$header" "$here/constants.txt"
mkdir -p "$folder"
# The program of the release before is the beginning of this one's.
before=$(find "$here" -maxdepth 1 -name 'release-*' ! -name "release-$version" | sort -V | tail -n 1)
if [ ! -e "$folder/program.c" ] && [ -n "$before" ]; then cp "$before/program.c" "$folder/"; fi
"$here/compatible.sh" --dump "$header" "$1/tests/liblottery.so" "$folder/lottery.abi"
cp "$header" "$top/lib/lottery.map" "$folder/"
readelf -d "$1/liblottery.so" | sed -nE 's/.*\(SONAME\).*\[(.*)\]/\1/p' >"$folder/soname"
echo "$folder: frozen, $(cat "$folder/soname")"
"$here/compatible.sh" "$folder" "$header" "$1/tests/liblottery.so"
"$here/old_program.sh" "$folder" "$1/liblottery.so" ||
  { echo "extend $folder/program.c: it calls every function of the release and looks at what the header promises"; exit 1; }
