#!/usr/bin/env bash
# Builds the Debian package, looks at it, and installs it into a clean Debian 12: upgrade, removal and purge included. Uses build/release.
# Needs root for the clean Debian (chroot, mounts), of which the beginning is kept in build/deploy-root.tar.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source scripts/common.sh
source tests/deploy/clean_root.sh

allowed_bytes=10000000
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

main() {
  build_package
  look_at_package
  look_at_manual
  local hindrance
  hindrance=$(clean_root_hindrance)
  if [[ -n $hindrance ]]; then
    say "skipped: installing the package into a clean Debian: $hindrance"
    exit 77
  fi
  install_in_root
}

look_at_package() {
  local bytes said
  bytes=$(stat -c %s "$package")
  ((bytes < allowed_bytes)) || die "the package has $bytes bytes, $allowed_bytes are allowed"
  said=$(lintian --allow-root --tag-display-limit 0 "$package") || die "lintian: $said"
  [[ ! $said =~ (^|$'\n')E: ]] || die "lintian: $said"
  dpkg-deb -x "$package" "$scratch/files"
  said=$(cd "$scratch/files" && find . -name '*.a' -o -name '*.h' -o -name '*.cmake')
  [[ -z $said ]] || die "the engine is in the package of the server: $said"
  ! readelf -S "$scratch/files/usr/bin/canvas-ws" | grep -q '\.symtab' || die 'the binary is not stripped'
  [[ $(dpkg-deb -f "$package" Depends) == *libpq5* ]] || die "dependencies were not found out: $(dpkg-deb -f "$package" Depends)"
  for example in nginx/canvas-ws.conf nginx/upstream-hash.conf pm2/ecosystem.config.cjs grafana/canvas-ws.json prometheus/alerts.yml; do
    cmp "deploy/$example" "$scratch/files/usr/share/doc/canvas-ws/examples/$example"
  done
  say "$package: $bytes bytes; $(dpkg-deb -f "$package" Depends)"
}

look_at_manual() {
  local said
  said=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=100 man --warnings -l "$scratch/files/usr/share/man/man1/canvas-ws.1.gz" 2>&1 >"$scratch/manual") ||
    die "man: $said"
  [[ -z $said ]] || die "the manual page has mistakes: $said"
  grep -q -- --trusted-proxies "$scratch/manual" || die 'the manual page has no --trusted-proxies'
}

install_in_root() {
  make_clean_root "$scratch/system"
  # As in a container: nothing is started.
  printf '#!/bin/sh\nexit 101\n' >"$scratch/system/usr/sbin/policy-rc.d"
  chmod 755 "$scratch/system/usr/sbin/policy-rc.d"
  bring_packages "$scratch/system"
  cp tests/deploy/deb_in_root.sh "$scratch/system/packages/"
  in_root "$scratch/system" bash /packages/deb_in_root.sh "$(build/release/canvas-ws --version)"
}

main
