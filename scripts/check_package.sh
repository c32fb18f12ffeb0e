#!/usr/bin/env bash
# The engine can be linked from outside: installs it into a temporary folder, compiles its headers as they are there, builds examples/crdt
# against it and runs that.
#
#   scripts/check_package.sh            what build/release has; of the build of the engine alone only that it can be configured
#   scripts/check_package.sh --alone    builds the engine alone first, with no other library to be found
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

quietly() { "$@" >"$folder/log" 2>&1 || { cat "$folder/log"; return 1; }; }

hidden=()
for library in OpenSSL PostgreSQL SQLite3 CLI11 GTest; do hidden+=("-DCMAKE_DISABLE_FIND_PACKAGE_$library=ON"); done
quietly cmake -G Ninja -S . -B "$folder/alone" -DCMAKE_BUILD_TYPE=Release -DCANVAS_ONLY_CRDT=ON -DCANVAS_TESTS=OFF "${hidden[@]}"
build=build/release
if [[ ${1-} == --alone ]]; then
  build=$folder/alone
  cmake --build "$build"
else
  quietly cmake --build "$build" --target canvas_crdt
fi
quietly cmake --install "$build" --component crdt --prefix "$folder/prefix"

headers=$folder/prefix/include/canvas
[[ -z $(find "$headers" -name '*_internal.h') ]] || { echo 'a private header is installed'; exit 1; }
(cd "$headers" && find . -name '*.h' -printf '#include "%P"\n') | g++ -std=c++20 -fsyntax-only -I"$headers" -x c++ -

quietly cmake -G Ninja -S examples/crdt -B "$folder/example" -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$folder/prefix"
quietly cmake --build "$folder/example"
"$folder/example/example"
