# /// script
# dependencies = ["brotli>=1.1", "fonttools>=4.60"]
# ///
"""Makes the fonts of the preview cards from those of the web app: `uv run tools/fonts.py`.

The renderer of the cards reads plain TrueType alone: no woff2, and no variable weights. Beside each
font stands a table of how wide its characters are, in thousandths of the font size; a character
that is not in it would be drawn as nothing. The results are committed, because they change only
with the fonts.
"""

from __future__ import annotations

import json
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


def main() -> None:
    """Write the fonts, their tables and their licences."""
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
        licence = (FILES / name / "LICENSE").read_text(encoding="utf-8")
        (TO / f"{name}.LICENSE").write_text(licence, encoding="utf-8")


def _widths(font: TTFont) -> dict[str, int]:
    units = font["head"].unitsPerEm
    return {
        chr(code): round(1_000 * font["hmtx"][glyph][0] / units)
        for code, glyph in font.getBestCmap().items()
        if chr(code).isprintable()
    }


if __name__ == "__main__":
    main()
