#!/usr/bin/env bash
# The units under a real systemd: a clean Debian with the package in it is booted by systemd-nspawn, and systemd_in_root.sh runs there. Uses build/release.
# Needs root, and a kernel that lets systemd-nspawn boot; else it is skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source scripts/common.sh
source tests/deploy/clean_root.sh

boot_timeout=60    # s until systemd runs
result_timeout=300 # s
scratch=$(mktemp -d)
root=$scratch/system
machine=
trap '[[ -z $machine ]] || kill -KILL "$machine" 2>/dev/null || true; rm -rf "$scratch"' EXIT

main() {
  local hindrance
  hindrance=$(clean_root_hindrance)
  [[ -z $hindrance ]] || skip "$hindrance"
  # PrivateUsers= of the unit; the kernel allows none in a chroot.
  hindrance=$(unshare --user true 2>&1) || skip "it needs user namespaces: $hindrance"
  build_package
  prepare
  boot
  cat "$root/packages/output"
  [[ $(cat "$root/packages/result") == 0 ]] || die 'the units do not work as they have to'
}

skip() {
  say "skipped: booting a Debian with the units: $1"
  exit 77
}

prepare() {
  make_clean_root "$root"
  bring_packages "$root"
  cp tests/deploy/systemd_in_root.sh "$root/packages/"
  cat >"$root/lib/systemd/system/canvas-ws-booted.service" <<'END'
[Service]
Type=oneshot
ExecStart=/bin/sh -c '>/packages/booted'
[Install]
WantedBy=multi-user.target
END
  cat >"$root/lib/systemd/system/canvas-ws-test.service" <<'END'
[Unit]
After=canvas-ws.service
[Service]
Type=oneshot
ExecStart=/bin/bash /packages/systemd_in_root.sh
ExecStopPost=/bin/sh -c 'echo "$EXIT_STATUS" >/packages/result.new && mv /packages/result.new /packages/result'
StandardOutput=append:/packages/output
StandardError=inherit
[Install]
WantedBy=multi-user.target
END
  in_root "$root" bash -euc '
    apt-get -q update && apt-get -q -y --no-install-recommends install systemd systemd-sysv dbus curl /packages/old.deb
    systemctl enable canvas-ws-booted.service canvas-ws-test.service' >"$scratch/log" 2>&1 || die "the Debian to boot could not be made: $(tail "$scratch/log")"
}

# Resolves nothing and reaches nobody: its ports are its own.
boot() {
  systemd-nspawn --quiet --register=no --keep-unit --private-network --console=pipe -D "$root" -b >"$scratch/console" 2>&1 </dev/null &
  machine=$!
  comes_up "$root/packages/booted" "$boot_timeout" || skip "systemd-nspawn cannot: $(tail -n 3 "$scratch/console")"
  comes_up "$root/packages/result" "$result_timeout" || die "no result: $(tail "$scratch/console" "$root/packages/output")"
  kill -TERM "$machine"
  wait "$machine" || true # what counts is the result in the file
  machine=
}

# comes_up FILE SECONDS: waits for a file that the machine makes, for so long at most.
comes_up() {
  local tenths
  for ((tenths = 0; tenths < 10 * $2; ++tenths)); do
    if [[ -e $1 ]]; then return; fi
    kill -0 "$machine" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

main
