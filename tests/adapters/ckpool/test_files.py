"""Finding and reading files: how a file is cut into reads never shows."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tbg.adapters.ckpool import files
from tbg.adapters.ckpool.files import Line, LogDir
from tbg.core.errors import CannotRun
from tests.adapters.ckpool.pool import share


def read(path: Path, start: int = 0) -> list[Line]:
    fd = os.open(path, os.O_RDONLY)
    try:
        return list(files.lines(fd, start))
    finally:
        os.close(fd)


@given(st.binary(max_size=300).map(lambda b: b.replace(b"\x01", b"\n")), st.integers(1, 40))
@settings(max_examples=100, deadline=None)
def test_lines_are_the_same_however_they_are_read(data: bytes, chunk: int) -> None:
    with tempfile.NamedTemporaryFile() as file, pytest.MonkeyPatch.context() as patch:
        file.write(data)
        file.flush()
        whole = read(Path(file.name))
        patch.setattr(files, "CHUNK_BYTES", chunk)
        assert read(Path(file.name)) == whole
        for line in whole:
            assert data[line.offset : line.end] == line.data + b"\n" * line.whole
            assert read(Path(file.name), line.offset)[0] == line
        assert b"".join(line.data + b"\n" * line.whole for line in whole) == data


@pytest.mark.parametrize("size", [files.LINE_BYTES + 1, files.CHUNK_BYTES * 2 + 7, 10 * 2**20])
@pytest.mark.parametrize("end", [b"\n", b""])
def test_a_line_too_long_costs_no_memory_and_loses_no_record(
    tmp_path: Path, size: int, end: bytes
) -> None:
    path, record = tmp_path / "long", share(1)
    path.write_bytes(share(2) + b"\n" + b"x" * size + record + end)
    first, stump, last, *rest = read(path)
    assert first.data == share(2)
    assert not rest
    assert (stump.long, len(stump.data)) == (True, files.GLUED_BYTES)
    assert stump.offset == first.end
    assert (last.data, last.whole, last.long) == (record, bool(end), False)
    assert (last.offset, last.end) == (first.end + size, path.stat().st_size)
    assert read(path, last.offset) == [last]


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside" / "0000006f"
    outside.mkdir(parents=True)
    (outside / f"{1:016x}.sharelog").write_bytes(share(1) + b"\n")
    logs = tmp_path / "logs"
    (logs / "00000070").mkdir(parents=True)
    (logs / "0000006f").symlink_to(outside)
    link = logs / "00000070" / f"{1:016x}.sharelog"
    link.symlink_to(outside / link.name)
    os.mkfifo(logs / "00000070" / f"{2:016x}.sharelog")
    (logs / "ckpool.log").symlink_to("/etc/passwd")
    directory = LogDir(logs)
    assert directory.heights() == ["00000070"]
    assert directory.sharelogs("00000070") == []
    assert directory.poollogs() == []
    assert directory.links == {"0000006f", f"00000070/{1:016x}.sharelog", "ckpool.log"}


def test_a_file_that_becomes_a_link_after_it_was_listed_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "00000070" / f"{1:016x}.sharelog"
    path.parent.mkdir()
    path.write_bytes(share(1) + b"\n")
    (listed,) = LogDir(tmp_path).sharelogs("00000070")
    secret = tmp_path / "secret"
    path.rename(secret)
    with LogDir(tmp_path).open(listed) as fd:
        assert fd is None  # gone
    path.symlink_to(secret)
    with LogDir(tmp_path).open(listed) as fd:
        assert fd is None  # a link
    path.unlink()
    path.parent.rename(tmp_path / "moved")
    (tmp_path / "00000070").symlink_to(tmp_path / "moved")
    with LogDir(tmp_path).open(listed) as fd:
        assert fd is None  # in a directory that is a link


def test_a_directory_that_is_not_ckpools_is_refused_by_name(tmp_path: Path) -> None:
    def told(path: Path) -> str:
        with pytest.raises(CannotRun) as refused:
            LogDir(path).check()
        return str(refused.value)

    assert "no such directory" in told(tmp_path / "none")
    assert "not a ckpool log directory" in told(tmp_path)
    (tmp_path / "logs" / "0000006f").mkdir(parents=True)
    assert str(tmp_path / "logs") in told(tmp_path)
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "ckpool.log").touch()
    assert "-L" in told(bare)
