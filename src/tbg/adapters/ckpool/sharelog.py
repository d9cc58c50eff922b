"""A line of a ckpool sharelog → the fields of a `mining:share_submitted` event.

The miner's IP address (`address`) and the pool's (`createinet`) are never copied.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from tbg.adapters import bitcoin
from tbg.core import limits

START = b'{"workinfoid"'
"""How every record begins. It cannot stand inside a string of one (quotes are escaped there),
so it is also where records that a full disk has glued together come apart."""

SAMPLE_BYTES = 200
"""How much of a quarantined line is shown; the line itself stays in the pool's file."""

_CREATED = re.compile(r"([0-9]{1,11}),([0-9]{1,9})")
_PRIVATE = re.compile(rb'"(?:address|createinet)"\s*:\s*"[^"]*"?')
_IPV4 = re.compile(rb"\b[0-9]{1,3}(?:\.[0-9]{1,3}){1,3}(?::[0-9]{1,5})?\b")
_IPV6 = re.compile(rb"(?<![\w:])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?!\w)")


class Unreadable(ValueError):
    """A record that can never be read; the message is a short reason."""


class Place(NamedTuple):
    """Where records come from: the pool, and the height mined there."""

    source: str
    height: int


def loads(record: bytes) -> dict[str, Any]:
    """The JSON object of one record; bytes that are not UTF-8 become U+FFFD."""
    try:
        found = orjson.loads(record)
    except orjson.JSONDecodeError:
        try:
            found = orjson.loads(record.decode(errors="replace"))
        except orjson.JSONDecodeError:
            raise Unreadable("not JSON") from None
    if type(found) is not dict:
        raise Unreadable("not an object")
    return found


def apart(line: bytes, offset: int) -> list[tuple[int, bytes]]:
    """Take a line that cannot be read apart at every record start: [(offset, piece), …]."""
    cuts = [0]
    while (cut := line.find(START, cuts[-1] + 1)) > 0:
        cuts.append(cut)
    return [(offset + a, line[a:b]) for a, b in zip(cuts, [*cuts[1:], len(line)], strict=True)]


def begun(line: bytes) -> int:
    """How many bytes at the end of a line without its end may be the start of another record."""
    return next((n for n in range(len(START) - 1, 0, -1) if line.endswith(START[:n])), 0)


def event(
    record: bytes, place: Place, *, equal_before: Callable[[], int]
) -> tuple[int, dict[str, str]]:
    """The second a share was received (unix) and its event; Unreadable with the reason.

    `record` without its line end. The identity of an accepted share is its hash. Duplicate rejects
    repeat that hash, so any other record is identified by all that it says and by how many equal
    ones stand before it in its log (`equal_before`). So a log that is copied or renamed has the
    same identities.
    """
    found = loads(record)
    seconds, fraction = _created(found)
    accepted = found.get("result")
    if type(accepted) is not bool:
        raise Unreadable("no result")
    user, worker = bitcoin.split_user(workername(found))
    digest = _text(found.get("hash"))
    fields = {
        "user": user,
        "worker": _worker(worker) or "default",
        "diff": _number(found, "diff"),
        "sdiff": _number(found, "sdiff"),
        "accepted": "true" if accepted else "false",
        "source": place.source,
        "event_id": digest if accepted and digest else _said(record, equal_before()),
        "ts": f"{seconds}.{fraction // 1000:06d}",
        "height": str(place.height),
    }
    if digest:
        fields["hash"] = digest
    for name in ("workinfoid", "errn"):
        if type(value := found.get(name)) is int:
            fields[name] = str(value)
    if not accepted and (reason := _reason(found)):
        fields["reject_reason"] = reason[: limits.TEXT_CHARS]
    if agent := _text(found.get("agent")):
        fields["agent"] = agent[: limits.TEXT_CHARS]
    return seconds, fields


def _said(record: bytes, equal_before: int) -> str:
    return f"{blake2b(record, digest_size=16).hexdigest()}:{equal_before}"


def workername(found: dict[str, Any]) -> str:
    """The whole stratum user of a record: address, then worker after the first `.` or `_`."""
    name = _text(found.get("workername")) or _text(found.get("username"))
    if not name:
        raise Unreadable("no workername")
    return name


def sample(record: bytes) -> str:
    """The beginning of a record for a person to look at, without anyone's IP address."""
    clean = _PRIVATE.sub(b'"":""', record[: 4 * SAMPLE_BYTES])
    clean = _IPV6.sub(b"*", _IPV4.sub(b"*", clean))
    text = clean[:SAMPLE_BYTES].decode(errors="replace")
    # Somebody looks at it on a terminal.
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _created(found: dict[str, Any]) -> tuple[int, int]:
    # "sec,nsec", and nsec is not zero padded: ",7819452" is .007819452.
    stamp = found.get("createdate")
    match = _CREATED.fullmatch(stamp) if type(stamp) is str else None
    if match is None:
        raise Unreadable("no createdate")
    return int(match[1]), int(match[2])


def _number(found: dict[str, Any], name: str) -> str:
    value: Any = found.get(name)
    if type(value) not in (float, int) or not math.isfinite(value):
        raise Unreadable(f"no {name}")
    return repr(value)


def _reason(found: dict[str, Any]) -> str:
    # ckpool writes "reject-reason"; ckpool-lhr the stratum error [code, text, null];
    # builds with yyjson the text alone.
    error = found.get("reject-reason") or found.get("error")
    if type(error) is list and len(error) > 1:
        error = error[1]
    return _text(error)


def _worker(name: str) -> str:
    # The game keeps no more of it, and Redis need not hold more than the game keeps.
    if len(name) <= limits.WORKER_NAME_BYTES // 4:
        return name
    return name.encode()[: limits.WORKER_NAME_BYTES].decode(errors="ignore")


def _text(value: Any) -> str:
    if type(value) is not str:
        return ""
    return value.replace("\0", "\ufffd") if "\0" in value else value
