#!/bin/sh
# Makes the Debian packages, lets lintian look at them, and installs them into an empty chroot of the running release.
# There they must be complete: C programs are built through pkg-config, Python trains, and purging leaves nothing.
#   debian_slow.sh SOURCE_DIRECTORY
# Needs root, debootstrap, lintian and the mirror that apt is configured with.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source=$1
for tool in debootstrap lintian dpkg-shlibdeps; do
  command -v "$tool" >/dev/null || { echo "not checked: $tool is not installed"; exit 77; }
done
[ "$(id -u)" = 0 ] || { echo "not checked: debootstrap needs root"; exit 77; }
suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
mirror=$(apt-get indextargets --format '$(RELEASE) $(CODENAME) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
  awk -v suite="$suite" '($1 == suite || $2 == suite) && $3 == "main" { print $4; exit }')
[ -n "$mirror" ] || { echo "not checked: apt has no mirror of $suite"; exit 77; }
proxy=""
eval "$(apt-config shell proxy Acquire::http::Proxy)"
[ -z "$proxy" ] || export http_proxy="$proxy"

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; echo "failed: $*"; exit 1; }; }

# --- Packages ---

quietly cmake -S "$source" -B "$work/build" -DLOTTERY_BUILD_TESTS=OFF -DLOTTERY_BUILD_EXAMPLES=OFF
quietly cmake --build "$work/build" --parallel 2
mkdir "$work/packages"
cd "$work/packages"
quietly cpack -G DEB --config "$work/build/CPackConfig.cmake"
rm -rf _CPack_Packages
version=$(dpkg-deb -f liblottery0_*.deb Version)
architecture=$(dpkg --print-architecture)
set -- "liblottery0_${version}_$architecture.deb" "liblottery-dev_${version}_$architecture.deb" "python3-lottery_${version}_all.deb"
for package in "$@"; do
  [ -f "$package" ] || { ls; echo "cpack did not make $package"; exit 1; }
done
dpkg-deb -f liblottery0_*.deb Depends | grep 'libc6 (>= .*zlib1g (>= ' || { echo "liblottery0 lacks dependencies"; exit 1; }
lintian --allow-root --tag-display-limit 0 --fail-on error "$@" || { echo "lintian finds errors, see above"; exit 1; }
echo "lintian: no errors"

mkdir "$work/unpacked" "$work/project"
for package in "$@"; do dpkg-deb -x "$package" "$work/unpacked"; done
cp "$here/consumer.c" "$work/project/"
cat >"$work/project/CMakeLists.txt" <<'END_OF_PROJECT'
cmake_minimum_required(VERSION 3.13)
project(consumer LANGUAGES C)
find_package(lottery REQUIRED COMPONENTS shared static)
add_executable(consumer consumer.c)
target_link_libraries(consumer PRIVATE lottery::lottery)
END_OF_PROJECT
quietly cmake -S "$work/project" -B "$work/project/build" -DCMAKE_PREFIX_PATH="$work/unpacked/usr"
quietly cmake --build "$work/project/build"
quietly "$work/project/build/consumer"
echo "find_package: works"

# --- An empty system ---

root=$work/root
quietly debootstrap --variant=minbase "$suite" "$root" "$mirror"
cp /etc/hosts "$root/etc/"
mkdir "$root/tmp/packages"
cp "$@" "$here/consumer.c" "$root/tmp/packages/"

inside() { # without what this system's environment says
  chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive ${http_proxy:+http_proxy="$http_proxy"} "$@"
}
quietly inside apt-get update
quietly inside sh -c 'apt-get install -y --no-install-recommends /tmp/packages/*.deb'

# Before any compiler is there: what python3-lottery depends on must be enough.
inside python3 - <<'END_OF_PROGRAM'
import importlib.util
import lottery
assert importlib.util.find_spec("lottery_torch") # which needs torch, that is only suggested
trainer = lottery.Trainer(lottery.Network("mlp-4-8-2", seed=1), learning_rate=0.1)
losses = [trainer.step([[1, 0, 0, 0], [0, 1, 0, 0]], [0, 1]) for _ in range(20)]
assert lottery.raw.library._name == "liblottery.so.0" and losses[-1] < losses[0], (lottery.raw.library, losses)
print(f"python3-lottery {lottery.version}: a loss of {losses[0]:.3f} became {losses[-1]:.3f}")
END_OF_PROGRAM

quietly inside apt-get install -y --no-install-recommends gcc libc6-dev pkg-config
inside sh -euc '
  cd /tmp/packages
  cc consumer.c -o shared $(pkg-config --cflags --libs lottery)
  cc consumer.c -o static -l:liblottery.a $(pkg-config --static --libs lottery | sed "s/-llottery//")
  version=$(pkg-config --modversion lottery)
  for program in shared static; do
    said=$(./$program)
    [ "$said" = "$version" ] || { echo "$program: says version $said, the package $version"; exit 1; }
    echo "pkg-config, $program, in the chroot: works"
  done
  ldd shared | grep liblottery.so.0
  if ldd static | grep liblottery; then echo "the static program needs liblottery.so"; exit 1; fi'

quietly inside apt-get purge -y liblottery0 liblottery-dev python3-lottery
rm -r "$root/tmp/packages"
left=$(find "$root" -xdev -name '*lottery*'; inside ldconfig -p | grep lottery || true)
[ -z "$left" ] || { echo "purging the packages leaves:"; echo "$left"; exit 1; }
echo "purged: nothing is left"
