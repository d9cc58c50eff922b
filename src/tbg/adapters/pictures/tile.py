"""The tile of an address, drawn as the web app draws it (`web/src/art/AddressTile.tsx`).

A test compares both: change them together, or the same miner has two faces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias, TypeVar

T = TypeVar("T")
Draw: TypeAlias = Callable[[int], int]
Place: TypeAlias = Callable[[float, float], str]
Motif: TypeAlias = Callable[[Place], str]

_PRIME = 0x01000193
_32 = 0xFFFFFFFF
_BECH32 = re.compile(r"(bc|tb|bcrt)1", re.IGNORECASE)


class Layer(NamedTuple):
    """One path, in a tile of 4 × 4 units."""

    ink: str
    path: str


class Tile(NamedTuple):
    """What the tile of an address looks like."""

    ground: str
    layers: tuple[Layer, ...]


def tile_of(seed: str) -> Tile:
    """The drawing that belongs to an address, or to whatever stands for it."""
    draw = lots_of(_settled(seed))
    ground, main, second = _pick(_PALETTES, draw)
    paths = {main: "", second: ""}

    def add(ink: str, motif: Motif, cell: tuple[int, int], turn: int) -> None:
        paths[ink] += _around(motif, *cell, turn)

    heart_ink = second if draw(4) == 0 else main
    add(heart_ink, _pick(_HEARTS, draw), (1, 1), draw(4))
    corner_ink = second if draw(2) == 0 else main
    add(corner_ink, _pick(_FIELDS, draw), (0, 0), draw(4))
    # Two equal neighbours make a calm border, two different ones a lively one.
    edge, turn, calm = _pick(_FIELDS, draw), draw(4), draw(3) == 0
    side, side_turn = _pick(_FIELDS, draw), draw(4)
    edge_ink = main if corner_ink == main or draw(3) > 0 else second
    add(edge_ink, edge, (1, 0), turn)
    side_ink = second if draw(3) == 0 else main
    add(side_ink, edge if calm else side, (0, 1), (turn + 3) % 4 if calm else side_turn)
    stamp = _pick(_STAMPS, draw)
    stamp_ink = second if heart_ink == main and draw(2) == 0 else ground
    layers = (Layer(main, paths[main]), Layer(second, paths[second]), Layer(stamp_ink, stamp))
    return Tile(ground, tuple(layer for layer in layers if layer.path))


def lots_of(text: str) -> Draw:
    """Draws whole numbers from 0 to below a count, always the same ones for a text."""
    left, right = _fnv(text, 0x811C9DC5), _fnv(text, 0x2F6B1A97)
    turns = iter(range(1, 1_000_000))

    def draw(count: int) -> int:
        turn = next(turns)
        return (_stir(left + turn * 0x9E3779B1) ^ _stir(right ^ (turn * _PRIME))) % count

    return draw


def _fnv(text: str, basis: int) -> int:
    found = basis
    for unit in _code_units(text):
        found = (found ^ unit) * _PRIME & _32
    return _stir(found)


def _code_units(text: str) -> Iterator[int]:
    """As JavaScript counts characters: in UTF-16."""
    encoded = text.encode("utf-16-le", "surrogatepass")
    for at in range(0, len(encoded), 2):
        yield encoded[at] | encoded[at + 1] << 8


def _stir(value: int) -> int:
    value &= _32
    mixed = (value ^ value >> 16) * 0x85EBCA6B & _32
    mixed = (mixed ^ mixed >> 13) * 0xC2B2AE35 & _32
    return mixed ^ mixed >> 16


def _settled(address: str) -> str:
    """Bech32 addresses mean the same in either case."""
    text = address.strip()
    return text.lower() if _BECH32.match(text) else text


def _pick(options: Sequence[T], draw: Draw) -> T:
    return options[draw(len(options))]


def _around(motif: Motif, column: int, row: int, turn: int) -> str:
    """A piece in its cell, turned in place, and its three copies round the middle."""

    def copy(quarter: int) -> str:
        def place(x: float, y: float) -> str:
            in_x, in_y = _spin(x - 0.5, y - 0.5, turn)
            to_x, to_y = _spin(column + in_x - 1.5, row + in_y - 1.5, quarter)
            return f"{_tidy(to_x + 2)} {_tidy(to_y + 2)}"

        return motif(place)

    return "".join(copy(quarter) for quarter in range(4))


def _spin(x: float, y: float, quarters: int) -> tuple[float, float]:
    for _ in range(quarters):
        x, y = -y, x
    return x, y


def _tidy(value: float) -> str:
    return f"{round(value, 3):g}"


# --- the pieces, as in `web/src/art/motifs.ts` -------------------------------------------------


def _disc(radius: float, sweep: int) -> Motif:
    arc = f"A{_tidy(radius)} {_tidy(radius)} 0 1 {sweep} "
    return lambda p: (
        f"M{p(0.5 - radius, 0.5)}{arc}{p(0.5 + radius, 0.5)}{arc}{p(0.5 - radius, 0.5)}Z"
    )


def _polygon(*corners: tuple[float, float]) -> Motif:
    return lambda p: f"M{'L'.join(p(x, y) for x, y in corners)}Z"


def _quarter(p: Place) -> str:
    return f"M{p(0, 0)}L{p(1, 0)}A1 1 0 0 1 {p(0, 1)}Z"


def _bite(p: Place) -> str:
    return f"M{p(1, 0)}L{p(1, 1)}L{p(0, 1)}A1 1 0 0 0 {p(1, 0)}Z"


def _leaf(p: Place) -> str:
    return f"M{p(0, 0)}A1 1 0 0 1 {p(1, 1)}A1 1 0 0 1 {p(0, 0)}Z"


def _half(p: Place) -> str:
    return f"M{p(0, 0)}A.5 .5 0 0 0 {p(1, 0)}Z"


def _drop(p: Place) -> str:
    return f"M{p(0, 0)}L{p(0.5, 0)}A.5 .5 0 1 1 {p(0, 0.5)}Z"


def _ring(p: Place) -> str:
    return _disc(0.42, 1)(p) + _disc(0.19, 0)(p)


def _arc(p: Place) -> str:
    inner = f"L{p(0, 0.38)}A.38 .38 0 0 0 {p(0.38, 0)}Z"
    return f"M{p(0.74, 0)}A.74 .74 0 0 1 {p(0, 0.74)}{inner}"


_dot = _disc(0.27, 1)
_triangle = _polygon((0, 0), (1, 0), (0, 1))
_diamond = _polygon((0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5))
_wedge = _polygon((0, 0), (1, 0), (0.5, 0.5))
_full = _polygon((0, 0), (1, 0), (1, 1), (0, 1))
_bar = _polygon((0, 0.3), (1, 0.3), (1, 0.7), (0, 0.7))
_arrow = _polygon((0, 0), (0.5, 0), (1, 0.5), (0.5, 1), (0, 1), (0.5, 0.5))
_kite = _polygon((0, 0), (1, 0.36), (1, 1), (0.36, 1))

_HEARTS: tuple[Motif, ...] = (
    _quarter, _leaf, _bite, _triangle, _arc, _drop, _diamond, _arrow, _kite, _half, _full,
)  # fmt: skip
_FIELDS: tuple[Motif, ...] = (
    _quarter, _leaf, _bite, _triangle, _arc, _drop, _diamond, _half, _dot, _ring, _wedge, _bar,
    _kite,
)  # fmt: skip
_STAMPS = (
    "",
    "",
    "M1.6 2A.4 .4 0 1 1 2.4 2A.4 .4 0 1 1 1.6 2Z",
    "M2 1.42L2.58 2L2 2.58L1.42 2Z",
    "M1.64 1.64H2.36V2.36H1.64Z",
)

# --- the glazes, as in `web/src/art/palettes.ts` -----------------------------------------------

_GLAZES = {
    "cream": "#F4EFD8", "cobalt": "#26489A", "sky": "#A9C3F5", "plum": "#6A2A5E",
    "coral": "#E6906F", "green": "#1B5542", "mint": "#93BFA6", "night": "#12241D",
    "butter": "#EFC35A", "rust": "#96360F",
}  # fmt: skip
_PAIRS = """
cream cobalt butter, cream cobalt rust, cream cobalt mint, cream green butter, cream green cobalt,
cream green coral, cream plum coral, cream plum mint, cream rust night, cream night butter,
cobalt cream sky, cobalt cream butter, cobalt sky cream, cobalt cream coral, green cream butter,
green cream mint, green butter cream, green mint cream, plum cream coral, plum coral cream,
plum cream sky, plum butter cream, mint night cream, mint green cream, mint plum cream,
mint cobalt cream, butter night cream, butter plum cream, butter cobalt cream, butter rust cream,
rust cream butter, rust butter cream, rust cream coral, night mint cream, night butter cream,
night coral cream, night sky cream, sky cobalt cream, sky night cream, sky plum cream
"""
_PALETTES = [
    tuple(_GLAZES[name] for name in three.split()) for three in _PAIRS.replace("\n", " ").split(",")
]
"""Ground, main ink and second ink."""
