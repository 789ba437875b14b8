#!/usr/bin/env bash
# colonyd and its address: another machine has it, somebody takes it off, the interface is made anew, a BMC hangs at the
# end. The daemon stays up, says what is wrong, and gives the address back in time. In network namespaces of its own.
#   address_test.sh BIN_DIR
set -euo pipefail

. "$(dirname "$0")/lab/inside.sh"
address=10.77.0.5
daemon=
peer=
bmc=
cleanup() {
  for pid in $daemon $peer $bmc; do
    kill -KILL "$pid" 2> /dev/null || true
    wait "$pid" 2> /dev/null || true
  done
  rm -rf "$work"
}
trap cleanup EXIT
fail() {
  echo "FAILED: $1" >&2
  tail -40 "$work/log" >&2 || true
  exit 1
}
# WHAT SECONDS COMMAND...: until the command succeeds.
within() {
  local what=$1 tenths=$(($2 * 10))
  shift 2
  until "$@" > "$work/said" 2>&1; do
    tenths=$((tenths - 1))
    [ "$tenths" -gt 0 ] || fail "$what: $(cat "$work/said")"
    kill -0 "$daemon" 2> /dev/null || [ -z "$daemon" ] || fail "$what: colonyd ended"
    sleep 0.1
  done
  echo "ok   $what"
}
colony() { "$bin/colony" --socket "$work/socket" "$@"; }
in_peer() { nsenter -t "$peer" -n "$@"; }
# WHAT...: `colony doctor` fails, and has each of these lines.
doctor_says() {
  ! colony doctor --config "${doctors_config:-$work/colony.yaml}" > "$work/doctor" || return 1
  local line
  for line in "$@"; do tr -s ' \n' ' ' < "$work/doctor" | grep -q -e "$line" || { cat "$work/doctor"; return 1; }; done
}
fails_saying() { ! colony status > "$work/status" && grep -q -- "$1" "$work/status"; }
is_ready() { colony status > /dev/null; }
has_address() { ip -4 -oneline address show dev lb0 | grep -qw "$address/24"; }
lacks_address() { ! has_address; }
make_link() {
  ip link add lb0 type veth peer name far0 netns "$peer"
  ip link set lb0 up
  ip address add 10.77.0.2/24 dev lb0
  in_peer ip link set far0 address 02:00:00:00:00:99
  in_peer ip link set far0 up
}

# COUNT: another machine says so often, a second apart, that the address is its own; then the answers that it heard.
foreign_claims() {
  in_peer python3 - "$1" $address <<'PYTHON'
import select, socket, sys, time

mac, address = bytes.fromhex("020000000099"), socket.inet_aton(sys.argv[2])
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
wire.bind(("far0", 0x0806))
claim = b"\xff" * 6 + mac + bytes.fromhex("08060001080006040001") + mac + address + bytes(6) + address
for _ in range(int(sys.argv[1])):
    wire.send(claim)
    end = time.monotonic() + 1
    while select.select([wire], [], [], max(0, end - time.monotonic()))[0]:
        frame = wire.recv(256)
        if frame[6:12] != mac and frame[28:32] == address:
            print("defended")
PYTHON
}

ip link set lo up
unshare --net sleep 600 &
peer=$!
within "the peer's namespace is there" 5 sh -c "[ \"\$(readlink /proc/$peer/ns/net)\" != \"\$(readlink /proc/self/ns/net)\" ]"
make_link
in_peer ip address add $address/24 dev far0

mkdir -m 700 "$work/lib"
cat > "$work/colony.yaml" <<YAML
load_balancer: { interface: lb0, ip: $address/24 }
hosted: { enabled: false }
store: { path: $work/lib/colony.db }
api: { socket: $work/socket }
YAML
"$bin/colonyd" --config "$work/colony.yaml" --store-key "$work/store.key" 2> "$work/log" &
daemon=$!

within "a conflict is a finding that names the other MAC" 10 fails_saying "in use by 02:00:00:00:00:99"
lacks_address || fail "nothing was claimed"
within "doctor names it" 1 doctor_says "OK config" "FAIL daemon .*serves nobody" "FAIL address .*in use by 02:00:00:00:00:99"
in_peer ip address flush dev far0
kill -HUP "$daemon"
within "a reload tries again, and the appliance is ready" 12 is_ready
has_address || fail "the address is on the interface"
within "doctor finds what is well, and what is not" 1 doctor_says "OK daemon" "OK address $address/24 on lb0" \
  "OK port 67 held by colonyd" "OK port 69 held by colonyd" "OK port 4011 held by colonyd" "FAIL finding no Talos image"
printf 'tftp: { sever: builtin }\n' > "$work/odd.yaml"
doctors_config=$work/odd.yaml
within "doctor names a fault of the configuration" 1 doctor_says "FAIL config .*tftp.sever"
doctors_config=

ip address flush dev lb0
ip address add 10.77.0.2/24 dev lb0
within "an address that was taken off is missed" 3 fails_saying "was taken off lb0"
within "and claimed again" 10 is_ready
has_address || fail "the address is back"

ip link delete lb0
within "a missing interface is a finding" 3 fails_saying "there is no interface lb0"
within "doctor names it" 3 doctor_says "FAIL address .*there is no interface lb0" "FAIL port 69 nobody listens"
make_link
within "an interface that is made anew is taken" 15 is_ready
in_peer ip address add 10.77.0.9/24 dev far0
answer=$(in_peer curl -s -o /dev/null --max-time 5 -w '%{http_code}' http://$address:8080/nothing) || true
[ "$answer" = 404 ] || fail "HTTP serves there: $answer"
echo "ok   HTTP serves on the new interface"

serves() { [ "$(in_peer curl -s -o /dev/null --max-time 2 -w '%{http_code}' http://$address:8080/nothing)" = 404 ]; }
before=$(wc -l < "$work/log")
for _ in $(seq 20); do
  in_peer ip link set far0 down
  in_peer ip link set far0 up
done
within "a link that flaps twenty times costs nothing" 5 serves
is_ready || fail "it is still ready"
tail -n "+$((before + 1))" "$work/log" > "$work/flaps"
! grep -q -e address.lost -e address.gone "$work/flaps" || fail "the address was given up"

defences=$(foreign_claims 1)
[ "$defences" = defended ] || fail "one foreign claim is answered once (RFC 5227, 2.4): ${defences:-never}"
echo "ok   one foreign claim is answered once"
has_address || fail "and the address stays"
is_ready || fail "it is still ready"

defences=$(foreign_claims 2)
within "whoever insists gets it, and is named" 3 fails_saying "in use by 02:00:00:00:00:99"
lacks_address || fail "the address is off"
! serves || fail "nothing is served on it"
echo "ok   meanwhile nothing is served (answers to the second claimant: ${defences:-none})"
kill -HUP "$daemon"
within "it comes back when the address is free" 12 is_ready
has_address || fail "the address is back"
within "and serves again" 3 serves

IPMI_PASSWORD=secret "$bin/hw-sim" bmc --listen 127.0.0.1:6231 > "$work/bmc.log" 2>&1 &
bmc=$!
enrol() { IPMI_PASSWORD=secret colony add-ipmi --ip 127.0.0.1 --port 6231 --username ADMIN --name web-1; }
within "a BMC is enrolled" 5 enrol
kill -STOP $bmc
colony power web-1 status > /dev/null 2>&1 &
asking=$!
sleep 1
begun=$(date +%s)
kill -TERM "$daemon"
within "the address is given back though a BMC hangs" 3 lacks_address
code=0
wait "$daemon" || code=$?
daemon=
took=$(($(date +%s) - begun))
wait $asking || true
[ "$code" = 0 ] || fail "colonyd ended with $code"
[ "$took" -le 8 ] || fail "the stop took $took s"
echo "ok   the stop took $took s"
within "doctor names a daemon that is not there" 1 doctor_says "FAIL daemon" "FAIL port 69 nobody listens"
