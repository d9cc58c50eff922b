"""Quests that other systems complete: over the stream, and over HTTP."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from tbg.adapters.broadcast import Broadcast
from tbg.adapters.streams import QUEST_COMPLETED, backlog
from tbg.app.relay import Relay
from tbg.core.clock import FixedClock
from tbg.core.tx import Database
from tests.accounts import key_of, player, promoted, sign_in
from tests.api import problem
from tests.app.lives import user_of
from tests.conftest import NOW
from tests.domains.gamification.play import ALICE, BOB, play, rows, share, value
from tests.domains.quests.doing import completed, load, quest
from tests.events import ingest_on, publish

VISIT = quest("visit", "external", period="weekly", badge="visitor")
WEEK = f"{NOW:%G-W%V}"


def word(user: str = ALICE, slug: str = "visit", **more: str) -> dict[str, str]:
    """An entry of the stream."""
    fields = {"user": user, "quest": slug, "source": "meetup", "ts": f"{NOW.timestamp()}"}
    return fields | more


async def poster(client: httpx.AsyncClient, db: Database) -> dict[str, str]:
    """The headers of an operator's service key."""
    me = await promoted(db, await sign_in(client, 5))
    key = await key_of(me, "service")
    return {"Authorization": f"Bearer {key['key']}"}


async def post(
    client: httpx.AsyncClient, key: dict[str, str], name: str, **body: Any
) -> httpx.Response:
    headers = key | {"Idempotency-Key": name}
    said = {"user": ALICE, "quest": "visit", **body}
    return await client.post("/api/v1/quests/completions", json=said, headers=headers)


async def frames(db: Database, kind: str) -> list[dict[str, Any]]:
    found = await rows(db, "SELECT data FROM frames WHERE type = :kind ORDER BY id", kind=kind)
    return [data if isinstance(data, dict) else json.loads(data) for (data,) in found]


async def test_five_deliveries_and_two_posts_are_one_completion_ledger_row_badge_and_frame(
    db: Database, redis: Redis, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    await load(db, tmp_path, [VISIT], badges=True)
    ingest = ingest_on(db, redis)
    for _ in range(5):
        await publish(redis, word(event_id="visit-1"), stream=QUEST_COMPLETED)
        await ingest.drain()
    key = await poster(client, db)
    answers = [await post(client, key, name) for name in ("first", "second")]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert all(answer.json()["idempotentReplayed"] is True for answer in answers)
    await Relay(db, Broadcast(redis)).drain()

    assert await completed(db) == [("visit", WEEK)]
    alice = await user_of(db, ALICE)
    ledger = await rows(db, "SELECT user_id, idempotency_key, amount FROM xp_ledger ORDER BY id")
    assert ledger == [
        (alice, f"quest:{alice}:visit:{WEEK}", 30),
        (alice, f"badge:visitor:{alice}", 11),
    ]
    assert await rows(db, "SELECT badge_slug FROM user_badges") == [("visitor",)]
    (frame,) = await frames(db, "quest_completed")
    assert (frame["quest"], frame["period"], frame["xp"], frame["badge"]) == (
        "visit", WEEK, 30, "visitor",
    )  # fmt: skip
    assert frame["notification"]["type"] == "quests"
    assert await value(db, "SELECT count(*) FROM workers") == 0, "nobody mined"


async def test_the_first_post_creates_and_a_repetition_is_answered_from_it(
    db: Database, client: httpx.AsyncClient, clock: FixedClock, tmp_path: Path
) -> None:
    await load(db, tmp_path, [VISIT], badges=True)
    await play(db, [share(NOW)])
    key = await poster(client, db)
    first = await post(client, key, "a", at=(NOW - timedelta(hours=1)).isoformat())
    assert first.status_code == 201
    assert first.json() == {
        "quest": "visit", "period_key": WEEK, "xp": 30, "idempotentReplayed": False,
        "at": first.json()["at"],
    }  # fmt: skip
    assert (await post(client, key, "b")).status_code == 202
    clock.move(timedelta(weeks=1))
    key = await poster(client, db)
    again = await post(client, key, "a")
    assert (again.status_code, again.json()["period_key"]) == (202, WEEK), "the key says which"
    assert (await post(client, key, "c")).status_code == 201
    assert len(await completed(db)) == 2


async def test_what_cannot_be_is_refused_with_its_reason(
    db: Database, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    over = quest("over", "external", ends="2020-01-01")
    await load(db, tmp_path, [VISIT, over], badges=True)
    await play(db, [share(NOW)])
    key = await poster(client, db)
    problem(await post(client, key, "k", quest="nothing"), 404, "quest_unknown")
    problem(await post(client, key, "k", quest="stove_lit"), 409, "quest_not_external")
    problem(await post(client, key, "k", quest="over"), 409, "quest_closed")
    problem(await post(client, key, "k", user="nobody"), 404, "not_found")
    ahead, old = NOW + timedelta(minutes=6), NOW - timedelta(days=91)
    for at in (ahead, old):
        problem(await post(client, key, "k", at=at.isoformat()), 422, "time_refused")
    problem(await post(client, key, "k", at="2026-03-03T12:00:00"), 422, "invalid")
    problem(await post(client, key, "k" * 129), 422, "invalid")
    answer = await client.post(
        "/api/v1/quests/completions", json={"user": ALICE, "quest": "visit"}, headers=key
    )
    problem(answer, 422, "invalid")
    assert await completed(db) == []


@pytest.mark.parametrize("slug", ["nothing", "stove_lit", "over"])
async def test_a_word_of_no_such_quest_is_a_dead_letter_at_once_and_good_ones_go_on(
    db: Database, redis: Redis, tmp_path: Path, slug: str
) -> None:
    await load(db, tmp_path, [VISIT, quest("over", "external", ends="2020-01-01")], badges=True)
    ingest = ingest_on(db, redis)
    await publish(
        redis, word(slug=slug, event_id="x"), word(BOB, event_id="y"), stream=QUEST_COMPLETED
    )
    await ingest.drain()
    assert await backlog(redis) == 0
    ((_, letter),) = await redis.xrange("mining:dead_letter")
    assert letter[b"reason"] == b"quest"
    assert await completed(db, BOB) == [("visit", WEEK)]


async def test_history_completes_its_own_period_silently(
    db: Database, redis: Redis, tmp_path: Path
) -> None:
    await load(db, tmp_path, [VISIT], badges=True)
    then = NOW - timedelta(days=400)
    await publish(
        redis, word(event_id="z", history="true", ts=str(then.timestamp())), stream=QUEST_COMPLETED
    )
    await ingest_on(db, redis).drain()
    assert await completed(db) == [("visit", f"{then:%G-W%V}")]
    assert await rows(db, "SELECT type FROM outbox") == []
    assert await rows(db, "SELECT badges, xp FROM silent_rewards") == [(1, 41)]


async def test_only_their_player_is_sent_the_frame(
    db: Database, redis: Redis, tmp_path: Path
) -> None:
    await load(db, tmp_path, [VISIT], badges=True)
    await publish(redis, word(event_id="z"), stream=QUEST_COMPLETED)
    await ingest_on(db, redis).drain()
    shown: list[str] = []

    class Listening(Broadcast):
        async def publish(self, frames: Any, **rest: Any) -> None:
            shown.extend(f"{frame.subject} {frame.data.TYPE}" for frame in frames)

    await Relay(db, Listening(redis)).drain()
    alice = await user_of(db, ALICE)
    assert [line for line in shown if "quest_" in line] == [f"me:{alice} quest_completed"]


async def test_the_reward_feed_says_why(
    db: Database, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    await load(db, tmp_path, [VISIT], badges=True)
    mine = player(0).address
    await play(db, [share(NOW, user=mine)])
    key = await poster(client, db)
    assert (await post(client, key, "k", user=mine)).status_code == 201
    me = await sign_in(client)
    body = (await me.ask("GET", "/rewards/feed")).json()
    reward = next(one for one in body["rewards"] if one["source"] == "quest")
    cause = {name: v for name, v in reward["cause"].items() if v is not None}
    assert cause.pop("at")
    assert cause.pop("reported_by").startswith("key:")
    assert cause == {
        "kind": "quest", "id": "visit", "period": WEEK, "fact": "external", "threshold": 1,
    }  # fmt: skip
    assert reward["line"]["code"] == "quest_completed"
    assert reward["line"]["params"] == {"name": "Visit", "quest": f"visit:{WEEK}"}
