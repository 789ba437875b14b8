"""The stand-in for the hosted side (hw-sim hosted). What arrived there is read from its state file."""

import json
import os
import re
import signal
import subprocess

from lab import waiting

from .process import Process

ADDRESS = "10.77.0.2:8080"
URL = "http://" + ADDRESS
KEY = "cd-c1d1e981b67e_30204cc8faf061722004fe7641ed381b94eae5b5"


class Hosted:
    def __init__(self, workdir: str, bin_dir: str) -> None:
        self._program = os.path.join(bin_dir, "hw-sim")
        self.state_file = os.path.join(workdir, "hosted.json")
        self._log = os.path.join(workdir, "hosted.log")
        self._process = Process("switch", self._log)

    def start(self, *more: str) -> None:
        """With what an earlier run left in the state file, if there is one. Without limits that a test would meet,
        unless it names its own."""
        limits = () if "--per-minute" in more else ("--per-minute", "100000", "--per-hour", "1000000")
        said = os.path.getsize(self._log) if os.path.exists(self._log) else 0
        self._process.start(self._program, "hosted", "--listen", ADDRESS, "--state", self.state_file,
                            *limits, *more,
                            secret={"COLONY_API_KEY": KEY})
        waiting.until("the stand-in listens", 10, lambda: "listening" in self._process.log()[said:], every=0.01)

    def end(self) -> "tuple[int, bool]":
        """How many requests came, and whether it struck."""
        self._process.end()
        last = re.findall(r"^requests: (\d+)( \(struck\))?$", self._process.log(), re.MULTILINE)
        return (int(last[-1][0]), bool(last[-1][1])) if last else (0, False)

    def kill(self) -> None:
        self._process.end(signal.SIGKILL)

    def state(self) -> dict:
        """Empty before the first request."""
        try:
            with open(self.state_file, encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return {}

    def agents(self) -> "dict[str, dict]":
        """By datacenter."""
        return {agent["datacenter_id"]: agent for agent in self.state().get("agents", {}).values()}

    def agent(self) -> dict:
        """The only one there is; empty before it registered."""
        agents = list(self.agents().values())
        assert len(agents) <= 1, f"{len(agents)} agents registered"
        return agents[0] if agents else {}

    def events(self) -> "list[dict]":
        return self.agent().get("events", [])

    def steer(self, what: str, body: dict) -> None:
        """One of the stand-in's own calls: key, faults, orders."""
        subprocess.run([os.environ["SITE"], "switch", "curl", "-sSf", "-o", "/dev/null", "-d", json.dumps(body),
                        f"{URL}/api/v1/sim/{what}"], check=True)

    def requests(self) -> int:
        return self.state().get("requests", {}).get("total", 0)
