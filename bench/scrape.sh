#!/usr/bin/env bash
# Measures what it costs that somebody watches: one canvas-ws under the same load, with and without scrapes (bench/README.md).
#   bench/scrape.sh [--quick] [--help ...]      BUILD=folder of the binaries, default build/release
set -euo pipefail
source "$(dirname "$0")/common/start.sh"
exec "$node" "$bench/scrape/main.mjs" "$@"
