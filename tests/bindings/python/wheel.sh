#!/bin/sh
# Installs examples/python with pip, offline, into an empty virtual environment that sees Debian's numpy, setuptools and
# wheel, and trains with what was installed. Nothing may be left in the tree, nor anything of it be used.
#   wheel.sh SHARED_LIBRARY    packs this library
#   wheel.sh --build           builds the library, as a user's pip does
set -eu
top=$(cd "$(dirname "$0")/../../.." && pwd)
python=/usr/bin/python3
$python -c "import ensurepip, numpy, setuptools, wheel" 2>/dev/null || {
  echo "not checked: $python lacks a module (Debian: python3-venv python3-numpy python3-setuptools python3-wheel)"
  exit 77
}
command -v cmake >/dev/null || { echo "not checked: cmake is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset LOTTERY_LIBRARY PIP_FIND_LINKS PIP_INDEX_URL PIP_EXTRA_INDEX_URL PYTHONPATH PYTHONHOME LD_LIBRARY_PATH
[ "$1" = --build ] || LOTTERY_LIBRARY="$1"
export PIP_CONFIG_FILE=/dev/null PIP_NO_INDEX=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 HOME="$work" TMPDIR="$work"
before=$(cd "$top/examples/python" && find . -path ./__pycache__ -prune -o -print | sort)

$python -m venv --system-site-packages "$work/venv"
${LOTTERY_LIBRARY:+env LOTTERY_LIBRARY="$LOTTERY_LIBRARY"} \
  "$work/venv/bin/pip" install --no-build-isolation "$top/examples/python" >"$work/said" 2>&1 ||
  { cat "$work/said"; echo "pip install fails"; exit 1; }
after=$(cd "$top/examples/python" && find . -path ./__pycache__ -prune -o -print | sort)
[ "$before" = "$after" ] || { echo "pip install left something in examples/python:"; echo "$after"; exit 1; }
[ -z "$(find "$work" -maxdepth 1 -name 'lottery-wheel-*')" ] || { echo "the build's folder is left"; exit 1; }

cd "$work"
"$work/venv/bin/python" - "$work/venv" <<'END'
import pathlib
import sys
import lottery
import numpy as np
folder = pathlib.Path(lottery.__file__).parent
assert str(folder).startswith(sys.argv[1]), folder
assert lottery.raw.library._name == str(folder / "liblottery.so.0"), lottery.raw.library._name
assert (folder / "LICENSE").is_file() and "BLIS" in (folder / "third-party.md").read_text(encoding="utf-8")
try:
    import torch
except ImportError:  # then lottery_torch cannot be imported
    assert (folder.parent / "lottery_torch.py").is_file()
else:
    import lottery_torch
    assert lottery_torch.__file__ == str(folder.parent / "lottery_torch.py"), lottery_torch.__file__
    outputs = lottery_torch.to_torch(lottery.Network("mlp-4-8-2", seed=1))(torch.eye(4))
    assert outputs.shape == (4, 2)
network = lottery.Network("mlp-4-8-2", seed=1)
trainer = lottery.Trainer(network, learning_rate=0.1)
inputs = np.eye(4, dtype=np.float32)
losses = [trainer.step(inputs, [0, 1, 0, 1]) for _ in range(20)]
assert losses[-1] < losses[0], losses
print(f"liblottery {lottery.version} in {folder.name}: a loss of {losses[0]:.3f} became {losses[-1]:.3f}")
END
"$work/venv/bin/pip" show --files lottery >"$work/said" 2>&1
grep -q '^Version: [0-9.]*$' "$work/said" && grep -q 'lottery/liblottery.so.0' "$work/said" &&
  grep -q ' lottery_torch.py' "$work/said" ||
  { cat "$work/said"; echo "pip does not know what it installed"; exit 1; }
"$work/venv/bin/pip" uninstall --yes --quiet lottery
for name in lottery lottery_torch; do
  if "$work/venv/bin/python" -c "import importlib.util, sys; sys.exit(importlib.util.find_spec('$name') is None)"; then
    echo "pip uninstall left $name"
    exit 1
  fi
done
