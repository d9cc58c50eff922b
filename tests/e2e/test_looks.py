"""Two glazes, the contrast of their colours, and motion."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.audit import MOVING
from tests.e2e.conftest import Open, live, settled
from tests.e2e.game import Game, share
from tests.e2e.town import Town

GROUND = {"day": "rgb(223, 228, 209)", "evening": "rgb(12, 20, 17)"}


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1440, 1000)])
@pytest.mark.parametrize("system", ["light", "dark"])
def test_two_glazes_and_the_choice_is_kept(
    open_page: Open, town: Town, system: str, width: int, height: int
) -> None:
    page = open_page(f"/m/{town.veteran}", width=width, height=height, color_scheme=system)
    own, other = ("day", "evening") if system == "light" else ("evening", "day")
    called = {"day": "light", "evening": "dark"}
    html = page.locator("html")

    def shows(theme: str) -> None:
        expect(html).to_have_attribute("data-theme", theme)
        expect(html).to_have_css("background-color", GROUND[theme])

    shows(own)
    page.emulate_media(color_scheme="dark" if system == "light" else "light")
    shows(other)  # follows the system until somebody chooses
    page.emulate_media(color_scheme="light" if system == "light" else "dark")
    shows(own)
    page.get_by_role("button", name=f"Switch to the {called[other]} theme").click()
    shows(other)
    page.reload()
    settled(page)
    shows(other)
    expect(page.get_by_role("button", name=f"Switch to the {called[own]} theme")).to_be_visible()
    page.goto(page.url.partition("/m/")[0] + "/badges")
    shows(other)


ON = {
    "tile": "ink ink-2 ember butter-ink ok warn bad series cobalt plum",
    "ground": "ink ink-2 ember butter-ink",
    "tile-2": "ink ink-2",
    "stove": "on-stove on-stove-2 on-stove-gold",
    "ember": "on-ember",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_tokens_keep_their_contrast(open_page: Open, scheme: str) -> None:
    page = open_page("/badges", color_scheme=scheme)
    value = "name => getComputedStyle(document.documentElement).getPropertyValue('--' + name)"

    def light(name: str) -> float:
        digits = str(page.evaluate(value, name)).strip().removeprefix("#")
        if len(digits) == 3:
            digits = "".join(2 * digit for digit in digits)
        assert re.fullmatch("[0-9a-fA-F]{6}", digits), (name, digits)
        parts = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def ratio(one: str, other: str) -> float:
        low, high = sorted((light(one), light(other)))
        return (high + 0.05) / (low + 0.05)

    weak = {
        f"{ink} on {ground}": round(ratio(ink, ground), 2)
        for ground, inks in ON.items()
        for ink in inks.split()
        if ratio(ink, ground) < 4.5
    }
    assert weak == {}
    marks = {f"{m} on {g}" for m in ("line", "ember-fill") for g in ("tile",) if ratio(m, g) < 3}
    assert marks == set()


def test_quiet_eyes_see_no_motion(open_page: Open, game: Game, town: Town) -> None:
    miner = game.new_miner()
    game.mine(share(miner), miner=miner)
    page = open_page(f"/m/{miner}", quiet=True)
    live(page)
    game.publish(share(miner, sdiff=2e6))
    card = page.locator(".kiln-card")
    card.wait_for()
    # Finished from its first moment: no fill, no fire, no flight; at most a short fade.
    assert "name" in str(card.get_attribute("class")).split()
    expect(card).to_contain_text("Million Club")
    loud = [
        one
        for one in page.evaluate(MOVING)
        if not 0 <= one["lasts"] <= 200 or set(one["moves"]) - {"opacity"}
    ]
    assert loud == []
    place = page.get_by_role("button", name="Million Club").locator(".shelf-badge")
    expect(place).to_have_css("outline-style", "solid")
    expect(page.locator(".kiln-likeness")).to_have_count(0)


def test_the_fire_burns_where_motion_is_welcome(open_page: Open, town: Town) -> None:
    page = open_page("/")
    flames = [one for one in page.evaluate(MOVING) if one["lasts"] == -1]
    assert len(flames) >= 3
    assert all(set(one["moves"]) <= {"transform", "opacity"} for one in flames)
