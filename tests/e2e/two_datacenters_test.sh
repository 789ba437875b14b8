#!/usr/bin/env bash
# Two daemons of one machine, each for a datacenter of its own: configuration, journal, socket, key, interface and address
# each; neither touches what is the other's. In network namespaces of its own.
#   two_datacenters_test.sh BIN_DIR
set -euo pipefail

. "$(dirname "$0")/lab/inside.sh"
declare -A daemon=() peer=() hosted=()
cleanup() {
  for pid in "${daemon[@]}" "${peer[@]}" "${hosted[@]}"; do
    kill -KILL "$pid" 2> /dev/null || true
    wait "$pid" 2> /dev/null || true
  done
  rm -rf "$work"
}
trap cleanup EXIT
fail() {
  echo "FAILED: $1" >&2
  tail -n 25 "$work"/*/log >&2 || true
  exit 1
}
. "$(dirname "$0")/lab/within.sh"
colony() { "$bin/colony" --socket "$work/$1/socket" "${@:2}"; }
is_ready() { colony "$1" status > /dev/null; }
status_of() { colony "$1" status --output json | jq -r "$2"; }
addresses() { ip -4 -oneline address show dev "$1" | awk '{print $4}' | sort | xargs; }
linked() { [ "$(status_of "$1" .hosted.mode)" = linked ]; }
start() {
  "$bin/colonyd" --config "$work/$1/colony.yaml" > "$work/$1/log" 2>&1 &
  daemon[$1]=$!
}
ends_with() { # WHAT SECONDS PID: it ends by itself
  local tenths=$(($2 * 10))
  while kill -0 "$3" 2> /dev/null; do
    tenths=$((tenths - 1))
    [ "$tenths" -gt 0 ] || fail "$1"
    sleep 0.1
  done
  echo "ok   $1"
}

ip link set lo up
number=1
for site in berlin lyon; do
  mkdir -m 0700 "$work/$site" "$work/$site/state"
  # A network each, and a machine in it.
  unshare --net sleep infinity &
  peer[$site]=$!
  until [ "$(readlink "/proc/${peer[$site]}/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
  ip link add "dc$number" type veth peer name far0 netns "${peer[$site]}"
  ip link set "dc$number" up
  ip address add "10.77.$number.2/24" dev "dc$number"
  nsenter -t "${peer[$site]}" -n ip link set far0 up
  nsenter -t "${peer[$site]}" -n ip address add "10.77.$number.9/24" dev far0
  # A hosted side each: it takes that site's key and no other.
  key=$(printf 'cd-%012d_%040d' "$number" "$number")
  (umask 077 && printf '%s\n' "$key" > "$work/$site/api-key")
  "$bin/hw-sim" hosted --listen "127.0.0.1:809$number" --state "$work/$site/hosted.json" --key "$key" \
    > "$work/$site/hosted.log" 2>&1 &
  hosted[$site]=$!
  cat > "$work/$site/colony.yaml" << YAML
datacenter_id: dc-$site
load_balancer: { interface: dc$number, ip: 10.77.$number.5/24 }
hosted: { url: "http://127.0.0.1:809$number", api_key_file: $work/$site/api-key }
dhcp: { discover: always }
store: { path: $work/$site/state/colony.db }
api: { socket: $work/$site/socket }
YAML
  number=$((number + 1))
done

for site in berlin lyon; do start $site; done
for site in berlin lyon; do
  within "$site is ready" 60 is_ready $site
  within "$site is linked to its own hosted side, with its own key" 60 linked $site
done
[ "$(addresses dc1)" = "10.77.1.2/24 10.77.1.5/24" ] || fail "dc1 has $(addresses dc1)"
[ "$(addresses dc2)" = "10.77.2.2/24 10.77.2.5/24" ] || fail "dc2 has $(addresses dc2)"
echo "ok   each has its own address on its own interface, and no other"
for site in berlin lyon; do
  [ "$(jq -r '[.agents[].datacenter_id] | join(" ")' "$work/$site/hosted.json")" = "dc-$site" ] ||
    fail "$site: agents $(jq -c .agents "$work/$site/hosted.json")"
  [ "$(jq -r '.requests.by_status["401"] // 0' "$work/$site/hosted.json")" = 0 ] || fail "$site: a strange key came"
done
echo "ok   each hosted side knows its own agent, and saw no other key"
number=1
for site in berlin lyon; do
  nsenter -t "${peer[$site]}" -n curl -s -o "$work/said" -m 10 "http://10.77.$number.5:8080/" || fail "$site: HTTP"
  number=$((number + 1))
done
echo "ok   each serves HTTP on its own network, on the same port"

# What one does stays there.
colony berlin discover --for 30m > /dev/null
[ "$(status_of berlin .discovery_window_until)" != null ] || fail "berlin: no discovery window"
[ "$(status_of lyon .discovery_window_until)" = null ] || fail "lyon has a window that nobody opened there"
echo "ok   an order of one is none of the other"

# A second daemon on what is taken: it refuses, and the first goes on.
sed "s|^api: .*|api: { socket: $work/third }|" "$work/berlin/colony.yaml" > "$work/same-store.yaml"
"$bin/colonyd" --config "$work/same-store.yaml" > "$work/berlin/same-store" 2>&1 &
ends_with "another daemon on berlin's journal ends" 30 $!
sed "s|^store: .*|store: { path: $work/lyon/state/other.db }|" "$work/berlin/colony.yaml" > "$work/same-socket.yaml"
"$bin/colonyd" --config "$work/same-socket.yaml" > "$work/berlin/same-socket" 2>&1 &
ends_with "another daemon on berlin's socket ends" 30 $!
is_ready berlin || fail "berlin does not serve any more"
[ "$(addresses dc1)" = "10.77.1.2/24 10.77.1.5/24" ] || fail "dc1 has $(addresses dc1)"
echo "ok   berlin serves as before"

# The key of one is revoked, then the daemon ends: the other does not notice.
kill -TERM "${daemon[berlin]}"
wait "${daemon[berlin]}" || fail "berlin's end: $?"
unset 'daemon[berlin]'
[ "$(addresses dc1)" = 10.77.1.2/24 ] || fail "berlin left $(addresses dc1)"
[ "$(addresses dc2)" = "10.77.2.2/24 10.77.2.5/24" ] || fail "dc2 has $(addresses dc2)"
[ -S "$work/lyon/socket" ] || fail "lyon's socket is gone"
is_ready lyon || fail "lyon does not serve any more"
linked lyon || fail "lyon is not linked any more"
echo "ok   berlin ended and gave its address back; lyon serves and is linked"
start berlin
within "berlin is back" 60 is_ready berlin
