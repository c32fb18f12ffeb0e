#!/usr/bin/env bash
# The units of deploy/systemd as systemd itself reads them: no error, little exposure, and the values that have to fit each other.
# systemd_boot.sh runs them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source scripts/common.sh

units=(canvas-ws.service canvas-ws.socket canvas-ws-health.socket)
longest_drain=9          # s, --drain-timeout
allowed_exposure=1.5     # of 10

# A root in which what the units start is executable.
root=$(mktemp -d)
trap 'rm -r "$root"' EXIT
mkdir -p "$root/lib/systemd/system" "$root/usr/bin" "$root/bin"
cp deploy/systemd/* "$root/lib/systemd/system/"
cp /bin/true "$root/usr/bin/canvas-ws"
cp /bin/true "$root/bin/kill"

verify() { systemd-analyze verify --man=no --recursive-errors=no --root="$root" "${units[@]}" 2>&1; }

said=$(verify) || die "systemd-analyze verify: $said"
[[ -z $said ]] || die "systemd-analyze verify: $said"

# The control: it does see a mistake.
sed -i 's/^Restart=on-failure/Restart=on-failures/' "$root/lib/systemd/system/canvas-ws.service"
[[ -n $(verify) ]] || die 'systemd-analyze verify said nothing about a unit with a mistake'

exposure=$(systemd-analyze security --no-pager --offline=true deploy/systemd/canvas-ws.service |
  sed -n 's/.*Overall exposure level for canvas-ws.service: \([0-9.]*\).*/\1/p')
[[ -n $exposure ]] || die 'systemd-analyze security named no exposure'
awk -v is="$exposure" -v most="$allowed_exposure" 'BEGIN { exit !(is <= most) }' ||
  die "the exposure of canvas-ws.service is $exposure, more than $allowed_exposure"

value() { sed -n "s/^$2=//p" "deploy/systemd/$1"; }
(($(value canvas-ws.service TimeoutStopSec) > longest_drain)) || die 'TimeoutStopSec is not above the time that a drain may take'
[[ $(value canvas-ws.socket FileDescriptorName) == main ]] || die 'the server knows the socket of its port as "main"'
[[ $(value canvas-ws-health.socket FileDescriptorName) == health ]] || die 'the server knows the socket of its health port as "health"'

say "exposure $exposure"
