"""How facts read as lines of a feed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from tbg.domains.gamification.rules import SHARES_PER_XP, compute_level

Happening = Literal[
    "badge_earned", "level_up", "xp_gained", "streak_update", "best_diff", "block_found",
    "block_reported",
]  # fmt: skip


class Line(NamedTuple):
    """One line of a feed."""

    id: str
    type: Happening
    title: str
    detail: str | None
    xp: int | None
    badge_slug: str | None
    at: datetime


class Grant(NamedTuple):
    """A grant of XP, and the total just after it."""

    id: int
    amount: int
    source: str
    source_id: str | None
    description: str
    created_at: datetime
    total_after: int


_TITLES: dict[str, tuple[Happening, str]] = {
    "personal_best": ("best_diff", "Best day yet"),
    "streak": ("streak_update", "Week kept"),
}


def ledger_lines(grants: Iterable[Grant], badge_names: dict[str, str]) -> Iterator[Line]:
    """A line for each grant (newest first), and one before it for a level that it reached.

    Levels are not stored with their time: the totals before and after a grant tell.
    """
    for grant in grants:
        level = compute_level(grant.total_after)
        if level.level > compute_level(max(0, grant.total_after - grant.amount)).level:
            title = f"Level {level.level}, {level.title}"
            at = grant.created_at
            yield Line(f"level-{level.level}", "level_up", title, None, None, None, at)
        yield _grant_line(grant, badge_names)


def _grant_line(grant: Grant, badge_names: dict[str, str]) -> Line:
    if grant.source == "badge" and grant.source_id is not None:
        name = badge_names.get(grant.source_id, grant.source_id)
        return badge_line(grant.source_id, name, grant.amount, grant.created_at)
    if grant.source == "share":
        title = f"{grant.amount * SHARES_PER_XP:,} shares more"
        return Line(
            f"xp-{grant.id}", "xp_gained", title, grant.description, grant.amount, None,
            grant.created_at,
        )  # fmt: skip
    what, title = _TITLES.get(grant.source, ("xp_gained", grant.description))
    detail = None if title == grant.description else grant.description
    return Line(f"xp-{grant.id}", what, title, detail, grant.amount, None, grant.created_at)


def badge_line(slug: str, name: str, xp: int, at: datetime) -> Line:
    """A badge was earned."""
    return Line(f"badge-{slug}", "badge_earned", f"New badge: {name}", None, xp, slug, at)


def block_line(title: str, hash_: str, worker: str, at: datetime) -> Line:
    """A block was found."""
    return Line(f"block-{hash_}", "block_found", title, f"by {worker}", None, None, at)


def report_line(height: int, hash_: str, worker: str, at: datetime) -> Line:
    """A block was reported, and nothing confirms it yet."""
    title, detail = f"Block {height:,} reported", f"by {worker}, not confirmed yet"
    return Line(f"block-{hash_}", "block_reported", title, detail, None, None, at)
