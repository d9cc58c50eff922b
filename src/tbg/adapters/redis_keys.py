"""The keys of Redis that the program uses, and which of them a cluster has to keep on one node.

A test compares this with the commands of a game; nothing reads it while the game runs.
"""

from __future__ import annotations

from collections.abc import Mapping

APART = ""
"""A key that no other is used together with, not even one of the same pattern."""

KEYS: Mapping[str, str] = {
    "mining:share_submitted": "mining",
    "mining:share_best_diff": "mining",
    "mining:block_found": "mining",
    "mining:miner_connected": "mining",
    "mining:miner_disconnected": "mining",
    "quest:completed": "mining",
    "mining:dead_letter": "mining",
    "mining:dead_letters_shelved": "mining",
    "mining:failures": "mining",
    "mining:collect:*": "mining",
    "mining:game": APART,
    "tbg:heartbeat:*": "heartbeat",
    "tbg:limit:*": APART,
    # arq is to have a small server of its own: its worker ends over MOVED.
    "tbg:jobs": "arq",
    "tbg:jobs:*": "arq",
    "arq:*": "arq",
}
"""Pattern → the hash tag that its keys would share. In a cluster, and with several partitions of
the streams, `mining:share_submitted` is `{mining:N}:share_submitted`; without, names are as here.
"""
