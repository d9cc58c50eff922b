"""One data directory: who may run in it, what runs in it, and the secrets of what runs in it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import time
from pathlib import Path
from typing import Any

from tbg.app.local import processes
from tbg.core.errors import CannotRun

OWNER = "password"
"""The file with the password of those who may do everything, in both servers."""

DOORS = "doors_password"
"""The file with the password that the doors know, of both servers."""

COLLECTOR = "collector_password"
"""The file with the password of a collector on another machine, of Valkey alone."""


class Lock:
    """Held by one process at a time; the kernel lets go of it when that process ends.

    `name`.lock in the data directory is what is locked, `name`.json (0600) what the holder says
    of itself; what a holder that is gone said counts for nothing.
    """

    def __init__(self, root: Path, name: str) -> None:
        self._lock = root / f"{name}.lock"
        self._said = root / f"{name}.json"
        self._descriptor: int | None = None
        self.before: dict[str, Any] = {}
        """What the holder before us said of itself (its ports, its children)."""

    def take(self, *, patience_s: float = 0.5) -> bool:
        """Take it; False when another process holds it (a reader's glance is waited for)."""
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + patience_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() > deadline:
                    os.close(descriptor)
                    return False
                time.sleep(0.05)
            else:
                self._descriptor = descriptor
                self.before = self.said()
                self.say()
                return True

    def say(self, **words: Any) -> None:
        """Write down what runs, whole or not at all."""
        half = self._said.with_suffix(".half")
        half.unlink(missing_ok=True)
        half.touch(mode=0o600, exist_ok=False)
        half.write_text(json.dumps({"pid": os.getpid(), **words}), encoding="utf-8")
        half.replace(self._said)

    def said(self) -> dict[str, Any]:
        """What the last holder said, living or not (empty: never any, or unreadable)."""
        with contextlib.suppress(OSError, ValueError):
            words = json.loads(self._said.read_text(encoding="utf-8"))
            if isinstance(words, dict):
                return words
        return {}

    def holder(self) -> dict[str, Any] | None:
        """What the process that holds it now says, or None when nobody does."""
        try:
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return self.said()
        finally:
            os.close(descriptor)
        return None

    def release(self) -> None:
        """Let go; what was said stays, for the next holder to read."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def make_root(path: Path) -> Path:
    """The data directory, absolute and made if it is new (nobody else may look into it)."""
    root = path.expanduser().resolve()
    try:
        if not root.exists():
            root.mkdir(mode=0o700, parents=True)
            if os.getuid() == 0 and not processes.namespace_allowed():
                root.chmod(0o711)  # the servers run as nobody and have to pass through
    except OSError as error:
        raise CannotRun(
            f"{root} cannot be made ({error.strerror}): choose another --data"
        ) from None
    if not os.access(root, os.W_OK | os.X_OK):
        raise CannotRun(f"{root} is not ours to write: choose another --data, or mend its owner")
    return root


def password(root: Path, name: str = OWNER) -> str:
    """The servers' password, or another by its name, made the first time (0600)."""
    path = root / name
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        text = secrets.token_urlsafe(24)
        half = root / f"{name}.half"
        half.unlink(missing_ok=True)
        half.touch(mode=0o600, exist_ok=False)
        half.write_text(text, encoding="ascii")
        half.replace(path)
        return text
