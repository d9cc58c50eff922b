"""The icons of the app are those of the mark."""

from __future__ import annotations

import pytest

from tools.icons import FOLDER, ICONS, drawn


@pytest.mark.parametrize("name", ICONS)
def test_an_icon_is_drawn_from_the_mark(name: str) -> None:
    kept = (FOLDER / f"{name}.png").read_bytes()
    assert kept == drawn(name), "the mark has changed: run make icons"
