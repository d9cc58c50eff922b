# /// script
# dependencies = ["brotli>=1.1", "fonttools>=4.60"]
# ///
"""Makes fonts from those that npm installs for the web app: `uv run tools/fonts.py`.

For the web app: the few characters that its texts need, in the weights that it uses. So a first
visit fetches a third of the whole fonts; a name with other characters fetches a whole font as well.

For the preview cards: their renderer reads plain TrueType alone, no woff2 and no variable weights.
Beside each font stands a table of how wide its characters are, in thousandths of the font size; a
character that is not in it would be drawn as nothing.

The results are committed, because they change only with the fonts.
"""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

ROOT = Path(__file__).parents[1]
FILES = ROOT / "web" / "node_modules" / "@fontsource-variable"
TO = ROOT / "src" / "tbg" / "adapters" / "pictures" / "fonts"

FONTS = {
    "Podkova": ("podkova", 700, ("latin", "latin-ext", "cyrillic", "vietnamese")),
    "Atkinson Hyperlegible Next": ("atkinson-hyperlegible-next", 600, ("latin", "latin-ext")),
}

WEB = ROOT / "web" / "src" / "fonts"

TEXT = "".join(map(chr, range(0x20, 0x7F))) + "\N{NO-BREAK SPACE}±·×–—‘’“”…−"
"""What the texts and figures of the web app are written with (`fonts.test.ts` compares)."""

WEIGHTS: dict[str, float | tuple[float, float]] = {
    "podkova": 700,
    "atkinson-hyperlegible-next": (400, 700),
    "atkinson-hyperlegible-mono": (400, 700),
}
"""What the web app's styles use (`tests/e2e/test_first_load.py` compares)."""


def main() -> None:
    """Write the fonts of the web app and of the cards, with their licences."""
    _for_the_web()
    _for_cards()


def _for_the_web() -> None:
    for name, weights in WEIGHTS.items():
        file = FILES / name / "files" / f"{name}-latin-wght-normal.woff2"
        whole = TTFont(file, recalcTimestamp=False)
        whole.flavor = None
        plain = BytesIO()
        instantiateVariableFont(whole, {"wght": weights}).save(plain)
        plain.seek(0)
        font = TTFont(plain, recalcTimestamp=False)
        options = Options()
        options.name_IDs = [0, 1, 2, 13, 14]  # with the copyright and the licence
        options.layout_features = ["ccmp", "kern", "liga", "locl", "mark", "mkmk", "tnum"]
        subsetter = Subsetter(options)
        subsetter.populate(text=TEXT)
        subsetter.subset(font)
        font.flavor = "woff2"
        font.save(WEB / f"{name}-text.woff2")
        _licence(name, WEB)


def _licence(name: str, to: Path) -> None:
    licence = (FILES / name / "LICENSE").read_text(encoding="utf-8")
    (to / f"{name}.LICENSE").write_text(licence, encoding="utf-8")


def _for_cards() -> None:
    for family, (name, weight, alphabets) in FONTS.items():
        parts = []
        for alphabet in alphabets:
            font = TTFont(FILES / name / "files" / f"{name}-{alphabet}-wght-normal.woff2")
            font.flavor = None
            part = TO / f"{name}-{alphabet}.part.ttf"
            instantiateVariableFont(font, {"wght": weight}).save(part)
            parts.append(part)
        font = Merger().merge([str(part) for part in parts])
        for part in parts:
            part.unlink()
        options = Options()
        options.layout_features = ["kern", "liga", "calt"]
        options.hinting = False
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=font.getBestCmap())
        subsetter.subset(font)
        for which in (1, 16):
            font["name"].setName(family, which, 3, 1, 0x409)
        file = f"{name}-{weight}"
        font.save(TO / f"{file}.ttf")
        widths = _widths(font)
        text = json.dumps(widths, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        (TO / f"{file}.json").write_text(text + "\n", encoding="utf-8")
        _licence(name, TO)


def _widths(font: TTFont) -> dict[str, int]:
    units = font["head"].unitsPerEm
    return {
        chr(code): round(1_000 * font["hmtx"][glyph][0] / units)
        for code, glyph in font.getBestCmap().items()
        if chr(code).isprintable()
    }


if __name__ == "__main__":
    main()
