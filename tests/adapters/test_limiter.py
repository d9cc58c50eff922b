"""How often one may ask, counted in a real Redis."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import AsyncIterator

import httpx
import pytest
import structlog
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from tbg.adapters import redis as redis_adapter
from tbg.adapters.limiter import COUNTED_LOCALLY, LIMITED, Limiter, Policy, QuotaState
from tbg.adapters.rate_limit import CHANGES
from tbg.app.api.guard import BY_IP, BY_KEY, BY_USER
from tbg.core.errors import TooManyRequests
from tbg.core.settings import Settings
from tbg.domains.accounts.routes.auth import BY_ADDRESS, SIGNING_IN
from tests.accounts import player, sign_in

IN_FORCE = [
    limit.policy(Settings(_env_file=None))
    for limit in (BY_IP, BY_USER, BY_KEY, CHANGES, SIGNING_IN, BY_ADDRESS)
]


def mac(purpose: str, data: bytes) -> bytes:
    return hmac.digest(b"key", purpose.encode() + data, "sha256")


@pytest.fixture
def counter(redis: Redis) -> Limiter:
    return Limiter(redis, mac=mac)


async def taken(counter: Limiter, policy: Policy, who: str = "me") -> QuotaState:
    verdict = await counter.take((policy, who))
    assert verdict is not None
    return verdict


async def test_a_burst_may_use_exactly_the_whole_quota(counter: Limiter) -> None:
    policy = Policy("burst", 10, 3600)
    left = [(await taken(counter, policy)).remaining for _ in range(10)]
    assert left == list(range(9, -1, -1))
    refused = await taken(counter, policy)
    assert 0 < refused.retry_after <= 360
    assert refused.remaining == 0


async def test_after_a_burst_requests_pass_at_the_even_rate(counter: Limiter) -> None:
    policy = Policy("even", 20, 2)  # one each tenth of a second
    for _ in range(20):
        assert not (await taken(counter, policy)).retry_after
    begun = time.monotonic()
    admitted = 0
    while (waited := time.monotonic() - begun) < 1.5:
        admitted += not (await taken(counter, policy)).retry_after
        await asyncio.sleep(0.005)
    assert 0.8 * waited * 10 <= admitted <= waited * 10 + 1


@pytest.mark.parametrize("quota", [1, 5])
async def test_after_retry_after_a_request_passes(counter: Limiter, quota: int) -> None:
    policy = Policy("wait", quota, quota)
    for _ in range(quota):
        assert not (await taken(counter, policy)).retry_after
    refused = await taken(counter, policy)
    assert refused.retry_after == 1
    # Requests in between do not delay it.
    for _ in range(5):
        await asyncio.sleep(0.05)
        await taken(counter, policy)
    await asyncio.sleep(refused.retry_after - 0.25)
    assert not (await taken(counter, policy)).retry_after


@pytest.mark.parametrize("policy", IN_FORCE, ids=lambda policy: policy.name)
async def test_the_headers_state_remaining_quota_and_reset_time(
    counter: Limiter, policy: Policy
) -> None:
    name, quota, seconds = policy
    first = await taken(counter, policy)
    assert first.headers == {
        "ratelimit-policy": f'"{name}";q={quota};w={seconds}',
        "ratelimit": f'"{name}";r={quota - 1};t={-(-seconds // quota)}',
    }


async def test_a_refusal_says_when_to_retry(counter: Limiter) -> None:
    policy = Policy("tell", 2, 120)
    await counter.require((policy, "me"))
    await counter.require((policy, "me"))
    before = LIMITED.labels("tell")._value.get()
    with pytest.raises(TooManyRequests, match="again in 60 s") as refused:
        await counter.require((policy, "me"))
    assert refused.value.headers == {
        "ratelimit-policy": '"tell";q=2;w=120',
        "ratelimit": '"tell";r=0;t=120',
        "retry-after": "60",
    }
    assert LIMITED.labels("tell")._value.get() == before + 1


async def test_each_caller_and_policy_has_a_separate_quota(counter: Limiter) -> None:
    one, two = Policy("one", 1, 3600), Policy("two", 1, 3600)
    for policy in (one, two):
        for who in ("me", "you"):
            assert not (await taken(counter, policy, who)).retry_after
    assert (await taken(counter, one)).retry_after


async def test_of_several_policies_the_tightest_is_reported(counter: Limiter) -> None:
    wide, narrow = Policy("wide", 1000, 60), Policy("narrow", 3, 3600)
    for left in (2, 1, 0):
        verdict = await counter.take((wide, "me"), (narrow, "me"))
        assert verdict is not None
        assert (verdict.policy, verdict.remaining, verdict.retry_after) == (narrow, left, 0)
    refused = await counter.take((wide, "me"), (narrow, "me"))
    assert refused is not None
    assert (refused.policy, refused.retry_after) == (narrow, 1200)
    # The wide one was counted each time, whatever the narrow one said.
    assert (await taken(counter, wide)).remaining == 995


async def test_concurrent_requests_never_exceed_the_quota(redis_url: str) -> None:
    policy = Policy("crowd", 50, 3600)
    clients = [redis_adapter.connect(redis_url) for _ in range(4)]  # as of four processes
    await clients[0].flushdb()
    counters = [Limiter(client, mac=mac) for client in clients]
    verdicts = await asyncio.gather(*(counters[n % 4].take((policy, "me")) for n in range(200)))
    for client in clients:
        await client.aclose()
    admitted = [v for v in verdicts if not v.retry_after]
    assert len(admitted) == 50
    assert sorted(v.remaining for v in admitted) == list(range(50))


async def test_what_is_counted_does_not_stay(redis: Redis, counter: Limiter) -> None:
    policy = Policy("short", 10, 1)
    for _ in range(5):
        await taken(counter, policy)
    (key,) = await redis.keys("tbg:limit:*")
    assert 0 < await redis.pttl(key) <= 501
    await asyncio.sleep(0.6)
    assert await redis.keys("tbg:limit:*") == []


@pytest.fixture
async def away() -> AsyncIterator[Redis]:
    """A Redis that does not answer."""
    client = redis_adapter.connect("redis://127.0.0.1:1/0", retries=0)
    yield client
    await client.aclose()


async def test_while_redis_is_down_each_process_counts_by_itself(away: Redis) -> None:
    before = COUNTED_LOCALLY._value.get()
    counter, policy = Limiter(away, mac=mac), Policy("away", 3, 3600)
    for left in (2, 1, 0):
        assert (await counter.require((policy, "me"))).remaining == left
    with pytest.raises(TooManyRequests, match="1200 s"):
        await counter.require((policy, "me"))
    assert (await counter.require((policy, "somebody else"))).remaining == 2
    assert COUNTED_LOCALLY._value.get() == before + 5


async def test_counting_locally_is_logged_once_a_minute(away: Redis) -> None:
    counter, policy = Limiter(away, mac=mac), Policy("told", 1, 3600)
    with structlog.testing.capture_logs() as lines:
        for _ in range(5):
            await counter.take((policy, "me"))
    assert [(line["event"], line["count"]) for line in lines] == [("rate_counted_locally", 1)]


async def test_local_counts_take_bounded_memory(
    away: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tbg.adapters.limiter._MOST_LOCAL", 10)
    counter, policy = Limiter(away, mac=mac), Policy("away", 1, 3600)
    for n in range(30):
        await counter.take((policy, f"caller {n}"))
    assert len(counter._local) == 10
    assert (await counter.take((policy, "caller 29"))).retry_after > 0


@pytest.mark.parametrize(
    "reply", ["MOVED 866 127.0.0.1:6380", "CROSSSLOT Keys don't hash to the same slot"]
)
async def test_a_counter_on_another_node_is_an_error_and_not_uncounted(
    redis: Redis, monkeypatch: pytest.MonkeyPatch, reply: str
) -> None:
    script = f'return redis.error_reply("{reply}")'
    monkeypatch.setattr("tbg.adapters.limiter._SCRIPT", script)
    before = COUNTED_LOCALLY._value.get()
    with pytest.raises(ResponseError, match=reply[:5]):
        await Limiter(redis, mac=mac).take((Policy("moved", 1, 3600), "me"))
    assert COUNTED_LOCALLY._value.get() == before


async def test_a_hanging_redis_delays_nobody() -> None:
    async def swallow(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()  # until the client goes

    before = COUNTED_LOCALLY._value.get()
    async with await asyncio.start_server(swallow, "127.0.0.1", 0) as hanging:
        port = hanging.sockets[0].getsockname()[1]
        client = redis_adapter.connect(f"redis://127.0.0.1:{port}/0")
        counter, policy = Limiter(client, mac=mac), Policy("hangs", 1, 3600)
        begun = time.monotonic()
        verdicts = await asyncio.gather(*(counter.take((policy, "me")) for _ in range(20)))
        assert time.monotonic() - begun < 5
        assert [one.retry_after > 0 for one in verdicts].count(False) == 1
        assert COUNTED_LOCALLY._value.get() == before + 20
        await client.aclose()


async def test_redis_sees_neither_ip_nor_bitcoin_addresses_of_callers(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    """What is written to Redis stays in its append-only file: read as it would be written there."""
    me = player(0)
    async with redis.monitor() as heard:
        signed_in = await sign_in(client)
        await signed_in.ask("GET", "/users/me")
        await redis.ping()
        said = b""
        while b"PING" not in said:
            line = await heard.next_command()
            said += f"{line['command']}\n".encode()
    assert said.count(b"tbg:limit:") >= 4
    assert me.address.encode() not in said
    assert b"127.0.0.1" not in said


async def test_one_asker_has_another_name_under_each_key_and_policy(redis: Redis) -> None:
    for key in ("one", "two"):
        counter = Limiter(redis, mac=lambda purpose, data, key=key: mac(key + purpose, data))  # type: ignore[misc]
        for name in ("a", "b"):
            await taken(counter, Policy(name, 10, 3600), "192.0.2.1")
    names = {key.rpartition(b":")[2] for key in await redis.keys("tbg:limit:*")}
    assert len(names) == 4
    assert {len(name) for name in names} == {32}
