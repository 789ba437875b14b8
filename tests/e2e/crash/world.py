"""The world of one run: stand-in, rack and colonyd, as they are at a recipe's start; run, and ended."""

import os
import shutil
import signal
from dataclasses import dataclass

from simsite.appliance import Appliance
from simsite.hosted import Hosted
from simsite.journal import Journal
from simsite.rack import Rack

from . import recipes

SPEED = 200


@dataclass(frozen=True)
class Strike:
    """On receipt of the k-th message, by whom it is meant for."""
    at: int  # 0: not at all
    by: str  # rack or hosted


@dataclass(frozen=True)
class Outcome:
    messages: int
    struck: bool
    struck_at: str  # what kind of message
    deaths: int
    rack: dict
    events: "list[dict]"  # that arrived
    posts: dict           # how: raw, distinct, repeated, out_of_order, contradicting
    journal: Journal


class World:
    def __init__(self, workdir: str, bin_dir: str) -> None:
        os.makedirs(workdir)
        self.dir = workdir
        self.hosted = Hosted(workdir, bin_dir)
        self.rack = Rack(workdir, bin_dir, servers=1, speed=SPEED)
        self.appliance = Appliance(workdir, bin_dir)

    def continue_from(self, past: "World") -> None:
        """The appliance and the stand-in remember. A rack that was discovered is as it was delivered: off, all disks
        untouched (the verdict of a discovery checks that), so that a new one is the same."""
        shutil.copytree(past.appliance.lib, self.appliance.lib, dirs_exist_ok=True)
        shutil.copy2(os.path.join(past.appliance.dir, "store.key"), self.appliance.dir)
        shutil.copy2(past.hosted.state_file, self.hosted.state_file)

    def run(self, recipe: recipes.Recipe, strike: Strike) -> Outcome:
        try:
            return self._run(recipe, strike)
        finally:
            for part in (self.appliance, self.rack, self.hosted):
                part.kill()

    def _run(self, recipe: recipes.Recipe, strike: Strike) -> Outcome:
        kill = ("--kill-at", str(strike.at), "--kill-command", f"kill -KILL $(cat {self.appliance.pid_file})")
        self.hosted.start(*(kill if strike.by == "hosted" else ()))
        self.rack.start(*(kill if strike.by == "rack" else ()))
        self.appliance.start()
        before = len(self.hosted.events())
        self.appliance.until_ready()
        recipes.carry_out(self.appliance, recipe)
        self.appliance.until("every event has arrived", 60, self._everything_arrived)
        code = self.appliance.end()
        if code == -signal.SIGKILL:  # struck in the last moment: nothing is left to be done
            self.appliance.deaths += 1
        elif code != 0:
            raise AssertionError(f"colonyd ended with {code}:\n{self.appliance.log()[-3000:]}")
        messages = {"rack": self.rack.end(), "hosted": self.hosted.end()}
        total, struck = messages[strike.by]
        report = self.rack.report()
        agent = self.hosted.agent()
        assert len(agent["events"]) > before, "the run sent no event"
        struck_at = report["wire"]["struck"] or ("request to the stand-in" if struck else "")
        return Outcome(total, struck, struck_at, self.appliance.deaths, report, agent["events"], agent["event_posts"],
                       Journal(self.appliance.database))

    def _everything_arrived(self) -> bool:
        last = self.appliance.api.get("/status")["last_event"]
        events = self.hosted.events()
        return bool(events) and events[-1]["seq"] >= last and self._acknowledged() >= last

    def _acknowledged(self) -> int:
        return self.appliance.api.get("/status").get("hosted", {}).get("acknowledged", 0)


def discovered(workdir: str, bin_dir: str) -> World:
    """Where the recipes begin that need a known server."""
    world = World(workdir, bin_dir)
    world.run(recipes.DISCOVER, Strike(0, "rack"))
    return world
