#!/bin/sh
# Installs a build into a folder with a space in its name, moves it, and builds and runs a C and a C++ program against
# it: through pkg-config and through find_package, with the shared and with the static library.
#   install.sh BUILD_DIRECTORY
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$1" --prefix "$work/first place" >"$work/log" || { cat "$work/log"; exit 1; }
mv "$work/first place" "$work/second place"
prefix="$work/second place"
libdir=$(dirname "$(find "$prefix" -name liblottery.so)")
for file in "$prefix/include/lottery.h" "$libdir/liblottery.so.0" "$libdir/liblottery.a" "$libdir/pkgconfig/lottery.pc"; do
  [ -e "$file" ] || { echo "not installed: $file"; exit 1; }
done
# The licences of code that is in the libraries ask for their notices beside them.
for file in LICENSE third-party.md; do
  [ -n "$(find "$prefix/share/doc" -path "*lottery/$file")" ] || { echo "not installed: share/doc/lottery/$file"; exit 1; }
done

run() { # run "what it is" PROGRAM: must print the version that the package says
  said=$(LD_LIBRARY_PATH="$libdir" "$2") || { echo "$1: the program failed: $said"; exit 1; }
  [ "$said" = "$version" ] || { echo "$1: the program says version $said, the package $version"; exit 1; }
  echo "$1: works"
}
needs() { readelf -d "$1" | grep -q 'NEEDED.*\[liblottery\.so\.0\]'; }

export PKG_CONFIG_PATH="$libdir/pkgconfig"
version=$(pkg-config --modversion lottery)
# pkg-config quotes the space for a shell: eval reads it back.
eval "set -- $(pkg-config --cflags --libs lottery)"
${CC:-cc} "$here/consumer.c" -o "$work/shared" "$@"
run "pkg-config, C, shared" "$work/shared"
needs "$work/shared" || { echo "the program does not need liblottery.so.0"; exit 1; }
${CXX:-c++} -x c++ "$here/consumer.c" -x none -o "$work/shared_cc" "$@"
run "pkg-config, C++, shared" "$work/shared_cc"
mkdir "$work/hidden"
mv "$libdir"/liblottery.so* "$work/hidden/" # -llottery finds the archive when there is nothing else
eval "set -- $(pkg-config --static --cflags --libs lottery)"
${CC:-cc} "$here/consumer.c" -o "$work/static" "$@"
run "pkg-config, C, static" "$work/static"
${CXX:-c++} -x c++ "$here/consumer.c" -x none -o "$work/static_cc" "$@"
run "pkg-config, C++, static" "$work/static_cc"
if needs "$work/static"; then echo "the static program needs liblottery.so"; exit 1; fi
mv "$work/hidden"/* "$libdir/"

mkdir "$work/project"
cp "$here/consumer.c" "$work/project/"
cp "$here/consumer.c" "$work/project/consumer_cc.cc"
cat >"$work/project/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.13)
project(consumer LANGUAGES C CXX)
find_package(lottery 0.1 REQUIRED COMPONENTS shared static)
foreach(source consumer.c consumer_cc.cc)
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE lottery::lottery)
  add_executable(${name}_static ${source})
  target_link_libraries(${name}_static PRIVATE lottery::lottery_static)
endforeach()
END
{ cmake -S "$work/project" -B "$work/project build" -DCMAKE_PREFIX_PATH="$prefix" &&
  cmake --build "$work/project build"; } >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
for name in consumer consumer_cc consumer_static consumer_cc_static; do
  run "find_package, $name" "$work/project build/$name"
done
if needs "$work/project build/consumer_static"; then echo "lottery::lottery_static links the shared library"; exit 1; fi
