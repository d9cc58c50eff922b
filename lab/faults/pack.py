"""Badges with thresholds that a few hundred events reach, in addition to the registry's twenty."""

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
