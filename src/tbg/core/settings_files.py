"""`.env` and `tbg.toml`: read only if no other user can choose or write them."""

from __future__ import annotations

import errno
import os
import stat
import tomllib
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from dotenv import dotenv_values

from tbg.core.errors import BadArguments
from tbg.core.running import is_foreign, not_ours

_MOST_LINKS = 8
"""One link that leads to another is usual; more are a mistake, or a circle."""

_THE_LINK: int | None = getattr(os, "O_PATH", None)
"""How Linux opens a link itself; elsewhere, settings files cannot be links."""


class Files(NamedTuple):
    """What the settings files say: `.env` by its names in lower case, and `tbg.toml`."""

    dotenv: Mapping[str, str | None] = {}
    toml: Mapping[str, Any] = {}

    @classmethod
    def read(cls) -> Files:
        """Those in the current folder, each opened once."""
        dotenv = dotenv_values(stream=StringIO(_read_own(Path(".env"))))
        toml = tomllib.loads(_read_own(Path("tbg.toml")))
        return cls({name.lower(): value for name, value in dotenv.items()}, toml)


def _read_own(file: Path) -> str:
    """The text of a settings file, which decides where secrets are kept; empty if there is none.

    BadArguments if another user can choose or write it. This is checked of the open file: whatever
    is put in its place later is not read.
    """
    try:
        handle, at = _open_own(file.absolute())
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise BadArguments(f"{file.absolute()} cannot be read: {error.strerror}") from None
    try:
        found = os.fstat(handle)
        if stat.S_ISDIR(found.st_mode):
            return ""  # of something else that has this name
        if is_foreign(found):
            raise BadArguments(not_ours(at))
        if not stat.S_ISREG(found.st_mode):
            raise BadArguments(f"{at} is not a file")
        if found.st_mode & 0o022:
            raise BadArguments(f"{at} may be written by others: chmod go-w {file}")
        with os.fdopen(handle, "rb", closefd=False) as opened:
            return opened.read().decode()
    except UnicodeDecodeError:
        raise BadArguments(f"{at} cannot be read: it is not UTF-8") from None
    finally:
        os.close(handle)


def _open_own(path: Path) -> tuple[int, Path]:
    """A descriptor of a file, and where it is; BadArguments if a link to it is another user's.

    The owner of a link chooses what it leads to, which may be a file of root's.
    """
    for _ in range(_MOST_LINKS):
        try:
            # Without waiting, because it may be a pipe of another user's.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            return os.open(path, flags), path
        except PermissionError:
            if is_foreign(path.lstat()):
                raise BadArguments(not_ours(path)) from None
            raise
        except OSError as error:
            if error.errno != errno.ELOOP or _THE_LINK is None:
                raise
        link = os.open(path, _THE_LINK | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if is_foreign(os.fstat(link)):
                raise BadArguments(not_ours(path))
            path = path.parent / os.readlink("", dir_fd=link)
        finally:
            os.close(link)
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
