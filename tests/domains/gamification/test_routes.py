"""Badges and levels over HTTP."""

from __future__ import annotations

import json
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import httpx
import orjson
import pytest

from tbg.core import limits
from tbg.core.tx import Database
from tbg.domains.gamification.actions.registry import load_registry
from tbg.domains.gamification.schemas import CATEGORIES, RARITIES
from tests.conftest import NOW
from tests.domains.gamification.play import ALICE, BOB, play, share

SLUGS_OF_OTHER_DOMAINS = [
    "node_runner", "node_pruned", "node_archival", "world_cup_participant", "world_cup_winner",
    "orange_piller", "rabbit_hole_complete", "coop_founder", "coop_block",
]  # fmt: skip


async def test_the_twenty_badges_in_order(client: httpx.AsyncClient) -> None:
    body = (await client.get("/api/v1/badges")).json()
    assert body["total_available"] == 20
    assert [badge["sort_order"] for badge in body["badges"]] == list(range(1, 21))
    assert body["badges"][0] == {
        "slug": "first_share",
        "name": "First Hash",
        "description": "Submit your very first share to the pool",
        "category": "mining",
        "rarity": "common",
        "xp_reward": 50,
        "trigger_type": "share_count",
        "threshold": 1,
        "sort_order": 1,
        "open": True,
        "picture": None,
        "total_earned": 0,
        "percentage": 0,
    }
    closed = [badge["slug"] for badge in body["badges"] if not badge["open"]]
    assert closed == SLUGS_OF_OTHER_DOMAINS
    assert {badge["category"] for badge in body["badges"]} == set(CATEGORIES)
    assert {badge["rarity"] for badge in body["badges"]} == set(RARITIES)


async def test_a_badge_without_a_number_to_reach_has_no_threshold(
    client: httpx.AsyncClient,
) -> None:
    body = (await client.get("/api/v1/badges/block_finder")).json()
    assert body["badge"]["threshold"] is None
    assert body["badge"]["open"] is True


async def test_the_picture_of_a_pack_is_served_and_named_with_its_badge(
    db: Database, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9" /></svg>'
    (tmp_path / "rig.svg").write_text(svg)
    entry = {
        "slug": "our_rig", "name": "Our Rig", "description": "x", "category": "mining",
        "rarity": "rare", "xp_reward": 5, "trigger_type": "share_count",
        "trigger_config": {"threshold": 5}, "sort_order": 100, "picture": "rig.svg",
    }  # fmt: skip
    pack = {"schema_version": "1", "pack": "ours", "badges": [entry]}
    (tmp_path / "pack.json").write_text(json.dumps(pack))
    async with db.transaction() as tx:
        await load_registry(tx, packs=tmp_path)
    badge = (await client.get("/api/v1/badges/our_rig")).json()["badge"]
    assert badge["picture"] == "/api/v1/badges/our_rig/picture.svg"
    answer = await client.get(badge["picture"])
    assert answer.text == svg
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    missing = await client.get("/api/v1/badges/first_share/picture.svg")
    assert missing.status_code == 404


async def test_one_category_alone(client: httpx.AsyncClient) -> None:
    body = (await client.get("/api/v1/badges", params={"category": "streak"})).json()
    assert [badge["slug"] for badge in body["badges"]] == ["streak_4", "streak_12", "streak_52"]
    assert body["total_available"] == 20
    none = (await client.get("/api/v1/badges", params={"category": "cooking"})).json()
    assert none == {"badges": [], "total_available": 20}
    assert (await client.get("/api/v1/badges", params={"category": "x" * 65})).status_code == 422


async def test_a_badge_names_its_latest_earners(db: Database, client: httpx.AsyncClient) -> None:
    earlier = NOW - timedelta(hours=1)
    await play(db, [share(earlier, user=ALICE), share(NOW, user=BOB)])
    body = (await client.get("/api/v1/badges/first_share")).json()
    assert [earner["user"] for earner in body["badge"]["recent_earners"]] == [BOB, ALICE]
    assert body["badge"]["recent_earners"][1]["earned_at"] == "2026-03-04T11:00:00Z"


async def test_the_list_of_earners_is_bounded(db: Database, client: httpx.AsyncClient) -> None:
    many = limits.RECENT_EARNERS + 5
    async with db.transaction() as tx:
        await tx.run(
            """
            INSERT INTO users (created_at)
            SELECT :now FROM generate_series(1, CAST(:many AS integer))
            """,
            now=tx.now,
            many=many,
        )
        # The first user has no address any more: they were deleted, but their badge still counts.
        await tx.run(
            """
            INSERT INTO user_addresses SELECT 'address-' || n, n, :now
            FROM generate_series(2, CAST(:many AS integer)) n
            """,
            now=tx.now,
            many=many,
        )
        await tx.run(
            """
            INSERT INTO user_badges SELECT n, 'first_share', :now, :now, '{}'
            FROM generate_series(1, CAST(:many AS integer)) n
            """,
            now=tx.now,
            many=many,
        )
    earners = (await client.get("/api/v1/badges/first_share")).json()["badge"]["recent_earners"]
    assert len(earners) == limits.RECENT_EARNERS - 1
    assert "address-2" in {earner["user"] for earner in earners}


async def test_an_unknown_badge_is_404(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/badges/golden_hash")
    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/not_found"
    assert "golden_hash" in answer.json()["detail"]


@pytest.mark.parametrize("slug", ["First_Share", "a" * 65, "%00", "first-share", "ä"])
async def test_what_can_be_no_badge_is_422(client: httpx.AsyncClient, slug: str) -> None:
    answer = await client.get(f"/api/v1/badges/{slug}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "path.slug"


async def test_the_fifteen_levels(client: httpx.AsyncClient) -> None:
    levels = (await client.get("/api/v1/levels")).json()["levels"]
    assert len(levels) == 15
    assert levels[0] == {"level": 1, "title": "Nocoiner", "xp_required": 0, "cumulative": 0}
    assert levels[-1] == {
        "level": 50,
        "title": "Timechain Guardian",
        "xp_required": 1_000_000,
        "cumulative": 4_929_600,
    }


def test_the_words_are_those_of_the_registry_s_schema() -> None:
    schema = orjson.loads((files("tbg.registry") / "badges.schema.json").read_bytes())
    badge = schema["$defs"]["badge"]["properties"]
    assert badge["category"]["enum"] == list(CATEGORIES)
    assert badge["rarity"]["enum"] == list(RARITIES)
