"""Quests of tests: a pack of them, and evaluating as the jobs do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tbg.adapters.streams import QuestReport
from tbg.app.domains import DOMAINS, goal_facts_of
from tbg.core.tx import Database
from tbg.domains.gamification.actions.registry import load_registry
from tbg.domains.mining.actions import roll_up_all
from tbg.domains.quests.actions import load_quests
from tbg.domains.quests.actions.evaluating import Evaluation
from tbg.domains.quests.jobs import note_what_changed
from tests.domains.gamification.play import ALICE, key, rows

FACTS = goal_facts_of(DOMAINS)


def quest(
    slug: str, fact: str, threshold: float | None = None, *, period: str = "once", **more: Any
) -> dict[str, Any]:
    """An entry of a pack."""
    goal = {"fact": fact} if threshold is None else {"fact": fact, "threshold": threshold}
    words = {"name": slug.title(), "description": f"Do {slug}", "sort_order": 500}
    return {"slug": slug, "period": period, "goal": goal, "xp": 30, **words, **more}


BADGE = {
    "slug": "visitor", "name": "Visitor", "description": "Came to the meetup",
    "category": "social", "rarity": "common", "xp_reward": 11, "trigger_type": "event",
    "trigger_config": {"event": "quest_completed"}, "sort_order": 900,
}  # fmt: skip


async def load(
    db: Database, folder: Path, quests: Sequence[dict[str, Any]], *, badges: bool = False
) -> list[str]:
    """The game's registry and a pack of these quests (and of the badge); what changed."""
    folder.mkdir(exist_ok=True)
    head = {"schema_version": "1", "pack": "tests"}
    (folder / "quests.json").write_text(json.dumps(head | {"quests": list(quests)}))
    packs = folder / "badges"
    packs.mkdir(exist_ok=True)
    if badges:
        (packs / "badges.json").write_text(json.dumps(head | {"badges": [BADGE]}))
    async with db.transaction() as tx:
        await load_registry(tx, packs=packs)
        return await load_quests(tx, packs=folder)


async def evaluate(db: Database) -> int:
    """Roll up, and evaluate everybody who waits; the completions."""
    await roll_up_all(db)
    while await note_what_changed(db):
        pass
    return await Evaluation(FACTS).run(db)


def reported(
    at: datetime, slug: str, *, user: str = ALICE, name: object = None, history: bool = False
) -> QuestReport:
    """Another system's word."""
    identity = key(name or (user, slug, at))
    return QuestReport(identity, 7, at, history, "meetup", user, "default", slug)


async def completed(db: Database, user: str = ALICE, prefix: str = "") -> list[tuple[str, str]]:
    """The quests that a miner has completed, and in which periods."""
    found = await rows(
        db,
        """
        SELECT quest, period FROM quest_completions JOIN user_addresses USING (user_id)
        WHERE address = :user AND starts_with(quest, :prefix) ORDER BY 1, 2
        """,
        user=user,
        prefix=prefix,
    )
    return [(str(quest), str(period)) for quest, period in found]
