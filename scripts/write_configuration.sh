#!/usr/bin/env bash
# Writes docs/configuration.md anew, from the options of build/release/canvas-ws. tests/cli/manual.test.mjs checks that it is current.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
page=$(build/release/canvas-ws manual --format markdown)
printf '%s\n' "$page" >docs/configuration.md
