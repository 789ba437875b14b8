"""What is ordered in each walk, as an operator would who repeats a command that colonyd died over."""

from dataclasses import dataclass

from simsite import rack
from simsite.appliance import Appliance

MACHINE_CONFIG = """version: v1alpha1
machine:
  type: controlplane
  install:
    diskSelector: { type: nvme }
cluster:
  controlPlane: { endpoint: https://10.77.0.100:6443 }
"""
SERVER = "walk-1"


@dataclass(frozen=True)
class Order:
    path: str
    body: dict
    workflow: str  # the type of workflow that comes of it


@dataclass(frozen=True)
class Recipe:
    name: str
    discovered: bool  # whether the server is known when it begins
    orders: "tuple[Order, ...]"


DISCOVER = Recipe("discover", False, (
    Order("/bmcs", {"ip": rack.bmc_address(0), "username": rack.USERNAME, "password": rack.PASSWORD,
                    "name": SERVER, "auto_discover": True}, "discovery"),))
PROVISION = Recipe("provision", True, (
    Order(f"/assets/{SERVER}/provision", {"config": MACHINE_CONFIG}, "cluster-provision"),))
WIPE = Recipe("wipe", True, (Order(f"/assets/{SERVER}/wipe", {}, "disk-wipe"),))
POWER = Recipe("power", True, tuple(
    Order(f"/assets/{SERVER}/power", {"action": action}, "power") for action in ("on", "cycle", "off")))
# That the machine can be switched afterwards shows that we can still log in.
ROTATE = Recipe("rotate", True, (
    Order(f"/assets/{SERVER}/bmc-rotate", {}, "bmc-rotate"), Order(f"/assets/{SERVER}/power", {"action": "on"}, "power"),
    Order(f"/assets/{SERVER}/bmc-rotate", {}, "bmc-rotate"), Order(f"/assets/{SERVER}/power", {"action": "off"}, "power")))
ALL = {recipe.name: recipe for recipe in (DISCOVER, PROVISION, WIPE, POWER, ROTATE)}

FINISHED = ("completed", "failed")


def carry_out(appliance: Appliance, recipe: Recipe, seconds: float = 60) -> None:
    """Orders one thing after the other, each until it has ended."""
    for place, order in enumerate(recipe.orders):
        number = sum(each.workflow == order.workflow for each in recipe.orders[:place + 1])

        def ended(order=order, number=number):
            listed = appliance.api.get("/workflows?limit=100")["workflows"]
            of_this_kind = [workflow for workflow in listed if workflow["type"] == order.workflow]
            if len(of_this_kind) < number:
                # Not ordered yet; or colonyd died over the order, and we do not know whether it was taken.
                appliance.api.post(order.path, order.body)
                return None
            assert not any(workflow["held"] for workflow in of_this_kind), of_this_kind
            return all(workflow["status"] in FINISHED for workflow in of_this_kind)

        appliance.until(f"{recipe.name}: order {place + 1} ends", seconds, ended)
