#!/usr/bin/env bash
# Every header compiles on its own, with the flags of the release build. One that its own .cpp includes before anything else has been compiled so by the build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
flags=(-std=c++20 -fsyntax-only -Isrc -Itests -DCANVAS_VERSION='"0"' -DBOOST_ASIO_SEPARATE_COMPILATION
  -DBOOST_BEAST_SEPARATE_COMPILATION -DBOOST_ASIO_NO_DEPRECATED)

is_first_of_its_source() {
  local source=${1%.h}.cpp
  [[ -f $source && $(grep -m 1 '^#include' "$source") == "#include \"${1#src/}\"" ]]
}

git ls-files --cached --others --exclude-standard 'src/*.h' |
  while read -r header; do is_first_of_its_source "$header" || echo "$header"; done |
  xargs -P 2 -I{} g++ "${flags[@]}" -include {} -x c++ /dev/null
