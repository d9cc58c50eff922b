"""The output of `tbg up`: a few lines on a terminal, one JSON object per line for machines."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TextIO

import typer

from tbg.app import screen
from tbg.core.clock import Clock, SystemClock

_ALARMING = ("warning", "error", "critical")
_OURS = {"timestamp", "level", "service", "event", "exception", "batch_id", "request_id"}
_AGAIN = timedelta(minutes=1)
_PROBLEM_CHARS = 300
"""As much of a service's problem as one line on the terminal holds."""


class Report(ABC):
    """Where a supervisor and its services report; a closed output is dropped."""

    def __init__(self, out: TextIO) -> None:
        self._out: TextIO | None = out

    @abstractmethod
    def say(self, event: str, sentence: str, *, level: str = "info", **facts: Any) -> None:
        """Something of the supervisor's own: its name and facts for machines, a sentence."""

    @abstractmethod
    def line(self, service: str, text: str) -> None:
        """One line that a service printed; all of them are in its log."""

    def _print(self, write: Callable[[], None]) -> None:
        if self._out is None:
            return
        try:
            write()
            self._out.flush()
        except OSError:
            self._out = None


class Lines(Report):
    """One JSON object per line; other lines of services are wrapped into one."""

    def __init__(self, out: TextIO, clock: Clock | None = None) -> None:
        super().__init__(out)
        self._clock = clock or SystemClock()

    def say(self, event: str, sentence: str, *, level: str = "info", **facts: Any) -> None:
        """Its facts, and the sentence as `message`."""
        self._put({"event": event, **facts, "message": sentence}, service="up", level=level)

    def line(self, service: str, text: str) -> None:
        """As it is, if it is JSON."""
        if _as_json(text) is None:
            self._put({"event": text}, service=service, level="info")
        else:
            self._print(lambda: print(text, file=self._out))

    def _put(self, words: dict[str, Any], **more: str) -> None:
        stamp = self._clock.now().isoformat().replace("+00:00", "Z")
        text = json.dumps(words | more | {"timestamp": stamp})
        self._print(lambda: print(text, file=self._out))


class Terminal(Report):
    """Sentences; of the services' output only problems, one line each, at most once a minute."""

    def __init__(self, out: TextIO, *, logs: Path, clock: Clock | None = None) -> None:
        super().__init__(out)
        self._coloured = out.isatty()
        self._clock = clock or SystemClock()
        self._logs = logs
        self._last: dict[tuple[str, str], Any] = {}

    def say(self, event: str, sentence: str, *, level: str = "info", **_facts: Any) -> None:
        """The sentence."""
        alarming = level in _ALARMING
        colour = "green" if event == "up" else "yellow" if alarming else None
        self._styled(f"! {sentence}" if alarming else sentence, colour)

    def line(self, service: str, text: str) -> None:
        """Nothing, unless it is a problem."""
        words = _as_json(text)
        if words is None or words.get("level") not in _ALARMING:
            return
        event = str(words.get("event", ""))
        now = self._clock.now()
        before = self._last.get((service, event))
        if before is not None and now - before < _AGAIN:
            return
        self._last[service, event] = now
        facts = ", ".join(f"{key} {value}" for key, value in words.items() if key not in _OURS)
        said = " ".join(f"{event.replace('_', ' ')}: {facts}".split()).rstrip(": ")
        more = "…" if len(said) > _PROBLEM_CHARS else ""
        log = self._logs / f"{service}.log"
        self._styled(f"! {service}: {said[:_PROBLEM_CHARS]}{more} (see {log})", "yellow")

    def _styled(self, sentence: str, colour: str | None) -> None:
        text = screen.escaped(sentence)
        if self._coloured and colour:
            text = typer.style(text, fg=colour, bold=True)
        out = screen.raw(self._out) if self._out else None
        self._print(lambda: print(text, file=out))


def _as_json(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
