"""How blocks look: frame, notification and feed line."""

from __future__ import annotations

from datetime import datetime

from tbg.core.frames import FeedItem, Look, Notice, Presenters
from tbg.domains.mining.events import BlockRecorded
from tbg.domains.mining.rules import short_number
from tbg.domains.mining.schemas import BlockFoundData


def block_line(height: int, hash_: str, worker: str, at: datetime) -> FeedItem:
    """A block was found."""
    return _line("block_found", f"Block {height:,} found", height, hash_, worker, at)


def report_line(height: int, hash_: str, worker: str, at: datetime) -> FeedItem:
    """A block was reported, and nothing confirms it yet."""
    title = f"Block {height:,} reported, not confirmed yet"
    return _line("block_reported", title, height, hash_, worker, at)


def _line(code: str, title: str, height: int, hash_: str, worker: str, at: datetime) -> FeedItem:
    return FeedItem(
        id=f"block-{hash_}", type=code, code=code, params={"height": height, "worker": worker},
        title=title, detail=f"by {worker}", at=at,
    )  # fmt: skip


def _block_recorded(event: BlockRecorded) -> Look:
    line = block_line(event.height, event.hash, event.worker, event.found_at)
    return Look(
        frame=BlockFoundData(
            worker=event.worker,
            height=event.height,
            hash=event.hash,
            sdiff=event.sdiff,
            reward_sats=event.reward_sats,
            at=event.found_at,
        ),
        notice=Notice(
            "block_found",
            f"Block {event.height:,} found",
            f"{event.worker} found it with a share of {short_number(event.sdiff)}.",
            "/profile",
            "View Profile",
            {"height": event.height, "worker": event.worker, "sdiff": event.sdiff},
        ),
        lines=(line,),
        pool_line=line,
    )


PRESENTERS: Presenters = {BlockRecorded: _block_recorded}
