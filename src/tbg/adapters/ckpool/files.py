"""The files of a ckpool log directory: found by listing, opened without following links."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from tbg.adapters.ckpool.sharelog import START
from tbg.core.errors import CannotRun

CHUNK_BYTES = 256 * 1024
"""Bytes read at a time: the memory for one file, in addition to one line."""

LINE_BYTES = 64 * 1024
"""Longest line that is read as one; a share is under 1 KiB."""

GLUED_BYTES = 8 * 1024
"""Of a line too long, how much of its end is searched for a good record."""

MARK_BYTES = 1024
"""Read before an offset to recognise a file: at least its last line, as a rule."""

EQUAL_BYTES = 64 * 1024
"""Before a record, how much is searched for equal ones. Two of them have the same nanosecond as
their time, so what lies between them is little; and no flood of rejects makes this costly."""

_HEIGHT = re.compile(r"[0-9a-f]{8}")
_SHARELOG = re.compile(r"[0-9a-f]{16}\.sharelog")
_POOLLOG = re.compile(r"ckpool\.log(?:[.-]([0-9]{1,14}))?")


class Found(NamedTuple):
    """A file as listed. `stamp` changes whenever the file does; `mtime` in unix seconds."""

    folder: str
    name: str
    size: int
    mtime: float
    stamp: str

    @property
    def path(self) -> str:
        """The path relative to the log directory."""
        return f"{self.folder}/{self.name}" if self.folder else self.name


class Line(NamedTuple):
    """One line: where it begins, where the next begins, its bytes without the line end.

    `whole`: it had a line end. `long`: it was too long, and `data` is only its beginning.
    """

    offset: int
    end: int
    data: bytes
    whole: bool = True
    long: bool = False


class LogDir:
    """A ckpool log directory. What is a symbolic link in it is never followed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.links: set[str] = set()
        self.unreadable: set[str] = set()

    def check(self) -> None:
        """CannotRun, with what to do, when this is not a log directory with sharelogs."""
        if not self.path.is_dir():
            raise CannotRun(f"{self.path}: no such directory; name ckpool's logdir")
        if self.heights():
            return
        if (self.path / "logs").is_dir() and LogDir(self.path / "logs").heights():
            raise CannotRun(f"{self.path}: use the log directory in it, {self.path / 'logs'}")
        if (self.path / "ckpool.log").exists() or (self.path / "pool").is_dir():
            raise CannotRun(f"{self.path}: no sharelogs; ckpool writes them when started with -L")
        raise CannotRun(f"{self.path}: not a ckpool log directory (no ckpool.log, no sharelogs)")

    def heights(self) -> list[str]:
        """The height directories, lowest first."""
        found = []
        with os.scandir(self.path) as entries:
            for entry in entries:
                if not _HEIGHT.fullmatch(entry.name):
                    continue
                if entry.is_symlink():
                    self.links.add(entry.name)
                elif entry.is_dir(follow_symlinks=False):
                    found.append(entry.name)
        return sorted(found)

    def sharelogs(self, height: str) -> list[Found]:
        """The sharelogs of one height, oldest job first; none when the directory is gone."""
        return [found for _, found in sorted(self._list(height, _SHARELOG))]

    def poollogs(self) -> list[Found]:
        """ckpool.log and its rotated files, oldest first."""
        listed = self._list("", _POOLLOG)
        return [found for _, found in sorted(listed, key=lambda item: item[1].mtime)]

    def _list(self, folder: str, names: re.Pattern[str]) -> list[tuple[str, Found]]:
        listed = []
        try:
            with os.scandir(self.path / folder) as entries:
                for entry in entries:
                    if not names.fullmatch(entry.name):
                        continue
                    if entry.is_symlink():
                        self.links.add(f"{folder}/{entry.name}" if folder else entry.name)
                    elif entry.is_file(follow_symlinks=False):
                        at = entry.stat(follow_symlinks=False)
                        listed.append((entry.name, _found(folder, entry.name, at)))
        except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
            if not folder:
                raise
            self._refused(folder, error)
            return []
        return listed

    @contextmanager
    def open(self, found: Found) -> Iterator[int | None]:
        """A file descriptor; None when the file is gone, or is not a plain file any more."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        with ExitStack() as opened:

            def enter(name: str, flags: int, *, inside: int | None = None) -> int:
                fd = os.open(name, flags, dir_fd=inside)
                opened.callback(os.close, fd)
                return fd

            try:
                fd = enter(str(self.path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                if found.folder:
                    fd = enter(found.folder, flags | os.O_DIRECTORY, inside=fd)
                fd = enter(found.name, flags | os.O_NONBLOCK, inside=fd)
                plain = stat.S_ISREG(os.fstat(fd).st_mode)
            except OSError as error:
                self._refused(found.path, error)
                plain = False
            yield fd if plain else None

    def _refused(self, path: str, error: OSError) -> None:
        # Deleted since it was listed, or made a link or a device; anything else is trouble.
        if isinstance(error, PermissionError):
            self.unreadable.add(path)
        elif error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO):
            raise error


def _found(folder: str, name: str, at: os.stat_result) -> Found:
    stamp = f"{at.st_dev}:{at.st_ino}:{at.st_mtime_ns}:{at.st_size}"
    return Found(folder, name, at.st_size, at.st_mtime, stamp)


def mark(fd: int, offset: int) -> int:
    """A checksum of the bytes before `offset`, which recognises a file by any name."""
    begin = max(0, offset - MARK_BYTES)
    return crc32(os.pread(fd, offset - begin, begin))


def equal_before(fd: int, offset: int, record: bytes) -> int:
    """How many records equal to the one at `offset` stand shortly before it."""
    begin = max(0, offset - EQUAL_BYTES)
    return os.pread(fd, offset - begin, begin).count(record)


def lines(fd: int, start: int) -> Iterator[Line]:
    """The lines from byte `start`; last, if there is one, the tail that has no line end yet.

    How the file is cut into reads never shows. At most one chunk and one line are in memory.
    """
    buffer, base = b"", start
    while chunk := os.pread(fd, CHUNK_BYTES, base + len(buffer)):
        buffer += chunk
        cut = buffer.rfind(b"\n") + 1
        if cut:
            position = base
            for data in buffer[:cut].split(b"\n")[:-1]:
                end = position + len(data) + 1
                yield from _line(position, end, data, True)
                position = end
            buffer, base = buffer[cut:], base + cut
        elif len(buffer) > LINE_BYTES:
            buffer, base = b"", (yield from _long(fd, base, base + len(buffer)))
            if base < 0:
                return
    if buffer:
        yield from _line(base, base + len(buffer), buffer, False)


def _line(offset: int, end: int, data: bytes, whole: bool) -> Iterator[Line]:
    if len(data) <= LINE_BYTES:
        yield Line(offset, end, data, whole)
    else:
        yield from _split(offset, end, data[:GLUED_BYTES], data[-GLUED_BYTES:], whole)


def _long(fd: int, offset: int, position: int) -> Generator[Line, None, int]:
    # A line that does not end within a read: look for its end and keep only its two ends. Returns
    # where the next line begins, or -1 if this one has no end yet.
    head = os.pread(fd, GLUED_BYTES, offset)
    while chunk := os.pread(fd, CHUNK_BYTES, position):
        cut = chunk.find(b"\n")
        if cut >= 0:
            position += cut + 1
            tail = os.pread(fd, GLUED_BYTES, position - 1 - GLUED_BYTES)
            yield from _split(offset, position, head, tail, True)
            return position
        position += len(chunk)
    tail = os.pread(fd, GLUED_BYTES, position - GLUED_BYTES)
    yield from _split(offset, position, head, tail, False)
    return -1


def _split(offset: int, end: int, head: bytes, tail: bytes, whole: bool) -> Iterator[Line]:
    # Only the last record can be complete: those before it were never finished.
    cut = tail.rfind(START)
    if cut < 0:
        yield Line(offset, end, head, whole, long=True)
        return
    begin = end - whole - len(tail) + cut
    yield Line(offset, begin, head, whole, long=True)
    yield Line(begin, end, tail[cut:], whole)
