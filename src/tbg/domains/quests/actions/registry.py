"""The quest registry: data that is validated as a whole and loaded into the database at start."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from tbg.core import limits
from tbg.core.errors import BadArguments
from tbg.core.registry_files import is_pack
from tbg.core.tx import Tx
from tbg.domains.accounts.queries import everybody
from tbg.domains.gamification.queries import BadgeDefinition, badge_catalogue
from tbg.domains.quests import queries
from tbg.domains.quests.actions.evaluating import EVERY_DAY, note_changes
from tbg.domains.quests.queries.registry import QUESTS
from tbg.domains.quests.rules import COMPLETED, Quest


def read_quests(*, file: Path = QUESTS.file, packs: Path | None = None) -> list[Quest]:
    """The registry's quests and those of the packs; BadArguments names file and entry at fault."""
    return _together(file, QUESTS.packs(packs))


def check_quests(file: Path, *, packs: Path | None = None) -> list[Quest]:
    """The quests of one file: a registry, or a pack (it names itself), checked with all others."""
    if not is_pack(file):
        return _read(file)
    others = [path for path in QUESTS.packs(packs) if not path.samefile(file)]
    _together(QUESTS.file, [*others, file])
    return _read(file, pack=True)


def refuse_badges(file: Path, quests: Iterable[Quest], badges: Iterable[BadgeDefinition]) -> None:
    """BadArguments for a quest whose badge there is not, or that quests do not award."""
    known = {badge.slug: badge.trigger_config.get("event") for badge in badges}
    for quest in quests:
        if quest.badge is None or known.get(quest.badge) == COMPLETED:
            continue
        why = f"is not one of the event {COMPLETED!r}" if quest.badge in known else "does not exist"
        raise BadArguments(f"{file}: quest {quest.slug!r}: its badge {quest.badge!r} {why}")


def _together(file: Path, packs: Sequence[Path]) -> list[Quest]:
    quests = {quest.slug: quest for quest in _read(file)}
    for path in packs:
        more = {quest.slug: quest for quest in _read(path, pack=True)}
        QUESTS.refuse_repeated(path, list(more), list(quests))
        quests |= more
    return list(quests.values())


def _read(file: Path, *, pack: bool = False) -> list[Quest]:
    quests = [_quest(file, entry) for entry in QUESTS.read(file, pack=pack)]
    for quest in quests:
        if quest.starts and quest.ends and quest.ends < quest.starts:
            raise BadArguments(f"{file}: quest {quest.slug!r} ends before it starts")
    return quests


def _quest(file: Path, entry: dict[str, Any]) -> Quest:
    goal = entry["goal"]
    try:
        starts, ends = (
            date.fromisoformat(entry[name]) if name in entry else None
            for name in ("starts", "ends")
        )
    except ValueError as error:
        raise BadArguments(f"{file}: quest {entry['slug']!r}: {error}") from None
    return Quest(
        slug=entry["slug"],
        name=entry["name"],
        description=entry["description"],
        period=entry["period"],
        fact=goal["fact"],
        threshold=float(goal.get("threshold", 1)),
        xp=entry["xp"],
        badge=entry.get("badge"),
        starts=starts,
        ends=ends,
        sort_order=entry["sort_order"],
    )


async def load_quests(tx: Tx, *, packs: Path | None = None, file: Path = QUESTS.file) -> list[str]:
    """Bring the registry's quests into the database, after the badges; the slugs that changed.

    Everybody's progress is evaluated again for what changed; completions stay as they are. Quests
    of packs that are not here stay too: another service, with other settings, may have them.
    """
    quests = read_quests(file=file, packs=packs)
    refuse_badges(packs or file, quests, (await badge_catalogue(tx)).values())
    if not _changes(await queries.every_quest(tx), quests):
        return []
    # Readers go on meanwhile, and other services that load quests wait.
    wait = f"{limits.TABLE_LOCK_SECONDS}s"
    await tx.run("SELECT set_config('lock_timeout', :wait, true)", wait=wait)
    await tx.run("LOCK TABLE quest_definitions IN SHARE ROW EXCLUSIVE MODE")
    changes = _changes(await queries.every_quest(tx), quests)
    for quest in changes:
        await tx.run(_WRITE, **quest._asdict(), now=tx.now)
    if changes:
        await tx.take_as_long_as_needed()
        users = await everybody(tx)
        await note_changes(tx, [(user, EVERY_DAY) for user in users], silent=True)
    return [quest.slug for quest in changes]


def _changes(stored: Iterable[queries.StoredQuest], quests: Sequence[Quest]) -> list[Quest]:
    active = {item.quest.slug: item.quest for item in stored if item.is_active}
    return [quest for quest in quests if active.get(quest.slug) != quest]


_WRITE = """
INSERT INTO quest_definitions (slug, name, description, period, fact, threshold, xp, badge, starts,
    ends, sort_order, is_active, created_at)
VALUES (:slug, :name, :description, :period, :fact, :threshold, :xp, :badge, :starts, :ends,
    :sort_order, true, :now)
ON CONFLICT (slug) DO UPDATE SET name = excluded.name, description = excluded.description,
    period = excluded.period, fact = excluded.fact, threshold = excluded.threshold,
    xp = excluded.xp, badge = excluded.badge, starts = excluded.starts, ends = excluded.ends,
    sort_order = excluded.sort_order, is_active = true
"""


async def retire_quests(tx: Tx, slugs: Sequence[str], *, packs: Path | None = None) -> None:
    """Switch quests off: nobody completes them any more, and completions stay.

    BadArguments for one that a pack here still has, or that is not active.
    """
    here = {quest.slug for quest in read_quests(packs=packs)}
    await tx.run("LOCK TABLE quest_definitions IN SHARE ROW EXCLUSIVE MODE")
    active = await queries.quest_catalogue(tx)
    for slug in slugs:
        if slug not in active:
            raise BadArguments(f"quest {slug!r} is not active")
        if slug in here:
            raise BadArguments(
                f"quest {slug!r} is in the registry or in a pack here, and would come back at the "
                "next start: remove it from the pack first, or let it end (`ends`)"
            )
    await tx.run(
        "UPDATE quest_definitions SET is_active = false WHERE slug = ANY(:slugs ::text[])",
        slugs=list(slugs),
    )
