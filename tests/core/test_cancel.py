"""Ending what runs beside."""

from __future__ import annotations

import asyncio

from tbg.core.cancel import end


async def test_a_task_that_swallows_a_cancellation_is_asked_again() -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed == 3:
                    raise

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end(task)
    assert task.cancelled()
    assert swallowed == 3


async def test_a_task_that_failed_or_ended_is_fine() -> None:
    async def fails() -> None:
        raise OSError("away")

    for coroutine in (fails(), asyncio.sleep(0)):
        task = asyncio.ensure_future(coroutine)
        await asyncio.sleep(0.01)
        await end(task)
        assert task.done()
