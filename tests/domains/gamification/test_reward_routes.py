"""The reward feed and its summary."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import httpx

from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.tx import Database
from tbg.domains.gamification.actions import correct_xp
from tbg.domains.gamification.actions.personal_bests import pay_personal_bests
from tbg.domains.gamification.actions.streaks import check_streaks
from tbg.domains.mining.jobs import keep_partitions
from tests.accounts import SignedIn, link, player, sign_in
from tests.conftest import NOW
from tests.domains.gamification.play import best, block, key, play, rows, share

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


async def busy_player(db: Database, client: httpx.AsyncClient) -> SignedIn:
    """A player with a reward of every kind that there is."""
    address = player(0).address
    await play(db, [share(NOW - WEEK, user=address, sdiff=10.0)])
    await play(
        db,
        [
            share(NOW - DAY, user=address, sdiff=5e6, worker="garage", name="the best"),
            *(share(NOW - DAY - timedelta(hours=n), user=address) for n in range(1, 20)),
        ],
    )
    await play(db, [share(NOW, user=address, name=("full", n)) for n in range(80)])
    await play(db, [block(NOW, user=address)])
    await check_streaks(db)
    await pay_personal_bests(db)
    me = await sign_in(client)
    async with db.transaction(owners="shared") as tx:
        await correct_xp(tx, user_id=me.user["id"], amount=7, reason="a lost day", by="ops")
    return me


async def feed(me: SignedIn, query: str = "") -> dict[str, Any]:
    answer = await me.ask("GET", f"/rewards/feed{query}")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def causes(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What is known of each cause, by what was rewarded."""
    return {
        reward["line"]["id"]: {
            name: value for name, value in reward["cause"].items() if value is not None
        }
        for reward in body["rewards"]
    }


async def test_every_reward_says_what_caused_it(db: Database, client: httpx.AsyncClient) -> None:
    me = await busy_player(db, client)
    body = await feed(me)
    found = causes(body)
    the_best = {
        "share_id": str(key("the best")), "sdiff": 5e6, "worker": "garage",
    }  # fmt: skip
    at = (NOW - DAY).isoformat().replace("+00:00", "Z")
    assert found["badge-first_share"]["kind"] == "badge"
    assert (found["badge-first_share"]["sdiff"], found["badge-first_share"]["count"]) == (10, 1)
    assert found["badge-diff_1e6"] == {"kind": "badge", "id": "diff_1e6", **the_best}
    assert found["badge-block_finder"] == {
        "kind": "badge", "id": "block_finder", "height": 879_412, "hash": "00" * 32,
        "worker": "bitaxe",
    }  # fmt: skip
    assert found["shares-2026-03-04"]["kind"] == "share"
    assert found["shares-2026-03-04"]["count"] == 100
    ids = {str(key(("full", n))) for n in range(80)}
    assert found["shares-2026-03-04"]["share_id"] in ids
    assert found["streak-2026-W09"] == {"kind": "streak", "week": "2026-W09", "count": 1}
    assert found["personal_best-2026-03-03"] == {
        "kind": "personal_best", "day": "2026-03-03", "at": at, **the_best,
    }  # fmt: skip
    (correction,) = [one for one in body["rewards"] if one["source"] == "correction"]
    assert correction["line"]["title"] == "a lost day"
    assert (correction["amount"], correction["cause"]["id"]) == (7, "ops")
    ledger = "SELECT sum(amount) FROM xp_ledger WHERE user_id = :u"
    assert sum(reward["amount"] for reward in body["rewards"]) == (
        await rows(db, ledger, u=me.user["id"])
    )[0][0]  # fmt: skip
    badges = {one["badge"]["slug"]: one["badge"] for one in body["rewards"] if one["badge"]}
    assert badges["diff_1e6"] == {
        "slug": "diff_1e6", "name": "Million Club", "category": "mining", "rarity": "common",
    }  # fmt: skip


async def test_a_cause_whose_share_is_forgotten_keeps_the_rest(
    db: Database, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    me = await busy_player(db, client)
    clock.move(limits.RAW_SHARE_AGE + 40 * DAY)
    await keep_partitions(db)
    assert await rows(db, "SELECT 1 FROM shares") == []
    found = causes(await feed(await sign_in(client)))
    assert found["personal_best-2026-03-03"] == {
        "kind": "personal_best", "day": "2026-03-03", "sdiff": 5e6, "worker": "garage",
    }  # fmt: skip
    assert found["shares-2026-03-04"] == {"kind": "share", "count": 100}
    assert me.user["id"] > 0


async def test_a_day_whose_best_only_the_pool_reported_names_no_share(
    db: Database, client: httpx.AsyncClient
) -> None:
    address = player(0).address
    await play(db, [share(NOW - 2 * DAY, user=address), best(NOW - DAY, user=address, sdiff=9e5)])
    await pay_personal_bests(db)
    found = causes(await feed(await sign_in(client)))
    assert found["personal_best-2026-03-03"] == {
        "kind": "personal_best", "day": "2026-03-03", "sdiff": 9e5, "worker": "bitaxe",
    }  # fmt: skip


async def test_the_feed_comes_in_pages(db: Database, client: httpx.AsyncClient) -> None:
    me = await busy_player(db, client)
    every = (await feed(me, "?limit=100"))["rewards"]
    assert [one["id"] for one in every] == sorted((one["id"] for one in every), key=int)[::-1]
    read: list[Any] = []
    cursor = ""
    while True:
        body = await feed(me, f"?limit=3{cursor}")
        read += body["rewards"]
        if body["next_cursor"] is None:
            break
        cursor = f"&cursor={body['next_cursor']}"
    assert read == every
    assert await feed(me, "?cursor=0") == {"rewards": [], "next_cursor": None}
    for wrong in ("limit=0", "limit=101", "cursor=x", "cursor=-1"):
        assert (await me.ask("GET", f"/rewards/feed?{wrong}")).status_code == 422


async def test_the_summary_counts_by_day_week_and_source(
    db: Database, client: httpx.AsyncClient
) -> None:
    me = await busy_player(db, client)
    body = (await me.ask("GET", "/rewards/summary")).json()
    assert [one["day"] for one in body["days"]] == [
        (date(2026, 2, 3) + n * DAY).isoformat() for n in range(30)
    ]
    assert [one["week_iso"] for one in body["weeks"]][-2:] == ["2026-W09", "2026-W10"]
    assert len(body["weeks"]) == 12
    today = body["days"][-1]
    assert today == {
        "day": "2026-03-04", "xp": 508, "by_source": {"share": 1, "badge": 500, "correction": 7},
    }  # fmt: skip
    assert body["days"][-2]["by_source"] == {"badge": 50, "personal_best": 50}
    assert (body["today"], body["this_week"]) == (508, body["weeks"][-1]["xp"])
    assert sum(one["xp"] for one in body["weeks"]) == body["total_xp"]
    assert all(sum(one["by_source"].values()) == one["xp"] for one in body["days"])


async def test_a_new_player_has_an_empty_feed_and_a_summary_of_zeros(
    client: httpx.AsyncClient,
) -> None:
    me = await sign_in(client)
    assert await feed(me) == {"rewards": [], "next_cursor": None}
    body = (await me.ask("GET", "/rewards/summary")).json()
    assert {one["xp"] for one in body["days"] + body["weeks"]} == {0}


async def test_a_merged_account_s_rewards_are_granted_again_with_their_causes(
    db: Database, client: httpx.AsyncClient
) -> None:
    me = await sign_in(client)
    await play(db, [share(NOW, user=player(1).address, sdiff=2e9, name="theirs")])
    assert (await link(me, 1)).status_code == 201
    found = causes(await feed(me))
    assert found["badge-diff_1e9"]["share_id"] == str(key("theirs"))
    assert {one["source"] for one in (await feed(me))["rewards"]} == {"badge"}
