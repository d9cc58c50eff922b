"""Preview cards: a stretch of the stove wall, with the plates and the tile of one miner on it.

Each is an SVG made of numbers and escaped text alone; nothing that a user wrote is markup.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from tbg.adapters.pictures.text import BODY, TITLE, fitted, legible
from tbg.adapters.pictures.tile import lots_of, tile_of

WIDTH, HEIGHT = 1200, 630
_CELL = 60
_ABOVE = -45
"""Where the wall's first row begins: three quarters of it are above the card."""

_TONES = ("#1B5542", "#1E5A47", "#225F4C", "#194F3E", "#1C5845", "#205C49")
_GLAZE, _EDGE, _FOOT, _JOINT = "#1B5542", "#3E7763", "#154636", "#103A2D"
_INK, _INK_2, _GOLD = "#F3F0D8", "#C6D6C0", "#F3C75B"
_LIT, _REST = "#EFB93F", "#0D2C21"
_NAMELESS = "A miner"
_GAME = "The Bitcoin Game"
_PROMISE = ("Your miner already warms the room.", "Now it keeps score.")


class MinerCard(NamedTuple):
    """What a miner's card shows: only what everybody may see.

    `names`: what they may be called, the best first; the first that the fonts can write is drawn.
    `ordinal`: which of the `levels` theirs is, from 1.
    """

    names: tuple[str, ...]
    seed: str
    level: int
    title: str
    ordinal: int
    levels: int
    badges: int
    badges_total: int


def miner_card(card: MinerCard, *, pool: str) -> str:
    """The SVG of a miner's card."""
    left, right = 60, 480
    name, *others = _names(card)
    level = f"Level {card.level}"
    badges = f"{card.badges} of {card.badges_total} badges"
    room = 11 * _CELL - 60
    parts = [
        *_wall(),
        *_tile(card.seed, left, 75, 6 * _CELL),
        *_plate(right, 75, 11, 3),
        fitted(name, TITLE, width=room, size=84, least=44).at(
            right + 30, 172 if others else 192, _INK
        ),
        *(fitted(one, BODY, width=room, size=32, least=24).at(right + 32, 225, _INK_2)
          for one in others),
        *_plate(right, 255, 8, 3),
        fitted(card.title, TITLE, width=8 * _CELL - 60, size=52, least=30).at(
            right + 30, 337, _INK
        ),
        fitted(f"{level}, {badges}", BODY, width=8 * _CELL - 60, size=32, least=22).at(
            right + 32, 392, _GOLD
        ),
        *_plate(right + 8 * _CELL, 255, 3, 3),
        *_ring(card, right + 8 * _CELL + 90, 345),
        *_sign(pool, left, 495),
    ]  # fmt: skip
    return _svg(parts)


def pool_card(pool: str) -> str:
    """The SVG of the pool's own card, which every page without a card of its own has."""
    first, second = _PROMISE
    name = legible((pool,), TITLE) or _GAME
    room = 18 * _CELL - 270
    parts = [
        *_wall(),
        *_plate(60, 135, 18, 6),
        *_mark(105, 225, 180),
        fitted(name, TITLE, width=room, size=88, least=44).at(330, 302, _INK),
        fitted(first, BODY, width=room, size=36, least=24).at(333, 368, _INK_2),
        fitted(second, BODY, width=room, size=36, least=24).at(333, 414, _INK_2),
    ]
    return _svg(parts)


def _svg(parts: list[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' width="{WIDTH}" height="{HEIGHT}">{"".join(parts)}</svg>'
    )


def _names(card: MinerCard) -> list[str]:
    """The name to draw large, and at most one more below it."""
    large = legible(card.names, TITLE) or _NAMELESS
    smaller = [legible((one,), BODY) for one in card.names]
    return [large, *[one for one in smaller if one and one != large][:1]]


def _wall() -> Iterator[str]:
    """The tiles of the stove, their tones in an order that looks like none."""
    draw = lots_of("stove")
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{_JOINT}"/>'
    for row in range(_ABOVE, HEIGHT, _CELL):
        for column in range(0, WIDTH, _CELL):
            yield from _glazed(column, row, _CELL, _CELL, _TONES[draw(len(_TONES))])


def _glazed(x: int, y: int, wide: int, high: int, tone: str) -> Iterator[str]:
    """One tile with its lit edge above and its foot below."""
    left, top, bottom = x + 1.5, y + 1.5, y + high - 1.5
    yield (
        f'<rect x="{left}" y="{top}" width="{wide - 3}" height="{high - 3}" rx="2" fill="{tone}"/>'
        f'<path d="M{left + 2} {top}h{wide - 7}v2h-{wide - 7}z" fill="{_EDGE}"/>'
        f'<path d="M{left + 1} {bottom - 3}h{wide - 5}v3h-{wide - 5}z" fill="{_FOOT}"/>'
    )


def _plate(x: int, y: int, columns: int, rows: int) -> Iterator[str]:
    """A tile that spans cells: the only place on the wall where text may stand."""
    return _glazed(x, y, columns * _CELL, rows * _CELL, _GLAZE)


def _tile(seed: str, x: int, y: int, side: int) -> Iterator[str]:
    """The tile of an address, lit from above like the web app's."""
    tile = tile_of(seed)
    yield f'<svg x="{x + 1.5}" y="{y + 1.5}" width="{side - 3}" height="{side - 3}"'
    yield f' viewBox="0 0 4 4"><rect width="4" height="4" fill="{tile.ground}"/>'
    for layer in tile.layers:
        yield f'<path d="{layer.path}" fill="{layer.ink}"/>'
    yield '<path d="M0 0H4V.07H0Z" fill="#FFFFFF" fill-opacity=".38"/>'
    yield '<path d="M0 3.88H4V4H0Z" fill="#07241B" fill-opacity=".26"/></svg>'


def _ring(card: MinerCard, x: float, y: float) -> Iterator[str]:
    """The level as a ring of wedges, as many of them lit as levels are reached."""
    step = 360 / card.levels
    for number in range(card.levels):
        fill = _LIT if number < card.ordinal else _REST
        yield f'<path d="{_wedge(x, y, number * step, (number + 1) * step)}" fill="{fill}"/>'
    number_size = 56 if card.level < 100 else 40
    figure = fitted(str(card.level), TITLE, width=88, size=number_size, least=24)
    yield figure.at(x, y + number_size * 0.34, _INK, anchor="middle")


def _wedge(x: float, y: float, start: float, end: float) -> str:
    """A piece of the ring between two angles, in degrees clockwise from the top."""
    outer, inner, gap = 74, 50, 1.4

    def point(radius: float, degrees: float) -> str:
        angle = math.radians(degrees)
        return f"{x + radius * math.sin(angle):.2f} {y - radius * math.cos(angle):.2f}"

    def spared(radius: float) -> float:
        """The gap between two wedges is equally wide inside and outside."""
        return math.degrees(gap / radius)

    out, back = spared(outer), spared(inner)
    return (
        f"M{point(outer, start + out)}A{outer} {outer} 0 0 1 {point(outer, end - out)}"
        f"L{point(inner, end - back)}A{inner} {inner} 0 0 0 {point(inner, start + back)}Z"
    )


def _sign(pool: str, x: int, y: int) -> Iterator[str]:
    """The pool's name on a plate as wide as it needs, with the mark before it."""
    line = fitted(legible((pool,), TITLE) or _GAME, TITLE, width=900, size=30, least=22)
    columns = math.ceil((line.width + 88) / _CELL)
    yield from _plate(x, y, columns, 1)
    yield from _mark(x + 15, y + 14, 32)
    yield line.at(x + 62, y + 40, _INK)


def _mark(x: int, y: int, side: int) -> Iterator[str]:
    """The mark of `web/src/art/Logo.tsx`, its first tile lighter so that it shows on the stove."""
    yield f'<svg x="{x}" y="{y}" width="{side}" height="{side}" viewBox="0 0 64 64">'
    for place, tone in zip(((2, 2), (33.5, 2), (2, 33.5), (33.5, 33.5)), _MARK, strict=True):
        yield f'<rect x="{place[0]}" y="{place[1]}" width="28.5" height="28.5" rx="4.5"'
        yield f' fill="{tone}"/>'
    yield f'<path d="{_FLAME}" fill="#FFE9C4"/></svg>'


_MARK = ("#2F7559", "#8FBBA3", "#8FBBA3", "#D9571A")
_FLAME = (
    "M48.5 37.5C49 42 55 45 55 51.2C55 55.6 52 58.6 47.8 58.6C43.6 58.6 40.6 55.6 40.6 51.5"
    "C40.6 48.2 42.8 46.5 43.8 43.6C45 44.6 45.6 45.7 45.8 46.9C47.7 44.6 48.9 41.5 48.5 37.5Z"
)
