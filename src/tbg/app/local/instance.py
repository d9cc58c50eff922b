"""One data directory, private to us, and the secrets of the servers in it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from tbg.app.local import processes
from tbg.core.errors import CannotRun

OWNER = "password"
"""The file with the administrator password of both servers."""

SERVICES = "services_password"
"""The file with the services' password, of both servers."""

COLLECTOR = "collector_password"
"""The file with the Valkey password of a collector on another machine."""


def make_root(path: Path) -> Path:
    """The data directory, absolute; created if it is new, readable only by its owner."""
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
