#!/usr/bin/env bash
# A folder of src/ may include from lower floors only, and no other folder includes an _internal.h (docs/architecture.md).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../src"
declare -A floor=([base]=-1 [log]=0 [lib0]=1 [db]=1 [net]=1 [crdt]=2 [protocol]=2 [store]=2 [auth]=2 [room]=3 [load]=3 [server]=4 [main]=5)
bad=0
while IFS=: read -r file line text; do
  from=${file%%/*}
  path=${text#*\"}
  path=${path%%\"*}
  to=${path%%/*}
  [[ $path == fixtures/* && $file == *_test.cpp ]] && continue
  if [[ -z ${floor[$from]-} || -z ${floor[$to]-} ]]; then
    echo "src/$file:$line: \"$path\" is in no folder that has a floor"
    bad=1
  elif [[ $from != "$to" ]] && ((floor[$from] <= floor[$to])); then
    echo "src/$file:$line: $from (floor ${floor[$from]}) may not include $to (floor ${floor[$to]})"
    bad=1
  elif [[ $from != "$to" && $path == *_internal.h ]]; then
    echo "src/$file:$line: $path is private to $to"
    bad=1
  fi
done < <(grep -rn --include='*.h' --include='*.cpp' '^#include "' .| sed 's#^\./##')
exit $bad
