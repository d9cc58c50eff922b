"""Files of ckpool that no miner can write: `pool/pool.status` and `users/ADDRESS`.

Both are JSON, in which a line end in a worker's name is escaped. ckpool.log is plain text: anybody
who connects can write whole lines into it, with any time and about anybody.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import orjson

from tbg.adapters import bitcoin
from tbg.adapters.ckpool.files import Found, LogDir
from tbg.core.telemetry import log

USER_BYTES = 64 * 1024 * 1024
"""Larger files are ignored: one about a user has 300 bytes per worker, or up to a kilobyte if their
names are long, and everybody may connect workers under anybody's address."""

PERIOD_BLOCKS = 2016
"""The number of blocks after which the network changes its difficulty."""

_log = log(__name__)

_EXACT = 1e-5
"""pool.status has six digits of a difficulty."""

_LEAST_PERCENT = 1.0
"""The percentage of the network's difficulty from which two decimals give it to half a percent."""

_ROUND_SECONDS = 90.0
"""ckpool writes all users and then pool.status once a minute: anything older is from another
round."""


class Status(NamedTuple):
    """pool.status: when it was written, the network's difficulty if given, the best share.

    `best` is of all shares since the last block that did not reach the network's difficulty.
    """

    at: float
    written: float
    difficulty: float | None
    best: float


class User(NamedTuple):
    """users/ADDRESS: when it was written, and the best shares since the last block.

    `best` is of the address, `bests` of each of its workers.
    """

    written: float
    best: float
    bests: dict[str, float]


def status(logs: LogDir) -> Status | None:
    """pool.status now; None while there is no readable one."""
    read = _read(logs, "pool", "pool.status")
    if read is None:
        return None
    text, written = read
    try:
        about, _, work = (orjson.loads(line) for line in text.splitlines())
        difficulty = _difficulty(work)
        return Status(float(about["lastupdate"]), written, difficulty, float(work["bestshare"]))
    except (ValueError, KeyError, TypeError, ArithmeticError):
        return None  # being written, or from a ckpool with another format


def _difficulty(work: dict[str, Any]) -> float | None:
    """The network's difficulty, if anything too high: from `netdiff` (ckpool-lhr) or `diff`.

    `diff` is the percentage that the work since the last block (`accepted`) is of it.
    """
    if "netdiff" in work:
        return float(work["netdiff"]) or None
    percent = float(work["diff"])
    return float(work["accepted"]) * 100 / (percent - 0.005) if percent >= _LEAST_PERCENT else None


def user(logs: LogDir, address: str) -> User | None:
    """What ckpool knows about an address that mines (`address` is valid: it names a file)."""
    read = _read(logs, "users", address)
    if read is None:
        return None
    text, written = read
    try:
        bests: dict[str, float] = {}
        found = orjson.loads(text)
        for one in found["worker"]:
            name = bitcoin.split_user(one["workername"])[1] or "default"
            bests[name] = max(bests.get(name, 0.0), float(one["bestshare"]))
        return User(written, float(found["bestshare"]), bests)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def reaches(sdiff: float, difficulty: float) -> bool:
    """Whether a share reaches the difficulty, which is known to six digits."""
    return sdiff >= difficulty * (1 - _EXACT)


def is_a_block(status: Status, user: User, *, worker: str, sdiff: float, at: float) -> bool:
    """Whether its address's best share, sent `at` (unix), reached the network's difficulty.

    ckpool leaves such a share, and no other that is an address's best, out of the pool's best. Both
    files must be from the same round, after the share.
    """
    if user.written < status.written - _ROUND_SECONDS or at > status.at - 1:
        return False
    same = (
        abs(best - sdiff) <= sdiff * _EXACT for best in (user.best, user.bests.get(worker, 0.0))
    )
    return all(same) and sdiff > status.best * (1 + _EXACT) + 1


def _read(logs: LogDir, folder: str, name: str) -> tuple[bytes, float] | None:
    with logs.open(Found(folder, name, 0, 0.0, "")) as fd:
        if fd is None:
            return None
        about = os.fstat(fd)
        if about.st_size > USER_BYTES:
            _log.warning("evidence_too_large", file=f"{folder}/{name}", bytes=about.st_size)
            return None
        return os.pread(fd, USER_BYTES, 0), about.st_mtime
