"""Refused reports of completions."""

from __future__ import annotations

from tbg.core.errors import Conflict, Invalid, NotFound


class QuestUnknown(NotFound):
    """There is no such quest."""

    code = "quest_unknown"
    title = "There is no such quest"


class QuestNotExternal(Conflict):
    """The game itself decides who completes it."""

    code = "quest_not_external"
    title = "Only the game completes this quest"


class QuestClosed(Conflict):
    """The quest has not begun, or has ended."""

    code = "quest_closed"
    title = "The quest is not running"


class TimeRefused(Invalid):
    """The time of a completion lies in the future, or too far back."""

    code = "time_refused"
    title = "This time cannot be accepted"
