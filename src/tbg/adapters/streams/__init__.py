"""Redis streams: the way in. Producers publish, the ingest service reads; facts come out."""

from tbg.adapters.streams.decode import (
    BLOCK_FOUND,
    MINER_CONNECTED,
    MINER_DISCONNECTED,
    MINING_STREAMS,
    QUEST_COMPLETED,
    SHARE_BEST_DIFF,
    SHARE_SUBMITTED,
    STREAMS,
    BadEvent,
    Rules,
    decode,
)
from tbg.adapters.streams.facts import (
    Batch,
    BestDiff,
    BlockFound,
    Connection,
    Fact,
    QuestReport,
    Share,
    worker_key,
)
from tbg.adapters.streams.publisher import Publisher
from tbg.adapters.streams.reader import DEAD_LETTER, FAILURES, GROUP, Entry, Reader, backlog

__all__ = [
    "BLOCK_FOUND",
    "DEAD_LETTER",
    "FAILURES",
    "GROUP",
    "MINER_CONNECTED",
    "MINER_DISCONNECTED",
    "MINING_STREAMS",
    "QUEST_COMPLETED",
    "SHARE_BEST_DIFF",
    "SHARE_SUBMITTED",
    "STREAMS",
    "BadEvent",
    "Batch",
    "BestDiff",
    "BlockFound",
    "Connection",
    "Entry",
    "Fact",
    "Publisher",
    "QuestReport",
    "Reader",
    "Rules",
    "Share",
    "backlog",
    "decode",
    "worker_key",
]
