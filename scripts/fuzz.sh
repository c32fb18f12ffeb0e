#!/usr/bin/env bash
# fuzz.sh BUILD_FOLDER SECONDS: runs every fuzz target of the build for so long, two at a time, from the seeds that it makes.
# What it finds is left in BUILD_FOLDER/findings.
set -euo pipefail
build=$1
seconds=$2
mkdir -p "$build/findings"

fuzz() {
  local target=$1 name
  name=$(basename "$target")
  local corpus=$build/corpus/$name
  mkdir -p "$corpus"
  [[ ! -x $build/fuzz_seeds ]] || "$build/fuzz_seeds" "$name" "$corpus"
  if "$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -max_len=16384 -print_final_stats=1 \
    -artifact_prefix="$build/findings/$name-" "$corpus" >"$build/$name.log" 2>&1; then
    echo "$name: $(sed -n 's/^stat::number_of_executed_units: */executions: /p' "$build/$name.log")"
  else
    tail -n 60 "$build/$name.log"
    echo "$name: FAILED, see $build/findings"
    return 1
  fi
}
export -f fuzz
export build seconds
find "$build" -maxdepth 1 -type f -perm -u+x -name 'fuzz_*' ! -name fuzz_seeds | sort |
  xargs -P 2 -I{} bash -c 'fuzz {}'
