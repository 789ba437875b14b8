#!/usr/bin/env python3
"""Two machines with a disk that boots, sent to it by colonyd at every start: one whose SeaBIOS follows iPXE's `exit` to
the disk, and one whose SeaBIOS knows no boot device but the network, so that only `sanboot` gets there. Each way is
learnt, shown, and given first the next time.

    tests/e2e/lab/in-namespaces tests/e2e/handover_test.py BIN_DIR IMAGE_DIR
"""

import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "talos-standin"))
from image import boot_sector  # noqa: E402
from lab import disks, network, waiting, workdir  # noqa: E402
from lab.appliance import Appliance  # noqa: E402
from lab.machine import BMC_PASSWORD, BMC_USER, Disk, Hardware, Machine  # noqa: E402

MARKER = "BOOTED-FROM-DISK-5d20"
SETTLE = 10  # seconds that a firmware takes at most to try its disk


class Handover(unittest.TestCase):
    def machine(self, number: int, name: str, network_only: bool) -> Machine:
        path = disks.make_empty(os.path.join(WORK, name + ".raw"), 16 << 20)
        with open(path, "r+b") as file:
            file.write(boot_sector(MARKER))
        bmc = f"10.77.1.{30 + number}"
        NET.address(bmc + "/32", "lo")
        machine = Machine(WORK, Hardware(name=name, mac=f"52:54:00:77:0d:{number:02x}", tap=NET.tap(), bmc_address=bmc,
                                         cpus=1, serial=f"LAB-D{number:03}", boot_order="nc", network_only=network_only,
                                         uuid=f"5e0c1f5a-6d6b-4a55-9c55-0242ac1101{number:02x}",
                                         disks=[Disk(path, "DISK-" + name.upper(), "sata")]))
        machine.start_bmc()
        self.addCleanup(machine.chassis, "set", "power", "0")
        return machine

    def notes(self, name: str) -> "list[str]":
        return [entry["detail"]["code"] for entry in self.appliance.get(f"/assets/{name}/timeline?limit=500")["timeline"]
                if entry["fact"] == "note" and entry["detail"]["code"].startswith("boot.handover")]

    def sent_to_disk(self, name: str) -> int:
        return len([entry for entry in self.appliance.get(f"/assets/{name}/timeline?limit=500")["timeline"]
                    if entry["fact"] == "script_served" and entry["detail"]["script"] == "local-disk"])

    def self_test(self, name: str) -> float:
        boot = self.appliance.get(f"/assets/{name}/why")["boot"]
        return next(stage["after_seconds"] for stage in boot if stage["stage"].startswith("DHCP")) + 1

    def test_each_way_is_learnt_shown_and_given_first(self) -> None:
        self.appliance = appliance = Appliance(WORK, BIN, os.path.join(IMAGE, "scout-kernel"),
                                               os.path.join(IMAGE, "scout-initramfs"))
        self.addCleanup(lambda: appliance.process.poll() is None and appliance.stop())
        dhcp = NET.start_dhcp()
        self.addCleanup(dhcp.wait)
        self.addCleanup(dhcp.kill)
        appliance.edit("talos: {", f"talos: {{ disk_boot_settle: {SETTLE}s,")
        appliance.start()
        machines = {name: self.machine(number, name, network_only)
                    for number, name, network_only in ((1, "plain", False), (2, "strict", True))}
        for name, machine in machines.items():
            appliance.colony("add-ipmi", "--ip", machine.hardware.bmc_address, "--username", BMC_USER, "--name", name,
                             "--auto-discover", secret={"IPMI_PASSWORD": BMC_PASSWORD})
        waiting.until("both are discovered", 900, lambda: all(
            asset["status"] == "available" and asset["workflow"] is None
            for asset in appliance.get("/assets")["assets"]), every=1)
        gone = {name: SETTLE + 3 * self.self_test(name) + 3 for name in machines}

        at = {name: len(machine.console()) for name, machine in machines.items()}
        for name in machines:
            appliance.colony("power", name, "on")
        for name, machine in machines.items():
            machine.wait_console(MARKER, 600, at[name])
        time.sleep(max(gone.values()))  # what does not come back for so long has gone
        self.assertEqual(self.notes("plain"), [])
        self.assertEqual(self.notes("strict"), ["boot.handover_failed"])
        for name in machines:
            appliance.colony("power", name, "off", "--wait")
        self.assertEqual(self.notes("strict"), ["boot.handover_failed", "boot.handover_learnt"])
        self.assertIn("bios: exit", appliance.colony("assets", "plain"))
        self.assertIn("bios: sanboot", appliance.colony("assets", "strict"))

        # From now on at the first try, also after colonyd was away.
        self.assertEqual(appliance.stop(), 0)
        appliance.start()
        before = self.sent_to_disk("strict")
        at = len(machines["strict"].console())
        appliance.colony("power", "strict", "on")
        machines["strict"].wait_console(MARKER, 600, at)
        self.assertLessEqual(self.sent_to_disk("strict"), before + 1)
        self.assertEqual(self.notes("strict"), ["boot.handover_failed", "boot.handover_learnt"])
        self.assertEqual(appliance.stop(), 0)


if __name__ == "__main__":
    BIN, IMAGE = (os.path.abspath(sys.argv.pop(1)) for _ in range(2))
    with workdir() as WORK:
        NET = network.Network(WORK)
        outcome = unittest.main(argv=sys.argv, exit=False, verbosity=2, warnings="ignore")
        sys.exit(0 if outcome.result.wasSuccessful() else 1)
