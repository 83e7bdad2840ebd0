#!/bin/sh
# From a bare Debian machine to a first winning ticket: installs what is missing, builds, gets the data, runs the search.
set -eu
cd "$(dirname "$0")/.."

examples/install_packages.sh cmake make gcc libc6-dev libblis-serial-dev zlib1g-dev librandom123-dev

echo "building into build/"
mkdir -p build
# A folder that the tests have configured keeps its options. In a new one a newer compiler's warnings are nobody's error.
[ -f build/CMakeCache.txt ] || options="-DLOTTERY_BUILD_TESTS=OFF -DLOTTERY_WERROR=OFF"
if ! { cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DLOTTERY_BUILD_EXAMPLES=ON ${options-} &&
  cmake --build build --parallel "$(nproc)"; } >build/build.log 2>&1; then
  cat build/build.log
  exit 1
fi

if examples/get_data.sh build/data/mnist mnist >/dev/null; then
  data=build/data/mnist
  echo "data: MNIST, handwritten digits, in $data"
else
  data=build/data/fashion-mnist
  examples/get_data.sh $data fashion-mnist >/dev/null
  echo "data: Fashion-MNIST, pictures of clothes, in $data"
  echo "  It is harder than MNIST: nothing below can be compared with a figure for MNIST."
fi

echo
exec build/examples/first_ticket $data
