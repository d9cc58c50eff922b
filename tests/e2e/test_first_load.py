"""What a first visit costs, its fonts, and that no visit changes how another page looks."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Page, Route

from tests.e2e.conftest import Open, live, settled
from tests.e2e.game import Game
from tests.e2e.town import Town

KILOBYTES = {"/": 140, "/m/{veteran}": 175}
"""Compressed, as they come over the wire, with fonts and data: no more than today."""


class Wire:
    """What a page fetches, and how many bytes of it cross the wire."""

    def __init__(self, page: Page) -> None:
        self.bytes: dict[str, int] = {}
        self._urls: dict[str, str] = {}
        self.asked: Counter[str] = Counter()
        self.session = page.context.new_cdp_session(page)
        self.session.on("Network.requestWillBeSent", self._sent)
        self.session.on("Network.loadingFinished", self._finished)
        self.session.send("Network.enable")
        self.session.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def _sent(self, event: dict[str, Any]) -> None:
        url = str(event["request"]["url"])
        self._urls[event["requestId"]] = url
        self.asked[url] += 1

    def _finished(self, event: dict[str, Any]) -> None:
        url = self._urls.get(event["requestId"], "")
        self.bytes[url] = self.bytes.get(url, 0) + int(event["encodedDataLength"])


@pytest.mark.parametrize("path", KILOBYTES)
def test_a_first_load_is_small_and_asks_for_everything_once(
    open_page: Open, game: Game, town: Town, path: str
) -> None:
    page = open_page("/badges", own=True)
    wire = Wire(page)
    page.goto(game.url + path.format(**vars(town)))
    settled(page)
    live(page)
    page.wait_for_timeout(1_000)
    total = sum(wire.bytes.values())
    largest = sorted(wire.bytes.items(), key=lambda item: -item[1])[:6]
    print("TOTAL", path, total)
    assert 40_000 < total <= KILOBYTES[path] * 1_000, largest
    twice = {url: times for url, times in wire.asked.items() if times > 1}
    assert twice == {}


_WEIGHTS = """() => {
  const found = {};
  for (const el of document.querySelectorAll('body *')) {
    if (![...el.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
    const style = getComputedStyle(el);
    const family = style.fontFamily.split(',')[0].replaceAll('"', '');
    (found[family] ??= new Set()).add(Number(style.fontWeight));
  }
  return Object.entries(found).map(([family, weights]) => [family, ...weights]);
}"""


def test_texts_have_the_weights_of_the_small_fonts(open_page: Open, town: Town) -> None:
    has = {
        "Podkova Variable": (700, 700),
        "Atkinson Hyperlegible Next Variable": (400, 700),
        "Atkinson Hyperlegible Mono Variable": (400, 700),
    }  # as in tools/fonts.py
    seen = set()
    for path in PAGES:
        page = open_page(path.format(**vars(town)), allowed=("status of 404",))
        for family, *weights in page.evaluate(_WEIGHTS):
            least, most = has[family]
            assert all(least <= weight <= most for weight in weights), (path, family, weights)
            seen.add(family)
    assert seen == set(has)


PAGES = ["/", "/m/{veteran}", "/badges", "/badges/diff_1e9", "/how-it-works", "/sign-in",
         "/m/{stranger}"]  # fmt: skip


def _still(page: Page) -> None:
    """From now on every question has the answer that it had first, and no time passes."""
    kept: dict[str, APIResponse] = {}

    def answer(route: Route) -> None:
        url = route.request.url
        if url not in kept:
            kept[url] = route.fetch()
        route.fulfill(response=kept[url])

    page.route("**/api/v1/**", answer)
    page.route_web_socket("**/ws", lambda _: None)
    page.clock.set_fixed_time(page.evaluate("() => Date.now()"))


def _look(page: Page) -> bytes:
    page.evaluate("() => { document.activeElement?.blur(); scrollTo(0, 0) }")
    page.mouse.move(0, 0)
    page.wait_for_timeout(200)
    return page.screenshot(full_page=True)


def _turn(page: Page, path: str) -> None:
    """To another page as a link leads there: without loading the app anew."""
    page.evaluate(
        "path => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate')) }",
        path,
    )
    settled(page)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_page_looks_the_same_whichever_pages_were_visited_before(
    open_page: Open, game: Game, town: Town, width: int
) -> None:
    paths = [path.format(**vars(town)) for path in PAGES]
    options: dict[str, Any] = {"width": width, "height": 900, "allowed": ("status of 404",)}
    page = open_page("/badges", own=True, quiet=True, **options)
    _still(page)
    fresh = {}
    for path in paths:
        page.goto(game.url + path)
        settled(page)
        fresh[path] = _look(page)
    for order in (paths, paths[::-1]):
        for path in order:
            _turn(page, path)
            looks = any(_look(page) == fresh[path] for _ in range(5))
            assert looks, f"{path} looks different after other pages"
