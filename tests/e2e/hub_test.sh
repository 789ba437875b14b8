#!/usr/bin/env bash
# Two daemons at one hub (hw-sim hosted --keys): events, assets and orders of each stay apart. In a network namespace of
# its own.
#   hub_test.sh BIN_DIR
set -euo pipefail

. "$(dirname "$0")/lab/inside.sh"
state=$work/hub.json
hub=http://127.0.0.1:8090/api/v1
started=()
declare -A key=() asset=()
cleanup() {
  for pid in "${started[@]}"; do
    kill -KILL "$pid" 2> /dev/null || true
    wait "$pid" 2> /dev/null || true
  done
  rm -rf "$work"
}
trap cleanup EXIT
fail() {
  echo "FAILED: $1" >&2
  tail -n 25 "$work"/*.log "$work"/*/log >&2 || true
  exit 1
}
. "$(dirname "$0")/lab/within.sh"
background() { # LOG COMMAND...
  "${@:2}" > "$1" 2>&1 &
  started+=($!)
}
colony() { "$bin/colony" --socket "$work/$1/socket" "${@:2}"; }
has_address() { [ "$(colony "$1" status --output json | jq -r .address.ip)" != null ]; }
linked() { [ "$(colony "$1" status --output json | jq -r .hosted.mode)" = linked ]; }
ask() { # SITE PATH [CURL-ARGUMENTS...]: body, then the status on a line of its own
  curl -sS -m 10 -w '\n%{http_code}\n' -H "@$work/$1/header" "$hub/$2" "${@:3}"
}
listed() { ask "$1" assets | head -n 1 | jq -e --arg id "${asset[$1]}" '[.. | .id? // empty] | index($id)' > /dev/null; }
agent_of() { jq -c --arg dc "dc-$1" '.agents[] | select(.datacenter_id == $dc)' "$state"; }
answered() { agent_of berlin | jq -e --arg id "$(jq -r '.operations[0].id' "$state")" '.events | tostring | contains($id)' > /dev/null; }
told_of() { agent_of "$1" | jq -e --arg id "${asset[$1]}" '.events | tostring | contains($id)' > /dev/null; }

ip link set lo up
number=1
for site in berlin lyon; do
  mkdir -m 0700 "$work/$site" "$work/$site/state"
  ip link add "dc$number" type veth peer name "far$number"
  ip link set "dc$number" up
  ip link set "far$number" up
  ip address add "10.77.$number.2/24" dev "dc$number"
  key[$site]=$(printf 'cd-%012d_%040d' "$number" "$number")
  (umask 077 && printf '%s\n' "${key[$site]}" > "$work/$site/api-key" &&
    printf 'Authorization: Bearer %s\n' "${key[$site]}" > "$work/$site/header" &&
    printf '%s dc-%s\n' "${key[$site]}" "$site" >> "$work/hub.keys")
  cat > "$work/$site/colony.yaml" << YAML
datacenter_id: dc-$site
load_balancer: { interface: dc$number, ip: 10.77.$number.5/24 }
hosted: { url: "http://127.0.0.1:8090", api_key_file: $work/$site/api-key }
store: { path: $work/$site/state/colony.db }
api: { socket: $work/$site/socket }
YAML
  background "$work/$site/bmc.log" "$bin/hw-sim" bmc --listen "10.77.$number.2:6623" --username ADMIN --password secret
  number=$((number + 1))
done
background "$work/hub.log" "$bin/hw-sim" hosted --listen 127.0.0.1:8090 --state "$state" --keys "$work/hub.keys"
for site in berlin lyon; do background "$work/$site/log" "$bin/colonyd" --config "$work/$site/colony.yaml"; done
for site in berlin lyon; do
  within "$site is linked to the hub" 60 linked $site
  within "$site has its address" 60 has_address $site
done
[ "$(jq -r '[.agents[].datacenter_id] | sort | join(" ")' "$state")" = "dc-berlin dc-lyon" ] ||
  fail "agents $(jq -c .agents "$state")"
echo "ok   one hub knows both, each by its datacenter"

number=1
for site in berlin lyon; do
  within "$site's BMC is enrolled" 60 env IPMI_PASSWORD=secret "$bin/colony" --socket "$work/$site/socket" \
    add-ipmi --ip "10.77.$number.2" --port 6623 --username ADMIN
  asset[$site]=$(colony $site assets --output json | jq -r '.assets[0].id')
  number=$((number + 1))
done
for site in berlin lyon; do
  within "the hub lists $site's server for $site's key" 60 listed $site
  within "the hub has $site's events" 60 told_of $site
done

strange() { # SITE OTHER: what SITE may not see
  local answer
  answer=$(ask "$1" assets)
  if grep -q "${asset[$2]}" <<< "$answer"; then fail "$1's key lists $2's server: $answer"; fi
  [ "$(ask "$1" "assets/${asset[$2]}" | tail -n 1)" = 404 ] || fail "$1's key sees $2's server"
  [ "$(ask "$1" "assets/${asset[$2]}/wipe" -d '{}' | tail -n 1)" = 404 ] ||
    fail "$1's key orders for $2's server"
  if agent_of "$1" | grep -q "${asset[$2]}"; then fail "$1's agent holds what is of $2's server"; fi
}
strange berlin lyon
strange lyon berlin
echo "ok   neither key sees or orders what is the other's, and no event went to the other's agent"

# Its server was never inventoried, so the order comes back refused: what counts here is who hears of it.
[ "$(ask berlin "assets/${asset[berlin]}/wipe" -d '{}' | tail -n 1)" -lt 300 ] || fail "the order is not taken"
within "berlin heard what was ordered at the hub, and answered" 60 grep -q hosted.operation_refused "$work/berlin/log"
within "the hub has its answer" 60 answered
if grep -q hosted.operation "$work/lyon/log"; then fail "lyon heard it too"; fi
strange berlin lyon
strange lyon berlin
echo "ok   lyon heard nothing of it"
