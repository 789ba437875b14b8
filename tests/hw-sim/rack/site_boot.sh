#!/usr/bin/env bash
# Our simulated servers against programs that are not ours: ipmitool switches them on, dnsmasq gives addresses and
# boot programs (iPXE's own, from Debian), Python serves script, kernel and config. BIOS, UEFI and UEFI HTTP
# servers install the Talos stand-in and come up from their disks.
#   site_boot.sh HW_SIM SITE      exit 77: this machine cannot make a site, and why
set -euo pipefail
hw_sim=$1 site=$2
if [ "${3:-}" != inside ]; then
  for program in ipmitool python3 curl; do
    command -v "$program" > /dev/null || { echo "skipped: no $program"; exit 77; }
  done
  [ -f /usr/lib/ipxe/undionly.kpxe ] || { echo "skipped: no ipxe package"; exit 77; }
  "$site" check || { echo "skipped: no site here"; exit 77; }
  boot="--enable-tftp --tftp-root=/usr/lib/ipxe --dhcp-match=set:ipxe,175"
  boot+=" --dhcp-match=set:efi,option:client-arch,7 --dhcp-match=set:http,option:client-arch,16"
  boot+=" --dhcp-boot=tag:!ipxe,tag:!efi,tag:!http,undionly.kpxe --dhcp-boot=tag:!ipxe,tag:efi,snponly.efi"
  boot+=" --dhcp-boot=tag:http,http://10.77.0.2:8000/snponly.efi --dhcp-option-force=tag:http,60,HTTPClient"
  boot+=" --dhcp-boot=tag:ipxe,http://10.77.0.2:8000/boot.ipxe"
  SITE_DNSMASQ=$boot timeout 60 "$site" run "$0" "$hw_sim" "$site" inside
  exit
fi

# until SECONDS COMMAND...: true as soon as COMMAND is.
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@" > /dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || { echo "waited in vain: $*"; tail -n 5 "$SITE_DIR/rack.log"; return 1; }
    sleep 0.05
  done
}
www=$SITE_DIR/www
mkdir "$www"
cp /usr/lib/ipxe/snponly.efi "$www/"
head -c 3000000 /dev/urandom > "$www/vmlinuz"
digest=$(sha256sum "$www/vmlinuz" | cut -d' ' -f1)
mkdir "$www/sha256"
mv "$www/vmlinuz" "$www/sha256/$digest"
head -c 200000 /dev/urandom > "$www/initrd"
cat > "$www/boot.ipxe" << SCRIPT
#!ipxe
echo booting \${net0/mac} on \${platform}
kernel --name vmlinuz sha256/$digest talos.platform=metal slab_nomerge pti=on talos.config=http://10.77.0.2:8000/config
initrd initrd
boot
SCRIPT
printf 'version: v1alpha1\nmachine:\n  type: worker\n' > "$www/config"
cat > "$SITE_DIR/RACK.yaml" << 'RACK'
network: { interface: sim0 }
speed: 200
servers:
  - { firmware: bios, bmc: { first_address: 10.77.1.10, username: ADMIN, password: secret }, disks: [{ size_gb: 960 }] }
  - { firmware: uefi, bmc: { first_address: 10.77.1.11, username: ADMIN, password: secret }, disks: [{ size_gb: 960 }] }
  - { firmware: uefi-http, bmc: { first_address: 10.77.1.12, username: ADMIN, password: secret }, disks: [{ size_gb: 960 }] }
RACK
(cd "$www" && exec "$SITE" switch python3 -m http.server --bind 10.77.0.2 8000) > /dev/null 2>&1 &
"$SITE" rack "$hw_sim" rack --file "$SITE_DIR/RACK.yaml" --state-dir "$SITE_DIR" > "$SITE_DIR/out" 2> "$SITE_DIR/rack.log" &
rack=$!
"$SITE" appliance ip addr add 10.77.0.5/16 dev lb0
until_true 10 "$SITE" switch curl -sf http://10.77.0.2:8000/config
until_true 10 grep -q ready "$SITE_DIR/out"
for address in 10.77.1.10 10.77.1.11 10.77.1.12; do
  export IPMI_PASSWORD=secret
  "$SITE" appliance ipmitool -I lanplus -C 17 -H "$address" -U ADMIN -E chassis bootdev pxe options=efiboot > /dev/null
  "$SITE" appliance ipmitool -I lanplus -C 17 -H "$address" -U ADMIN -E chassis power on > /dev/null
done
cat > "$SITE_DIR/verdict.py" << 'VERDICT'
import hashlib, json, sys
state, www, digest = sys.argv[1:]
config = hashlib.sha256(open(www + "/config", "rb").read()).hexdigest()
servers = json.load(open(state))["servers"]
assert [s["firmware"] for s in servers] == ["bios", "uefi", "uefi-http"]
for s in servers:
    assert (s["stage"], s["detail"]) == ("os", "talos"), s["name"] + " " + s["stage"] + " " + s["detail"]
    assert (s["power_ons"], s["network_boots"], s["disk_boots"], s["installs"]) == (1, 1, 1, 1), s
    boot = s["boots"][0]
    assert boot["problems"] == [], boot
    assert len(boot["xids"]) == 2 and boot["address"].startswith("10.77.2."), boot
    assert len(boot["boot_programs"]) == 1 and digest in [i["sha256"] for i in boot["images"]], boot
    assert boot["screen"][0].startswith("booting " + s["mac"]), boot
    assert s["disks"][0]["installed"] == {"system": "talos", "detail": config}
VERDICT
until_true 30 python3 "$SITE_DIR/verdict.py" "$SITE_DIR/rack.json" "$www" "$digest" ||
  { python3 "$SITE_DIR/verdict.py" "$SITE_DIR/rack.json" "$www" "$digest"; exit 1; }

# The neighbour table of who talks to a server shows the server's own MAC, not the interface's.
address=$(python3 -c "import json,sys; print(json.load(open(sys.argv[1]))['servers'][0]['boots'][0]['address'])" "$SITE_DIR/rack.json")
"$SITE" switch ip neigh show "$address" | grep -q 02:c0:10:00:00:01
"$SITE" appliance ip neigh show 10.77.1.10 | grep -q 02:c0:10:bc:00:01

kill "$rack"
wait "$rack"
grep -q '^wire messages: [1-9]' "$SITE_DIR/out"
echo "three kinds of firmware installed and booted: ok"
