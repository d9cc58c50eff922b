"""Draws pictures in processes of their own: drawing holds Python's lock for a tenth of a second."""

from __future__ import annotations

import asyncio
import sys
from collections import OrderedDict
from hashlib import blake2b
from pathlib import Path

from prometheus_client import Counter

from tbg.adapters.pictures.text import FACES
from tbg.core import page_limits
from tbg.core.errors import Refused

DRAWN = Counter("tbg_pictures_drawn_total", "Pictures drawn, not counting those still kept")

_PROGRAM = Path(__file__).with_name("draw.py")


class StudioBusy(Refused):
    """More pictures wait to be drawn than may wait."""

    status = 503
    code = "busy"
    title = "Busy"
    headers = {"Retry-After": "5"}  # noqa: RUF012 - a Mapping, as in every refusal


class Studio:
    """Draws one picture at a time, and keeps the latest: the same SVG is drawn once."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def draw(self, svg: str) -> bytes:
        """The PNG of an SVG of ours."""
        key = blake2b(svg.encode(), digest_size=16).digest()
        if (kept := self._kept_of(key)) is not None:
            return kept
        if self._waiting >= page_limits.PICTURES_WAITING:
            raise StudioBusy("Many pictures are being drawn. Please try again in 5 s.")
        self._waiting += 1
        try:
            async with self._turn:
                drawn = self._kept_of(key) or await self._draw(svg)
        finally:
            self._waiting -= 1
        self._kept[key] = drawn
        if len(self._kept) > page_limits.PICTURES_KEPT:
            self._kept.popitem(last=False)
        return drawn

    def _kept_of(self, key: bytes) -> bytes | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    async def _draw(self, svg: str) -> bytes:
        DRAWN.inc()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",  # neither the environment nor the folder we are in decides what it imports
            str(_PROGRAM),
            *(str(face.path) for face in FACES),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(page_limits.PICTURE_SECONDS):
                drawn, said = await process.communicate(svg.encode())
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0 or not drawn:
            raise RuntimeError(f"a picture was not drawn: {said.decode(errors='replace')[-300:]}")
        return drawn
