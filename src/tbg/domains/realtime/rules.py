"""How events look in a browser: frames, feed lines and notifications. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

from tbg.core.event import Event
from tbg.domains.accounts.events import AccountChanged
from tbg.domains.accounts.rules import short_address
from tbg.domains.gamification.events import (
    BadgeEarned,
    LevelUp,
    PersonalBest,
    SilentRewards,
    StreakBroken,
    StreakExpiring,
    StreakExtended,
    XpGained,
)
from tbg.domains.mining.events import BlockRecorded


class Notification(NamedTuple):
    """What a person is told."""

    subtype: str
    title: str
    description: str
    action_url: str
    action_label: str


class Shown(NamedTuple):
    """One frame of an event. `public`: also for whoever watches the miner's page."""

    channel: str
    type: str
    data: dict[str, Any]
    public: bool = True


def short_number(value: float) -> str:
    """Three significant digits with a unit: 4.29 G, 612 M."""
    for unit in ("", " k", " M", " G", " T", " P"):
        if value < 999.5:
            return f"{value:.3g}{unit}"
        value /= 1000
    return f"{value:.3g} E"


def weeks(count: int) -> str:
    """`1 week`, `4 weeks`."""
    return f"{count} week" if count == 1 else f"{count} weeks"


def notification_of(event: Event) -> Notification | None:
    """The notification of an event, where people are told of it."""
    match event:
        case BadgeEarned():
            return Notification(
                "badge_earned",
                f'Badge Earned: "{event.name}"',
                f"+{event.xp_reward} XP — {event.description}",
                "/profile/badges",
                "View Badge",
            )
        case LevelUp():
            return Notification(
                "level_up",
                f"Level {event.new_level}: {event.title}",
                f"{event.total_xp:,} XP so far.",
                "/profile",
                "View Profile",
            )
        case StreakExtended():
            return Notification(
                "streak_extended",
                f"{weeks(event.streak)} in a row",
                f"Week {event.week_iso} is mined. The longest run so far: {weeks(event.longest)}.",
                "/profile/streak",
                "View Streak",
            )
        case StreakExpiring():
            return Notification(
                "streak_expiring",
                f"A streak of {weeks(event.streak)} ends tonight",
                f"One share before Sunday midnight UTC keeps week {event.week_iso}.",
                "/profile/streak",
                "View Streak",
            )
        case StreakBroken():
            return Notification(
                "streak_broken",
                f"{weeks(event.was)}, a fine run",
                "The streak has ended. Its badges stay on the shelf.",
                "/profile/streak",
                "View Streak",
            )
        case PersonalBest():
            return Notification(
                "personal_best",
                f"New best: {short_number(event.sdiff)}",
                f"The best before was {short_number(event.previous)}, by {event.worker} this time.",
                "/profile",
                "View Profile",
            )
        case BlockRecorded():
            return Notification(
                "block_found",
                f"Block {event.height:,} found",
                f"{event.worker} found it with a share of {short_number(event.sdiff)}.",
                "/profile",
                "View Profile",
            )
        case SilentRewards():
            return Notification(
                "history_read",
                "The past has been counted",
                f"Earlier shares earned {event.badges} badges and {event.xp:,} XP.",
                "/profile/badges",
                "View Badges",
            )
        case AccountChanged():
            return _account_changed(event)
    return None


_CHANGED = {
    "session.reuse": "A copied session was ended",
    "address.link": "{} can sign in to your account now",
    "address.unlink": "{} was removed from your account",
    "api_key.make": "A new API key: {}",
    "handle.change": "Your handle was changed",
    "privacy.change": "What others see of you was changed",
    "account.export": "Your data was downloaded",
    "account.delete": "Your account will be deleted in a week",
    "account.restore": "Your account will not be deleted after all",
}


def _account_changed(event: AccountChanged) -> Notification:
    about = event.about or ""
    return Notification(
        "account_changed",
        _CHANGED[event.action].format(
            short_address(about) if event.action.startswith("address.") else about
        ),
        "If this was not you, sign out everywhere and look at your addresses.",
        "/settings/activity",
        "View Activity",
    )


def frames_of(event: Event, *, at: str) -> list[Shown]:
    """The frames of an event for its miner; `at` is when it was told (ISO 8601)."""
    notice = notification_of(event)
    told: dict[str, Any] = {}
    if notice is not None:
        told["notification"] = {
            "type": "gamification",
            "subtype": notice.subtype,
            "title": notice.title,
            "description": notice.description,
            "timestamp": at,
            "actionUrl": notice.action_url,
            "actionLabel": notice.action_label,
        }
    data = event.model_dump(mode="json", exclude={"user_id"})
    match event:
        case BadgeEarned():
            named = {"badge_slug": event.slug, "badge_name": event.name}
            rest = {k: v for k, v in data.items() if k not in ("slug", "name")}
            return [Shown("gamification", "badge_earned", named | rest | told)]
        case XpGained():
            return [Shown("gamification", "xp_gained", data)]
        case LevelUp():
            return [Shown("gamification", "level_up", data | told)]
        case StreakExtended():
            update = {"streak": event.streak, "longest": event.longest, "week": event.week_iso}
            return [Shown("gamification", "streak_update", update | told)]
        case StreakBroken():
            update = {"streak": 0, "longest": event.longest, "week": event.last_active_week}
            return [Shown("gamification", "streak_update", update | {"broken": True} | told)]
        case BlockRecorded():
            return [
                Shown("mining", "block_found", data | {"at": data["found_at"]}),
                Shown("gamification", "notification", told, public=False),
            ]
        case PersonalBest() | StreakExpiring() | SilentRewards() | AccountChanged():
            return [Shown("gamification", "notification", told, public=False)]
    return []


def feed_item_of(event: Event, *, id_: str, at: str) -> dict[str, Any] | None:
    """The line of the pool's feed that an event deserves, if any."""
    what: str
    xp: int | None
    match event:
        case BadgeEarned():
            what, title, xp = "badge_earned", f"New badge: {event.name}", event.xp_reward
        case LevelUp():
            what, title, xp = "level_up", f"Reached {event.title}", None
        case PersonalBest():
            what, title, xp = "best_diff", f"New best: {short_number(event.sdiff)}", None
        case BlockRecorded():
            what, title, xp = "block_found", f"Found block {event.height:,}", None
        case _:
            return None
    slug = event.slug if isinstance(event, BadgeEarned) else None
    return {
        "id": id_,
        "type": what,
        "title": title,
        "detail": None,
        "xp": xp,
        "badge_slug": slug,
        "at": at,
    }
