#!/usr/bin/env bash
# The hosted key's life with real programs: a start without one, blanks in it, the first good one, `colony api-key rotate`,
# keys that are cut off or refused, revocation, recovery. In network namespaces of its own.
#   hosted_key_test.sh BIN_DIR
set -euo pipefail

. "$(dirname "$0")/lab/inside.sh"
daemon=
hosted=
cleanup() {
  for pid in $daemon $hosted; do
    kill -KILL "$pid" 2> /dev/null || true
    wait "$pid" 2> /dev/null || true
  done
  rm -rf "$work"
}
trap cleanup EXIT
fail() {
  echo "FAILED: $1" >&2
  tail -n 30 "$work/log" >&2 || true
  exit 1
}
. "$(dirname "$0")/lab/within.sh"
colony() { "$bin/colony" --socket "$work/socket" "$@"; }
says() { colony status --output json | jq -r "$1" | grep -q -- "$2"; }
key() { printf 'cd-c1d1e981b67e_%040d' "$1"; }
put() { # KEY: as a person with an editor does
  (umask 077 && printf '%s\n' "$1" > "$work/api-key")
}
only_good() { # KEY: the others are revoked
  curl -sf -X POST --data "{\"key\":\"$1\"}" http://127.0.0.1:8091/api/v1/sim/key
}
# CODE EXIT KEY: the rotation is refused, and the file is as it was.
refuses() {
  local before exit=0
  before=$(cat "$work/api-key")
  printf '%s\n' "$3" | colony api-key rotate --config-dir "$work" --api-key-file - > "$work/said" 2>&1 || exit=$?
  grep -q "$1" "$work/said" || fail "$1: said $(cat "$work/said")"
  [ "$exit" -eq "$2" ] || fail "$1: exit $exit"
  [ "$(cat "$work/api-key")" = "$before" ] || fail "$1: the file was changed"
  [ ! -e "$work/api-key.old" ] || fail "$1: an old key was left"
  echo "ok   refused with $1"
}

ip link set lo up
ip link add lb0 type veth peer name far0
ip link set lb0 up
ip link set far0 up
ip address add 10.77.0.2/24 dev lb0
mkdir -m 0700 "$work/state"
cat > "$work/colony.yaml" << YAML
datacenter_id: dc-1
load_balancer: { interface: lb0, ip: 10.77.0.5/24 }
hosted: { url: "http://127.0.0.1:8091", api_key_file: $work/api-key }
store: { path: $work/state/colony.db }
api: { socket: $work/socket }
YAML
"$bin/hw-sim" hosted --listen 127.0.0.1:8091 --state "$work/hosted.json" --key "$(key 1)" > "$work/hosted.log" 2>&1 &
hosted=$!
"$bin/colonyd" --config "$work/colony.yaml" > "$work/log" 2>&1 &
daemon=$!

within "without a key it works and says so" 60 says '.findings[]' 'secret.missing'
put " $(key 1)"
within "blanks in it are named" 20 says '.findings[]' 'key.blanks'
put "$(key 1)"
within "the first good key links it, without a restart" 30 says .hosted.mode linked
identity=$(printf %s "$(key 1)" | sha256sum | cut -c1-16)
within "status says which key is in use" 30 says .hosted.key "$identity"

refuses key.truncated 2 "$(key 1 | cut -c1-30)"
refuses key.blanks 2 "$(key 1) x"
refuses hosted.unauthorized 4 "$(key 99)"

put "$(key 98)"
within "a key that is refused gives way to the one before, and is named" 30 says '.findings[]' hosted.key_not_taken
says .hosted.mode linked || fail "it is not linked any more"
put "$(key 1)"

only_good "$(key 2)"
within "a revoked key is said loudly" 120 says .hosted.mode locked-out
colony status > "$work/said" || true
grep -q hosted.key_refused "$work/said" || fail "status: $(cat "$work/said")"
printf '%s\n' "$(key 2)" > "$work/new" && chmod 600 "$work/new"
colony api-key rotate --config-dir "$work" --api-key-file "$work/new" > "$work/said" 2>&1 || fail "rotate: $(cat "$work/said")"
cat "$work/said"
[ "$(cat "$work/api-key")" = "$(key 2)" ] || fail "the file holds another key"
[ "$(stat -c %a "$work/api-key")" = 600 ] || fail "mode $(stat -c %a "$work/api-key")"
[ ! -e "$work/api-key.old" ] || fail "the old key was left"
within "it is linked again" 30 says .hosted.mode linked
COLONY_API_KEY=$(key 2) colony api-key rotate --config-dir "$work" > "$work/said" 2>&1 || fail "the same again: $(cat "$work/said")"
grep -q "holds it already" "$work/said" || fail "the same again: $(cat "$work/said")"
echo "ok   the same key again is no change"
kill -TERM "$daemon"
wait "$daemon" || fail "its end: $?"
daemon=
! grep -rq -e "0000000000000001" -e "0000000000000002" "$work/log" "$work/said" || fail "a key stands in a log"
echo "ok   no key stands in a log"
