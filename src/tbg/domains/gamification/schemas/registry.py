"""What the registry of badges says as a document."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class BadgeText(BaseModel):
    """A badge's name and description in one language."""

    name: str
    description: str


class RegistryEntry(BadgeText):
    """A badge as the registry defines it; `translations`: texts by language."""

    slug: str
    category: str
    rarity: str
    xp_reward: int
    trigger_type: str
    trigger_config: dict[str, Any]
    sort_order: int
    translations: dict[str, BadgeText]


class BadgeRegistry(BaseModel):
    """All badges, packs included. `version` changes with the content, `schema_version` with the
    schema at `/registry/badges.schema.json`.
    """

    schema_version: str
    version: str
    badges: list[RegistryEntry]
