"""How blocks look: frame, notification and feed line."""

from __future__ import annotations

from datetime import datetime

from tbg.core.frames import FeedItem, Look, Notice, Presenters
from tbg.domains.mining.events import BlockRecorded
from tbg.domains.mining.rules import short_number
from tbg.domains.mining.schemas import BlockFoundData


def block_line(height: int, hash_: str, worker: str, at: datetime) -> FeedItem:
    """A block was found."""
    title, detail = f"Block {height:,} found", f"by {worker}"
    return FeedItem(id=f"block-{hash_}", type="block_found", title=title, detail=detail, at=at)


def report_line(height: int, hash_: str, worker: str, at: datetime) -> FeedItem:
    """A block was reported, and nothing confirms it yet."""
    title, detail = f"Block {height:,} reported, not confirmed yet", f"by {worker}"
    return FeedItem(id=f"block-{hash_}", type="block_reported", title=title, detail=detail, at=at)


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
        ),
        lines=(line,),
        pool_line=line,
    )


PRESENTERS: Presenters = {BlockRecorded: _block_recorded}
