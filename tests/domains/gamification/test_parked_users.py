"""Every job that rewards users: one for whom it fails stops nobody, and is served once mended."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tbg.app.verifier import verify
from tbg.core import user_jobs
from tbg.core.clock import FixedClock
from tbg.core.tx import Database
from tbg.domains.gamification.actions.backfill import backfill_badges
from tbg.domains.gamification.actions.champion import crown_champions
from tbg.domains.gamification.actions.personal_bests import pay_personal_bests
from tbg.domains.gamification.actions.registry import load_registry
from tbg.domains.gamification.actions.streaks import check_streaks, warn_streaks
from tbg.domains.gamification.actions.summaries import tell_silent
from tbg.domains.gamification.actions.verify import verify_xp
from tests import commands
from tests.conftest import NOW
from tests.domains.gamification.play import (
    ALICE,
    BOB,
    CAROL,
    badges,
    execute,
    on,
    play,
    rows,
    share,
    told,
)

USERS = (ALICE, BOB, CAROL)
BAD = 2
"""Bob's id: users are numbered as they come."""

SUNDAY = on(2026, 3, 8, 18)
MONDAY = on(2026, 3, 9, 0, 5)


class Case(NamedTuple):
    """A job; what PostgreSQL refuses for one user; whom it has served."""

    job: str
    run: Callable[[Database], Awaitable[Any]]
    table: str
    refused: str
    served: Callable[[Database], Awaitable[list[int]]]


def _by(sql: str) -> Callable[[Database], Awaitable[list[int]]]:
    async def served(db: Database) -> list[int]:
        return [user for (user,) in await rows(db, sql)]

    return served


def _by_message(name: str) -> Callable[[Database], Awaitable[list[int]]]:
    async def served(db: Database) -> list[int]:
        return sorted(event["user_id"] for event in await told(db, name))

    return served


_LEDGER = "SELECT user_id FROM xp_ledger WHERE source = '{}' ORDER BY 1"

CASES = [
    Case(
        "streak_check",
        check_streaks,
        "xp_ledger",
        f"user_id <> {BAD}",
        _by(_LEDGER.format("streak")),
    ),
    Case(
        "personal_bests",
        pay_personal_bests,
        "xp_ledger",
        f"user_id <> {BAD}",
        _by(_LEDGER.format("personal_best")),
    ),
    Case(
        "weekly_diff_champion",
        crown_champions,
        "weekly_champions",
        f"user_id <> {BAD}",
        _by("SELECT user_id FROM weekly_champions ORDER BY 1"),
    ),
    Case(
        "streak_warning",
        warn_streaks,
        "outbox",
        f"NOT {BAD} = ANY(user_ids)",
        _by_message("StreakExpiring"),
    ),
    Case(
        "silent_summaries",
        tell_silent,
        "outbox",
        f"NOT {BAD} = ANY(user_ids)",
        _by_message("SilentRewards"),
    ),
    Case(
        "registry_backfill",
        backfill_badges,
        "user_badges",
        f"user_id <> {BAD}",
        _by("SELECT user_id FROM user_badges WHERE badge_slug = 'two' ORDER BY 1"),
    ),
    Case(
        "xp_verifier",
        verify_xp,
        "user_gamification",
        f"user_id <> {BAD} OR total_xp = 7",
        _by("SELECT user_id FROM user_gamification WHERE total_xp <> 7 ORDER BY 1"),
    ),
]


async def prepare(db: Database, clock: FixedClock, case: Case, packs: Path) -> None:
    """Three users for each of whom the job has one thing to do."""
    for weeks, user in enumerate(USERS, start=1):
        if case.job == "weekly_diff_champion":  # each is the best of a week of their own
            await play(db, [share(NOW - weeks * timedelta(days=7), user=user)])
        elif case.job == "silent_summaries":
            await play(db, [share(NOW - timedelta(days=200), user=user, history=True)])
        elif case.job == "streak_warning":
            await play(db, [share(on(2026, 2, 25), user=user)])
        else:
            await play(
                db, [share(NOW - timedelta(days=1), user=user), share(NOW, user=user, sdiff=2000.0)]
            )
    clock.at = SUNDAY if case.job == "streak_warning" else MONDAY
    if case.job == "registry_backfill":
        badge = {
            "slug": "two", "name": "two", "description": "two", "category": "mining",
            "rarity": "rare", "xp_reward": 7, "trigger_type": "share_count",
            "trigger_config": {"threshold": 2}, "sort_order": 50,
        }  # fmt: skip
        (packs / "two.json").write_text(
            json.dumps({"schema_version": "1", "pack": "two", "badges": [badge]})
        )
        async with db.transaction() as tx:
            await load_registry(tx, packs=packs)
    if case.job == "xp_verifier":
        await execute(db, "UPDATE user_gamification SET total_xp = 7")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.job)
async def test_a_user_for_whom_a_job_fails_is_parked_and_served_once_after_a_retry(
    db: Database, clock: FixedClock, case: Case, tmp_path: Path
) -> None:
    await prepare(db, clock, case, tmp_path)
    await execute(
        db, f"ALTER TABLE {case.table} ADD CONSTRAINT broken CHECK ({case.refused}) NOT VALID"
    )
    await case.run(db)
    assert await case.served(db) == [1, 3]
    async with db.transaction() as tx:
        (parked,) = await user_jobs.parked(tx)
    assert (parked.user_id, parked.job, parked.attempts) == (BAD, case.job, 1)
    assert "broken" in parked.error

    await execute(db, f"ALTER TABLE {case.table} DROP CONSTRAINT broken")
    await case.run(db)
    assert await case.served(db) == [1, 3]

    async with db.transaction() as tx:
        assert await user_jobs.retry(tx, [BAD]) == [BAD]
    for _ in range(2):
        await case.run(db)
        assert await case.served(db) == [1, 2, 3]
    assert await rows(db, "SELECT * FROM parked_users") == []
    assert (await verify(db)).mismatches == 0


async def test_a_week_whose_champion_cannot_be_crowned_holds_back_no_other(
    db: Database, clock: FixedClock
) -> None:
    for weeks, user in ((1, ALICE), (2, BOB), (3, ALICE)):
        await play(db, [share(NOW - weeks * timedelta(days=7), user=user)])
    clock.at = MONDAY
    await execute(db, "ALTER TABLE weekly_champions ADD CONSTRAINT broken CHECK (user_id <> 1)")
    assert await crown_champions(db) == ["2026-W08"]
    assert "weekly_diff_champion" in await badges(db, BOB)


async def test_parked_users_are_listed_by_address_told_by_doctor_and_retried_by_a_command(
    db: Database, fresh_database: str, redis_url: str, clock: FixedClock, tmp_path: Path
) -> None:
    env = {
        "TBG_DATABASE_URL": fresh_database,
        "TBG_REDIS_URL": redis_url,
        "TBG_DATA_DIR": str(tmp_path),
    }
    case = CASES[0]
    await prepare(db, clock, case, tmp_path)
    await execute(
        db, f"ALTER TABLE xp_ledger ADD CONSTRAINT broken CHECK ({case.refused}) NOT VALID"
    )
    await case.run(db)
    [line] = commands.tbg("jobs", "parked", "--json", env=env).stdout.splitlines()
    parked = json.loads(line)
    assert (parked["user_id"], parked["job"], parked["address"]) == (BAD, "streak_check", BOB)
    assert "broken" in parked["error"]
    assert BOB in commands.tbg("jobs", "parked", env=env).stdout
    checks = json.loads(commands.tbg("doctor", "--json", env=env).stdout)
    assert checks["jobs"] == {"ok": False, "detail": "1 parked users: see `tbg jobs parked`"}
    assert commands.tbg("jobs", "retry", env=env).returncode == 2
    assert commands.tbg("jobs", "retry", "1", env=env).returncode == 1
    assert commands.tbg("jobs", "retry", "--all", env=env).stdout.startswith("1 will be tried")
    assert "No parked users" in commands.tbg("jobs", "parked", env=env).stdout
    await execute(db, "ALTER TABLE xp_ledger DROP CONSTRAINT broken")
    await case.run(db)
    assert await case.served(db) == [1, 2, 3]
