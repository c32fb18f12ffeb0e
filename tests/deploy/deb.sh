#!/usr/bin/env bash
# Builds the Debian package, looks at it, and installs it into a clean Debian 12: upgrade, removal and purge included. Uses build/release.
# Needs root for the clean Debian (chroot, mounts), which is kept in build/deploy-root.tar.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source scripts/common.sh

allowed_bytes=10000000
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

main() {
  build_package
  look_at_package
  look_at_manual
  if ((EUID != 0)); then
    say 'skipped: installing the package into a clean Debian needs root (chroot and mounts)'
    return
  fi
  if ! unshare --mount --pid --fork true 2>"$scratch/refused"; then
    say "skipped: installing the package into a clean Debian needs mounts of its own: $(cat "$scratch/refused")"
    return
  fi
  make_root
  make_older_package
  install_in_root
}

build_package() {
  rm -f build/release/canvas-ws_*.deb
  cmake --build build/release --target deb >"$scratch/log" 2>&1 || die "the package could not be built: $(cat "$scratch/log")"
  packages=(build/release/canvas-ws_*.deb)
  ((${#packages[@]} == 1)) || die "not one package but ${packages[*]}"
  package=${packages[0]}
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
  for example in nginx/canvas-ws.conf nginx/upstream-hash.conf pm2/ecosystem.config.cjs; do
    cmp "deploy/$example" "$scratch/files/usr/share/doc/canvas-ws/examples/$example"
  done
  say "$package: $bytes bytes; $(dpkg-deb -f "$package" Depends)"
}

look_at_manual() {
  local said
  said=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=100 man --warnings -l "$scratch/files/usr/share/man/man1/canvas-ws.1.gz" 2>&1 >"$scratch/manual") ||
    die "man: $said"
  [[ -z $said ]] || die "the manual page has mistakes: $said"
  grep -q canvas-ws "$scratch/manual" || die 'the manual page has no --drain-timeout'
}

# Debian's repositories as this machine knows them, whatever else it knows.
repositories() {
  apt-get indextargets --format "$1" 'Origin: Debian' 'Identifier: Packages' 'Component: main' | grep -E ' bookworm(-updates|-security)? ' | sort -u
}

make_root() {
  local cached=build/deploy-root.tar mirror
  if [[ ! -f $cached ]]; then
    mirror=$(repositories '$(REPO_URI) $(CODENAME) ' | sed -n 's/ bookworm $//p' | head -n 1)
    [[ -n $mirror ]] || die 'apt on this machine knows no repository of Debian 12'
    debootstrap --variant=minbase bookworm "$scratch/new" "$mirror" >"$scratch/log" 2>&1 || die "debootstrap: $(tail "$scratch/log")"
    rm -rf "$scratch"/new/var/cache/apt/archives/*.deb
    tar -C "$scratch/new" -cf "$cached.new" . && mv "$cached.new" "$cached"
    rm -rf "$scratch/new"
  fi
  root=$scratch/root
  mkdir "$root"
  tar -C "$root" -xpf "$cached"
  repositories 'deb $(REPO_URI) $(CODENAME) $(COMPONENT)' >"$root/etc/apt/sources.list"
  apt-config dump | grep -E '^Acquire::https?:' >"$root/etc/apt/apt.conf.d/90machine" || true  # a machine may have no such settings
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  if [[ -f /etc/ssl/certs/ca-certificates.crt ]]; then
    mkdir -p "$root/etc/ssl/certs"
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  fi
  # As in a container: nothing is started.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
}

# The same, as version 0.0.9 with other settings by default.
make_older_package() {
  mkdir -p "$root/packages"
  cp "$package" "$root/packages/new.deb"
  dpkg-deb -R "$package" "$scratch/older"
  sed -i 's/^Version: .*/Version: 0.0.9-1/' "$scratch/older/DEBIAN/control"
  sed -i '1i # The settings of an older version.' "$scratch/older/etc/canvas-ws/canvas-ws.toml"
  dpkg-deb --root-owner-group -b "$scratch/older" "$root/packages/old.deb" >/dev/null
}

# In process and mount namespaces of its own: whatever is started there ends with it, and nothing stays mounted.
install_in_root() {
  cp tests/deploy/deb_in_root.sh "$root/packages/"
  unshare --mount --pid --fork --kill-child bash -c '
    mount -t proc proc "$1/proc" && exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 chroot "$1" bash /packages/deb_in_root.sh "$2"
  ' - "$root" "$(build/release/canvas-ws --version)"
}

main
