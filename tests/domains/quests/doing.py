"""Quests of tests: a pack of them, and evaluating as the jobs do."""

from __future__ import annotations

import json
from asyncio import to_thread
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tbg.app.domains import DOMAINS, jobs_of
from tbg.app.registries import load_registries
from tbg.core.domain import Domain
from tbg.core.schedule import Cron
from tbg.core.settings import Settings
from tbg.core.tx import Database
from tbg.domains.mining.actions import roll_up_all
from tests.domains.gamification.play import ALICE, rows


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
) -> None:
    """The game's registries, and packs of these quests and of the badge."""
    await to_thread(_write, folder, quests, [BADGE] if badges else [])
    packs = Settings(_env_file=None, badge_packs=folder / "badges", quest_packs=folder / "quests")
    async with db.transaction() as tx:
        await load_registries(tx, packs)


def _write(folder: Path, quests: Sequence[Any], badges: Sequence[Any]) -> None:
    for name, entries in (("quests", quests), ("badges", badges)):
        (folder / name).mkdir(exist_ok=True)
        if entries:
            pack = {"schema_version": "1", "pack": "tests", name: list(entries)}
            (folder / name / "pack.json").write_text(json.dumps(pack))


def quest_jobs(domains: Sequence[Domain] = DOMAINS) -> dict[str, Cron]:
    """The jobs of quests, by name."""
    return {job.name: job for job in jobs_of(domains) if job.name.startswith("quest")}


async def evaluate(db: Database, domains: Sequence[Domain] = DOMAINS) -> int:
    """Roll up, and evaluate everybody who waits; the completions."""
    await roll_up_all(db)
    jobs = quest_jobs(domains)
    await jobs["quest_changes"].run(db)
    done = await jobs["quests"].run(db)
    assert isinstance(done, int)
    return done


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
