"""What `tbg up` says: sentences and problems for people, JSON for machines."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest

from tbg.app.local.report import Lines, Report, Terminal
from tbg.app.local.up import report_of
from tbg.core.clock import FixedClock
from tbg.core.settings import load_settings

TROUBLE = json.dumps(
    {
        "level": "warning",
        "event": "redis_lost",
        "service": "api",
        "why": "gone\x1b[2J",
        "timestamp": 1,
    }
)


def test_lifecycle_read_sentences_and_of_services_only_problems(
    tmp_path: Path, clock: FixedClock
) -> None:
    out = io.StringIO()
    report = Terminal(out, logs=tmp_path, clock=clock)
    report.say("started", "✓ PostgreSQL", what="PostgreSQL")
    report.line("serve", '{"level": "info", "event": "request"}')
    report.line("serve", "no JSON at all")
    for _ in range(3):
        report.line("serve", TROUBLE)
    clock.move(timedelta(seconds=60))
    report.line("serve", TROUBLE)
    report.say("ended", "relay ended (exit 1)", level="warning")
    report.say("up", "The game is up: http://[::1]:80", url="http://[::1]:80")
    trouble = f"! serve: redis lost: why gone\\u001b[2J (see {tmp_path}/serve.log)"
    assert out.getvalue().splitlines() == [
        "✓ PostgreSQL", trouble, trouble, "! relay ended (exit 1)",
        "The game is up: http://[::1]:80",
    ]  # fmt: skip


def test_machines_read_one_json_object_a_line(clock: FixedClock) -> None:
    out = io.StringIO()
    report = Lines(out, clock)
    report.say("up", "The game is up: x", url="x")
    report.line("serve", TROUBLE)
    report.line("relay", "Traceback\x1b[2J")
    said = [json.loads(line) for line in out.getvalue().splitlines()]
    assert said[0] == {
        "event": "up", "url": "x", "message": "The game is up: x", "service": "up",
        "level": "info", "timestamp": "2026-03-04T12:00:00Z",
    }  # fmt: skip
    assert said[1] == json.loads(TROUBLE)
    assert (said[2]["service"], said[2]["event"]) == ("relay", "Traceback\x1b[2J")
    assert "\x1b" not in out.getvalue()


class _Gone(io.StringIO):
    def write(self, _: str, /) -> int:
        raise BrokenPipeError


@pytest.mark.parametrize("make", [Lines, lambda out: Terminal(out, logs=Path())])
def test_a_closed_output_is_dropped(make, clock: FixedClock) -> None:
    report: Report = make(_Gone())
    report.say("up", "The game is up: x")
    report.line("serve", TROUBLE)


@pytest.mark.parametrize(
    ("terminal", "asked", "setting", "kind"),
    [
        (True, False, None, Terminal),
        (False, False, None, Lines),
        (True, True, None, Lines),
        (True, False, "json", Lines),
        (False, False, "console", Terminal),
        (True, True, "console", Lines),
    ],
)
def test_who_is_spoken_to(terminal, asked, setting, kind, tmp_path, monkeypatch) -> None:
    class Out(io.StringIO):
        def isatty(self) -> bool:
            return bool(terminal)

    monkeypatch.setattr("sys.stdout", Out())
    settings = load_settings(beside=False, **({"log_format": setting} if setting else {}))
    assert type(report_of(settings, root=tmp_path, as_json=asked)) is kind
