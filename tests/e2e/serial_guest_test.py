#!/usr/bin/env python3
"""The serial console of a real guest (QEMU) through a BMC that we did not write (OpenIPMI's ipmi_sim): `colony bmc
console` shows its kernel's boot, byte for byte what QEMU saw leave the port, and types into it.

    tests/e2e/lab/in-namespaces tests/e2e/serial_guest_test.py BIN_DIR IMAGE_DIR
"""

import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from lab import network, waiting, workdir  # noqa: E402
from lab.machine import BMC_PASSWORD, BMC_USER, Hardware, Machine  # noqa: E402

BMC = "10.77.1.10"


class SerialGuest(unittest.TestCase):
    def test_the_kernels_boot_lines_come_through_and_keys_go_in(self) -> None:
        machine = Machine(WORK, Hardware(name="guest", mac="52:54:00:77:0b:01", tap=NET.tap(), bmc_address=BMC),
                          kernel=f"{IMAGE}/scout-kernel", initramfs=f"{IMAGE}/scout-initramfs",
                          arguments="console=ttyS0 rdinit=/bin/sh")
        machine.start_bmc()
        self.addCleanup(machine.bmc.kill)
        self.addCleanup(machine.chassis, "set", "power", "0")
        self.assertEqual(machine.ipmitool("power", "on").returncode, 0)

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

        # ipmi_sim finds the port some seconds after power on, when a quick kernel has said it all: the boot that is
        # looked at is the next one.
        waiting.until("the shell answers", 120, shell_answers, every=1)
        typed(b"reboot -f")
        waiting.until("the kernel speaks", 120, seen(b"Run /bin/sh as init process"))
        # Power goes through the same session meanwhile.
        self.assertIn("on", machine.ipmitool("power", "status").stdout)
        with open(log, "rb") as file:
            through = file.read()
        with open(machine.console_path, "rb") as file:
            left_the_port = file.read()
        self.assertIn(through[-4000:], left_the_port)
        console.stdin.write(b"\r~.")
        console.stdin.flush()
        self.assertEqual(console.wait(20), 0)


if __name__ == "__main__":
    BIN, IMAGE = (os.path.abspath(sys.argv.pop(1)) for _ in range(2))
    with workdir() as WORK:
        NET = network.Network(WORK)
        NET.address(BMC + "/32", "lo")
        outcome = unittest.main(exit=False, verbosity=2, warnings="ignore")
        sys.exit(0 if outcome.result.wasSuccessful() else 1)
