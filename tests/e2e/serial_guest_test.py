#!/usr/bin/env python3
"""The serial console of a real guest (QEMU), byte for byte what QEMU saw leave the port, and keys into it: through a BMC
that we did not write (OpenIPMI's ipmi_sim) by `colony bmc console`, and through hw-sim's BMC by that, by ipmitool and by
FreeIPMI's ipmiconsole. With colonyd, the kernel's boot stands on the machine's timeline.

    tests/e2e/lab/in-namespaces tests/e2e/serial_guest_test.py BIN_DIR IMAGE_DIR
"""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import termios
import time
import tty
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from lab import disks, network, waiting, workdir  # noqa: E402
from lab.appliance import Appliance  # noqa: E402
from lab.machine import BMC_PASSWORD, BMC_USER, Disk, Hardware, Machine  # noqa: E402

BMC, SIM_BMC = "10.77.1.10", "10.77.1.11"
SHELL = b"Run /bin/sh as init process"


class SerialGuest(unittest.TestCase):
    def test_the_kernels_boot_lines_come_through_and_keys_go_in(self) -> None:
        machine = Machine(WORK, Hardware(name="guest", mac="52:54:00:77:0b:01", tap=NET.tap(), bmc_address=BMC,
                                         whole_console=True),
                          kernel=f"{IMAGE}/scout-kernel", initramfs=f"{IMAGE}/scout-initramfs",
                          arguments="console=ttyS0 rdinit=/bin/sh")
        machine.start_bmc()
        self.addCleanup(machine.bmc.kill)
        self.addCleanup(machine.chassis, "set", "power", "0")

        log = os.path.join(WORK, "console.through-bmc")
        with open(log, "wb") as file:
            console = subprocess.Popen([f"{BIN}/colony", "bmc", "console", "--ip", BMC, "--username", BMC_USER],
                                       env={**os.environ, "IPMI_PASSWORD": BMC_PASSWORD}, stdin=subprocess.PIPE,
                                       stdout=file, stderr=subprocess.PIPE)
        self.addCleanup(console.wait)
        self.addCleanup(console.kill)
        self.addCleanup(console.stdin.close)
        self.addCleanup(console.stderr.close)
        self.assertIn(b"Leave with", console.stderr.readline())
        self.assertEqual(machine.ipmitool("power", "on").returncode, 0)  # another session, while the line is open

        def seen(text: bytes):
            def look() -> bool:
                with open(log, "rb") as through:
                    return text in through.read()
            return look

        def typed(line: bytes) -> None:
            console.stdin.write(line + b"\r")
            console.stdin.flush()

        def shell_answers() -> bool:
            typed(b"echo typed-$((40 + 2))-through-the-bmc")
            return seen(b"typed-42-through-the-bmc")()

        waiting.until("the kernel speaks", 120, seen(SHELL))
        waiting.until("the shell answers", 120, shell_answers, every=1)
        # Power goes through the same session meanwhile.
        self.assertIn("on", machine.ipmitool("power", "status").stdout)
        with open(log, "rb") as file:
            through = file.read()
        with open(machine.console_path, "rb") as file:
            left_the_port = file.read()
        self.assertIn(b"Linux version", through)
        self.assertEqual(through, left_the_port[:len(through)], "none lost, none twice")
        console.stdin.write(b"\r~.")
        console.stdin.flush()
        self.assertEqual(console.wait(20), 0)


class Terminal:
    """A program in a terminal of its own, which passes every byte as it is."""

    def __init__(self, *words: str) -> None:
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.before = termios.tcgetattr(self.slave)
        self.program = subprocess.Popen(words, stdin=self.slave, stdout=self.slave, stderr=self.slave, start_new_session=True,
                                        env={**os.environ, "IPMI_PASSWORD": BMC_PASSWORD, "TERM": "dumb"})
        self.seen = b""

    def expect(self, pattern: bytes, seconds: float = 20) -> bytes:
        """What came before the end of the pattern, from the end of the last one on."""
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.seen, re.S)):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                raise AssertionError(f"no {pattern!r} in {self.seen[-2000:]!r}")
            self.seen += os.read(self.master, 65536)
        text, self.seen = self.seen[:found.end()], self.seen[found.end():]
        return text

    def type(self, text: bytes) -> None:
        os.write(self.master, text)

    def close(self) -> None:
        self.program.kill()
        self.program.wait()
        os.close(self.master)
        os.close(self.slave)


class ThroughHwSim(unittest.TestCase):
    def machine(self, name: str, **rest) -> Machine:
        kernel = {"kernel": f"{IMAGE}/scout-kernel", "initramfs": f"{IMAGE}/scout-initramfs",
                  "arguments": "console=ttyS0 rdinit=/bin/sh"} if "disks" not in rest else {}
        machine = Machine(WORK, Hardware(name=name, mac="52:54:00:77:0b:02", tap=NET.tap(), bmc_address=SIM_BMC,
                                         hw_sim=f"{BIN}/hw-sim", **rest), **kernel)
        machine.start_bmc()
        self.addCleanup(machine.bmc.wait)
        self.addCleanup(machine.bmc.terminate)
        self.addCleanup(machine.chassis, "set", "power", "0")
        return machine

    def terminal(self, *words: str) -> Terminal:
        terminal = Terminal(*words)
        self.addCleanup(terminal.close)
        return terminal

    def boots_through(self, name: str, opened: bytes, leave: bytes, words: "list[str]") -> None:
        machine = self.machine(name)
        terminal = self.terminal(*words)
        terminal.expect(opened)
        self.assertEqual(machine.ipmitool("power", "on").returncode, 0)  # another session, while the line is open
        through = terminal.expect(re.escape(SHELL), 120)
        with open(machine.console_path, "rb") as file:
            left_the_port = file.read()
        self.assertIn(b"Linux version", through)
        # From the firmware's first byte on, none lost, none twice.
        self.assertEqual(through, left_the_port[:len(through)])
        print(f"{name}: {len(through)} bytes of the boot, as they left the port")

        def shell_answers() -> bool:
            terminal.type(b"echo typed-$((40 + 2))-through-hw-sim\r")
            try:
                return bool(terminal.expect(b"typed-42-through-hw-sim", 2))
            except AssertionError:
                return False

        waiting.until("the shell answers", 60, shell_answers)
        terminal.type(leave)
        self.assertIsNotNone(terminal.program.wait(20))

    def test_colony(self) -> None:
        self.boots_through("by-colony", rb"Leave with[^\n]*\n", b"\r~.",
                           [f"{BIN}/colony", "bmc", "console", "--ip", SIM_BMC, "--username", BMC_USER])

    def test_ipmitool(self) -> None:
        self.boots_through("by-ipmitool", rb"SOL Session operational[^\n]*\n", b"\r~.",
                           ["ipmitool", "-I", "lanplus", "-C", "17", "-H", SIM_BMC, "-U", BMC_USER, "-E", "sol", "activate"])

    def test_ipmiconsole(self) -> None:
        program = shutil.which("ipmiconsole", path=os.environ["PATH"] + ":/usr/sbin")
        if not program:
            self.skipTest("no ipmiconsole")
        self.boots_through("by-ipmiconsole", rb"SOL established[^\n]*\n", b"\r&.",
                           [program, "-h", SIM_BMC, "-u", BMC_USER, "-p", BMC_PASSWORD, "-I", "17"])

    def test_with_colonyd_the_boot_stands_on_the_timeline(self) -> None:
        """Discovered over the network; then `colony console` in a terminal, and who else has the line."""
        disk = Disk(disks.make_empty(os.path.join(WORK, "hw-sim.raw"), 64 << 20), "LAB-DISK-S")
        machine = self.machine("by-colonyd", disks=[disk], memory_mib=1024)
        appliance = Appliance(WORK, BIN, os.path.join(IMAGE, "scout-kernel"), os.path.join(IMAGE, "scout-initramfs"))
        self.addCleanup(lambda: appliance.process.poll() is None and appliance.stop())
        appliance.start()
        appliance.colony("add-ipmi", "--ip", SIM_BMC, "--username", BMC_USER, "--name", "sim-1", "--auto-discover",
                         secret={"IPMI_PASSWORD": BMC_PASSWORD})
        appliance.wait_workflow("discovery", 420)

        log = waiting.until("the boot is written down", 30, lambda: self.boots(appliance, 1))
        printed = machine.console().replace("\r", "").replace("\t", " ")
        # Its first line may follow a word of the BIOS that the kernel cuts short when it resets the port.
        kernel = re.findall(r"\[ +\d+\.\d+\] .*", log)
        self.assertGreater(len(kernel), 50)
        self.assertTrue(any("Linux version" in line for line in kernel), log[:3000])
        self.assertIn("iPXE", log)
        shown = [line for line in kernel if "***" not in line]  # but for tokens, which the kernel prints and we do not
        self.assertEqual([line for line in shown if line not in printed], [])
        self.assertNotRegex(log, r"colony\.token=[^*]")
        # What its BMC wrote down, and why it says that the machine started.
        why = waiting.until("the BMC's events are there", 30, lambda: self.told(appliance, "Initiated by power up"))
        self.assertIn("the BMC says why it started: chassis power control command", why)

        # Somebody else has the line: named with its cure, and taken when asked. colonyd would keep it for two minutes after
        # a workflow; started anew it has no reason to.
        self.assertEqual(appliance.stop(), 0)
        theirs = self.terminal("ipmitool", "-I", "lanplus", "-C", "17", "-H", SIM_BMC, "-U", BMC_USER, "-E", "sol", "activate")
        theirs.expect(rb"operational")
        appliance.start()
        console = [f"{BIN}/colony", "--socket", appliance.socket, "console", "sim-1"]
        refused = self.terminal(*console)
        refused.expect(rb"another session has the serial line.*--take")
        self.assertNotEqual(refused.program.wait(20), 0)
        mine = self.terminal(*console, "--take")
        mine.expect(rb"Leave with[^\n]*\n")
        appliance.colony("power", "sim-1", "on", "--wait")
        mine.expect(rb"SeaBIOS", 60)
        mine.type(b"\r~.")
        mine.expect(rb"console closed")
        self.assertEqual(mine.program.wait(20), 0)
        self.assertEqual(termios.tcgetattr(mine.slave), mine.before)
        self.assertEqual(appliance.stop(), 0)

    def boots(self, appliance: Appliance, count: int) -> "str | None":
        log = appliance.colony("console", "sim-1", "--log")
        return log if log.count("==> boot of") >= count and "Linux version" in log else None

    def told(self, appliance: Appliance, text: str) -> "str | None":
        why = appliance.colony("why", "sim-1")
        return why if text in why else None


if __name__ == "__main__":
    BIN, IMAGE = (os.path.abspath(sys.argv.pop(1)) for _ in range(2))
    with workdir() as WORK:
        NET = network.Network(WORK)
        NET.address(BMC + "/32", "lo")
        NET.address(SIM_BMC + "/32", "lo")
        NET.start_dhcp()
        outcome = unittest.main(exit=False, verbosity=2, warnings="ignore")
        sys.exit(0 if outcome.result.wasSuccessful() else 1)
