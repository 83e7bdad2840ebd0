#!/usr/bin/env bash
# Compiles the library for arm64 with its NEON kernels and runs the kernel and training tests under qemu-user. Slow, and
# not part of tests/run.sh. Needs gcc-aarch64-linux-gnu, qemu-user-static, and for the
# architecture arm64 libcmocka-dev and zlib1g-dev.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-build-arm64}
mkdir -p "$out"
compiler=aarch64-linux-gnu-gcc
flags=(-std=c11 -O3 -ffp-contract=off -fvisibility=hidden -D_POSIX_C_SOURCE=200809L -DLOTTERY_HAVE_NEON
  -DLOTTERY_TESTS_DIR="\"$PWD/tests\"" -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wvla -Werror -Iinclude -Ilib
  -Itests -Itests/support)
mkdir -p "$out/include"
ln -sfn /usr/include/Random123 "$out/include/Random123" # headers without an architecture
flags+=(-isystem "$out/include")
objects=()
compile() { # source, object, flags
  "$compiler" "${flags[@]}" "${@:3}" -c "$1" -o "$2"
  objects+=("$2")
}
while read -r source; do compile "$source" "$out/$(echo "$source" | tr / _).o"; done \
  < <(find lib -name '*.c' ! -path 'lib/kernels/isa/*')
for source in lib/kernels/isa/*.c; do
  for set in portable neon; do compile "$source" "$out/$(echo "$source" | tr / _).$set.o" "-DLOTTERY_KERNELS=$set"; done
done
# Debian's gcc 12 for arm64 ends in an internal error on one of these at -O3.
for source in tests/support/*.c tests/unit/kernels/kernel_layer.c; do compile "$source" "$out/$(echo "$source" | tr / _).o" -O2; done
failed=0
for test in tests/unit/kernels/test_*.c tests/unit/base/test_random.c \
  tests/public/trainer/test_{gradients,optimisers,sparse_training,zero_inputs}.c; do
  program=$out/$(basename "$test" .c)
  "$compiler" "${flags[@]}" -O2 "$test" "${objects[@]}" -o "$program" -lcmocka -lz -lm -lpthread
  if qemu-aarch64-static -L /usr/aarch64-linux-gnu -E LD_LIBRARY_PATH=/usr/lib/aarch64-linux-gnu "$program"; then
    echo "arm64: $test passed"
  else
    echo "arm64: $test FAILED"
    failed=1
  fi
done
exit $failed
