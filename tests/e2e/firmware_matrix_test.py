#!/usr/bin/env python3
"""Every firmware that QEMU has, through colonyd: enrolled by its BMC, booted from the network into scout, `available`.
Beside a DHCP server that owns the addresses, or with colonyd as that server.

    tests/e2e/lab/in-namespaces tests/e2e/firmware_matrix_test.py proxy|server BIN_DIR IMAGE_DIR [CELL...]
"""

import dataclasses
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from lab import disks, network, waiting, workdir  # noqa: E402
from lab.appliance import Appliance, Failed  # noqa: E402
from lab.machine import BMC_PASSWORD, BMC_USER, OVMF, Disk, Hardware, Machine  # noqa: E402

IPXE = "/usr/lib/ipxe"
PATIENCE = 900  # seconds for one machine, on a host that has other things to do
# QEMU's NIC ROMs are iPXE, which needs no undionly.kpxe. A PXE stack that does nothing but load it stands in for the
# ROM of a card that is not iPXE; the program that it loads then speaks to us as it would from any card.
UNDI_ROM = f"""#!ipxe
ifopen net0
dhcp net0
chain --autofree tftp://{network.COLONYD}/undionly.kpxe
"""


@dataclasses.dataclass
class Cell:
    name: str
    firmware: str = "bios"
    nic: str = "virtio-net-pci"
    program: str = ""  # the boot program that it must have loaded from us, once
    undi: bool = False

    number: int = 0
    machine: "Machine | None" = None
    began: float = 0.0

    @property
    def bmc(self) -> str:
        return f"10.77.1.{10 + self.number}"

    @property
    def mac(self) -> str:
        return f"52:54:00:77:0c:{self.number:02x}"


FIRST = [
    Cell("uefi-http", "uefi-http", program="snponly.efi"),
    Cell("bios-undionly", program="undionly.kpxe", undi=True),
    Cell("bios-rom-e1000", nic="e1000"),
    Cell("uefi-pxe", "uefi", program="snponly.efi"),
    Cell("bios-rom"),
]
# With `pxe.nbp.x64`: a boot program that brings drivers of its own.
SECOND = [Cell("uefi-pxe-ipxe", "uefi", program="ipxe.efi"), Cell("uefi-http-ipxe", "uefi-http", program="ipxe.efi")]


def wanted(cells: "list[Cell]") -> "list[Cell]":
    return [cell for cell in cells if not ONLY or cell.name in ONLY]


class FirmwareMatrix(unittest.TestCase):
    def make(self, cell: Cell) -> None:
        disk = Disk(disks.make_empty(os.path.join(WORK, cell.name + ".raw"), 16 << 20), "DISK-" + cell.name.upper()[:14])
        hardware = Hardware(name=cell.name, mac=cell.mac, tap=NET.tap(), bmc_address=cell.bmc, cpus=1,
                            serial=f"LAB-{cell.number:04}", uuid=f"5e0c1f5a-6d6b-4a55-9c55-0242ac1100{cell.number:02x}",
                            disks=[disk], firmware=cell.firmware, nic=cell.nic)
        rom = []
        if cell.undi:
            script = os.path.join(WORK, "undi.ipxe")
            with open(script, "w", encoding="utf-8") as file:
                file.write(UNDI_ROM)
            rom = [f"{IPXE}/ipxe.lkrn", script]
        cell.machine = Machine(WORK, hardware, *rom)
        cell.machine.start_bmc()
        self.addCleanup(cell.machine.chassis, "set", "power", "0")

    def start(self, cell: Cell) -> None:
        self.make(cell)
        cell.began = time.monotonic()
        self.appliance.colony("add-ipmi", "--ip", cell.bmc, "--username", BMC_USER, "--name", cell.name,
                              "--auto-discover", secret={"IPMI_PASSWORD": BMC_PASSWORD})

    def is_available(self, cell: Cell) -> bool:
        asset = self.appliance.get("/assets/" + cell.name)
        for workflow in self.appliance.get("/workflows?limit=100")["workflows"]:
            if workflow["asset_name"] == cell.name and (workflow["status"] == "failed" or workflow["held"]):
                raise Failed(f"{cell.name}: {workflow['step']}: {workflow['error']}\n{cell.machine.console()[-3000:]}")
        if time.monotonic() - cell.began > PATIENCE:
            self.appliance.colony("why", cell.name)
            raise waiting.Late(f"{cell.name}: not available within {PATIENCE} s\n{cell.machine.console()[-3000:]}")
        return asset["status"] == "available" and asset["workflow"] is None and not cell.machine.running()

    def boot_each(self, cells: "list[Cell]") -> None:
        for cell in cells:
            self.start(cell)
            while not self.is_available(cell):
                time.sleep(0.3)
            print(f"== {cell.name}: available after {time.monotonic() - cell.began:.1f} s", flush=True)
            with self.subTest(cell.name):
                self.judge(cell)

    def facts(self, cell: Cell, fact: str) -> "list[dict]":
        return [entry["detail"] for entry in self.timeline(cell) if entry["fact"] == fact]

    def timeline(self, cell: Cell) -> "list[dict]":
        return self.appliance.get(f"/assets/{cell.name}/timeline?limit=500")["timeline"]

    def judge(self, cell: Cell) -> None:
        stages = {stage["stage"]: stage["after_seconds"] for stage in self.appliance.get(f"/assets/{cell.name}/why")["boot"]}
        for stage, after in stages.items():
            print(f"  {after:6.1f} s  {stage}")
        firmware = {"bios": "", "uefi": "DHCP (firmware, PXE)", "uefi-http": "DHCP (firmware, HTTP)"}[cell.firmware]
        if cell.firmware != "bios":  # its kernel starts before iPXE's TCP has acknowledged the last image's end
            stages.pop("image 2", None)
        program = f"boot program {cell.program}" if cell.program else ""
        self.assertEqual(list(stages), [stage for stage in (
            "seen on", *(["DHCP (iPXE)", program] if cell.undi else [firmware, program, "DHCP (iPXE)"]),
            "boot script: scout", "kernel", "image 2" if cell.firmware == "bios" else "", "DHCP (operating system)",
            "scout's hello", "inventory") if stage], cell.name)
        loaded = [sent["file"] for sent in self.facts(cell, "nbp_sent") if sent["complete"]]
        self.assertEqual(loaded, [cell.program] if cell.program else [], f"{cell.name}: one boot program, once")
        self.assertEqual([served["script"] for served in self.facts(cell, "script_served")], ["scout"],
                         f"{cell.name}: one script, no loop")
        for fact in ("scout_hello", "scout_inventory"):
            self.assertEqual(len(self.facts(cell, fact)), 1, f"{cell.name}: {fact}")
        # A kernel that starts before the last bytes are acknowledged leaves a connection that ends by and by.
        waiting.until(f"{cell.name}'s images are told", 120, lambda: len(self.facts(cell, "artifact_served")) >= 2)
        self.assertEqual(len(self.facts(cell, "artifact_served")), 2, f"{cell.name}: kernel and initramfs, once each")
        addresses = self.addresses(cell)
        self.assertEqual(len(addresses), 1, f"{cell.name}: {addresses}: one address over all stages")
        # What a newer iPXE of that machine would ask for first.
        autoexec = NET.run_as(cell.mac, addresses.pop(), "curl", "-sS", "-m", "10",
                              f"tftp://{network.COLONYD}/autoexec.ipxe")
        self.assertIn(f"boot.ipxe?mac={cell.mac}", autoexec.stdout, f"{cell.name}: {autoexec.stderr}")

    def addresses(self, cell: Cell) -> "set[str]":
        if MODE == "server":
            return {lease["address"] for lease in self.appliance.get("/dhcp/leases")["leases"] if lease["mac"] == cell.mac}
        with open(os.path.join(WORK, "leases"), encoding="utf-8") as file:
            return {line.split()[2] for line in file if line.split()[1] == cell.mac}

    def test_each_to_available(self) -> None:
        for number, cell in enumerate(FIRST + SECOND):
            cell.number = number
            NET.address(cell.bmc + "/32", "lo")
        self.appliance = Appliance(WORK, BIN, os.path.join(IMAGE, "scout-kernel"), os.path.join(IMAGE, "scout-initramfs"))
        self.addCleanup(lambda: self.appliance.process.poll() is None and self.appliance.stop())
        if MODE == "server":
            self.appliance.edit("mode: proxy", "mode: server, subnets: [{ network: 10.77.0.0/24, range: "
                                               "10.77.0.100-10.77.0.199 }]")
        else:
            dhcp = NET.start_dhcp()
            self.addCleanup(dhcp.wait)
            self.addCleanup(dhcp.kill)
        for cells, setting in ((wanted(FIRST), ""), (wanted(SECOND), f"pxe: {{ nbp: {{ x64: {IPXE}/ipxe.efi }} }}\n")):
            if not cells:
                continue
            self.appliance.edit("dhcp:", setting + "dhcp:")
            self.appliance.start()
            self.boot_each(cells)
            self.assertEqual(self.appliance.stop(), 0)


if __name__ == "__main__":
    MODE, BIN, IMAGE = sys.argv.pop(1), *(os.path.abspath(sys.argv.pop(1)) for _ in range(2))
    ONLY, sys.argv[1:] = sys.argv[1:], []
    missing = [path for path in (OVMF, f"{IPXE}/ipxe.lkrn", f"{IPXE}/ipxe.efi") if not os.path.exists(path)]
    if missing:
        print(f"skipped: no {', '.join(missing)} here")
        sys.exit(77)
    with workdir() as WORK:
        NET = network.Network(WORK)
        outcome = unittest.main(argv=sys.argv, exit=False, verbosity=2, warnings="ignore")
        sys.exit(0 if outcome.result.wasSuccessful() else 1)
