"""Text of the pictures: what their fonts can write, how wide it is, and how it is made to fit."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from functools import cached_property
from html import escape
from pathlib import Path
from typing import NamedTuple

_FONTS = Path(__file__).parent / "fonts"
_MORE = "…"


class Face:
    """A font, with the width of each character that it has (made by `tools/fonts.py`)."""

    def __init__(self, file: str, family: str, weight: int) -> None:
        self.path = _FONTS / f"{file}.ttf"
        self.family = family
        self.weight = weight

    @cached_property
    def _widths(self) -> dict[str, int]:
        text = self.path.with_suffix(".json").read_text(encoding="utf-8")
        widths: dict[str, int] = json.loads(text)
        return widths

    def has(self, character: str) -> bool:
        """Whether the font can write it; what it cannot would be drawn as nothing."""
        return character in self._widths

    def width(self, text: str, size: float) -> float:
        """How wide a text is, in units of the picture, before kerning."""
        return sum(self._widths[character] for character in text) * size / 1_000


TITLE = Face("podkova-700", "Podkova", 700)
BODY = Face("atkinson-hyperlegible-next-600", "Atkinson Hyperlegible Next", 600)
FACES = (TITLE, BODY)


def legible(candidates: Iterable[str | None], face: Face) -> str:
    """The first of these names that the font can write; emoji in it are left out.

    A name in a script that the font does not have gives way to the next candidate: half a name
    would be worse than a handle.
    """
    for candidate in candidates:
        text = unicodedata.normalize("NFC", candidate or "")
        kept = "".join(one for one in text if face.has(one) or _carries_meaning(one))
        kept = " ".join(kept.split())
        if kept and all(face.has(one) for one in kept):
            return kept
    return ""


def _carries_meaning(character: str) -> bool:
    """Letters, digits and most marks do; emoji, and what only joins or selects glyphs, do not."""
    joins = unicodedata.category(character)[0] not in "LMN"
    return not joins and not unicodedata.name(character, "").startswith("VARIATION SELECTOR")


class Lettering(NamedTuple):
    """A text as it is drawn: cut, in a font and a size."""

    text: str
    face: Face
    size: float

    @property
    def width(self) -> float:
        """How wide it is."""
        return self.face.width(self.text, self.size)

    def at(self, x: float, y: float, fill: str, *, anchor: str = "start") -> str:
        """The SVG of this line, its base line at `y`."""
        return (
            f'<text x="{x:g}" y="{y:g}" fill="{fill}" text-anchor="{anchor}"'
            f' font-family="{self.face.family}" font-weight="{self.face.weight}"'
            f' font-size="{self.size:g}">{escape(self.text)}</text>'
        )


def fitted(text: str, face: Face, *, width: float, size: int, least: int) -> Lettering:
    """A text made to fit: smaller down to `least`, then cut; what the font lacks is left out."""
    text = "".join(one for one in text if face.has(one))
    for smaller in range(size, least - 1, -2):
        if face.width(text, smaller) <= width:
            return Lettering(text, face, smaller)
    room, kept = width - face.width(_MORE, least), 0
    while kept < len(text) and room >= 0:
        room -= face.width(text[kept], least)
        kept += 1
    return Lettering(text[: kept - 1].rstrip() + _MORE, face, least)
