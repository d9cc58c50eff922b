"""Progress and completions from the facts of mining."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis

from tbg.adapters.broadcast import Broadcast
from tbg.app.domains import DOMAINS
from tbg.app.relay import Relay
from tbg.app.verifier import verify
from tbg.core import quest_limits
from tbg.core.clock import FixedClock
from tbg.core.frames import Frame
from tbg.core.tx import Database, Tx
from tests.accounts import sign_in
from tests.app.lives import join, user_of
from tests.conftest import NOW
from tests.domains.gamification.play import ALICE, BOB, execute, play, rows, share, told, value, xp
from tests.domains.quests.doing import completed, evaluate, load, quest, quest_jobs

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
MINE = "q_"


async def test_each_fact_is_reached_by_the_very_share(db: Database, tmp_path: Path) -> None:
    await load(
        db,
        tmp_path,
        [
            quest("q_shares", "accepted_shares", 3),
            quest("q_work", "work", 1500),
            quest("q_best", "best_sdiff", 5000),
            quest("q_days", "active_days", 2),
            quest("q_weeks", "streak_weeks", 2),
            quest("q_hour", "workers_online", 2),
            quest("q_more", "accepted_shares", 99),
        ],
    )
    first = NOW - WEEK
    await play(
        db,
        [
            share(NOW + timedelta(minutes=2), sdiff=9e5, worker="garage"),
            share(first, sdiff=100, diff=1000, accepted=True),
            share(first + timedelta(minutes=1), sdiff=5000, diff=400),
            share(first + timedelta(minutes=2), sdiff=1e9, accepted=False),
            share(first + timedelta(minutes=3), diff=100),
            share(NOW, sdiff=10, worker="attic"),
        ],
    )
    await evaluate(db)
    found = dict(await rows(db, "SELECT quest, at FROM quest_completions"))
    assert {slug: at for slug, at in found.items() if slug.startswith(MINE)} == {
        "q_shares": first + timedelta(minutes=3),
        "q_work": first + timedelta(minutes=3),
        "q_best": first + timedelta(minutes=1),
        "q_days": NOW,
        "q_weeks": NOW,
        "q_hour": NOW,  # the end of the hour has not come
    }
    cause = await value(db, "SELECT cause FROM quest_completions WHERE quest = 'q_best'")
    assert (cause["sdiff"], cause["worker"], cause["fact"]) == (5000, "bitaxe", "best_sdiff")
    assert await evaluate(db) == 0
    verdict = await verify(db)
    assert {n: c for n, c in verdict.checks.items() if c.mismatches} == {}
    assert verdict.checks["quest_reached"].rows > 0


async def test_a_period_pays_once_and_the_next_one_again(
    db: Database, clock: FixedClock, tmp_path: Path
) -> None:
    await load(db, tmp_path, [quest("q_daily", "accepted_shares", 2, period="daily")])
    for _ in range(5):
        await play(db, [share(NOW)])
        await evaluate(db)
    clock.move(DAY)
    await play(db, [share(NOW + DAY) for _ in range(2)])
    await evaluate(db)
    days = [f"{NOW:%Y-%m-%d}", f"{NOW + DAY:%Y-%m-%d}"]
    assert await completed(db, prefix=MINE) == [("q_daily", day) for day in days]
    grants = await rows(db, "SELECT count(*) FROM xp_ledger WHERE source_id LIKE 'q_daily:%'")
    assert grants == [(2,)]


async def test_a_late_share_completes_a_closed_period_silently(
    db: Database, clock: FixedClock, tmp_path: Path
) -> None:
    await load(db, tmp_path, [quest("q_weekly", "accepted_shares", 2, period="weekly")])
    await play(db, [share(NOW)])
    await evaluate(db)
    clock.move(2 * WEEK)
    await play(db, [share(NOW + timedelta(minutes=1))])
    await evaluate(db)
    assert await completed(db, prefix=MINE) == [("q_weekly", f"{NOW:%G-W%V}")]
    assert [one for one in await told(db, "QuestCompleted") if one["quest"] == "q_weekly"] == []
    assert await value(db, "SELECT xp FROM silent_rewards") >= 30


async def test_what_is_evaluated_while_a_period_runs_is_told(db: Database, tmp_path: Path) -> None:
    await load(db, tmp_path, [quest("q_weekly", "accepted_shares", 1, period="weekly")])
    await play(db, [share(NOW)])
    await evaluate(db)
    (said,) = [one for one in await told(db, "QuestCompleted") if one["quest"] == "q_weekly"]
    assert (said["period"], said["xp"]) == (f"{NOW:%G-W%V}", 30)


async def test_order_and_batches_change_nothing(db: Database, tmp_path: Path) -> None:
    quests = [
        quest("q_daily", "accepted_shares", 3, period="daily"),
        quest("q_season", "active_days", 4, period="season"),
        quest("q_weekly", "work", 2000, period="weekly"),
    ]
    await load(db, tmp_path, quests)
    facts = {
        user: [share(NOW - n * timedelta(hours=7), user=user, name=(user, n)) for n in range(40)]
        for user in (ALICE, BOB)
    }
    await play(db, facts[ALICE])
    await evaluate(db)
    for fact in reversed(facts[BOB]):
        await play(db, [fact])
        await evaluate(db)
    assert await completed(db) == await completed(db, BOB) != []
    assert await xp(db, source="quest") == await xp(db, BOB, source="quest")


async def test_a_changed_quest_keeps_completions_and_is_evaluated_again(
    db: Database, tmp_path: Path
) -> None:
    await load(db, tmp_path, [quest("q_one", "accepted_shares", 5)])
    await play(db, [share(NOW, user=user) for user in (ALICE, ALICE, ALICE, ALICE, ALICE, BOB)])
    await evaluate(db)
    assert await completed(db, prefix=MINE) == [("q_one", "once")]
    again = [quest("q_one", "accepted_shares", 6, xp=99), quest("q_two", "active_days", 1)]
    await load(db, tmp_path, again)
    await evaluate(db)
    assert await completed(db, prefix=MINE) == [("q_one", "once"), ("q_two", "once")]
    await load(db, tmp_path, [quest("q_one", "accepted_shares", 1, xp=99)])
    await evaluate(db)
    paid = await rows(
        db, "SELECT amount FROM xp_ledger WHERE source_id = 'q_one:once' ORDER BY amount"
    )
    assert paid == [(30,), (99,)], "what was paid stays"
    checks = (await verify(db)).checks
    assert {name: c for name, c in checks.items() if c.mismatches} == {}


async def test_a_quest_counts_only_the_days_on_which_it_runs(db: Database, tmp_path: Path) -> None:
    day = f"{NOW:%Y-%m-%d}"
    runs = quest("q_runs", "active_days", 2, starts=f"{NOW - DAY:%Y-%m-%d}", ends=day)
    await load(db, tmp_path, [runs, quest("q_over", "active_days", 1, ends="2020-01-01")])
    await play(db, [share(NOW - 2 * DAY), share(NOW)])
    await evaluate(db)
    assert await completed(db, prefix=MINE) == []
    await play(db, [share(NOW - DAY)])
    await evaluate(db)
    assert await completed(db, prefix=MINE) == [("q_runs", "once")]


async def test_a_quest_whose_fact_nobody_supplies_is_never_completed(db: Database) -> None:
    await play(db, [share(NOW)])
    without = [
        replace(domain, goal_facts={}) if domain.name == "mining" else domain for domain in DOMAINS
    ]
    await evaluate(db, without)
    assert await completed(db) == []


async def test_the_completions_of_merged_users_unite_and_pay_once(
    db: Database, tmp_path: Path
) -> None:
    quests = [
        quest("q_both", "accepted_shares", 1, period="daily"),
        quest("q_united", "accepted_shares", 5),
    ]
    await load(db, tmp_path, quests)
    await play(db, [share(NOW), share(NOW), share(NOW, user=BOB), share(NOW - DAY, user=BOB)])
    await play(db, [share(NOW - DAY, user=BOB)])
    await evaluate(db)
    await play(db, [share(NOW, user=BOB)])  # still waits to be rolled up
    await join(db, BOB, ALICE)
    verdict = await verify(db)
    assert {n: c for n, c in verdict.checks.items() if c.mismatches} == {}
    await evaluate(db)
    days = [f"{NOW - DAY:%Y-%m-%d}", f"{NOW:%Y-%m-%d}"]
    mine = [("q_both", day) for day in days] + [("q_united", "once")]
    assert await completed(db, prefix=MINE) == mine
    paid = await rows(
        db,
        """
        SELECT source_id, sum(amount) FROM xp_ledger JOIN user_addresses USING (user_id)
        WHERE address = :a AND source_id LIKE 'q\\_%' GROUP BY 1 ORDER BY 1
        """,
        a=ALICE,
    )
    assert paid == [(f"{slug}:{period}", 30) for slug, period in mine]
    assert [one for one in await told(db, "QuestCompleted") if one["quest"] == "q_united"] == []
    verdict = await verify(db)
    assert {n: c for n, c in verdict.checks.items() if c.mismatches} == {}


async def test_a_handle_completes_the_quest_of_the_handle(
    db: Database, redis: Redis, client: httpx.AsyncClient
) -> None:
    me = await sign_in(client)
    await Relay(db, Broadcast(redis)).drain()
    await evaluate(db)
    assert await completed(db, me.key.address) == []
    (await me.ask("PATCH", "/users/me", json={"handle": "satsuma"})).raise_for_status()
    await Relay(db, Broadcast(redis)).drain()
    await evaluate(db)
    assert await completed(db, me.key.address) == [("name_on_the_door", "once")]


async def test_turns_reach_everybody_who_waits(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await play(db, [share(NOW, user=user) for user in (ALICE, BOB)])
    users = [await user_of(db, user) for user in (ALICE, BOB)]
    waits = "INSERT INTO quest_waiting SELECT {}, '2026-01-01', false ON CONFLICT DO NOTHING"
    await execute(db, *[waits.format(user) for user in users])
    monkeypatch.setattr(quest_limits, "QUEST_USERS", 1)
    turns = quest_jobs()["quests"]
    for _ in range(2):
        await turns.run(db)
        await execute(db, waits.format(users[0]))  # the first is always back
    assert await rows(db, "SELECT user_id FROM quest_waiting") == [(users[0],)]


async def test_progress_is_shown_to_its_player_alone(db: Database, tmp_path: Path) -> None:
    await load(db, tmp_path, [quest("q_ten", "accepted_shares", 10, period="weekly")])
    await play(db, [share(NOW) for _ in range(4)])
    shown: list[Frame] = []

    async def listen(tx: Tx) -> None:
        shown.extend(tx.shown)

    await evaluate(replace(db, committed=listen))
    (frame,) = [frame for frame in shown if frame.data.TYPE == "quest_progress"]
    assert frame.subject == f"me:{await user_of(db, ALICE)}"
    lines = frame.data.model_dump()["quests"]
    week = f"{NOW:%G-W%V}"
    assert {"quest": "q_ten", "period": week, "progress": 4.0} in lines
