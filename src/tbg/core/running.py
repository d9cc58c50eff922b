"""What runs in a data folder: one process holds its lock, and records its settings there."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pwd
import time
from pathlib import Path
from typing import Any, NamedTuple

from tbg.core import private_files
from tbg.core.errors import CannotRun


class NotOurs(CannotRun):
    """The data folder belongs to another user, so we may not read what runs in it."""


class Lock:
    """A lock held by one process at a time; the kernel releases it when that process ends.

    The locked file is `name`.lock in the data folder; `name`.json (0600) is the holder's record,
    which does not count once the holder is gone. Without `of_anybody`, another user's record is
    refused (NotOurs).
    """

    def __init__(self, root: Path, name: str, *, of_anybody: bool = True) -> None:
        self._of_anybody = of_anybody
        self._lock = root / f"{name}.lock"
        self._said = root / f"{name}.json"
        self._descriptor: int | None = None
        self.before: dict[str, Any] = {}
        """The previous holder's record (its ports, its children)."""

    def take(self, *, patience_s: float = 0.5) -> bool:
        """Take the lock; False if another process holds it. Waits for a reader's brief lock."""
        descriptor = private_files.open_file(self._lock, os.O_RDWR | os.O_CREAT)
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
        """Write the record, completely or not at all."""
        private_files.write(self._said, json.dumps({"pid": os.getpid(), **words}).encode())

    def said(self) -> dict[str, Any]:
        """The last holder's record, even if it has ended (empty: there is none, or unreadable)."""
        with contextlib.suppress(OSError, ValueError):
            with self._said.open("rb") as file:
                # Of the open file: the folder may have been exchanged since it was looked at.
                if not self._of_anybody and is_foreign(os.fstat(file.fileno())):
                    raise NotOurs(not_ours(self._said))
                words = json.loads(file.read())
            if isinstance(words, dict):
                return words
        return {}

    def holder(self) -> dict[str, Any] | None:
        """The current holder's record; None if there is no holder (or NotOurs)."""
        try:
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CLOEXEC)
        except PermissionError:
            raise NotOurs(not_ours(self._lock.parent)) from None
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
        """Release the lock; the record stays, for the next holder to read."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class Running(NamedTuple):
    """The game of a data folder, or its servers alone, alive now.

    `settings` are those it runs with, by their names; None: it is still starting.
    """

    root: Path
    by: str
    pid: int
    settings: dict[str, Any] | None


def running_in(folder: Path, *, of_anybody: bool = True) -> Running | None:
    """What runs in a data folder; None if nothing does, even if records remain.

    NotOurs if it is another user's and we may not read it, or must not (not `of_anybody`).
    """
    root = folder.expanduser().resolve()
    for name, by in (("up", "tbg up"), ("servers", "tbg local")):
        holder = Lock(root, name, of_anybody=of_anybody).holder()
        if holder is not None:
            return Running(root, by, int(holder.get("pid", 0)), holder.get("settings"))
    return None


def is_foreign(found: os.stat_result) -> bool:
    """Whether something belongs to another user, except root."""
    return found.st_uid not in (0, os.geteuid())


def not_ours(root: Path) -> str:
    """What to do about a folder, file or link of another user."""
    owner = "another user"
    with contextlib.suppress(OSError, KeyError):
        owner = pwd.getpwuid(root.lstat().st_uid).pw_name
    return f"{root} belongs to {owner}: run this as {owner} (`sudo -u`)"
