"""A measured consumer in its own process: the real ingest service, drained on command.

Run as `python -m lab.bench.consumer BATCH`. For each line on stdin it processes everything in the
streams and answers with one line of JSON on stdout. It ends when stdin ends.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Iterable
from typing import TypedDict

from tbg.adapters.broadcast import Broadcast
from tbg.adapters.streams import Entry, Reader
from tbg.app import process
from tbg.app.ingest import Ingest, consumer_name


class Drained(TypedDict):
    """One drain. Moments are of the machine's monotonic clock, in seconds.

    `begun`: told to start; `durable`: the last batch committed and acknowledged; `folded`:
    everything in the rollups too. `cpu`: this process's CPU seconds. `taken`: entries settled.
    """

    begun: float
    durable: float
    folded: float
    cpu: float
    taken: int


class _Reader(Reader):
    """The reader, noting when it last acknowledged."""

    taken = 0
    acknowledged_at = 0.0

    async def acknowledge(self, entries: Iterable[Entry]) -> None:
        """Acknowledge, and look at the clock."""
        done = list(entries)
        await super().acknowledge(done)
        self.taken += len(done)
        self.acknowledged_at = time.perf_counter()


async def _drain(service: Ingest, reader: _Reader) -> Drained:
    """Process everything, while the service's rollups run."""
    used, before = resource.getrusage(resource.RUSAGE_SELF), reader.taken
    begun = reader.acknowledged_at = time.perf_counter()
    await service.drain()
    folded = time.perf_counter()
    use = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "begun": begun,
        "durable": reader.acknowledged_at,
        "folded": folded,
        "cpu": use.ru_utime + use.ru_stime - used.ru_utime - used.ru_stime,
        "taken": reader.taken - before,
    }


def main(batch: int) -> None:
    """Drain on command until stdin ends."""

    async def serve(runtime: process.Runtime) -> None:
        reader = _Reader(runtime.redis, consumer=consumer_name())
        broadcast = Broadcast(runtime.redis)
        service = Ingest(
            runtime.database, reader, broadcast, runtime.settings.network, batch_events=batch
        )
        await reader.ensure_group()
        print("ready", flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(await _drain(service, reader)), flush=True)

    process.run("ingest", serve)


if __name__ == "__main__":
    main(int(sys.argv[1]))
