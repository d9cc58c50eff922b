"""Which services `tbg up` starts: as many as the machine can carry."""

from __future__ import annotations

from typing import NamedTuple

from tbg.core import machine
from tbg.core.settings import Settings

NAMES = ("serve", "worker", "ingest", "relay", "sender")
"""All of them; each but the first shows signs of life in Redis, under these names."""

MOST_CONSUMERS = 4
"""`tbg ingest`s at most; up to there one for each core. One keeps 0.7 of a core busy and PostgreSQL
0.5 of another, so that two fill two cores (`tbg bench pipeline` prints both as `cores_busy`); more
than four were never measured."""

SMALL_MEMORY_BYTES = 2 * 1024**3
"""With no more than this, jobs, ingest, relay and sender share a process. README has the figures of
`make footprint`; the system and its file cache need memory too."""

_METRICS_STEP = 10
"""How far the metrics of a further consumer are from those of the one before."""

_LAST_PORT = 65_500
"""The last one that `metrics_port` may be."""


class Planned(NamedTuple):
    """A process to start: its name, the words behind `tbg`, and where its metrics begin."""

    name: str
    words: tuple[str, ...]
    metrics_port: int


def consumers(chosen: int | None = None) -> int:
    """How many `tbg ingest`: as chosen, else by cores and memory; 0: all in one process."""
    if chosen is not None:
        return chosen
    if machine.memory_bytes() <= SMALL_MEMORY_BYTES:
        return 0
    return min(machine.cores(), MOST_CONSUMERS)


def services(settings: Settings) -> list[Planned]:
    """The services of one machine."""
    port, count = settings.metrics_port, consumers(settings.consumers)
    if count == 0:
        return [Planned("serve", ("serve",), port), Planned("worker", ("worker", "--all"), port)]
    found = [Planned(name, (name,), port) for name in NAMES]
    for number in range(2, count + 1):
        own = port + _METRICS_STEP * (number - 1)
        measured = port and own <= _LAST_PORT
        found.append(Planned(f"ingest-{number}", ("ingest",), own if measured else 0))
    return found
