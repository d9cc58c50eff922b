"""The books agree with each other, and verify sees when any of them does not."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tbg.app.domains import DOMAINS
from tbg.app.verifier import verify
from tbg.core.clock import FixedClock
from tbg.core.tx import Database, connect
from tbg.domains.gamification.actions.personal_bests import pay_personal_bests
from tbg.domains.gamification.actions.streaks import check_streaks
from tbg.domains.gamification.actions.verify import MISMATCHES, repair, verify_xp
from tbg.domains.mining.actions import roll_up_all
from tests import servers
from tests.commands import tbg
from tests.conftest import NOW
from tests.databases import Reused
from tests.domains.gamification.play import (
    BOB,
    best,
    block,
    execute,
    on,
    play,
    rows,
    share,
    state,
    value,
)
from tests.domains.quests.doing import evaluate

UNLOCK = "ALTER TABLE xp_ledger DISABLE TRIGGER ALL"

# Check → what somebody did directly in the database, and that it must see.
CORRUPTIONS = {
    "ledger_total": ["UPDATE user_gamification SET total_xp = total_xp + 1 WHERE user_id = 1"],
    "level": ["UPDATE user_gamification SET level = 9 WHERE user_id = 2"],
    "badges_earned": ["UPDATE user_gamification SET badges_earned = 0 WHERE user_id = 1"],
    "badge_ledger": [UNLOCK, "UPDATE xp_ledger SET amount = 51 WHERE source_id = 'first_share'"],
    "badges_reached": ["DELETE FROM user_badges WHERE badge_slug = 'first_share' AND user_id = 2"],
    "share_xp": [UNLOCK, "DELETE FROM xp_ledger WHERE source = 'share'"],
    "streak_xp": ["UPDATE streak_calendar SET paid = false WHERE user_id = 1"],
    "streak_columns": ["UPDATE user_gamification SET longest_streak = 7 WHERE user_id = 1"],
    "shares_by_week": ["UPDATE streak_calendar SET share_count = 1 WHERE user_id = 1"],
    "shares_by_day": ["UPDATE user_gamification SET total_shares = 3 WHERE user_id = 1"],
    "hours_by_day": ["UPDATE hourly_shares SET work = work + 0.5 WHERE user_id = 2"],
    "rejects_by_day": ["DELETE FROM daily_rejects"],
    "raw_shares": ["DELETE FROM shares WHERE user_id = 2"],
    "best_difficulty": ["UPDATE user_gamification SET best_difficulty = 1 WHERE user_id = 2"],
    "personal_bests": ["DELETE FROM personal_bests WHERE user_id = 1"],
    "blocks_found": ["DELETE FROM blocks"],
    "merged": ["UPDATE users SET merged_into = 1 WHERE id = 2"],
    "pool_totals": ["UPDATE pool_totals SET rejected = 0"],
    "quest_ledger": [UNLOCK, "UPDATE xp_ledger SET amount = 1 WHERE source = 'quest'"],
    "quest_reached": ["DELETE FROM quest_completions WHERE quest = 'stove_lit' AND user_id = 2"],
}
CHECKS = {name for domain in DOMAINS for name in domain.checks}

# Other ways in which the same books can be wrong.
MORE = [
    ("level", ["UPDATE user_gamification SET level_title = 'Nobody' WHERE user_id = 1"]),
    ("level", ["UPDATE user_gamification SET level_told = 0 WHERE user_id = 1"]),
    ("badge_ledger", ["INSERT INTO user_badges VALUES (2, 'streak_52', now(), now(), '{}')"]),
    ("badges_reached", ["INSERT INTO user_badges VALUES (2, 'streak_52', now(), now(), '{}')"]),
    ("badges_reached", ["INSERT INTO user_badges VALUES (2, 'diff_1e12', now(), now(), '{}')"]),
    ("badges_reached", ["DELETE FROM user_badges WHERE badge_slug = 'block_finder'"]),
    ("badges_reached", ["DELETE FROM user_badges WHERE badge_slug = 'streak_4'"]),
    ("streak_xp", [UNLOCK, "UPDATE xp_ledger SET amount = 10 WHERE source = 'streak'"]),
    ("streak_xp", [UNLOCK, "DELETE FROM xp_ledger WHERE source = 'streak'"]),
    ("streak_columns", ["UPDATE user_gamification SET streak_start_date = NULL"]),
    ("streak_columns", ["DELETE FROM streak_calendar WHERE week_iso = '2026-W08'"]),
    ("ledger_total", [UNLOCK, "DELETE FROM xp_ledger WHERE user_id = 2"]),
    ("shares_by_day", ["DELETE FROM rollup_queue", "DELETE FROM daily_shares WHERE user_id = 2"]),
    ("quest_ledger", [UNLOCK, "DELETE FROM xp_ledger WHERE source = 'quest' AND user_id = 1"]),
    ("quest_ledger", ["DELETE FROM quest_completions WHERE user_id = 1"]),
    ("raw_shares", ["UPDATE shares SET accepted = NOT accepted WHERE user_id = 1"]),
]


async def furnish(url: str) -> None:
    """Two miners with some of everything, all books closed."""
    clock = FixedClock(NOW)
    db = connect(url, clock)
    for ago in (4, 3, 2, 1):
        clock.at = on(2026, 3, 4) - timedelta(weeks=ago)
        await play(db, [share(clock.at, sdiff=2e6 * (6 - ago)) for _ in range(30)])
        await play(db, [share(clock.at, user=BOB, sdiff=7.0), share(clock.at, accepted=False)])
    clock.at = NOW
    await play(db, [block(NOW), share(NOW, user=BOB, accepted=False, sdiff=-1.0)])
    await check_streaks(db)
    await pay_personal_bests(db)
    await evaluate(db)
    await db.close()


@pytest.fixture(scope="module")
def furnished(pg_url: str, migrated_template: str) -> Iterator[Reused]:
    """A database that is furnished once, spoilt in each test and put in order after it."""
    with servers.database(pg_url, template=migrated_template) as url:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, furnish(url)).result()
        reused = Reused(pg_url, servers.name_of(url))
        yield reused
        reused.drop()


@pytest.fixture
def filled_url(furnished: Reused) -> str:
    """The furnished database, in order."""
    return furnished.fresh()


@pytest.fixture
async def filled(filled_url: str, clock: FixedClock) -> AsyncIterator[Database]:
    """A filled database of the test's own."""
    db = connect(filled_url, clock)
    yield db
    await db.close()


async def test_consistent_data_gives_no_mismatch(filled: Database) -> None:
    verdict = await verify(filled)
    assert verdict.mismatches == 0
    assert (verdict.users, verdict.shares) == (2, 4 * 32 + 1)
    assert verdict.ledger_rows == await value(filled, "SELECT count(*) FROM xp_ledger")
    assert all(check.rows for check in verdict.checks.values())


def test_every_check_is_put_to_the_test() -> None:
    assert set(CORRUPTIONS) == CHECKS


@pytest.mark.parametrize(("name", "statements"), [*CORRUPTIONS.items(), *MORE])
async def test_it_finds_planted_mismatches(
    filled: Database, name: str, statements: list[str]
) -> None:
    await execute(filled, *statements)
    verdict = await verify(filled)
    assert verdict.checks[name].mismatches > 0
    assert verdict.checks[name].users


async def test_shares_that_wait_for_the_rollups_are_no_mismatch(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Verify drains first; what comes in right after that is counted from the queue."""

    async def drain(db: Database) -> None:
        await roll_up_all(db)
        await play(db, [share(NOW, sdiff=9e9), share(NOW, user=BOB, accepted=False)])
        await play(db, [best(NOW, user=BOB, sdiff=8e9)])

    monkeypatch.setattr("tbg.app.verifier.roll_up_all", drain)
    verdict = await verify(filled)
    assert await value(filled, "SELECT count(*) FROM rollup_queue") == 2
    assert verdict.mismatches == 0


async def test_repair_recalculates_derived_values(filled: Database) -> None:
    good = await state(filled)
    for name in ("ledger_total", "level", "badges_earned", "streak_columns"):
        await execute(filled, *CORRUPTIONS[name])
    assert await repair(filled) > 0
    assert (await verify(filled)).mismatches == 0
    assert await state(filled) == good


async def test_repair_does_not_touch_what_needs_a_person(filled: Database) -> None:
    await execute(filled, *CORRUPTIONS["blocks_found"])
    await repair(filled)
    assert (await verify(filled)).checks["blocks_found"].mismatches == 1


async def test_the_hourly_verifier_repairs_logs_and_counts(filled: Database) -> None:
    before = MISMATCHES._value.get()
    assert await verify_xp(filled) == 0
    await execute(filled, "UPDATE user_gamification SET total_xp = 1, level = 50")
    assert await verify_xp(filled) == 2
    assert MISMATCHES._value.get() == before + 2
    assert await rows(filled, "SELECT level FROM user_gamification ORDER BY 1") == [(2,), (3,)]
    assert await verify_xp(filled) == 0


async def test_a_negative_ledger_is_reported_not_repaired(filled: Database) -> None:
    await execute(filled, UNLOCK, "UPDATE xp_ledger SET amount = -amount WHERE user_id = 2")
    await repair(filled)
    assert (await verify(filled)).checks["ledger_total"].users == [2]


class TestCommand:
    def run(self, url: str, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {"TBG_DATABASE_URL": url, "TBG_REDIS_URL": "redis://127.0.0.1:1/0"}
        return tbg("rewards", "verify", *words, env=environment)

    async def test_exit_codes_and_output(self, filled: Database, filled_url: str) -> None:
        done = self.run(filled_url, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        found = json.loads(done.stdout)
        assert {k: found[k] for k in ("users", "shares", "mismatches")} == {
            "users": 2, "shares": 129, "mismatches": 0,
        }  # fmt: skip
        assert set(found["checks"]) == CHECKS

        await execute(filled, *CORRUPTIONS["ledger_total"])
        done = self.run(filled_url)
        assert done.returncode == 3
        assert "ledger_total" in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert "1 mismatches (users 1)" in done.stdout

        done = self.run(filled_url, "--repair", "--json")
        assert done.returncode == 0
        assert json.loads(done.stdout)["repaired"] == 1

    async def test_no_database(self) -> None:
        done = self.run("postgresql://tbg@127.0.0.1:1/tbg")
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1
