"""The program of a drawing process: an SVG in, a PNG out. Its arguments are the files of fonts."""

from __future__ import annotations

import os
import sys

import resvg_py


def main() -> None:
    """Draw what standard input describes; no font of the machine, and no file, is looked for."""
    os.nice(10)  # no picture is more urgent than a share or a page
    svg = sys.stdin.buffer.read().decode()
    drawn = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, font_files=sys.argv[1:])
    sys.stdout.buffer.write(bytes(drawn))


if __name__ == "__main__":
    main()
