"""A browser, and the real game in front of it.

Both live as long as this package's tests: Playwright's loop must be gone before others start one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    sync_playwright,
)

from tbg.adapters import redis as redis_adapter
from tests import canary, servers
from tests.e2e.game import Game, apart
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
        game = Game(database=database, redis=redis_url, directory=tmp_path_factory.mktemp("doors"))
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
def browser() -> Iterator[Browser]:
    """The machine's Chromium with a fresh profile."""
    path = machine.find()
    if path is None:
        pytest.fail(machine.MENDS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield chromium
        chromium.close()


class Watch:
    """Notes what no page may do: complain, break its policy, or ask anybody but us."""

    def __init__(self, game: Game, allowed: tuple[str, ...]) -> None:
        self.wrong: list[str] = []
        self._origins = (game.url, game.url.replace("http", "ws", 1), "data:", "blob:")
        self._allowed = allowed

    def over(self, context: BrowserContext) -> None:
        """Watch every page of a context."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self._note(f"exception: {error.error}"))
        context.on("request", lambda request: self._asked(request.url))
        context.on("page", lambda page: page.on("websocket", lambda ws: self._asked(ws.url)))
        context.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error("
            "`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`))"
        )

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._note(f"console: {message.text} ({message.location.get('url')})")

    def _asked(self, url: str) -> None:
        if not url.startswith(self._origins):
            self._note(f"asked a stranger: {url}")

    def _note(self, text: str) -> None:
        if not any(re.search(pattern, text) for pattern in self._allowed):
            self.wrong.append(text)


REFUSED = r"status of (404|422) .*/api/v1/(public/miners|badges)/"
"""The browser's own word for an address nobody has mined to: an answer, not a mistake."""


@contextmanager
def readers(browser: Browser, game: Game) -> Iterator[Open]:
    """Opens pages, each as a reader of its own: size, theme and motion as wished; watched."""
    opened: list[tuple[BrowserContext, Watch]] = []

    def begin(
        path: str,
        *,
        width: int = 1440,
        height: int = 1000,
        allowed: tuple[str, ...] = (),
        quiet: bool = False,
        **options: Any,
    ) -> Page:
        options.setdefault("locale", "en-GB")
        context = browser.new_context(
            viewport={"width": width, "height": height},
            timezone_id="Europe/Zurich",
            reduced_motion="reduce" if quiet else "no-preference",
            has_touch=width < 720,
            **options,
        )
        context.set_default_timeout(10_000)
        watch = Watch(game, allowed)
        watch.over(context)
        opened.append((context, watch))
        page = context.new_page()
        page.goto(game.url + path)
        settled(page)
        return page

    try:
        yield begin
    finally:
        for context, _ in opened:
            with suppress(Error):  # a test may have closed it
                for cookie in context.cookies():
                    canary.remember("a cookie", cookie["value"])
                context.close()
    wrong = [line for _, watch in opened for line in watch.wrong]
    assert wrong == []


@pytest.fixture
def open_page(browser: Browser, game: Game) -> Iterator[Open]:
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
