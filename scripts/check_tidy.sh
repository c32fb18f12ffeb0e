#!/usr/bin/env bash
# clang-tidy on all of src/ but the tests. It reads what the unity build compiles, eight files of a folder as one: most of its time goes into headers.
# Needs build/lint/compile_commands.json (cmake --preset lint).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
sed -n 's/^ *"file": "\(.*\)".*/\1/p' build/lint/compile_commands.json |
  xargs -P 2 -n 1 clang-tidy -p build/lint --quiet --checks=-bugprone-suspicious-include --extra-arg=-Wno-unknown-warning-option 2>/dev/null
