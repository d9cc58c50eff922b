"""Lines kept in a file: in their order, and never more than the bound."""

from __future__ import annotations

from pathlib import Path

import orjson

from tbg.core.kept import KeptLines


def test_a_full_file_loses_its_older_half_and_never_passes_its_bound(tmp_path: Path) -> None:
    kept = KeptLines(tmp_path / "new" / "lines.jsonl", most_bytes=2_000)
    for number in range(300):
        kept.write([{"number": number}])
        size = sum(path.stat().st_size for path in (tmp_path / "new").iterdir())
        assert size <= 2_000 + 2 * len('{"number":299}\n')
    lines = (kept.older.read_bytes() + kept.path.read_bytes()).splitlines()
    numbers = [orjson.loads(line)["number"] for line in lines]
    assert numbers == list(range(300 - len(numbers), 300))
    assert len(numbers) >= 60


def test_nothing_to_keep_makes_no_file(tmp_path: Path) -> None:
    kept = KeptLines(tmp_path / "lines.jsonl")
    kept.write([])
    assert not kept.path.exists()
