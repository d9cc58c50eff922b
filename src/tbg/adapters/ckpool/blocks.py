"""A solved block of ckpool.log and the share that solved it: no log line has both.

"Solved and confirmed block H by W" knows height and worker, "Possible block solve diff X" the
difficulty, and only the sharelog line of that worker, height and difficulty knows the hash.
"""

from __future__ import annotations

from tbg.adapters.ckpool import sharelog
from tbg.adapters.ckpool.files import LogDir, lines
from tbg.adapters.ckpool.poollog import PIECE_BYTES, Solved


def event(block: Solved, logs: LogDir, source: str) -> dict[str, str] | None:
    """The event of a solved block; None while its share is not in the sharelogs.

    Reads all shares of that height: blocks are rare, and nothing has to be remembered.
    """
    for found in logs.sharelogs(f"{block.height:08x}"):
        place = sharelog.Place(source, found.path, block.height)
        with logs.open(found) as fd:
            for line in lines(fd, 0) if fd is not None else ():
                for offset, data in sharelog.apart(line.data.rstrip(b"\r"), line.offset):
                    if fields := _solving(data, offset, place, block):
                        return fields
    return None


def _solving(
    data: bytes, offset: int, place: sharelog.Place, block: Solved
) -> dict[str, str] | None:
    try:
        found = sharelog.loads(data)
        name = sharelog.workername(found)
        _, share = sharelog.event(data, offset, place)
    except sharelog.Unreadable:
        return None
    if "hash" not in share or f"{found['sdiff']:.6f}" not in block.diffs:
        return None
    if not _same_worker(block.worker, name):
        return None
    return {
        "user": share["user"],
        "worker": share["worker"],
        "height": str(block.height),
        "hash": share["hash"],
        "diff": share["sdiff"],
        "source": place.source,
        "event_id": share["hash"],
        "ts": share["ts"],
    }


def _same_worker(logged: str, name: str) -> bool:
    # A long log line was cut; bytes cut in two have become U+FFFD.
    if len(logged.encode()) > PIECE_BYTES - 64:
        return name.startswith(logged.rstrip("\ufffd"))
    return logged == name
