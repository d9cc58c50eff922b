"""A badge as a picture of its own, to be downloaded: its tile, its name, and who gave it."""

from __future__ import annotations

from tbg.adapters.pictures.text import BODY, TITLE, fitted, legible
from tbg.adapters.pictures.tile import tile_of

_SIDE = 640
_GLAZE, _JOINT, _INK, _INK_2 = "#1B5542", "#103A2D", "#F3F0D8", "#C6D6C0"


def badge_picture(name: str, *, seed: str, pool: str) -> str:
    """The SVG of a badge; `seed` determines its tile."""
    tile = tile_of(seed)
    layers = "".join(f'<path d="{layer.path}" fill="{layer.ink}"/>' for layer in tile.layers)
    title = fitted(legible((name,), TITLE) or seed, TITLE, width=560, size=52, least=28)
    giver = fitted(legible((pool,), BODY), BODY, width=560, size=28, least=20)
    middle = _SIDE / 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIDE} {_SIDE}" width="{_SIDE}"'
        f' height="{_SIDE}"><rect width="{_SIDE}" height="{_SIDE}" rx="24" fill="{_JOINT}"/>'
        f'<rect x="12" y="12" width="616" height="616" rx="16" fill="{_GLAZE}"/>'
        '<svg x="130" y="60" width="380" height="380" viewBox="0 0 4 4">'
        f'<rect width="4" height="4" fill="{tile.ground}"/>{layers}</svg>'
        f"{title.at(middle, 520, _INK, anchor='middle')}"
        f"{giver.at(middle, 578, _INK_2, anchor='middle')}</svg>"
    )
