"""How blocks look: frame, notification and feed line."""

from __future__ import annotations

from typing import Any

from tbg.core.frames import FeedItem, Look, Notice, Params, Presenters
from tbg.domains.mining.events import BlockRecorded
from tbg.domains.mining.rules import short_number, short_worker
from tbg.domains.mining.schemas import BlockFoundData, FoundBlock


def line_of(row: Any, *, confirmed: bool) -> FeedItem:
    """A block as a row has it: found, or only reported."""
    block = FoundBlock.model_validate(row)
    return block_line(block) if confirmed else report_line(block)


def block_line(block: FoundBlock) -> FeedItem:
    """A block was found; its `params` have all that a celebration shows."""
    facts: Params = {"hash": block.hash, "sdiff": block.sdiff}
    if block.reward_sats is not None:
        facts["reward_sats"] = block.reward_sats
    return _line("block_found", f"Block {block.height:,} found", block, facts)


def report_line(block: FoundBlock) -> FeedItem:
    """A block was reported, and nothing confirms it yet."""
    return _line("block_reported", f"Block {block.height:,} reported, not confirmed yet", block, {})


def _line(code: str, title: str, block: FoundBlock, facts: Params) -> FeedItem:
    return FeedItem(
        id=f"block-{block.hash}", type=code, code=code,
        params={"height": block.height, "worker": block.worker, **facts},
        title=title, detail=f"by {short_worker(block.worker)}", at=block.found_at,
    )  # fmt: skip


def _block_recorded(event: BlockRecorded) -> Look:
    line = block_line(FoundBlock.model_validate(event))
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
            "mining",
            "block_found",
            f"Block {event.height:,} found",
            f"{short_worker(event.worker)} found it with a share of {short_number(event.sdiff)}.",
            "/profile",
            "View Profile",
            {"height": event.height, "worker": event.worker, "sdiff": event.sdiff},
        ),
        lines=(line,),
        pool_line=line,
    )


PRESENTERS: Presenters = {BlockRecorded: _block_recorded}
