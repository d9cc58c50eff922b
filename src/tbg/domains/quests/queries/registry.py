"""The quests' registry as files: its kind, and its texts in other languages."""

from __future__ import annotations

from functools import cache

import orjson

from tbg.core.registry_files import FOLDER, RegistryKind
from tbg.domains.quests.rules import Quest

QUESTS = RegistryKind("quests", "quest", "TBG_QUEST_PACKS", "supplies their facts")


@cache
def translations() -> dict[str, dict[str, tuple[str, str]]]:
    """Language → slug → name and description; English is in the registry itself."""
    found = {}
    for file in sorted(FOLDER.glob("quests.??.json")):
        content = orjson.loads(file.read_bytes())
        found[content["language"]] = {
            slug: (text["name"], text["description"]) for slug, text in content["quests"].items()
        }
    return found


def text_of(quest: Quest, language: str | None) -> tuple[str, str]:
    """A quest's name and description; in English where there is no translation."""
    english = quest.name, quest.description
    return translations().get(language or "en", {}).get(quest.slug, english)
