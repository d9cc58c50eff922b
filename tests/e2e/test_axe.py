"""axe has nothing to say against any page, in either theme and in its states."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.axe import violations
from tests.e2e.conftest import REFUSED, Open
from tests.e2e.game import Game, share
from tests.e2e.people import CUT, OUT, UNKNOWN, new_key, sign_in
from tests.e2e.town import Town

PATHS = [
    "/", "/m/{veteran}", "/m/{veteran}?badge=diff_1e9", "/m/{stranger}", "/m/hello", "/badges",
    "/badges/diff_1e9", "/badges/coop_block", "/quests", "/how-it-works", "/sign-in",
    "/nowhere/at/all",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_no_violation_on_a_page_in_either_theme(
    open_page: Open, town: Town, path: str
) -> None:
    path = path.format(**vars(town))
    page = open_page(path, own=True, quiet=True, allowed=(REFUSED,), color_scheme="light")
    for fold in page.locator("summary").all() if "?badge" not in path else []:
        fold.click()
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    assert violations(page) == []


OWN = [
    "/welcome", "/settings", *(f"/settings/{section}" for section in (
        "privacy", "addresses", "preferences", "sessions", "activity", "api-keys", "your-data",
    )),
]  # fmt: skip


def test_axe_finds_no_violation_in_the_welcome_and_the_settings(
    open_page: Open, game: Game, town: Town
) -> None:
    key = new_key()
    game.mine(share(key.address), miner=key.address)
    page = open_page("/sign-in", own=True, quiet=True, allowed=(UNKNOWN, OUT, CUT))
    sign_in(page, key)
    found = {}
    for path in OWN:
        page.goto(game.url + path)
        expect(page.locator(".skeleton")).to_have_count(0)
        if wrong := violations(page):
            found[path] = wrong
    assert found == {}


def test_axe_finds_a_planted_violation(open_page: Open) -> None:
    page = open_page("/badges", own=True, quiet=True)
    page.evaluate("() => document.querySelector('main').append(document.createElement('img'))")
    assert any(line.startswith("image-alt") for line in violations(page))
