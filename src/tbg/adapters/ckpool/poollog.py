"""Lines of ckpool.log → miners that came and went, and blocks that were solved.

Nothing that looks like JSON is read here: ckpool cuts long messages into pieces and loses bytes of
them. Lines about clients contain IP addresses, which are not even part of an identity.

None of these lines can be trusted on its own. ckpool writes the names that miners choose unchanged:
a line end in a name begins a line that the miner wrote, about anybody, with any time.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from hashlib import blake2b

from tbg.adapters import bitcoin
from tbg.adapters.ckpool import sharelog
from tbg.adapters.streams import MINER_CONNECTED, MINER_DISCONNECTED

PIECE_BYTES = 500
"""ckpool cuts messages near 510 bytes: one this long may have lost its end."""

OPEN_SOLVES = 8
"""Possible solves whose outcome has not been logged, at most: it comes within milliseconds."""

_LINE = re.compile(rb"\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\.(\d{3})\] (.*)", re.DOTALL)
_CONNECTED = re.compile(rb"Authorised client (\S+) \S+ worker (.+) as user (\S+)", re.DOTALL)
_DROPPED = re.compile(rb"Dropped client (\S+) \S+ user (\S+) worker (.+) (?:lazily)?", re.DOTALL)
_POSSIBLE = re.compile(rb"Possible (?:stale share )?block solve diff ([0-9.]+) !.*")
_SOLVED = re.compile(rb"Solved and confirmed block (\d{1,9}) by (.+)", re.DOTALL)
_REJECTED = re.compile(rb"Submitted, but had block \d+ rejected.*")
_ALARM = re.compile(rb"Failed to fopen .*sharelog|FATAL|CRITICAL", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ConnectionChange:
    """A miner came or went: the stream it belongs to, and its event but for source and history.

    `at` in whole unix seconds.
    """

    at: int
    stream: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Solved:
    """The pool says that `worker` solved block `height`.

    `diffs` are the difficulties of the possible solves that had no outcome yet, as logged; the
    share that it was has one of them, and only its sharelog line knows the block's hash.
    """

    at: int
    height: int
    worker: str
    diffs: tuple[str, ...]

    @property
    def by(self) -> tuple[str, str]:
        """The address and the worker's name."""
        address, name = bitcoin.split_user(self.worker)
        return address, name or "default"


@dataclass(frozen=True, slots=True)
class Alarm:
    """The pool says that it is in trouble: shares may be missing from its logs."""

    at: int
    text: str


@dataclass(slots=True)
class PoolLog:
    """Reads lines in order; remembers possible solves until their outcome is logged."""

    zone: tzinfo | None
    network: str
    solves: deque[str] = field(default_factory=lambda: deque(maxlen=OPEN_SOLVES))

    def read(self, line: bytes) -> ConnectionChange | Solved | Alarm | None:
        """What a line reports, if it is relevant for the game."""
        if line[26:27] not in b"ADPSFC" or (match := _LINE.fullmatch(line)) is None:
            return None
        try:
            return self._read(match[1] + b"." + match[2], match[3])
        except (ValueError, OverflowError):
            return None  # a damaged line: the date is invalid

    def _read(self, stamp: bytes, message: bytes) -> ConnectionChange | Solved | Alarm | None:
        if found := _POSSIBLE.fullmatch(message):
            self.solves.append(found[1].decode())
        elif _REJECTED.fullmatch(message):
            if self.solves:
                self.solves.popleft()
        elif found := _SOLVED.fullmatch(message):
            diffs = tuple(self.solves)
            if diffs:
                self.solves.popleft()
            worker = found[2].decode(errors="replace")
            return Solved(int(self._when(stamp)), int(found[1]), worker, diffs)
        elif _ALARM.match(message):
            return Alarm(int(self._when(stamp)), sharelog.sample(message))
        elif len(message) < PIECE_BYTES:
            return self._connection(stamp, message)
        return None

    def _connection(self, stamp: bytes, message: bytes) -> ConnectionChange | None:
        if found := _CONNECTED.fullmatch(message):
            stream, client, name, user = MINER_CONNECTED, found[1], found[2], found[3]
        elif found := _DROPPED.fullmatch(message):
            stream, client, user, name = MINER_DISCONNECTED, found[1], found[2], found[3]
        else:
            return None
        address, worker = bitcoin.split_user(name.decode(errors="replace").replace("\0", "\ufffd"))
        if address.encode() != user:
            return None
        try:
            bitcoin.normalise(address, self.network)
        except bitcoin.AddressRefused:
            return None  # never authorised: ckpool also logs dropped connections
        said = b"\0".join((stream.encode(), stamp, client, name))
        at = self._when(stamp)
        fields = {
            "user": address,
            "worker": worker or "default",
            "event_id": blake2b(said, digest_size=12).hexdigest(),
            "ts": f"{at:.3f}",
        }
        return ConnectionChange(int(at), stream, fields)

    def _when(self, stamp: bytes) -> float:
        # ckpool logs the local time of its host: without a zone, Python takes the machine's, by
        # the rules that the C library has for it and ckpool too.
        local = datetime.fromisoformat(stamp.decode())
        return local.replace(tzinfo=self.zone).timestamp()
