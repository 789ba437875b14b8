#!/usr/bin/env python3
"""`tftp.server: tftpd-hpa`: in.tftpd over the tree that colonyd exports and proves. A BIOS machine and a UEFI machine of
QEMU fetch their boot program through it; Debian's own service in the way, and none at all, are named.

    tests/e2e/lab/in-namespaces tests/e2e/tftpd_hpa_test.py BIN_DIR IMAGE_DIR
"""

import os
import shutil
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from lab import network, waiting, workdir  # noqa: E402
from lab.appliance import Appliance  # noqa: E402

ENGINE = os.environ.get("COLONY_IN_TFTPD", "/usr/sbin/in.tftpd")
# Both stages of iPXE say the same of themselves in DHCP; only the script can tell the ROM from the loaded program.
CHAIN = f"""#!ipxe
iseq ${{net0/chip}} undionly && goto loaded ||
chain tftp://{network.COLONYD}/undionly.kpxe
:loaded
chain http://{network.COLONYD}:8080/boot.ipxe?mac=${{net0/mac}}&uuid=${{uuid}}&arch=bios-x86
"""


def qemu(name: str, tap: str, mac: str, *more: str) -> "subprocess.Popen":
    serial = os.path.join(WORK, name + ".console")
    return subprocess.Popen(
        ["qemu-system-x86_64", "-accel", "tcg", "-m", "512", "-display", "none", "-no-reboot", "-monitor", "none",
         "-serial", "file:" + serial, "-netdev", f"tap,id=n0,ifname={tap},script=no,downscript=no", *more,
         "-uuid", "5e0c1f5a-6d6b-4a55-9c55-0242ac11" + mac[-5:].replace(":", "")],
        stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)


class TftpdHpa(unittest.TestCase):
    def setUp(self) -> None:
        self.processes: "list[subprocess.Popen]" = []
        self.addCleanup(self.end_processes)
        files = os.path.join(WORK, "files")
        os.makedirs(os.path.join(files, "pxelinux.cfg"), exist_ok=True)
        for name, text in (("chain.ipxe", CHAIN), ("pxelinux.cfg/default", "label of the site\n")):
            with open(os.path.join(files, name), "w", encoding="utf-8") as file:
                file.write(text)
        self.appliance = Appliance(os.path.join(WORK, str(len(os.listdir(WORK)))), BIN,
                                   os.path.join(IMAGE, "scout-kernel"), os.path.join(IMAGE, "scout-initramfs"))
        with open(self.appliance.config, "a", encoding="utf-8") as file:
            file.write(f"tftp: {{ server: tftpd-hpa, root: {files} }}\nhttp: {{ root: {files} }}\n")
        self.appliance.edit("mode: proxy", "mode: proxy, discover: always")

    def end_processes(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        if self.appliance.process and self.appliance.process.poll() is None:
            self.appliance.stop()

    def background(self, process: "subprocess.Popen") -> "subprocess.Popen":
        self.processes.append(process)
        return process

    def start_engine(self) -> "subprocess.Popen":
        """What colony-tftpd.service does."""
        return self.background(subprocess.Popen(
            [os.path.join(BIN, "colony-tftpd"), "--config", self.appliance.config, "--program", ENGINE,
             "--user", "nobody"], stdin=subprocess.DEVNULL))

    def findings(self) -> str:
        return "\n".join(self.appliance.get("/status")["findings"])

    def is_proved(self) -> bool:
        return "tftp.proved" in self.appliance.log() and "machines cannot boot" not in self.findings()

    def proved(self, seconds: float = 15) -> None:
        waiting.until("in.tftpd is proved", seconds, self.is_proved)

    def tftp(self, name: str) -> "tuple[int, bytes]":
        done = subprocess.run(["curl", "-s", "-m", "4", f"tftp://{network.COLONYD}/{name}"], capture_output=True,
                              check=False)
        return done.returncode, done.stdout

    def boots(self, name: str, seconds: float) -> str:
        """Until our script runs on it; what it printed until then."""
        def console() -> str:
            try:
                with open(os.path.join(WORK, name + ".console"), encoding="utf-8", errors="replace") as file:
                    return file.read()
            except FileNotFoundError:
                return ""

        waiting.until(f"the script runs on {name}", seconds, lambda: "Colony: loading scout" in console(), every=0.3)
        return console()

    def test_without_it_nothing_is_offered_and_each_cause_is_named(self) -> None:
        self.appliance.start()
        waiting.until("nobody is there", 10, lambda: "no TFTP server answers" in self.findings())
        # Debian's own service, as its init script starts it.
        os.makedirs("/tmp/srv-tftp", exist_ok=True)
        foreign = self.background(subprocess.Popen([ENGINE, "--foreground", "-4", "--user", "nobody", "--address",
                                                    ":69", "--secure", "/tmp/srv-tftp"]))
        waiting.until("it is named", 20, lambda: "another TFTP server answers" in self.findings())
        self.assertIn(f"in.tftpd (process {foreign.pid}, user root)", self.findings())
        refused = self.start_engine()
        self.assertEqual(refused.wait(timeout=10), 1)
        foreign.kill()
        foreign.wait()

        engine = self.start_engine()
        self.proved(35)
        self.assertEqual(self.tftp("pxelinux.cfg/default"), (0, b"label of the site\n"))
        with open("/usr/lib/ipxe/undionly.kpxe", "rb") as program:
            self.assertEqual(self.tftp("undionly.kpxe"), (0, program.read()))
        self.assertNotEqual(self.tftp("../../etc/passwd")[0], 0)
        self.assertEqual([name for name in os.listdir(os.path.join(self.appliance.dir, "tftp")) if "probe" in name], [])
        self.assertEqual(os.listdir("/tmp/srv-tftp"), [])

        # The address comes and goes: the same process serves it again.
        network.run("ip", "address", "flush", "dev", network.COLONYD_PORT)
        waiting.until("it is missed", 5, lambda: not self.appliance.get("/status")["ready"])
        waiting.until("and claimed again", 15, lambda: self.appliance.get("/status")["ready"])
        self.proved()
        self.assertEqual(self.tftp("pxelinux.cfg/default")[0], 0)
        self.assertIsNone(engine.poll())

        # Nobody else's network is answered: the filter sits on the socket that in.tftpd was given.
        network.run("ip", "address", "add", "10.99.0.1/32", "dev", "lo")
        done = subprocess.run(["curl", "-s", "-m", "2", "--interface", "10.99.0.1",
                               f"tftp://{network.COLONYD}/pxelinux.cfg/default"], capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (28, b""))

        engine.send_signal(signal.SIGKILL)
        engine.wait()
        os.kill(self.appliance.process.pid, signal.SIGHUP)  # looks at once, not in five minutes
        waiting.until("its end is noticed", 15, lambda: "no TFTP server answers" in self.findings())
        self.assertEqual(self.appliance.stop(), 0)

    def test_a_bios_machine_boots_through_it(self) -> None:
        self.appliance.edit("mode: proxy", "mode: off")  # the site's DHCP server names the script: two stages that look alike
        # And its router says so: iPXE would wait 16 s for one, in each of its stages.
        NET.add_dhcp_port()
        network.run("ip", "-n", "dhcp", "address", "add", "fd77::1/64", "dev", "dhcp0", "nodad")
        dhcp = self.background(NET.start_dhcp(f"--dhcp-boot=http://{network.COLONYD}:8080/files/chain.ipxe",
                                              "--enable-ra", "--dhcp-range=fd77::,ra-only"))
        self.appliance.start()
        self.start_engine()
        self.proved()
        self.background(qemu("bios", NET.tap(), "52:54:00:77:0b:01", "-M", "pc,graphics=off", "-boot", "n",
                             "-device", "virtio-net-pci,netdev=n0,mac=52:54:00:77:0b:01"))
        printed = self.boots("bios", 120)
        self.assertIn(f"tftp://{network.COLONYD}/undionly.kpxe... ok", printed)
        self.assertIn("net0: 52:54:00:77:0b:01 using undionly", printed)
        self.assertIsNone(dhcp.poll())

    def test_a_uefi_machine_boots_through_it_beside_a_dhcp_server(self) -> None:
        self.background(NET.start_dhcp())
        self.appliance.start()
        self.start_engine()
        self.proved()
        code = "/usr/share/OVMF/OVMF_CODE_4M.fd"
        variables = os.path.join(WORK, "vars.fd")
        shutil.copy("/usr/share/OVMF/OVMF_VARS_4M.fd", variables)
        self.background(qemu("uefi", NET.tap(), "52:54:00:77:0b:02", "-M", "q35",
                             "-drive", f"if=pflash,format=raw,readonly=on,file={code}",
                             "-drive", f"if=pflash,format=raw,file={variables}", "-device", "virtio-rng-pci",
                             "-device", "virtio-net-pci,netdev=n0,romfile=,mac=52:54:00:77:0b:02,bootindex=1",
                             "-fw_cfg", "name=opt/org.tianocore/IPv6PXESupport,string=n"))
        self.assertIn("NBP file downloaded successfully", self.boots("uefi", 120))


if __name__ == "__main__":
    BIN, IMAGE = (os.path.abspath(sys.argv.pop(1)) for _ in range(2))
    if not os.access(ENGINE, os.X_OK):
        print("skipped: no in.tftpd (apt-get install tftpd-hpa)")
        sys.exit(77)
    with workdir() as WORK:
        NET = network.Network(WORK)
        outcome = unittest.main(argv=sys.argv, exit=False, verbosity=2, warnings="ignore")
        sys.exit(0 if outcome.result.wasSuccessful() else 1)
