"""A value that many ask for and one computes."""

from __future__ import annotations

import asyncio

import pytest

from tbg.core.fresh import Fresh


class Well:
    """An expensive computation: counts calls, takes `seconds`, fails on request."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.drawn = 0
        self.broken = False

    async def draw(self) -> int:
        self.drawn += 1
        mine = self.drawn
        await asyncio.sleep(self.seconds)
        if self.broken:
            raise OSError("dry")
        return mine


async def test_many_ask_and_one_computes() -> None:
    well = Well(0.05)
    fresh = Fresh(well.draw, seconds=10, share=1)
    assert set(await asyncio.gather(*(fresh.get() for _ in range(100)))) == {1}
    assert await fresh.get() == 1
    assert well.drawn == 1


async def test_a_little_late_the_old_value_is_given_while_a_new_one_is_made() -> None:
    well = Well(0.02)
    fresh = Fresh(well.draw, seconds=0.2, share=1)
    assert await fresh.get() == 1
    await asyncio.sleep(0.25)
    assert await fresh.get() == 1
    await asyncio.sleep(0.1)
    assert await fresh.get() == 2
    assert well.drawn == 2


async def test_callers_wait_for_a_value_that_is_far_too_old() -> None:
    well = Well()
    fresh = Fresh(well.draw, seconds=0.05, share=1)
    assert await fresh.get() == 1
    await asyncio.sleep(0.15)
    assert await fresh.get() == 2


async def test_expensive_values_are_kept_longer() -> None:
    well = Well(0.1)
    fresh = Fresh(well.draw, seconds=0.0, share=0.1)
    await fresh.get()
    await asyncio.sleep(0.5)
    assert await fresh.get() == 1
    assert well.drawn == 1


async def test_no_value_is_kept_longer_than_it_may_however_long_computing_took() -> None:
    well = Well(0.1)
    fresh = Fresh(well.draw, seconds=0.0, share=0.001, longest=0.2)
    assert await fresh.get() == 1
    await asyncio.sleep(0.3)
    assert await fresh.get() == 2


async def test_a_failure_reaches_waiting_callers_and_is_retried() -> None:
    well = Well(0.02)
    well.broken = True
    fresh = Fresh(well.draw, seconds=10, share=1)
    answers = await asyncio.gather(*(fresh.get() for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [OSError] * 3
    well.broken = False
    assert await fresh.get() == 2


async def test_a_caller_that_stops_waiting_does_not_affect_others() -> None:
    well = Well(0.1)
    fresh = Fresh(well.draw, seconds=10, share=1)
    patient = asyncio.create_task(fresh.get())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await fresh.get()
    assert await patient == 1
    assert well.drawn == 1
