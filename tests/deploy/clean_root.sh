# A clean Debian 12 in a folder, and what Debian's package of canvas-ws is tested with there. To be sourced, in the root of the repository, after
# scripts/common.sh. Needs root.

clean_root_cache=build/deploy-root.tar

# Why there can be no clean Debian here; nothing if there can.
clean_root_hindrance() {
  local refused
  if ((EUID != 0)); then
    echo 'it needs root, for chroot and mounts'
  elif ! refused=$(unshare --mount --pid --fork true 2>&1); then
    echo "it needs mounts of its own: $refused"
  fi
}

# Debian's repositories as apt on this machine knows them, whatever else it knows.
debian_repositories() {
  apt-get indextargets --format "$1" 'Origin: Debian' 'Identifier: Packages' 'Component: main' | { grep -E ' bookworm(-updates|-security)? ' || true; } | sort -u
}

# make_clean_root FOLDER: the smallest one that debootstrap makes, with the repositories and the network of this machine.
make_clean_root() {
  local root=$1
  # What a repository is called is in its Release file.
  [[ -n $(debian_repositories '$(REPO_URI) $(CODENAME) ') ]] || apt-get update -q >/dev/null
  [[ -f $clean_root_cache ]] || cache_clean_root
  mkdir "$root"
  tar -C "$root" -xpf "$clean_root_cache"
  debian_repositories 'deb $(REPO_URI) $(CODENAME) $(COMPONENT)' >"$root/etc/apt/sources.list"
  apt-config dump | grep -E '^Acquire::https?:' >"$root/etc/apt/apt.conf.d/90machine" || true # a machine may have no such settings
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  if [[ -f /etc/ssl/certs/ca-certificates.crt ]]; then
    mkdir -p "$root/etc/ssl/certs"
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  fi
}

cache_clean_root() {
  local mirror work
  mirror=$(debian_repositories '$(REPO_URI) $(CODENAME) ' | sed -n 's/ bookworm $//p' | head -n 1)
  [[ -n $mirror ]] || die 'apt on this machine knows no repository of Debian 12'
  work=$(mktemp -d)
  debootstrap --variant=minbase bookworm "$work/system" "$mirror" >"$work/log" 2>&1 || die "debootstrap: $(tail "$work/log")"
  rm -f "$work"/system/var/cache/apt/archives/*.deb
  tar -C "$work/system" -cf "$clean_root_cache.new" .
  mv "$clean_root_cache.new" "$clean_root_cache"
  rm -rf "$work"
}

# in_root FOLDER COMMAND...: in process and mount namespaces of its own: what is started there ends with it, and nothing stays mounted.
in_root() {
  unshare --mount --pid --fork --kill-child bash -c '
    mount -t proc proc "$1/proc" &&
      exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$@"
  ' - "$@"
}

# build_package: sets `package` to the file of the package that build/release makes.
build_package() {
  local log packages
  log=$(mktemp)
  rm -f build/release/canvas-ws_*.deb
  cmake --build build/release --target deb >"$log" 2>&1 || die "the package could not be built: $(cat "$log")"
  rm "$log"
  packages=(build/release/canvas-ws_*.deb)
  ((${#packages[@]} == 1)) || die "not one package but ${packages[*]}"
  package=${packages[0]}
}

# bring_packages FOLDER: /packages/new.deb, and old.deb, which is the same as version 0.0.9 with other settings by default.
bring_packages() {
  local root=$1 work
  work=$(mktemp -d)
  mkdir -p "$root/packages"
  cp "$package" "$root/packages/new.deb"
  dpkg-deb -R "$package" "$work/older"
  sed -i 's/^Version: .*/Version: 0.0.9-1/' "$work/older/DEBIAN/control"
  sed -i '1i # The settings of an older version.' "$work/older/etc/canvas-ws/canvas-ws.toml"
  dpkg-deb --root-owner-group -b "$work/older" "$root/packages/old.deb" >/dev/null
  rm -r "$work"
}
