#!/usr/bin/env bash
# Every header compiles on its own, with the flags of the release build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
flags=(-std=c++20 -fsyntax-only -Isrc -Itests -DCANVAS_VERSION='"0"' -DBOOST_ASIO_SEPARATE_COMPILATION
  -DBOOST_BEAST_SEPARATE_COMPILATION -DBOOST_ASIO_NO_DEPRECATED)
git ls-files --cached --others --exclude-standard 'src/*.h' |
  xargs -P 2 -I{} g++ "${flags[@]}" -include {} -x c++ /dev/null
