#!/usr/bin/env bash
# A PostgreSQL cluster for tests and benchmarks, in a folder of its own and on a port of its own.
#
#   scripts/postgres.sh start FOLDER [SETTING=VALUE...]   makes it when it is missing, starts it, prints its connection URI
#   scripts/postgres.sh stop FOLDER [smart|fast|immediate]
#   scripts/postgres.sh pid FOLDER                        the postmaster's process
#
# FOLDER has data/, log, port, and the Unix socket. A cluster started again keeps its port. PostgreSQL does not run as
# root: for root it runs as the user that Debian's package makes.
set -euo pipefail

die() { printf 'postgres.sh: %s\n' "$*" >&2; exit 1; }

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[[ -n $bin ]] || die 'PostgreSQL is not installed (Debian: postgresql-15)'
(($# >= 2)) || die "usage: $(sed -n '4,6s/^# *//p' "$0")"
command=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
shift 2

as_owner() {
  if ((EUID == 0)); then (cd / && exec setpriv --reuid=postgres --regid=postgres --clear-groups "$@"); else "$@"; fi
}

make_cluster() {
  if ((EUID == 0)); then chown postgres:postgres "$folder"; fi
  as_owner "$bin/initdb" -D "$folder/data" -U canvas --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$folder.initdb" 2>&1 ||
    { cat "$folder.initdb" >&2; die 'initdb failed'; }
  rm -f "$folder.initdb"
}

# One that nobody listens on now; the kernel does not give it to outgoing connections when it is below its range.
free_port() {
  local port
  for _ in $(seq 200); do
    port=$((20000 + RANDOM % 10000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return; fi
  done
  die 'no port is free'
}

start() {
  [[ -d $folder/data ]] || make_cluster
  local settings=() setting port tries
  for setting in "$@"; do settings+=(-c "$setting"); done
  port=$(cat "$folder/port" 2>/dev/null) || port=''
  for tries in 1 2 3; do
    [[ -n $port ]] || port=$(free_port)
    if as_owner "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 60 -s start \
      -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='$folder' ${settings[*]@Q}" >/dev/null 2>&1; then
      echo "$port" >"$folder/port"
      echo "postgres://canvas@127.0.0.1:$port/postgres"
      return
    fi
    [[ -f $folder/port ]] && break
    port=''
  done
  tail -n 20 "$folder/log" >&2
  die 'PostgreSQL did not start; the end of its log is above'
}

case $command in
  start) start "$@" ;;
  stop) as_owner "$bin/pg_ctl" -D "$folder/data" -w -t 60 -s stop -m "${1-immediate}" ;;
  pid) head -n 1 "$folder/data/postmaster.pid" ;;
  *) die "there is no command '$command'" ;;
esac
