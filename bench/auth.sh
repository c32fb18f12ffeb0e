#!/usr/bin/env bash
# Measures what it costs to let somebody in who has a Better Auth session, beside Hocuspocus with Better Auth (bench/README.md).
#   bench/auth.sh [--quick] [--help ...]      BUILD=folder of the binaries, default build/release
set -euo pipefail
source "$(dirname "$0")/common/start.sh"
exec "$node" "$bench/auth/main.mjs" "$@"
