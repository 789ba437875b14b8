"""Did it come out right? The rack's counters and what arrived at the stand-in, held against the journal."""

from .recipes import Recipe
from .world import Outcome

# What a wipe does to a disk; reading is free.
ERASING = ("discards", "bytes_discarded", "zero_outs", "bytes_zeroed")
# Marks are written where the read-back will look, at random places of which some coincide: nearly the same number.
MARKING = ("writes", "bytes_written")


class Verdict:
    def __init__(self, recipe: Recipe, outcome: Outcome, undisturbed: "Outcome | None") -> None:
        """`undisturbed`: the same without a kill; what one erasure writes is taken from it."""
        self.faults: "list[str]" = []
        self._outcome = outcome
        self._undisturbed = undisturbed
        self._server = outcome.rack["servers"][0]
        kinds = {order.workflow for order in recipe.orders}
        self._intents = [intent for intent in outcome.journal.intents() if intent["workflow_type"] in kinds]
        self._workflows(recipe, kinds)
        self._power()
        self._events()
        {"discover": self._discovered, "provision": self._provisioned, "wipe": self._wiped,
         "power": self._switched, "rotate": self._rotated}[recipe.name]()

    def _check(self, good: bool, fault: str) -> None:
        if not good:
            self.faults.append(fault)

    def _acts(self, act: str, state: "str | None" = None) -> "list[dict]":
        return [intent for intent in self._intents if intent["act"] == act and state in (None, intent["state"])]

    def _workflows(self, recipe: Recipe, kinds: "set[str]") -> None:
        workflows = [row for row in self._outcome.journal.workflows() if row["type"] in kinds]
        self._check(len(workflows) == len(recipe.orders), f"{len(workflows)} workflows for {len(recipe.orders)} orders")
        for row in workflows:
            self._check(row["status"] == "completed", f"{row['type']} is {row['status']} in {row['step']}: "
                        f"{row['error_code']} {row['error_message']}")

    def _power(self) -> None:
        """Every act of a BMC has an intention of its own that was journaled before."""
        for action, count in self._server["bmc"]["power_acts"].items():
            intended = len(self._acts("power_" + action))
            accepted = sum('"accepted":true' in intent["result"] for intent in self._acts("power_" + action))
            self._check(action in ("on", "off"), f"power {action} is no act of ours")
            self._check(count <= intended, f"power {action}: {count} acts, {intended} intentions")
            self._check(accepted <= count, f"power {action}: {accepted} confirmed, {count} acts")

    def _events(self) -> None:
        """Each there once, in order, as it was journaled; how often it was sent is another matter."""
        journaled, arrived, posts = self._outcome.journal.events(), self._outcome.events, self._outcome.posts
        self._check([event["seq"] for event in arrived] == list(range(1, len(arrived) + 1)),
                    "the events at the stand-in are not 1 to n")
        self._check(len(journaled) == len(arrived) == self._outcome.journal.store()["last_event_seq"],
                    f"{len(journaled)} events journaled, {len(arrived)} arrived")
        for ours, theirs in zip(journaled, arrived):
            self._check(all(theirs[key] == value for key, value in ours.items()), f"event {ours['seq']} differs")
        self._check(posts["distinct"] == len(arrived), f"{posts['distinct']} distinct, {len(arrived)} kept")
        self._check(posts["raw"] == posts["distinct"] + posts.get("repeated", 0), f"posts do not add up: {posts}")
        self._check(posts.get("contradicting", 0) == 0 and posts.get("out_of_order", 0) == 0, f"posts: {posts}")

    def _asset(self, status: str, power: str) -> None:
        (asset,) = self._outcome.journal.assets()
        self._check((asset["status"], asset["condition"]) == (status, "normal"), f"the asset is {asset}")
        self._check(self._server["power"] == power, f"its power is {self._server['power']}")

    def _untouched(self, disks: "list[dict]") -> None:
        for disk in disks:
            self._check(disk["untouched_bytes"] == disk["size_bytes"] and not any(disk[key] for key in ERASING + MARKING),
                        f"{disk['device']} was written to: {disk}")

    def _discovered(self) -> None:
        self._asset("available", "off")
        self._untouched(self._server["disks"])

    def _switched(self) -> None:
        self._asset("available", "off")
        self._untouched(self._server["disks"])

    def _rotated(self) -> None:
        self._switched()
        (asset,) = self._outcome.journal.assets()
        self._check(not asset["password_in_doubt"], "a change of the password is in doubt")
        told = self._server["bmc"]["passwords_set"]
        intended = len(self._acts("bmc_password"))
        # The driver repeats what was not answered: it sets the same password again.
        self._check(told >= 2, f"the BMC's password was set {told} times, for {intended} intentions")
        self._check(self._server["bmc"]["most_rejections"] <= 2, "the BMC refused more than two logins in a row")

    def _provisioned(self) -> None:
        self._asset("provisioned", "on")
        boots = len(self._acts("boot_talos"))
        self._check(self._server["installs"] == 1, f"{self._server['installs']} installations, {boots} intentions")
        chosen = [disk for disk in self._server["disks"] if disk["installed"]]
        self._check(len(chosen) == 1 and chosen[0]["device"].startswith("nvme"), f"installed on {chosen}")
        self._untouched([disk for disk in self._server["disks"] if not disk["installed"]])
        self._check(self._server["disk_boots"] >= 1, "it never booted from its disk")

    def _wiped(self) -> None:
        self._asset("available", "off")
        attempts = self._acts("wipe")
        redemptions = sum(intent["redemptions"] for intent in attempts)
        self._check(all(intent["redemptions"] <= 1 for intent in attempts), "a token was redeemed twice")
        self._check(redemptions == 1, f"{redemptions} redemptions in {len(attempts)} attempts")
        for number, disk in enumerate(self._server["disks"]):
            self._check(disk["zero"], f"{disk['device']} is not zero")
            if self._undisturbed is None:
                continue
            once = self._undisturbed.rack["servers"][0]["disks"][number]
            good = (all(disk[key] == once[key] * redemptions for key in ERASING) and
                    all(disk[key] < once[key] * (redemptions + 0.5) for key in MARKING))
            self._check(good, f"{disk['device']}: {redemptions} redemptions, and these writes (undisturbed: one): "
                        f"{[(key, disk[key], once[key]) for key in ERASING + MARKING]}")
        records = self._outcome.journal.wipe_records()
        self._check(len(records) == 1, f"{len(records)} wipe records")
        sent = sum(event["type"] == "wipe.record" for event in self._outcome.events)
        self._check(sent == 1, f"{sent} wipe records at the stand-in")

    def line(self) -> str:
        """What happened, in short."""
        acts = self._server["bmc"]["power_acts"]
        intended = len(self._acts("power_on")) + len(self._acts("power_off"))
        posts = self._outcome.posts
        return (f"power acts {sum(acts.values())} of {intended} intended, "
                f"wipes redeemed {sum(intent['redemptions'] for intent in self._acts('wipe'))}, "
                f"installs {self._server['installs']}, "
                f"events {posts['distinct']} distinct {posts['raw']} raw")
