"""Stream entries → facts. What cannot be read is refused with a reason, never guessed at."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from math import isfinite
from typing import NamedTuple

# uuid.UUID in C, a subclass of it: thirty times as fast to make, and keys are made by the thousand.
from asyncpg.pgproto.pgproto import UUID

from tbg.adapters import bitcoin
from tbg.adapters.streams.facts import (
    BestDiff,
    BlockFound,
    Connection,
    Fact,
    QuestReport,
    Share,
)
from tbg.core import limits

SHARE_SUBMITTED = "mining:share_submitted"
SHARE_BEST_DIFF = "mining:share_best_diff"
BLOCK_FOUND = "mining:block_found"
MINER_CONNECTED = "mining:miner_connected"
MINER_DISCONNECTED = "mining:miner_disconnected"
QUEST_COMPLETED = "quest:completed"

_GENESIS = 1_231_006_505.0
_AHEAD, _AGE = limits.EVENT_AHEAD.total_seconds(), limits.EVENT_AGE.total_seconds()
_LONGEST_USER = bitcoin.LONGEST_ADDRESS + 1 + limits.WORKER_NAME_BYTES
_INT32 = 2**31 - 1
_INT63 = 2**63 - 1

# Characters that move, hide or reorder the text around them: controls, line separators, marks of
# direction, invisible blanks. The joiners of emoji and of scripts that need them stay.
_DECEPTIVE = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)

_SLUG = re.compile("[a-z0-9][a-z0-9_]{0,63}")

Fields = Mapping[bytes, bytes]


class BadEvent(ValueError):
    """An event that can never be read; `reason` is a short code, the message says more."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rules:
    """What decoding depends on: the network, and the moment that ages are measured from."""

    network: str
    now: datetime


def decode(stream: str, entry_id: str, fields: Fields, rules: Rules) -> Fact:
    """One entry of a known stream as a typed fact; BadEvent when it cannot be read."""
    names = _names_of(tuple(fields))
    raw = b"\0".join(fields.values())
    if len(raw) + names.size > limits.EVENT_BYTES:
        raise _too_large()
    if raw.count(b"\0") >= max(1, len(fields)):
        raise BadEvent("nul", "a field contains a NUL character")
    try:
        raw.decode()
    except UnicodeDecodeError:
        raise BadEvent("encoding", "not UTF-8") from None
    if fields.get(b"v", b"1") != b"1":
        raise BadEvent("version", f"unknown schema version {_shown(fields[b'v'])}")
    entry = _Entry(stream, entry_id, fields, names)
    return _MAKE[stream](entry, _when(entry, entry_id, rules), _who(entry, rules))


class _Names(NamedTuple):
    """What all entries with the same fields share: a producer keeps sending the same few."""

    size: int
    said: tuple[bytes, ...]
    head: bytes


@lru_cache(maxsize=256)
def _names_of(fields: tuple[bytes, ...]) -> _Names:
    size = sum(map(len, fields))
    if size > limits.EVENT_BYTES:
        raise _too_large()
    # `history` says when an event was read, not what it is: reading it again a day later
    # must not look like another payload.
    said = tuple(sorted(name for name in fields if name != b"history"))
    return _Names(size, said, b"=".join(said) + b"\0")


def _too_large() -> BadEvent:
    return BadEvent("too_large", f"more than {limits.EVENT_BYTES} bytes")


class _Entry:
    """The fields of one entry (UTF-8), and how each kind of value is read from it."""

    __slots__ = ("digest", "fields", "key", "source")

    def __init__(self, stream: str, entry_id: str, fields: Fields, names: _Names) -> None:
        self.fields = fields
        self.source = self.required(b"source").decode()[: limits.TEXT_CHARS]
        event_id = fields.get(b"event_id") or entry_id.encode()
        if len(event_id) > limits.EVENT_ID_BYTES:
            raise BadEvent("event_id", f"event_id is longer than {limits.EVENT_ID_BYTES} bytes")
        identity = f"{stream}\0{self.source}\0".encode() + event_id
        self.key = UUID(blake2b(identity, digest_size=16).digest())
        said = names.head + b"\0".join(map(fields.__getitem__, names.said))
        self.digest = int.from_bytes(blake2b(said, digest_size=8).digest(), signed=True)

    def required(self, name: bytes) -> bytes:
        value = self.fields.get(name)
        if not value:
            raise BadEvent("missing", f"field {name.decode()!r} is missing")
        return value

    def number(self, name: bytes) -> float:
        value = self.required(name)
        try:
            found = float(value)
        except ValueError:
            raise BadEvent(
                "not_a_number", f"{name.decode()} is not a number: {_shown(value)}"
            ) from None
        if not isfinite(found):
            raise BadEvent("not_finite", f"{name.decode()} is not finite")
        return found

    def difficulty(self, name: bytes) -> float:
        found = self.number(name)
        if found > limits.DIFFICULTY:
            raise BadEvent("out_of_range", f"{name.decode()} is higher than any hash can reach")
        return found

    def reached(self, name: bytes) -> float:
        found = self.difficulty(name)
        if found <= 0:
            raise BadEvent("out_of_range", f"{name.decode()} must be above 0")
        return found

    def integer(self, name: bytes, *, most: int, least: int = 0) -> int | None:
        value = self.fields.get(name)
        if not value:
            return None
        try:
            found = int(value)
        except ValueError:
            raise BadEvent(
                "not_a_number", f"{name.decode()} is not an integer: {_shown(value)}"
            ) from None
        if not least <= found <= most:
            raise BadEvent("out_of_range", f"{name.decode()} is out of range")
        return found

    def short(self, name: bytes) -> str | None:
        value = self.fields.get(name)
        return _plain(value.decode()[: limits.TEXT_CHARS]) if value else None

    def flag(self, name: bytes) -> bool:
        value = self.required(name).lower()
        if value not in (b"true", b"false"):
            raise BadEvent("not_a_boolean", f"{name.decode()} must be true or false")
        return value == b"true"


def _plain(text: str) -> str:
    """A miner's text with a mark in place of each character that would change how others look."""
    return text if text.isprintable() else _DECEPTIVE.sub("\ufffd", text)


def _shown(value: bytes) -> str:
    return repr(value.decode(errors="replace")[:40])


def _when(entry: _Entry, entry_id: str, rules: Rules) -> tuple[datetime, bool]:
    history = entry.flag(b"history") if b"history" in entry.fields else False
    stamp = (
        entry.number(b"ts")
        if b"ts" in entry.fields
        else int(entry_id.partition("-")[0] or 0) / 1000
    )
    ahead = stamp - rules.now.timestamp()
    if ahead > _AHEAD:
        raise BadEvent("future", f"{ahead:.0f} s ahead of now")
    if stamp < _GENESIS:
        raise BadEvent("too_late", "before Bitcoin existed")
    if not history and -ahead > _AGE:
        raise BadEvent("too_late", f"a live event that is {-ahead / 86400:.0f} days old")
    return datetime.fromtimestamp(stamp, UTC), history


def _who(entry: _Entry, rules: Rules) -> tuple[str, str]:
    user, worker = entry.required(b"user"), entry.fields.get(b"worker", b"")
    return _miner(user[:_LONGEST_USER], worker[: limits.WORKER_NAME_BYTES], rules.network)


@lru_cache(maxsize=limits.MINERS_REMEMBERED)
def _miner(user: bytes, worker: bytes, network: str) -> tuple[str, str]:
    """The address and the worker's name: a miner's shares say the same two again and again."""
    first, tail = bitcoin.split_user(user.decode(errors="ignore"))
    try:
        address = bitcoin.normalise(first, network)
    except bitcoin.AddressRefused as error:
        reason = "network" if error.networks else "address"
        raise BadEvent(reason, str(error)) from None
    name = _plain(worker.decode(errors="ignore") or tail) or "default"
    if len(name) > limits.WORKER_NAME_BYTES // 4:
        name = name.encode()[: limits.WORKER_NAME_BYTES].decode(errors="ignore")
    return address, name


def _share(entry: _Entry, when: tuple[datetime, bool], who: tuple[str, str]) -> Share:
    accepted = entry.flag(b"accepted")
    diff, sdiff = entry.difficulty(b"diff"), entry.difficulty(b"sdiff")
    if diff < 0 or (accepted and (diff == 0 or sdiff <= 0)):
        raise BadEvent("out_of_range", "diff and sdiff of an accepted share must be above 0")
    if sdiff < 0 and sdiff != -1:
        raise BadEvent("out_of_range", "sdiff is negative")
    return Share(
        entry.key,
        entry.digest,
        *when,
        entry.source,
        *who,
        diff,
        sdiff,
        accepted,
        entry.integer(b"errn", least=-99, most=999),
        entry.short(b"reject_reason"),
        entry.integer(b"height", most=_INT32),
        entry.integer(b"workinfoid", most=_INT63),
        entry.short(b"hash"),
        entry.short(b"agent"),
    )


def _best(entry: _Entry, when: tuple[datetime, bool], who: tuple[str, str]) -> BestDiff:
    return BestDiff(entry.key, entry.digest, *when, entry.source, *who, entry.reached(b"diff"))


def _block(entry: _Entry, when: tuple[datetime, bool], who: tuple[str, str]) -> BlockFound:
    entry.required(b"height")
    height = entry.integer(b"height", most=_INT32)
    assert height is not None
    return BlockFound(
        entry.key,
        entry.digest,
        *when,
        entry.source,
        *who,
        height,
        entry.required(b"hash").decode()[: limits.TEXT_CHARS],
        entry.reached(b"diff"),
        entry.integer(b"reward", most=_INT63),
        entry.flag(b"backed") if b"backed" in entry.fields else False,
    )


def _connection(connected: bool) -> _Maker:
    def make(entry: _Entry, when: tuple[datetime, bool], who: tuple[str, str]) -> Connection:
        return Connection(
            entry.key, entry.digest, *when, entry.source, *who, connected, entry.short(b"agent")
        )

    return make


def _quest(entry: _Entry, when: tuple[datetime, bool], who: tuple[str, str]) -> QuestReport:
    quest = entry.required(b"quest").decode()
    if not _SLUG.fullmatch(quest):
        raise BadEvent("quest", f"not a quest's slug: {_shown(entry.fields[b'quest'])}")
    return QuestReport(entry.key, entry.digest, *when, entry.source, *who, quest)


_Maker = Callable[[_Entry, tuple[datetime, bool], tuple[str, str]], Fact]

_MAKE: dict[str, _Maker] = {
    SHARE_SUBMITTED: _share,
    SHARE_BEST_DIFF: _best,
    BLOCK_FOUND: _block,
    MINER_CONNECTED: _connection(True),
    MINER_DISCONNECTED: _connection(False),
    QUEST_COMPLETED: _quest,
}

STREAMS = tuple(_MAKE)
"""The streams the game reads."""

MINING_STREAMS = tuple(stream for stream in STREAMS if stream != QUEST_COMPLETED)
"""Those that a collector writes; it has no access to others."""
