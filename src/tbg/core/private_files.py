"""Files that only one user may read: passwords, keys, records with both.

Root writes them for the owner of their folder, who may have put links there.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tbg.core.errors import CannotRun


def write(path: Path, content: bytes) -> None:
    """Write a file (0600) for the owner of its folder, completely or not at all."""
    half = path.with_name(f".{path.name}.new")
    half.unlink(missing_ok=True)  # of a process that was killed
    handle = open_file(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    half.rename(path)


def open_file(path: Path, flags: int) -> int:
    """A descriptor of a file, made (0600) for the owner of its folder if `flags` say so.

    CannotRun if it is a link.
    """
    try:
        handle = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise CannotRun(f"{path} is a link: remove it") from None
        raise
    if flags & os.O_CREAT and os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)
    return handle


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Prevents other processes from changing a folder of ours, by a lock on its file `lock`."""
    handle = open_file(folder / "lock", os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
