"""A solved block in ckpool.log, the share that solved it, and whether it is confirmed.

No log line has all of it: "Solved and confirmed block H by W" knows height and worker, "Possible
block solve diff X" the difficulty, and only the sharelog line of that worker, height and difficulty
knows the hash. All of ckpool.log can be forged, so its blocks are reports until records that no
miner can write show that the share reached the network's difficulty (`evidence.py`). A forged line
between the two can hide the difficulty; then the worker's best share of that height is looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from tbg.adapters.ckpool import evidence, sharelog
from tbg.adapters.ckpool.evidence import Status, is_a_block, reaches
from tbg.adapters.ckpool.files import LogDir, lines
from tbg.adapters.ckpool.poollog import PIECE_BYTES, Solved
from tbg.adapters.ckpool.record import Difficulty

LEAST_BLOCK = {"mainnet": 1e12}
"""No block has had a lower difficulty since late 2017: a share below it is not even shown as a
report, which any home miner could have shown at will."""


class SolvingShare(NamedTuple):
    """The share that solved a block: its event's fields, and the values that decide."""

    fields: dict[str, str]
    sdiff: float
    at: float

    @property
    def report(self) -> dict[str, str]:
        """The event of a reported block."""
        return self.fields | {"event_id": f"report-{self.fields['hash']}"}

    @property
    def backed(self) -> dict[str, str]:
        """The event of a confirmed block."""
        return self.fields | {"event_id": f"backed-{self.fields['hash']}", "backed": "true"}


class Candidates(NamedTuple):
    """Shares that may have solved a block: its worker's of a logged difficulty, and its best."""

    logged: SolvingShare | None
    best: SolvingShare | None


def candidates(
    blocks: Sequence[Solved], logs: LogDir, source: str, *, network: str
) -> dict[Solved, Candidates]:
    """The shares that may have solved each of these blocks, which all have one height.

    Reads all shares of that height once: blocks are rare, and nothing has to be remembered.
    """
    height, least = blocks[0].height, LEAST_BLOCK.get(network, 0.0)
    wanted: dict[str, list[Solved]] = defaultdict(list)
    for block in blocks:
        for diff in block.diffs:
            wanted[diff].append(block)
    logged: dict[Solved, SolvingShare] = {}
    best: dict[tuple[str, str], SolvingShare | None] = {block.by: None for block in blocks}
    for file in logs.sharelogs(f"{height:08x}"):
        place = sharelog.Place(source, height)
        with logs.open(file) as fd:
            for line in lines(fd, 0) if fd is not None else ():
                for _, data in sharelog.apart(line.data.rstrip(b"\r"), line.offset):
                    share = _share(data, place)
                    if share is None or share.sdiff < least:
                        continue
                    for block in wanted.get(f"{share.sdiff:.6f}", ()):
                        if _is_by(share, block):
                            logged.setdefault(block, share)
                    worker = (share.fields["user"], share.fields["worker"])
                    if worker in best:
                        best[worker] = max(share, best[worker] or share, key=_difficulty)
    return {block: Candidates(logged.get(block), best[block.by]) for block in blocks}


def _difficulty(share: SolvingShare) -> float:
    return share.sdiff


def _share(data: bytes, place: sharelog.Place) -> SolvingShare | None:
    try:
        at, share = sharelog.event(data, place, equal_before=int)  # its identity is not used
    except sharelog.Unreadable:
        return None
    if "hash" not in share:
        return None
    fields = {
        "user": share["user"],
        "worker": share["worker"],
        "height": str(place.height),
        "hash": share["hash"],
        "diff": share["sdiff"],
        "source": place.source,
        "ts": share["ts"],
    }
    return SolvingShare(fields, float(share["sdiff"]), at)


def _is_by(share: SolvingShare, block: Solved) -> bool:
    address, name = block.by
    user, worker = share.fields["user"], share.fields["worker"]
    # A long log line was cut; bytes cut in two have become U+FFFD.
    if len(block.worker.encode()) > PIECE_BYTES - 64:
        return user == address and worker.startswith(name.rstrip("\ufffd"))
    return (user, worker) == (address, name)


def is_backed(
    share: SolvingShare,
    logs: LogDir,
    status: Status | None,
    network: Difficulty | None,
    *,
    easier: float,
) -> bool:
    """Whether records that no miner can write show that this share reached the difficulty.

    `network`: what is known about the network's difficulty in the share's period, which then
    decides alone; `easier`: the greatest difficulty that is known to have been no block in it.
    """
    if network is not None:
        return share.at <= network.at and reaches(share.sdiff, network.value)
    if status is None or share.sdiff <= easier:
        return False
    user = evidence.user(logs, share.fields["user"])
    if user is None:
        return False
    return is_a_block(status, user, worker=share.fields["worker"], sdiff=share.sdiff, at=share.at)
