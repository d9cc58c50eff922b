"""Duplicates, late shares and poison: as many as asked for, each what it says it is."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tbg.adapters import streams
from tbg.adapters.simulator import POISONS, Plan, PlanError, PlannedEntry, Tally, generate

NOW = 1_795_250_000.0
WEEK = 7 * 86_400
MONDAY = 4 * 86_400
NETWORKS = ("mainnet", "testnet", "signet", "regtest")


def plan(**changes: Any) -> Plan:
    wanted: dict[str, Any] = {
        "miners": 15,
        "start": NOW,
        "seed": "disorder",
        "rate": 20.0,
        "events": 5_000,
        "duplicates": 0.1,
        "late": 0.08,
        "poison": 0.03,
    }
    return Plan(**(wanted | changes))


def tally(entries: list[PlannedEntry]) -> Tally:
    counts = Tally()
    for entry in entries:
        counts.add(entry)
    return counts


def decoded(
    entry: PlannedEntry, *, network: str = "mainnet", now: float | None = None
) -> streams.Fact:
    fields = {key.encode(): value.encode() for key, value in entry.fields.items()}
    at = datetime.fromtimestamp(entry.at if now is None else now, UTC)
    return streams.decode(entry.stream, "1-0", fields, streams.Rules(network, at))


def test_same_plan_same_entries() -> None:
    assert list(generate(plan())) == list(generate(plan()))


def test_seed_changes_miners_and_salt_only_their_luck() -> None:
    def users(entries: list[PlannedEntry]) -> set[str]:
        return {entry.fields["user"] for entry in entries}

    def ids(entries: list[PlannedEntry]) -> set[str]:
        return {entry.fields["event_id"] for entry in entries}

    clean = {"duplicates": 0.0, "poison": 0.0, "late": 0.0}
    one, two, salted = (
        list(generate(plan(**clean, **changes)))
        for changes in ({}, {"seed": "other"}, {"salt": "again"})
    )
    assert not users(one) & users(two)
    assert users(one) == users(salted)
    assert not ids(one) & ids(salted)


def test_times_are_relative_to_the_start() -> None:
    clean = {"duplicates": 0.0, "poison": 0.0, "late": 0.0, "events": 500}
    early = list(generate(plan(**clean)))
    later = list(generate(plan(**clean, start=NOW + 3_600)))
    assert [e.fields["event_id"] for e in early] == [e.fields["event_id"] for e in later]
    for one, other in zip(early, later, strict=True):
        assert float(other.fields["ts"]) - float(one.fields["ts"]) == pytest.approx(3_600, abs=1e-4)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"events": 1},
        {"events": 7, "duplicates": 0.5, "poison": 0.3},
        {"events": 2_001, "duplicates": 0.4999, "poison": 0.4899, "late": 0.01},
        {"events": 12_345, "duplicates": 0.3337, "late": 0.1111, "poison": 0.0123},
        {"late": 1.0, "duplicates": 0.0, "poison": 0.0},
        {"start": NOW - 20 * 86_400, "end": NOW},
    ],
)
def test_counts_are_exact_and_add_up(changes: dict[str, Any]) -> None:
    wanted = plan(**changes)
    found = tally(list(generate(wanted))).summary()
    assert wanted.events is not None
    assert found["events"] == wanted.events
    assert found["events"] == found["unique_good"] + found["duplicates"] + found["poisoned"]
    assert found["duplicates"] == int(wanted.duplicates * wanted.events + 1e-9)
    assert found["poisoned"] == int(wanted.poison * wanted.events + 1e-9)
    assert abs(found["late"] - wanted.late * wanted.events) <= 2


def test_duplicates_repeat_a_good_share_that_came_before() -> None:
    entries = list(generate(plan()))
    before: dict[str, dict[str, str]] = {}
    distances = []
    order: dict[str, int] = {}
    for number, entry in enumerate(entries):
        key = entry.fields.get("event_id", "")
        if entry.kind in ("good", "late"):
            assert key not in before
            before[key], order[key] = entry.fields, number
        elif entry.kind == "duplicate":
            assert entry.fields == before[key]
            distances.append(number - order[key])
    assert min(distances) < 5
    assert max(distances) > 1_000


def test_late_shares_are_out_of_order_and_some_lie_at_a_weeks_edge() -> None:
    entries = [e for e in generate(plan(late=0.3)) if e.kind in ("good", "late")]
    late = [e for e in entries if e.kind == "late"]
    behind = [e.at - float(e.fields["ts"]) for e in late]
    assert min(behind) > 0
    assert max(behind) < 90 * 86_400
    assert sum(b > 86_400 for b in behind) > len(late) / 4
    assert sum(60 < b < 86_400 for b in behind) > len(late) / 10
    monday = NOW - (NOW - MONDAY) % WEEK
    edges = Counter(round(float(e.fields["ts"]) - monday, 6) for e in late)
    near = {offset for offset in edges if abs(offset) <= 1}
    assert {-0.000001, 0.0, 0.000001} <= near
    assert all(float(e.fields["ts"]) == pytest.approx(e.at, abs=1e-6)
               for e in entries if e.kind == "good")  # fmt: skip


def test_every_poison_occurs_and_is_labelled() -> None:
    poisoned = [e for e in generate(plan()) if e.kind == "poison"]
    assert Counter(e.label for e in poisoned).keys() == POISONS.keys()
    assert not any(e.label for e in generate(plan()) if e.kind != "poison")


@pytest.mark.parametrize("network", NETWORKS)
def test_poison_is_refused_and_all_else_is_read(network: str) -> None:
    """The real decoder is the judge, when read at once and when read a day later."""
    for entry in generate(plan(network=network)):
        for now in (entry.at, entry.at + 86_400):
            if entry.kind == "poison":
                with pytest.raises(streams.BadEvent):
                    decoded(entry, network=network, now=now)
            else:
                decoded(entry, network=network, now=now)


def test_poison_in_history_is_refused_too() -> None:
    history = plan(start=NOW - 200 * 86_400, end=NOW)
    for entry in generate(history):
        if entry.kind == "poison":
            with pytest.raises(streams.BadEvent):
                decoded(entry, now=NOW)
        else:
            fact = decoded(entry, now=NOW)
            assert fact.history is (datetime.fromtimestamp(NOW, UTC) - fact.at > timedelta(days=1))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"miners": 0}, "miner"),
        ({"events": 0}, "event"),
        ({"rate": 0.0}, "rate"),
        ({"duplicates": -0.1}, "duplicates"),
        ({"poison": float("nan")}, "poison"),
        ({"duplicates": 0.5, "poison": 0.5}, "nothing for good"),
        ({"duplicates": 0.5, "late": 0.6}, "at most 1"),
        ({"end": NOW}, "history"),
    ],
)
def test_impossible_plans_are_refused(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(PlanError, match=word):
        plan(**changes)
