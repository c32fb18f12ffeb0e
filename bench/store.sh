#!/usr/bin/env bash
# Measures durable acknowledgements, on a PostgreSQL cluster of its own and on SQLite, beside Hocuspocus with its database extension (bench/README.md).
#   bench/store.sh [--quick] [--help ...]      BUILD=folder of the binaries, default build/release
set -euo pipefail
source "$(dirname "$0")/common/start.sh"
exec "$node" "$bench/store/main.mjs" "$@"
