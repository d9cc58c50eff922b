"""A token bucket in memory: a rate per second, and a burst of several seconds' worth at once."""

from __future__ import annotations


class Allowance:
    """What one client may still do; the caller brings the time, from any clock that only rises."""

    __slots__ = ("_at", "_left")

    def __init__(self, now: float, *, most: float) -> None:
        self._at = now
        self._left = most

    def take(self, now: float, *, rate: float, most: float, cost: float = 1) -> bool:
        """Use some of it; return whether it sufficed. What is used beyond it is owed."""
        self._left = min(self._left + (now - self._at) * rate, most) - cost
        self._at = now
        return self._left >= 0

    def take_if_there(self, now: float, *, rate: float, most: float) -> bool:
        """Like `take`, but nothing is owed: clients that keep asking are not locked out."""
        if self.take(now, rate=rate, most=most):
            return True
        self._left += 1
        return False
