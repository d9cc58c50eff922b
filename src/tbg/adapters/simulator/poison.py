"""Unreadable events: one of each kind that must become a dead letter."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from tbg.adapters.simulator.addresses import KEYED, address
from tbg.core import limits

_DAY = 86_400
_GARBAGE = (
    "not-an-address",
    "bc1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq",
    "1BitcoinEaterAddressDontSendXXXXXX",
    "0x52908400098527886E0F7030069857D2E4169EE7",
)

Fields = dict[str, str]


class Scene(NamedTuple):
    """What spoiling depends on: chance, the moment that ages are measured from, the network."""

    chaos: Random
    now: float
    network: str


Spoil = Callable[[Fields, Scene], None]
"""Spoils the fields of a good share, in place."""


def _without(name: str) -> Spoil:
    def spoil(fields: Fields, _scene: Scene) -> None:
        del fields[name]

    return spoil


def _with(name: str, *values: str) -> Spoil:
    def spoil(fields: Fields, scene: Scene) -> None:
        fields[name] = scene.chaos.choice(values)

    return spoil


def _foreign_address(fields: Fields, scene: Scene) -> None:
    other = "testnet" if scene.network == "mainnet" else "mainnet"
    fields["user"] = address("elsewhere", KEYED + scene.chaos.randrange(10_000), network=other)


def _too_old(fields: Fields, scene: Scene) -> None:
    age = limits.EVENT_AGE.total_seconds() + scene.chaos.uniform(_DAY, 300 * _DAY)
    fields["ts"] = f"{scene.now - age:.6f}"
    fields.pop("history", None)


def _future(fields: Fields, scene: Scene) -> None:
    # Days, not minutes: it must still be ahead when a consumer that was away reads it.
    fields["ts"] = f"{scene.now + scene.chaos.uniform(30 * _DAY, 3_000 * _DAY):.6f}"


def _too_large(fields: Fields, scene: Scene) -> None:
    fields["agent"] = "x" * (limits.EVENT_BYTES + scene.chaos.randrange(1, 4_096))


POISONS: dict[str, Spoil] = {
    "missing_user": _without("user"),
    "missing_diff": _without("diff"),
    "missing_sdiff": _without("sdiff"),
    "missing_accepted": _without("accepted"),
    "missing_source": _without("source"),
    "nan": _with("sdiff", "NaN", "nan", "-nan"),
    "infinite": _with("sdiff", "inf", "Infinity", "-inf", "1e999"),
    "negative": _with("sdiff", "-5", "-1", "-0.001"),
    "negative_diff": _with("diff", "-1024", "-1"),
    "not_a_number": _with("diff", "many", "12abc", "0x400", "1,024"),
    "not_an_integer": _with("height", "tall", "12.5"),
    "bad_accepted": _with("accepted", "maybe", "2", "accepted"),
    "bad_ts": _with("ts", "yesterday", "nan", "2026-11-21T09:00:00Z"),
    "unknown_version": _with("v", "2", "99", "one"),
    "nul": _with("worker", "gar\0age", "\0"),
    "garbage_address": _with("user", *_GARBAGE),
    "foreign_address": _foreign_address,
    "too_old": _too_old,
    "future": _future,
    "too_large": _too_large,
}
"""Fault → function that causes it. Each makes an event that can never be read."""
