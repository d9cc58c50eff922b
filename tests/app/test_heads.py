"""What the head of a page says to chats, search engines and telephones."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis
from sqlalchemy import event

from tbg.app.api import pages
from tbg.core import page_limits
from tbg.core.clock import FixedClock
from tbg.core.tx import Database, connect
from tbg.domains.accounts.rules import handle_key
from tests.api import client_of, make_app, problem
from tests.conftest import NOW
from tests.domains.gamification.play import ALICE, BOB, share
from tests.domains.public.mining import mine

PAGE = (Path(__file__).parents[2] / "web" / "index.html").read_text(encoding="utf-8")
URL = "http://127.0.0.1:8000"
NASTY = '"><script>alert(1)</script>&'


class Head(HTMLParser):
    """The tags of a page, as a crawler reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: dict[str, str] = {}
        self.titles: list[str] = []
        self.scripts = 0
        self._in_title = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        of = {name: value or "" for name, value in attrs}
        self._in_title = tag == "title"
        self.scripts += tag == "script"
        if tag == "meta" and (name := of.get("property") or of.get("name")) and "media" not in of:
            assert name not in self.said, f"{name} is said twice"
            self.said[name] = of["content"]
        if tag == "link" and of["rel"] in ("canonical", "manifest", "apple-touch-icon"):
            self.said[of["rel"]] = of["href"]

    def handle_data(self, data: str) -> None:
        """Note the title."""
        if self._in_title and data.strip():
            self.titles.append(data)
            self._in_title = False


@asynccontextmanager
async def reader(db: Database, redis: Redis, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API beside a web app whose page is the real one."""
    async with client_of(make_app(db, redis, **settings)) as client:
        yield client


@pytest.fixture(autouse=True)
def _built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    monkeypatch.setattr(pages, "_CHECKOUT", tmp_path)


async def head(client: httpx.AsyncClient, path: str, status: int = 200) -> Head:
    answer = await client.get(path)
    assert answer.status_code == status, answer.text
    found = Head(answer.text)
    assert len(found.titles) == 1
    assert found.scripts == 1  # the app's own
    assert found.said["og:title"] == found.titles[0]
    assert found.said["og:description"] == found.said["description"]
    assert found.said["twitter:card"] == "summary_large_image"
    assert found.said["manifest"] == "/manifest.webmanifest"
    return found


async def describe(db: Database, address: str, **values: Any) -> None:
    """Set columns of the user who has an address, and has claimed it."""
    values["claimed_at"] = NOW
    if handle := values.get("handle"):
        values["handle_key"] = handle_key(handle)
    sets = ", ".join(f"{name} = :{name}" for name in values)
    async with db.transaction(owners="shared") as tx:
        await tx.run(
            f"UPDATE users SET {sets} WHERE id ="
            " (SELECT user_id FROM user_addresses WHERE address = :address)",
            address=address,
            **values,
        )


async def test_every_public_page_has_a_head_of_its_own(db: Database, redis: Redis) -> None:
    await mine(db, [share(NOW, sdiff=1234.0)])
    async with reader(db, redis) as client:
        found = {
            path: await head(client, path)
            for path in ("/", "/badges", "/how-it-works", "/badges/first_share", f"/m/{ALICE}")
        }
    assert {path: one.titles[0] for path, one in found.items()} == {
        "/": "The Bitcoin Game: a score for your home miner",
        "/badges": "Badges · The Bitcoin Game",
        "/how-it-works": "How it works · The Bitcoin Game",
        "/badges/first_share": "First Hash · The Bitcoin Game",
        f"/m/{ALICE}": f"{ALICE[:4]}…{ALICE[-4:]} · The Bitcoin Game",
    }
    for path, one in found.items():
        assert one.said["canonical"] == one.said["og:url"] == URL + path
        assert one.said["og:site_name"] == "The Bitcoin Game"
    assert len({one.said["description"] for one in found.values()}) == 5
    said = found[f"/m/{ALICE}"].said
    assert said["description"] == "Level 1, Nocoiner. 1 of 20 badges. 1 week in a row."
    assert said["og:image"].startswith(f"{URL}/api/v1/public/miners/{ALICE}/card.png?v=")
    assert found["/badges"].said["og:image"] == f"{URL}/api/v1/public/card.png"


async def test_a_page_brings_the_configuration(db: Database, redis: Redis) -> None:
    async with reader(db, redis, pool_name=NASTY) as client:
        config = (await client.get("/api/v1/config")).json()
        assert config["name"] == NASTY
        for path in ("/", "/badges", f"/m/{ALICE}"):
            assert json.loads((await head(client, path)).said["pool-config"]) == config


async def test_a_page_names_what_it_fetches_besides_the_app(
    db: Database, redis: Redis, tmp_path: Path
) -> None:
    (tmp_path / "first.json").write_text('{"": ["a/x.js", "a/x.css"], "m": ["a/y.js"]}')
    async with reader(db, redis) as client:
        links = {path: (await client.get(path)).text for path in ("/", f"/m/{ALICE}", "/badges")}
    script = '<link rel="modulepreload" crossorigin href="/a/{}.js" />'
    style = '<link rel="stylesheet" crossorigin href="/a/x.css" />'
    found = {
        path: [script.format("x") in text, style in text, script.format("y") in text]
        for path, text in links.items()
    }
    assert found == {
        "/": [True, True, False],
        f"/m/{ALICE}": [False, False, True],
        "/badges": [False, False, False],
    }


async def test_a_page_by_an_address_names_the_handle_as_its_place(
    db: Database, redis: Redis
) -> None:
    await mine(db, [share(NOW)])
    await describe(db, ALICE, handle="Stoker", display_name="The stoker")
    async with reader(db, redis) as client:
        found = [await head(client, f"/m/{name}") for name in (ALICE, ALICE.upper(), "stoker")]
    assert {one.said["canonical"] for one in found} == {f"{URL}/m/Stoker"}
    assert {one.titles[0] for one in found} == {"The stoker · The Bitcoin Game"}


async def test_what_people_wrote_stays_text(db: Database, redis: Redis) -> None:
    await mine(db, [share(NOW)])
    await describe(db, ALICE, display_name=NASTY)
    async with reader(db, redis, pool_name=f"Pool {NASTY}") as client:
        found = await head(client, f"/m/{ALICE}")
        assert found.titles == [f"{NASTY} · Pool {NASTY}"]
        assert found.said["og:site_name"] == f"Pool {NASTY}"
        assert found.said["og:image:alt"].startswith(NASTY)
        for path in ("/", "/badges", f"/m/{NASTY}", "/<script>"):
            answer = await client.get(path)
            assert "<script>alert" not in answer.text
            assert Head(answer.text).scripts == 1


async def test_a_private_miner_cannot_be_told_from_an_unknown_one(
    db: Database, redis: Redis
) -> None:
    await mine(db, [share(NOW, sdiff=5.0), share(NOW, user=BOB)])
    await describe(db, ALICE, profile_public=False, handle="Stoker", display_name="Secret")
    async with reader(db, redis) as client:
        private = [await client.get(f"/m/{name}") for name in (ALICE, "Stoker")]
        unknown = await client.get("/m/nobody-here")
        nonsense = await client.get("/m/not%20a%20name%20at%20all")
        card = await client.get("/api/v1/public/miners/Stoker/card.png")
        no_card = await client.get("/api/v1/public/miners/nobody-here/card.png")
    assert {answer.text for answer in private} == {unknown.text} == {nonsense.text}
    assert Head(unknown.text).said["robots"] == "noindex"
    assert "canonical" not in Head(unknown.text).said
    assert problem(card, 404, "not_found")["detail"] == problem(no_card, 404, "not_found")["detail"]


@pytest.mark.parametrize("how", ["hidden", "short"])
async def test_an_address_that_is_not_shown_appears_nowhere(
    db: Database, redis: Redis, how: str
) -> None:
    await mine(db, [share(NOW)])
    await describe(db, ALICE, handle="Stoker", address_shown=how)
    async with reader(db, redis) as client:
        by_handle = await client.get("/m/Stoker")
        by_address = await client.get(f"/m/{ALICE}")
        unknown = await client.get(f"/m/{BOB}")
        assert (await client.get("/api/v1/public/miners/Stoker/card.png")).status_code == 200
        card = await client.get(f"/api/v1/public/miners/{ALICE}/card.png")
    assert Head(by_handle.text).titles == ["Stoker · The Bitcoin Game"]
    assert ALICE not in by_handle.text
    assert ALICE[-4:] not in by_handle.text
    assert by_address.text == unknown.text
    problem(card, 404, "not_found")


@pytest.mark.parametrize("path", ["/nowhere", "/m", "/badges/a/b"])
async def test_a_page_there_is_not_has_the_pools_head_and_404(
    db: Database, redis: Redis, path: str
) -> None:
    async with reader(db, redis) as client:
        assert (await head(client, path, 404)).said["robots"] == "noindex"


async def test_a_page_asked_for_again_costs_no_statement(db: Database, redis: Redis) -> None:
    await mine(db, [share(NOW)])
    seen: list[str] = []

    def note(*args: Any) -> None:
        seen.append(args[2])

    async with reader(db, redis) as client:
        event.listen(db.engine.sync_engine, "before_cursor_execute", note)
        paths = (f"/m/{ALICE}", "/badges/first_share", "/m/nobody-here")
        await asyncio.gather(*(client.get(path) for path in paths * 4))
        first = len(seen)
        for path in paths * 3:
            await client.get(path)
    event.remove(db.engine.sync_engine, "before_cursor_execute", note)
    assert 0 < first == len(seen) <= 6


async def test_without_a_database_pages_come_with_the_pools_head(redis: Redis) -> None:
    away = connect("postgresql://nobody@127.0.0.1:9/none", FixedClock(NOW))
    async with reader(away, redis) as client:
        assert "robots" in (await head(client, f"/m/{ALICE}")).said
        assert "robots" not in (await head(client, "/")).said
    await away.close()


async def test_a_database_that_hangs_delays_pages_for_a_moment_only(redis: Redis) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hangs = connect(f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/none",
                        FixedClock(NOW))  # fmt: skip
        async with reader(hangs, redis) as client:
            begun = time.monotonic()
            await head(client, f"/m/{ALICE}")
            waited = time.monotonic() - begun
            assert waited < page_limits.HEAD_PATIENCE + 3
            begun = time.monotonic()
            await head(client, f"/m/{ALICE}")
            assert time.monotonic() - begun < 0.5  # it is not asked again so soon
        await hangs.close()


async def test_a_page_is_compressed_and_asked_for_again_by_its_tag(
    db: Database, redis: Redis
) -> None:
    await mine(db, [share(NOW)])
    async with reader(db, redis) as client:
        packed = {"Accept-Encoding": "gzip, br"}
        async with client.stream("GET", f"/m/{ALICE}", headers=packed) as answer:
            raw = b"".join([piece async for piece in answer.aiter_raw()])
        plain = await client.get(f"/m/{ALICE}", headers={"Accept-Encoding": "identity"})
        assert answer.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert gzip.decompress(raw) == plain.content
        assert plain.headers["cache-control"] == "no-cache"
        assert "Accept-Encoding" in plain.headers["vary"]
        known = {"If-None-Match": f'"other", {plain.headers["etag"]}'}
        again = await client.get(f"/m/{ALICE}", headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert (await client.get("/badges", headers=known)).status_code == 200


async def test_a_miners_card_changes_with_what_it_shows(db: Database, redis: Redis) -> None:
    await mine(db, [share(NOW)])
    path = f"/api/v1/public/miners/{ALICE}/card.png"
    async with reader(db, redis) as client:
        card = await client.get(path)
        assert card.headers["content-type"] == "image/png"
        assert card.headers["cache-control"] == f"public, max-age={page_limits.PICTURE_CACHED}"
        assert struct.unpack(">II", card.content[16:24]) == (1200, 630)
        known = {"If-None-Match": card.headers["etag"]}
        assert (await client.get(path, headers=known)).status_code == 304
        await describe(db, ALICE, display_name="The stoker")
        changed = await client.get(path, headers=known)
        assert changed.status_code == 200
        assert changed.content != card.content
        pool = await client.get("/api/v1/public/card.png")
        assert struct.unpack(">II", pool.content[16:24]) == (1200, 630)
        problem(await client.get("/api/v1/public/miners/no%20name/card.png"), 422, "not_an_address")


async def test_a_new_card_has_a_new_address(db: Database, redis: Redis) -> None:
    await mine(db, [share(NOW)])
    seen = []
    for name in ("one", "another"):
        await describe(db, ALICE, display_name=name)
        async with reader(db, redis) as client:  # one that has read nothing yet
            seen.append((await head(client, f"/m/{ALICE}")).said["og:image"])
            assert (await client.get(seen[-1])).status_code == 200
    assert seen[0] != seen[1]


async def test_too_many_pictures_are_refused(db: Database, redis: Redis) -> None:
    most = page_limits.RATE_PICTURES[0]
    async with reader(db, redis) as client:
        answers = [await client.get("/api/v1/public/card.png") for _ in range(2 * most)]
    served = [answer.status_code for answer in answers].index(429)
    assert served >= most  # some come back while the test asks
    problem(answers[served], 429, "too_many_requests")


async def test_the_manifest_names_the_pool_and_icons_that_exist(db: Database, redis: Redis) -> None:
    async with reader(db, redis, pool_name=NASTY) as client:
        answer = await client.get("/manifest.webmanifest")
    assert answer.headers["content-type"] == "application/manifest+json"
    manifest = answer.json()
    assert manifest["name"] == NASTY
    assert (manifest["start_url"], manifest["display"]) == ("/", "standalone")
    public = Path(__file__).parents[2] / "web" / "public"
    for icon in manifest["icons"]:
        png = (public / icon["src"].lstrip("/")).read_bytes()
        assert icon["sizes"] == "{}x{}".format(*struct.unpack(">II", png[16:24]))
    tokens = (public.parent / "src" / "styles" / "tokens.css").read_text(encoding="utf-8")
    assert f"--ground: {manifest['theme_color']}" in tokens
    assert f"--ground: {manifest['color_scheme_dark']['theme_color']}" in tokens
