#!/usr/bin/env bash
# Half an hour of mixed load with faults, and what it left behind (bench/README.md).
#   bench/soak.sh [--minutes N] [--quick] [--help]      BUILD=folder of the binaries, default build/release
set -euo pipefail
source "$(dirname "$0")/common/start.sh"
exec "$node" "$bench/soak/main.mjs" "$@"
