"""`tbg simulate` on a real Redis: what it says is what is in the streams."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
import redis

from tbg.adapters import streams
from tbg.adapters.redis import connect
from tbg.adapters.simulator import Plan
from tbg.app.cli import main
from tbg.app.cli.simulate import Feed, Stage, parse_duration, parse_rate, parse_stamp, stages_of
from tbg.core import limits
from tbg.core.clock import SystemClock
from tbg.core.errors import BadArguments
from tests.commands import tbg

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
SHARES = streams.SHARE_SUBMITTED


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """An empty Redis."""
    found = redis.Redis.from_url(redis_url)
    found.flushall()
    yield found
    found.flushall()
    found.close()


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "tbg", "simulate", *words]


def environment(redis_url: str, **more: str) -> dict[str, str]:
    return os.environ | {"TBG_REDIS_URL": redis_url, "TBG_NETWORK": "mainnet"} | more


def run(redis_url: str, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return tbg("simulate", *words, env=environment(redis_url, **more))


def entries(client: redis.Redis, stream: str = SHARES) -> list[dict[bytes, bytes]]:
    return [fields for _, fields in client.xrange(stream)]  # type: ignore[union-attr]


def test_the_summary_matches_the_streams(client: redis.Redis, redis_url: str) -> None:
    """Counted here from the raw entries, by the real decoder, not from the generator's labels."""
    done = run(
        redis_url,
        *("--miners", "12", "--rate", "max", "--events", "3000", "--seed", "11", "--json"),
        *("--duplicates", "0.1", "--late", "0.07", "--poison", "0.02"),
    )
    assert (done.returncode, done.stderr) == (0, "")
    summary = json.loads(done.stdout)
    assert summary == {
        "events": 3000,
        "unique_good": 2640,
        "duplicates": 300,
        "late": 210,
        "poisoned": 60,
    }
    rules = streams.Rules("mainnet", datetime.now(UTC))
    keys, read, bad, behind, newest = set(), 0, 0, 0, datetime.min.replace(tzinfo=UTC)
    for fields in entries(client):
        try:
            fact = streams.decode(SHARES, "1-0", fields, rules)
        except streams.BadEvent:
            bad += 1
            continue
        read += 1
        if fact.key not in keys and fact.at < newest:
            behind += 1
        keys.add(fact.key)
        newest = max(newest, fact.at)
    assert client.xlen(SHARES) == summary["events"]
    assert bad == summary["poisoned"]
    assert len(keys) == summary["unique_good"]
    assert read - len(keys) == summary["duplicates"]
    # A share that is late by less than the gap before it is not out of order.
    assert summary["late"] * 0.95 <= behind <= summary["late"]
    assert entries(client, streams.MINER_CONNECTED)


def test_the_same_seed_sends_the_same_history_again(client: redis.Redis, redis_url: str) -> None:
    words = ("--miners", "8", "--events", "400", "--seed", "3", "--from", "2026-09-01")
    seen = []
    for _ in range(2):
        done = run(redis_url, *words)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("400 events: 400 good shares")
        seen.append(entries(client))
        client.flushall()
    assert len(seen[0]) == 400
    assert seen[0] == seen[1]
    assert seen[0][0][b"history"] == b"true"


def test_live_shares_come_at_their_time_and_rate(client: redis.Redis, redis_url: str) -> None:
    done = run(redis_url, "--miners", "10", "--rate", "100", "--for", "2s", "--json")
    assert done.returncode == 0, done.stderr
    sent = [(int(i.split(b"-")[0]) / 1000, f) for i, f in client.xrange(SHARES)]  # type: ignore[union-attr]
    assert json.loads(done.stdout)["events"] == len(sent)
    assert 140 < len(sent) < 260
    delays = sorted(at - float(fields[b"ts"]) for at, fields in sent)
    assert delays[0] > -0.005, "a share from the future"
    assert delays[len(delays) // 2] < 0.25
    # Without a seed, the same miners have other luck.
    again = run(redis_url, "--miners", "10", "--rate", "100", "--for", "1s")
    assert again.returncode == 0
    ids = [fields[b"event_id"] for fields in entries(client)]
    assert len(set(ids)) == len(ids) > len(sent)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_the_sum(
    client: redis.Redis, redis_url: str, number: signal.Signals
) -> None:
    with subprocess.Popen(
        command("--miners", "5", "--rate", "200", "--json"),
        env=environment(redis_url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        wait_for(client, 20)
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out)["events"] == client.xlen(SHARES)


def test_the_demo_brings_a_newcomer_before_its_history(client: redis.Redis, redis_url: str) -> None:
    with subprocess.Popen(
        command("--demo", "--miners", "6", "--json"),
        env=environment(redis_url, TBG_NETWORK="regtest"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        wait_for(client, 20_000)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=10)
    shares = entries(client)
    assert json.loads(out)["events"] == len(shares)
    residents = {fields[b"user"] for fields in shares if b"history" in fields}
    first = next(n for n, fields in enumerate(shares) if fields[b"user"] not in residents)
    assert first < max(n for n, fields in enumerate(shares) if b"history" in fields)
    assert shares[first][b"accepted"] == b"true"
    assert b"history" not in shares[first]


def wait_for(client: redis.Redis, shares: int) -> None:
    deadline = time.monotonic() + 30
    while cast("int", client.xlen(SHARES)) < shares:
        assert time.monotonic() < deadline, "the shares do not come"
        time.sleep(0.05)


def test_it_holds_back_while_the_game_is_behind(
    client: redis.Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody reads these streams: what is sent stays near the bound, and a stop is obeyed."""
    monkeypatch.setattr(limits, "STREAM_BACKLOG", 4_000)

    async def scenario() -> int:
        connection = connect(redis_url)
        feed = Feed(streams.Publisher(connection), SystemClock())
        plan = Plan(miners=3, start=NOW.timestamp(), events=30_000)
        sending = asyncio.create_task(feed.send(Stage(plan)))
        done, _ = await asyncio.wait({sending}, timeout=3)
        assert not done
        feed.stop.set()
        await asyncio.wait_for(sending, 5)
        await connection.aclose()
        return feed.tally.summary()["events"]

    sent = asyncio.run(scenario())
    assert sent == client.xlen(SHARES)
    assert 4_000 <= sent <= 10_000


def test_without_redis_it_says_so_in_one_line() -> None:
    done = run("redis://127.0.0.1:1/0", "--events", "5")
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "Redis at 127.0.0.1:1 does not answer" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("--rate", "fast"),
        ("--rate", "-1"),
        ("--for", "soon"),
        ("--for", "3s", "--events", "4"),
        ("--from", "2030-01-01"),
        ("--from", "12x"),
        ("--from", "99999w"),
        ("--poison", "2"),
        ("--duplicates", "nan"),
        ("--miners", "0"),
        ("--events", "0"),
        ("--demo", "--rate", "3"),
    ],
)
def test_wrong_arguments_exit_with_2_and_one_line(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["tbg", "simulate", *words])
    monkeypatch.setenv("TBG_REDIS_URL", "redis://127.0.0.1:1/0")
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr()
    assert ended.value.code == 2
    assert len(shown.err.splitlines()) == 1
    assert shown.out == ""


def test_stamps_durations_and_rates() -> None:
    assert parse_stamp("2026-09-01", NOW) == datetime(2026, 9, 1, tzinfo=UTC)
    assert parse_stamp("2026-09-01T12:00:00+02:00", NOW) == datetime(2026, 9, 1, 10, tzinfo=UTC)
    assert parse_stamp("12w", NOW) == NOW - timedelta(weeks=12)
    assert parse_duration("90") == timedelta(seconds=90)
    assert parse_duration("1.5h") == timedelta(minutes=90)
    assert [parse_rate(text) for text in (None, "max", "0", "2.5")] == [None, 0.0, 0.0, 2.5]
    for text in ("", "0s", "-5s", "5 weeks"):
        with pytest.raises(BadArguments):
            parse_duration(text)


def test_shares_at_full_speed_are_never_in_the_future() -> None:
    """Unpaced shares bear moments before the start, so that none is refused as too early."""
    for events in (10, 1_000, 2_000_000):
        plan = Plan(miners=3, start=NOW.timestamp(), events=events)
        (stage,) = stages_of(plan, rate="max", duration=None, since=None, now=NOW)
        assert not stage.timed
        assert stage.plan.rate is not None
        seconds = events / stage.plan.rate
        assert stage.plan.start + 1.2 * seconds < NOW.timestamp()
        assert seconds <= 12 * 3_600


def test_history_then_live() -> None:
    plan = Plan(miners=3, start=NOW.timestamp())
    history, live = stages_of(plan, rate="5", duration="60s", since="4w", now=NOW)
    assert history.plan.end == NOW.replace(minute=0).timestamp()
    assert history.per_second is None
    assert (live.timed, live.plan.rate, live.plan.end, live.seconds) == (True, 5.0, None, 60.0)
