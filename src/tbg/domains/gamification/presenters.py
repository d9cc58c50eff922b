"""How rewards look: frames, notifications and feed lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime

from tbg.core.frames import FeedItem, Look, Notice, Params, Presenters
from tbg.domains.gamification.events import (
    BadgeEarned,
    FreezeEarned,
    FreezeUsed,
    LevelUp,
    PersonalBest,
    SilentRewards,
    StreakBroken,
    StreakExpiring,
    StreakExtended,
    XpGained,
)
from tbg.domains.gamification.queries import Granted
from tbg.domains.gamification.rules import SHARES_PER_XP, compute_level, get_week_iso
from tbg.domains.gamification.schemas import (
    BadgeEarnedData,
    BadgeObject,
    LevelUpData,
    StreakState,
    StreakUpdateData,
    XpGainedData,
    XpState,
)
from tbg.domains.mining.rules import short_number, short_worker


def grant_lines(grants: Iterable[Granted], badge_names: Mapping[str, str]) -> Iterator[FeedItem]:
    """A line for each grant, and one for a level that it reached.

    The time of a level is not stored; it follows from the totals before and after a grant.
    """
    for grant in grants:
        if grant.source == "badge" and grant.source_id is not None:
            name = badge_names.get(grant.source_id, grant.source_id)
            yield badge_line(grant.source_id, name, grant.amount, grant.at)
        else:
            yield _grant_line(grant)
        yield from level_reached(grant)


def shares_line(day: date, hundreds: int, total: int, at: datetime, more: bool = False) -> FeedItem:
    """The shares of a day, by the hundred: the line of the day, which grows with each of them.

    `total`: accepted shares of a lifetime so far; `at`: when the last hundred was full; `more`: the
    day has more hundreds than these.
    """
    title = f"{hundreds:,} × {SHARES_PER_XP} shares"
    return FeedItem(
        id=f"shares-{day}", type="xp_gained", code="shares_counted",
        params={"hundreds": hundreds, "total": total, "more": int(more)},
        title=f"More than {title}" if more else title, detail=f"{total:,} shares in all",
        xp=hundreds, at=at,
    )  # fmt: skip


def badge_line(slug: str, name: str, xp: int, at: datetime) -> FeedItem:
    """A badge was earned."""
    return FeedItem(
        id=f"badge-{slug}", type="badge_earned", code="badge_earned", params={"name": name},
        title=f"New badge: {name}", xp=xp, badge_slug=slug, at=at,
    )  # fmt: skip


def best_line(sdiff: float, worker: str, at: datetime) -> FeedItem:
    """A best share; there is one such line a week, which moves up with each better share."""
    return FeedItem(
        id=f"all-time-best-{get_week_iso(at)}", type="best_diff", code="personal_best",
        params={"sdiff": sdiff, "worker": worker}, title=f"New best: {short_number(sdiff)}",
        detail=f"by {short_worker(worker)}", at=at,
    )  # fmt: skip


def pool_best_line(sdiff: float, worker: str, at: datetime) -> FeedItem:
    """The same in the pool's feed: one such line a day."""
    return best_line(sdiff, worker, at).model_copy(update={"id": f"best-{at.date()}"})


def level_reached(grant: Granted) -> Iterator[FeedItem]:
    """The line of a level that a grant reached, if it did."""
    if grant.total_after is None:
        return
    level = compute_level(max(0, grant.total_after))
    if level.level > compute_level(max(0, grant.total_after - grant.amount)).level:
        yield _level_line(level.level, level.title, grant.at)


def _level_line(level: int, title: str, at: datetime) -> FeedItem:
    return FeedItem(
        id=f"level-{level}", type="level_up", code="level_up",
        params={"level": level, "title": title}, title=f"Level {level}, {title}", at=at,
    )  # fmt: skip


def _grant_line(grant: Granted) -> FeedItem:
    about = grant.source_id or grant.at.isoformat()
    type_, code, title, detail = "xp_gained", "xp_granted", grant.description, None
    params: Params = {"description": grant.description}
    if grant.source == "share":
        return shares_line(grant.at.date(), grant.amount, int(grant.source_id or 0), grant.at)
    if grant.source == "personal_best":
        type_, code, params = "best_diff", "best_day", {"day": about}
        title, detail = "Best day yet", grant.description
    elif grant.source == "streak":
        type_, code, params = "streak_update", "week_completed", {"week": about}
        title, detail = "Week completed", grant.description
    elif grant.source == "quest":
        type_, code = "quest_completed", "quest_completed"
        params = {"name": grant.description.removeprefix("Quest completed: "), "quest": about}
    return FeedItem(
        id=f"{grant.source}-{about}", type=type_, code=code, params=params, title=title,
        detail=detail, xp=grant.amount, at=grant.at,
    )  # fmt: skip


def _weeks(count: int) -> str:
    return f"{count} week" if count == 1 else f"{count} weeks"


def _badge_earned(event: BadgeEarned) -> Look:
    line = badge_line(event.slug, event.name, event.xp_reward, event.earned_at)
    return Look(
        frame=BadgeEarnedData(
            badge=BadgeObject.model_validate(event),
            badge_slug=event.slug,
            badge_name=event.name,
            description=event.description,
            category=event.category,
            rarity=event.rarity,
            xp_reward=event.xp_reward,
            earned_at=event.earned_at,
            metadata=event.metadata,
        ),
        notice=Notice(
            "gamification",
            "badge_earned",
            f'Badge Earned: "{event.name}"',
            f"+{event.xp_reward} XP — {event.description}",
            "/profile/badges",
            "View Badge",
            {"name": event.name, "xp": event.xp_reward, "description": event.description},
        ),
        lines=(line,) if event.xp_reward else (),  # the feed is read from the grants
        pool_line=line,
    )


def _xp_gained(event: XpGained) -> Look:
    grant = Granted(
        event.amount,
        event.source,
        event.source_id,
        event.description,
        event.at,
        event.total_after,
    )
    of_a_badge = event.source == "badge"  # whose own event has the line
    return Look(
        frame=XpGainedData(
            amount=event.amount,
            source=event.source,
            source_id=event.source_id,
            total_xp=event.total_xp,
            level=event.level,
            state=XpState.of(event.total_xp),
        ),
        lines=tuple(level_reached(grant) if of_a_badge else grant_lines([grant], {})),
    )


def _level_up(event: LevelUp) -> Look:
    return Look(
        frame=LevelUpData(
            old_level=event.old_level,
            new_level=event.new_level,
            title=event.title,
            total_xp=event.total_xp,
        ),
        notice=Notice(
            "gamification",
            "level_up",
            f"Level {event.new_level}: {event.title}",
            f"{event.total_xp:,} XP so far.",
            "/profile",
            "View Profile",
            {"level": event.new_level, "title": event.title, "total_xp": event.total_xp},
        ),
        pool_line=_level_line(event.new_level, event.title, event.at),
    )


def _streak_extended(event: StreakExtended) -> Look:
    return Look(
        frame=StreakUpdateData(streak=event.streak, longest=event.longest, week=event.week_iso),
        notice=Notice(
            "gamification",
            "streak_extended",
            f"{_weeks(event.streak)} in a row",
            f"You mined in week {event.week_iso}. Longest streak so far: {_weeks(event.longest)}.",
            "/profile/streak",
            "View Streak",
            {"streak": event.streak, "longest": event.longest, "week": event.week_iso},
        ),
    )


def _streak_broken(event: StreakBroken) -> Look:
    return Look(
        frame=StreakUpdateData(
            streak=0,
            longest=event.longest,
            week=event.last_active_week,
            broken=True,
            state=StreakState(
                current_streak=0,
                longest_streak=event.longest,
                streak_start_date=None,
                last_active_week=event.last_active_week,
                is_active_this_week=False,
                freezes_held=event.freezes,
                freezes_on=event.freezes_on,
            ),
        ),
        notice=Notice(
            "gamification",
            "streak_broken",
            f"A streak of {_weeks(event.was)} has ended",
            "You keep all badges that it earned.",
            "/profile/streak",
            "View Streak",
            {"streak": event.was},
        ),
    )


def _freeze_earned(event: FreezeEarned) -> Look:
    return Look(
        notice=Notice(
            "gamification",
            "freeze_earned",
            "You have earned a freeze",
            f"It keeps your streak over a week without a share. You hold {event.held}.",
            "/profile/streak",
            "View Streak",
            {"week": event.week_iso, "held": event.held},
        )
    )


def _freeze_used(event: FreezeUsed) -> Look:
    return Look(
        frame=StreakUpdateData(
            streak=event.streak,
            longest=event.longest,
            week=event.week_iso,
            frozen=True,
            state=StreakState(
                current_streak=event.streak,
                longest_streak=event.longest,
                streak_start_date=event.start,
                last_active_week=event.last_active_week,
                is_active_this_week=False,
                freezes_held=event.left,
                freezes_on=event.on,
            ),
        ),
        notice=Notice(
            "gamification",
            "freeze_used",
            f"A freeze kept your streak of {_weeks(event.streak)}",
            f"There was no share in week {event.week_iso}. Freezes left: {event.left}.",
            "/profile/streak",
            "View Streak",
            {"streak": event.streak, "week": event.week_iso, "left": event.left},
        ),
    )


def _streak_expiring(event: StreakExpiring) -> Look:
    ends = "uses a freeze tonight" if event.freezes else "ends tonight"
    return Look(
        notice=Notice(
            "gamification",
            "streak_expiring",
            f"A streak of {_weeks(event.streak)} {ends}",
            f"Send one share before Sunday midnight UTC to complete week {event.week_iso}.",
            "/profile/streak",
            "View Streak",
            {"streak": event.streak, "week": event.week_iso, "freezes": event.freezes},
        )
    )


def _personal_best(event: PersonalBest) -> Look:
    best, before = short_number(event.sdiff), short_number(event.previous)
    return Look(
        notice=Notice(
            "gamification",
            "personal_best",
            f"New best: {best}",
            f"Set by {short_worker(event.worker)}. The previous best was {before}.",
            "/profile",
            "View Profile",
            {"sdiff": event.sdiff, "previous": event.previous, "worker": event.worker},
        ),
        pool_line=pool_best_line(event.sdiff, event.worker, event.at),
    )


def _silent_rewards(event: SilentRewards) -> Look:
    return Look(
        notice=Notice(
            "gamification",
            "history_read",
            "Your earlier shares have been counted",
            f"They earned {event.badges} badges and {event.xp:,} XP.",
            "/profile/badges",
            "View Badges",
            {"badges": event.badges, "xp": event.xp},
        )
    )


PRESENTERS: Presenters = {
    BadgeEarned: _badge_earned,
    XpGained: _xp_gained,
    LevelUp: _level_up,
    PersonalBest: _personal_best,
    StreakExtended: _streak_extended,
    StreakBroken: _streak_broken,
    StreakExpiring: _streak_expiring,
    FreezeEarned: _freeze_earned,
    FreezeUsed: _freeze_used,
    SilentRewards: _silent_rewards,
}
