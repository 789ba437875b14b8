#!/usr/bin/env python3
"""The scout image alone, on a machine of QEMU, against a stand-in for colonyd: what it sees, what it erases.

    tests/e2e/lab/in-namespaces tests/e2e/scout_alone_test.py IMAGE_DIR
"""

import os
import sys

import unittest
import uuid

sys.path.insert(0, os.path.dirname(__file__))
from lab import disks, network, scout_api, waiting, workdir  # noqa: E402
from lab.machine import Disk, Hardware, Machine  # noqa: E402

IMAGE = ""
TOKEN = "boot-token-of-the-lab"
BMC = "10.77.1.10"


class ScoutAlone(unittest.TestCase):
    def setUp(self) -> None:
        self.api = scout_api.ScoutApi(network.COLONYD, TOKEN)

    def boot(self, name: str, mac: str, with_disks: "list[Disk]", **more: object) -> Machine:
        hardware = Hardware(name=name, mac=mac, tap=NET.tap(), bmc_address=BMC, disks=with_disks, **more)
        machine = Machine(WORK, hardware,
                          kernel=f"{IMAGE}/scout-kernel", initramfs=f"{IMAGE}/scout-initramfs",
                          arguments=f"console=ttyS0 quiet colony.url={self.api.url} colony.token={TOKEN} "
                                    f"BOOTIF=01-{mac.replace(':', '-')}")
        machine.start_bmc()
        self.addCleanup(machine.bmc.kill)
        self.addCleanup(machine.chassis, "set", "power", "0")
        self.assertEqual(machine.ipmitool("power", "on").returncode, 0)
        return machine

    def wipe_order(self, ordered: "list[dict]", methods: "list[str]") -> dict:
        return {"order": "wipe", "workflow": str(uuid.uuid4()), "attempt": 1, "epoch": 1,
                "token": uuid.uuid4().hex, "disks": ordered, "methods": methods, "verify_permille": 100}

    def test_sees_the_machine_and_erases_the_named_disks_only(self) -> None:
        size = 48 << 20
        used = Disk(disks.make_random(os.path.join(WORK, "a.raw"), size), "RANDOM-A", "virtio")
        nvme = Disk(disks.make_random(os.path.join(WORK, "b.raw"), size), "RANDOM-B", "nvme")
        sata = Disk(disks.make_random(os.path.join(WORK, "c.raw"), size), "RANDOM-C", "sata",
                    wwn=0x5000c500a1b2c3d4)
        kept = Disk(disks.make_random(os.path.join(WORK, "d.raw"), size), "KEEP-ME", "virtio")
        machine = self.boot("inventory", "52:54:00:77:00:01", [used, nvme, sata, kept],
                            cpus=4, sockets=2, threads=2, second_mac="52:54:00:77:01:01")

        self.assertEqual(self.api.wait("hello", 60)["boot_mac"], machine.hardware.mac)
        inventory = self.api.wait("inventory", 30)
        self.assertEqual(machine.inventory_differences(inventory), [])
        seen = {disk["id"]["serial"]: disk for disk in inventory["disks"]}
        self.assertEqual({s: d["transport"] for s, d in seen.items()},
                         {"RANDOM-A": "virtio", "RANDOM-B": "nvme", "RANDOM-C": "sata", "KEEP-ME": "virtio"})
        self.assertEqual({d["content"] for d in seen.values()}, {"data"})
        for serial in ("RANDOM-B", "RANDOM-C"):
            self.assertEqual(seen[serial]["hidden"], {"host_protected_bytes": 0, "configuration_bytes": 0,
                                                      "unallocated_bytes": 0}, serial)
            self.assertEqual(seen[serial]["health"]["verdict"], "good", serial)
            self.assertTrue(seen[serial]["firmware"], serial)
        self.assertIn("flags", inventory["cpu"])
        self.assertTrue([d for d in inventory["devices"] if d["class"] >> 8 == 0x0108], "the NVMe disk is a PCI device")

        # A switch speaks after the inventory was sent: it is sent again, with what the switch said.
        port = next(nic for nic in inventory["nics"] if nic["mac"] == machine.hardware.mac)
        self.assertNotIn("lldp", port)
        NET.say_lldp(machine.hardware.tap, "leaf-7a", "Ethernet12")
        again = self.api.wait("inventory", 20, 2)
        heard = next(nic for nic in again["nics"] if nic["mac"] == machine.hardware.mac)["lldp"]
        self.assertEqual((heard["system_name"], heard["port_id"], heard["chassis_id"], heard["vlan"]),
                         ("leaf-7a", "Ethernet12", "00:1c:73:01:02:00", 1001))
        self.assertIn("bmc", inventory, "the BMC is seen from inside")
        self.assertEqual(inventory["bmc"]["firmware_revision"], "9.08")
        self.assertEqual(inventory["bmc"]["address"], BMC)
        self.assertEqual(inventory["bmc"]["mac"], machine.hardware.bmc_mac)

        with open(kept.path, "rb") as file:
            before = file.read()
        self.api.order(self.wipe_order([seen[s] for s in ("RANDOM-A", "RANDOM-B", "RANDOM-C")],
                                       ["discard", "write-zeroes", "overwrite"]))
        result = self.api.wait("result", 60)
        for wipe in result["disks"]:
            self.assertEqual(wipe["verdict"], "erased", wipe)
            self.assertGreaterEqual(wipe["bytes_read_back"], size // 10)
        self.assertTrue([m for m, _ in self.api.messages if m == "progress"], "progress is told")

        self.api.order({"order": "power-off"})
        machine_off = lambda: "off" in machine.ipmitool("power", "status").stdout  # noqa: E731
        waiting.until("the machine powers itself off", 20, machine_off, every=0.5)
        for disk in (used, nvme, sata):
            self.assertIsNone(disks.first_nonzero(disk.path), disk.serial)
        with open(kept.path, "rb") as file:
            self.assertEqual(file.read(), before, "the disk that was not named is as it was")

    def test_writes_nothing_when_the_redemption_is_refused(self) -> None:
        size = 32 << 20
        disk = Disk(disks.make_random(os.path.join(WORK, "e.raw"), size), "RANDOM-E", "virtio")
        with open(disk.path, "rb") as file:
            before = file.read()
        self.api.answers["redeem"] = 409
        self.boot("refused", "52:54:00:77:00:02", [disk])
        seen = self.api.wait("inventory", 60)["disks"]
        self.api.order(self.wipe_order(seen, ["overwrite"]))
        result = self.api.wait("result", 30)
        self.assertTrue(result["fence_refused"])
        self.assertEqual(result["disks"][0]["verdict"], "not-started")
        with open(disk.path, "rb") as file:
            self.assertEqual(file.read(), before)


if __name__ == "__main__":
    IMAGE = os.path.abspath(sys.argv.pop(1))
    with workdir() as WORK:
        NET = network.Network(WORK)
        NET.address(network.COLONYD + "/24", network.COLONYD_PORT)
        NET.address(BMC + "/32", "lo")
        NET.start_dhcp()
        outcome = unittest.main(exit=False, verbosity=2, warnings="ignore")
        sys.exit(0 if outcome.result.wasSuccessful() else 1)
