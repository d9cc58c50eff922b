"""What holds for every page, at every width, in both glazes: it fits, can be read and reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.audit import (
    FAINT_TEXT,
    FOCUSED,
    MOVING,
    SMALL_TARGETS,
)
from tests.e2e.conftest import REFUSED, Open, calm, readers
from tests.e2e.fit import broken, crowded, enlarge, faint, resize
from tests.e2e.game import Game
from tests.e2e.tabs import Tabs
from tests.e2e.town import Town

PATHS = [
    "/",
    "/m/{veteran}",
    "/m/{stranger}",
    "/m/hello",
    "/badges",
    "/badges/diff_1e9",
    "/quests",
    "/how-it-works",
    "/sign-in",
    "/nowhere/at/all",
]


@pytest.fixture(scope="module", params=PATHS)
def opened(request: pytest.FixtureRequest, browser: Tabs, game: Game, town: Town) -> Iterator[Page]:
    """One page, opened once for all that is asked of it here."""
    with readers(browser, game) as open_page:
        # Its own: in a tab that has been used the keyboard goes round without leaving the page.
        path = request.param.format(**vars(town))
        yield open_page(path, allowed=(REFUSED,), quiet=True, own=True)


@pytest.fixture
def page(opened: Page) -> Page:
    """The page as it is when it has just been opened."""
    opened.emulate_media(color_scheme="light", forced_colors="none")
    enlarge(opened, "100%")
    opened.evaluate("() => { scrollTo(0, 0); document.activeElement.blur() }")
    resize(opened, 1440)
    return opened


def test_nothing_overflows_the_page(page: Page) -> None:
    assert crowded(page) == []


def test_text_has_enough_contrast(page: Page) -> None:
    assert faint(page) == []


def test_everything_has_a_name_and_a_place(page: Page) -> None:
    assert broken(page) == []


def test_touch_targets_are_large_enough(page: Page) -> None:
    resize(page, 390)
    assert page.evaluate(SMALL_TARGETS) == []


def test_quiet_pages_hold_still(page: Page) -> None:
    page.wait_for_function(f"() => ({MOVING})().length === 0", timeout=2_000)


def test_forced_colours_leave_everything_readable(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    calm(page)
    assert page.evaluate("() => matchMedia('(forced-colors: active)').matches")
    assert page.evaluate(FAINT_TEXT) == []
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    edges = page.locator(".panel").evaluate_all(
        "all => all.map(el => getComputedStyle(el).borderTopStyle)"
    )
    assert set(edges) == {"solid"}


@pytest.mark.parametrize("width", [1440, 390])
def test_tab_reaches_everything_once_and_shows_where_it_is(page: Page, width: int) -> None:
    resize(page, width)
    stops = walk(page)
    every = page.evaluate(
        "() => [...document.querySelectorAll('a[href], button:not([disabled]), summary,"
        " [role=slider],"
        " input:not([type=radio]:not(:checked))')]"  # a group of radio buttons is one stop
        ".filter(el => el.checkVisibility({visibilityProperty: true})).length"
    )
    assert len(stops) == every
    assert stops[0]["name"] == "Skip to the page"
    bare = [s["name"] for s in stops if s["ring"] < 3 or s["clear"] or not s["seen"]]
    assert bare == []
    lost = [s["name"] for s in stops if s["bottom"] <= 0 or s["top"] >= 900]
    assert lost == []


def walk(page: Page, *, most: int = 120) -> list[dict[str, Any]]:
    """Press Tab until the keyboard leaves the page; every stop."""
    stops: list[dict[str, Any]] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None:
            return stops
        if stop["bottom"] <= 0 or stop["top"] >= 900:  # perhaps it is only on its way
            calm(page)
            stop = page.evaluate(FOCUSED)
        stops.append(stop)
    raise AssertionError(f"no way out of the page: {stops[-3:]}")


def test_an_open_badge_holds_all_that_too(open_page: Open, town: Town) -> None:
    page = open_page(f"/m/{town.veteran}?badge=diff_1e9", quiet=True)
    page.get_by_role("dialog").wait_for()
    assert broken(page) == []
    assert faint(page) == []
    assert page.evaluate(SMALL_TARGETS) == []
    assert crowded(page) == []


def test_text_grows_with_the_reader_s_size(open_page: Open, town: Town) -> None:
    page = open_page(f"/m/{town.veteran}", quiet=True)
    sizes = """() => [...document.querySelectorAll('main p, main h2, main td, main dd')]
        .map(el => [el.textContent.slice(0, 20), parseFloat(getComputedStyle(el).fontSize)])"""
    before = page.evaluate(sizes)
    enlarge(page, "200%")
    calm(page)
    after = page.evaluate(sizes)
    assert len(before) > 20
    pairs = list(zip(before, after, strict=True))
    assert [said for (said, small), (_, large) in pairs if large < 1.9 * small] == []
    assert [said for said, size in before if size < 14] == []
