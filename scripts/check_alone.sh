#!/usr/bin/env bash
# Every source and every header compiles on its own: the unity build would not miss an include that another file of the folder has. A header that its own
# .cpp includes before anything else is compiled with that.
#   scripts/check_alone.sh              about two minutes on two cores
#   scripts/check_alone.sh --headers    the other headers alone, in a quarter of that
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
flags=(-std=c++20 -fsyntax-only -Isrc -Itests -I/usr/include/postgresql -DCANVAS_VERSION='"0"' -DBOOST_ASIO_SEPARATE_COMPILATION
  -DBOOST_BEAST_SEPARATE_COMPILATION -DBOOST_ASIO_NO_DEPRECATED)

is_first_of_its_source() {
  local source=${1%.h}.cpp
  [[ -f $source && $(grep -m 1 '^#include' "$source") == "#include \"${1#src/}\"" ]]
}

files() { git ls-files --cached --others --exclude-standard "$@"; }

{
  files 'src/*.h' | while read -r header; do is_first_of_its_source "$header" || echo "$header"; done
  [[ ${1-} == --headers ]] || files 'src/*.cpp' | grep -v '_test\.cpp$'
} | xargs -P 2 -I{} g++ "${flags[@]}" -include {} -x c++ /dev/null
