"""The expected effects of a set of events: a fold over it, only from the rules of the game.

Written independently of the program: nothing here comes from its domains. Thresholds are read from
the badge files; the rest is from the rules. The state is a flat mapping from a path to a value; a
frozenset stands for "one of these".
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from lab.faults.cases import Event, Order
from lab.faults.pack import PACK, QUESTS

State = dict[tuple[Any, ...], Any]

_REGISTRY = files("tbg") / "registry"
_WEEK = timedelta(weeks=1)
_LEVELS = {
    0: 1, 100: 2, 600: 3, 1600: 4, 4100: 5, 7100: 6, 10600: 7, 14600: 8, 19600: 9, 29600: 10,
    79600: 15, 179600: 20, 429600: 25, 929600: 30, 4929600: 50,
}  # fmt: skip


@cache
def badges() -> list[dict[str, Any]]:
    """All badges there are in a schedule, as their files have them."""
    registry = json.loads((_REGISTRY / "badges.json").read_text(encoding="utf-8"))
    return [*registry["badges"], *PACK["badges"]]


@cache
def quests() -> list[dict[str, Any]]:
    """All quests there are in a schedule, as their files have them."""
    registry = json.loads((_REGISTRY / "quests.json").read_text(encoding="utf-8"))
    return [*registry["quests"], *QUESTS["quests"]]


def level_of(xp: int) -> int:
    """The level that so much XP reaches."""
    return max(level for least, level in _LEVELS.items() if least <= xp)


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def week_of(day: date) -> str:
    """The ISO week of a day: `2026-W09`."""
    return day.strftime("%G-W%V")


@dataclass(slots=True)
class _Sum:
    accepted: int = 0
    rejected: int = 0
    work: Decimal = Decimal(0)
    best: float = 0.0

    def add(self, event: Event) -> None:
        if event.kind == "share" and event.accepted:
            self.accepted += 1
            self.work += Decimal(event.diff)
        elif event.kind == "share":
            self.rejected += 1
        if _reaches(event):
            self.best = max(self.best, event.sdiff)


def _reaches(event: Event) -> bool:
    """Whether an event carries a difficulty that counts: accepted, or reported by the pool."""
    return event.kind == "best" or (event.kind == "share" and event.accepted)


@dataclass(slots=True)
class _Miner:
    total: _Sum = field(default_factory=_Sum)
    workers: set[str] = field(default_factory=set)
    raw: int = 0
    hours: dict[tuple[datetime, str], _Sum] = field(default_factory=lambda: defaultdict(_Sum))
    days: dict[tuple[date, str], _Sum] = field(default_factory=lambda: defaultdict(_Sum))
    rejects: Counter[tuple[date, str, int]] = field(default_factory=Counter)
    weeks: dict[date, list[Event]] = field(default_factory=lambda: defaultdict(list))
    reached: list[Event] = field(default_factory=list)
    blocks: dict[str, bool] = field(default_factory=dict)
    """Hash → whether any telling of it was backed."""
    reported: set[tuple[str, date]] = field(default_factory=set)
    """Quests that another system says were completed, and the days."""
    history: bool = False
    corrected: int = 0
    switched: list[date] = field(default_factory=list)
    """The days on which freezes were switched off, on, off …, in order."""


def expect(
    events: Iterable[Event],
    *,
    now: datetime,
    closed: datetime | None,
    orders: Sequence[Order] = (),
) -> State:
    """The state after these events and orders, each once.

    `closed`: the moment that the jobs have run for, None when they have not: streaks, personal
    bests and champions are rewarded for the weeks and days that were over by then.
    """
    miners: dict[str, _Miner] = defaultdict(_Miner)
    for event in events:
        if not event.cursed:
            _fold(miners[event.address], event, now)
    for order in orders:
        miner = miners[order.address]
        miner.corrected += order.amount
        if not order.amount and order.freezes_on == len(miner.switched) % 2:
            miner.switched.append(order.at.date())
    state: State = {}
    pool = _Sum()
    champions = _champions(miners, closed)
    for name, miner in miners.items():
        _write(state, name, miner, closed, champion=name in champions)
        pool.accepted += miner.total.accepted
        pool.rejected += miner.total.rejected
        pool.work += miner.total.work
    state["pool", "accepted"], state["pool", "rejected"] = pool.accepted, pool.rejected
    state["pool", "work"] = pool.work
    return state


def _fold(miner: _Miner, event: Event, now: datetime) -> None:
    at, worker = event.at.astimezone(UTC), event.worker
    miner.history |= event.history
    if event.kind == "quest":
        assert event.quest is not None
        miner.reported.add((event.quest, at.date()))
        return
    miner.workers.add(worker)
    if event.kind == "block":
        assert event.hash is not None
        miner.blocks[event.hash] = miner.blocks.get(event.hash, False) or event.backed
    if event.kind not in ("share", "best"):
        return
    hour = at.replace(minute=0, second=0, microsecond=0)
    for sums in (miner.total, miner.hours[hour, worker], miner.days[at.date(), worker]):
        sums.add(event)
    if _reaches(event):
        miner.reached.append(event)
    if event.kind == "share":
        miner.raw += at >= now - timedelta(days=90)
        if event.accepted:
            miner.weeks[monday_of(at.date())].append(event)
        else:
            miner.rejects[at.date(), worker, -1 if event.errn is None else event.errn] += 1


def _champions(miners: Mapping[str, _Miner], closed: datetime | None) -> set[str]:
    """Who first reached the most in a closed week; a case has no further ties."""
    best: dict[date, tuple[float, float, str]] = {}
    for name, miner in miners.items():
        for event in miner.reached:
            monday = monday_of(event.at.date())
            if closed is not None and monday + _WEEK <= closed.date():
                score = (event.sdiff, -event.at.timestamp(), name)
                best[monday] = max(best.get(monday, score), score)
    return {name for _, _, name in best.values()}


def _write(
    state: State, name: str, miner: _Miner, closed: datetime | None, *, champion: bool
) -> None:
    def put(*path: Any, value: Any) -> None:
        state["miner", name, *path] = value

    total = miner.total
    put("total_shares", value=total.accepted)
    put("raw_shares", value=miner.raw)
    put("best_difficulty", value=total.best)
    put("blocks_found", value=sum(miner.blocks.values()))
    for hash_, backed in miner.blocks.items():
        put("block", hash_, value="confirmed" if backed else "reported")
    for worker in miner.workers:
        put("worker", worker, value=1)
    for table, rows in (("hour", miner.hours), ("day", miner.days)):
        for (when, worker), sums in rows.items():
            for what in ("accepted", "rejected", "work", "best"):
                put(table, when, worker, what, value=getattr(sums, what))
    for key, count in miner.rejects.items():
        put("reject", *key, value=count)
    for monday, shares in miner.weeks.items():
        put("week", week_of(monday), "shares", value=len(shares))
        put("week", week_of(monday), "best", value=max(share.sdiff for share in shares))
        days = sum(1 << d for d in {share.at.weekday() for share in shares})
        put("week", week_of(monday), "days", value=days)
    for (frame, period), best in _bests(miner.reached).items():
        put("best", frame, period, "sdiff", value=best[0].sdiff)
        put("best", frame, period, "at", value=best[0].at)
        put("best", frame, period, "worker", value=frozenset(event.worker for event in best))
    _rewards(state, name, miner, closed, champion=champion)


def _bests(reached: Sequence[Event]) -> dict[tuple[str, str], list[Event]]:
    """Per timeframe the best of it, the first to reach it; several when even that is a tie."""
    found: dict[tuple[str, str], list[Event]] = {}
    for event in sorted(reached, key=lambda e: (-e.sdiff, e.at)):
        day = event.at.date()
        for key in (("alltime", "alltime"), ("month", f"{day:%Y-%m}"), ("week", week_of(day))):
            first = found.setdefault(key, [event])
            same = (first[0].sdiff, first[0].at) == (event.sdiff, event.at)
            if same and event is not first[0]:
                first.append(event)
    return found


def _rewards(
    state: State, name: str, miner: _Miner, closed: datetime | None, *, champion: bool
) -> None:
    runs, _, held = runs_of(miner.weeks, switched=miner.switched)
    last = runs[-1] if runs else []
    put = {
        "freezes_held": held,
        "current_streak": len(last),
        "longest_streak": max(map(len, runs), default=0),
        "streak_start_date": last[0] if last else None,
        "last_active_week": week_of(last[-1]) if last else None,
    }
    over = [m for m in miner.weeks if closed is not None and m + _WEEK <= closed.date()]
    longest = max(map(len, runs_of(over, switched=miner.switched)[0]), default=0)
    earned = _earned(miner.total, miner.blocks, longest=longest, champion=champion)
    xp = Counter(
        badge=sum(badge["xp_reward"] for badge in badges() if badge["slug"] in earned),
        share=miner.total.accepted // 100,
        streak=25 * len(over),
        personal_best=50 * _personal_bests(miner.reached, closed),
        correction=miner.corrected,
        quest=sum(quest["xp"] for quest, _ in _completed(miner, closed)),
    )
    for quest, period in _completed(miner, closed):
        state["miner", name, "quest", quest["slug"], period] = quest["xp"]
    put |= {"badges_earned": len(earned), "total_xp": xp.total(), "level": level_of(xp.total())}
    for what, value in put.items():
        state["miner", name, what] = value
    for slug in earned:
        state["miner", name, "badge", slug] = 1
    for source, amount in xp.items():
        if amount:
            state["miner", name, "xp", source] = amount
    state["miner", name, "ledger"] = xp.total()


def _earned(total: _Sum, blocks: dict[str, bool], *, longest: int, champion: bool) -> set[str]:
    """The badges that so much earns. (Other events than these are not part of a case.)"""
    value = {"share_count": total.accepted, "best_diff": total.best, "streak": longest}
    found = set()
    for badge in badges():
        trigger, config = badge["trigger_type"], badge["trigger_config"]
        if trigger == "block_found":
            got = any(blocks.values())
        elif trigger == "event":
            got = champion and config["event"] == "weekly_diff_champion"
        else:
            got = value[trigger] >= config["threshold"]
        if got:
            found.add(badge["slug"])
    return found


def _completed(miner: _Miner, closed: datetime | None) -> list[tuple[dict[str, Any], str]]:
    """The quests completed, and in which periods; what was mined counts once the jobs have run."""
    found = []
    for quest in quests():
        fact, threshold = quest["goal"]["fact"], quest["goal"].get("threshold")
        if fact == "external":
            days = {day for slug, day in miner.reported if slug == quest["slug"]}
            periods = {_period(quest["period"], day) for day in days}
        elif closed is None:
            periods = set()
        elif fact == "streak_weeks":
            runs, _, _ = runs_of(miner.weeks, switched=miner.switched)
            longest = max(map(len, runs), default=0)
            periods = {"once"} if longest >= threshold else set()
        else:
            sums = _by_period(quest["period"], fact, miner)
            periods = {period for period, value in sums.items() if value >= threshold}
        found += [(quest, period) for period in sorted(periods)]
    return found


def _by_period(kind: str, fact: str, miner: _Miner) -> dict[str, Any]:
    """How much of a fact of mining each period has."""
    found: dict[str, Any] = defaultdict(lambda: Decimal(0))
    active: set[date] = set()
    for (day, _), sums in miner.days.items():
        period = _period(kind, day)
        if fact == "accepted_shares":
            found[period] += sums.accepted
        elif fact == "work":
            found[period] += sums.work
        elif fact == "best_sdiff":
            found[period] = max(found[period], Decimal(sums.best))
        elif fact == "active_days" and sums.accepted and day not in active:
            active.add(day)
            found[period] += 1
    return found


def _period(kind: str, day: date) -> str:
    year, week, _ = day.isocalendar()
    season = 1 + (week > 13) + (week > 26) + (week > 39)
    keys = {"once": "once", "daily": day.isoformat(), "weekly": week_of(day)}
    return keys.get(kind, f"{year}-S{season}")


def runs_of(
    mondays: Iterable[date], *, switched: Sequence[date] = (), until: date | None = None
) -> tuple[list[list[date]], list[date], int]:
    """Week by week up to the last mined one, or to `until`: runs, frozen weeks, freezes held.

    A missed week uses a freeze if a streak is there and freezes are switched on when it ends.
    """
    mined = set(mondays)
    runs: list[list[date]] = []
    frozen: list[date] = []
    held, going_on = 0, False
    week = min(mined, default=date.max)
    end = max(mined, default=date.min) + _WEEK if until is None else until
    while week < end:
        on = sum(day < week + _WEEK for day in switched) % 2 == 0
        if week in mined:
            runs += [] if going_on else [[]]
            runs[-1].append(week)
            held = min(2, held + (len(runs[-1]) % 8 == 0))
            going_on = True
        elif going_on and on and held:
            held -= 1
            frozen.append(week)
        else:
            going_on = False
        week += _WEEK
    return runs, frozen, held


def _personal_bests(reached: Sequence[Event], closed: datetime | None) -> int:
    """Closed days whose best beats that of all earlier days; the first day does not count."""
    by_day: dict[date, float] = {}
    for event in reached:
        day = event.at.date()
        by_day[day] = max(by_day.get(day, 0.0), event.sdiff)
    days = sorted(day for day in by_day if closed is not None and day < closed.date())
    won, before = 0, 0.0
    for number, day in enumerate(days):
        if number and by_day[day] > before:
            won += 1
        before = max(before, by_day[day])
    return won
