#!/usr/bin/env bash
# clang-tidy on src/ but the tests. It reads what the unity build compiles, eight files of a folder as one: most of its time goes into headers.
# Needs build/lint/compile_commands.json (cmake --preset lint).
#   scripts/check_tidy.sh            about four minutes on two cores
#   scripts/check_tidy.sh --quick    without the folders that pull in Boost.Asio, in half of that
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
left_out='^$'
[[ ${1-} != --quick ]] || left_out='/canvas_(net|server|load|main)\.dir/|/canvas-ws\.dir/'
sed -n 's/^ *"file": "\(.*\)".*/\1/p' build/lint/compile_commands.json | grep -Ev "$left_out" |
  xargs -P 2 -n 1 clang-tidy -p build/lint --quiet --checks=-bugprone-suspicious-include --extra-arg=-Wno-unknown-warning-option 2>/dev/null
