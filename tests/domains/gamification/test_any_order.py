"""The state is a function of the set of events: any order, any cut, any duplication agrees."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tbg.adapters.streams import Fact
from tbg.app.verifier import verify
from tbg.core.clock import FixedClock
from tbg.core.tx import Database, connect
from tbg.domains.gamification.actions.personal_bests import pay_personal_bests
from tbg.domains.gamification.actions.streaks import check_streaks
from tests import servers
from tests.conftest import NOW
from tests.domains.gamification.play import (
    ALICE,
    BOB,
    CAROL,
    best,
    block,
    execute,
    on,
    play,
    share,
    state,
)

EDGE = on(2026, 3, 2, 0)
NEW_YEAR = on(2025, 12, 29, 0)


@pytest.fixture(scope="module")
def one_database(pg_url: str, migrated_template: str) -> Iterator[str]:
    """One database for all the seeds, emptied between them."""
    with servers.database(pg_url, template=migrated_template) as url:
        yield url


def story(seed: int) -> list[Fact]:
    """Some months of three miners, with everything that is awkward in it."""
    dice = random.Random(seed)
    edges = [edge + timedelta(microseconds=n) for edge in (EDGE, NEW_YEAR) for n in (-1, 0, 1)]
    facts: list[Fact] = []
    for user, weeks in ((ALICE, 14), (BOB, 6), (CAROL, 3)):
        skipped = dice.randrange(weeks)
        moments = [
            NOW - timedelta(weeks=n, minutes=dice.randrange(60 * 24 * 6))
            for n in range(weeks)
            if n != skipped
            for _ in range(dice.randrange(1, 12))
        ]
        for moment in [*moments, *dice.sample(edges, 4)]:
            accepted = dice.random() > 0.1
            sdiff = 512 / (1 - dice.random()) * 10 ** dice.choice((0, 0, 0, 3, 6))
            worker = dice.choice(("bitaxe", "Bitaxe", "garage", "default"))
            history = moment < NOW - timedelta(days=1)
            facts.append(
                share(
                    moment,
                    user=user,
                    sdiff=sdiff if accepted else -1.0,
                    accepted=accepted,
                    worker=worker,
                    history=history,
                )
            )
        facts.append(best(NOW - timedelta(days=dice.randrange(60)), user=user, sdiff=2.5e9))
    found = block(NOW - timedelta(days=3), user=BOB)
    return [*facts, found, found]


async def tell(db: Database, dice: random.Random, facts: list[Fact]) -> None:
    """The same events in another order, other batches, some of them twice."""
    order = [*facts, *dice.sample(facts, len(facts) // 4)]
    dice.shuffle(order)
    while order:
        size = dice.choice((1, 3, 17, 100))
        batch, order = order[:size], order[size:]
        await play(db, batch)
        if dice.random() < 0.3:
            await check_streaks(db)


@pytest.mark.parametrize("seed", range(6))
async def test_any_order_and_cut_gives_the_same_state(one_database: str, seed: int) -> None:
    clock = FixedClock(NOW)
    db = connect(one_database, clock)
    facts = story(seed)
    states = []
    for telling in range(3):
        await _empty(db)
        await tell(db, random.Random(f"{seed}/{telling}"), facts)
        await check_streaks(db)
        await pay_personal_bests(db)
        assert (await verify(db)).mismatches == 0
        states.append(await state(db))
    await db.close()
    assert states[0] == states[1] == states[2]
    assert states[0]["totals"], "the story is about somebody"


async def _empty(db: Database) -> None:
    await execute(
        db,
        "ALTER TABLE xp_ledger DISABLE TRIGGER ALL",
        "TRUNCATE xp_ledger, user_badges, user_gamification, streak_calendar, silent_rewards,"
        " users, user_addresses, workers, shares, rollup_queue, hourly_shares, daily_shares,"
        " daily_rejects, personal_bests, blocks, event_keys, outbox, job_marks",
        "ALTER TABLE xp_ledger ENABLE TRIGGER ALL",
        "UPDATE pool_totals SET accepted = 0, rejected = 0, work = 0",
    )
