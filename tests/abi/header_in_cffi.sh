#!/bin/sh
# Checks that cffi reads the preprocessed header and that the library then answers through it.
#   header_in_cffi.sh HEADER SHARED_LIBRARY
set -eu
for python in python3 /usr/bin/python3; do
  if "$python" -c 'import cffi' 2>/dev/null; then
    # The standard headers' own typedefs are known to cffi: only what comes from lottery.h is handed over.
    cc -E "$1" | awk '/^# [0-9]+ "/ {ours = $3 ~ /lottery\.h"$/; next} ours' | "$python" -c '
import sys, cffi
ffi = cffi.FFI()
ffi.cdef(sys.stdin.read())
library = ffi.dlopen(sys.argv[1])
version = ffi.string(library.lottery_version()).decode()
assert version.count(".") == 2, version
missing = [name for name in dir(library) if not hasattr(library, name)]
assert not missing, missing
print("cffi read", len(dir(library)), "names of version", version)
' "$2"
    exit
  fi
done
echo "no python3 with cffi"
exit 77
