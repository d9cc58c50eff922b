"""The registry of badges as a document, and its texts in another language."""

from __future__ import annotations

from pathlib import Path

import httpx
import orjson
from jsonschema import Draft202012Validator

from tbg.core.tx import Database
from tbg.domains.gamification.actions.registry import load_registry
from tbg.domains.gamification.queries.registry import translations
from tests.domains.gamification.play import execute

FOLDER = Path(__file__).parents[3] / "src/tbg/registry"
BADGES = orjson.loads((FOLDER / "badges.json").read_bytes())["badges"]
PACK = Path(__file__).parents[3] / "docs/example-pack.json"


async def test_the_registry_is_served_whole_with_its_schema(client: httpx.AsyncClient) -> None:
    body = (await client.get("/api/v1/registry/badges")).json()
    served = [{name: one[name] for name in BADGES[0]} for one in body["badges"]]
    assert served == BADGES
    schema = await client.get("/api/v1/registry/badges.schema.json")
    assert schema.headers["content-type"] == "application/schema+json"
    document = {"schema_version": body["schema_version"], "badges": served}
    Draft202012Validator(schema.json()).validate(document)


async def test_the_version_and_the_tag_change_with_the_content(
    db: Database, client: httpx.AsyncClient
) -> None:
    first = await client.get("/api/v1/registry/badges")
    tag = {"If-None-Match": first.headers["etag"]}
    assert (await client.get("/api/v1/registry/badges", headers=tag)).status_code == 304
    await execute(db, "UPDATE badge_definitions SET xp_reward = 51 WHERE slug = 'first_share'")
    second = await client.get("/api/v1/registry/badges", headers=tag)
    assert second.status_code == 200
    assert second.json()["version"] != first.json()["version"]


async def test_a_pack_is_part_of_the_registry(
    db: Database, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    (tmp_path / "pack.json").write_bytes(PACK.read_bytes())
    async with db.transaction() as tx:
        await load_registry(tx, packs=tmp_path)
    slugs = [one["slug"] for one in (await client.get("/api/v1/registry/badges")).json()["badges"]]
    added = [badge["slug"] for badge in orjson.loads(PACK.read_bytes())["badges"]]
    assert set(slugs) == {*(badge["slug"] for badge in BADGES), *added}


def test_every_translation_has_all_badges_and_different_words() -> None:
    assert translations().keys() == {"de"}
    for texts in translations().values():
        assert list(texts) == [badge["slug"] for badge in BADGES]
        same = {b["slug"] for b in BADGES if texts[b["slug"]].description == b["description"]}
        assert same == set()


async def test_badges_speak_the_language_that_is_asked_for(client: httpx.AsyncClient) -> None:
    async def name(query: str) -> str:
        body = (await client.get(f"/api/v1/badges/first_share{query}")).json()
        found: str = body["badge"]["name"]
        return found

    assert await name("") == await name("?lang=en") == await name("?lang=fr") == "First Hash"
    assert await name("?lang=de") == "Erster Hash"
    listed = (await client.get("/api/v1/badges?lang=de")).json()["badges"]
    assert listed[0]["description"] == "Schicke deinen allerersten Share an den Pool"
    assert (await client.get("/api/v1/badges?lang=DE-x")).status_code == 422
    registry = (await client.get("/api/v1/registry/badges")).json()["badges"]
    assert registry[0]["translations"]["de"]["name"] == "Erster Hash"
