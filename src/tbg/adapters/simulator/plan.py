"""A simulation's settings (`Plan`), its results (`Entry`), and their counts (`Tally`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from tbg.adapters.streams.game import SIMULATOR
from tbg.core import limits

Kind = Literal["good", "late", "duplicate", "poison", "connect", "block"]


class PlannedEntry(NamedTuple):
    """One stream entry; `at` (unix seconds) is when it would have been sent."""

    kind: Kind
    stream: str
    fields: dict[str, str]
    at: float
    label: str = ""


class PlanError(ValueError):
    """The plan cannot be carried out; the message says which part of it and why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A simulation. Times are unix seconds, fractions are of all share entries."""

    miners: int
    start: float
    seed: str = "0"
    salt: str = ""
    """Changes the luck, not the miners."""
    network: str = "mainnet"
    end: float | None = None
    """History ends here; None: live."""
    seconds: float | None = None
    """Live only: stop after so long."""
    events: int | None = None
    """Share entries in all, duplicates and poison among them."""
    rate: float | None = None
    """Live only: share entries a second in all; None: what such devices send by nature."""
    shares_per_day: float = 24.0
    """History without `events`: shares of a miner on a full day."""
    duplicates: float = 0.0
    late: float = 0.0
    poison: float = 0.0
    newcomers: tuple[float, ...] = ()
    """Live only: seconds after `start` at which another miner joins."""
    legends: bool = False
    """History only: now and then a share that people talk about (1e12, a block)."""
    source: str = SIMULATOR

    def __post_init__(self) -> None:
        if self.miners < 1:
            raise PlanError("there must be at least one miner")
        if self.events is not None and self.events < 1:
            raise PlanError("there must be at least one event")
        if self.rate is not None and self.rate <= 0:
            raise PlanError("the rate must be above 0")
        for name in ("duplicates", "late", "poison"):
            if not 0 <= getattr(self, name) <= 1:
                raise PlanError(f"{name} is a fraction: 0 to 1")
        if self.duplicates + self.poison > 0.99:
            raise PlanError("duplicates and poison together leave nothing for good shares")
        if self.duplicates + self.poison + self.late > 1:
            raise PlanError("duplicates, poison and late together are at most 1")
        if self.end is not None and self.end <= self.start:
            raise PlanError("history must begin before it ends")

    @property
    def goods(self) -> int | None:
        """Unique good shares that `events` leaves room for; None without a number of events."""
        if self.events is None:
            return None
        number = self.events
        return number - part(self.duplicates, number) - part(self.poison, number)

    def is_history(self, ts: float) -> bool:
        """Whether an event of this moment is marked as history, as a collector would."""
        return self.end is not None and self.end - ts > limits.HISTORY_AFTER.total_seconds()


def part(fraction: float, number: int) -> int:
    """The whole entries that a fraction of so many is."""
    return int(fraction * number + 1e-9)


@dataclass(slots=True)
class Tally:
    """How many entries of each kind went into the streams."""

    kinds: dict[str, int] = field(default_factory=dict)

    def add(self, entry: PlannedEntry) -> None:
        """Count one entry."""
        self.kinds[entry.kind] = self.kinds.get(entry.kind, 0) + 1

    def summary(self) -> dict[str, int]:
        """The counts as `tbg simulate --json` prints them."""
        count = self.kinds.get
        good = count("good", 0) + count("late", 0)
        duplicates, poisoned = count("duplicate", 0), count("poison", 0)
        return {
            "events": good + duplicates + poisoned,
            "unique_good": good,
            "duplicates": duplicates,
            "late": count("late", 0),
            "poisoned": poisoned,
        }
