#!/bin/sh
# Compares the speed of a training step in two builds, density by density, and says where the new one is slower.
#   speed.sh [OPTION VALUE]... [--record] OLD NEW      OLD, NEW: build folders with tests/bench_step in them
#   speed.sh --self-test                               shows that it tells slower from as fast, with stand-ins for both
# --data DIR        MNIST's four IDX files; otherwise $MNIST_DIR, or build/data/mnist
# --isa NAME        instruction set: automatic (the default), portable, avx2, avx512 or neon
# --rounds N        how often both programs run in turns, 9 unless given; the medians of their ratios count
# --densities LIST  1,.513,.211,.101,.037,.012 unless given
# --clock NAME      wall (the default), or processor for a machine that has other work
# --record          appends the figures to tests/bench/history.csv
# Exit code 1 if a density is more than 3 % slower. Two builds of one source should give ratios of 1: try that first, on
# an idle machine, to see what it can tell. About 15 seconds a round.
set -eu
LC_ALL=C
export LC_ALL
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

usage() {
  sed -n '3,10s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

# commit FOLDER: of the source that the build folder belongs to.
commit() {
  source=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$1/CMakeCache.txt" 2>/dev/null || :)
  git -C "${source:-/nowhere}" describe --always --dirty 2>/dev/null || echo unknown
}

# Medians from the files old.N and new.N: "density old_microseconds new_microseconds ratio least most".
medians() {
  awk '
    function median(list, count, i, j, x) {
      for (i = 2; i <= count; i++) {
        x = list[i]
        for (j = i - 1; j >= 1 && list[j] > x; j--) list[j + 1] = list[j]
        list[j + 1] = x
      }
      return count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
    }
    /^#/ { next }
    {
      match(FILENAME, /(old|new)\.[0-9]+$/)
      side = substr(FILENAME, RSTART, 3)
      round = substr(FILENAME, RSTART + 4) + 0 # a number: as text, 10 is below 9
      if (!($2 in seen)) { seen[$2] = 1; densities[++count] = $2 }
      time[side, $2, round] = $3 + 0
      if (round > rounds) rounds = round
    }
    END {
      for (i = 1; i <= count; i++) {
        for (round = 1; round <= rounds; round++) {
          old[round] = time["old", densities[i], round]
          new[round] = time["new", densities[i], round]
          if (!(old[round] > 0 && new[round] > 0)) {
            print "no figure at density " densities[i] >"/dev/stderr"
            exit 1
          }
          ratio[round] = new[round] / old[round]
        }
        middle = median(ratio, rounds)
        printf "%s %.2f %.2f %.4f %.4f %.4f\n", densities[i], median(old, rounds), median(new, rounds), middle, ratio[1],
          ratio[rounds]
      }
      exit count == 0
    }' "$work"/old.* "$work"/new.*
}

# verdict FILE: the table, and a word on each density and on the whole.
verdict() {
  awk '
    BEGIN { print "density    old us    new us     ratio   least    most" }
    {
      word = $4 > 1.03 ? "SLOWER" : $4 < 0.97 ? "faster" : "as fast"
      slower += $4 > 1.03
      printf "%7s %9.2f %9.2f %9.3f %7.3f %7.3f  %s\n", $1, $2, $3, $4, $5, $6, word
    }
    END {
      if (slower) print "SLOWER by more than 3 % at " slower " of " NR " densities"
      else print "no density is slower by more than 3 %"
      exit slower > 0
    }' "$1"
}

# record FILE OLD_COMMIT NEW_COMMIT: appends the medians to $history.
record() {
  [ -f "$history" ] || echo date,commit,against,cpu,isa,clock,rounds,density,microseconds,ratio >"$history"
  while read -r density _ new ratio _; do
    echo "$(date +%Y-%m-%d),$3,$2,$cpu,$kernels,$clock,$rounds,$density,$new,$ratio"
  done <"$1" >>"$history"
}

# turns OLD NEW: both programs in every round, each first in every second one.
turns() {
  round=1
  while [ "$round" -le "$rounds" ]; do
    echo "round $round of $rounds" >&2
    [ $((round % 2)) = 0 ] && order="new old" || order="old new"
    for side in $order; do
      [ "$side" = old ] && folder=$1 || folder=$2
      "$folder/tests/bench_step" --data "$data" --rounds 3 --isa "$isa" --densities "$densities" --clock "$clock" \
        >"$work/$side.$round" || { echo "$folder/tests/bench_step fails" >&2; exit 2; }
    done
    round=$((round + 1))
  done
}

compare() { # compare OLD NEW
  turns "$1" "$2"
  cpu=$(sed -n '1s/^# //p' "$work/new.1" | tr ',' ' ')
  kernels=$(sed -n 's/^# .*kernels: \([a-z0-9]*\).*/\1/p' "$work/new.1")
  echo "$(date +%Y-%m-%d), $cpu, kernels $kernels, $(nproc) processors, $rounds rounds, $clock clock"
  echo "source of old: $(commit "$1"); of new: $(commit "$2")"
  medians >"$work/medians" || exit 2
  ! $recording || record "$work/medians" "$(commit "$1")" "$(commit "$2")"
  verdict "$work/medians"
}

self_test() {
  data=- rounds=3 densities=1,.1 clock=wall isa=automatic recording=true history=$work/history.csv failed=0
  stand_in() { # stand_in FOLDER TIME...: takes these times at density 0.1, round after round
    rm -rf "${work:?}/$1"
    mkdir -p "$work/$1/tests"
    folder=$work/$1
    shift
    printf '%s\n' "$@" >"$folder/times"
    cat >"$folder/tests/bench_step" <<PROGRAM
#!/bin/sh
echo '# A processor, of some kind'
echo '# liblottery; CPU: avx2; kernels: avx2; BLIS'
echo model 1.000 500.00 dense
echo model 0.100 \$(head -1 '$folder/times') packed
sed -i 1d '$folder/times'
PROGRAM
    chmod +x "$folder/tests/bench_step"
  }
  expect() { # expect STATUS TEXT
    status=0
    (compare "$work/one" "$work/two") >"$work/said" 2>&1 || status=$?
    if [ $status != "$1" ] || ! grep -q "$2" "$work/said"; then
      echo "expected exit code $1 and '$2':"
      cat "$work/said"
      failed=1
    fi
  }
  stand_in one 100 100 100
  stand_in two 102 90 300 # one disturbed round
  expect 0 '^no density is slower'
  stand_in one 100 200 100
  stand_in two 104 208 90
  expect 1 '^ *0.100 .* 1.040 .*SLOWER$'
  grep -q ',A processor  of some kind,avx2,wall,3,0.100,104.00,1.0400$' "$history" || { echo "not recorded"; failed=1; }
  [ "$(wc -l <"$history")" = 5 ] || { echo "not two lines for each comparison and one of names"; failed=1; }
  rounds=9
  stand_in one 100 100 100 100 100 100 100 100 100
  stand_in two 90 90 90 90 90 90 90 90 90
  expect 0 '^ *0.100 .* 0.900 .*faster$'
  rounds=3
  stand_in one 100 100 100
  stand_in two 100
  expect 2 'no figure at density 0.100'
  return $failed
}

data=${MNIST_DIR:-$here/../build/data/mnist} isa=automatic rounds=9 densities=1,.513,.211,.101,.037,.012 clock=wall
recording=false history=$here/bench/history.csv
[ "${1-}" != --self-test ] || { self_test; exit; }
while [ $# -gt 2 ] || [ "${1-}" = --record ]; do
  case $1 in
    --record) recording=true; shift; continue ;;
    --data) data=$2 ;;
    --isa) isa=$2 ;;
    --rounds) rounds=$2 ;;
    --densities) densities=$2 ;;
    --clock) clock=$2 ;;
    *) usage ;;
  esac
  shift 2
done
[ $# = 2 ] && [ "$rounds" -gt 0 ] 2>/dev/null || usage
[ -d "$data" ] || { echo "MNIST's files are not in $data: say where with --data" >&2; exit 2; }
compare "$1" "$2"
