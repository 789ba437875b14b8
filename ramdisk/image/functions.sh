# What every /init of ours needs: mounts, drivers, one DHCP lease. Sourced, by busybox sh.
PATH=/bin:/sbin
export PATH

# Every console that the kernel was given shows the kernel; the last one also shows us.
say() { echo "$program: $*"; }
since_boot() { cut -d' ' -f1 /proc/uptime; }

mount_everything() {
  mount -t devtmpfs -o mode=0755 dev /dev
  exec < /dev/console > /dev/console 2>&1
  mount -t proc -o nosuid,nodev,noexec proc /proc
  mount -t sysfs -o nosuid,nodev,noexec sys /sys
  mount -t tmpfs -o nosuid,nodev,mode=0755 run /run
  say "up after $(since_boot) s"
}

# The value of a kernel argument, the last one counts.
argument() {
  value=
  for word in $(cat /proc/cmdline); do
    case $word in "$1="*) value=${word#*=} ;; esac
  done
  echo "$value"
}

# Loads what the devices that are there ask for; buses show more devices once their own driver is up.
load_drivers() {
  known=
  for round in 1 2 3 4 5 6; do
    # shellcheck disable=SC2046 # one word per file
    aliases=$(cat $(find /sys/devices -name modalias) 2> /dev/null | sort -u)
    [ "$aliases" = "$known" ] && break
    known=$aliases
    # shellcheck disable=SC2046 # one word per alias
    modprobe -q -a -b $(echo "$aliases" | tr '\n' ' ') > /dev/null 2>&1
    usleep 100000
  done
  # Disks need their class driver, BMCs their character device, whatever modalias said.
  modprobe -q -a sd_mod ipmi_si ipmi_devintf 2> /dev/null
  say "drivers loaded after $(since_boot) s"
}

# All ports come up, so that an inventory can tell which have a link.
raise_ports() {
  for nic in /sys/class/net/*; do
    [ -e "$nic/device" ] && ip link set "${nic##*/}" up
  done
}

# The NIC with the MAC that we booted from; when nobody said which, each in turn.
boot_nics() {
  boot_mac=$(argument colony.mac)
  [ -n "$boot_mac" ] || boot_mac=$(argument BOOTIF | sed 's/^01-//; s/-/:/g')
  for nic in /sys/class/net/*; do
    [ -e "$nic/device" ] || continue
    if [ -z "$boot_mac" ] || [ "$(cat "$nic/address")" = "$(echo "$boot_mac" | tr A-F a-f)" ]; then
      echo "${nic##*/}"
    fi
  done
}

# Spanning tree may keep a switch port shut for 50 s; ten rounds outlast it.
get_address() {
  raise_ports
  for try in 1 2 3 4 5 6 7 8 9 10; do
    for nic in $(boot_nics); do
      say "asking for an address on $nic"
      if udhcpc -q -n -f -t 6 -T 2 -i "$nic" -s /etc/udhcpc.script -V colony-scout; then
        say "network up after $(since_boot) s"
        return 0
      fi
    done
    sleep "$try"
  done
  return 1
}

stay() {
  say "$1"
  say "nothing on this machine is touched any more; power-cycle it to try again"
  while :; do sleep 3600; done
}
