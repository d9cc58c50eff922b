"""What was read before + the frames since, in the web app's own reducer = what is read after."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from redis.asyncio import Redis

from tbg.adapters.broadcast import Broadcast, packet_of
from tbg.adapters.streams import BestDiff, BlockFound, Connection, Fact, Share
from tbg.app.relay import Relay
from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.frames import Frame
from tbg.core.tx import Database
from tbg.domains.accounts.queries import miner
from tbg.domains.gamification.actions.personal_bests import pay_personal_bests
from tbg.domains.gamification.actions.streaks import check_streaks
from tbg.domains.gamification.rules import get_week_iso
from tbg.domains.mining.actions import roll_up_all
from tbg.domains.public.queries.miner import miner_page
from tbg.domains.public.queries.pool import pool_page
from tests.domains.gamification.play import commit, key, play

ROOT = Path(__file__).parents[3]
HISTORIES = 1_000
ROUNDS = 8
STEPS = 5

BEGINNINGS = (
    datetime(2026, 3, 4, 12, 0, tzinfo=UTC),
    datetime(2026, 3, 1, 23, 59, 30, tzinfo=UTC),  # the last minute of a week, not of a month
    datetime(2026, 3, 2, 0, 6, tzinfo=UTC),  # a week was closed
    datetime(2026, 4, 1, 0, 1, tzinfo=UTC),  # a month has begun
)

MEASURED = {
    "hashrate_ths", "hashrate_ths_1h", "hashrate_ths_24h", "hashrate", "pace", "updated_at"
}  # fmt: skip
"""What changes with time and not with events."""

WORKERS = ("bitaxe", "nerd", "attic")


class Recorder(Broadcast):
    """Keeps what would be published, for each subject."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(redis)
        self.sent: dict[str, list[str]] = defaultdict(list)

    async def publish(self, frames: Sequence[Frame], *, now: datetime, nudge: bool = False) -> None:
        """Keep them."""
        for frame in frames:
            packet = packet_of(frame, at=now)
            self.sent[frame.subject].append(packet.text(frame.subject))


class Told(NamedTuple):
    """A page (pool or miner) as REST has it before and after the frames, read at `at`."""

    page: str
    at: datetime
    before: Any
    after: Any
    frames: list[str]


class Player:
    """A miner whose random history is played."""

    def __init__(self, seed: int, number: int) -> None:
        self.rng = Random(f"reducer/{seed}/{number}")
        self.address = f"bc1q{seed:02}x{number:04}"
        self.last = datetime.min.replace(tzinfo=UTC)

    def past(self, now: datetime) -> Iterator[Fact]:
        """What there was before anybody looked: weeks with shares, and without."""
        for week in range(self.rng.randint(0, 6)):
            if self.rng.random() < 0.7:
                at = now - timedelta(weeks=week, minutes=self.rng.randint(3_000, 9_000))
                yield self._share(at, history=True)
        near = self.rng.choice((0, 0, 5, 97, 99))  # shares just short of a badge or of XP
        for second in range(near):
            yield self._share(now - timedelta(days=2, seconds=second), history=True)

    def happens(self, now: datetime) -> Iterator[Fact]:
        """What comes in one batch."""
        for _ in range(self.rng.choice((0, 1, 1, 2, 5))):
            what = self.rng.random()
            at = now - timedelta(microseconds=self.rng.randint(0, 40_000_000))
            if what < 0.15:  # late, perhaps of yesterday or of last week
                at -= timedelta(hours=self.rng.uniform(0, 23))
            if what < 0.8:
                yield self._share(at)
            elif what < 0.9:
                worker = self.rng.choice(WORKERS)
                connected = self.rng.random() < 0.5
                yield Connection(
                    key(self.rng.random()), 7, at, False, "p", self.address, worker, connected,
                    self.rng.choice((None, f"{worker}/1")),
                )  # fmt: skip
            elif what < 0.97:
                yield BestDiff(
                    key(self.rng.random()), 7, at, False, "p", self.address, "bitaxe", self._sdiff()
                )
            else:
                hash_ = f"{self.rng.getrandbits(256):064x}"
                yield BlockFound(
                    key(self.rng.random()), 7, at, False, "p", self.address, "bitaxe",
                    int(10 * (at - BEGINNINGS[1]).total_seconds()), hash_, 1e14, None, True,
                )  # fmt: skip

    def first_share(self, at: datetime) -> Share:
        """One that there always was, by the worker that also finds blocks."""
        return self._share(at, history=True)._replace(worker="bitaxe", accepted=True)

    def _share(self, at: datetime, *, history: bool = False) -> Share:
        accepted, worker = self.rng.random() < 0.9, self.rng.choice(WORKERS)
        return Share(
            key(self.rng.random()), 7, at, history, "p", self.address, worker,
            512.0, self._sdiff(), accepted, None if accepted else 23,
            None if accepted else "Above target", 879_412, 1, None,
            self.rng.choice((None, None, f"{worker}/1")),
        )  # fmt: skip

    def _sdiff(self) -> float:
        return float(f"{10 ** self.rng.uniform(2, 9.5):.6g}")


async def test_frames_lead_from_the_state_before_to_the_state_after(
    db: Database, redis: Redis, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FRAMES_PER_BATCH", 1_000_000)  # none is left out for its number
    told: list[Told] = []
    for number in range(ROUNDS):
        clock.at = BEGINNINGS[number % len(BEGINNINGS)] + timedelta(days=56 * number)
        told += await _round(db, redis, clock, seed=number)
    assert len(told) > HISTORIES
    folded = _fold(told)
    wrong = [
        f"{page}: {difference}"
        for (page, at, _, after, _), state in zip(told, folded, strict=True)
        for difference in _differences(*_comparable(page, at, state, after))
    ]
    assert wrong[:20] == []


async def _round(db: Database, redis: Redis, clock: FixedClock, *, seed: int) -> list[Told]:
    players = [Player(seed, n) for n in range(HISTORIES // ROUNDS)]
    recorder = Recorder(redis)
    relay = Relay(db, recorder)
    now = clock.now()
    await play(db, [fact for player in players for fact in player.past(now)])
    # Everybody is known, so that there is a page before the first frame.
    await play(db, [player.first_share(now - timedelta(days=3)) for player in players])
    await roll_up_all(db)
    await check_streaks(db)
    await pay_personal_bests(db)
    await relay.drain()
    recorder.sent.clear()
    before = await _pages(db, players)
    for _ in range(STEPS):
        clock.move(timedelta(seconds=2))
        tx = await commit(db, [f for player in players for f in player.happens(clock.now())])
        await recorder.publish(tx.shown, now=tx.now)
        await relay.drain()
        await roll_up_all(db)
    await check_streaks(db)
    await pay_personal_bests(db)
    await relay.drain()
    after = await _pages(db, players)
    return [
        Told(subject.partition(":")[0], clock.now(), old, after[subject], recorder.sent[subject])
        for subject, old in before.items()
    ]


async def _pages(db: Database, players: Iterable[Player]) -> dict[str, Any]:
    """What REST says now, by the subject of the frames that change it."""
    found: dict[str, Any] = {"pool": json.loads(await pool_page(db))}
    async with db.transaction() as tx:
        for player in players:
            who = await miner(tx, player.address)
            assert who is not None
            page = await miner_page(tx, who, handle=player.address)
            found[f"miner:{player.address}"] = page.model_dump(mode="json")
    return found


def _fold(told: Iterable[Told]) -> list[Any]:
    """The states before with their frames applied, by the web app's own code."""
    lines = [
        json.dumps({"page": page, "state": before, "frames": frames})
        for page, _, before, _, frames in told
    ]
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "bootstrap.py", "npm", "run", "--silent", "fold"],
        input="\n".join(lines), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


_POOL = ("shares_accepted", "shares_rejected")


def _comparable(page: str, at: datetime, state: Any, after: Any) -> tuple[Any, Any]:
    """Both states without what frames do not promise."""
    if page == "miner":
        left, right = (_without(_told_bests(one, at), MEASURED) for one in (state, after))
        return left, right
    # Reads of the pool's feed tell badges and blocks alone; in the live one there is less room.
    read = ("badge_earned", "block_found")
    lines = [[one for one in page["recent"] if one["type"] in read] for page in (state, after)]
    left, right = (
        {name: page[name] for name in _POOL} | {"recent": some[: len(lines[0])]}
        for page, some in zip((state, after), lines, strict=True)
    )
    return left, right


def _told_bests(page: Any, at: datetime) -> Any:
    """The page without the line of last week's best, where a late share may have changed it.

    A late share (by less than a day) that is the best of last week alone is in no frame. If it is
    the best of all, a frame has it: the latest line stays.
    """
    yesterday = at - timedelta(days=1)
    if get_week_iso(yesterday) == get_week_iso(at):
        return page
    bests = [line for line in page["feed"] if line["code"] == "personal_best"]
    last_week = f"all-time-best-{get_week_iso(yesterday)}"
    hidden = [line for line in bests[1:] if line["id"] == last_week]  # the first is the latest
    return page | {"feed": [line for line in page["feed"] if line not in hidden]}


def _without(value: Any, names: set[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(one, names) for name, one in value.items() if name not in names}
    return [_without(one, names) for one in value] if isinstance(value, list) else value


def _differences(left: Any, right: Any, path: str = "") -> Iterator[str]:
    """Where two states differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        for name in sorted({*left, *right}):
            yield from _differences(left.get(name), right.get(name), f"{path}.{name}")
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for number, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from _differences(one, other, f"{path}[{number}]")
    elif left != right:
        yield f"{path}: frames lead to {left!r}, it is {right!r}"[:300]
