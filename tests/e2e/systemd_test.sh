#!/usr/bin/env bash
# The installed unit under a real systemd (tests/e2e/systemd-room): start, claim, reload, hung loop, stop, and no system
# call that the sandbox refuses.
#   systemd_test.sh BUILD_DIR
set -euo pipefail
here=$(dirname "$(realpath "$0")")

interface=lb0
address=10.77.0.5
neighbour=10.77.0.2 # the operator's own address on the interface

# --- run by systemd-room before systemd --------------------------------------------------------------------------
if [ "${COLONY_ROOM_PREPARE:-}" = yes ] && [ "${1:-}" != --in-room ]; then
  root=$1
  DESTDIR=$root cmake --install "$COLONY_BUILD" > "$root/tmp/install.log"
  mkdir -p "$root/etc/systemd/system/colonyd.service.d"
  # Faster than in production, and a refused system call kills instead of failing: then nobody can overlook it.
  cat > "$root/etc/systemd/system/colonyd.service.d/test.conf" <<'DROPIN'
[Service]
WatchdogSec=3
TimeoutAbortSec=2
SystemCallErrorNumber=kill
DROPIN
  mkdir -p "$root/etc/systemd/system/colony-tftpd.service.d"
  printf '[Service]\nSystemCallErrorNumber=kill\n' > "$root/etc/systemd/system/colony-tftpd.service.d/test.conf"
  ip link add $interface type veth peer name far0
  ip link set $interface up
  ip link set far0 up
  ip address add $neighbour/24 dev $interface
  exit 0
fi

# --- run by systemd-room with the room up ------------------------------------------------------------------------
inside() { nsenter -t "$ROOM_PID" -a "$@"; }
property() { inside systemctl show --property="$1" --value colonyd; }
fail() {
  echo "FAILED: $1" >&2
  inside systemctl status --no-pager --full colonyd >&2 || true
  inside journalctl --no-pager --unit colonyd >&2 || true
  exit 1
}
# WHAT SECONDS COMMAND...: until the command succeeds.
within() {
  local what=$1 tenths=$(($2 * 10))
  shift 2
  local said
  until said=$("$@" 2>&1); do
    tenths=$((tenths - 1))
    [ "$tenths" -gt 0 ] || fail "$what${said:+: $said}"
    sleep 0.1
  done
  echo "ok   $what"
}
background() {
  local log=/tmp/$1.log
  shift
  # shellcheck disable=SC2016
  inside sh -c 'log=$1; shift; exec "$@" > "$log" 2>&1 &' sh "$log" "$@"
}
enrol() {
  inside env IPMI_PASSWORD=secret colony add-ipmi --ip 127.0.0.1 --port "$2" --username ADMIN --driver "$1" --name "$1"
}
has_address() { inside ip -4 -oneline address show dev $interface | grep -qw "$1"; }
lacks_address() { ! has_address "$1"; }
journal_says() { inside journalctl --no-pager --unit colonyd | grep -q -- "$1"; }
engine_is_gone() { [ "$(inside systemctl show --property=ActiveState --value colony-tftpd)" = inactive ]; }
is_active() { [ "$(property ActiveState)" = active ]; }
restarted() { [ "$(property NRestarts)" -ge 1 ] && is_active; }

if [ "${1:-}" = --in-room ]; then
  inside systemd-sysusers
  # The whole way of an operator: registration at the stand-in, files, start.
  background hosted hw-sim hosted --listen 127.0.0.1:8090 --state /tmp/hosted.json
  within "the hosted stand-in answers" 5 inside curl -s -o /dev/null http://127.0.0.1:8090/
  inside env COLONY_API_KEY=cd-c1d1e981b67e_30204cc8faf061722004fe7641ed381b94eae5b5 \
    colony init --data-center-id aa872c72-cbe1-498b-9b83-37a19e578d34 --load-balancer-interface $interface \
    --load-balancer-ip $address --api-url http://127.0.0.1:8090 || fail "colony init"
  within "the unit is active" 10 is_active
  [ -n "$(property StatusText)" ] || fail "the unit has a status line"
  echo "ok   status: $(property StatusText)"
  within "the address is claimed" 9 has_address $address/32

  # One BMC per driver, asked through the daemon: what it starts (ipmitool) is in the sandbox too.
  for driver in native ipmitool; do
    port=$((6230 + ${#driver}))
    background bmc-$driver env IPMI_PASSWORD=secret hw-sim bmc --listen 127.0.0.1:$port
    within "a BMC for the $driver driver answers" 5 enrol $driver $port
    inside colony power $driver status || fail "colony power with the $driver driver"
    echo "ok   colony power through the $driver driver"
  done

  before=$(property MainPID)
  inside sh -c "printf 'log: { level: debug }\n' >> /etc/colony/colony.yaml"
  inside systemctl reload colonyd || fail "systemctl reload"
  within "the reload ends" 5 is_active
  within "the reload is in the journal" 5 journal_says config.reload
  [ "$(property MainPID)" = "$before" ] || fail "a reload keeps the process"

  inside kill -STOP "$before"
  within "a hung loop is restarted by the watchdog" 15 restarted
  [ "$(property MainPID)" != "$before" ] || fail "the hung process is gone"
  within "the address is resumed without a probe" 5 journal_says "resumed after a crash"
  has_address $address/32 || fail "the address is still there"

  # TFTP by in.tftpd: nothing but the key and a restart; and back.
  if [ -x /usr/sbin/in.tftpd ]; then
    engine_is_gone || fail "in.tftpd runs unasked for"
    inside sh -c "printf 'tftp: { server: tftpd-hpa }\n' >> /etc/colony/colony.yaml"
    inside systemctl restart colonyd || fail "systemctl restart"
    within "in.tftpd is proved" 20 journal_says tftp.proved
    inside systemctl is-active colony-tftpd || fail "colony-tftpd runs"
    inside curl -s -o /dev/null tftp://$address/undionly.kpxe || {
      inside journalctl --no-pager --unit colony-tftpd >&2
      fail "a boot program through in.tftpd"
    }
    ! inside curl -s -o /dev/null -m 3 tftp://$address/../colony.db || fail "in.tftpd leaves its root"
    inside sed -i '/tftpd-hpa/d' /etc/colony/colony.yaml
    inside systemctl restart colonyd || fail "systemctl restart"
    within "in.tftpd is gone with the key" 5 engine_is_gone
    ! inside journalctl --no-pager --unit colony-tftpd | grep 'status=31/SYS' || fail "no system call is refused"
    within "the address is claimed once more" 9 has_address $address/32
  fi

  inside systemctl stop colonyd || fail "systemctl stop"
  [ "$(property Result)" = success ] || fail "the stop is clean"
  within "the address is given back" 1 lacks_address $address/32
  has_address $neighbour/24 || fail "the operator's own address is untouched"
  ! journal_says 'status=31/SYS' || fail "no system call is refused"
  echo "ok   no system call was refused"
  exit 0
fi

# --- entry -------------------------------------------------------------------------------------------------------
COLONY_BUILD=$(realpath "$1")
export COLONY_BUILD
COLONY_ROOM_PREPARE=yes exec "$here/systemd-room" "$0" "$0" --in-room
