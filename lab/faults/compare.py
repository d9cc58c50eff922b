"""Differences between the actual and the expected state, one line each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from lab.faults.actual import Left, Told
from lab.faults.cases import Sent
from lab.faults.oracle import State, level_of

Sort = Literal["lost", "doubled", "wrong", "stuck", "deadlock", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise broken."""

    sort: Sort
    text: str

    def __str__(self) -> str:
        return f"{self.sort}: {self.text}"


def differences(expected: State, actual: State) -> Iterator[Finding]:
    """Every value that is not what it should be."""
    for path in sorted(expected.keys() | actual.keys(), key=str):
        want, have = expected.get(path), actual.get(path)
        if want == have or (isinstance(want, frozenset) and have in want):
            continue
        if path not in actual and not want:
            continue  # two ways to say nothing
        where = " ".join(str(part) for part in path)
        yield Finding(_sort_of(want, have), f"{where}: {_show(have)}, should be {_show(want)}")


def _sort_of(want: Any, have: Any) -> Sort:
    if have is None:
        return "lost"
    if want is None:
        return "doubled"
    if isinstance(want, int | float | Decimal) and isinstance(have, int | float | Decimal):
        return "lost" if have < want else "doubled"
    return "wrong"


def _show(value: Any) -> str:
    return "nothing" if value is None else str(value)


_FRAMES = {
    "BadgeEarned": ("badge_earned",),
    "XpGained": ("xp_gained",),
    "LevelUp": ("level_up",),
    "PersonalBest": ("notification",),
    "StreakExtended": ("streak_update",),
    "StreakBroken": ("streak_update",),
    "StreakExpiring": ("notification",),
    "FreezeEarned": ("notification",),
    "FreezeUsed": ("streak_update",),
    "SilentRewards": ("notification",),
    "QuestCompleted": ("quest_completed",),
    "BlockRecorded": ("block_found", "notification"),
}
"""The frames of each announcement."""


def wrong_announcements(
    told: Told, expected: State, *, loud: bool, taken: int = 0
) -> Iterator[Finding]:
    """Each reward announced once and delivered once, in an unbroken row of numbers.

    `loud`: nothing of the user's was history, and no job has rewarded silently yet. `taken`: XP
    that corrections took; a level that it had reached may have been announced before.
    """
    who = told.address
    frames = Counter(kind for _, kind, _ in told.frames)
    wanted = Counter(frame for kind, _ in told.announced for frame in _FRAMES[kind])
    yield from _counts(f"{who}: frames", wanted, frames)
    numbers = [number for number, _, _ in told.frames]
    if numbers != list(range(1, len(numbers) + 1)):
        yield Finding("wrong", f"{who}: frame numbers {numbers[:20]} are not 1 to n")
    yield from _badges(told, {p[3] for p in expected if p[:3] == ("miner", who, "badge")}, loud)
    yield from _quests(told, {p[3:] for p in expected if p[:3] == ("miner", who, "quest")})
    levels = [p["new_level"] for kind, p in told.announced if kind == "LevelUp"]
    final = expected.get(("miner", who, "level"), 1)
    most = level_of(expected.get(("miner", who, "total_xp"), 0) + taken)
    if len(set(levels)) < len(levels):
        yield Finding("doubled", f"{who}: levels {levels} announced more than once")
    if levels and max(levels) > most:
        yield Finding("doubled", f"{who}: level {max(levels)} announced, but {most} reached")
    for kind in ("FreezeEarned", "FreezeUsed"):
        weeks = [p["week_iso"] for announced, p in told.announced if announced == kind]
        if len(set(weeks)) < len(weeks):
            yield Finding("doubled", f"{who}: {kind} announced for {weeks}")
    if loud and final > 1 and not any(final <= level <= most for level in levels):
        yield Finding("lost", f"{who}: level {final} never announced")
    if loud:
        xp: Counter[str] = Counter()
        for kind, p in told.announced:
            if kind == "XpGained":
                xp[p["source"]] += p["amount"]
        due = Counter({p[3]: n for p, n in expected.items() if p[:3] == ("miner", who, "xp")})
        yield from _counts(f"{who}: XP announced for", due, xp)


def _badges(told: Told, earned: set[str], loud: bool) -> Iterator[Finding]:
    who = told.address
    slugs = Counter(p["slug"] for kind, p in told.announced if kind == "BadgeEarned")
    for slug in sorted(slugs):
        if slugs[slug] > 1 or slug not in earned:
            yield Finding("doubled", f"{who}: badge {slug} announced {slugs[slug]} times")
    if loud:
        for slug in sorted(earned - slugs.keys()):
            yield Finding("lost", f"{who}: badge {slug} never announced")
    silent = told.silent_badges + sum(
        p["badges"] for kind, p in told.announced if kind == "SilentRewards"
    )
    if slugs.total() + silent != len(earned):
        sort: Sort = "lost" if slugs.total() + silent < len(earned) else "doubled"
        text = f"{who}: {slugs.total()} badges announced and {silent} silent, of {len(earned)}"
        yield Finding(sort, text)


def _quests(told: Told, completed: set[tuple[str, str]]) -> Iterator[Finding]:
    counts = Counter((p["quest"], p["period"]) for k, p in told.announced if k == "QuestCompleted")
    for key in sorted(counts):
        if counts[key] > 1 or key not in completed:
            text = f"{told.address}: quest {' '.join(key)} announced {counts[key]} times"
            yield Finding("doubled", text)


def _counts(what: str, wanted: Counter[str], found: Counter[str]) -> Iterator[Finding]:
    for key in sorted(wanted.keys() | found.keys()):
        if wanted[key] != found[key]:
            sort: Sort = "lost" if found[key] < wanted[key] else "doubled"
            yield Finding(sort, f"{what} {key}: {found[key]}, should be {wanted[key]}")


def wrong_dead_letters(
    letters: dict[str, Counter[str]], entries: Iterable[Sent], *, redis_forgot: bool
) -> Iterator[Finding]:
    """Poison in the dead letters once an entry, nothing good there.

    `redis_forgot`: the group was lost, so that entries that were dealt with came again; then
    once at least.
    """
    sent = {entry.entry_id: entry for entry in entries}
    found: Counter[str] = Counter()
    for reason, ids in letters.items():
        for entry_id, times in ids.items():
            found[entry_id] += times
            event = sent[entry_id].event
            if event is not None and not (event.cursed and reason == "failed"):
                yield Finding("lost", f"good entry {entry_id} dead-lettered: {reason}")
            if event is None and reason == "failed":
                yield Finding("wrong", f"poison {entry_id} was tried, not refused at once")
    for entry in sent.values():
        if entry.event is not None and not entry.event.cursed:
            continue
        times = found[entry.entry_id]
        if times == 0:
            yield Finding("lost", f"bad entry {entry.entry_id} without a dead letter")
        elif times > 1 and not redis_forgot:
            yield Finding("doubled", f"bad entry {entry.entry_id} dead-lettered {times} times")


def left_over(left: Left) -> Iterator[Finding]:
    """Nothing may wait once all is drained."""
    for what in ("streams", "rollups", "outbox", "parked"):
        if getattr(left, what):
            yield Finding("stuck", f"{getattr(left, what)} left in {what} after draining")
