"""Shares for measuring: many users drawn evenly, one worker each, as cheap as can be made."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from random import Random

from btclib import b58

from tbg.adapters.streams import SHARE_SUBMITTED
from tbg.adapters.streams.game import BENCH

_DIFF = 1024.0
_STEP_SECONDS = 0.001


def bench_addresses(users: int, *, seed: str = "bench", network: str = "mainnet") -> list[str]:
    """Addresses of `users` users; all P2PKH, the quickest to write down."""
    return [
        b58.address_from_h160("p2pkh", sha256(f"{seed}/{n}".encode()).digest()[:20], network)
        for n in range(users)
    ]


def bench_shares(
    users: int, events: int, *, start: float, seed: str = "bench", network: str = "mainnet"
) -> Iterator[tuple[str, dict[str, str]]]:
    """`events` accepted shares (stream, fields) a millisecond apart from `start` (unix seconds).

    Difficulties are mining's own, event ids differ, and the same arguments give the same shares.
    """
    addresses = bench_addresses(users, seed=seed, network=network)
    luck = Random(f"bench/{seed}")
    chance, bits = luck.random, luck.getrandbits
    for number in range(events):
        digest = f"{bits(212):064x}"
        yield (
            SHARE_SUBMITTED,
            {
                "user": addresses[int(chance() * users)],
                "worker": "bench",
                "diff": "1024.0",
                "sdiff": repr(_DIFF / (1.0 - chance())),
                "accepted": "true",
                "source": BENCH,
                "hash": digest,
                "event_id": digest,
                "ts": f"{start + number * _STEP_SECONDS:.6f}",
            },
        )
