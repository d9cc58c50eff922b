"""`tbg sender`: the service that runs durable tasks, such as calls to the network."""

from __future__ import annotations

from tbg.app import process
from tbg.app.sender import Sender


def sender() -> None:
    """Run durable tasks, such as calls to the network. You can run several of these."""

    async def main(runtime: process.Runtime) -> None:
        service = sender_of(runtime)
        process.stop_on_signals(service.stopping)
        await service.run()

    process.run("sender", main)


def sender_of(runtime: process.Runtime) -> Sender:
    """A sender on these servers."""
    return Sender(runtime.database, runtime.redis)
