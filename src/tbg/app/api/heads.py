"""What the head of each page says to search engines, chats and telephones: its tags as HTML.

Everything that a person wrote is escaped here, in one place. A page about a miner who is unknown or
not public has the tags of the pool, the same in both cases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import blake2b
from html import escape
from typing import NamedTuple
from urllib.parse import quote

from tbg.adapters import bitcoin
from tbg.adapters.pictures.card import HEIGHT, WIDTH
from tbg.app.api.area import API
from tbg.core import page_limits
from tbg.core.remembered import Remembered
from tbg.core.settings import Settings
from tbg.core.telemetry import log
from tbg.core.tx import Database, is_passing
from tbg.domains.accounts.rules import why_no_handle
from tbg.domains.gamification.queries import badge_catalogue
from tbg.domains.public.queries import MinerPreview, miner_preview, pool_config

_ABOUT = re.compile(r"/(m|badges)/([^/]+)")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_]{0,63}")

_PROMISE = "A score for your home miner: levels, streaks and twenty badges."
_PAGES = {
    "/badges": (
        "Badges",
        "Every badge that a home miner can earn here, what it takes, and how many have it.",
    ),
    "/quests": (
        "Quests",
        "Small goals for a day, a week or a season that any home miner can complete here.",
    ),
    "/how-it-works": (
        "How it works",
        "What XP, levels, badges, streaks, difficulty and odds are, with this pool's own numbers.",
    ),
}
"""Pages that are the same for everybody: title and description."""

_log = log(__name__)


class Head(NamedTuple):
    """What a page says of itself.

    `path`: where it is found, None if it should not be; `picture` and `alt`: its card, and that in
    words.
    """

    title: str
    description: str
    path: str | None
    picture: str
    alt: str
    kind: str = "website"


class Heads:
    """The heads of all pages; what the database says is kept for some seconds."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._config = pool_config(settings).model_dump_json()
        self._known: Remembered[tuple[str, str], Head | None] = Remembered(
            self._look_up,
            otherwise=None,
            failed=_note,
            seconds=page_limits.HEAD_SECONDS,
            patience=page_limits.HEAD_PATIENCE,
            most=page_limits.HEADS_KEPT,
        )

    async def of(self, path: str) -> str:
        """The tags of the page at a path."""
        return "\n    ".join(self._tags(await self._head(path.rstrip("/") or "/")))

    async def _head(self, path: str) -> Head:
        pool = self._settings.pool_name
        if path == "/":
            return self._pool(path)
        if path in _PAGES:
            title, description = _PAGES[path]
            return self._pool(path)._replace(title=f"{title} · {pool}", description=description)
        asked = _ABOUT.fullmatch(path)
        key = asked and self._key(*asked.groups())
        found = await self._known.get(key) if key else None
        return found or self._pool(None)

    def _key(self, area: str, name: str) -> tuple[str, str] | None:
        """What to look up; None if there can be nothing under this name."""
        if area == "badges":
            return (area, name) if _SLUG.fullmatch(name) else None
        try:
            return area, bitcoin.normalise(name, self._settings.network)
        except bitcoin.AddressRefused:
            return None if why_no_handle(name) is not None else (area, name)

    async def _look_up(self, key: tuple[str, str]) -> Head | None:
        area, name = key
        async with self._database.transaction() as tx:
            if area == "m":
                preview = await miner_preview(tx, name)
                return preview and self._miner(preview)
            badge = (await badge_catalogue(tx)).get(name)
        if badge is None:
            return None
        return self._pool(f"/badges/{badge.slug}")._replace(
            title=f"{badge.name} · {self._settings.pool_name}", description=badge.description
        )

    def _pool(self, path: str | None) -> Head:
        pool = self._settings.pool_name
        return Head(
            title=f"{pool}: a score for your home miner",
            description=_PROMISE,
            path=path,
            picture="/public/card.png",
            alt=f"The sign of {pool} on a wall of green tiles",
        )

    def _miner(self, preview: MinerPreview) -> Head:
        card = preview.card
        name, pool = card.names[0], self._settings.pool_name
        weeks = f"{preview.streak} {'week' if preview.streak == 1 else 'weeks'} in a row"
        facts = [
            f"Level {card.level}, {card.title}",
            f"{card.badges} of {card.badges_total} badges",
        ]
        facts += [weeks] if preview.streak else []
        page = quote(preview.handle, safe="")
        # A new card has a new address: chats keep pictures by theirs, some for ever.
        version = blake2b(repr((card, pool)).encode(), digest_size=4).hexdigest()
        return Head(
            title=f"{name} · {pool}",
            description=f"{'. '.join(facts)}.",
            path=f"/m/{page}",
            picture=f"/public/miners/{page}/card.png?v={version}",
            alt=f"{name}: level {card.level}, {card.title}",
            kind="profile",
        )

    def _tags(self, head: Head) -> Iterator[str]:
        pool, base = self._settings.pool_name, self._settings.public_url.rstrip("/")
        yield f"<title>{escape(head.title)}</title>"
        yield _named("description", head.description)
        yield _named("apple-mobile-web-app-title", pool)
        yield _named("pool-config", self._config)
        if head.path is None:
            yield _named("robots", "noindex")
        else:
            url = base + head.path
            yield f'<link rel="canonical" href="{escape(url)}" />'
            yield _property("og:url", url)
        yield _property("og:type", head.kind)
        yield _property("og:site_name", pool)
        yield _property("og:title", head.title)
        yield _property("og:description", head.description)
        yield _property("og:image", f"{base}{API}{head.picture}")
        yield _property("og:image:type", "image/png")
        yield _property("og:image:width", str(WIDTH))
        yield _property("og:image:height", str(HEIGHT))
        yield _property("og:image:alt", head.alt)
        yield _named("twitter:card", "summary_large_image")


def _named(name: str, content: str) -> str:
    return f'<meta name="{name}" content="{escape(content)}" />'


def _property(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{escape(content)}" />'


def _note(error: Exception) -> None:
    """The page is sent all the same, with the pool's tags."""
    if is_passing(error):
        _log.warning("head_without_database", error=str(error)[:300])
    else:
        _log.exception("head_failed", exc_info=error)
