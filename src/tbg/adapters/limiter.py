"""Rate limits per caller, counted in Redis for all processes together.

The generic cell rate algorithm keeps one number per caller: the time at which a caller at an even
rate would have made as many requests. A burst moves it ahead, waiting lets it fall behind.

Callers are keyed digests in Redis, and so in its files, because which IP address asked about which
Bitcoin address must not be stored.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from prometheus_client import Counter
from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError

from tbg.core import limits
from tbg.core.errors import TooManyRequests
from tbg.core.telemetry import Seldom, log

LIMITED = Counter("tbg_rate_limited_total", "Requests refused by a rate limit", ["policy"])
COUNTED_LOCALLY = Counter(
    "tbg_rate_counted_locally_total", "Requests that one process counted alone"
)

_ELSEWHERE = ("MOVED ", "CROSSSLOT ")
"""How a node of a cluster answers for keys that it does not have."""

_log = log(__name__)

_SCRIPT = """
local now = redis.call('TIME')
now = now[1] + now[2] / 1000000
local answer = {}
for i, key in ipairs(KEYS) do
  local quota, window = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local step = window / quota
  local ahead = math.max(tonumber(redis.call('GET', key) or '0'), now) - now
  if ahead + step > window + 0.000001 then
    answer[#answer + 1] = {0, tostring(ahead + step - window), tostring(ahead)}
  else
    ahead = ahead + step
    redis.call('SET', key, string.format('%.6f', now + ahead), 'PX', math.ceil(ahead * 1000) + 1)
    answer[#answer + 1] = {math.floor((window - ahead) / step), '0', tostring(ahead)}
  end
end
return answer
"""


class Policy(NamedTuple):
    """`quota` requests in `seconds`, all of them at once if the asker likes."""

    name: str
    quota: int
    seconds: int


_MOST_LOCAL = 10_000
"""Callers that a process counts by itself; beyond that it forgets the one unseen for longest."""

SOCKETS_BY_IP = Policy("sockets", *limits.RATE_SOCKETS)


@dataclass(frozen=True, slots=True)
class QuotaState:
    """What is left of a policy; `retry_after` seconds when nothing is (else 0)."""

    policy: Policy
    remaining: int
    reset: int
    retry_after: int

    @property
    def headers(self) -> dict[str, str]:
        """The header fields for clients (draft-ietf-httpapi-ratelimit-headers)."""
        name, quota, seconds = self.policy
        told = {
            "ratelimit-policy": f'"{name}";q={quota};w={seconds}',
            "ratelimit": f'"{name}";r={self.remaining};t={self.reset}',
        }
        return told | ({"retry-after": str(self.retry_after)} if self.retry_after else {})


class Limiter:
    """Takes one of a policy's quota for an asker.

    `mac` makes a keyed digest of a purpose and data, the same in all processes (`KeyRing.mac`).
    """

    def __init__(self, redis: Redis, *, mac: Callable[[str, bytes], bytes]) -> None:
        self._script: AsyncScript = redis.register_script(_SCRIPT)
        self._mac = mac
        self._local: dict[str, float] = {}
        self._told = Seldom()

    async def take(self, *asked: tuple[Policy, str]) -> QuotaState:
        """Count one for each caller; return the tightest verdict.

        While Redis does not answer, this process counts by itself, from nothing: a game that nobody
        can enter because its counter is down would do more harm than a quota for each process.
        """
        keys = [f"tbg:limit:{policy.name}:{self._digest(policy, who)}" for policy, who in asked]
        numbers = [n for policy, _ in asked for n in (policy.quota, policy.seconds)]
        try:
            async with asyncio.timeout(limits.RATE_SECONDS):
                rows = await self._script(keys=keys, args=numbers)
        except (RedisError, OSError) as error:
            if str(error).startswith(_ELSEWHERE):
                raise  # no server is away: nothing would ever be counted
            COUNTED_LOCALLY.inc()
            if count := self._told.due("", time.monotonic()):
                _log.warning("rate_counted_locally", error=repr(error)[:200], count=count)
            rows = [
                self._take_locally(key, policy)
                for key, (policy, _) in zip(keys, asked, strict=True)
            ]
        verdicts = [
            QuotaState(policy, int(left), math.ceil(float(ahead)), math.ceil(float(wait)))
            for (policy, _), (left, wait, ahead) in zip(asked, rows, strict=True)
        ]
        worst = max(verdicts, key=lambda v: (v.retry_after, -v.remaining / v.policy.quota))
        if worst.retry_after:
            LIMITED.labels(worst.policy.name).inc()
        return worst

    def _take_locally(self, key: str, policy: Policy) -> tuple[int, float, float]:
        """The same as the script does in Redis: (left, wait, ahead)."""
        now, step = time.monotonic(), policy.seconds / policy.quota
        ahead = max(self._local.pop(key, 0.0), now) - now
        if ahead + step > policy.seconds + 0.000001:
            answer = (0, ahead + step - policy.seconds, ahead)
        else:
            ahead += step
            answer = (math.floor((policy.seconds - ahead) / step), 0.0, ahead)
        self._local[key] = now + ahead
        if len(self._local) > _MOST_LOCAL:
            del self._local[next(iter(self._local))]
        return answer

    def _digest(self, policy: Policy, who: str) -> str:
        return self._mac(f"limit/{policy.name}", who.encode()).hex()[:32]

    async def require(self, *asked: tuple[Policy, str]) -> QuotaState:
        """As `take`, but TooManyRequests when one of them has no more."""
        verdict = await self.take(*asked)
        if verdict.retry_after:
            raise TooManyRequests(
                f"Please try again in {verdict.retry_after} s.", headers=verdict.headers
            )
        return verdict
