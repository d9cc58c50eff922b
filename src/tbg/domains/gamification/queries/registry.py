"""Reads the badge registry as a document: the definitions, and their texts in other languages."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

import orjson

from tbg.core.registry_files import FOLDER, RegistryKind
from tbg.core.tx import Tx
from tbg.domains.gamification import queries
from tbg.domains.gamification.schemas.registry import BadgeRegistry, BadgeText, RegistryEntry

BADGES = RegistryKind("badges", "badge", "TBG_BADGE_PACKS", "records their events")
SCHEMA_VERSION = "1"


@cache
def schema() -> bytes:
    """The JSON Schema of registries and packs."""
    return BADGES.schema()


@cache
def translations() -> dict[str, dict[str, BadgeText]]:
    """Language → slug → the texts of a badge; English is in the registry itself."""
    found = {}
    for file in sorted(FOLDER.glob("badges.??.json")):
        content = orjson.loads(file.read_bytes())
        found[content["language"]] = {
            slug: BadgeText.model_validate(text) for slug, text in content["badges"].items()
        }
    return found


def text_of(badge: queries.BadgeDefinition, language: str | None) -> BadgeText:
    """A badge's name and description; in English where there is no translation."""
    english = BadgeText(name=badge.name, description=badge.description)
    return translations().get(language or "en", {}).get(badge.slug, english)


async def registry(tx: Tx) -> BadgeRegistry:
    """All active badges in order. `version` changes whenever anything of them does."""
    entries = [
        RegistryEntry(
            **badge._asdict(),
            translations={
                language: texts[badge.slug]
                for language, texts in translations().items()
                if badge.slug in texts
            },
        )
        for badge in (await queries.badge_catalogue(tx)).values()
    ]
    content = orjson.dumps([entry.model_dump() for entry in entries], option=orjson.OPT_SORT_KEYS)
    return BadgeRegistry(
        schema_version=SCHEMA_VERSION, version=sha256(content).hexdigest()[:16], badges=entries
    )
