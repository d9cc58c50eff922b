"""A service as a child process: started, its output passed on and kept, restarted when it dies."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tbg.app.local import processes
from tbg.app.local.report import Report


class Child:
    """One service: `python -m tbg NAME …` in a session of its own, tied to this process's life."""

    def __init__(
        self,
        name: str,
        *,
        words: list[str],
        env: dict[str, str],
        log: Path,
        report: Report,
        keep: tuple[int, ...] = (),
    ) -> None:
        """`keep`: descriptors that it inherits, beside its output."""
        self.name = name
        self.words = [*processes.launcher(), *processes.PROGRAM, *words]
        self.env = env
        self.log = log
        self.last_line = ""
        self._report = report
        self._keep = keep
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """The living process's id."""
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if alive and self._process else None

    async def run_once(self, *, on_start: Callable[[], None]) -> int:
        """Start it, pass its output on until it ends; its exit code (negative: the signal)."""
        self.last_line = ""
        self._process = await asyncio.create_subprocess_exec(
            *self.words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self.env,
            pass_fds=self._keep,
            start_new_session=True,
        )
        on_start()
        await self._pump()
        return await self._process.wait()

    async def _pump(self) -> None:
        """Pass its output on, line by line, to the terminal and the log.

        What cannot be written to the log, on a full disk, is left out: the service goes on.
        """
        assert self._process is not None
        assert self._process.stdout is not None
        rest = b""
        out = processes.open_log(self.log)
        try:
            while chunk := await self._process.stdout.read(65536):
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > 65536:  # a line without end is cut here
                    lines, rest = [*lines, rest], b""
                with suppress(OSError):
                    out.write(b"".join(line + b"\n" for line in lines))
                for line in lines:
                    self._show(line)
                if out.tell() > processes.LOG_FILE_BYTES:
                    out.close()
                    out = processes.open_log(self.log)
            if rest:
                with suppress(OSError):
                    out.write(rest + b"\n")
                self._show(rest)
        finally:
            out.close()

    def _show(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip()
        if text:
            self.last_line = text
            self._report.line(self.name, text)

    def send(self, sign: signal.Signals) -> None:
        """Send a signal to its whole session, if it lives."""
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, sign)
