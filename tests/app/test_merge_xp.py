"""Merging accounts never loses or doubles XP, over random histories of two or three accounts."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tbg.adapters.streams import BestDiff, BlockFound, Fact, Share
from tbg.core.clock import FixedClock
from tbg.core.tx import Database
from tbg.domains.gamification.actions import Grant, lock, record_event, reward
from tbg.domains.gamification.actions.personal_bests import pay_personal_bests
from tbg.domains.gamification.actions.streaks import check_streaks
from tests.app.lives import join
from tests.conftest import NOW
from tests.domains.gamification.play import best, block, play, rows, share
from tests.domains.quests.doing import evaluate

LATER = timedelta(days=8)
"""How long after the merges the histories end: a week and some days close."""

REGISTRY = Path(__file__).parents[2] / "src/tbg/registry/badges.json"
BADGES = json.loads(REGISTRY.read_text())["badges"]
BADGE_XP = {badge["slug"]: badge["xp_reward"] for badge in BADGES}
QUESTS = json.loads((REGISTRY.parent / "quests.json").read_text())["quests"]
QUEST_XP = {quest["slug"]: quest["xp"] for quest in QUESTS}

# What is no fact of mining, with what each pays, as rules.md §5 has it.
GRANTED = {"lesson": 25, "track": 50, "competition": 200, "quest": 30}
EVENTS = ("gift_sent", "node_verified", "worldcup_joined")

MERGES = (
    [("b", "a")],
    [("c", "b"), ("b", "a")],
    [("b", "a"), ("c", "a")],
    [("b", "a"), ("a", "c")],
)

Books = dict[tuple[str, str], int]
"""(source, what it was for) → XP: the ledger of one user, without ids of users in it."""


class History:
    """What two or three accounts of one person did, and how they become one."""

    def __init__(self, number: int) -> None:
        self.rng = Random(f"merge/{number}")
        self.number = number
        self.merges = self.rng.choice(MERGES)
        names = sorted({name for merge in self.merges for name in merge})
        self.addresses = {name: f"bc1qmerge{number:05}{name}" for name in names}
        self.early = [fact for name in names for fact in self._facts(name, until=NOW, first=True)]
        self.late = [
            fact for name in names for fact in self._facts(name, until=NOW + LATER, first=False)
        ]
        self.grants = [grant for name in names for grant in self._grants(name)]
        self.users: dict[str, int] = {}

    def _facts(self, name: str, *, until: datetime, first: bool) -> Iterator[Fact]:
        rng, user = self.rng, self.addresses[name]
        weeks = rng.sample(range(9), rng.randrange(1, 7))
        some: tuple[int, ...] = (0, 1, 3, 30)
        if first:  # few, just short of a hundred, or enough for a badge only together
            some = (520,) if self.number % 50 == 0 else (1, 1, 2, 3, 5, 12, 40, 99, 130)
        for _ in range(rng.choice(some)):
            at = until - timedelta(weeks=rng.choice(weeks), minutes=rng.randrange(8_000))
            sdiff = 512 / (1 - rng.random()) * 10 ** rng.choice((0, 0, 0, 2, 6, 9))
            yield share(at, user=user, sdiff=sdiff, accepted=rng.random() > 0.1)
        if rng.random() < 0.3:
            at = until - timedelta(days=rng.randrange(40))
            yield best(at, user=user, sdiff=7e8)
        if rng.random() < 0.1:
            at = until - timedelta(days=3)
            yield block(at, user=user, hash_=f"{self.number:064}", backed=rng.random() < 0.7)

    def _grants(self, name: str) -> Iterator[tuple[str, str, str, int]]:
        """(user, source, what, XP); both may have been granted the same."""
        for source, amount in GRANTED.items():
            for what in self.rng.sample(("x", "y:1", "z"), self.rng.choice((0, 0, 1, 2))):
                yield name, source, what, amount
        if self.rng.random() < 0.6:
            # -10**9: all there is, so that a merge may find less than was lost.
            amount = self.rng.choice((7, 5_000, -60, -(10**9), -(10**9)))
            yield name, "correction", f"{self.number}-{name}", amount


def earned(facts: Iterable[Fact], now: datetime) -> Books:
    """What facts of mining earn one user, by the rules alone, once all is paid that has closed."""
    accepted = [fact for fact in facts if isinstance(fact, Share) and fact.accepted]
    bests: list[Share | BestDiff] = [
        *accepted,
        *(fact for fact in facts if isinstance(fact, BestDiff)),
    ]
    books: Books = {}
    if hundreds := len(accepted) // 100:
        books["share", ""] = hundreds
    this_week = now.date() - timedelta(days=now.weekday())
    mondays = {fact.at.date() - timedelta(days=fact.at.weekday()) for fact in accepted}
    closed = {monday for monday in mondays if monday < this_week}
    for monday in closed:
        books["streak", f"{monday:%G-W%V}"] = 25
    for day in best_days(bests, now.date()):
        books["personal_best", day.isoformat()] = 50
    values = {
        "share_count": len(accepted),
        "best_diff": max((fact.sdiff for fact in bests), default=0.0),
        "streak": longest_run(closed),
    }
    for quest, period in quests(accepted):
        books["quest", f"{quest}:{period}"] = QUEST_XP[quest]
    for badge in BADGES:
        threshold = badge["trigger_config"].get("threshold")
        if threshold is not None and values[badge["trigger_type"]] >= threshold:
            books["badge", badge["slug"]] = badge["xp_reward"]
    if any(isinstance(fact, BlockFound) and fact.backed for fact in facts):
        books["badge", "block_finder"] = BADGE_XP["block_finder"]
    return books


def quests(accepted: Iterable[Share]) -> Iterator[tuple[str, str]]:
    """The shipped quests that mining completes, and in which periods."""
    days = {fact.at.date() for fact in accepted}
    by_week: Counter[str] = Counter(f"{day:%G-W%V}" for day in days)
    by_season: Counter[str] = Counter()
    for day in days:
        yield "stove_lit", day.isoformat()
        year, week, _ = day.isocalendar()
        by_season[f"{year}-S{1 + (week > 13) + (week > 26) + (week > 39)}"] += 1
    for week_iso, count in by_week.items():
        yield from [("five_of_seven", week_iso)] * (count >= 5)
        yield from [("no_cold_day", week_iso)] * (count == 7)
    yield from (("through_the_season", key) for key, count in by_season.items() if count >= 60)
    run = longest_run({day - timedelta(days=day.weekday()) for day in days})
    yield from [("back_again", "once")] * (run >= 2)
    yield from [("two_months_warm", "once")] * (run >= 8)


def best_days(bests: Iterable[Share | BestDiff], today: date) -> Iterator[date]:
    """The closed days that beat all days before them; the first beats none."""
    days: dict[date, float] = defaultdict(float)
    for fact in bests:
        days[fact.at.date()] = max(fact.sdiff, days[fact.at.date()])
    so_far = None
    for day in sorted(day for day in days if day < today):
        if so_far is not None and days[day] > so_far:
            yield day
        so_far = max(days[day], so_far or 0.0)


def longest_run(mondays: set[date]) -> int:
    """The longest row of weeks without a gap."""
    longest = run = 0
    for monday in sorted(mondays):
        run = run + 1 if monday - timedelta(weeks=1) in mondays else 1
        longest = max(longest, run)
    return longest


def united(gone: Books, kept: Books, facts: Sequence[Fact], now: datetime) -> Books:
    """What the ledger of `kept` has to say after the merge."""
    mined = earned(facts, now)
    books = {**kept, **mined}
    for (source, what), amount in gone.items():
        if source in ("badge", *GRANTED) or (source == "correction" and amount > 0):
            books.setdefault((source, what), amount)
    left = sum(books.values())
    for (source, what), amount in gone.items():  # losses last, and of what there is
        if source == "correction" and amount < 0:
            taken = max(amount, -left)
            left += taken
            if taken:
                books[source, what] = taken
    return books


async def ledgers(db: Database) -> dict[int, Books]:
    """Every ledger; that a key pays a user only once is the database's to hold."""
    found: dict[int, Books] = defaultdict(lambda: defaultdict(int))
    sql = "SELECT user_id, source, idempotency_key, amount FROM xp_ledger ORDER BY id"
    for user, source, key, amount in await rows(db, sql):
        found[user][source, _what(source, key, user)] += amount
    totals = dict(await rows(db, "SELECT user_id, total_xp FROM user_gamification"))
    assert {user: sum(books.values()) for user, books in found.items()} == {
        user: totals.get(user, 0) for user in found
    }
    return found


def _what(source: str, key: str, user: int) -> str:
    """The key without its source and the user's id; share XP is split into rows as it comes."""
    if source == "share":
        return ""
    what = key.removeprefix(f"{source}:")
    if source == "badge":
        assert what.endswith(f":{user}"), key
        return what.removesuffix(f":{user}")
    if source in ("correction", "merge"):
        return what
    assert what.startswith(f"{user}:"), key
    return what.removeprefix(f"{user}:")


async def mine(db: Database, facts: list[Fact], rng: Random) -> None:
    """Facts of all histories, in any order, in batches."""
    rng.shuffle(facts)
    for n in range(0, len(facts), 2_000):
        await play(db, facts[n : n + 2_000])


async def close(db: Database) -> None:
    """Pay what days and weeks that have closed owe."""
    await check_streaks(db)
    await pay_personal_bests(db)
    await evaluate(db)


async def grant(db: Database, histories: Sequence[History]) -> None:
    """What is no fact of mining; nobody loses more than they have."""
    async with db.transaction(owners="shared") as tx:
        held = await lock(tx, [user for history in histories for user in history.users.values()])
        totals = {user: row.total_xp for user, row in held.items()}
        grants = []
        for history in histories:
            for name, source, what, amount in history.grants:
                user = history.users[name]
                key = f"correction:{what}" if source == "correction" else f"{source}:{user}:{what}"
                given = max(amount, -totals[user])
                totals[user] += given
                grants.append(Grant(user, key, given, source, what, what, tx.now))
        await reward(tx, grants=grants)
        for event in EVENTS:
            some = [
                user
                for history in histories
                for user in history.users.values()
                if history.rng.random() < 0.2
            ]
            await record_event(tx, event=event, user_ids=some, at=tx.now)


async def test_merging_never_loses_or_doubles_xp(
    db: Database, clock: FixedClock, pytestconfig: pytest.Config
) -> None:
    rng = Random("merges")
    histories = [History(number) for number in range(pytestconfig.getoption("histories"))]
    facts = [fact for history in histories for fact in history.early]
    await mine(db, facts[: len(facts) // 2], rng)
    await close(db)
    await mine(db, facts[len(facts) // 2 :], rng)
    owners: dict[str, int] = dict(await rows(db, "SELECT address, user_id FROM user_addresses"))
    for history in histories:
        history.users = {name: owners[address] for name, address in history.addresses.items()}
    await grant(db, histories)

    wrong: list[Any] = []
    mined = {
        history.users[name]: [fact for fact in history.early if fact.address == address]
        for history in histories
        for name, address in history.addresses.items()
    }
    before = await ledgers(db)
    for turn in range(2):
        merges = [
            (history.users[gone], history.users[kept])
            for history in histories
            for gone, kept in history.merges[turn : turn + 1]
        ]
        for gone, kept in merges:
            await join(db, gone, kept)
        await evaluate(db)
        after = await ledgers(db)
        for gone, kept in merges:
            mined[kept] += mined[gone]
            expected = united(before[gone], before[kept], mined[kept], NOW)
            wrong += differences(after[kept], expected, f"{gone} became {kept}")
            closed = {**before[gone], ("merge", str(kept)): -sum(before[gone].values())}
            wrong += differences(after[gone], closed, f"the ledger of {gone}")
        before = after
    assert wrong[:20] == []

    clock.move(LATER)
    await mine(db, [fact for history in histories for fact in history.late], rng)
    await close(db)
    after = await ledgers(db)
    for history in histories:
        last = history.users[history.merges[-1][1]]
        expected = before[last] | earned(mined[last] + history.late, clock.now())
        wrong += differences(after[last], expected, f"{last} in the end")
    assert wrong[:20] == []


def differences(found: Books, expected: Books, of: str) -> list[str]:
    """Which entries are not what they should be."""
    return [
        f"{of}: {key} is {found.get(key)}, not {expected.get(key)}"
        for key in sorted(found.keys() | expected.keys())
        if found.get(key, 0) != expected.get(key, 0)
    ]
