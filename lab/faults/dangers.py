"""What happens to processes, and where: their deaths, and lesser troubles."""

from __future__ import annotations

from lab.faults.cases import Theme
from lab.faults.failpoints import Action

_BOTH = ("before", "after")
Point = tuple[str, str, Action]


def _points(action: Action, *places: str) -> list[Point]:
    """`before X` or `after X` or `around X` (both), with an action."""
    sides = {"before": ("before",), "after": ("after",), "around": _BOTH}
    split = [place.partition(" ") for place in places]
    return [(where, side, action) for word, _, where in split for side in sides[word]]


DEATHS = {
    "ingest": _points(
        Action.DIE,
        "around COMMIT",
        "after COMMIT",
        "around XACK",
        "before XACK",
        "around EVALSHA",
        "after XADD",
        "after XADD",
        "after XREADGROUP",
        "after XAUTOCLAIM",
        "around WITH taken",
        "after INSERT INTO event_keys",
        "before INSERT INTO user_badges",
        "around INSERT INTO outbox",
        "around ",
    ),
    "relay": _points(
        Action.DIE,
        "around COMMIT",
        "around INSERT INTO frame",
        "around UPDATE outbox",
        "around PUBLISH",
        "around ",
    ),
    "job": _points(Action.DIE, "around COMMIT", "after INSERT INTO xp_ledger", "around "),
}
"""Where processes die: each one at the next of these, shuffled, so that all have their turn."""

SIZES: dict[Theme, tuple[int, ...]] = {
    "heavy": (5, 20, 50),
    "deaths": (2, 5, 10, 20, 50, 400),
    "dense": (2, 3, 6),
    "sparse": (1, 2, 3),
}
"""Entries of each stream per batch."""

RARE = ("XADD", "EVALSHA", "INSERT INTO user_badges", "INSERT INTO outbox")
"""Rare operations of a process: it dies there the first time."""

TROUBLES = {
    "ingest": [
        *_points(Action.CUT, "around COMMIT", "around XACK", "around EVALSHA", "after XREADGROUP"),
        *_points(Action.CUT, "around WITH taken", "around ", "around "),
        *_points(Action.PAUSE, "before COMMIT", "before XACK", "after INSERT INTO event_keys"),
        *_points(Action.PAUSE, "after INSERT INTO outbox", "after INSERT INTO outbox", "around "),
        *_points(Action.PAUSE, "after INSERT INTO user_gamification"),
        *_points(Action.READD, "before COMMIT"),
    ],
    "relay": [
        *_points(Action.CUT, "around COMMIT", "around ", "before UPDATE outbox"),
        *_points(Action.PAUSE, "before UPDATE outbox", "before COMMIT"),
    ],
    "job": [
        *_points(Action.CUT, "around COMMIT", "around "),
        *_points(Action.PAUSE, "before COMMIT", "after WITH days AS", "after WITH days AS"),
    ],
}
"""Other faults."""
