"""The real colonyd on the lab's segment, driven by the real `colony`."""

import os
import signal
import subprocess
import time

from . import network, waiting
from .local_api import LocalApi


class Failed(AssertionError):
    pass


class Appliance:
    def __init__(self, workdir: str, bin_dir: str, talos_kernel: str, talos_initramfs: str) -> None:
        self.dir = os.path.join(workdir, "appliance")
        os.makedirs(self.dir, mode=0o700)
        self.bin = bin_dir
        self.socket = os.path.join(self.dir, "colonyd.sock")
        self.config = os.path.join(self.dir, "colony.yaml")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"""datacenter_id: aa872c72-cbe1-498b-9b83-37a19e578d34
load_balancer: {{ interface: {network.COLONYD_PORT}, ip: {network.COLONYD}/24 }}
hosted: {{ enabled: false }}
dhcp: {{ mode: proxy }}
talos: {{ kernel: {talos_kernel}, initramfs: {talos_initramfs} }}
store: {{ path: {self.dir}/colony.db }}
api: {{ socket: {self.socket} }}
log: {{ level: debug }}
""")
        self.process: "subprocess.Popen | None" = None

    def edit(self, old: str, new: str) -> None:
        """Of its configuration, for its next start."""
        with open(self.config, encoding="utf-8") as file:
            text = file.read()
        assert old in text, f"{old!r} is not in {self.config}"
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))

    def start(self) -> None:
        log = open(os.path.join(self.dir, "colonyd.log"), "a", encoding="utf-8")
        self.process = subprocess.Popen(
            [os.path.join(self.bin, "colonyd"), "--config", self.config,
             "--store-key", os.path.join(self.dir, "store.key")],
            stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        waiting.until("colonyd serves", 30, self._serves, every=0.2)

    def _serves(self) -> bool:
        if self.process.poll() is not None:
            raise Failed(f"colonyd ended with {self.process.returncode}: {self.log()[-2000:]}")
        try:
            return bool(self.get("/status").get("ready"))
        except OSError:
            return False

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def log(self) -> str:
        with open(os.path.join(self.dir, "colonyd.log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def get(self, path: str):
        return LocalApi(self.socket).get(path)

    def colony(self, *arguments: str, secret: "dict[str, str] | None" = None) -> str:
        """One command as an operator types it; its standard output."""
        command = [os.path.join(self.bin, "colony"), "--socket", self.socket, *arguments]
        done = subprocess.run(command, env={**os.environ, **(secret or {})}, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False)
        print("$ colony", *arguments)
        print(done.stdout + done.stderr, end="", flush=True)
        if done.returncode != 0:
            raise Failed(f"colony {' '.join(arguments)}: exit {done.returncode}")
        return done.stdout

    def asset(self) -> dict:
        """The only one there is."""
        (asset,) = self.get("/assets")["assets"]
        return self.get("/assets/" + asset["id"])

    def wait_workflow(self, kind: str, seconds: float) -> dict:
        """Until the newest workflow of that type has ended well."""
        steps: "list[str]" = []
        began = time.monotonic()

        def look():
            for workflow in self.get("/workflows?limit=100")["workflows"]:
                if workflow["type"] != kind:
                    continue
                if workflow["step"] and (not steps or steps[-1] != workflow["step"]):
                    steps.append(workflow["step"])
                    print(f"  {time.monotonic() - began:5.1f} s  {kind}: {workflow['step']}", flush=True)
                if workflow["status"] == "failed" or workflow["held"]:
                    raise Failed(f"{kind} {workflow['status']} in {workflow['step']}: {workflow['error']}")
                return workflow if workflow["status"] == "completed" else None
            return None

        return waiting.until(f"{kind} completes (steps so far: {steps})", seconds, look, every=0.3)
