#!/bin/sh
# From a bare Debian machine to a picture of winning tickets: installs what is missing, builds, gets the data, runs a
# short study and draws it.
set -eu
cd "$(dirname "$0")/.."

examples/install_packages.sh cmake make gcc libc6-dev libblis-serial-dev zlib1g-dev librandom123-dev gnuplot-nox

echo "building into build/"
mkdir -p build
# A folder that the tests have configured keeps its options. In a new one, a newer compiler's warnings are not errors.
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

out=build/study/$(basename "$data")
echo
echo "A short study: two trials, 16 levels, 2000 iterations a network; and for each ticket the same mask with new weights."
build/examples/lenet_mnist --data $data --out "$out" --iterations 2000 --levels 16 --trials 2 --reinit 1
echo
echo "The pictures (SVGs lie beside them):"
examples/plot.sh "$out"
cat <<END

This is less than the paper's study, which trains 50,000 iterations a network and averages five trials. After 2000 even
the whole network still improves: many early stops are only the end of training, and the tickets lead in part because they
learn faster. Two trials say little about chance. The paper's setting, which takes far longer:
  build/examples/lenet_mnist --data $data --out build/study/paper --paper && examples/plot.sh build/study/paper
The search itself, in one short file: examples/first_ticket.c.
END
