"""Mining weeks: ISO weeks in UTC, and the runs of them that make a streak."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tbg.domains.gamification.rules import (
    LastRun,
    Streak,
    closed_run,
    first_reaching,
    get_week_iso,
    get_week_start,
    is_warning_time,
    streaks,
    week_end,
    week_start_of,
)

MONDAY = date(2026, 3, 2)
WEEK = timedelta(weeks=1)


class TestStreakBoundaries:
    def test_monday_00_00_is_new_week(self) -> None:
        assert get_week_iso(datetime(2026, 2, 23, 0, 0, 0, tzinfo=UTC)) == "2026-W09"

    def test_sunday_23_59_is_same_week(self) -> None:
        assert get_week_iso(datetime(2026, 3, 1, 23, 59, 59, 999_999, tzinfo=UTC)) == "2026-W09"

    def test_sunday_to_monday_boundary(self) -> None:
        sunday = datetime(2026, 2, 22, 23, 59, 59, tzinfo=UTC)
        monday = datetime(2026, 2, 23, 0, 0, 0, tzinfo=UTC)
        assert get_week_iso(sunday) != get_week_iso(monday)

    def test_year_boundary_week(self) -> None:
        assert get_week_iso(datetime(2025, 12, 29, 12, tzinfo=UTC)) == "2026-W01"
        assert get_week_iso(datetime(2027, 1, 3, 12, tzinfo=UTC)) == "2026-W53"


class TestWeekBoundaries:
    def test_monday_is_week_start(self) -> None:
        assert get_week_start(date(2026, 3, 16)) == date(2026, 3, 16)

    def test_sunday_maps_to_previous_monday(self) -> None:
        assert get_week_start(date(2026, 3, 22)) == date(2026, 3, 16)

    def test_wednesday_maps_to_monday(self) -> None:
        assert get_week_start(date(2026, 3, 18)) == date(2026, 3, 16)

    def test_iso_week_key_format(self) -> None:
        assert get_week_iso(date(2026, 3, 16)) == "2026-W12"

    def test_year_boundary_week(self) -> None:
        assert get_week_iso(date(2025, 12, 29)) == "2026-W01"
        assert week_start_of("2026-W01") == date(2025, 12, 29)

    def test_utc_midnight_boundary(self) -> None:
        assert get_week_iso(datetime(2026, 3, 22, 23, 59, 59, tzinfo=UTC)) == "2026-W12"
        assert get_week_iso(datetime(2026, 3, 23, 0, 0, 0, tzinfo=UTC)) == "2026-W13"

    @pytest.mark.parametrize(
        "day", [date(2020, 1, 1) + timedelta(days=n) for n in range(0, 3000, 11)]
    )
    def test_a_weeks_name_and_its_monday_agree(self, day: date) -> None:
        assert week_start_of(get_week_iso(day)) == get_week_start(day)
        assert week_end(get_week_start(day)).date() - day <= WEEK


def test_runs_are_found_in_any_order() -> None:
    weeks = [MONDAY, MONDAY + WEEK, MONDAY - 2 * WEEK, MONDAY + 2 * WEEK, MONDAY]
    found = streaks(weeks)
    assert found.runs == [
        Streak((MONDAY - 2 * WEEK,)),
        Streak((MONDAY, MONDAY + WEEK, MONDAY + 2 * WEEK)),
    ]
    assert found.last == LastRun(3, MONDAY, MONDAY + 2 * WEEK)
    assert found.longest == 3
    assert streaks([]) == ([], [], LastRun())
    assert streaks([]).longest == 0


def test_a_run_continues_over_the_new_year() -> None:
    last = streaks([date(2025, 12, 22), date(2025, 12, 29), date(2026, 1, 5)]).last
    assert last == LastRun(3, date(2025, 12, 22), date(2026, 1, 5))


@pytest.mark.parametrize(
    ("last_active", "today", "shown", "closed"),
    [
        ("2026-W10", date(2026, 3, 2), 5, 4),  # mined this week
        ("2026-W10", date(2026, 3, 8), 5, 4),
        ("2026-W10", date(2026, 3, 9), 5, 5),  # Monday: the week has closed
        ("2026-W10", date(2026, 3, 15), 5, 5),
        ("2026-W10", date(2026, 3, 16), 0, 0),  # a whole week was missed
        ("2026-W10", date(2026, 3, 1), 5, 3),  # a share dated ahead, over the week's edge
        (None, date(2026, 3, 1), 0, 0),
    ],
)
def test_what_a_run_of_five_counts_for(
    last_active: str | None, today: date, shown: int, closed: int
) -> None:
    last = None if last_active is None else week_start_of(last_active)
    assert LastRun(5, None, last).shown(today) == shown
    assert closed_run(5, last_active, today) == closed


def test_a_run_that_begins_this_week_has_no_closed_weeks() -> None:
    assert closed_run(1, "2026-W10", date(2026, 3, 4)) == 0


def test_the_week_that_first_made_a_run_long_enough() -> None:
    runs = streaks([MONDAY + n * WEEK for n in (0, 1, 3, 4, 5, 6)]).runs
    assert first_reaching(runs, 2) == MONDAY + WEEK
    assert first_reaching(runs, 3) == MONDAY + 5 * WEEK
    assert first_reaching(runs, 5) is None


def test_warnings_are_for_sunday_evening() -> None:
    assert is_warning_time(datetime(2026, 3, 8, 18, tzinfo=UTC))
    assert not is_warning_time(datetime(2026, 3, 8, 17, 59, 59, tzinfo=UTC))
    assert not is_warning_time(datetime(2026, 3, 9, 0, 5, tzinfo=UTC))
