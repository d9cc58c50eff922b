"""One miner's public page."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.frames import FeedItemData
from tbg.core.tx import Database
from tbg.domains.gamification.actions.streaks import check_streaks
from tests.conftest import NOW
from tests.domains.gamification.play import ALICE, BOB, best, block, commit, share
from tests.domains.public.mining import MINUTE, connection, mine


async def page(client: httpx.AsyncClient, handle: str = ALICE) -> dict[str, Any]:
    answer = await client.get(f"/api/v1/public/miners/{handle}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_an_unknown_address_is_404(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/api/v1/public/miners/{ALICE}")
    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/not_found"


@pytest.mark.parametrize(
    "handle",
    [
        "satoshi",
        "x" * 2_000,
        "%00" * 20,
        ALICE[:-1],
        "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx",  # of another network
        "ünïcödeünïcödeünïcöde",
    ],
)
async def test_an_invalid_address_is_422(client: httpx.AsyncClient, handle: str) -> None:
    answer = await client.get(f"/api/v1/public/miners/{handle}")
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/not_an_address"


async def test_the_first_share(db: Database, client: httpx.AsyncClient) -> None:
    await mine(db, [share(NOW - MINUTE, sdiff=1234.0)])
    body = await page(client)
    assert body["handle"] == body["address"] == ALICE
    assert body["claimed"] is False
    assert body["since"] == body["last_share_at"] == "2026-03-04T11:59:00Z"
    assert body["online"] is True
    assert body["xp"] == {
        "total_xp": 50,
        "level": 1,
        "level_title": "Nocoiner",
        "xp_into_level": 50,
        "xp_for_level": 100,
        "xp_to_next_level": 50,
        "next_level": 2,
        "next_title": "Curious Cat",
    }
    assert body["badges"]["total_earned"] == 1
    assert body["badges"]["total_available"] == 20
    (badge,) = body["badges"]["earned"]
    assert (badge["slug"], badge["earned_at"]) == ("first_share", "2026-03-04T11:59:00Z")
    assert badge["metadata"]["sdiff"] == 1234.0
    assert badge["metadata"]["worker"] == "bitaxe"
    assert [line["type"] for line in body["feed"]] == ["badge_earned", "best_diff"]
    assert body["feed"][0]["title"] == "New badge: First Hash"


async def test_another_spelling_of_the_address_is_the_same_miner(
    db: Database, client: httpx.AsyncClient
) -> None:
    await mine(db, [share(NOW)])
    assert (await page(client, ALICE.upper()))["handle"] == ALICE


async def test_the_way_to_the_badges_that_count_something(
    db: Database, client: httpx.AsyncClient
) -> None:
    await mine(db, [share(NOW, sdiff=2e6), share(NOW, sdiff=5.0)])
    progress = {
        p["slug"]: (p["value"], p["threshold"]) for p in (await page(client))["badges"]["progress"]
    }
    assert progress == {
        "shares_1k": (2, 1e3),
        "shares_1m": (2, 1e6),
        "diff_1e9": (2e6, 1e9),
        "diff_1e12": (2e6, 1e12),
        "streak_4": (0, 4),
        "streak_12": (0, 12),
        "streak_52": (0, 52),
    }


async def test_a_reached_badge_before_its_award_is_neither_pending_nor_earned(
    db: Database, client: httpx.AsyncClient
) -> None:
    """Weeks that came late are paid by the next check, which comes a few seconds later."""
    await mine(db, [share(NOW - timedelta(weeks=n)) for n in range(6)])
    badges = (await page(client))["badges"]
    assert {p["slug"]: p["value"] for p in badges["progress"] if "streak" in p["slug"]} == {
        "streak_12": 5,
        "streak_52": 5,
    }
    assert [badge["slug"] for badge in badges["earned"]] == ["first_share"]
    await check_streaks(db)
    earned = (await page(client))["badges"]["earned"]
    assert {badge["slug"] for badge in earned} == {"first_share", "streak_4"}


async def test_a_year_of_weeks_with_the_running_one_last(
    db: Database, clock: FixedClock, client: httpx.AsyncClient
) -> None:
    monday = NOW - timedelta(days=2)
    await mine(db, [share(NOW - timedelta(weeks=n), sdiff=100.0 + n) for n in (0, 1, 2, 5)])
    await mine(db, [share(monday)])
    streak = (await page(client))["streak"]
    assert len(streak["weeks"]) == 52
    last = streak["weeks"][-1]
    assert (last["week_iso"], last["week_start"]) == ("2026-W10", "2026-03-02")
    assert (last["share_count"], last["days"], last["is_active"]) == (2, 0b101, True)
    assert [week["share_count"] for week in streak["weeks"][-6:]] == [1, 0, 0, 1, 1, 2]
    assert (streak["current_streak"], streak["longest_streak"]) == (3, 3)
    assert streak["streak_start_date"] == "2026-02-16"
    assert streak["is_active_this_week"] is True
    # Next week it still counts, the week after it is over, although no job has run.
    clock.move(timedelta(weeks=1))
    streak = (await page(client))["streak"]
    assert (streak["current_streak"], streak["is_active_this_week"]) == (3, False)
    clock.move(timedelta(weeks=1))
    streak = (await page(client))["streak"]
    assert (streak["current_streak"], streak["streak_start_date"]) == (0, None)
    assert streak["longest_streak"] == 3


async def test_bests_of_the_week_the_month_and_all_time(
    db: Database, client: httpx.AsyncClient
) -> None:
    record = share(NOW - timedelta(days=30), sdiff=9e6, worker="nerd")
    this_month = share(NOW - timedelta(days=3), sdiff=5e6)
    await mine(db, [record, this_month, share(NOW, sdiff=1e6), best(NOW, sdiff=2e6)])
    bests = (await page(client))["bests"]
    assert (bests["alltime"]["sdiff"], bests["alltime"]["worker"]) == (9e6, "nerd")
    assert bests["alltime"]["share_id"] == str(record.key)
    assert bests["month"]["sdiff"] == 5e6
    assert bests["week"]["sdiff"] == 2e6


async def test_sums_and_hashrates(db: Database, client: httpx.AsyncClient) -> None:
    # A thousand units of work an hour for the last thirty hours.
    shares = [
        share(NOW - timedelta(hours=n) - MINUTE, diff=1_000.0, sdiff=2_000.0) for n in range(30)
    ]
    await mine(db, [*shares, share(NOW, accepted=False), block(NOW - MINUTE)])
    stats = (await page(client))["stats"]
    assert (stats["shares_accepted"], stats["shares_rejected"]) == (30, 1)
    assert stats["work"] == 30_000
    assert stats["blocks_found"] == 1
    steady = 1_000 * 2**32 / 3600 / 1e12
    assert stats["hashrate_ths_1h"] == pytest.approx(steady)
    assert stats["hashrate_ths_24h"] == pytest.approx(steady)


async def test_a_new_miners_rate_counts_from_their_first_share(
    db: Database, client: httpx.AsyncClient
) -> None:
    await mine(db, [share(NOW - n * MINUTE, diff=600.0, sdiff=700.0) for n in range(1, 11)])
    stats = (await page(client))["stats"]
    rate = 10 * 600 * 2**32 / 600 / 1e12
    assert stats["hashrate_ths_1h"] == pytest.approx(rate)
    assert stats["hashrate_ths_24h"] == pytest.approx(rate)


async def test_workers_the_last_heard_of_first(
    db: Database, clock: FixedClock, client: httpx.AsyncClient
) -> None:
    await mine(
        db,
        [
            share(NOW - timedelta(hours=2), worker="old", sdiff=3e3),
            share(NOW, worker="Garage", sdiff=2e3),
            share(NOW, worker="garage", accepted=False),
            connection(NOW - MINUTE, connected=True, worker="idle"),
        ],
    )
    workers = (await page(client))["workers"]
    assert [w["name"] for w in workers] == ["Garage", "idle", "old"]
    assert [w["online"] for w in workers] == [True, True, False]
    assert [(w["shares_accepted"], w["shares_rejected"]) for w in workers] == [
        (1, 1),
        (0, 0),
        (1, 0),
    ]
    assert [w["best_sdiff"] for w in workers] == [2e3, 0, 3e3]
    assert workers[1]["agent"] == "bitaxe/v2"
    # Five minutes without a word, and it is offline.
    clock.move(limits.WORKER_ONLINE + MINUTE)
    body = await page(client)
    assert [w["online"] for w in body["workers"]] == [False, False, False]
    assert body["online"] is False


async def test_a_disconnected_worker_is_offline_until_it_mines(
    db: Database, client: httpx.AsyncClient
) -> None:
    await mine(db, [share(NOW - 3 * MINUTE)])
    await mine(db, [connection(NOW - 2 * MINUTE, connected=False)])
    assert (await page(client))["online"] is False
    await mine(db, [share(NOW - MINUTE)])
    assert (await page(client))["online"] is True


async def test_rejected_shares_alone_make_a_page(db: Database, client: httpx.AsyncClient) -> None:
    await mine(db, [share(NOW, accepted=False)])
    body = await page(client)
    assert body["stats"]["shares_accepted"] == 0
    assert body["stats"]["shares_rejected"] == 1
    assert body["xp"]["total_xp"] == 0
    assert body["badges"]["earned"] == []
    assert body["bests"] == {"alltime": None, "month": None, "week": None}
    assert body["feed"] == []


async def test_a_miner_with_only_connections_has_no_share(
    db: Database, client: httpx.AsyncClient
) -> None:
    await mine(db, [connection(NOW, connected=True)])
    body = await page(client)
    assert body["last_share_at"] is None
    assert body["online"] is True


async def test_the_feed_tells_levels_where_they_were_reached(
    db: Database, client: httpx.AsyncClient
) -> None:
    at = NOW - timedelta(minutes=10)
    await mine(db, [share(at, sdiff=10.0)])  # 50 XP
    await mine(db, [share(at + MINUTE, sdiff=2e6)])  # + 50: level 2
    await mine(db, [block(at + 2 * MINUTE)])  # + 500: level 3 at 600
    feed = (await page(client))["feed"]
    assert [(line["type"], line["title"]) for line in feed] == [
        ("level_up", "Level 3, Hash Pupil"),
        ("block_found", "Block 879,412 found"),
        ("badge_earned", "New badge: Block Finder"),
        ("level_up", "Level 2, Curious Cat"),
        ("badge_earned", "New badge: Million Club"),
        ("best_diff", "New best: 2 M"),
        ("badge_earned", "New badge: First Hash"),
    ]
    assert len({line["id"] for line in feed}) == len(feed)
    assert feed[2]["xp"] == 500
    assert feed[2]["badge_slug"] == "block_finder"


HOUR = timedelta(hours=1)


async def test_an_hour_of_a_farm_is_one_line_beside_its_badges(
    db: Database, client: httpx.AsyncClient
) -> None:
    for minute in range(10):
        at = NOW - HOUR + minute * 6 * MINUTE
        await mine(db, [share(at, worker=f"rig{n}", sdiff=10.0) for n in range(100)])
    feed = (await page(client))["feed"]
    assert [line["title"] for line in feed] == [
        "10 × 100 shares",
        "Level 2, Curious Cat",
        "New badge: Hash Thousand",
        "New badge: First Hash",
        "New best: 10",
    ]
    assert feed[0] | {"at": ""} == {
        "id": "shares-2026-03-04", "type": "xp_gained", "code": "shares_counted",
        "params": {"hundreds": 10, "total": 1000, "more": 0}, "title": "10 × 100 shares",
        "detail": "1,000 shares in all", "xp": 10, "badge_slug": None, "at": "",
    }  # fmt: skip


async def test_each_day_of_shares_is_a_line_and_totals_never_run_backwards(
    db: Database, client: httpx.AsyncClient
) -> None:
    for days in (3, 2, 0):
        for part in range(3):
            at = NOW - days * 24 * HOUR - (3 - part) * MINUTE
            await mine(db, [share(at, worker=f"rig{n}", sdiff=10.0) for n in range(150)])
    lines = [line for line in (await page(client))["feed"] if line["code"] == "shares_counted"]
    assert [line["id"] for line in lines] == [
        "shares-2026-03-04", "shares-2026-03-02", "shares-2026-03-01"
    ]  # fmt: skip
    assert [line["params"]["total"] for line in lines] == [1300, 900, 400]
    assert [line["xp"] for line in lines] == [4, 5, 4]


async def test_a_day_with_more_grants_than_are_read_says_that_there_are_more(
    db: Database, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FEED_GRANTS", 3)
    for part in range(6):
        at = NOW - (9 - part) * MINUTE
        await mine(db, [share(at, worker=f"rig{n}", sdiff=10.0) for n in range(100)])
    feed = (await page(client))["feed"]
    assert feed[0]["title"] == "More than 3 × 100 shares"
    assert feed[0]["params"] == {"hundreds": 3, "total": 600, "more": 1}
    assert "New badge: First Hash" in [line["title"] for line in feed], "however long ago"


async def test_the_hashrate_of_each_hour_and_the_pace_of_a_day(
    db: Database, client: httpx.AsyncClient
) -> None:
    begun = NOW - 48 * HOUR  # NOW is noon
    for hour in range(48):
        if hour not in (5, 6):
            shares = [share(begun + hour * HOUR + n * MINUTE, diff=1e6) for n in range(4)]
            await mine(db, shares)
    await mine(db, [share(NOW - 1 * MINUTE, accepted=False), share(NOW + MINUTE / 2, diff=1e9)])
    body = await page(client)
    history = body["hashrate"]
    assert history["since"] == "2026-02-25T12:00:00Z"
    assert len(history["ths"]) == limits.HOURS_SHOWN
    assert history["ths"][:120] == [None] * 120
    mean = 4e6 * 2**32 / 3600 / 1e12
    expected = [0 if hour in (5, 6) else pytest.approx(mean, rel=1e-3) for hour in range(48)]
    assert history["ths"][120:] == expected
    assert body["pace"] == {"shares": 46 * 4 / 2, "work": 46 * 4e6 / 2}


async def test_a_first_hour_has_no_pace_yet(db: Database, client: httpx.AsyncClient) -> None:
    await mine(db, [share(NOW + MINUTE / 2)])
    assert (await page(client))["pace"] == {"shares": 0, "work": 0}


async def test_a_reported_block_is_a_line_of_the_feed_and_counts_nowhere(
    db: Database, client: httpx.AsyncClient
) -> None:
    await mine(db, [block(NOW, backed=False)])
    body = await page(client)
    assert body["stats"]["blocks_found"] == 0
    assert [(line["type"], line["title"], line["detail"]) for line in body["feed"]] == [
        ("block_reported", "Block 879,412 reported, not confirmed yet", "by bitaxe")
    ]


async def test_confirmed_blocks_are_listed_with_all_that_is_known_of_them(
    db: Database, client: httpx.AsyncClient
) -> None:
    await mine(db, [block(NOW - MINUTE, height=5, hash_="ab" * 32)])
    await mine(db, [block(NOW, height=6, hash_="cd" * 32, backed=False)])
    body = await page(client)
    assert body["blocks"] == [
        {
            "height": 5,
            "hash": "ab" * 32,
            "found_at": "2026-03-04T11:59:00Z",
            "worker": "bitaxe",
            "sdiff": 100_847_293_444_000.0,
            "reward_sats": 312_500_000,
        }
    ]
    blocks = [line["type"] for line in body["feed"] if line["id"].startswith("block-")]
    assert blocks == ["block_reported", "block_found"]


async def test_each_weeks_best_that_beat_all_before_it_stays_in_the_feed(
    db: Database, client: httpx.AsyncClient
) -> None:
    week = timedelta(weeks=1)
    await mine(db, [share(NOW - 3 * week, sdiff=2e3, worker="nerd")])
    await mine(db, [share(NOW - 2 * week, sdiff=1e3), share(NOW - week, sdiff=3e3)])
    await mine(db, [share(NOW - MINUTE, sdiff=5e3), share(NOW, sdiff=4e3)])
    lines = [line for line in (await page(client))["feed"] if line["type"] == "best_diff"]
    assert [(line["id"], line["title"], line["detail"], line["at"]) for line in lines] == [
        ("all-time-best-2026-W10", "New best: 5 k", "by bitaxe", "2026-03-04T11:59:00Z"),
        ("all-time-best-2026-W09", "New best: 3 k", "by bitaxe", "2026-02-25T12:00:00Z"),
        ("all-time-best-2026-W07", "New best: 2 k", "by nerd", "2026-02-11T12:00:00Z"),
    ]


async def test_a_long_worker_name_is_cut_in_sentences_and_whole_beside_them(
    db: Database, client: httpx.AsyncClient
) -> None:
    name = "shelf-" + "x" * 894
    found = block(NOW)._replace(worker=name)
    await mine(db, [share(NOW - MINUTE, worker=name, sdiff=3e3), found])
    body = await page(client)
    assert [worker["name"] for worker in body["workers"]] == [name]
    lines = [line for line in body["feed"] if line["type"] in ("best_diff", "block_found")]
    assert [line["detail"] for line in lines] == [f"by {name[:39]}…"] * 2
    assert [line["params"]["worker"] for line in lines] == [name] * 2


async def test_a_new_best_has_the_same_line_live_and_after_a_reload(
    db: Database, client: httpx.AsyncClient
) -> None:
    await mine(db, [share(NOW - timedelta(weeks=1), sdiff=1e3)])
    tx = await commit(db, [share(NOW, sdiff=2e3)])
    (live,) = [
        frame.data.model_dump(mode="json", exclude={"user", "seed"})
        for frame in tx.shown
        if isinstance(frame.data, FeedItemData)
    ]
    await mine(db, [])
    assert live == (await page(client))["feed"][0]


async def test_a_pages_size_and_cost_are_bounded(db: Database, client: httpx.AsyncClient) -> None:
    """Bounded lists, and the same number of statements for one share as for many workers."""
    await mine(db, [share(NOW, user=BOB)])
    few = await _statements(db, page(client, BOB))
    names = [f"rig{n}" for n in range(limits.WORKERS_SHOWN + 20)]
    for n in range(40):
        await mine(
            db,
            [share(NOW - (60 - n) * MINUTE, worker=name, diff=8.0) for name in names * 2],
        )
    lit = limits.WORKERS_SHOWN + 10
    await mine(db, [share(NOW - 1 * MINUTE, worker=name, diff=8.0) for name in names[:lit]])
    body: dict[str, Any] = {}

    async def read() -> None:
        body.update(await page(client))

    many = await _statements(db, read())
    assert many == few <= 12
    assert len(body["workers"]) == limits.WORKERS_SHOWN
    shares_line, *others = body["feed"]
    assert shares_line["title"] == "56 × 100 shares"
    assert {line["type"] for line in others} == {"badge_earned", "best_diff", "level_up"}
    # Workers that are not listed count too.
    assert (body["workers_total"], body["workers_online"]) == (len(names), lit)
    shares = 40 * 2 * len(names) + lit
    assert body["stats"]["shares_accepted"] == shares
    assert body["stats"]["work"] == shares * 8


async def _statements(db: Database, doing: Any) -> int:
    seen = []

    def note(*args: Any) -> None:
        seen.append(args[2])

    event.listen(db.engine.sync_engine, "before_cursor_execute", note)
    try:
        await doing
    finally:
        event.remove(db.engine.sync_engine, "before_cursor_execute", note)
    return len(seen)


async def test_a_page_with_more_workers_than_postgresql_knows_of_is_read_at_once(
    db: Database, client: httpx.AsyncClient
) -> None:
    await mine(db, [share(NOW - MINUTE)])
    rows = "SELECT 1, {time}, id, 1, 0, 8, 8 FROM workers WHERE name LIKE 'flood%'"
    async with db.transaction() as tx:
        # What is believed of these tables is that they have one row.
        for table in ("workers", "daily_shares", "hourly_shares"):
            await tx.run(f"ANALYZE {table}")
        await tx.run(
            """
            INSERT INTO workers (user_id, name_key, name, source, first_seen, last_seen)
            SELECT 1, 'flood' || n, 'flood' || n, 'test', :at, :at
            FROM generate_series(1, 30000) AS n
            """,
            at=NOW,
        )
        await tx.run(f"INSERT INTO daily_shares {rows.format(time=':day ::date')}", day=NOW.date())
        hour = rows.format(time=":hour ::timestamptz")
        await tx.run(f"INSERT INTO hourly_shares {hour}", hour=NOW)
    async with asyncio.timeout(10):  # joined row by row, it takes minutes
        body = await page(client)
    assert body["workers_total"] == 30_001
    assert body["stats"]["work"] == 30_000 * 8 + 512
