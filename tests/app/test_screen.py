"""What a command prints: a stranger's name moves no cursor, and no address is cut."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
import typer

from tbg.adapters.streams import Reader
from tbg.app import cli, screen
from tbg.app.cli.command import command
from tbg.core.settings import load_settings
from tbg.core.telemetry import configure
from tbg.core.tx import Database
from tests.conftest import NOW
from tests.events import ingest_on, publish, share

EVIL = "rig\x1b]0;owned\x07\x1b[2J\x9b31m\r\u202e\x7f\u2028"
SHOWN = "\\u009b31m\\u000d\\u202e\\u007f\\u2028"
"""How its end is shown, and as JSON writes it (typer takes escapes of colour out by itself)."""

RAW = "\x1b\x07\x9b\r\u202e\x7f\u2028"
ADDRESS = "bc1pmnldp5we972skgdlhj3kfluylnfu43hnd52f3a4zh3qsm7par5ys4vyshk"


def run(*words: str, monkeypatch: pytest.MonkeyPatch, code: int = 0) -> None:
    """A command, in this process."""
    monkeypatch.setattr(sys, "argv", ["tbg", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert (ended.value.code or 0) == code


def _typer() -> None:
    typer.echo(EVIL)
    typer.echo(EVIL, err=True)


def _print() -> None:
    print(EVIL)
    print(EVIL, file=sys.stderr)


def _table() -> None:
    screen.table(("name",), [(EVIL,), ("[bold]x[/bold]",), ("[/]",)])
    screen.say(EVIL)


def _logs() -> None:
    configure(load_settings(log_format="console", metrics_port=0), service="worker")
    structlog.get_logger().warning("odd", worker=EVIL)
    print(EVIL)


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """Loggers write where they did, afterwards."""
    before, handlers, level = structlog.get_config(), logging.root.handlers[:], logging.root.level
    yield
    structlog.configure(**before)
    logging.root.handlers[:], logging.root.level = handlers, level


@pytest.mark.usefixtures("logging_as_before")
@pytest.mark.parametrize("way", [_typer, _print, _table, _logs])
def test_whatever_way_a_command_prints_a_name_it_is_escaped(
    way: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(way, "alone")()
    out, err = capsys.readouterr()
    assert SHOWN in out
    assert SHOWN in err or "\\x9b31m" in err  # as the log quotes it by itself
    assert not set(RAW) & set(out + err)


def test_json_is_the_same_json_after_it_was_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    line = json.dumps({"worker": EVIL, "other": "é ✓ \t"}, ensure_ascii=False)
    command(lambda: print(line), "alone")()
    out = capsys.readouterr().out
    assert json.loads(out) == {"worker": EVIL, "other": "é ✓ \t"}
    assert not set(RAW) & set(out)


def test_nothing_passes_the_guard_by_its_buffer() -> None:
    with screen.guarded():
        assert not hasattr(sys.stdout, "buffer")
        assert screen.raw(sys.stdout) is not sys.stdout
    assert screen.raw(sys.stdout) is sys.stdout


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("terminal", [True, False])
def test_a_table_cuts_no_address_however_narrow_the_terminal_is(
    terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    out = _Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    rows = [(ADDRESS, "a worker", "1,528", "long words " * 9)]
    screen.table(("address", "worker", "accepted", "detail"), rows, prose=("detail",))
    lines = out.getvalue().splitlines()
    assert any(ADDRESS in line and "a worker" in line and "1,528" in line for line in lines)
    assert (len(lines) > 2) is terminal  # only prose is wrapped, and in a file nothing is


async def test_a_command_shows_a_workers_name_without_its_escapes(
    db: Database, redis, fresh_database: str, redis_url: str, monkeypatch, capsys
) -> None:
    reader = Reader(redis, consumer="a")
    await reader.ensure_group()
    await publish(redis, share(NOW, worker="kitchen", user=EVIL[:12]))
    (entry,) = await reader.read(block_ms=None)
    await reader.dead_letter(entry, reason="future", detail=EVIL)
    await publish(redis, share(NOW, worker="plain"))
    await ingest_on(db, redis).drain()
    async with db.transaction() as tx:
        await tx.run("UPDATE workers SET name = :name", name="rig\x1b[2J")
    monkeypatch.setenv("TBG_DATABASE_URL", fresh_database)
    monkeypatch.setenv("TBG_REDIS_URL", redis_url)
    for words in (("mining", "totals"), ("events", "dead-letters")):
        for more in ((), ("--json",)):
            await asyncio.to_thread(run, *words, *more, monkeypatch=monkeypatch)
            out, err = capsys.readouterr()
            assert "\\u001b" in out, words
            assert not set(RAW) & set(out + err)


async def test_totals_cut_long_worker_names_in_the_table_and_not_in_json(
    db: Database, redis, fresh_database: str, redis_url: str, monkeypatch, capsys
) -> None:
    name = "shelf-" + "x" * 894
    await publish(redis, share(NOW, worker=name), share(NOW, worker="kitchen"))
    await ingest_on(db, redis).drain()
    monkeypatch.setenv("TBG_DATABASE_URL", fresh_database)
    monkeypatch.setenv("TBG_REDIS_URL", redis_url)
    await asyncio.to_thread(run, "mining", "totals", monkeypatch=monkeypatch)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) < 200
    assert any(f" {name[:39]}… " in line for line in lines)
    await asyncio.to_thread(run, "mining", "totals", "--json", monkeypatch=monkeypatch)
    found = [json.loads(line)["worker"] for line in capsys.readouterr().out.splitlines()]
    assert sorted(found) == ["kitchen", name]


def test_an_error_line_is_escaped(monkeypatch, capsys) -> None:
    run(f"col{EVIL}", monkeypatch=monkeypatch, code=2)
    err = capsys.readouterr().err
    assert not set(RAW) & set(err)


def test_only_code_that_escapes_its_output_bypasses_the_guard() -> None:
    """Progress bars have text of our own alone; `tbg up` escapes before it colours."""
    root = Path(cli.__file__).parents[4]
    passing = {
        str(path.relative_to(root))
        for folder in ("src/tbg/app", "lab")
        for path in (root / folder).rglob("*.py")
        if re.search(r"screen\.(raw|styled)\(|sys\.__std|os\.write\(", path.read_text())
    }
    assert passing == {
        "lab/cli/faults.py",
        "src/tbg/app/cli/collect.py",
        "src/tbg/app/cli/simulate.py",
        "src/tbg/app/local/report.py",
    }
