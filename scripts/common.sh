# What ./run and ./test share. To be sourced, in the root of the repository.

# All from Debian 12.
build_packages=(g++ cmake ninja-build libboost1.81-dev libboost-json1.81-dev libcli11-dev libsqlite3-dev libpq-dev libxxhash-dev libssl-dev libsystemd-dev prometheus-cpp-dev)
test_packages=(libgtest-dev libgmock-dev libbenchmark-dev clang libclang-rt-14-dev llvm-14 clang-format clang-tidy git curl procps postgresql-15 xz-utils groff-base openssl)
# For a Debian package: cmake --build build/release --target deb.
package_packages=(dpkg-dev file)
# Where systemd runs, installing nginx starts it, on port 80. The tests need only /usr/sbin/nginx, and give it ports and a folder of their own.
deploy_packages=(nginx openssl debootstrap lintian binutils systemd systemd-container man-db groff-base)

say() { printf '== %s\n' "$*"; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# install_packages NAME...: those that are missing.
install_packages() {
  local missing=() name
  for name in "$@"; do
    [[ $(dpkg-query -W -f '${Status}' "$name" 2>/dev/null) == *'ok installed' ]] || missing+=("$name")
  done
  ((${#missing[@]})) || return 0
  say "installing ${missing[*]}"
  local sudo=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "these packages are missing, and only root can install them: ${missing[*]}"
    sudo=(sudo)
  fi
  "${sudo[@]}" apt-get update -q >/dev/null || die "apt-get update failed: is there a network?"
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null ||
    die "apt-get could not install them"
}

# build PRESET TESTS [TARGET...]: TESTS is ON or OFF; without a target all is built. One at a time in a folder.
build() {
  local preset=$1 tests=$2
  shift 2
  say "building $preset${*:+: $*}"
  mkdir -p build
  (
    flock 9
    cmake --preset "$preset" -DCANVAS_TESTS="$tests" -Wno-dev >"build/$preset.log" 2>&1 || {
      cat "build/$preset.log"
      die "cmake could not configure $preset"
    }
    cmake --build "build/$preset" ${*:+--target "$@"}
  ) 9>"build/$preset.lock"
}
