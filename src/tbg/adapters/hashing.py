"""argon2id, in few threads and seldom: it is made to be slow."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from prometheus_client import Counter

from tbg.core import limits

HASHED = Counter("tbg_argon2_total", "argon2 computations, by purpose", ["what"])

# OWASP's parameters; our secrets are 160 random bits, which nobody can guess at any speed.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@dataclass(slots=True)
class Hashing:
    """Computes a bounded number at once, and remembers what it verified recently."""

    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(limits.ARGON2_THREADS, "argon2")
    )
    _verified: OrderedDict[tuple[str, bytes], None] = field(default_factory=OrderedDict)

    async def hash(self, secret: str) -> str:
        """The encoded hash of a secret."""
        HASHED.labels("hash").inc()
        return await asyncio.get_running_loop().run_in_executor(self._pool, _HASHER.hash, secret)

    async def verify(self, hash_: str, secret: str, *, mac: bytes) -> bool:
        """Whether `hash_` is the hash of `secret`; `mac` is remembered instead of the secret."""
        known = (hash_, mac)
        if known in self._verified:
            self._verified.move_to_end(known)
            return True
        HASHED.labels("verify").inc()
        good = await asyncio.get_running_loop().run_in_executor(self._pool, _verify, hash_, secret)
        if good:
            self._verified[known] = None
            if len(self._verified) > limits.API_KEYS_REMEMBERED:
                self._verified.popitem(last=False)
        return good

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _verify(hash_: str, secret: str) -> bool:
    try:
        return _HASHER.verify(hash_, secret)
    except VerificationError:
        return False
