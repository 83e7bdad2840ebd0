#!/bin/sh
# Installs those of the named Debian packages that are missing; with none missing it calls only dpkg and dpkg-query.
#   install_packages.sh PACKAGE...
# As root or through sudo; otherwise it prints what to install and fails. LOTTERY_NO_INSTALL=1 only warns and continues,
# for machines that have the tools from elsewhere.
set -eu

missing=""
native=$(dpkg --print-architecture)
for package in "$@"; do # a package may be there for several architectures
  state=$(dpkg-query -W -f '${db:Status-Abbrev}${Architecture}\n' "$package" 2>/dev/null) || state=""
  printf '%s\n' "$state" | grep -qE "^ii +($native|all)$" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "${LOTTERY_NO_INSTALL-}" = 1 ]; then
  echo "not installed as Debian packages:$missing" >&2
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "This is not a Debian system. Install the content of these Debian packages, then set LOTTERY_NO_INSTALL=1:$missing" >&2
  exit 1
fi
if [ "$(id -u)" = 0 ]; then
  as_root=""
elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
  as_root="sudo"
else
  echo "Missing, and this user cannot install them. As root:" >&2
  echo "  apt-get install --no-install-recommends$missing" >&2
  exit 1
fi

echo "installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The list of packages may be old or empty, so fetch it first. A mirror that does not answer is not yet a failure.
$as_root apt-get -qq update >"$log" 2>&1 || cat "$log" >&2
if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $missing >"$log" 2>&1; then
  cat "$log" >&2
  echo "could not install:$missing" >&2
  exit 1
fi
