"""History: weeks in order, visible habits, and no duplicates."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from tbg.adapters.simulator import (
    DEMO_SEED,
    Plan,
    PlannedEntry,
    address,
    demo_history,
    demo_live,
    generate,
)

NOW = 1_795_250_000.0
DAY = 86_400


def weeks_of(entries: list[PlannedEntry]) -> dict[str, set[int]]:
    """User → the weeks (counted since the epoch's first Monday) with an accepted share."""
    weeks = defaultdict(set)
    for entry in entries:
        if entry.kind == "good" and entry.fields["accepted"] == "true":
            weeks[entry.fields["user"]].add(int(float(entry.fields["ts"]) // DAY + 3) // 7)
    return weeks


def longest_run(weeks: set[int]) -> int:
    best = run = 0
    for week in range(min(weeks), max(weeks) + 1):
        run = run + 1 if week in weeks else 0
        best = max(best, run)
    return best


def test_history_fills_its_window_in_order() -> None:
    plan = Plan(miners=10, start=NOW - 30.4 * DAY, end=NOW, seed="window", events=5_000)
    shares = [e for e in generate(plan) if e.kind == "good"]
    times = [float(e.fields["ts"]) for e in shares]
    assert len(shares) == 5_000
    assert times == sorted(times)
    assert plan.start <= times[0] < plan.start + DAY / 4
    assert NOW - DAY / 4 < times[-1] <= NOW
    for entry in shares:
        assert ("history" in entry.fields) is (NOW - entry.at > DAY)


def test_habits_differ() -> None:
    plan = Plan(miners=20, start=NOW - 84 * DAY, end=NOW, seed="habits")
    entries = list(generate(plan))
    weeks = weeks_of(entries)
    runs = [longest_run(found) for found in weeks.values()]
    assert len(weeks) == 20
    assert max(runs) >= 12
    assert any(len(found) > longest_run(found) for found in weeks.values()), "no broken streak"
    assert sum(min(found) > min(map(min, weeks.values())) + 1 for found in weeks.values()) >= 2
    days = defaultdict(set)
    for entry in entries:
        days[entry.fields["user"]].add(datetime.fromtimestamp(entry.at, UTC).weekday())
    assert any(found == {5, 6} for found in days.values())
    assert any(len(found) == 7 for found in days.values())


def test_without_events_a_day_is_the_same_in_every_window() -> None:
    midnight = NOW - NOW % DAY
    short = Plan(miners=9, start=midnight - 20 * DAY, end=NOW - DAY, seed="days", salt="x")
    longer = Plan(miners=9, start=midnight - 20 * DAY, end=NOW, seed="days", salt="x")
    ids = [{e.fields["event_id"] for e in generate(p) if e.kind == "good"} for p in (short, longer)]
    assert ids[0] < ids[1]


def test_a_restarted_demo_repeats_its_history_and_continues() -> None:
    def shares(now: float) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for entry in generate(demo_history(20, now=now)):
            if entry.kind == "good":
                fields = {k: v for k, v in entry.fields.items() if k != "history"}
                assert found.setdefault(entry.fields["event_id"], fields) is fields
        return found

    first, an_hour_later = shares(NOW), shares(NOW + 3_600)
    assert first.items() <= an_hour_later.items()
    next_week = shares(NOW + 7 * DAY)
    assert all(next_week[key] == first[key] for key in first.keys() & next_week.keys())
    begin = demo_history(20, now=NOW + 7 * DAY).start
    missing = {key for key in first.keys() - next_week.keys() if float(first[key]["ts"]) > begin}
    # Those who joined late have joined a week later by then: they send less, never anything new.
    late = {address(DEMO_SEED, index) for index in (3, 7, 9, 13, 17, 19)}
    assert {first[key]["user"] for key in missing} <= late
    new = next_week.keys() - first.keys()
    assert all(float(next_week[key]["ts"]) > NOW for key in new)


def test_demo_history_is_rich_enough_for_visitors() -> None:
    plan = demo_history(20, now=NOW)
    entries = list(generate(plan))
    begin = datetime.fromtimestamp(plan.start, UTC)
    assert (begin.weekday(), begin.time()) == (0, datetime.min.time())
    assert timedelta(days=84) <= datetime.fromtimestamp(NOW, UTC) - begin < timedelta(days=92)
    assert 20_000 < len(entries) < 60_000
    best: dict[str, float] = defaultdict(float)
    count: dict[str, int] = defaultdict(int)
    for entry in entries:
        if entry.kind == "good" and entry.fields["accepted"] == "true":
            user = entry.fields["user"]
            best[user] = max(best[user], float(entry.fields["sdiff"]))
            count[user] += 1
    assert sum(n >= 1_000 for n in count.values()) >= 10
    assert sum(b >= 1e9 for b in best.values()) >= 5
    assert sum(b >= 1e12 for b in best.values()) >= 2
    blocks = [e.fields for e in entries if e.kind == "block"]
    assert blocks
    assert {b["hash"] for b in blocks} <= {
        e.fields.get("hash") for e in entries if e.kind == "good"
    }
    runs = [longest_run(found) for found in weeks_of(entries).values()]
    assert sum(run >= 12 for run in runs) >= 3
    assert sum(4 <= run < 12 for run in runs) >= 3


def test_demo_live_has_a_newcomer_at_once_and_another_later() -> None:
    residents = {e.fields["user"] for e in generate(demo_history(20, now=NOW))}
    first_share: dict[str, float] = {}
    shares = 0
    for entry in generate(demo_live(20, now=NOW)):
        after = entry.at - NOW
        if after > 600:
            break
        if entry.kind == "good":
            shares += 1
            if entry.fields["user"] not in residents:
                assert entry.fields["accepted"] == "true" or entry.fields["user"] in first_share
                first_share.setdefault(entry.fields["user"], after)
    assert 500 < shares < 700
    assert min(first_share.values()) < 1
    assert len(first_share) == 7  # at once, then every 90 seconds
    other = demo_live(20, now=NOW + 60)
    ids = [{e.fields["event_id"] for _, e in zip(range(200), generate(p), strict=False)}
           for p in (demo_live(20, now=NOW), other)]  # fmt: skip
    assert not ids[0] & ids[1]
