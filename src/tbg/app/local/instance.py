"""One data directory, private to us, and the secrets of the servers in it."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from tbg.app.local import processes
from tbg.core import private_files
from tbg.core.errors import CannotRun
from tbg.core.running import NotOurs, is_foreign, not_ours

OWNER, SERVICES = "password", "services_password"
"""The files with PostgreSQL's passwords: the administrator's and the services'."""

VALKEY_OWNER, VALKEY_SERVICES = "valkey_password", "valkey_services_password"
"""The files with Valkey's."""

COLLECTOR = "collector_password"
"""The file with the Valkey password of a collector on another machine."""

PASSWORDS = (OWNER, SERVICES, VALKEY_OWNER, VALKEY_SERVICES, COLLECTOR)


def make_root(path: Path) -> Path:
    """The data directory, absolute; created if it is new, readable only by its owner.

    CannotRun: it cannot be used, or others can write to it and so replace what is in it, or could
    replace the directory itself. NotOurs: it is another user's, or in a directory of theirs.
    """
    root = path.expanduser().resolve()
    try:
        _require_own_parents(root)  # before anything is made there
        if not root.exists():
            root.mkdir(mode=0o700, parents=True)
            if os.getuid() == 0 and not processes.namespace_allowed():
                root.chmod(0o711)  # the servers run as nobody and must be able to enter
            _require_own_parents(root)
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


def _require_own_parents(root: Path) -> None:
    """Refuse a directory that another user could rename, and put one of theirs in its place.

    In a sticky directory (/tmp), only the owner of an entry can do this.
    """
    for parent in root.parents:
        if not parent.exists():
            continue
        found = parent.stat()
        if is_foreign(found):
            raise NotOurs(
                f"{not_ours(parent)}, or choose a --data elsewhere: its owner could replace {root}"
            )
        if found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
            raise CannotRun(
                f"everybody can write to {parent}, and so replace {root}: run `chmod o-w {parent}`,"
                " or choose a --data elsewhere"
            )


def password(root: Path, name: str) -> str:
    """The password in this file, made the first time (0600)."""
    path = root / name
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        text = secrets.token_urlsafe(24)
        private_files.write(path, text.encode())
        return text
