"""Quests over HTTP: for everybody, and for the player."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tbg.core.clock import FixedClock
from tbg.core.tx import Database
from tests.accounts import player, sign_in
from tests.api import problem
from tests.conftest import NOW
from tests.domains.gamification.play import play, share
from tests.domains.quests.doing import evaluate, load, quest

DAY = timedelta(days=1)
NOT_OPEN = {"first_page", "quiz_evening", "at_the_fair", "around_one_stove", "unwrapped"}


async def quests(client: httpx.AsyncClient, query: str = "") -> dict[str, dict[str, Any]]:
    answer = await client.get(f"/api/v1/quests{query}")
    assert answer.status_code == 200
    return {one["slug"]: one for one in answer.json()["quests"]}


async def test_twelve_quests_ship_and_those_without_a_fact_are_not_open(
    client: httpx.AsyncClient,
) -> None:
    found = await quests(client)
    assert len(found) == 12
    assert {slug for slug, one in found.items() if not one["open"]} == NOT_OPEN
    assert {one["period"] for one in found.values()} == {"once", "daily", "weekly", "season"}
    facts = {one["goal"]["fact"] for one in found.values()}
    assert not facts & {"accepted_shares", "workers_online", "work", "best_sdiff"}
    assert found["stove_lit"]["period_key"] == f"{NOW:%Y-%m-%d}"
    assert found["five_of_seven"]["period_key"] == f"{NOW:%G-W%V}"
    assert found["back_again"]["period_ends_at"] is None


async def test_a_quest_is_read_alone_and_in_another_language(client: httpx.AsyncClient) -> None:
    (await client.get("/api/v1/quests/stove_lit")).raise_for_status()
    german = (await client.get("/api/v1/quests/stove_lit?lang=de")).json()
    assert german["name"] == "Der Ofen brennt"
    assert german["name"] == (await quests(client, "?lang=de"))["stove_lit"]["name"]
    assert (await quests(client, "?lang=fr"))["stove_lit"]["name"] == "The Stove Is Lit"
    problem(await client.get("/api/v1/quests/nothing"), 404, "not_found")


@pytest.mark.parametrize(
    ("when", "key", "ends"),
    [
        ("2026-01-01", "2026-S1", "2026-03-30"),
        ("2025-12-29", "2026-S1", "2026-03-30"),
        ("2026-03-30", "2026-S2", "2026-06-29"),
        ("2026-12-31", "2026-S4", "2027-01-04"),
        ("2027-01-03", "2026-S4", "2027-01-04"),
    ],
)
async def test_a_season_is_thirteen_iso_weeks_and_the_last_one_goes_to_the_end_of_the_year(
    client: httpx.AsyncClient, clock: FixedClock, when: str, key: str, ends: str
) -> None:
    clock.at = clock.at.fromisoformat(f"{when}T12:00:00+00:00")
    season = (await quests(client))["through_the_season"]
    assert (season["period_key"], season["period_ends_at"]) == (key, f"{ends}T00:00:00Z")


async def test_the_player_reads_progress_and_completions_page_by_page(
    db: Database, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    later = quest("later", "active_days", 1, starts="2030-01-01")
    await load(db, tmp_path, [quest("ten", "accepted_shares", 10, period="weekly"), later])
    address = player(0).address
    await play(db, [share(NOW - n * DAY, user=address) for n in range(6)])
    await evaluate(db)
    me = await sign_in(client)
    body = (await me.ask("GET", "/users/me/quests")).json()
    own = {one["slug"]: one for one in body["quests"]}
    assert own["stove_lit"]["completed_at"] is not None
    assert own["stove_lit"]["progress"] == 1
    assert own["ten"]["progress"] == min(6, NOW.weekday() + 1)
    assert (own["ten"]["completed_at"], own["later"]["period_key"]) == (None, None)
    assert own["first_page"]["progress"] == 0
    every = [(one["quest"], one["period_key"]) for one in body["completions"]]
    assert len(every) == len(set(every)) >= 7

    paged, cursor = [], None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await me.ask("GET", "/users/me/quests", params=params)).json()
        assert len(page["completions"]) <= 2
        paged += [(one["quest"], one["period_key"]) for one in page["completions"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert paged == every
    times = [one["at"] for one in body["completions"]]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("cursor", ["x", "2026-01-01T00:00:00~a~b", "~~", "2026-01-01", "%00"])
async def test_a_cursor_that_is_not_ours_is_refused(client: httpx.AsyncClient, cursor: str) -> None:
    me = await sign_in(client)
    answer = await me.ask("GET", f"/users/me/quests?cursor={cursor}")
    problem(answer, 422, "invalid")
