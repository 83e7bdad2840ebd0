#!/bin/sh
# Tests examples/rust against a build: its own tests with warnings as errors, its documentation, clippy where it is
# there, and its example, linked through pkg-config and statically, which must print what the C example prints.
#   rust.sh BUILD_DIRECTORY
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$1" && pwd)
for tool in cargo rustc pkg-config python3; do
  command -v $tool >/dev/null || { echo "not checked: $tool is not installed (Debian: cargo rustc pkg-config python3)"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Nothing of the user's settings, nothing written into the source tree, nothing fetched.
export CARGO_HOME="$work/home" CARGO_TARGET_DIR="$build/rust" CARGO_TERM_COLOR=never RUSTFLAGS="-D warnings" \
  RUSTDOCFLAGS="-D warnings" CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_TEST_DEBUG=0
unset LOTTERY_BUILD_DIR LOTTERY_STATIC PKG_CONFIG_PATH
cd "$here/../examples/rust"
cargo() { command cargo "$@" --offline --locked; }
echo "$(command cargo --version), $(rustc --version)"

LOTTERY_BUILD_DIR="$build" cargo test --quiet
LOTTERY_BUILD_DIR="$build" cargo doc --quiet --no-deps
if command cargo clippy --version >/dev/null 2>&1; then
  LOTTERY_BUILD_DIR="$build" command cargo clippy --quiet --offline --locked --all-targets -- -D warnings
  echo "clippy: nothing found"
fi

python3 "$here/docs/tiny_dataset.py" "$work/data"
profile=release
ticket() { "$CARGO_TARGET_DIR/$profile/examples/ticket" "$work/data" 200 3; }
same() { # same "what it is": the example prints the table that the first example prints
  ticket >"$work/said" || { echo "$1: the example fails"; exit 1; }
  diff "$work/wanted" "$work/said" || { echo "$1: the example prints something else"; exit 1; }
  echo "$1: works"
}
loaded() { readelf -d "$CARGO_TARGET_DIR/$profile/examples/ticket" | grep -q 'NEEDED.*\[liblottery\.so\.0\]'; }
cmake --install "$build" --prefix "$work/a place" >"$work/log" || { cat "$work/log"; exit 1; }
libdir=$(dirname "$(find "$work/a place" -name liblottery.so)")
PKG_CONFIG_PATH="$libdir/pkgconfig" cargo build --quiet --release --example ticket
# What a package would hold: every file of the crate but header.rs, which needs the tree, and nothing else. It builds from
# there, with the installed library. Cargo wants the address of a project that is on the web.
cargo package --list --allow-dirty 2>"$work/said" | grep -vxE '\.cargo_vcs_info\.json|Cargo\.(lock|toml\.orig)' >"$work/packed"
{ find build.rs Cargo.toml README.md LICENSE src examples tests/safe \( -type f -o -type l \); } | LC_ALL=C sort >"$work/files"
LC_ALL=C sort "$work/packed" | diff "$work/files" - || { echo "cargo package --list: other files than the crate has"; exit 1; }
if grep -E '^(warning|error)' "$work/said" | grep -v 'manifest has no documentation, homepage or repository'; then
  echo "cargo package --list: not clean"
  exit 1
fi
PKG_CONFIG_PATH="$libdir/pkgconfig" cargo package --quiet --allow-dirty 2>"$work/said" ||
  { cat "$work/said"; echo "the package does not build"; exit 1; }
echo "package: $(wc -l <"$work/files") files, builds with the installed library"
loaded || { echo "pkg-config: the example does not need liblottery.so.0"; exit 1; }
if [ -x "$build/examples/first_ticket" ]; then
  "$build/examples/first_ticket" "$work/data" 200 3 >"$work/wanted"
else
  ticket >"$work/wanted"
fi
cat "$work/wanted"
same "pkg-config, shared"
profile=debug # compiles faster
PKG_CONFIG_PATH="$libdir/pkgconfig" LOTTERY_STATIC=1 cargo build --quiet --example ticket
if loaded; then echo "static: the example needs liblottery.so"; exit 1; fi
same "pkg-config, static"
LOTTERY_BUILD_DIR="$build" LOTTERY_STATIC=1 cargo build --quiet --example ticket
if loaded; then echo "static: the example needs liblottery.so"; exit 1; fi
same "build folder, static"

refused() { # refused "words": the crate does not build and says so, with what to do
  if cargo build --quiet >"$work/said" 2>&1; then echo "builds without a library"; exit 1; fi
  for words in "$1" "set LOTTERY_BUILD_DIR to that build folder"; do
    grep -q "$words" "$work/said" || { echo "without a library it does not say '$words':"; cat "$work/said"; exit 1; }
  done
}
export PKG_CONFIG_LIBDIR="$work"
refused "pkg-config says: Package lottery was not found"
PKG_CONFIG="$work/none" refused "cannot be run"
LOTTERY_BUILD_DIR="$work" refused "no liblottery.so in"
echo "without a library: says what to do"
