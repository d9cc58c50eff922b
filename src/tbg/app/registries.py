"""The registries of the game and the operator's packs, brought into the database at start."""

from __future__ import annotations

from tbg.core.settings import Settings
from tbg.core.tx import Tx
from tbg.domains.gamification.actions.registry import load_registry
from tbg.domains.quests.actions import load_quests


async def load_registries(tx: Tx, settings: Settings) -> None:
    """Load the badges, then the quests, which name badges; BadArguments names what is wrong."""
    await load_registry(tx, packs=settings.badge_packs)
    await load_quests(tx, packs=settings.quest_packs)
