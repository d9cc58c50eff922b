"""The badge registry: data that is validated as a whole and loaded into the database at start.

Only the JSON files say which badges exist and which of them can never change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from sqlalchemy.exc import DBAPIError

from tbg.adapters.svg import BadPicture, clean_svg
from tbg.core import limits
from tbg.core.errors import BadArguments, CannotRun
from tbg.core.tx import Tx, waited_too_long
from tbg.domains.gamification import queries
from tbg.domains.gamification.queries import BadgeDefinition, is_open
from tbg.domains.gamification.queries.registry import FOLDER, schema
from tbg.domains.gamification.rules import EVENT_ALIASES

REGISTRY = FOLDER / "badges.json"

# Any constant of our own: one process loads the registry at a time.
_LOADING = 0x7B67_0003


def read_registry(*, file: Path = REGISTRY, packs: Path | None = None) -> list[BadgeDefinition]:
    """The registry's badges and those of the packs; BadArguments names file and entry at fault."""
    return _together(file, _files(packs))


def check_file(file: Path, *, packs: Path | None = None) -> list[BadgeDefinition]:
    """The badges of one file: a registry, or a pack (it names itself), checked with all others."""
    content = _parse(file)
    if not isinstance(content, dict) or "pack" not in content:
        return _read(file)
    _together(REGISTRY, [*(path for path in _files(packs) if not path.samefile(file)), file])
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


def _files(packs: Path | None) -> list[Path]:
    if packs is None:
        return []
    if not packs.is_dir():
        raise BadArguments(f"TBG_BADGE_PACKS: {packs} is not a folder")
    return sorted(packs.glob("*.json"))


def _together(file: Path, packs: Sequence[Path]) -> list[BadgeDefinition]:
    badges = {badge.slug: badge for badge in _read(file)}
    for path in packs:
        for badge in _read(path, pack=True):
            if badge.slug in badges:
                raise BadArguments(
                    f"{path}: badge {badge.slug!r} already exists: a pack can only add badges"
                )
            badges[badge.slug] = badge
    return list(badges.values())


def _read(file: Path, *, pack: bool = False) -> list[BadgeDefinition]:
    content = _parse(file)
    faults = list(_faults(content))
    if pack and not faults and "pack" not in content:
        faults = ["the key 'pack', which names the pack, is missing"]
    if not pack and not faults and "pack" in content:
        faults = ["it is a pack ('pack' is set), not the registry"]
    if faults:
        shown = "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if faults[5:] else "")
        raise BadArguments(f"{file}: {shown}")
    if not pack and any("picture" in entry for entry in content["badges"]):
        raise BadArguments(f"{file}: only the badges of a pack have pictures of their own")
    return [_badge(entry, file.parent) for entry in content["badges"]]


def _badge(entry: dict[str, Any], folder: Path) -> BadgeDefinition:
    config = dict(entry["trigger_config"])
    if "event" in config:
        config["event"] = EVENT_ALIASES.get(config["event"], config["event"])
    picture = _picture(folder / entry["picture"]) if "picture" in entry else None
    return BadgeDefinition(**entry | {"trigger_config": config, "picture": picture})


def _picture(file: Path) -> str:
    try:
        return clean_svg(_content(file))
    except BadPicture as error:
        raise BadArguments(f"{file}: {error}") from None


def _content(file: Path) -> bytes:
    # To read a pipe would wait until somebody writes into it.
    if file.exists() and not file.is_file():
        raise BadArguments(f"{file} is not a file")
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadArguments(f"{file} cannot be read: {error.strerror}") from None


def _parse(file: Path) -> Any:
    try:
        # orjson refuses NaN and bad UTF-8, and what is valid but odd the schema refuses.
        return orjson.loads(_content(file))
    except orjson.JSONDecodeError as error:
        raise BadArguments(f"{file} is not JSON: {error}") from None


def _faults(content: Any) -> Iterator[str]:
    """Everything that is wrong with a file's content, each fault with the entry it is in."""
    for error in _leaves(Draft202012Validator(orjson.loads(schema())).iter_errors(content)):
        yield _explain(error, content)
    entries = content.get("badges") if isinstance(content, dict) else None
    seen: set[str] = set()
    for slug in (_slug(entry) for entry in entries or ()):
        if slug in seen:
            yield f"badge {slug!r} occurs twice"
        if slug is not None:
            seen.add(slug)


def _leaves(errors: Iterator[ValidationError]) -> Iterator[ValidationError]:
    """Errors at their own place, not at the `if` or `$ref` that led there."""
    for error in errors:
        if error.context:
            yield from _leaves(iter(error.context))
        else:
            yield error


def _explain(error: ValidationError, content: Any) -> str:
    rule: Any = error.validator_value
    entries: Any = error.instance
    if error.validator == "contains":
        fixed = rule["const"]
        for entry in entries:
            if _slug(entry) == fixed["slug"]:
                keys = sorted(k for k in {**entry, **fixed} if entry.get(k) != fixed.get(k))
                return f"badge {fixed['slug']!r} cannot be changed ({', '.join(keys)})"
        return f"badge {fixed['slug']!r} is missing, but cannot be removed"
    path = list(error.absolute_path)
    if len(path) >= 2 and path[0] == "badges":
        slug = _slug(content["badges"][path[1]])
        where = ".".join(str(part) for part in path[2:])
        name = f"badge {slug!r}" if slug else f"entry {int(path[1]) + 1}"
        return f"{name}: {where + ': ' if where else ''}{error.message}"
    where = ".".join(str(part) for part in path)
    return f"{where + ': ' if where else ''}{error.message[:200]}"


def _slug(entry: Any) -> str | None:
    slug = entry.get("slug") if isinstance(entry, dict) else None
    return slug if isinstance(slug, str) else None


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
