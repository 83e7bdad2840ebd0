#!/usr/bin/env bash
# Layout, warnings and static analysis of the library and the examples: what a change must pass before anybody reads it.
#   tests/analyse.sh [FILE...]      FILE: a C file of lib/ or examples/; all of them if none is named
# 1 clang-format, as .clang-format says   2 gcc's warnings and -fanalyzer   3 clang's warnings and clang-tidy, as
# .clang-tidy says. Nothing is linked and no test is run. A warning is an error; a missing tool is one, too.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
folder=build-analysis
for tool in cmake gcc clang-format clang-tidy python3; do
  command -v $tool >/dev/null || { echo "$tool is not installed (Debian: cmake gcc clang-format clang-tidy python3)"; exit 1; }
done
failed=()

echo "== layout"
tests/format.sh || failed+=("layout: tests/format.sh --fix repairs it")

# The compilers' command lines are the build's own.
cmake -S . -B $folder -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Release \
  -DLOTTERY_BUILD_TESTS=OFF -DLOTTERY_BUILD_EXAMPLES=ON -DLOTTERY_WERROR=ON >/dev/null || exit 1
# commands WHICH FILE...: a shell command for each file and instruction set, ended by zeros.
commands() {
  python3 - "$folder/compile_commands.json" "$@" <<'PYTHON'
import json, os, shlex, sys

database, which, *chosen = sys.argv[1:]
chosen = {os.path.realpath(name) for name in chosen}
seen = set()
for entry in json.load(open(database)):
    name = entry["file"]
    if chosen and os.path.realpath(name) not in chosen:
        continue
    if which == "clang-tidy":  # one run takes every command line of the file
        command = ["clang-tidy", "--quiet", "-p", os.path.dirname(database), name]
    else:
        command = shlex.split(entry["command"])
        command[command.index("-o") + 1] = "/dev/null"
        command.append("-O0")  # optimising, gcc removes faults before it looks for them
        # gcc 12's analyzer takes a vector for one number and every kernel for a fault, a double's bits copied into an
        # integer for nothing, and sees no owner in the last link of the study's list. clang's is right about all three.
        if "/kernels/isa/" not in name:
            command += ["-fanalyzer", "-Wno-analyzer-use-of-uninitialized-value"]
        if name.endswith("/examples/study/common/work.c"):
            command.append("-Wno-analyzer-malloc-leak")
    line = shlex.join(command)
    if line not in seen:
        seen.add(line)
        print(line, end="\0")
PYTHON
}
run() { # run WHICH FILE...: as many at a time as there are processors; clang-tidy's count of suppressed warnings is noise
  local count
  count=$(commands "$@" | tr -cd '\0' | wc -c)
  [ "$count" -gt 0 ] || { echo "no such file is compiled: ${*:2}"; return 1; }
  echo "$count command lines"
  commands "$@" | xargs -0 -P "$(nproc)" -n 1 sh -c 2>&1 | grep -vE '^[0-9]+ warnings? (generated|treated)|^Suppressed |^Use -header-filter'
  [ "${PIPESTATUS[1]}" = 0 ]
}

echo "== gcc"
run gcc "$@" || failed+=("gcc: warnings above")
echo "== clang-tidy"
run clang-tidy "$@" || failed+=("clang-tidy: warnings above")

echo
for ((i = 0; i < ${#failed[@]}; i++)); do echo "FAILED ${failed[i]}"; done
[ ${#failed[@]} = 0 ] && echo "nothing found"
