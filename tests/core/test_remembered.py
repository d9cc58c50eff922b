"""Values by key that many ask for and one computes."""

from __future__ import annotations

import asyncio
from collections import Counter

from tbg.core.remembered import Remembered


class Library:
    """Looks things up: counts by key, takes `seconds`, fails on request."""

    def __init__(self, *, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.asked: Counter[str] = Counter()
        self.broken = False
        self.failures: list[Exception] = []

    async def find(self, key: str) -> str:
        self.asked[key] += 1
        await asyncio.sleep(self.seconds)
        if self.broken:
            raise OSError("closed")
        return f"{key} {self.asked[key]}"

    def remembered(self, *, seconds: float = 60.0, most: int = 100) -> Remembered[str, str]:
        return Remembered(
            self.find,
            otherwise="nothing",
            failed=self.failures.append,
            seconds=seconds,
            patience=0.2,
            most=most,
        )


async def test_many_ask_for_a_key_and_it_is_computed_once() -> None:
    library = Library(seconds=0.05)
    kept = library.remembered()
    found = await asyncio.gather(*(kept.get(key) for key in "aabbab"))
    assert found == ["a 1", "a 1", "b 1", "b 1", "a 1", "b 1"]


async def test_a_value_that_is_too_old_is_computed_again() -> None:
    library = Library()
    kept = library.remembered(seconds=0.05)
    assert await kept.get("a") == "a 1"
    await asyncio.sleep(0.06)
    assert await kept.get("a") == "a 2"


async def test_a_failure_is_told_once_and_kept() -> None:
    library = Library()
    library.broken = True
    kept = library.remembered()
    assert [await kept.get("a") for _ in range(3)] == ["nothing"] * 3
    assert [str(error) for error in library.failures] == ["closed"]
    assert library.asked["a"] == 1


async def test_what_takes_too_long_is_given_up() -> None:
    library = Library(seconds=10)
    kept = library.remembered()
    assert await asyncio.wait_for(kept.get("a"), 2) == "nothing"
    assert isinstance(library.failures[0], TimeoutError)


async def test_a_caller_who_leaves_takes_the_value_from_nobody() -> None:
    kept = Library(seconds=0.05).remembered()
    one, other = asyncio.create_task(kept.get("a")), asyncio.create_task(kept.get("a"))
    await asyncio.sleep(0)
    one.cancel()
    assert await other == "a 1"


async def test_beyond_its_size_the_oldest_is_forgotten() -> None:
    library = Library()
    kept = library.remembered(most=2)
    for key in "abca":
        await kept.get(key)
    assert library.asked == {"a": 2, "b": 1, "c": 1}
