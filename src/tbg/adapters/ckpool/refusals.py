"""Kinds of lines that are not published, and of problems in a pool's logs.

A share is checked with the consumer's own rules before it is published: what the game would never
accept stays here, in a bounded file, and neither fills Redis nor becomes a dead letter.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from tbg.adapters import bitcoin
from tbg.adapters.streams import BadEvent, Rules, decode

DAMAGED = "damaged"
TOO_LONG = "too_long"
NOT_AN_ADDRESS = "not_an_address"
OTHER_NETWORK = "other_network"
AHEAD = "ahead"
IMPOSSIBLE = "impossible_value"
NO_SHARE = "block_without_share"
SHARELOG_FAILED = "sharelog_not_written"
POOL_FAILED = "pool_failed"

EXPLAINED = {
    DAMAGED: "incomplete share records, as a full disk or a crash leaves them; if more appear, "
    "check the pool's disk",
    TOO_LONG: "longer than 64 KiB, which no share record is; look at that position in the file",
    NOT_AN_ADDRESS: "the stratum user does not begin with a Bitcoin address, so nobody can be "
    "credited; set the miner's user to ADDRESS.WORKER",
    OTHER_NETWORK: "addresses of a Bitcoin network other than this game's; they are read again "
    "automatically when TBG_NETWORK is changed",
    AHEAD: "the pool's clock is more than five minutes ahead of this machine's; synchronise both "
    "clocks with NTP (for connections, check --tz); shares are read again when their time "
    "has come",
    IMPOSSIBLE: "a value that no share can have; this build of the pool may write another format: "
    "look at the lines and report them",
    NO_SHARE: "ckpool.log reports a block, but no sharelog has its share; sharelogs may be missing",
    SHARELOG_FAILED: "ckpool could not write a sharelog, and those shares are lost; check its "
    "disk and its open files limit",
    POOL_FAILED: "ckpool reports an internal failure; look at ckpool.log",
}
"""Every kind, with its meaning and remedy."""

_REASONS = {
    "missing": NOT_AN_ADDRESS,
    "address": NOT_AN_ADDRESS,
    "network": OTHER_NETWORK,
    "future": AHEAD,
}


class Refusal(NamedTuple):
    """Why a line is not published; `address`: the address, if it is of another network."""

    kind: str
    reason: str
    address: str = ""


def refusal(stream: str, fields: dict[str, str], *, network: str, now: datetime) -> Refusal | None:
    """Why the game would refuse an event; None if it would accept it."""
    if not fields["user"] or set("._") & set(fields["user"]):
        return Refusal(NOT_AN_ADDRESS, "not a Bitcoin address")
    raw = {name.encode(): value.encode() for name, value in fields.items()}
    try:
        decode(stream, "0-0", raw, Rules(network, now))
    except BadEvent as error:
        kind = _REASONS.get(error.reason, IMPOSSIBLE)
        foreign = fields["user"] if kind == OTHER_NETWORK else ""
        return Refusal(kind, str(error), bitcoin.split_user(foreign)[0])
    return None


def alarm(text: str) -> str:
    """The kind of an alarm of ckpool.log."""
    return SHARELOG_FAILED if "sharelog" in text else POOL_FAILED


def network_name(address: str) -> str:
    """The networks of an address, in words."""
    *most, last = bitcoin.networks_of(address)
    return f"{', '.join(most)} or {last}" if most else last
