"""One data directory, private to us, and the secrets of the servers in it."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from tbg.app.local import processes
from tbg.core import private_files
from tbg.core.errors import CannotRun
from tbg.core.running import NotOurs, not_ours

OWNER, SERVICES = "password", "services_password"
"""The files with PostgreSQL's passwords: the administrator's and the services'."""

VALKEY_OWNER, VALKEY_SERVICES = "valkey_password", "valkey_services_password"
"""The files with Valkey's."""

COLLECTOR = "collector_password"
"""The file with the Valkey password of a collector on another machine."""

PASSWORDS = (OWNER, SERVICES, VALKEY_OWNER, VALKEY_SERVICES, COLLECTOR)


def make_root(path: Path) -> Path:
    """The data directory, absolute; created if it is new, readable only by its owner.

    CannotRun: it cannot be used, or others can write to it and so replace what is in it. NotOurs:
    another user's.
    """
    root = path.expanduser().resolve()
    try:
        if not root.exists():
            root.mkdir(mode=0o700, parents=True)
            if os.getuid() == 0 and not processes.namespace_allowed():
                root.chmod(0o711)  # the servers run as nobody and must be able to enter
    except OSError as error:
        raise CannotRun(
            f"{root} cannot be created ({error.strerror}): choose another --data"
        ) from None
    if not os.access(root, os.W_OK | os.X_OK):
        raise CannotRun(
            f"{root} is not writable for this user: choose another --data, or correct its owner"
        )
    found = root.stat()
    if found.st_uid != os.getuid():
        raise NotOurs(not_ours(root))  # its owner could replace what we write there
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise CannotRun(f"other users can write to {root}: run `chmod go-w` on it, then try again")
    return root


def password(root: Path, name: str) -> str:
    """The password in this file, made the first time (0600)."""
    path = root / name
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        text = secrets.token_urlsafe(24)
        private_files.write(path, text.encode())
        return text
