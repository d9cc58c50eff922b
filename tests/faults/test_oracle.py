"""The oracle itself, against results counted by hand: what judges must be right first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from lab.faults.cases import Event, make_case
from lab.faults.compare import Finding, differences
from lab.faults.oracle import expect, level_of

MONDAY = datetime(2027, 1, 4, tzinfo=UTC)  # the week before is 2026-W53
NOW = MONDAY + timedelta(days=2)
US = timedelta(microseconds=1)


def share(at: datetime, sdiff: float = 1.0, *, accepted: bool = True, diff: str = "0.5") -> Event:
    return Event("share", "a", "w", at, False, diff=diff, sdiff=sdiff, accepted=accepted)


def test_a_microsecond_decides_the_week() -> None:
    state = expect([share(MONDAY - US), share(MONDAY), share(MONDAY + US)], now=NOW, closed=None)
    assert state["miner", "a", "week", "2026-W53", "shares"] == 1
    assert state["miner", "a", "week", "2026-W53", "days"] == 0b1000000
    assert state["miner", "a", "week", "2027-W01", "shares"] == 2
    assert state["miner", "a", "current_streak"] == 2
    assert state["miner", "a", "streak_start_date"] == (MONDAY - timedelta(weeks=1)).date()
    assert state["pool", "work"] == Decimal("1.5")


def test_only_closed_weeks_and_days_are_rewarded() -> None:
    weeks = [share(MONDAY - timedelta(weeks=n)) for n in range(5)]
    open_ = expect(weeks, now=NOW, closed=None)
    assert ("miner", "a", "xp", "streak") not in open_
    closed = expect(weeks, now=NOW, closed=MONDAY + timedelta(minutes=5))
    assert closed["miner", "a", "xp", "streak"] == 4 * 25
    assert closed["miner", "a", "badge", "streak_4"] == 1
    assert closed["miner", "a", "badge", "weekly_diff_champion"] == 1
    later = expect(weeks, now=NOW, closed=MONDAY + timedelta(weeks=1))
    assert later["miner", "a", "xp", "streak"] == 5 * 25


def test_a_personal_best_beats_all_earlier_days_and_the_first_does_not_count() -> None:
    days = [share(MONDAY + timedelta(days=n), best) for n, best in enumerate((5, 9, 7, 9, 10))]
    state = expect(days, now=NOW, closed=MONDAY + timedelta(days=5))
    assert state["miner", "a", "xp", "personal_best"] == 100
    state = expect(days, now=NOW, closed=MONDAY + timedelta(days=4))
    assert state["miner", "a", "xp", "personal_best"] == 50


def test_rejected_shares_are_counted_and_earn_nothing() -> None:
    state = expect([share(MONDAY, 5e13, accepted=False)], now=NOW, closed=None)
    assert state["miner", "a", "day", MONDAY.date(), "w", "rejected"] == 1
    assert state["miner", "a", "badges_earned"] == 0
    assert state["miner", "a", "best_difficulty"] == 0


def test_equal_bests_belong_to_the_first() -> None:
    state = expect([share(MONDAY + US, 7.0), share(MONDAY, 7.0)], now=NOW, closed=None)
    assert state["miner", "a", "best", "month", "2027-01", "at"] == MONDAY


@pytest.mark.parametrize(("xp", "level"), [(0, 1), (99, 1), (100, 2), (79_599, 10), (79_600, 15)])
def test_levels(xp: int, level: int) -> None:
    assert level_of(xp) == level


def test_differences_are_classified_correctly() -> None:
    want = {("a",): 2, ("b",): 2, ("c",): 1, ("e",): "x", ("f",): frozenset({"p", "q"}), ("g",): 0}
    have = {("a",): 1, ("b",): 3, ("d",): 1, ("e",): "y", ("f",): "q"}
    found = [finding.sort for finding in differences(want, have)]
    assert found == ["lost", "doubled", "lost", "doubled", "wrong"]
    assert list(differences(want, want)) == []
    assert str(Finding("lost", "it")) == "lost: it"


def test_a_seed_is_always_the_same_case() -> None:
    for seed in range(8):
        assert make_case(seed) == make_case(seed)
    assert make_case(1) != make_case(2)
