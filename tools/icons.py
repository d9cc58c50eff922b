"""Draws the app's icons from the mark of the web app: `make icons`. The PNGs are committed."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import resvg_py

ROOT = Path(__file__).parents[1]
MARK = ROOT / "web" / "src" / "art" / "Logo.tsx"
FOLDER = ROOT / "web" / "public" / "icons"

GROUND = "#dfe4d1"

# Name: side in px, the part of it that the mark takes, and what is behind it. Telephones cut a
# maskable icon to a circle of four fifths of its side, and paint black behind what is transparent.
ICONS: dict[str, tuple[int, float, str | None]] = {
    "icon-192": (192, 1.0, None),
    "icon-512": (512, 1.0, None),
    "icon-maskable-512": (512, 0.54, GROUND),
    "apple-touch-180": (180, 0.72, GROUND),
}


def drawn(name: str) -> bytes:
    """The PNG of an icon."""
    side, part, ground = ICONS[name]
    found = re.search(r"<svg[^>]*>(.*)</svg>", MARK.read_text(encoding="utf-8"), re.DOTALL)
    if found is None:
        raise RuntimeError(f"{MARK} has no <svg> with the mark")
    margin = 32 / part - 32
    box = f"{-margin:g} {-margin:g} {64 + 2 * margin:g} {64 + 2 * margin:g}"
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{found[1]}</svg>'
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg, skip_system_fonts=True, width=side, height=side, background=ground
        )
    )


def main() -> int:
    """Write them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ICONS:
        (FOLDER / f"{name}.png").write_bytes(drawn(name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
