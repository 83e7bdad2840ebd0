#!/bin/sh
# Runs the tests of examples/python/lottery.py with a python3 that has numpy (the second word: another module, too).
#   run.sh SHARED_LIBRARY MODULE FILE_OR_PATTERN
# The library is handed on as LOTTERY_LIBRARY. LOTTERY_PRELOAD: what the loader is to load first, for sanitizers.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
for python in python3 /usr/bin/python3; do
  if "$python" -c "import numpy, $2" 2>/dev/null; then
    export LOTTERY_LIBRARY="$1" PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
    [ -z "${LOTTERY_PRELOAD-}" ] || export LD_PRELOAD="$LOTTERY_PRELOAD"
    exec "$python" -W error::ResourceWarning -m unittest discover --start-directory "$here" --pattern "$3"
  fi
done
echo "no python3 with $2 (and numpy)"
exit 77
