"""Accounts unite, leave and take their data along; and the books agree after each of them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from tbg.adapters.broadcast import Broadcast
from tbg.adapters.streams import BestDiff, Connection, Fact, Share
from tbg.app.domains import DOMAINS
from tbg.app.lifecycle import CannotUnite, erase, erase_due, unite
from tbg.app.relay import Relay
from tbg.app.verifier import verify
from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.domain import Domain
from tbg.core.owners import AccountsBusy
from tbg.core.tx import Database, connect
from tbg.domains.gamification import jobs as gamification
from tbg.domains.gamification.actions import Grant, correct_xp, lock, record_event, reward
from tbg.domains.gamification.actions.champion import crown_champions
from tbg.domains.gamification.actions.personal_bests import pay_personal_bests
from tbg.domains.gamification.actions.stats import count_badges
from tbg.domains.gamification.actions.streaks import check_streaks
from tbg.domains.gamification.actions.summaries import tell_silent
from tbg.domains.gamification.actions.verify import repair
from tbg.domains.gamification.errors import BelowZero
from tbg.domains.mining.actions import history, move_history, roll_up_all
from tbg.domains.mining.queries import mined
from tbg.domains.quests.actions import Completion, complete
from tbg.domains.quests.rules import Quest
from tests import servers
from tests.api import client_of, make_app
from tests.app.lives import WORDS, furnish, join, leave, user_of
from tests.conftest import NOW
from tests.domains.gamification.play import (
    ALICE,
    BOB,
    CAROL,
    best,
    block,
    execute,
    key,
    on,
    play,
    rows,
    share,
    told,
    value,
)
from tests.domains.quests.doing import evaluate, quest_jobs
from tests.events import ingest_on, publish
from tests.events import share as event
from tests.personal import left_in, rows_as_text

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
REWARDING = (*gamification.JOBS, *quest_jobs().values())


async def close_books(db: Database) -> None:
    """All jobs that reward."""
    await check_streaks(db)
    await pay_personal_bests(db)
    await crown_champions(db)
    await evaluate(db)


async def in_order(db: Database) -> None:
    """Verify finds nothing, and repairing finds nothing to repair."""
    verdict = await verify(db)
    assert {name: c for name, c in verdict.checks.items() if c.mismatches} == {}
    assert await repair(db) == 0


# All that must be the same whether a user was one from the start or became one.
_STATE = {
    "totals": """
        SELECT badges_earned, current_streak, longest_streak, streak_start_date,
            last_active_week, total_shares, best_difficulty, best_on, blocks_found
        FROM user_gamification WHERE user_id = :user
    """,
    "badges": "SELECT badge_slug FROM user_badges WHERE user_id = :user ORDER BY 1",
    "calendar": """
        SELECT week_iso, week_start, share_count, best_diff, days, is_active, paid
        FROM streak_calendar WHERE user_id = :user ORDER BY 1
    """,
    "xp": """
        SELECT source, CASE WHEN source <> 'share' THEN source_id END AS id, sum(amount)
        FROM xp_ledger WHERE user_id = :user AND source <> 'personal_best'
        GROUP BY 1, 2 ORDER BY 1, 2
    """,
    "workers": """
        SELECT name_key, first_seen, last_seen, connected, connected_at FROM workers
        WHERE user_id = :user ORDER BY 1
    """,
    "shares": """
        SELECT s.id, at, name_key, sdiff, accepted, errn FROM shares s
        JOIN workers w ON w.id = worker_id AND w.user_id = s.user_id
        WHERE s.user_id = :user ORDER BY 1
    """,
    "hours": """
        SELECT hour, name_key, accepted, rejected, work, best_sdiff FROM hourly_shares h
        JOIN workers w ON w.id = worker_id AND w.user_id = h.user_id
        WHERE h.user_id = :user ORDER BY 1, 2
    """,
    "days": """
        SELECT day, name_key, accepted, rejected, work, best_sdiff FROM daily_shares d
        JOIN workers w ON w.id = worker_id AND w.user_id = d.user_id
        WHERE d.user_id = :user ORDER BY 1, 2
    """,
    "rejects": """
        SELECT day, name_key, errn, r.rejected FROM daily_rejects r
        JOIN workers w ON w.id = worker_id AND w.user_id = r.user_id
        WHERE r.user_id = :user ORDER BY 1, 2, 3
    """,
    "bests": """
        SELECT timeframe, period_key, best_difficulty, at, share_id, name_key
        FROM personal_bests p JOIN workers w ON w.id = worker_id AND w.user_id = p.user_id
        WHERE p.user_id = :user ORDER BY 1, 2
    """,
    "blocks": """
        SELECT hash, height, name_key, found_at, confirmed_by FROM blocks b
        JOIN workers w ON w.id = worker_id AND w.user_id = b.user_id
        WHERE b.user_id = :user ORDER BY 1
    """,
    "champion": """
        SELECT week_iso, best_difficulty FROM weekly_champions WHERE user_id = :user ORDER BY 1
    """,
    "pool": "SELECT accepted, rejected, work FROM pool_totals WHERE :user > 0",
}


async def state_of(db: Database, user: int) -> dict[str, list[tuple[Any, ...]]]:
    return {name: await rows(db, sql, user=user) for name, sql in _STATE.items()}


async def paid_days(db: Database, user: int) -> set[str]:
    sql = "SELECT source_id FROM xp_ledger WHERE user_id = :u AND source = 'personal_best'"
    return {day for (day,) in await rows(db, sql, u=user)}


def best_days(facts: Iterable[Fact]) -> set[str]:
    """The closed days that beat all days before them, the first left out."""
    days: dict[str, float] = {}
    for fact in facts:
        if isinstance(fact, BestDiff) or (isinstance(fact, Share) and fact.accepted):
            day = fact.at.date().isoformat()
            days[day] = max(fact.sdiff, days.get(day, 0.0))
    ordered = [day for day in sorted(days) if day < NOW.date().isoformat()]
    return {
        day
        for n, day in enumerate(ordered)
        if n and days[day] > max(days[before] for before in ordered[:n])
    }


def came(at: datetime, user: str, worker: str, *, connected: bool) -> Connection:
    name = key(f"{at}{user}{worker}")
    return Connection(name, 7, at, False, "hosted", user, worker, connected, "bitaxe/2.6")


def story(seed: int) -> list[Fact]:
    """Months of two addresses of one person, and somebody else's; all that is awkward in it."""
    dice = random.Random(seed)
    facts: list[Fact] = []
    for user, weeks in ((ALICE, 9), (BOB, 12), (CAROL, 3)):
        active = dice.sample(range(weeks + 6), weeks)
        for week in active:
            for _ in range(dice.choice((1, 2, 5, 40))):
                at = NOW - week * WEEK - timedelta(minutes=dice.randrange(60 * 24 * 6))
                accepted = dice.random() > 0.15
                sdiff = 512 / (1 - dice.random()) * 10 ** dice.choice((0, 0, 0, 2, 6))
                facts.append(
                    share(
                        at,
                        user=user,
                        sdiff=sdiff if accepted else -1.0,
                        accepted=accepted,
                        worker=dice.choice(("bitaxe", "Bitaxe", user[:6], "default")),
                        history=at < NOW - timedelta(days=1),
                        diff=dice.choice((512.0, 0.001953125, 1024.5)),
                    )
                )
        # Ties between users are decided by their ids, which differ from game to game.
        word = 7.4e8 if user == CAROL else 7.5e8
        facts.append(best(NOW - timedelta(days=dice.randrange(60)), user=user, sdiff=word))
        minute = NOW - timedelta(minutes=dice.randrange(1, 5000))
        facts.append(came(minute, user, "bitaxe", connected=dice.random() < 0.5))
    # A tie in everything but the moment, and one in the moment too.
    tie = NOW - timedelta(days=dice.randrange(30))
    for name, user, late in (("b", BOB, 0), ("a", ALICE, 0), ("c", ALICE, 1)):
        at = tie + timedelta(seconds=late)
        facts.append(share(at, user=user, sdiff=9e9, name=f"{seed}/{name}"))
    if dice.random() < 0.7:
        facts.append(block(NOW - timedelta(days=3), user=BOB, hash_=f"{seed:064}"))
    # What others are reported to have found, and a block reported for one and backed for another.
    for user, backed in ((ALICE, True), (BOB, False), (CAROL, False)):
        if dice.random() < 0.7:
            at = NOW - timedelta(days=4)
            facts.append(block(at, user=user, hash_=f"{seed + 100:064}", backed=backed))
    return facts


@pytest.fixture(scope="module")
def two_databases(pg_url: str, migrated_template: str) -> Iterator[tuple[str, str]]:
    with (
        servers.database(pg_url, template=migrated_template) as one,
        servers.database(pg_url, template=migrated_template) as other,
    ):
        yield one, other


async def empty(db: Database) -> None:
    await execute(
        db,
        "ALTER TABLE xp_ledger DISABLE TRIGGER ALL",
        "TRUNCATE xp_ledger, user_badges, user_gamification, streak_calendar, silent_rewards,"
        " users, user_addresses, workers, shares, rollup_queue, hourly_shares, daily_shares,"
        " daily_rejects, personal_bests, blocks, event_keys, outbox, job_marks, weekly_champions,"
        " frames, frame_counters, rolled_up, quest_completions, quest_waiting",
        "ALTER TABLE xp_ledger ENABLE TRIGGER ALL",
        "UPDATE pool_totals SET accepted = 0, rejected = 0, work = 0",
    )


@pytest.mark.parametrize("seed", range(10))
async def test_united_is_as_if_always_one(
    two_databases: tuple[str, str], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the merge leaves most of the history to be moved later."""
    if seed % 2:
        monkeypatch.setattr(history, "STEP_ROWS", seed)
    games = [connect(url, FixedClock(NOW)) for url in two_databases]
    whole, split = games
    for game in games:
        await empty(game)
    await execute(
        whole,
        "INSERT INTO users (id, created_at) OVERRIDING SYSTEM VALUE"
        f" VALUES (1000000, '{NOW.isoformat()}')",
        "INSERT INTO user_addresses (address, user_id, linked_at)"
        " SELECT a, 1000000, created_at FROM users,"
        f" unnest(ARRAY['{ALICE}', '{BOB}']) AS t (a)",
    )
    dice = random.Random(f"order {seed}")
    facts = story(seed)
    dice.shuffle(facts)
    for address in (BOB, ALICE):  # the two to be united are there before they are
        first = next(n for n, fact in enumerate(facts) if fact.address == address)
        facts.insert(0, facts.pop(first))
    for n in range(0, len(facts), 37):
        await play(whole, facts[n : n + 37])
    await close_books(whole)

    moment = dice.randrange(2, len(facts))
    await tell(split, dice, facts[:moment], pay=True)
    alice = await user_of(split, ALICE)
    before = await paid_days(split, alice)
    await join(split, BOB, ALICE)
    ours = [fact for fact in facts if fact.address in (ALICE, BOB)]
    united = [fact for fact in facts[:moment] if fact.address in (ALICE, BOB)]
    after = await paid_days(split, alice)
    assert after == before | best_days(united)
    await in_order(split)
    await tell(split, dice, facts[moment:], pay=False)
    await close_books(split)
    if seed % 2:
        await in_order(split)
        assert await move_history(split) > 1
    assert await move_history(split) == 0

    assert await state_of(split, alice) == await state_of(whole, 1000000)
    assert await paid_days(split, alice) == after | best_days(ours)
    assert await state_of(split, await user_of(split, CAROL)) == await state_of(
        whole, await user_of(whole, CAROL)
    )
    await in_order(split)
    await in_order(whole)
    for game in games:
        await game.close()


async def tell(db: Database, dice: random.Random, facts: list[Fact], *, pay: bool) -> None:
    """Events in random batches, with jobs in between; some wait for the rollups at the end."""
    left = list(facts)
    while left:
        size = dice.choice((1, 3, 17, 100))
        await play(db, left[:size])
        left = left[size:]
        if dice.random() < 0.2:
            await check_streaks(db)
        if dice.random() < 0.1:
            await roll_up_all(db)
        if pay and dice.random() < 0.2:
            await pay_personal_bests(db)


SPRING = Quest("spring", "Spring", "Come", "season", "external", 1, 30, None, None, None, 500)


async def finish(db: Database, user: int) -> None:
    """A quest that another system completes."""
    async with db.transaction(owners="shared") as tx:
        await complete(tx, [Completion(user, SPRING, "2026-S1", tx.now)])


async def grant(db: Database, user: int, source: str, what: str, amount: int) -> None:
    """What domains above will grant: a lesson."""
    async with db.transaction() as tx:
        await lock(tx, [user])
        name = f"{source}:{user}:{what}"
        await reward(tx, grants=[Grant(user, name, amount, source, what, what, tx.now)])


async def ledger(db: Database, user: int) -> dict[str, int]:
    sql = "SELECT idempotency_key, amount FROM xp_ledger WHERE user_id = :u"
    return dict(await rows(db, sql, u=user))


class TestUnite:
    async def test_a_chain_pays_once_and_closes_each_ledger(self, db: Database) -> None:
        for n, user in enumerate((ALICE, BOB, CAROL)):
            await play(db, [share(NOW - 3 * WEEK, user=user, sdiff=10.0**n) for _ in range(150)])
        ids = [await user_of(db, user) for user in (ALICE, BOB, CAROL)]
        alice, bob, carol = ids
        for id_ in ids:
            await finish(db, id_)
        await grant(db, carol, "lesson", "hash", 25)
        async with db.transaction(owners="shared") as tx:
            await record_event(tx, event="gift_sent", user_ids=[carol], at=NOW)
            await correct_xp(tx, user_id=carol, amount=7, reason="sorry", by="ops")
        await close_books(db)
        assert await rows(db, "SELECT DISTINCT user_id FROM weekly_champions") == [(carol,)]
        await join(db, CAROL, BOB)
        await in_order(db)
        once = await ledger(db, bob)
        await join(db, BOB, ALICE)
        await in_order(db)
        with pytest.raises(CannotUnite):
            await join(db, bob, alice)
        await close_books(db)
        await in_order(db)

        found = await ledger(db, alice)
        assert sum(a for k, a in found.items() if k.startswith("share:")) == 450 // 100
        assert sum(a for k, a in found.items() if k.startswith("streak:")) == 25
        assert found[f"quest:{alice}:spring:2026-S1"] == 30, "the same quest is not paid twice"
        assert found[f"lesson:{alice}:hash"] == 25
        assert sum(a for k, a in found.items() if k.startswith("correction:")) == 7
        assert found[f"badge:orange_piller:{alice}"] == 200
        assert found[f"badge:weekly_diff_champion:{alice}"] == 300
        assert [k for k in found if k.startswith("merge:")] == []
        for gone, into in ((carol, bob), (bob, alice)):
            closed = await ledger(db, gone)
            assert sum(closed.values()) == 0
            assert closed[f"merge:{into}"] < 0
        assert once.items() <= (await ledger(db, bob)).items(), "no row is rewritten"
        assert await rows(db, "SELECT DISTINCT user_id FROM weekly_champions") == [(alice,)]
        merged = "SELECT id, merged_into FROM users ORDER BY id"
        assert await rows(db, merged) == [(alice, None), (bob, alice), (carol, alice)]

    async def test_one_summary_is_announced_and_badges_are_counted(
        self, db: Database, clock: FixedClock
    ) -> None:
        await play(db, [share(NOW) for _ in range(60)])
        await play(db, [share(NOW - WEEK, user=BOB, sdiff=5e6, history=True) for _ in range(60)])
        before = await value(db, "SELECT max(id) FROM outbox")
        _, alice = await join(db, BOB, ALICE)
        clock.move(timedelta(minutes=3))
        for _ in range(2):
            await tell_silent(db)
        sql = "SELECT type, payload FROM outbox WHERE id > :before"
        ((kind, payload),) = await rows(db, sql, before=before)
        assert kind == "SilentRewards"
        # The Million Club, one hundred shares, one week.
        assert payload == {"user_id": alice, "badges": 1, "xp": 50 + 1 + 25}
        async with db.transaction() as tx:
            assert await count_badges(tx)
        sql = "SELECT total_earned, percentage FROM badge_stats WHERE badge_slug = 'first_share'"
        assert await rows(db, sql) == [(1, 100)]

    async def test_a_loss_takes_at_most_the_total(self, db: Database) -> None:
        await play(db, [share(on(2026, 2, day), sdiff=float(day)) for day in (1, 2, 3)])
        first = on(2026, 1, 31)
        await play(db, [share(first, user=BOB, sdiff=9.0)])
        await close_books(db)
        alice, sql = await user_of(db, ALICE), "SELECT total_xp FROM user_gamification"
        total = await value(db, f"{sql} WHERE user_id = :u", u=alice)
        async with db.transaction() as tx:
            await correct_xp(tx, user_id=alice, amount=-total, reason="a cheat", by="ops")
        # Alice's personal bests are not bests on the united facts; her losses stay.
        await join(db, ALICE, BOB)
        assert await rows(db, sql) == [(0,)]
        await in_order(db)

    async def test_what_only_both_have_reached(self, db: Database) -> None:
        await play(db, [share(NOW - WEEK) for _ in range(600)])
        await play(db, [share(NOW, user=BOB) for _ in range(450)])
        _, alice = await join(db, BOB, ALICE)
        sql = """
            SELECT earned_at, metadata FROM user_badges
            WHERE user_id = :u AND badge_slug = 'shares_1k'
        """
        day = datetime(2026, 3, 4, tzinfo=UTC)
        ((at, metadata),) = await rows(db, sql, u=alice)
        assert day <= at <= NOW
        assert metadata["total_shares"] == 1000
        await in_order(db)

    @pytest.mark.parametrize("first", [ALICE, BOB])
    @pytest.mark.parametrize("later", [0, 1])
    async def test_ties_go_to_the_first_then_to_the_lower_id(
        self, db: Database, first: str, later: int
    ) -> None:
        second = BOB if first == ALICE else ALICE
        names = sorted(("x", "y"), key=key)
        await play(db, [share(NOW, user=first, sdiff=7.0, name=names[later])])
        at = NOW + timedelta(seconds=later)
        await play(db, [share(at, user=second, sdiff=7.0, name=names[1 - later])])
        await join(db, BOB, ALICE)
        sql = "SELECT DISTINCT at, share_id::text FROM personal_bests"
        assert await rows(db, sql) == [(NOW, str(key(names[later])))]

    async def test_two_workers_of_one_name_are_one(self, db: Database) -> None:
        await play(db, [share(NOW - WEEK, worker="Garage"), share(NOW, user=BOB, worker="garage")])
        await play(db, [came(NOW - WEEK, ALICE, "garage", connected=False)])
        await play(db, [came(NOW, BOB, "garage", connected=True), share(NOW, user=BOB)])
        _, alice = await join(db, BOB, ALICE)
        found = "SELECT user_id, name, connected, connected_at FROM workers ORDER BY name"
        assert await rows(db, found) == [
            (alice, "Garage", True, NOW),
            (alice, "bitaxe", None, None),
        ]
        await in_order(db)

    async def test_what_gone_could_do_is_over(self, db: Database) -> None:
        await play(db, [share(NOW), share(NOW, user=BOB)])
        bob = await user_of(db, BOB)
        await furnish(db, bob)
        _, alice = await join(db, BOB, ALICE)
        assert await value(db, "SELECT count(*) FROM sessions WHERE ended_why <> 'merged'") == 0
        assert await value(db, "SELECT count(*) FROM api_keys WHERE revoked_at IS NULL") == 0
        assert await value(db, "SELECT count(*) FROM idempotency_keys") == 0
        assert await value(db, "SELECT count(*) FROM parked_users") == 0
        sql = "SELECT handle, handle_key, deletion_at FROM users WHERE id = :b"
        assert await rows(db, sql, b=bob) == [(None, None, None)]
        sql = "SELECT address, merged_at FROM user_addresses WHERE user_id = :a"
        assert set(await rows(db, sql, a=alice)) == {(ALICE, None), (BOB, NOW)}

    @pytest.mark.parametrize(("gone", "kept"), [(1, 1), (1, 99), (99, 1), (1, 3), (3, 1)])
    async def test_accounts_that_cannot_be_merged_are_refused(
        self, db: Database, gone: int, kept: int
    ) -> None:
        await play(db, [share(NOW)])
        await execute(db, "SELECT nextval('users_id_seq')")
        await execute(
            db,
            f"INSERT INTO users (created_at, erased_at) SELECT created_at, created_at"
            f" FROM users WHERE {gone} > 0",
        )
        with pytest.raises(CannotUnite):
            await join(db, gone, kept)

    async def test_it_waits_for_batches_but_not_for_long(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await play(db, [share(NOW), share(NOW, user=BOB)])
        monkeypatch.setattr(limits, "TABLE_LOCK_SECONDS", 0.2)
        async with db.transaction(owners="shared"):
            with pytest.raises(AccountsBusy):
                await join(db, 2, 1)
        await join(db, 2, 1)

    async def test_days_on_their_way_count_for_the_user_who_stays(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(history, "STEP_ROWS", 10)
        await play(db, [share(NOW - 40 * DAY, sdiff=5.0)])
        days = [
            share(NOW - n * DAY, user=BOB, sdiff=50.0 - n, worker="ab"[n % 2]) for n in range(30)
        ]
        await play(db, [*days, share(NOW - 29 * DAY, user=BOB, accepted=False)])
        bob, alice = await join(db, BOB, ALICE)
        assert await owned(db, "daily_shares") == {bob: 20, alice: 12}
        assert await owned(db, "daily_rejects") == {alice: 1}
        paid = await rows(db, _BESTS, user=alice)
        assert len(paid) == 29, "every day but the first beat all before it"
        await in_order(db)
        async with db.transaction() as tx:
            page = await mined(tx, alice)
        await move_history(db)
        await pay_personal_bests(db)
        assert await rows(db, _BESTS, user=alice) == paid
        assert await owned(db, "daily_shares") == {alice: 32}
        async with db.transaction() as tx:
            assert await mined(tx, alice) == page
        await in_order(db)

    async def test_while_two_lanes_ingest(
        self, db: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(history, "STEP_ROWS", 200)
        deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        before = await value(db, deadlocks)
        sent = [
            event(NOW - timedelta(seconds=n), user=user, worker=f"w{n % 5}", sdiff=str(n))
            for n in range(1, 2_001)
            for user in (ALICE, BOB, CAROL)
        ]
        random.Random(5).shuffle(sent)
        await publish(redis, *sent[:300])
        await ingest_on(db, redis).drain()
        lanes = ingest_on(db, redis, lanes=2, batch_events=60)
        relay = Relay(db, Broadcast(redis))
        await publish(redis, *sent[300:])
        ingesting = asyncio.create_task(lanes.drain())
        busy = asyncio.create_task(_rush(db, relay, ingesting))
        for gone, kept, seen in ((CAROL, BOB, 1_000), (BOB, ALICE, 2_500)):
            await until_seen(db, seen)
            assert not ingesting.done()
            await join(db, gone, kept)
        await asyncio.gather(ingesting, busy)
        await close_books(db)
        await relay.drain()
        await in_order(db)
        await move_history(db)
        alice = await user_of(db, ALICE)
        sql = "SELECT user_id, total_shares FROM user_gamification"
        assert await rows(db, sql) == [(alice, 6_000)]
        assert await rows(db, "SELECT DISTINCT user_id FROM frames") == [(alice,)]
        sql = "SELECT user_id, count(*) FROM shares GROUP BY user_id"
        assert await rows(db, sql) == [(alice, 6_000)]
        await in_order(db)
        await asyncio.sleep(1.1)  # statistics are published a second late
        assert await value(db, deadlocks) == before
        assert await value(db, "SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 0

    @pytest.mark.parametrize("job", [*(job.name for job in REWARDING), "event", "xp"])
    async def test_no_reward_transaction_runs_during_a_merge(self, db: Database, job: str) -> None:
        """Otherwise a job that has already read could reward a user who no longer exists."""
        await play(db, [share(NOW - WEEK + timedelta(days=n), sdiff=n + 1.0) for n in range(3)])
        await play(db, [share(NOW, user=BOB)])
        await execute(db, "UPDATE badge_definitions SET backfilled_at = NULL")
        await execute(db, "DELETE FROM user_badges WHERE badge_slug = 'first_share'")
        await roll_up_all(db)
        await quest_jobs()["quest_changes"].run(db)
        async with db.transaction(owners="exclusive") as tx:
            working = asyncio.create_task(_work(db, job))
            await asyncio.sleep(0.3)
            assert working.done() == (job in _GIVE_NOTHING)
            # Deadlock or none: what it holds while it waits is nothing that a merge needs.
            (alice, bob) = [
                row.user_id
                for address in (ALICE, BOB)
                for row in await tx.rows(_OWNER, address=address)
            ]
            await unite(tx, gone=alice, kept=bob)
        await working
        assert await value(db, "SELECT count(*) FROM user_badges WHERE user_id = :a", a=alice) == 0
        assert sum((await ledger(db, alice)).values()) == 0


_BESTS = """
SELECT source_id FROM xp_ledger WHERE user_id = :user AND source = 'personal_best' ORDER BY 1
"""
_OWNER = "SELECT user_id FROM user_addresses WHERE address = :address"
_GIVE_NOTHING = {"badge_counts", "xp_verifier"}


async def _work(db: Database, name: str) -> None:
    """One of the jobs, or what domains above and operators do."""
    for job in REWARDING:
        if job.name == name:
            await job.run(db)
            return
    async with db.transaction(owners="shared") as tx:
        if name == "event":
            await record_event(tx, event="gift_sent", user_ids=[], at=NOW)
        if name == "xp":
            with pytest.raises(BelowZero):
                await correct_xp(tx, user_id=0, amount=-1, reason="none", by="ops")


async def owned(db: Database, table: str) -> dict[int, int]:
    sql = f"SELECT user_id, count(*) FROM {table} GROUP BY user_id"
    return dict(await rows(db, sql))


async def until_seen(db: Database, events: int) -> None:
    while await value(db, "SELECT count(*) FROM event_keys") < events:
        await asyncio.sleep(0.01)


async def _rush(db: Database, relay: Relay, until: asyncio.Task[None]) -> None:
    """Jobs and deliveries, one after the other for as long as there are batches."""
    while not until.done():
        await check_streaks(db)
        await pay_personal_bests(db)
        await crown_champions(db)
        await move_history(db)
        await evaluate(db)
        await relay.drain()
        await asyncio.sleep(0)


class TestErase:
    async def test_erasure_removes_the_person_and_keeps_the_numbers(self, db: Database) -> None:
        await play(db, [share(NOW - WEEK, worker="Basement", sdiff=2e9) for _ in range(120)])
        await play(db, [block(NOW), share(NOW, user=BOB, worker="Kitchen"), share(NOW, user=CAROL)])
        await furnish(db, await user_of(db, BOB))
        await join(db, BOB, ALICE)
        await furnish(db, await user_of(db, ALICE))
        await close_books(db)
        alice = await user_of(db, ALICE)
        before = await state_of(db, alice), await ledger(db, alice)
        user = await leave(db, ALICE)
        after = await state_of(db, alice), await ledger(db, alice)
        for kind in ("totals", "badges", "calendar", "xp", "champion", "pool"):
            assert after[0][kind] == before[0][kind]
        assert after[1] == before[1]
        await in_order(db)
        async with db.transaction() as tx:
            texts = await rows_as_text(tx)
        assert left_in(texts, (ALICE, BOB, "asement", "itchen", *WORDS)) == []
        assert left_in(texts, (CAROL,)) != []
        sql = "SELECT erased_at, merged_into FROM users WHERE id = :u"
        assert await rows(db, sql, u=user) == [(NOW, None)]

    async def test_a_later_share_begins_a_new_user(self, db: Database) -> None:
        await play(db, [share(NOW) for _ in range(120)])
        old = await leave(db, ALICE)
        await play(db, [share(NOW, sdiff=3.0)])
        new = await user_of(db, ALICE)
        assert new != old
        sql = "SELECT user_id, total_shares FROM user_gamification ORDER BY 1"
        assert await rows(db, sql) == [(old, 120), (new, 1)]
        await close_books(db)
        await in_order(db)
        with pytest.raises(CannotUnite):
            await join(db, old, new)

    async def test_while_two_lanes_ingest(self, db: Database, redis: Redis) -> None:
        sent = [
            event(NOW - timedelta(seconds=n), user=user, worker="Basement")
            for n in range(2_000)
            for user in (ALICE, BOB)
        ]
        await publish(redis, *sent[:100])
        await ingest_on(db, redis).drain()
        lanes = ingest_on(db, redis, lanes=2, batch_events=60)
        await publish(redis, *sent[100:])
        ingesting = asyncio.create_task(lanes.drain())
        busy = asyncio.create_task(_rush(db, Relay(db, Broadcast(redis)), ingesting))
        await until_seen(db, 1_000)
        assert not ingesting.done()
        old = await leave(db, ALICE)
        await asyncio.gather(ingesting, busy)
        new = await user_of(db, ALICE)
        sql = "SELECT total_shares FROM user_gamification WHERE user_id = :u"
        shares = [await value(db, sql, u=user) for user in (old, new)]
        assert sum(shares) == 2_000
        assert all(shares)
        sql = "SELECT DISTINCT name ~ '^worker-' FROM workers WHERE user_id = :u"
        assert await rows(db, sql, u=old) == [(True,)]
        assert await rows(db, sql, u=new) == [(False,)]
        await close_books(db)
        await in_order(db)

    async def test_workers_named_as_the_nameless_are(self, db: Database) -> None:
        names = [f"worker-{n}" for n in range(1, 9)]
        await play(db, [share(NOW, worker=name) for name in names[::-1]])
        await leave(db, ALICE)
        assert await value(db, "SELECT count(DISTINCT name_key) FROM workers") == 8

    async def test_due_accounts_are_erased_one_by_one(
        self, db: Database, clock: FixedClock
    ) -> None:
        dave = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
        users = []
        for user, days in ((ALICE, -1), (BOB, -2), (CAROL, 1), (dave, None)):
            await play(db, [share(NOW, user=user)])
            users.append(await user_of(db, user))
            if days is not None:
                at = (NOW + timedelta(days=days)).isoformat()
                sql = f"UPDATE users SET deletion_at = '{at}' WHERE id = {users[-1]}"
                await execute(db, sql)
        alice, bob, carol, _ = users

        async def fail(tx: object, *, user_id: int) -> None:
            if user_id == bob:
                raise RuntimeError("not today")

        erased = "SELECT id FROM users WHERE erased_at IS NOT NULL ORDER BY id"
        with pytest.raises(ExceptionGroup):
            await erase_due(db, domains=(*DOMAINS, Domain(name="failing", erase=fail)))
        assert await rows(db, erased) == [(alice,)]
        assert await user_of(db, BOB) == bob, "half an erasure is none"
        assert await erase_due(db) == 1
        assert await erase_due(db) == 0
        clock.move(timedelta(days=2))
        assert await erase_due(db) == 1
        assert await rows(db, erased) == [(alice,), (bob,), (carol,)]


class TestMessagesOnTheirWay:
    @pytest.mark.parametrize("how", ["merged", "erased"])
    async def test_messages_of_merged_or_erased_users_are_not_delivered(
        self, db: Database, redis: Redis, how: str
    ) -> None:
        await play(db, [share(NOW, sdiff=2e6), block(NOW), share(NOW, user=BOB)])
        gone, bob = await user_of(db, ALICE), await user_of(db, BOB)
        if how == "merged":
            await join(db, ALICE, BOB)
        else:
            await leave(db, ALICE)
        await Relay(db, Broadcast(redis)).drain()
        assert await rows(db, "SELECT DISTINCT user_id FROM frames") == [(bob,)]
        assert await rows(db, "SELECT user_id FROM frame_counters") == [(bob,)]
        assert await value(db, "SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 0
        # Messages about erased users are deleted at once, because they name devices.
        assert len(await told(db, "BlockRecorded")) == (1 if how == "merged" else 0)
        assert gone != bob

    @pytest.mark.parametrize("how", ["merged", "erased"])
    async def test_a_waiting_delivery_holds_no_locks(
        self, db: Database, redis: Redis, how: str
    ) -> None:
        await play(db, [share(NOW, sdiff=2e6), share(NOW, user=BOB, sdiff=2e6)])
        relay = Relay(db, Broadcast(redis))
        await relay.drain()
        await play(db, [share(NOW, sdiff=2e9), share(NOW, user=BOB, sdiff=2e9)])
        alice, bob = await user_of(db, ALICE), await user_of(db, BOB)
        async with db.transaction(owners="exclusive") as tx:
            delivering = asyncio.create_task(relay.drain())
            await asyncio.sleep(0.3)
            assert not delivering.done()
            if how == "merged":
                await unite(tx, gone=bob, kept=alice)
            else:
                await erase(tx, user_id=bob)
        assert await delivering > 0
        assert await rows(db, "SELECT DISTINCT user_id FROM frames") == [(alice,)]

    async def test_frames_that_were_there_go(self, db: Database, redis: Redis) -> None:
        await play(db, [share(NOW, sdiff=2e6), share(NOW, user=BOB), share(NOW, user=CAROL)])
        relay = Relay(db, Broadcast(redis))
        await relay.drain()
        await join(db, BOB, ALICE)
        await leave(db, CAROL)
        alice = await user_of(db, ALICE)
        assert await rows(db, "SELECT DISTINCT user_id FROM frames") == [(alice,)]
        assert await rows(db, "SELECT user_id FROM frame_counters") == [(alice,)]
        await play(db, [share(NOW, user=BOB, sdiff=2e9)])
        await relay.drain()
        numbers = "SELECT count(*) = max(id) FROM frames"
        assert await value(db, numbers), "the miner's numbers go on without a gap"


async def test_pages_answer_after_all_that(db: Database, redis: Redis) -> None:
    await play(db, [share(NOW, sdiff=3e9), block(NOW), share(NOW, user=CAROL, sdiff=5e6)])
    await play(db, [share(NOW, user=BOB, sdiff=5e12), block(NOW, user=BOB, hash_="ab" * 32)])
    await close_books(db)
    await join(db, ALICE, CAROL)
    await leave(db, BOB)
    async with db.transaction() as tx:
        await count_badges(tx)
    async with client_of(make_app(db, redis)) as client:
        pool = (await client.get("/api/v1/public/stats")).raise_for_status().json()
        assert (pool["miners"], pool["blocks_found"], pool["shares_accepted"]) == (2, 2, 3)
        assert pool["best_difficulty"]["user"] == ""
        assert {tile["user"] for tile in pool["wall"]} == {CAROL}
        assert {item["user"] for item in pool["recent"]} == {CAROL}
        for address in (ALICE, CAROL):
            page = (await client.get(f"/api/v1/public/miners/{address}")).raise_for_status().json()
            assert page["stats"]["shares_accepted"] == 2
            assert page["stats"]["blocks_found"] == 1
        assert (await client.get(f"/api/v1/public/miners/{BOB}")).status_code == 404
        badge = (await client.get("/api/v1/badges/first_share")).raise_for_status().json()["badge"]
        assert [earner["user"] for earner in badge["recent_earners"]] == [CAROL]
        assert badge["total_earned"] == 2
