"""Badges and quests that a few hundred events reach, in addition to the registries' own."""

from __future__ import annotations

from typing import Any

PACK: dict[str, Any] = {
    "$schema": "./badges.schema.json",
    "schema_version": "1",
    "pack": "faults",
    "badges": [
        {
            "slug": f"faults_{kind}_{threshold:g}".replace("+", ""),
            "name": f"{kind} {threshold:g}",
            "description": "Only the fault harness awards it",
            "category": "mining",
            "rarity": "common",
            "xp_reward": xp,
            "trigger_type": kind,
            "trigger_config": {"threshold": threshold},
            "sort_order": 1000 + order,
        }
        for order, (kind, threshold, xp) in enumerate(
            [
                ("share_count", 3, 7),
                ("share_count", 10, 11),
                ("share_count", 100, 13),
                ("best_diff", 5000, 17),
                ("best_diff", 10_000_000, 19),
                ("streak", 2, 23),
                ("streak", 6, 29),
            ]
        )
    ],
}


QUESTS: dict[str, Any] = {
    "$schema": "./quests.schema.json",
    "schema_version": "1",
    "pack": "faults",
    "quests": [
        {
            "slug": f"faults_{fact}_{period}",
            "name": f"{fact} {period}",
            "description": "Only the fault harness completes it",
            "period": period,
            "goal": {"fact": fact} | ({"threshold": threshold} if threshold else {}),
            "xp": xp,
            "sort_order": 1000 + order,
        }
        for order, (fact, period, threshold, xp) in enumerate(
            [
                ("external", "weekly", None, 31),
                ("external", "once", None, 37),
                ("accepted_shares", "daily", 2, 3),
                ("work", "weekly", 2000, 5),
                ("best_sdiff", "season", 5000, 41),
                ("streak_weeks", "once", 3, 43),
            ]
        )
    ],
}
"""Quests that a few hundred events complete, in addition to the registry's."""
