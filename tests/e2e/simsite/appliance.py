"""colonyd in the site, kept running as a service manager would, and driven through its local API or by `colony`."""

import os
import signal
import subprocess
from dataclasses import dataclass

from lab import waiting
from lab.local_api import AWAY, LocalApi

from . import hosted, rack
from .process import Process

# Simulated hardware is quick, so what waits for real hardware is short: all of it documented configuration.
CONFIG = """datacenter_id: {place.datacenter}
load_balancer: {{ interface: {place.interface}, ip: {place.address} }}
hosted: {{ url: "{url}", api_key_file: {dir}/api-key }}
talos: {{ kernel: {dir}/vmlinuz, initramfs: {dir}/initramfs, disk_boot_settle: 600ms, quiet_after_install: 8s }}
store: {{ path: {dir}/lib/colony.db }}
api: {{ socket: {dir}/colonyd.sock }}
bmc: {{ command_gap: 0s, off_confirmation: 100ms, power_change: 1s }}
"""


@dataclass(frozen=True)
class Place:
    """Where an appliance stands, and whose it is. As it is: the site's own, with the rack in front of it."""
    name: str = "appliance"  # of its directory
    where: str = "appliance"
    interface: str = "lb0"
    address: str = rack.APPLIANCE + "/16"
    datacenter: str = "aa872c72-cbe1-498b-9b83-37a19e578d34"
    key: str = hosted.KEY


class Ended(AssertionError):
    pass


class Appliance:
    def __init__(self, workdir: str, bin_dir: str, place: Place = Place()) -> None:
        self.dir = os.path.join(workdir, place.name)
        self._bin = bin_dir
        self._where = place.where
        self.lib = os.path.join(self.dir, "lib")
        self.database = os.path.join(self.lib, "colony.db")
        self.pid_file = os.path.join(self.dir, "pid")
        self._socket = os.path.join(self.dir, "colonyd.sock")
        os.makedirs(self.lib, mode=0o700)
        self._write("colony.yaml", CONFIG.format(url=hosted.URL, dir=self.dir, place=place))
        self.set_key(place.key)
        for name, size in (("vmlinuz", 150_000), ("initramfs", 300_000)):  # the rack hashes them, nobody runs them
            self._write(name, "stand-in\n" * (size // 9))
        self.api = LocalApi(self._socket)
        self._process = Process(place.where, os.path.join(self.dir, "colonyd.log"))
        self.deaths = 0

    def _write(self, name: str, text: str) -> str:
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def set_key(self, key: str) -> None:
        os.chmod(self._write("api-key", key + "\n"), 0o600)

    def start(self) -> None:
        pid = self._process.start(os.path.join(self._bin, "colonyd"), "--config",
                                  os.path.join(self.dir, "colony.yaml"), "--store-key",
                                  os.path.join(self.dir, "store.key"))
        self._write("pid.new", f"{pid}\n")
        os.rename(os.path.join(self.dir, "pid.new"), self.pid_file)

    def tend(self) -> None:
        """Starts it again when it was killed. Any other end is a fault."""
        code = self._process.returncode()
        if code is None:
            return
        if code != -signal.SIGKILL:
            raise Ended(f"colonyd ended with {code}:\n{self.log()[-3000:]}")
        self.deaths += 1
        self.start()

    def until(self, what: str, seconds: float, look):
        """The first true answer of `look`, over deaths and restarts."""

        def tended():
            self.tend()
            try:
                return look()
            except AWAY:
                return None

        try:
            return waiting.until(what, seconds, tended, every=0.02)
        except waiting.Late as late:
            raise waiting.Late(f"{late}\n{self.log()[-4000:]}") from None

    def until_ready(self) -> None:
        self.until("colonyd is ready", 30, lambda: self.api.get("/status").get("ready"))

    def end(self) -> "int | None":
        return self._process.end()

    def kill(self) -> None:
        self._process.end(signal.SIGKILL)

    def log(self) -> str:
        return self._process.log()

    def colony(self, *arguments: str, secret: "dict[str, str] | None" = None) -> str:
        """One command as an operator types it; its standard output."""
        command = [os.environ["SITE"], self._where, os.path.join(self._bin, "colony"), "--socket", self._socket]
        done = subprocess.run([*command, *arguments], env={**os.environ, **(secret or {})}, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise Ended(f"colony {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout
