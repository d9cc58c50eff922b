"""The cheap source for measurements draws users evenly and repeats itself."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from lab.shares import bench_shares
from tbg.adapters import streams

NOW = 1_795_250_000.0


def test_bench_shares_are_readable_even_and_repeatable() -> None:
    shares = list(bench_shares(50, 5_000, start=NOW))
    assert shares == list(bench_shares(50, 5_000, start=NOW))
    assert shares != list(bench_shares(50, 5_000, start=NOW, seed="other"))
    rules = streams.Rules("mainnet", datetime.fromtimestamp(NOW + 10, UTC))
    keys = set()
    for stream, fields in shares:
        raw = {key.encode(): value.encode() for key, value in fields.items()}
        fact = streams.decode(stream, "1-0", raw, rules)
        assert isinstance(fact, streams.Share)
        assert fact.sdiff >= fact.diff
        keys.add(fact.key)
    assert len(keys) == 5_000
    users = Counter(fields["user"] for _, fields in shares)
    assert len(users) == 50
    assert max(users.values()) < 160
