"""A player's own badges, XP and streak, beside the shapes that the documents give them."""

from __future__ import annotations

import re
import types
from datetime import date, datetime, timedelta
from typing import Any, Union, get_args, get_origin

import httpx
import pytest
from sqlalchemy import Engine, event

from tbg.core.clock import FixedClock
from tbg.core.tx import Database
from tbg.domains.gamification.actions import Grant, lock, reward
from tbg.domains.gamification.actions.streaks import check_streaks
from tests.accounts import SignedIn, link, player, sign_in
from tests.conftest import NOW
from tests.domains.gamification.play import block, execute, play, rows, share, value

WEEK = timedelta(weeks=1)
MAX_XP = 4_929_600

# Key → type. Where the documents' table and their models disagree, both keys are there.
XP = {
    "total_xp": int, "level": int, "level_title": str, "xp_into_level": int, "xp_for_level": int,
    "xp_to_next_level": int, "next_level": int, "next_title": str,
}  # fmt: skip
STREAK = {
    "current_streak": int, "longest_streak": int, "streak_start_date": date | None,
    "last_active_week": str | None, "is_active_this_week": bool,
}  # fmt: skip
BADGE = {
    "slug": str, "name": str, "description": str, "category": str, "rarity": str,
    "xp_reward": int, "total_earned": int, "percentage": float,
}  # fmt: skip
SHAPES: dict[str, Any] = {
    "/badges": {"badges": [BADGE]},
    "/badges/first_share": {
        "badge": BADGE | {"recent_earners": [{"user": str, "earned_at": datetime}]}
    },
    "/users/me/badges": {
        "earned": [{"slug": str, "earned_at": datetime, "metadata": dict}],
        "total_available": int,
        "total_earned": int,
    },
    "/users/me/xp": XP,
    "/users/me/xp/history": {
        "entries": [{
            "amount": int, "source": str, "source_id": str | None, "description": str,
            "created_at": datetime,
        }],
        "total": int,
        "page": int,
        "per_page": int,
    },
    "/users/me/streak": STREAK,
    "/users/me/streak/calendar": {
        "weeks": [{
            "week_iso": str, "week_start": date, "share_count": int, "best_diff": float,
            "is_active": bool,
        }],
    },
    "/users/me/gamification": {
        "xp": XP,
        "streak": STREAK,
        "badges": {"earned": int, "total": int},
        "stats": {
            "total_shares": int, "best_diff": float, "best_difficulty": float,
            "blocks_found": int,
        },
    },
    "/levels": {"levels": [{"level": int, "title": str, "xp_required": int, "cumulative": int}]},
}  # fmt: skip


def faults(found: Any, shape: Any, path: str = "") -> list[str]:
    """Where a value differs from a shape; more keys are allowed."""
    if isinstance(shape, dict):
        if not isinstance(found, dict):
            return [f"{path} is no object"]
        return [
            fault
            for key, inner in shape.items()
            for fault in (
                faults(found[key], inner, f"{path}.{key}") if key in found else [f"no {path}.{key}"]
            )
        ]
    if isinstance(shape, list):
        if not isinstance(found, list):
            return [f"{path} is no list"]
        return [
            fault for n, one in enumerate(found) for fault in faults(one, shape[0], f"{path}[{n}]")
        ]
    return [] if _is(found, shape) else [f"{path} is {found!r}, not {shape}"]


_PATTERNS = {
    datetime: r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
    date: r"\d{4}-\d\d-\d\d",
}


def _is(found: Any, kind: Any) -> bool:
    if get_origin(kind) in (Union, types.UnionType):
        return any(_is(found, one) for one in get_args(kind))
    if kind is types.NoneType:
        return found is None
    if kind in _PATTERNS:
        return isinstance(found, str) and re.fullmatch(_PATTERNS[kind], found) is not None
    if kind is float:
        return isinstance(found, int | float) and not isinstance(found, bool)
    return isinstance(found, kind) and (kind is bool or not isinstance(found, bool))


@pytest.mark.parametrize(
    ("found", "shape"),
    [({}, {"a": int}), ({"a": True}, {"a": int}), ({"a": "x"}, {"a": datetime}),
     ([1, "2"], [int]), ({"a": None}, {"a": str}), ({"a": "2026-01-01"}, {"a": datetime})],
)  # fmt: skip
def test_what_differs_from_a_shape_is_found(found: Any, shape: Any) -> None:
    assert len(faults(found, shape)) == 1


async def of_a_new_user(db: Database, client: httpx.AsyncClient) -> SignedIn:
    return await sign_in(client)


async def of_a_user_midway(db: Database, client: httpx.AsyncClient) -> SignedIn:
    address = player(0).address
    for week in (4, 3, 1):
        await play(db, [share(NOW - week * WEEK, user=address, sdiff=2e6) for _ in range(101)])
    await play(db, [share(NOW, user=address, worker="garage"), block(NOW, user=address)])
    await check_streaks(db)
    return await sign_in(client)


async def at_the_last_level(db: Database, client: httpx.AsyncClient) -> SignedIn:
    me = await of_a_user_midway(db, client)
    user = me.user["id"]
    missing = MAX_XP - await value(
        db, "SELECT total_xp FROM user_gamification WHERE user_id = :u", u=user
    )
    async with db.transaction(owners="shared") as tx:
        await lock(tx, [user])
        grant = Grant(user, "correction:x", missing, "correction", None, "to the top", tx.now)
        await reward(tx, grants=[grant])
    return me


@pytest.mark.parametrize("who", [of_a_new_user, of_a_user_midway, at_the_last_level])
async def test_every_response_has_the_documents_shape(
    db: Database, client: httpx.AsyncClient, who: Any
) -> None:
    me: SignedIn = await who(db, client)
    for path, shape in SHAPES.items():
        answer = await me.ask("GET", path)
        assert answer.status_code == 200
        assert faults(answer.json(), shape, path) == []


async def test_a_new_user_has_the_defaults(db: Database, client: httpx.AsyncClient) -> None:
    me = await of_a_new_user(db, client)
    xp = {
        "total_xp": 0, "level": 1, "level_title": "Nocoiner", "xp_into_level": 0,
        "xp_for_level": 100, "xp_to_next_level": 100, "next_level": 2, "next_title": "Curious Cat",
    }  # fmt: skip
    streak = {
        "current_streak": 0, "longest_streak": 0, "streak_start_date": None,
        "last_active_week": None, "is_active_this_week": False,
        "freezes_held": 0, "freezes_on": True,
    }  # fmt: skip
    assert (await me.ask("GET", "/users/me/xp")).json() == xp
    assert (await me.ask("GET", "/users/me/streak")).json() == streak
    assert (await me.ask("GET", "/users/me/gamification")).json() == {
        "xp": xp,
        "streak": streak,
        "badges": {"earned": 0, "total": 20},
        "stats": {
            "total_shares": 0, "best_diff": 0.0, "best_difficulty": 0.0, "blocks_found": 0,
        },
    }  # fmt: skip
    assert (await me.ask("GET", "/users/me/badges")).json() == {
        "earned": [], "total_available": 20, "total_earned": 0,
    }  # fmt: skip
    assert (await me.ask("GET", "/users/me/xp/history")).json() == {
        "entries": [], "total": 0, "page": 1, "per_page": 50,
    }  # fmt: skip


async def test_the_summary_agrees_with_the_details(db: Database, client: httpx.AsyncClient) -> None:
    me = await of_a_user_midway(db, client)
    summary = (await me.ask("GET", "/users/me/gamification")).json()
    earned = (await me.ask("GET", "/users/me/badges")).json()
    assert summary["xp"] == (await me.ask("GET", "/users/me/xp")).json()
    assert summary["streak"] == (await me.ask("GET", "/users/me/streak")).json()
    assert summary["streak"]["current_streak"] == 2
    assert summary["streak"]["streak_start_date"] == "2026-02-23"
    assert summary["badges"] == {"earned": len(earned["earned"]), "total": 20}
    assert {badge["slug"] for badge in earned["earned"]} == {
        "first_share", "diff_1e6", "block_finder",
    }  # fmt: skip
    assert earned["earned"][0]["earned_at"] >= earned["earned"][-1]["earned_at"]
    assert summary["stats"] == {
        "total_shares": 304, "best_diff": 2e6, "best_difficulty": 2e6, "blocks_found": 1,
    }  # fmt: skip


async def test_the_last_level_has_nothing_left_to_reach(
    db: Database, client: httpx.AsyncClient
) -> None:
    me = await at_the_last_level(db, client)
    assert (await me.ask("GET", "/users/me/xp")).json() == {
        "total_xp": MAX_XP, "level": 50, "level_title": "Timechain Guardian", "xp_into_level": 0,
        "xp_for_level": 0, "xp_to_next_level": 0, "next_level": 50,
        "next_title": "Timechain Guardian",
    }  # fmt: skip


async def test_the_history_comes_in_pages_newest_first(
    db: Database, client: httpx.AsyncClient
) -> None:
    me = await of_a_user_midway(db, client)

    async def page(number: int, size: int) -> dict[str, Any]:
        path = f"/users/me/xp/history?page={number}&per_page={size}"
        found: dict[str, Any] = (await me.ask("GET", path)).json()
        return found

    every = await page(1, 200)
    ledger = "SELECT amount FROM xp_ledger WHERE user_id = :u ORDER BY id DESC"
    amounts = [amount for (amount,) in await rows(db, ledger, u=me.user["id"])]
    assert [entry["amount"] for entry in every["entries"]] == amounts
    assert every["total"] == len(amounts) > 5
    cut = [await page(number, 2) for number in range(1, len(amounts))]
    assert [entry for part in cut for entry in part["entries"]] == every["entries"]
    assert {part["total"] for part in cut} == {len(amounts)}
    assert cut[-1]["entries"] == []
    for wrong in ("page=0", "per_page=0", "per_page=201", "page=x"):
        answer = await me.ask("GET", f"/users/me/xp/history?{wrong}")
        assert answer.status_code == 422


async def test_the_history_has_no_row_of_a_merged_account(
    db: Database, client: httpx.AsyncClient
) -> None:
    me = await of_a_user_midway(db, client)
    await play(db, [share(NOW, user=player(1).address) for _ in range(250)])
    assert (await link(me, 1)).status_code == 201
    history = (await me.ask("GET", "/users/me/xp/history?per_page=200")).json()
    assert history["total"] == len(history["entries"])
    assert "merge" not in {entry["source"] for entry in history["entries"]}
    xp = (await me.ask("GET", "/users/me/xp")).json()
    assert sum(entry["amount"] for entry in history["entries"]) == xp["total_xp"]


@pytest.mark.parametrize("weeks", [4, 52, 104])
async def test_the_calendar_has_exactly_the_weeks_that_were_asked_for(
    db: Database, client: httpx.AsyncClient, weeks: int
) -> None:
    me = await of_a_user_midway(db, client)
    found = (await me.ask("GET", f"/users/me/streak/calendar?weeks={weeks}")).json()["weeks"]
    mondays = [date.fromisoformat(week["week_start"]) for week in found]
    assert mondays == [mondays[0] + n * WEEK for n in range(weeks)]
    assert mondays[-1] == NOW.date() - timedelta(days=NOW.weekday())
    assert [week["share_count"] for week in found[-4:]] == [101, 0, 101, 1]
    assert [week["is_active"] for week in found[-4:]] == [True, False, True, True]


@pytest.mark.parametrize("weeks", [3, 105])
async def test_more_or_fewer_weeks_are_refused(client: httpx.AsyncClient, weeks: int) -> None:
    me = await sign_in(client)
    answer = await me.ask("GET", f"/users/me/streak/calendar?weeks={weeks}")
    assert answer.status_code == 422


async def test_a_streak_that_is_over_is_shown_as_over_before_the_check_runs(
    db: Database, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    me = await of_a_user_midway(db, client)
    clock.move(2 * WEEK)
    me = await sign_in(client)
    streak = (await me.ask("GET", "/users/me/streak")).json()
    assert (streak["current_streak"], streak["streak_start_date"]) == (0, None)
    assert streak["longest_streak"] == 2


async def test_the_summary_reads_one_row_by_its_key(
    db: Database, client: httpx.AsyncClient
) -> None:
    me = await of_a_user_midway(db, client)
    await execute(
        db,
        "INSERT INTO user_gamification (user_id, updated_at)"
        " SELECT 1000 + n, now() FROM generate_series(1, 5000) n",
        "ANALYZE user_gamification",
    )
    await me.ask("GET", "/users/me/gamification")  # the number of badges is remembered from here
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        await me.ask("GET", "/users/me/gamification")
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    own = "user_badges|xp_ledger|streak_calendar|badge_definitions|user_gamification"
    (statement,) = [one for one in asked if re.search(own, one)]
    plan = await rows(
        db,
        "EXPLAIN (ANALYZE, COSTS off, TIMING off, BUFFERS off, SUMMARY off) "
        + statement.replace("$1", str(me.user["id"])),
    )
    nodes = [line for (line,) in plan if "actual rows" in line]
    assert len(nodes) == 1, plan
    assert nodes[0].startswith("Index Scan using user_gamification_pk on user_gamification")
    assert re.search(r"rows=1(\.00)? ", nodes[0])
