# What the units promise: run by systemd_boot.sh in a Debian that was booted with version 0.0.9 of the package, with /packages/new.deb.
set -euo pipefail

health=http://127.0.0.1:3001/health

fail() {
  printf 'error: %s\n' "$*" >&2
  journalctl --no-pager -n 30 -u canvas-ws >&2
  exit 1
}

step() { echo "   $*"; }

property() { systemctl show -P "$1" canvas-ws.service; }

# wait_for WHAT COMMAND...: until the command succeeds.
wait_for() {
  local what=$1
  shift
  for _ in {1..300}; do
    if "$@"; then return; fi
    sleep 0.1
  done
  fail "waited 30 s for $what"
}

expect() { [[ $2 == "$3" ]] || fail "$1 is \"$2\", not \"$3\""; }

is_serving() { [[ $(curl -s -o /dev/null -w '%{http_code}' --max-time 20 "$health") == 200 ]]; }

is_another_process() { [[ $(property MainPID) != 0 && $(property MainPID) != "$1" && $(property SubState) == running ]]; }

# Connects all the time, until end_knocking; a refused connection is what must not be.
start_knocking() {
  rm -f /tmp/enough /tmp/knocks
  (until [[ -e /tmp/enough ]]; do
    code=0
    curl -s -o /dev/null --max-time 30 "$health" || code=$?
    echo "$code" >>/tmp/knocks
  done) &
  knocker=$!
}

end_knocking() {
  wait_for 'connections that are answered' were_answered
  touch /tmp/enough
  wait "$knocker"
  ! grep -q '^7$' /tmp/knocks || fail "connections were refused: $(sort /tmp/knocks | uniq -c)"
}

were_answered() { (($(grep -c '^0$' /tmp/knocks) > 20)); }

is_confined() {
  local status
  status=$(cat "/proc/$(property MainPID)/status")
  grep -q '^NoNewPrivs:.1$' <<<"$status" || fail 'it may get privileges'
  grep -q '^Seccomp:.2$' <<<"$status" || fail 'its system calls are not filtered'
  grep -q '^CapBnd:.0000000000000000$' <<<"$status" || fail 'it may get capabilities'
  expect 'the user' "$(stat -c %U "/proc/$(property MainPID)")" canvas-ws
}

listens_through_systemd() {
  expect 'the number of sockets' "$(ls -l "/proc/$(property MainPID)/fd" | grep -c "socket:\[\($(socket_inodes)\)\]")" 2
}

# Of those that listen on the two ports: 3001 and 3002 are 0BB9 and 0BBA.
socket_inodes() { awk '$4 == "0A" && $2 ~ /:0BB[9A]$/ { print $10 }' /proc/net/tcp | paste -sd '|' | sed 's/|/\\|/g'; }

survives_a_crash() {
  local before
  before=$(property MainPID)
  start_knocking
  kill -KILL "$before"
  wait_for 'another process after kill -9' is_another_process "$before"
  wait_for 'an answer' is_serving
  end_knocking
}

is_ended_when_it_hangs() {
  local before
  mkdir -p /run/systemd/system/canvas-ws.service.d
  printf '[Service]\nWatchdogSec=2\n' >/run/systemd/system/canvas-ws.service.d/soon.conf
  systemctl daemon-reload
  systemctl restart canvas-ws.service
  before=$(property MainPID)
  sleep 5 # longer than the watchdog waits: it must be fed
  expect 'the process, which the watchdog should have left alone' "$(property MainPID)" "$before"
  kill -STOP "$before"
  wait_for 'another process after the watchdog' is_another_process "$before"
  journalctl --no-pager -u canvas-ws | grep -q 'Watchdog timeout' || fail 'it was not the watchdog that ended it'
  rm -r /run/systemd/system/canvas-ws.service.d
  systemctl daemon-reload
  systemctl restart canvas-ws.service
}

reloads() {
  local before
  before=$(property MainPID)
  systemctl reload canvas-ws.service
  is_serving || fail 'it does not serve after a reload'
  expect 'the process' "$(property MainPID)" "$before"
}

upgrades() {
  local before
  before=$(property MainPID)
  start_knocking
  dpkg --force-confold -i /packages/new.deb >/tmp/step.log 2>&1 || fail "$(cat /tmp/step.log)"
  wait_for 'another process after the upgrade' is_another_process "$before"
  wait_for 'an answer' is_serving
  end_knocking
  expect 'the version' "$(dpkg-query -W -f '${Version}' canvas-ws)" "$(dpkg-deb -f /packages/new.deb Version)"
}

stops() {
  systemctl -q stop canvas-ws.service
  expect 'the result' "$(property Result)" success
  journalctl --no-pager -o cat -u canvas-ws | grep '"server.stopped"' | tail -n 1 | grep -q '"committed":true' || fail 'it did not say that all is committed'
}

is_woken_by_a_connection() {
  is_serving || fail 'a connection did not start it'
  expect 'the state' "$(property ActiveState)" active
}

purges() {
  dpkg --purge canvas-ws >/tmp/step.log 2>&1 || fail "$(cat /tmp/step.log)"
  ! systemctl is-active -q canvas-ws.socket canvas-ws-health.socket canvas-ws.service || fail 'something is still running'
  [[ -e /var/lib/canvas-ws/canvas-ws.sqlite ]] || fail 'the documents are gone'
}

for unit in canvas-ws.socket canvas-ws-health.socket canvas-ws.service; do
  systemctl is-active -q "$unit" || fail "$unit is $(systemctl is-active "$unit") after the machine was started"
done
is_serving || fail 'it does not serve'
step 'started with the machine'
is_confined
listens_through_systemd
step 'confined, and on the sockets of systemd'
reloads
step 'reloaded'
survives_a_crash
step 'killed and back, no connection refused'
is_ended_when_it_hangs
step 'hung and ended by the watchdog'
upgrades
step 'upgraded, no connection refused'
stops
step 'stopped with everything committed'
is_woken_by_a_connection
step 'started by a connection'
purges
step 'purged'
