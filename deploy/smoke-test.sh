#!/usr/bin/env bash
# Looks whether a deployed server does what it is there for. Needs curl, and canvas-ws for the round trip.
set -uo pipefail

usage() {
  cat <<'TEXT'
deploy/smoke-test.sh URL [--health URL] [--binary FILE]

  URL           as clients have it: wss://draw.example.com/ws, ws://127.0.0.1:3001
  --health URL  where the server says how it is; else /health of the same host, and of the next port where URL has one
  --binary FILE canvas-ws, for the round trip; else that of this checkout, or of PATH

Credentials for the round trip come from the environment, never from the command line, which others can see:
  SMOKE_COOKIE  what a signed-in browser sends in its Cookie header
  SMOKE_TOKEN   or the token of a session
  SMOKE_ORIGIN  the origin of the app, where the server takes no other (else that of URL)

The round trip leaves a document called smoke-... in the server. Prints PASS, FAIL or SKIP line by line; ends with 1 when
a line failed, with 2 when the command line makes no sense.
TEXT
}

misused() {
  echo "smoke-test: $1 (--help says more)" >&2
  exit 2
}

url=
health_url=
binary=
while (($# > 0)); do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --health) health_url=${2-}; [[ -n $health_url ]] || misused '--health needs a URL'; shift 2 ;;
    --binary) binary=${2-}; [[ -n $binary ]] || misused '--binary needs a file'; shift 2 ;;
    -*) misused "there is no option $1" ;;
    *) [[ -z $url ]] || misused 'there are two URLs'; url=${1%/}; shift ;;
  esac
done
[[ $url =~ ^(ws|wss)://([^/:?#@]+|\[[0-9a-fA-F:.]+\])(:([0-9]+))?(/[^?#]*)?$ ]] || misused 'the URL must be ws://HOST:PORT or wss://HOST/PATH'
host=${BASH_REMATCH[2]}
port=${BASH_REMATCH[4]}
[[ ${BASH_REMATCH[1]} == wss ]] && scheme=https || scheme=http
command -v curl > /dev/null || misused 'curl is not installed'

failures=0
pass() { printf 'PASS  %-12s %s\n' "$1" "$2"; }
skip() { printf 'SKIP  %-12s %s\n' "$1" "$2"; }
fail() {
  printf 'FAIL  %-12s %s\n' "$1" "$2"
  failures=$((failures + 1))
}

health_candidates() {
  if [[ -n $health_url ]]; then
    echo "$health_url"
    return
  fi
  echo "$scheme://$host${port:+:$port}/health"
  [[ -n $port ]] && echo "http://$host:$((port + 1))/health"
}

check_health() {
  local candidate answer status body tried=()
  while read -r candidate; do
    answer=$(curl --silent --max-time 10 --write-out '\n%{http_code}' "$candidate")
    status=${answer##*$'\n'}
    body=${answer%$'\n'*}
    tried+=("$candidate ($status)")
    [[ $body == *'"status"'* ]] || continue
    if [[ $status == 200 && $body =~ \"status\":\ *\"(healthy)\" ]]; then
      pass health "$candidate says ${BASH_REMATCH[1]}"
    else
      fail health "$candidate answers $status: ${body:0:200}"
    fi
    return
  done < <(health_candidates)
  if [[ -n $health_url ]]; then
    fail health "nothing there says how the server is: ${tried[*]}"
  else
    skip health "not reachable from here: ${tried[*]}; name it with --health"
  fi
}

# Sets `guests`: yes, no or unknown.
check_refusal() {
  local status
  status=$(curl --silent --http1.1 --max-time 5 --output /dev/null --write-out '%{http_code}' \
    --header 'Connection: Upgrade' --header 'Upgrade: websocket' --header 'Sec-WebSocket-Version: 13' \
    --header 'Sec-WebSocket-Key: c21va2UtdGVzdC1zbW9rZQ==' "${url/#ws/http}/smoke-refusal")
  guests=unknown
  case $status in
    401 | 403) guests=no; pass refusal "who shows nothing is refused ($status)" ;;
    101)
      guests=yes
      if [[ -n ${SMOKE_COOKIE-}${SMOKE_TOKEN-} ]]; then
        fail refusal 'who shows nothing is let in: credentials are not asked for'
      else
        pass refusal 'guests are allowed: who shows nothing is let in'
      fi
      ;;
    000) fail refusal "cannot connect to $url" ;;
    *) fail refusal "the upgrade is answered with $status: is this the WebSocket path?" ;;
  esac
}

find_binary() {
  local here
  here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
  if [[ -n $binary ]]; then
    [[ -x $binary ]] || misused "there is no program at $binary"
  elif [[ -x $here/build/release/canvas-ws ]]; then
    binary=$here/build/release/canvas-ws
  else
    binary=$(command -v canvas-ws)
  fi
}

check_round_trip() {
  local name said options=()
  if [[ $guests != yes && -z ${SMOKE_COOKIE-}${SMOKE_TOKEN-} ]]; then
    skip 'round trip' 'no credentials: set SMOKE_COOKIE or SMOKE_TOKEN'
    return
  fi
  if [[ -z $binary ]]; then
    skip 'round trip' 'canvas-ws is not here: name it with --binary'
    return
  fi
  name=smoke-$(date +%Y%m%d-%H%M%S)-$$
  [[ -n ${SMOKE_ORIGIN-} ]] && options+=(--origin "$SMOKE_ORIGIN")
  if said=$(CANVAS_WS_BENCH_COOKIE=${SMOKE_COOKIE-} CANVAS_WS_BENCH_TOKEN=${SMOKE_TOKEN-} "$binary" bench "$url" \
    --protocol y-websocket --pattern diagram --documents 1 --clients 2 --rate 20 --warm-up 0 --duration 2 --name "$name" \
    "${options[@]}" 2>&1); then
    pass 'round trip' "two people edited together, and a third found all of it; the document $name-0 stays in the server"
  else
    fail 'round trip' "$(tail -n 1 <<< "$said") (the document $name-0 may stay in the server)"
  fi
}

guests=unknown
check_health
check_refusal
find_binary
check_round_trip
((failures == 0))
