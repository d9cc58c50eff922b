"""The badge registry: data that is validated as a whole and loaded into the database at start.

Only the JSON files say which badges exist and which of them can never change.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy.exc import DBAPIError

from tbg.adapters.svg import BadPicture, clean_svg
from tbg.core import limits
from tbg.core.errors import BadArguments, CannotRun
from tbg.core.registry_files import content_of, is_pack
from tbg.core.tx import Tx, waited_too_long
from tbg.domains.gamification import queries
from tbg.domains.gamification.queries import BadgeDefinition, is_open
from tbg.domains.gamification.queries.registry import BADGES
from tbg.domains.gamification.rules import EVENT_ALIASES

REGISTRY = BADGES.file

# Any constant of our own: one process loads the registry at a time.
_LOADING = 0x7B67_0003


def read_registry(*, file: Path = REGISTRY, packs: Path | None = None) -> list[BadgeDefinition]:
    """The registry's badges and those of the packs; BadArguments names file and entry at fault."""
    return _together(file, BADGES.packs(packs))


def check_file(file: Path, *, packs: Path | None = None) -> list[BadgeDefinition]:
    """The badges of one file: a registry, or a pack (it names itself), checked with all others."""
    if not is_pack(file):
        return _read(file)
    others = [path for path in BADGES.packs(packs) if not path.samefile(file)]
    _together(REGISTRY, [*others, file])
    return _read(file, pack=True)


def not_open(file: Path, badges: Sequence[BadgeDefinition], events: Set[str]) -> list[str]:
    """The badges that nobody can earn while only `events` are recorded.

    BadArguments for an event that neither is recorded nor belongs to one of the twenty.
    """
    waiting = [badge for badge in badges if not is_open(badge, events)]
    known = {*events, *(b.trigger_config["event"] for b in _read(REGISTRY) if _is_of_event(b))}
    for badge in waiting:
        if (event := badge.trigger_config["event"]) not in known:
            raise BadArguments(
                f"{file}: badge {badge.slug!r}: there is no event {event!r}; "
                f"the events are {', '.join(sorted(known))}"
            )
    return [badge.slug for badge in waiting]


def _is_of_event(badge: BadgeDefinition) -> bool:
    return badge.trigger_type == "event"


def _together(file: Path, packs: Sequence[Path]) -> list[BadgeDefinition]:
    badges = {badge.slug: badge for badge in _read(file)}
    for path in packs:
        more = {badge.slug: badge for badge in _read(path, pack=True)}
        BADGES.refuse_repeated(path, list(more), list(badges))
        badges |= more
    return list(badges.values())


def _read(file: Path, *, pack: bool = False) -> list[BadgeDefinition]:
    entries = BADGES.read(file, pack=pack)
    if not pack and any("picture" in entry for entry in entries):
        raise BadArguments(f"{file}: only the badges of a pack have pictures of their own")
    return [_badge(entry, file.parent) for entry in entries]


def _badge(entry: dict[str, Any], folder: Path) -> BadgeDefinition:
    config = dict(entry["trigger_config"])
    if "event" in config:
        config["event"] = EVENT_ALIASES.get(config["event"], config["event"])
    picture = _picture(folder / entry["picture"]) if "picture" in entry else None
    return BadgeDefinition(**entry | {"trigger_config": config, "picture": picture})


def _picture(file: Path) -> str:
    try:
        return clean_svg(content_of(file))
    except BadPicture as error:
        raise BadArguments(f"{file}: {error}") from None


async def load_registry(tx: Tx, *, packs: Path | None = None, file: Path = REGISTRY) -> list[str]:
    """Bring the registry's badges into the database; the slugs that changed.

    Badges of packs that are not here stay as they are (`retire` switches them off): another
    service, with other settings, may have them.
    """
    badges = read_registry(file=file, packs=packs)
    # Services start together: two that had read the table would wait for each other to lock it.
    await tx.run("SELECT pg_advisory_xact_lock(:key)", key=_LOADING)
    if not _changes(await _stored(tx), badges):
        return []
    await _lock(tx)
    stored = await _stored(tx)
    changes = _changes(stored, badges)
    await _refuse_rewriting(tx, stored, changes)
    await _write(tx, changes)
    return [badge.slug for badge in changes]


async def retire(tx: Tx, slugs: Sequence[str], *, packs: Path | None = None) -> None:
    """Switch badges off: nobody can earn them any more, but users who have them keep them.

    BadArguments for one that a pack here still has (the next start would bring it back), or that
    is not active.
    """
    here = {badge.slug for badge in read_registry(packs=packs)}
    await tx.run("SELECT pg_advisory_xact_lock(:key)", key=_LOADING)
    await _lock(tx)
    stored = await _stored(tx)
    for slug in slugs:
        if slug not in stored or not stored[slug][1]:
            raise BadArguments(f"badge {slug!r} is not active")
        if slug in here:
            raise BadArguments(
                f"badge {slug!r} is in the registry or in a pack here, and would come back at the "
                "next start: remove it from the pack first (the twenty stay)"
            )
    await tx.run(
        "UPDATE badge_definitions SET is_active = false WHERE slug = ANY(:slugs ::text[])",
        slugs=list(slugs),
    )


async def _lock(tx: Tx) -> None:
    """Lock the table against all batches, for a change.

    So a batch is either completely before a new badge (then the backfill in `jobs.py` finds its
    users) or completely after it.
    """
    wait = f"{limits.TABLE_LOCK_SECONDS}s"
    await tx.run("SELECT set_config('lock_timeout', :wait, true)", wait=wait)
    try:
        await tx.run("LOCK TABLE badge_definitions IN ACCESS EXCLUSIVE MODE")
    except DBAPIError as error:
        if not waited_too_long(error):
            raise
        raise CannotRun(
            "the badge registry is in use and could not be changed: try again"
        ) from None


async def _stored(tx: Tx) -> dict[str, tuple[BadgeDefinition, bool]]:
    every = await queries.every_badge(tx)
    return {item.badge.slug: (item.badge, item.is_active) for item in every}


def _changes(
    stored: dict[str, tuple[BadgeDefinition, bool]], badges: Sequence[BadgeDefinition]
) -> list[BadgeDefinition]:
    return [badge for badge in badges if stored.get(badge.slug) != (badge, True)]


async def _refuse_rewriting(
    tx: Tx, stored: dict[str, tuple[BadgeDefinition, bool]], badges: Sequence[BadgeDefinition]
) -> None:
    """A badge's XP and trigger are fixed once somebody has earned it, like the ledger."""
    for badge in badges:
        if badge.slug not in stored:
            continue
        old = stored[badge.slug][0]
        if (old.xp_reward, old.trigger_type, old.trigger_config) == (
            badge.xp_reward,
            badge.trigger_type,
            badge.trigger_config,
        ):
            continue
        if await tx.value(
            "SELECT EXISTS (SELECT 1 FROM user_badges WHERE badge_slug = :slug)", slug=badge.slug
        ):
            raise BadArguments(
                f"badge {badge.slug!r} has been earned, so its XP and trigger can no longer "
                "change; give the new one its own slug"
            )


async def _write(tx: Tx, badges: Sequence[BadgeDefinition]) -> None:
    """Write definitions; if nobody has mined yet, there is nobody to backfill."""
    nobody = not await tx.value("SELECT EXISTS (SELECT 1 FROM user_gamification)")
    done: datetime | None = tx.now if nobody else None
    for badge in badges:
        await tx.run(
            """
            INSERT INTO badge_definitions AS b (slug, name, description, category, rarity,
                xp_reward, trigger_type, trigger_config, icon_url, picture, sort_order, created_at,
                backfilled_at)
            VALUES (:slug, :name, :description, :category, :rarity, :xp_reward, :trigger_type,
                CAST(:config AS jsonb), :icon_url, :picture, :sort_order, :now, :done)
            ON CONFLICT (slug) DO UPDATE SET name = excluded.name,
                description = excluded.description, category = excluded.category,
                rarity = excluded.rarity, xp_reward = excluded.xp_reward,
                trigger_type = excluded.trigger_type, trigger_config = excluded.trigger_config,
                icon_url = excluded.icon_url, picture = excluded.picture,
                sort_order = excluded.sort_order,
                is_active = true,
                backfilled_at = CASE WHEN b.is_active AND (b.trigger_type, b.trigger_config)
                    = (excluded.trigger_type, excluded.trigger_config)
                    THEN b.backfilled_at ELSE excluded.backfilled_at END
            """,
            slug=badge.slug,
            name=badge.name,
            description=badge.description,
            category=badge.category,
            rarity=badge.rarity,
            xp_reward=badge.xp_reward,
            trigger_type=badge.trigger_type,
            config=orjson.dumps(badge.trigger_config).decode(),
            icon_url=badge.icon_url,
            picture=badge.picture,
            sort_order=badge.sort_order,
            now=tx.now,
            done=done,
        )
