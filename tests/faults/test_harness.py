"""The fault harness finds nothing wrong with the house, and finds planted bugs."""

from __future__ import annotations

from tbg.app.faults import campaign

SCHEDULES = 20
MUTANT_SEEDS = 10
CAUGHT_FAST = 12
"""Bugs that CI must see caught; `make faults` asks for every one, within 50 seeds."""


def test_nothing_is_lost_doubled_or_stuck_whatever_breaks() -> None:
    report = campaign.run(schedules=SCHEDULES, seed=1, mutant_seeds=MUTANT_SEEDS)
    assert [outcome.findings for outcome in report.failed] == []
    caught = [mutant for mutant in report.mutants if mutant.finding is not None]
    assert len(report.mutants) >= 16
    assert len(caught) >= CAUGHT_FAST
