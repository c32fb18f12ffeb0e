# The life of the package on a machine: run by deb.sh as root of a clean Debian, with /packages/old.deb and new.deb.
# $1: what canvas-ws --version is to say.
set -euo pipefail

settings=/etc/canvas-ws/canvas-ws.toml
secrets=/etc/canvas-ws/canvas-ws.env
data=/var/lib/canvas-ws

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# step NAME COMMAND...: prints what the command said only when it fails.
step() {
  local name=$1
  shift
  "$@" >/tmp/step.log 2>&1 || {
    cat /tmp/step.log >&2
    fail "$name"
  }
  echo "   $name"
}

apt() { apt-get -q -y --no-install-recommends -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"; }

expect() { [[ $2 == "$3" ]] || fail "$1 is \"$2\", not \"$3\""; }

# start_server FILE [NAME=VALUE...]: as the unit does, with the settings in FILE.
start_server() {
  local file=$1
  shift
  : >/tmp/server.log
  (cd "$data" && exec setpriv --reuid canvas-ws --regid canvas-ws --clear-groups --no-new-privs \
    env "$@" canvas-ws serve --config "$file" >/tmp/server.log 2>&1) &
  server=$!
  for _ in {1..300}; do
    grep -q server.listening /tmp/server.log && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  fail "the server did not start with $file: $(cat /tmp/server.log)"
}

stop_server() {
  kill -TERM "$server"
  wait "$server" || fail "the server ended with $?: $(cat /tmp/server.log)"
  grep -q '"committed":true' /tmp/server.log || fail "the server did not say that all is committed: $(cat /tmp/server.log)"
}

# status_of PORT PATH: of the answer to a GET; there is no curl here.
status_of() {
  exec 3<>"/dev/tcp/127.0.0.1/$1"
  printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' "$2" >&3
  local line
  read -r line <&3
  exec 3>&-
  cut -d ' ' -f 2 <<<"$line"
}

is_installed() { [[ $(dpkg-query -W -f '${Status}' canvas-ws 2>/dev/null) == 'install ok installed' ]]; }

installed_well() {
  expect 'the version' "$(canvas-ws --version)" "$1"
  expect "$secrets" "$(stat -c '%a %U:%G' "$secrets")" '640 root:canvas-ws'
  expect "$settings" "$(stat -c '%a %U:%G' "$settings")" '644 root:root'
  expect "$data" "$(stat -c '%a %U:%G' "$data")" '750 canvas-ws:canvas-ws'
  expect 'the shell of canvas-ws' "$(getent passwd canvas-ws | cut -d : -f 6,7)" "$data:/usr/sbin/nologin"
  for wanted in multi-user.target.wants/canvas-ws.service sockets.target.wants/canvas-ws.socket sockets.target.wants/canvas-ws-health.socket; do
    [[ -L /etc/systemd/system/$wanted ]] || fail "$wanted is not enabled"
  done
}

serves_as_shipped() {
  start_server "$settings"
  expect '/health' "$(status_of 3001 /health)" 200
  expect '/health on the health port' "$(status_of 3002 /health)" 200
  stop_server
  expect 'the database' "$(stat -c '%U:%G' "$data/canvas-ws.sqlite")" canvas-ws:canvas-ws
}

# All that stands commented in the file, but what makes it need PostgreSQL and a secret.
serves_with_what_is_suggested() {
  sed -E 's/^# ([a-z-]+ = )/\1/; s/^(health-port) = .*/\1 = 4002/; s/^(port) = .*/\1 = 4001/' "$settings" >/tmp/all.toml
  grep -vE '^(auth|permissions|base-url|allowed-origins) = ' /tmp/all.toml >/tmp/suggested.toml
  (($(grep -cE '^[a-z-]+ = ' /tmp/suggested.toml) > 8)) || fail 'the shipped settings suggest nothing'
  start_server /tmp/suggested.toml
  expect '/health' "$(status_of 4001 /health)" 200
  expect '/health on the health port' "$(status_of 4002 /health)" 200
  stop_server
  start_server /tmp/suggested.toml WS_PORT=4005
  expect '/health where the environment wants it' "$(status_of 4005 /health)" 200
  stop_server
  local names key
  names=$(canvas-ws serve --help)
  for key in $(sed -nE 's/^([a-z-]+) = .*/\1/p' /tmp/all.toml); do
    grep -q -- "--$key " <<<"$names" || fail "$key in $settings is no option"
  done
}

edit() {
  sed -i 's/^# log-level = .*/log-level = "warn"/' "$settings"
  echo 'BETTER_AUTH_SECRET=ours' >>"$secrets"
}

kept_what_was_edited() {
  grep -q '^log-level = "warn"' "$settings" || fail 'the upgrade has undone a setting'
  ! cmp -s "$settings" "$settings.dpkg-dist" || fail 'the settings are those of the new version'
  grep -q '^BETTER_AUTH_SECRET=ours' "$secrets" || fail 'the upgrade has undone a secret'
  expect "$secrets" "$(stat -c '%a %U:%G' "$secrets")" '640 root:canvas-ws'
}

removed_but_kept() {
  ! is_installed || fail 'it is still installed'
  [[ ! -e /usr/bin/canvas-ws && -e $settings && -e $secrets && -e $data/canvas-ws.sqlite ]] || fail "$(ls -l /usr/bin/canvas-ws /etc/canvas-ws "$data")"
}

purged_but_data() {
  [[ ! -e /etc/canvas-ws ]] || fail "there is still $(ls /etc/canvas-ws)"
  [[ -e $data/canvas-ws.sqlite ]] || fail 'the documents are gone'
  getent passwd canvas-ws >/dev/null || fail 'whose are the documents now?'
  [[ -z $(find /etc/systemd/system -name 'canvas-ws*') ]] || fail "$(find /etc/systemd/system -name 'canvas-ws*')"
  grep -q 'the documents in /var/lib/canvas-ws were kept' /tmp/step.log || fail "the purge did not say that documents were kept: $(cat /tmp/step.log)"
}

step 'apt-get update' apt update
step 'install the older version' apt install /packages/old.deb
edit
step 'upgrade' apt install /packages/new.deb
is_installed || fail 'it is not installed'
installed_well "$1"
kept_what_was_edited
cp "$settings.dpkg-dist" "$settings"
serves_as_shipped
serves_with_what_is_suggested
step 'remove' apt remove canvas-ws
removed_but_kept
step 'purge' apt purge canvas-ws
purged_but_data
step 'install again, over the documents that were kept' apt install /packages/new.deb
installed_well "$1"
serves_as_shipped
echo '   settings, secrets and documents stayed where they had to'
