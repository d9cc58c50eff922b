"""The users of the game in the browser tests: one veteran with a year of mining, and a wall."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from tbg.adapters.simulator import address
from tests.e2e.game import Entry, Game, block, eventually, share

HOUR = 3_600.0
DAY = 24 * HOUR
WEEK = 7 * DAY

MISSED_WEEKS = {9, 10, 11, 31}
"""Weeks ago in which the veteran's miners stood still: one more in a row than freezes cover."""

LONG_NAME = "garage-left-shelf-below-the-window-🔥-" + "x" * 60


@dataclass(frozen=True)
class Town:
    """Addresses: `veteran` has seen it all, `wall` holds everybody, `stranger` never mined."""

    veteran: str
    wall: list[str]
    stranger: str


_QUESTS_WAITING = """
SELECT (SELECT count(*) FROM rollup_queue) + (SELECT count(*) FROM rolled_up)
    + (SELECT count(*) FROM quest_waiting)
"""


def settle(game: Game) -> Town:
    """Let a year happen, wait until it is read to its end, then start the scheduled work."""
    wall = [address("browser", index) for index in range(16)]
    veteran, *others = wall
    year = _year_of(veteran)
    game.mine(*year, miner=veteran)
    game.publish(block(veteran, height=970_001, ago=40 * DAY))
    neighbours = [
        share(other, sdiff=10.0 ** (3 + index % 7), ago=_quiet_for(index) + minutes * 60)
        for index, other in enumerate(others, 1)
        for minutes in range(1, 2 + index % 4)
    ]
    game.publish(*neighbours)
    accepted = [fields for _, fields in year + neighbours if fields["accepted"] == "true"]
    eventually(
        lambda: game.ask("/public/stats")["shares_accepted"] == len(accepted),
        lambda: "not all shares were counted",
    )
    game.start("worker")
    eventually(
        lambda: (
            [(game.ask("/public/stats")["badges_earned"],)]
            == game.rows("SELECT count(*) FROM user_badges")
            and any(b["slug"] == "streak_12" for b in _badges_of(game, veteran))
            and game.rows(_QUESTS_WAITING) == [(0,)]
        ),
        lambda: "the scheduled work did not get done",
    )
    return Town(veteran, wall, address("browser", 99))


def _quiet_for(index: int) -> float:
    """Every third miner rests, for hours or days (in seconds)."""
    return 0.0 if index % 3 else index * DAY / 4


def _badges_of(game: Game, miner: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = game.ask(f"/public/miners/{miner}")["badges"]["earned"]
    return found


def _year_of(miner: str) -> list[Entry]:
    now = time.time()
    noon = now - now % DAY + 12 * HOUR
    monday = noon - datetime.fromtimestamp(now, UTC).weekday() * DAY
    events = []
    for week in range(60, 0, -1):
        if week in MISSED_WEEKS:
            continue
        days = 1 + week * 5 % 7
        events += [
            share(miner, sdiff=2_000.0 * week, ago=now - (monday - week * WEEK + day * DAY))
            for day in range(days)
            for _ in range(4)
        ]
    events.append(share(miner, sdiff=4.29e9, ago=80 * DAY, worker="garage-qaxe"))
    events += [
        share(miner, sdiff=5e4 + minute, ago=minute * 60.0, diff=8_192, agent="bitaxe/BM1370/2.6")
        for minute in range(1, 50)
    ]
    events.append(share(miner, sdiff=6.12e8, ago=2 * HOUR, worker="kitchen"))
    events += [
        share(miner, sdiff=9e3, ago=4 * HOUR, worker="Desk-Ultra", agent="cgminer/4.11.1"),
        share(miner, sdiff=7.7e5, ago=120.0, worker=LONG_NAME),
        share(miner, sdiff=9e3, ago=100.0, worker=LONG_NAME, accepted=False),
        share(miner, sdiff=9e3, ago=99.0, worker="kitchen", accepted=False),
    ]
    events += [share(miner, sdiff=1_500.0, ago=30 * DAY) for _ in range(300)]
    return events
