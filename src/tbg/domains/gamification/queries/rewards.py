"""Reads what a player was rewarded with, what caused it, and how much there was when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from tbg.core.domain import Causes
from tbg.core.tx import Tx
from tbg.domains.gamification import queries
from tbg.domains.gamification.queries import Granted
from tbg.domains.gamification.rules import get_week_iso, get_week_start
from tbg.domains.gamification.schemas.rewards import RewardCause, RewardSummary, XpOfDay, XpOfWeek
from tbg.domains.mining.queries import causes

DAYS, WEEKS = 30, 12
"""What a summary reaches back."""


class Rewarded(NamedTuple):
    """An entry of the ledger, and what caused it."""

    id: int
    granted: Granted
    cause: RewardCause


async def rewarded(
    tx: Tx, user_id: int, known: Mapping[str, Causes], *, before: int | None, most: int
) -> list[Rewarded]:
    """Entries of a user's ledger, newest first, from before the entry `before` on.

    `known`: who knows the causes of what domains above have granted.
    """
    entries = await queries.ledger(tx, user_id, before=before, most=most)
    grants = [entry.granted for entry in entries]
    found = await _causes(tx, user_id, grants)
    for source, causes_of in known.items():
        theirs = [grant for grant in grants if grant.source == source and grant.source_id]
        if theirs:
            said = await causes_of(tx, user_id, [grant.source_id or "" for grant in theirs])
            found |= {
                grant: RewardCause.model_validate({"kind": source, **said[grant.source_id or ""]})
                for grant in theirs
            }
    return [Rewarded(id_, granted, found[granted]) for id_, granted in entries]


async def _causes(tx: Tx, user_id: int, grants: Sequence[Granted]) -> dict[Granted, RewardCause]:
    """What caused each grant, in as many statements as there are kinds of causes."""
    by = {
        kind: [grant for grant in grants if grant.source == kind]
        for kind in ("badge", "share", "personal_best", "streak")
    }
    found = {grant: RewardCause(kind=grant.source, id=grant.source_id) for grant in grants}
    if by["badge"]:
        earned = {one.slug: one for one in await queries.earned_badges(tx, user_id)}
        for grant in by["badge"]:
            badge = earned.get(grant.source_id or "")
            found[grant] = RewardCause.of_badge(grant.source_id, badge.metadata if badge else {})
    if by["share"]:
        shares = await causes.shares_at(tx, user_id, [grant.at for grant in by["share"]])
        for grant in by["share"]:
            found[grant] = RewardCause.of_share(
                "share", shares.get(grant.at), count=int(grant.source_id or 0)
            )
    if by["personal_best"]:
        days = {grant: date.fromisoformat(grant.source_id or "") for grant in by["personal_best"]}
        bests = await causes.best_of_days(tx, user_id, sorted(set(days.values())))
        for grant, day in days.items():
            found[grant] = RewardCause.of_share("personal_best", bests.get(day), day=day)
    if by["streak"]:
        wanted = [grant.source_id for grant in by["streak"]]
        weeks = await tx.rows(
            """
            SELECT week_iso, share_count FROM streak_calendar
            WHERE user_id = :id AND week_iso = ANY(:weeks ::text[])
            """,
            id=user_id,
            weeks=wanted,
        )
        counts = {row.week_iso: row.share_count for row in weeks}
        for grant in by["streak"]:
            week = grant.source_id or ""
            found[grant] = RewardCause(kind="streak", week=week, count=counts.get(week))
    return found


async def summary(tx: Tx, user_id: int) -> RewardSummary:
    """XP of the last days and weeks, by source; by the time of its cause."""
    today, monday = tx.now.date(), get_week_start(tx.now)
    first_day = today - timedelta(days=DAYS - 1)
    first_week = monday - timedelta(weeks=WEEKS - 1)
    rows = await tx.rows(
        """
        SELECT (created_at AT TIME ZONE 'UTC')::date AS day, source, sum(amount)::bigint AS xp
        FROM xp_ledger WHERE user_id = :id AND created_at >= :since GROUP BY 1, 2
        """,
        id=user_id,
        since=_begin(min(first_day, first_week)),
    )
    days: dict[date, dict[str, int]] = {first_day + timedelta(days=n): {} for n in range(DAYS)}
    weeks: dict[date, dict[str, int]] = {first_week + timedelta(weeks=n): {} for n in range(WEEKS)}
    for day, source, xp in rows:
        for span, sums in ((day, days), (get_week_start(day), weeks)):
            if span in sums:
                sums[span][source] = sums[span].get(source, 0) + xp
    standing = await queries.standing(tx, user_id)
    return RewardSummary(
        total_xp=standing.total_xp,
        today=sum(days[today].values()),
        this_week=sum(weeks[monday].values()),
        days=[XpOfDay(day=day, xp=sum(by.values()), by_source=by) for day, by in days.items()],
        weeks=[
            XpOfWeek(
                week_iso=get_week_iso(week), week_start=week, xp=sum(by.values()), by_source=by
            )
            for week, by in weeks.items()
        ],
    )


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
