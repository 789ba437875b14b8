"""One recipe walked: a run for every k, each in a world of its own."""

import argparse
import os
import shutil
import time
from dataclasses import asdict, dataclass, field

from . import recipes
from .verdict import Verdict
from .world import Outcome, Strike, World


MOST_TRIES = 4


@dataclass
class Tally:
    recipe: str
    by: str
    undisturbed: int = 0  # messages of a run without a kill
    struck: "list[int]" = field(default_factory=list)  # the ks
    unstruck: "list[int]" = field(default_factory=list)
    wrong: int = 0
    raw: int = 0
    distinct: int = 0

    def add(self, other: dict) -> None:
        self.undisturbed = other["undisturbed"]
        self.struck = sorted(self.struck + other["struck"])
        self.unstruck = sorted(self.unstruck + other["unstruck"])
        self.wrong += other["wrong"]
        self.raw += other["raw"]
        self.distinct += other["distinct"]

    def complete(self) -> bool:
        """Every k until one that ended without a kill."""
        return bool(self.unstruck) and self.struck[:self.unstruck[0] - 1] == list(range(1, self.unstruck[0]))

    def summary(self) -> str:
        if self.complete():
            end = self.unstruck[0]
            later = len(self.struck) - end + 1
            struck = f"every message from 1 to {end - 1}" + (f" and at {later} later ones" if later else "")
        else:
            struck = f"messages {', '.join(map(str, self.struck))}"
        return (f"recipe {self.recipe}, messages to the {self.by} ({self.undisturbed} undisturbed): killed at {struck}: "
                f"{'all finished and right' if not self.wrong else f'{self.wrong} WRONG'}; "
                f"events {self.distinct} distinct, {self.raw} raw")


class Walk:
    def __init__(self, options: argparse.Namespace, workdir: str, recipe: recipes.Recipe, past: "World | None") -> None:
        self._options = options
        self._dir = workdir
        self._recipe = recipe
        self._past = past

    def walk(self, by: str) -> dict:
        tally = Tally(self._recipe.name, by)
        undisturbed = self._run(f"{by} undisturbed", Strike(0, by), None, tally)
        if undisturbed is None:
            return asdict(tally)
        tally.undisturbed = undisturbed.messages
        for k in self._steps(undisturbed.messages):
            outcome = self._struck_run(by, k, undisturbed, tally)
            if outcome is None:
                tally.struck.append(k)
                continue
            if not outcome.struck:
                tally.unstruck.append(k)
                if k > undisturbed.messages:
                    break
                continue
            tally.struck.append(k)
            tally.raw += outcome.posts["raw"]
            tally.distinct += outcome.posts["distinct"]
        return asdict(tally)

    def _struck_run(self, by: str, k: int, undisturbed: Outcome, tally: Tally) -> "Outcome | None":
        """Not every run has the same number of messages: a shorter one is repeated, up to the usual number."""
        tries = MOST_TRIES if k <= undisturbed.messages else 1
        outcome = None
        for _ in range(tries):
            outcome = self._run(f"{by} k={k}", Strike(k, by), undisturbed, tally)
            if outcome is None or outcome.struck:
                break
        return outcome

    def _steps(self, messages: int):
        """Without a sample: until a run that is not struck; the bound is for a world that never comes to rest."""
        if self._options.at:
            return [self._options.at]
        number, count = self._options.share
        if self._options.sample:
            n = self._options.sample
            chosen = sorted({1 + round(i * (messages - 1) / max(1, n - 1)) for i in range(n)})
            return chosen[number::count]
        return range(1 + number, 10 * messages + 100, count)

    def _run(self, name: str, strike: Strike, undisturbed: "Outcome | None", tally: Tally) -> "Outcome | None":
        """Nothing when it did not come to its end."""
        world = World(os.path.join(self._dir, f"{self._recipe.name} {name}".replace(" ", "-")), self._options.bin_dir)
        if self._past is not None:
            world.continue_from(self._past)
        began = time.monotonic()
        outcome = None
        try:
            outcome = world.run(self._recipe, strike)
            verdict = Verdict(self._recipe, outcome, undisturbed)
            faults, line = verdict.faults, f"{outcome.struck_at or 'not struck'}: {verdict.line()}"
        except AssertionError as problem:
            faults, line = [str(problem)], "not finished"
        print(f"{self._recipe.name} {name}: {line}, {time.monotonic() - began:.1f} s", flush=True)
        for fault in faults:
            print(f"  WRONG ({self._recipe.name} {name}): {fault}", flush=True)
        tally.wrong += bool(faults)
        if self._options.keep:
            shutil.copytree(world.dir, os.path.join(self._options.keep, os.path.basename(world.dir)),
                            dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sock"))
        shutil.rmtree(world.dir)
        return outcome
