"""A server: QEMU with a BMC that is OpenIPMI's ipmi_sim, or hw-sim's. The BMC switches it on and off as a real one does, through
`chassis`, a program of the machine's folder; KCS inside the guest reaches the same BMC."""

import dataclasses
import json
import os
import shlex
import shutil
import subprocess

from . import waiting


@dataclasses.dataclass
class Disk:
    path: str
    serial: str
    kind: str = "virtio"  # virtio, nvme, sata
    wwn: int = 0  # sata

    def arguments(self, number: int) -> "list[str]":
        drive = f"disk{number}"
        device = {"virtio": "virtio-blk-pci", "nvme": "nvme", "sata": "ide-hd"}[self.kind]
        return ["-drive", f"if=none,id={drive},file={self.path},format=raw,discard=unmap,detect-zeroes=off",
                "-device", f"{device},drive={drive},serial={self.serial}" + (f",wwn={self.wwn:#x}" if self.wwn else "")]


@dataclasses.dataclass
class Hardware:
    name: str
    mac: str
    tap: str
    bmc_address: str
    memory_mib: int = 768
    cpus: int = 2
    serial: str = "LAB0001"
    uuid: str = "5e0c1f5a-6d6b-4a55-9c55-0242ac110002"
    disks: "list[Disk]" = dataclasses.field(default_factory=list)
    threads: int = 1  # of each core
    sockets: int = 1
    second_mac: str = ""  # a port without a cable
    dimm: "dict[str, str]" = dataclasses.field(default_factory=lambda: {
        "loc_pfx": "DIMM", "manufacturer": "Lab", "serial": "LABDIMM1", "part": "LAB-PART", "speed": "3200"})
    boot_order: str = "cn"  # of SeaBIOS: c = disk, n = network; what follows when nothing is ordered
    # ipmi_sim looks for the serial line every 10 s: a quick kernel has said it all by then. So the machine waits for it.
    whole_console: bool = False
    hw_sim: str = ""  # the program, when its BMC is to be used: no KCS, and the serial line from the first byte
    firmware: str = "bios"  # or uefi (PXE over TFTP), uefi-http: OVMF, which goes by its own order, network first
    nic: str = "virtio-net-pci"
    network_only: bool = False  # SeaBIOS boots nothing else, and starts over a second after that has failed

    @property
    def bmc_mac(self) -> str:
        return f"02:77:00:00:00:{int(self.bmc_address.rsplit('.', 1)[1]):02x}"


BMC_USER, BMC_PASSWORD = "ADMIN", "lab-secret"
OVMF = "/usr/share/OVMF/OVMF_CODE_4M.fd"
OVMF_VARIABLES = "/usr/share/OVMF/OVMF_VARS_4M.fd"

# ipmi_sim calls this with popen() and answers nobody meanwhile, so it returns at once: off is SIGKILL, on forks.
CHASSIS = r"""#!/bin/sh
cd "$(dirname "$0")" || exit 1
running() { [ -s pid ] && kill -0 "$(cat pid)" 2> /dev/null; }
off() { if running; then kill -KILL "$(cat pid)"; fi; rm -f pid; }
on() { running || ./start; }
echo "$*" >> chassis.log
act=$1
shift
while [ $# -gt 0 ]; do
  case $act,$1 in
    get,power) running && echo power:1 || echo power:0; shift ;;
    get,boot) echo "boot:$(cat boot 2> /dev/null || echo default)"; shift ;;
    get,*) echo "$1:0"; shift ;;
    set,power) if [ "$2" = 1 ]; then on; else off; fi; shift 2 ;;
    set,reset) off; on; shift 2 ;;
    set,shutdown) off; shift 2 ;;
    set,boot) echo "$2" > boot; shift 2 ;;
    set,*) shift 2 ;;
    *) shift ;;
  esac
done
exit 0
"""

# What ipmi_sim answers to Get LAN Configuration Parameters.
LAN = r"""#!/bin/sh
[ "$1" = get ] || exit 0
shift
for parameter in "$@"; do
  case $parameter in
    ip_addr) echo ip_addr:%(address)s ;;
    ip_addr_src) echo ip_addr_src:static ;;
    mac_addr) echo mac_addr:%(mac)s ;;
    subnet_mask) echo subnet_mask:255.255.255.0 ;;
    *) echo "$parameter:0.0.0.0" ;;
  esac
done
"""

# The boot device of the BMC is for one start; a reboot follows the machine's own order.
START = r"""#!/bin/sh
boot=$(cat boot 2> /dev/null)
rm -f boot
order=order=%(order)s
[ "$boot" = pxe ] && order=$order,once=n
setsid %(qemu)s -boot "$order" < /dev/null > qemu.log 2>&1 &
echo $! > pid
"""


class Machine:
    def __init__(self, workdir: str, hardware: Hardware, kernel: str = "", initramfs: str = "",
                 arguments: str = "") -> None:
        """With `kernel` QEMU loads it directly, at every start: for tests that are not about the network boot."""
        self.hardware = hardware
        self.direct = ["-kernel", kernel, "-initrd", initramfs, "-append", arguments] if kernel else []
        self.dir = os.path.join(workdir, hardware.name)
        os.makedirs(self.dir)
        self.console_path = os.path.join(self.dir, "console.log")
        self.bmc: "subprocess.Popen | None" = None
        self._write("chassis", CHASSIS, executable=True)
        self._write("start", START % {"qemu": shlex.join(self._qemu()), "order": hardware.boot_order}, executable=True)

    def _write(self, name: str, text: str, executable: bool = False) -> str:
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755 if executable else 0o644)
        return path

    def _kcs_port(self) -> int:
        # One per BMC; loopback of our own network namespace.
        return 9000 + int(self.hardware.bmc_address.rsplit(".", 1)[1])

    def _serial_port(self) -> int:
        """Where the BMC finds the machine's serial line."""
        return self._kcs_port() + 1000

    def _firmware(self) -> "list[str]":
        if self.hardware.firmware == "bios":
            return ["-M", "pc,graphics=off,accel=tcg"]  # SeaBIOS and iPXE then speak on the serial line
        variables = os.path.join(self.dir, "vars.fd")
        shutil.copy(OVMF_VARIABLES, variables)
        command = ["-M", "q35,accel=tcg", "-drive", f"if=pflash,format=raw,readonly=on,file={OVMF}",
                   "-drive", f"if=pflash,format=raw,file={variables}", "-device", "virtio-rng-pci",
                   "-fw_cfg", "name=opt/org.tianocore/IPv6PXESupport,string=n"]
        if self.hardware.firmware == "uefi-http":
            command += ["-fw_cfg", "name=opt/org.tianocore/IPv4PXESupport,string=n"]
        return command

    def _qemu(self) -> "list[str]":
        hw = self.hardware
        command = ["qemu-system-x86_64", "-name", hw.name, *self._firmware(), "-m", str(hw.memory_mib),
                   "-smp", f"{hw.cpus},sockets={hw.sockets},threads={hw.threads}", "-display", "none",
                   "-monitor", "none", "-uuid", hw.uuid,
                   "-smbios", f"type=1,manufacturer=Lab,product=Machine,serial={hw.serial},uuid={hw.uuid}",
                   "-smbios", "type=0,vendor=LabBIOS,version=1.2.3,date=01/02/2026",
                   "-smbios", f"type=2,manufacturer=Lab,product=Board,serial={hw.serial}-B",
                   "-smbios", f"type=3,manufacturer=Lab,serial={hw.serial}-C",
                   "-smbios", "type=17," + ",".join(f"{key}={value}" for key, value in hw.dimm.items()),
                   "-chardev", f"socket,id=console,host=127.0.0.1,port={self._serial_port()},server=on,"
                   f"wait={'on' if hw.hw_sim or hw.whole_console else 'off'},telnet={'off' if hw.hw_sim else 'on'},"
                   f"logfile={self.console_path},logappend=on", "-serial", "chardev:console",
                   "-netdev", f"tap,id=net0,ifname={hw.tap},script=no,downscript=no",
                   "-device", f"{hw.nic},netdev=net0,mac={hw.mac}" +
                   ("" if hw.firmware == "bios" else ",romfile=") +
                   (",bootindex=1" if hw.network_only or hw.firmware != "bios" else "")]
        if not hw.hw_sim:
            command += ["-chardev", f"socket,id=bmc,host=127.0.0.1,port={self._kcs_port()},reconnect=2",
                        "-device", "ipmi-bmc-extern,id=bmc0,chardev=bmc", "-device", "isa-ipmi-kcs,bmc=bmc0"]
        if hw.threads > 1:
            command += ["-cpu", "Nehalem"]  # the default model is AMD's, which shows threads as cores to Linux
        if hw.second_mac:
            command += ["-netdev", "hubport,id=net1,hubid=7", "-device", f"e1000,netdev=net1,mac={hw.second_mac}"]
        for number, disk in enumerate(hw.disks):
            command += disk.arguments(number)
        if hw.network_only:
            command += ["-boot", "strict=on,reboot-timeout=1000"]
        return command + self.direct

    def start_bmc(self) -> None:
        if self.hardware.hw_sim:
            self._start_hw_sim()
        else:
            self._start_ipmi_sim()
        waiting.until("the BMC answers", 10, lambda: self.ipmitool("mc", "info").returncode == 0, every=0.3)

    def _start_hw_sim(self) -> None:
        hw = self.hardware
        log = open(os.path.join(self.dir, "bmc.log"), "w", encoding="utf-8")
        self.bmc = subprocess.Popen([hw.hw_sim, "bmc", "--listen", f"{hw.bmc_address}:623", "--username", BMC_USER,
                                     "--guid", hw.uuid, "--serial", f"tcp:127.0.0.1:{self._serial_port()}",
                                     "--chassis", os.path.join(self.dir, "chassis")],
                                    env={**os.environ, "IPMI_PASSWORD": BMC_PASSWORD}, stdout=log,
                                    stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def _start_ipmi_sim(self) -> None:
        hw = self.hardware
        lan = self._write("lan", LAN % {"address": hw.bmc_address, "mac": hw.bmc_mac}, executable=True)
        auths = "\n".join(f"    allowed_auths_{level} none md2 md5 straight"
                          for level in ("callback", "user", "operator", "admin"))
        config = self._write("lan.conf", f"""name "{hw.name}"
set_working_mc 0x20
  startlan 1
    addr {hw.bmc_address} 623
    priv_limit admin
{auths}
    guid {hw.uuid.replace("-", "")}
    lan_config_program "{lan}"
  endlan
  sol "telnet:127.0.0.1:{self._serial_port()}" 115200
  serial kcs 127.0.0.1 {self._kcs_port()} codec VM
  chassis_control "{os.path.join(self.dir, "chassis")}"
  startnow false
  user 1 false "" "none" user 10 none md2 md5 straight
  user 2 true "{BMC_USER}" "{BMC_PASSWORD}" admin 10 none md2 md5 straight
""")
        commands = self._write("commands.emu", """mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
sel_enable 0x20 1000 0x0a
mc_set_guid 0x20 {guid}
mc_enable 0x20
""".replace("{guid}", hw.uuid.replace("-", "")))
        os.chmod(config, 0o600)
        state = os.path.join(self.dir, "bmc-state")
        os.makedirs(state)
        log = open(os.path.join(self.dir, "bmc.log"), "w", encoding="utf-8")
        self.bmc = subprocess.Popen(["ipmi_sim", "-c", config, "-f", commands, "-s", state, "-n"], stdout=log,
                                    stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def ipmitool(self, *command: str) -> subprocess.CompletedProcess:
        return subprocess.run(["ipmitool", "-I", "lanplus", "-C", "17" if self.hardware.hw_sim else "3", "-H", self.hardware.bmc_address,
                               "-U", BMC_USER, "-E", *command], env={**os.environ, "IPMI_PASSWORD": BMC_PASSWORD},
                              capture_output=True, text=True, check=False)

    def running(self) -> bool:
        try:
            with open(os.path.join(self.dir, "pid"), encoding="utf-8") as file:
                os.kill(int(file.read()), 0)
            return True
        except (OSError, ValueError):
            return False

    def chassis(self, *arguments: str) -> None:
        """As the BMC calls it."""
        subprocess.run([os.path.join(self.dir, "chassis"), *arguments], check=True)

    def power_acts(self) -> "list[str]":
        """What the BMC was told to do to the chassis, in order."""
        with open(os.path.join(self.dir, "chassis.log"), encoding="utf-8") as file:
            return [line.strip().removeprefix("set ") for line in file if line.startswith("set ")]

    def console(self) -> str:
        try:
            with open(self.console_path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def wait_console(self, text: str, seconds: float, after: int = 0) -> int:
        """Waits for `text` on the serial line, beyond offset `after`; returns the offset behind it."""

        def look():
            found = self.console().find(text, after)
            return found + len(text) if found >= 0 else 0

        return waiting.until(f"{self.hardware.name} prints {text!r}", seconds, look, every=0.1)

    def inventory_differences(self, inventory: dict) -> "list[str]":
        """Where an inventory of scout disagrees with what QEMU was given."""
        hw = self.hardware
        disks = {disk["id"]["serial"]: disk for disk in inventory["disks"]}
        seen = {
            "threads": inventory["cpu"]["threads"],
            "topology": [inventory["cpu"]["sockets"], inventory["cpu"]["cores"]],
            "bios": [inventory["smbios"].get(key) for key in ("bios_vendor", "bios_version", "bios_date")],
            "board and chassis": [inventory["smbios"][key] for key in ("board_serial", "chassis_serial")],
            "dimms": [[d["size_bytes"], d["speed_mts"], d.get("manufacturer"), d.get("serial"), d.get("part")]
                      for d in inventory.get("dimms", [])],
            "wwns": {d["id"]["serial"]: d["id"]["wwn"] for d in inventory["disks"] if d["transport"] == "sata"},
            "memory": inventory["memory_bytes"],
            "macs": sorted(nic["mac"] for nic in inventory["nics"]),
            "serial": inventory["smbios"]["serial"],
            "uuid": inventory["smbios"].get("uuid"),
            "boot_mac": inventory["boot_mac"],
            "firmware": inventory["boot_firmware"],
            "disks": {serial: disk["size_bytes"] for serial, disk in sorted(disks.items())},
        }
        given = {
            "threads": hw.cpus,
            "topology": [hw.sockets, hw.cpus // hw.threads],
            "bios": ["LabBIOS", "1.2.3", "01/02/2026"],
            "board and chassis": [f"{hw.serial}-B", f"{hw.serial}-C"],
            "dimms": [[hw.memory_mib << 20, int(hw.dimm["speed"]), hw.dimm["manufacturer"], hw.dimm["serial"],
                       hw.dimm["part"]]],
            "wwns": {d.serial: f"naa.{d.wwn:016x}" if d.wwn else "" for d in hw.disks if d.kind == "sata"},
            "memory": hw.memory_mib << 20,
            "macs": sorted(mac for mac in (hw.mac, hw.second_mac) if mac),
            "serial": hw.serial,
            "uuid": hw.uuid,
            "boot_mac": hw.mac,
            "firmware": "bios",
            "disks": {disk.serial: os.path.getsize(disk.path) for disk in sorted(hw.disks, key=lambda d: d.serial)},
        }
        return [f"{key}: given {json.dumps(given[key])}, seen {json.dumps(seen[key])}"
                for key in given if given[key] != seen[key]]
