#!/usr/bin/env python3
"""The Talos stand-in does what the tests that use it take for granted: config, install, boot from disk.

    tests/e2e/lab/in-namespaces tests/e2e/talos_standin_test.py IMAGE_DIR
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "talos-standin"))
import image  # noqa: E402
import serve  # noqa: E402
from lab import disks, network, workdir  # noqa: E402
from lab.machine import Disk, Hardware, Machine  # noqa: E402

BMC = "10.77.1.10"
MARKER = "BOOTED-FROM-DISK-7f3a"
CONFIG = b"""version: v1alpha1
machine:
  type: worker
  install:
    diskSelector:
      serial: INSTALL-HERE
"""


class TalosStandIn(unittest.TestCase):
    def test_installs_what_its_config_says_and_boots_from_that_disk(self) -> None:
        initramfs = os.path.join(WORK, "talos-initramfs")
        image.build(os.path.join(IMAGE, "scout-initramfs"), initramfs, MARKER)
        configs = serve.OneFile(network.COLONYD, "/config/token", CONFIG)
        other = Disk(disks.make_empty(os.path.join(WORK, "other.raw"), 16 << 20), "NOT-HERE")
        wanted = Disk(disks.make_empty(os.path.join(WORK, "disk.raw"), 16 << 20), "INSTALL-HERE")
        hardware = Hardware(name="node", mac="52:54:00:77:00:09", tap=NET.tap(), bmc_address=BMC,
                            disks=[other, wanted], boot_order="c")
        machine = Machine(WORK, hardware, kernel=os.path.join(IMAGE, "scout-kernel"), initramfs=initramfs,
                          arguments=f"console=ttyS0 quiet talos.platform=metal talos.config={configs.url}")
        machine.start_bmc()
        self.addCleanup(machine.chassis, "set", "power", "0")
        self.assertEqual(machine.ipmitool("power", "on").returncode, 0)

        at = machine.wait_console("STAGE fetching the config", 60)
        at = machine.wait_console("STAGE installing", 20, at)
        machine.wait_console("STAGE installed", 10, at)
        self.assertEqual(configs.fetches, 1)
        with open(wanted.path, "rb") as file:
            self.assertEqual(file.read(512), image.boot_sector(MARKER))
        self.assertIsNone(disks.first_nonzero(other.path))

        # The next start is without the kernel: the disk alone.
        machine.chassis("set", "power", "0")
        disk_only = Machine(WORK, Hardware(name="node-again", mac=hardware.mac, tap=hardware.tap, bmc_address=BMC,
                                           disks=[wanted], boot_order="c"))
        self.addCleanup(disk_only.chassis, "set", "power", "0")
        disk_only.chassis("set", "power", "1")
        disk_only.wait_console(MARKER, 30)


if __name__ == "__main__":
    IMAGE = os.path.abspath(sys.argv.pop(1))
    with workdir() as WORK:
        NET = network.Network(WORK)
        NET.address(network.COLONYD + "/24", network.COLONYD_PORT)
        NET.address(BMC + "/32", "lo")
        NET.start_dhcp()
        outcome = unittest.main(exit=False, verbosity=2, warnings="ignore")
        sys.exit(0 if outcome.result.wasSuccessful() else 1)
