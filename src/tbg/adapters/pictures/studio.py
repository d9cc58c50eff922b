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
from tbg.core.cancel import end
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
        self._drawing: dict[bytes, asyncio.Task[bytes]] = {}
        self._turn = asyncio.Lock()

    async def draw(self, svg: str) -> bytes:
        """The PNG of an SVG of ours."""
        key = blake2b(svg.encode(), digest_size=16).digest()
        if (kept := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return kept
        if (task := self._drawing.get(key)) is None:
            if len(self._drawing) >= page_limits.PICTURES_WAITING:
                raise StudioBusy("Many pictures are being drawn. Please try again in 5 s.")
            task = self._drawing[key] = asyncio.ensure_future(self._in_turn(key, svg))
            task.add_done_callback(lambda done: self._drawn(key, done))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End what is being drawn."""
        for task in list(self._drawing.values()):
            await end(task)

    async def _in_turn(self, key: bytes, svg: str) -> bytes:
        async with self._turn:
            drawn = await self._draw(svg)
        self._kept[key] = drawn
        if len(self._kept) > page_limits.PICTURES_KEPT:
            self._kept.popitem(last=False)
        return drawn

    def _drawn(self, key: bytes, task: asyncio.Task[bytes]) -> None:
        del self._drawing[key]
        if not task.cancelled():
            task.exception()  # retrieved; callers that still wait have it

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
