#!/usr/bin/env bash
# Measures canvas-ws beside the bare epoll relay and the servers that it replaces, in one run (bench/README.md).
#   bench/fanout.sh [--quick] [--help ...]      BUILD=folder of the binaries, default build/release
set -euo pipefail
source "$(dirname "$0")/common/start.sh"
exec "$node" "$bench/fanout/main.mjs" "$@"
