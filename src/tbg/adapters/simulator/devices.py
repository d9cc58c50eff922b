"""Devices as people have them, their names, and the difficulty they get."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from tbg.adapters.simulator.addresses import address

HASHES_PER_DIFF = 2.0**32
SHARE_SECONDS = 10 / 3
"""ckpool moves a worker's difficulty until it sends a share about this often."""

_LEAST_DIFF = 2.0**-20
"""The lowest difficulty that a pool gives, also to devices that hash next to nothing."""


class Device(NamedTuple):
    """A model, how its firmware introduces itself, hashes a second, and how common it is."""

    model: str
    agent: str
    hashrate: float
    weight: int


DEVICES = (
    Device("Ultra", "bitaxe/BM1366/v2.9.0", 0.5e12, 15),
    Device("Supra", "bitaxe/BM1368/v2.12.2", 0.65e12, 20),
    Device("Gamma", "bitaxe/BM1370/v2.15.1", 1.2e12, 33),
    Device("NerdQAxe+", "NerdQAxe+/BM1368/v1.0.30", 2.4e12, 8),
    Device("NerdQAxe++", "NerdQAxe++/BM1370/v1.0.36", 4.8e12, 10),
    Device("NerdMiner", "NerdMinerV2/V1.8.3", 80e3, 12),
    Device("S19", "cgminer/4.11.1", 95e12, 2),
)
_WEIGHTS = [device.weight for device in DEVICES]

NAMES = (
    "bitaxe", "garage", "living room", "bitaxe-01", "BitAxe_Gamma", "Küche", "lottery", "heater",
    "office", "Bureau", "attic", "solo.1", "bedroom", "⚡ shed", "desk", "basement.rack-2",
    "grandpa", "nerd", "workbench", "lucky7", "サトシ", "balcony", "moonshot", "worker1",
    "gamma601", "hal", "wohnzimmer", "fridge", "GeeBee", "default",
)  # fmt: skip


@dataclass(slots=True)
class SimulatedWorker:
    """One device of a miner, with the difficulty that the pool gives it."""

    miner: int
    name: str
    device: Device
    hashrate: float
    diff: float = 0.0
    diff_text: str = ""

    def assign(self, share_seconds: float) -> None:
        """Take the power of two at which a share comes about every `share_seconds`."""
        wished = self.hashrate * share_seconds / HASHES_PER_DIFF
        self.diff = max(_LEAST_DIFF, 2.0 ** round(math.log2(wished)))
        self.diff_text = repr(self.diff)

    @property
    def shares_per_second(self) -> float:
        """How often this device reaches its difficulty, on average."""
        return self.hashrate / HASHES_PER_DIFF / self.diff


@dataclass(slots=True)
class SimulatedMiner:
    """A person with a Bitcoin address and one to four devices."""

    index: int
    workers: list[SimulatedWorker]
    address: str

    @property
    def hashrate(self) -> float:
        """Hashes a second of all devices."""
        return sum(worker.hashrate for worker in self.workers)


def miner(seed: str, index: int, *, network: str) -> SimulatedMiner:
    """Miner `index` of this seed, each worker at its natural difficulty."""
    rng = Random(f"miner/{index}/{seed}")
    count = rng.choices((1, 2, 3, 4), (60, 24, 11, 5))[0]
    workers = []
    for name in rng.sample(NAMES, count):
        device = rng.choices(DEVICES, _WEIGHTS)[0]
        worker = SimulatedWorker(index, name, device, device.hashrate * rng.uniform(0.93, 1.06))
        worker.assign(SHARE_SECONDS)
        workers.append(worker)
    return SimulatedMiner(index, workers, address(seed, index, network=network))


def population(seed: str, count: int, *, network: str) -> list[SimulatedMiner]:
    """The first `count` miners of this seed; a larger population begins with the smaller one."""
    return [miner(seed, index, network=network) for index in range(count)]
