#!/usr/bin/env python3
"""The whole job on a machine of QEMU with a foreign BMC, by colonyd and colony: discovered from power-off, provisioned,
booted from its disk, wiped. Judged by the host: QEMU's settings, the serial line, the disk image, the BMC's log.

    tests/e2e/lab/in-namespaces tests/e2e/real_machine_test.py BIN_DIR IMAGE_DIR
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "talos-standin"))
import image  # noqa: E402
from lab import disks, network, workdir  # noqa: E402
from lab.appliance import Appliance  # noqa: E402
from lab.machine import BMC_PASSWORD, BMC_USER, Disk, Hardware, Machine  # noqa: E402

BMC = "10.77.1.10"
SIZE = 64 << 20
MARKER = "BOOTED-FROM-DISK-91c4"
CONFIG = """version: v1alpha1
machine:
  type: worker
  token: lab.0123456789abcdef
  install:
    diskSelector:
      serial: "${install_disk_serial}"
  network:
    interfaces:
      - deviceSelector: { permanentAddr: "${install_nic_mac}" }
"""


class RealMachine(unittest.TestCase):
    def asset_differences(self, machine: Machine, asset: dict) -> "list[str]":
        hw = machine.hardware
        seen = (asset["system"]["cpu_threads"], asset["memory_mb"], [n["mac_address"] for n in asset["networks"]],
                asset["system"]["serial"], asset["system"]["uuid"],
                sorted((d["serial"], d["size_bytes"]) for d in asset["storages"]))
        given = (hw.cpus, hw.memory_mib, [hw.mac], hw.serial, hw.uuid,
                 sorted((d.serial, os.path.getsize(d.path)) for d in hw.disks))
        return [] if seen == given else [f"given {given}", f"seen {seen}"]

    def test_discover_provision_boot_from_disk_wipe(self) -> None:
        talos = os.path.join(WORK, "talos-initramfs")
        image.build(os.path.join(IMAGE, "scout-initramfs"), talos, MARKER)
        config = os.path.join(WORK, "worker.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG)
        # One empty disk to install on, one with random data that is not ours until the wipe.
        install = Disk(disks.make_empty(os.path.join(WORK, "a.raw"), SIZE), "LAB-DISK-A")
        data = Disk(disks.make_random(os.path.join(WORK, "b.raw"), SIZE), "LAB-DISK-B", "nvme")
        machine = Machine(WORK, Hardware(name="server", mac="52:54:00:77:0a:01", tap=NET.tap(), bmc_address=BMC,
                                         memory_mib=1024, cpus=2, disks=[install, data], boot_order="nc",
                                         whole_console=True))
        machine.start_bmc()
        self.addCleanup(machine.chassis, "set", "power", "0")
        self.assertFalse(machine.running())

        appliance = Appliance(WORK, BIN, os.path.join(IMAGE, "scout-kernel"), talos)
        self.addCleanup(lambda: appliance.process.poll() is None and appliance.stop())
        appliance.start()

        # Discover, from power-off.
        appliance.colony("add-ipmi", "--ip", BMC, "--username", BMC_USER, "--name", "lab-1", "--auto-discover",
                         secret={"IPMI_PASSWORD": BMC_PASSWORD})
        appliance.wait_workflow("discovery", 240)
        asset = appliance.asset()
        self.assertEqual(asset["status"], "available")
        self.assertEqual(self.asset_differences(machine, asset), [])
        self.assertEqual({d["serial"]: d["content"] for d in asset["storages"]},
                         {"LAB-DISK-A": "", "LAB-DISK-B": "data"})
        self.assertFalse(machine.running(), "discovered, and switched off again")
        log = appliance.colony("console", "lab-1", "--log")
        self.assertIn("==> boot of", log)
        self.assertIn("Linux version", log, "its kernel's boot lines stand on the timeline")

        # Provision: the stand-in fetches its config by token, installs, reboots; the disk prints the marker.
        appliance.colony("provision", "lab-1", "--config", config, "--disk", "transport=virtio,smallest",
                         "--nic", "link=yes,boot=yes", "--kernel-argument", "console=ttyS0", "--yes")
        at = machine.wait_console("STAGE fetching the config", 240)
        at = machine.wait_console(f"STAGE the config names the NIC {machine.hardware.mac}", 60, at)
        at = machine.wait_console("STAGE installed", 60, at)
        machine.wait_console(MARKER, 120, at)
        appliance.wait_workflow("cluster-provision", 420)
        self.assertEqual(appliance.asset()["status"], "provisioned")
        self.assertTrue(machine.running())
        self.assertNotIn(CONFIG.split("token: ")[1].split()[0], appliance.log(), "no secret of the config is logged")

        # Wipe: every disk, the random one too, is zero from the host's side.
        self.assertIsNotNone(disks.first_nonzero(install.path))
        self.assertIsNotNone(disks.first_nonzero(data.path))
        appliance.colony("wipe", "lab-1", "--yes")
        appliance.wait_workflow("disk-wipe", 300)
        self.assertIsNone(disks.first_nonzero(install.path))
        self.assertIsNone(disks.first_nonzero(data.path))
        asset = appliance.asset()
        self.assertEqual((asset["status"], asset["condition"]), ("available", "normal"))
        self.assertFalse(machine.running())
        self.assertIn("LAB-DISK-B", appliance.colony("certificates", "lab-1"))

        print("BMC power acts:", machine.power_acts())
        self.assertNotIn("reset 1", machine.power_acts(), "power is off and on, never a reset")
        self.assertEqual(appliance.stop(), 0)


if __name__ == "__main__":
    BIN, IMAGE = (os.path.abspath(sys.argv.pop(1)) for _ in range(2))
    with workdir() as WORK:
        NET = network.Network(WORK)
        NET.address(BMC + "/32", "lo")
        NET.start_dhcp()
        outcome = unittest.main(exit=False, verbosity=2, warnings="ignore")
        sys.exit(0 if outcome.result.wasSuccessful() else 1)
