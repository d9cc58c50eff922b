"""Which request is served next: addresses take turns, so that none waits behind another's crowd.

A request holds its turn while the server works on it, but not while it waits for the client to send
the body or read the answer.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import Gauge
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tbg.adapters.limiter import LIMITED
from tbg.app.api.area import in_api
from tbg.app.api.guard import client_ip
from tbg.app.api.problems import problem
from tbg.core import limits
from tbg.core.allowance import Allowance
from tbg.core.settings import Settings

WAITING = Gauge("tbg_http_requests_waiting", "Requests that wait for their address's turn")


class FairQueue:
    """Lets so many work at once, so many of each asker, and askers take turns."""

    def __init__(self, *, at_once: int, each: int) -> None:
        self._free = at_once
        self._each = each
        self._held: dict[str, int] = {}
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    async def enter(self, who: str) -> None:
        """Wait for a turn."""
        if who not in self._waiting and self._may(who):
            self._give(who)
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(who, deque()).append(turn)
        WAITING.inc()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._forget(who, turn)
            else:
                self.leave(who)  # it was given just then
            raise
        finally:
            WAITING.dec()

    def leave(self, who: str) -> None:
        """Return a turn, and give free turns to waiting requests."""
        self._free += 1
        self._held[who] -= 1
        if not self._held[who]:
            del self._held[who]
        while self._free:
            following = next((one for one in self._waiting if self._may(one)), None)
            if following is None:
                break
            turn = self._waiting[following].popleft()
            self._waiting.move_to_end(following)
            if not self._waiting[following]:
                del self._waiting[following]
            if not turn.done():
                self._give(following)
                turn.set_result(None)

    @asynccontextmanager
    async def turn(self, who: str) -> AsyncIterator[None]:
        """Wait for a turn, and return it at the end of the block."""
        await self.enter(who)
        try:
            yield
        finally:
            self.leave(who)

    def _may(self, who: str) -> bool:
        return self._free > 0 and self._held.get(who, 0) < self._each

    def _give(self, who: str) -> None:
        self._free -= 1
        self._held[who] = self._held.get(who, 0) + 1

    def _forget(self, who: str, turn: asyncio.Future[None]) -> None:
        waiting = self._waiting.get(who)
        if waiting is not None and turn in waiting:
            waiting.remove(turn)
            if not waiting:
                del self._waiting[who]


class Turns:
    """Makes requests wait for their address's turn, and bounds what the guard does not count.

    These are requests of one address outside the API, and the bodies of one address in memory at
    once.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.queue = FairQueue(at_once=limits.REQUESTS_AT_ONCE, each=limits.REQUESTS_EACH)
        self.bodies: dict[str, int] = {}
        self._pages: OrderedDict[str, Allowance] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        who = client_ip(scope, self.settings)
        scope.setdefault("state", {})["client_ip"] = who
        if not in_api(scope["path"]) and not self._may_read_pages(who):
            LIMITED.labels("pages").inc()
            answer = problem(
                scope, 429, code="too_many_requests", headers={"Retry-After": "1"},
                detail="Please try again in 1 s.",
            )  # fmt: skip
            return await answer(scope, receive, send)
        turn = _Turn(self, who, receive, send)
        await turn.begin()
        try:
            await self.app(scope, turn.receive, turn.send)
        finally:
            turn.end()

    def _may_read_pages(self, who: str) -> bool:
        """Counted in this process only, because health must be answered while Redis is down."""
        quota, seconds = limits.RATE_PAGES
        now = asyncio.get_running_loop().time()
        allowance = self._pages.setdefault(who, Allowance(now, most=quota))
        self._pages.move_to_end(who)
        if len(self._pages) > limits.ASKERS_REMEMBERED:
            self._pages.popitem(last=False)
        return allowance.take_if_there(now, rate=quota / seconds, most=quota)


class _Turn:
    """One request, and whether it has its turn just now."""

    def __init__(self, turns: Turns, who: str, receive: Receive, send: Send) -> None:
        self._turns = turns
        self._who = who
        self._receive = receive
        self._send = send
        self._held = False
        self._body = 0

    async def begin(self) -> None:
        await self._turns.queue.enter(self._who)
        self._held = True

    def pause(self) -> None:
        if self._held:
            self._held = False
            self._turns.queue.leave(self._who)

    def end(self) -> None:
        self.pause()
        if self._body:
            bodies = self._turns.bodies
            bodies[self._who] -= self._body
            if not bodies[self._who]:
                del bodies[self._who]

    async def receive(self) -> Message:
        """Wait for the client without the turn, then for the turn."""
        if not self._held:
            return await self._receive()  # it is being answered: only its end is waited for
        self.pause()
        message = await self._receive()
        if size := len(message.get("body", b"")):
            bodies = self._turns.bodies
            self._body += size
            bodies[self._who] = bodies.get(self._who, 0) + size
            if bodies[self._who] > limits.BODIES_BYTES:
                raise HTTPException(429)
        await self.begin()
        return message

    async def send(self, message: Message) -> None:
        """An answered request needs no turn: the work is done, and the client may read slowly."""
        self.pause()
        await self._send(message)
