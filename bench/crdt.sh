#!/usr/bin/env bash
# Measures the engine (src/crdt) beside Yjs and ywasm (bench/README.md). Builds what it needs.
#   bench/crdt.sh [--quick] [--instructions] [--help ...]      BUILD=folder of the binaries, default build/release; given, nothing is built
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
source "$root/scripts/common.sh"
(cd "$root" && install_packages "${build_packages[@]}" xz-utils)
[[ " $* " != *' --instructions '* ]] || install_packages valgrind
[[ -n ${BUILD-} ]] || (cd "$root" && build release ON bench_crdt) >&2
source "$root/bench/common/start.sh"
exec "$node" --max-old-space-size=4096 "$bench/crdt/main.mjs" "$@"
