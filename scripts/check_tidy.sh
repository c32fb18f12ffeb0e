#!/usr/bin/env bash
# clang-tidy on the folders that do not pull in Boost.Asio (there it takes minutes a file). Needs build/lint/compile_commands.json (cmake --preset lint).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
git ls-files --cached --others --exclude-standard src/{base,log,lib0,crdt,protocol,db,store,auth,room}/'*.cpp' |
  grep -v '_test\.cpp$' | xargs -P 2 -n 4 clang-tidy -p build/lint --quiet --extra-arg=-Wno-unknown-warning-option 2>/dev/null
