"""Preview cards: what stands on them, whatever a name is made of."""

from __future__ import annotations

import asyncio
import struct
import xml.etree.ElementTree as ET

import pytest

from tbg.adapters.pictures import MinerCard, Studio, miner_card, pool_card
from tbg.adapters.pictures import studio as studio_module
from tbg.adapters.pictures.studio import StudioBusy
from tbg.adapters.pictures.text import BODY, TITLE, fitted, legible
from tbg.core import page_limits

POOL = "The Bitcoin Game"
CARD = MinerCard(
    names=("kitchen-axe", "bc1q…7k3d"),
    seed="bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    level=7,
    title="Hash Veteran",
    ordinal=7,
    levels=15,
    badges=8,
    badges_total=20,
)
NASTY = [
    '"><script>alert(1)</script>',
    "</text><image href='/etc/passwd'/>",
    "&amp;&#60;]]>",
    "x" * 5_000,
    "\x00\x01\ufffe",
    "\u202edesrever",
]


def texts(svg: str) -> list[str]:
    """What the card says, from its markup: it must be well formed."""
    return [el.text or "" for el in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    wide, high = struct.unpack(">II", png[16:24])
    return wide, high


def test_a_card_says_name_address_level_and_badges() -> None:
    assert texts(miner_card(CARD, pool=POOL)) == [
        "kitchen-axe",
        "bc1q…7k3d",
        "Hash Veteran",
        "Level 7, 8 of 20 badges",
        "7",
        POOL,
    ]
    assert texts(pool_card(POOL))[0] == POOL


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_name_stays_text_and_within_its_plate(name: str) -> None:
    card = CARD._replace(names=(name, "alice"), title=name)
    for svg in (miner_card(card, pool=name), pool_card(name)):
        root = ET.fromstring(svg)
        kinds = {el.tag.rpartition("}")[2] for el in root.iter()}
        assert kinds <= {"svg", "rect", "path", "text"}
        for el in root.iter("{http://www.w3.org/2000/svg}text"):
            face = TITLE if el.get("font-family") == TITLE.family else BODY
            assert face.width(el.text or "", float(el.attrib["font-size"])) <= 900


@pytest.mark.parametrize(
    ("names", "drawn"),
    [
        (("Żółć Ğ",), "Żółć Ğ"),
        (("Привет",), "Привет"),
        (("e\u0301clair",), "éclair"),  # composed, because the fonts have no loose accents
        (("🔥 hot 🔥",), "hot"),
        (("日本語", "alice"), "alice"),
        (("مرحبا", "नमस्ते", "bc1q…7k3d"), "bc1q…7k3d"),
        (("🔥🔥", "bob"), "bob"),
        (("日本語",), ""),
        ((None, ""), ""),
    ],
)
def test_a_name_that_the_fonts_cannot_write_gives_way(
    names: tuple[str | None, ...], drawn: str
) -> None:
    assert legible(names, TITLE) == drawn


def test_a_long_text_is_made_smaller_and_then_cut() -> None:
    short = fitted("alice", TITLE, width=600, size=84, least=44)
    assert (short.text, short.size) == ("alice", 84)
    smaller = fitted("a" * 16, TITLE, width=600, size=84, least=44)
    assert smaller.text == "a" * 16
    assert 44 <= smaller.size < 84
    cut = fitted("a" * 500, TITLE, width=600, size=84, least=44)
    assert cut.text.endswith("a…")
    assert cut.size == 44
    assert cut.width <= 600


async def test_a_picture_is_drawn_once_and_alike_each_time() -> None:
    svg = miner_card(CARD, pool=POOL)
    drawn = studio_module.DRAWN._value.get()
    one = Studio()
    pngs = await asyncio.gather(*(one.draw(svg) for _ in range(5)))
    assert size_of(pngs[0]) == (1200, 630)
    assert len(set(pngs)) == 1
    assert studio_module.DRAWN._value.get() == drawn + 1
    assert await Studio().draw(svg) == pngs[0]
    other = await one.draw(miner_card(CARD._replace(level=8), pool=POOL))
    assert other != pngs[0]


async def test_the_text_of_a_picture_is_really_drawn() -> None:
    """A font that is missing would leave the plates empty, and say nothing."""
    named, bare = CARD, CARD._replace(names=("A",))
    sizes = [len(await Studio().draw(miner_card(one, pool=POOL))) for one in (named, bare)]
    assert sizes[0] > sizes[1] + 1_000


async def test_pictures_beyond_those_that_may_wait_are_refused() -> None:
    crowd = Studio()
    cards = [CARD._replace(badges=n) for n in range(page_limits.PICTURES_WAITING + 1)]
    drawing = [asyncio.create_task(crowd.draw(miner_card(one, pool=POOL))) for one in cards]
    again = asyncio.create_task(crowd.draw(miner_card(cards[0], pool=POOL)))
    with pytest.raises(StudioBusy):
        await drawing[-1]
    assert size_of(await again) == (1200, 630)  # one that is drawn already can be waited for
    await crowd.close()
    await asyncio.gather(*drawing, return_exceptions=True)
    assert size_of(await crowd.draw(pool_card(POOL))) == (1200, 630)


async def test_a_reader_who_leaves_takes_the_picture_from_nobody() -> None:
    studio = Studio()
    svg = pool_card(POOL)
    one, other = (asyncio.create_task(studio.draw(svg)) for _ in range(2))
    await asyncio.sleep(0)
    one.cancel()
    assert size_of(await other) == (1200, 630)


async def test_markup_that_is_no_picture_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="not drawn"):
        await Studio().draw("<svg")
