"""The simulated rack (hw-sim rack), all of one kind. Verdicts are computed from its state file."""

import json
import os
import re
import signal

from lab import waiting

from .process import Process

USERNAME, PASSWORD = "ADMIN", "secret"
APPLIANCE = "10.77.0.5"

RACK = """network: {{ interface: sim0 }}
speed: {speed}
servers:
  - count: {servers}
    model: supermicro-x11
    firmware: uefi
    boot_order: network
    bmc: {{ first_address: 10.77.1.10, username: {username}, password: {password} }}
    disks:
      - {{ model: "SAMSUNG MZQL2960", size_mb: 16, transport: nvme }}
      - {{ model: "ST4000NM000A", size_mb: 24, transport: sata }}
"""


def bmc_address(number: int) -> str:
    return f"10.77.1.{10 + number}"


class Rack:
    def __init__(self, workdir: str, bin_dir: str, servers: int, speed: int) -> None:
        self._program = os.path.join(bin_dir, "hw-sim")
        self._dir = os.path.join(workdir, "rack")
        os.makedirs(self._dir)
        self._file = os.path.join(self._dir, "rack.yaml")
        with open(self._file, "w", encoding="utf-8") as file:
            file.write(RACK.format(servers=servers, speed=speed, username=USERNAME, password=PASSWORD))
        self._process = Process("rack", os.path.join(self._dir, "log"))

    def start(self, *more: str) -> None:
        """All servers are off, all disks as delivered."""
        self._process.start(self._program, "rack", "--file", self._file, "--state-dir", self._dir,
                            "--appliance", APPLIANCE, *more)
        waiting.until("the rack is ready", 10, lambda: "ready:" in self._process.log(), every=0.01)

    def end(self) -> "tuple[int, bool]":
        """How many messages came from the appliance, and whether one was struck at."""
        self._process.end()
        total, struck = re.findall(r"^wire messages: (\d+)( \(struck\))?$", self._process.log(), re.MULTILINE)[-1]
        return int(total), bool(struck)

    def report(self) -> dict:
        with open(os.path.join(self._dir, "rack.json"), encoding="utf-8") as file:
            return json.load(file)

    def kill(self) -> None:
        self._process.end(signal.SIGKILL)
