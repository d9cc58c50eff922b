"""Files that only one user may read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tbg.core import private_files
from tbg.core.errors import CannotRun


def test_a_link_in_place_of_a_file_is_replaced_never_followed(tmp_path: Path) -> None:
    """Root would write the password into the file it names, and give that file away."""
    other = tmp_path / "other"
    other.write_text("not ours")
    for name in ("tbg.conf", ".tbg.conf.new"):
        (tmp_path / name).symlink_to(other)
    private_files.write(tmp_path / "tbg.conf", b"requirepass secret\n")
    assert other.read_text() == "not ours"
    assert (tmp_path / "tbg.conf").read_text() == "requirepass secret\n"
    assert not (tmp_path / "tbg.conf").is_symlink()
    assert (tmp_path / "tbg.conf").stat().st_mode & 0o077 == 0


def test_a_link_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "other")
    with pytest.raises(CannotRun, match="lock is a link: remove it"):
        private_files.open_file(tmp_path / "lock", os.O_CREAT | os.O_RDWR)
    assert not (tmp_path / "other").exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can hand files over")
def test_root_writes_for_the_owner_of_the_folder(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    private_files.write(tmp_path / "secret", b"secret")
    assert (tmp_path / "secret").stat().st_uid == 65534
