"""A browser, and the real game in front of it.

Both live as long as this package's tests: Playwright's loop must be gone before others start one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Error, Page, sync_playwright

from tbg.adapters import redis as redis_adapter
from tests import servers
from tests.e2e.game import Game, apart
from tests.e2e.tabs import Tab, Tabs
from tests.e2e.town import Town, settle
from tools import browser as machine

ROOT = Path(__file__).parents[2]
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

Open = Callable[..., Page]


@pytest.fixture(scope="package")
def game(
    pg_url: str, redis_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Game]:
    """The API, ingest and relay on a database of their own; the worker joins them later."""
    if not (ROOT / "web" / "dist" / "index.html").is_file():
        pytest.fail("the web app is not built: run `make web`")
    _empty(redis_url)
    with servers.database(pg_url, template=migrated_template) as database:
        game = Game(
            database=database, redis=redis_url, directory=tmp_path_factory.mktemp("services")
        )
        try:
            game.start("serve", "ingest", "relay")
            yield game
        finally:
            game.stop()
    _empty(redis_url)


def _empty(redis_url: str) -> None:
    async def run() -> None:
        redis = redis_adapter.connect(redis_url)
        await redis.flushdb()
        await redis.aclose()

    apart(run)


@pytest.fixture(scope="package")
def town(game: Game) -> Town:
    """Miners with a past."""
    return settle(game)


@pytest.fixture(scope="package")
def browser() -> Iterator[Tabs]:
    """The tabs of the machine's Chromium, with fresh profiles."""
    path = machine.find()
    if path is None:
        pytest.fail(machine.MENDS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield Tabs(chromium)
        chromium.close()


REFUSED = r"status of (404|422) .*/(api/v1/(public/miners|badges)/|nowhere)"
"""What the browser prints for an address nobody has mined to, and for a page there is not."""


@contextmanager
def readers(browser: Tabs, game: Game) -> Iterator[Open]:
    """Opens pages, each as a reader of its own: size, theme and motion as wished; watched."""
    opened: list[Tab] = []

    def begin(
        path: str,
        *,
        width: int = 1440,
        height: int = 1000,
        allowed: tuple[str, ...] = (),
        quiet: bool = False,
        color_scheme: Literal["light", "dark"] = "light",
        locale: str = "en-GB",
        own: bool = False,
        **options: Any,
    ) -> Page:
        kind = (locale, width < 720, tuple(sorted(options.items())))
        tab = browser.take(game, kind, own=own)
        opened.append(tab)
        tab.watch.allowed = allowed
        page = tab.page
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(
            color_scheme=color_scheme,
            reduced_motion="reduce" if quiet else "no-preference",
            forced_colors="none",
        )
        page.goto(game.url + path)
        settled(page)
        return page

    wrong = []
    try:
        yield begin
    finally:
        for tab in opened:
            wrong += tab.watch.wrong
            with suppress(Error):  # a test may have closed it
                browser.give_back(game, tab)
            tab.watch.wrong.clear()
    assert wrong == []


@pytest.fixture
def open_page(browser: Tabs, game: Game) -> Iterator[Open]:
    """Opens pages that are closed when the test ends."""
    with readers(browser, game) as begin:
        yield begin


def settled(page: Page) -> None:
    """Wait until the page has its heading, its fonts and all it asked for."""
    page.locator("h1").first.wait_for()
    page.wait_for_function(
        "() => !document.querySelector('.skeleton') && document.fonts.status === 'loaded'"
        " && (!document.querySelector('.no-shares') || document.querySelector('.shelf'))"
    )


def live(page: Page) -> None:
    """Wait until the page says that it is live."""
    page.locator(".live:not(.off)").first.wait_for()


def stop_the_clock(page: Page) -> None:
    """From now on the page's time passes only when the test says so (`page.clock.run_for`).

    What shows for a second and less can then be looked at for as long as it takes. What the page
    asks for a moment later waits as well, so see that all is there before. The clock is installed.
    """
    page.clock.pause_at(page.evaluate("() => Date.now()") / 1000 + 1)


def calm(page: Page) -> None:
    """Wait until what has changed is laid out and no transition runs any more."""
    page.evaluate(
        """async () => {
          const frame = () => new Promise(requestAnimationFrame);
          const changing = () => document.getAnimations()
            .some(a => a instanceof CSSTransition && a.playState === 'running');
          await frame();
          for (let i = 0; i < 60 && (i < 2 || changing()); i++) await frame();
        }"""
    )
