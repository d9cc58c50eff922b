"""Tabs that are lent to one test after the other, emptied in between.

A new tab costs the machine a second: a process, and the app compiled anew. A test that changes what
cannot be put back (scripts, clock, routes) takes a tab of its own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage

from tests import canary
from tests.e2e.game import Game

Kind = tuple[str, bool, tuple[tuple[str, Any], ...]]

_CHANGED = """() => !/native code/.test(Date.now) || !/native code/.test(setTimeout)"""


class Watch:
    """Notes what no page may do: complain, break its policy, or ask anybody but us."""

    def __init__(self, context: BrowserContext, game: Game) -> None:
        self.wrong: list[str] = []
        self.allowed: tuple[str, ...] = ()
        self._origins = (game.url, game.url.replace("http", "ws", 1), "data:", "blob:")
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
        if not any(re.search(pattern, text) for pattern in self.allowed):
            self.wrong.append(text)


class Tab:
    """A browser profile with one page, watched."""

    def __init__(self, browser: Browser, game: Game, kind: Kind, *, own: bool) -> None:
        locale, touch, options = self.kind = kind
        self.own = own
        self._home = f"{game.url}/health"  # of the game, but none of its scripts run there
        self.context = browser.new_context(
            locale=locale, has_touch=touch, timezone_id="Europe/Zurich", **dict(options)
        )
        self.context.set_default_timeout(10_000)
        self.watch = Watch(self.context, game)
        self.page = self.context.new_page()
        if not own:
            for name in ("add_init_script", "expose_function", "route"):
                setattr(self.page, name, _refused(name))

    def empty(self) -> bool:
        """Forget what the test left; False when the tab cannot be lent again."""
        if self.page.is_closed():
            return False
        for cookie in self.context.cookies():
            canary.remember("a cookie", cookie["value"])
        if self.own or len(self.context.pages) > 1:
            self.context.close()
            return False
        self.page.goto(self._home)
        self.page.evaluate("() => { localStorage.clear(); sessionStorage.clear() }")
        self.context.clear_cookies()
        assert not self.page.evaluate(_CHANGED), "a clock is for a tab of its own: own=True"
        self.page.goto("about:blank")
        return True


def _refused(name: str) -> Callable[..., None]:
    def refuse(*_: object) -> None:
        raise AssertionError(f"`{name}` is for a tab of its own: open_page(…, own=True)")

    return refuse


class Tabs:
    """The tabs of a browser."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: defaultdict[tuple[str, Kind], list[Tab]] = defaultdict(list)

    def take(self, game: Game, kind: Kind, *, own: bool) -> Tab:
        """A tab that is free, or a new one."""
        free = self._free[game.url, kind]
        return free.pop() if free and not own else Tab(self._browser, game, kind, own=own)

    def give_back(self, game: Game, tab: Tab) -> None:
        """Keep it for the next test, if it can be emptied."""
        if tab.empty():
            self._free[game.url, tab.kind].append(tab)
