"""The WebSocket: subscribe, unsubscribe, resume, ping; frames come back.

Frames of public subjects have no numbers and may be lost. A player's own frames have numbers and
arrive in order, without duplicates or gaps: the writer reads missing ones from the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson
from fastapi import WebSocket, WebSocketDisconnect
from prometheus_client import Counter
from pydantic import TypeAdapter, ValidationError
from starlette.requests import HTTPConnection

from tbg.adapters import bitcoin
from tbg.adapters.broadcast import Hub, Mailbox, Packet, packet_of
from tbg.adapters.broadcast.hub import FRAMES
from tbg.adapters.http import from_our_page
from tbg.core import limits
from tbg.core.allowance import Allowance
from tbg.core.frames import Frame, FrameData
from tbg.core.principal import Principal, reader
from tbg.core.settings import Settings
from tbg.core.tx import Database, is_passing
from tbg.domains.accounts.queries import followable
from tbg.domains.accounts.rules import why_no_handle
from tbg.domains.realtime.queries import frames_after, numbers
from tbg.domains.realtime.schemas import (
    Channels,
    ErrorData,
    Order,
    Ping,
    PongData,
    SnapshotData,
    SubscribedData,
    UnsubscribedData,
)

CLOSED = Counter("tbg_sockets_closed_total", "WebSockets closed, by code", ["code"])

PrincipalOf: TypeAlias = Callable[[HTTPConnection], Awaitable[Principal | str | None]]
"""Finds the caller; None for nobody, a reason if the credential is not valid."""

_OWN = "me"
_CATCH_UP = Packet("", None, "")
"""For the writer, in a mailbox: read what of the player's own was not sent yet."""

_KNOWN_CODES = frozenset({1000, 1001, 1003, 1005, 1006, 1007, 1008, 1009, 1011, 1012, 1013})
_LOOK_AGAIN = ("session:", "page:")
"""Messages between processes on a user's subjects of these kinds are only for the writer."""

_FIELDS_OF = ((("ping",), Ping), (("subscribe", "unsubscribe", "resume"), Channels))
_ORDERS: TypeAdapter[Channels | Ping] = TypeAdapter(Order)


@dataclass(frozen=True, slots=True)
class Live:
    """What sockets need: frames, settings, the database, and who opened the socket.

    `turn`: held while something is looked up, so that nobody's sockets delay others.
    """

    hub: Hub
    settings: Settings
    database: Database
    principal_of: PrincipalOf
    turn: Callable[[], AbstractAsyncContextManager[None]]


async def live(socket: WebSocket, services: Live) -> None:
    """Serve one socket until either side closes it."""
    if not from_our_page(socket, services.settings):
        await socket.close()  # before it is accepted: answers 403
        return
    who = await _asker(socket, services.principal_of)
    await socket.accept()
    code = await Conversation(socket, services, who).run()
    CLOSED.labels(str(code) if code in _KNOWN_CODES else "other").inc()


class Conversation:
    """One open socket: a reader (this task), a writer task, and a mailbox between them."""

    __slots__ = (
        "_allowance",
        "_closing",
        "_database",
        "_followed",
        "_heard",
        "_hub",
        "_looked_at",
        "_mailbox",
        "_names",
        "_network",
        "_own",
        "_principal_of",
        "_socket",
        "_turn",
        "_until",
        "_why",
    )  # fmt: skip

    def __init__(
        self,
        socket: WebSocket,
        services: Live,
        who: Principal | None,
    ) -> None:
        """`who`: whose browser or program this is, when they are signed in."""
        self._socket = socket
        self._hub = services.hub
        self._network = services.settings.network
        self._database = services.database
        self._principal_of = services.principal_of
        self._turn = services.turn
        self._own = reader(who)
        self._until = who.until if who is not None else None
        self._why = ""  # sent with the close code
        self._looked_at = asyncio.get_running_loop().time()
        self._followed: dict[str, list[str]] = {}  # requested name → the hub's subjects
        self._names: dict[str, str] = {}  # the hub's subject → requested name
        self._heard: int | None = None  # the last of the player's own frames that was sent
        self._mailbox = Mailbox(self._hang_up)
        self._closing: asyncio.Task[None] | None = None
        self._allowance = Allowance(self._looked_at, most=limits.SOCKET_FRAMES)

    async def run(self) -> int:
        """Talk until the socket closes; the close code."""
        if len(self._hub) >= limits.SOCKETS:
            self._mailbox.close(1013)
        self._hub.join(self._mailbox)
        writer = asyncio.create_task(self._write())
        end = self._end_in_time()
        try:
            return await self._read()
        finally:
            if end is not None:
                end.cancel()
            self._hub.leave(self._mailbox)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    async def _read(self) -> int:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return int(message.get("code", 1005))
            if not self._is_open():
                continue
            if not self._may():
                self._mailbox.close(1008)
            elif message.get("text") is None:
                self._mailbox.close(1003)
            else:
                await self._obey(message["text"])

    def _end_in_time(self) -> asyncio.TimerHandle | None:
        """Close when the token or key that the socket was opened with runs out."""
        if self._own is None or self._until is None:
            return None
        left = (self._until - self._database.clock.now()).total_seconds()
        return asyncio.get_running_loop().call_later(left, self._sign_out, "expired")

    def _sign_out(self, why: str) -> None:
        self._why = why
        self._mailbox.close(1008)

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        mailbox, socket = self._mailbox, self._socket
        if self._own is not None:
            await self._hub.follow(mailbox, [f"session:{self._own}"])
        try:
            while True:
                packet = await mailbox.take()
                told = packet.subject.startswith(_LOOK_AGAIN)
                if told or loop.time() - self._looked_at > limits.SOCKET_LOOK_SECONDS:
                    await self._look_again()
                if told or not self._is_followed(packet):
                    continue
                for text in await self._in_order(packet):
                    mailbox.sending_since = loop.time()
                    await socket.send_text(text)
                    mailbox.sending_since = None
                    FRAMES.inc()
        except (WebSocketDisconnect, RuntimeError):
            mailbox.sending_since = None  # closed; the reader notices

    async def _in_order(self, packet: Packet) -> list[str]:
        """The frames to send for this packet, under the client's name for the subject."""
        number = packet.id
        if number is None and packet is not _CATCH_UP:
            return [self._as_asked(packet)]
        if self._heard is None or self._own is None:
            return []  # the resume position is being determined; it is read then
        if number == self._heard + 1:
            self._heard = number
            return [self._as_asked(packet)]
        if number is not None and number <= self._heard:
            return []
        try:
            async with self._database.transaction() as tx:
                missed = await frames_after(tx, self._own, after=self._heard)
        except Exception as error:
            self._come_again_later(error)
            return []
        if len(missed) == limits.SOCKET_QUEUE:
            self._mailbox.offer(_CATCH_UP)
        self._heard = (missed[-1].id if missed else None) or self._heard
        return [self._as_asked(one) for one in missed]

    def _come_again_later(self, error: Exception) -> None:
        """Hang up because PostgreSQL is away; any other error is raised."""
        if not is_passing(error):
            raise error
        self._mailbox.close(1013)

    def _may(self, cost: int = 1) -> bool:
        """Whether the client's request is within its allowance."""
        now = asyncio.get_running_loop().time()
        rate, most = limits.SOCKET_FRAMES_PER_SECOND, limits.SOCKET_FRAMES
        return self._allowance.take(now, rate=rate, most=most, cost=cost)

    async def _obey(self, text: str) -> None:
        try:
            words = orjson.loads(text)
        except orjson.JSONDecodeError:
            self._mailbox.close(1007)
            return
        try:
            order = _ORDERS.validate_python(words)
        except ValidationError:
            self._refuse_order(words)
            return
        if isinstance(order, Ping):
            self._say(PongData())
            return
        asked = [s for name in order.channels if (s := self._subject(name)) is not None]
        if order.op == "unsubscribe":
            for name in asked:
                self._let_go(self._followed.pop(name, []))
                self._heard = None if name == _OWN else self._heard
            self._say(UnsubscribedData(channels=asked))
        else:
            await self._follow(asked, resume=order if order.op == "resume" else None)

    async def _follow(self, asked: list[str], *, resume: Channels | None) -> None:
        if len(self._followed.keys() | set(asked)) > limits.SOCKET_SUBJECTS:
            detail = f"a socket can follow at most {limits.SOCKET_SUBJECTS} channels"
            self._refuse("too_many_channels", detail)
            return
        self._may(len(asked))  # each is looked up; what is owed is held against the next order
        known: dict[str, list[str]] = {}
        for name, subjects in (await self._subjects_of(asked)).items():
            if subjects is None:
                detail = "there is no miner of this name, or they are not public"
                self._refuse("unknown_channel", detail, name=name[:200])
            else:
                known[name] = subjects
        await self._heed(known)
        stale = list(known)  # frames of public subjects have no ids to resume from
        if _OWN in known:
            if await self._take_up(resume.after if resume else None):
                stale.remove(_OWN)
            self._say(SubscribedData(channels=list(known), after=self._heard))
            self._mailbox.offer(_CATCH_UP)
        else:
            self._say(SubscribedData(channels=list(known)))
        if resume and stale:
            self._say(SnapshotData(channels=stale))

    async def _take_up(self, after: object) -> bool:
        """Continue after this number or, if impossible, from now on; return whether it could."""
        if self._own is None:
            return False
        try:
            async with self._turn(), self._database.transaction() as tx:
                kept = await numbers(tx, self._own)
        except Exception as error:
            self._come_again_later(error)
            return False
        if type(after) is int and kept.first - 1 <= after <= kept.last:
            self._heard = after
            return True
        self._heard = kept.last
        return False

    async def _heed(self, known: dict[str, list[str]]) -> None:
        """Follow these subjects under these names."""
        self._followed |= known
        self._name_subjects()
        await self._hub.follow(self._mailbox, {s for some in known.values() for s in some})

    async def _look_again(self) -> None:
        """Check regularly who may still be followed: people hide their pages, and sign out."""
        self._looked_at = asyncio.get_running_loop().time()
        if self._own is not None:
            try:
                who = await self._principal_of(self._socket)
            except Exception as error:
                self._come_again_later(error)
                return
            if not isinstance(who, Principal) or reader(who) != self._own:
                over = self._until is not None and self._database.clock.now() >= self._until
                self._sign_out("expired" if over else "revoked")
                return
        for name, subjects in (await self._subjects_of(list(self._followed))).items():
            former = self._followed.get(name)
            if former is None:
                continue  # unfollowed while we asked
            await self._heed({name: subjects or []})
            self._let_go(former)

    def _let_go(self, subjects: list[str]) -> None:
        """Unfollow these, except subjects that other names also stand for."""
        still = {subject for some in self._followed.values() for subject in some}
        self._hub.unfollow(self._mailbox, set(subjects) - still)
        self._name_subjects()

    def _name_subjects(self) -> None:
        """What the client calls each subject: by its own name, if it asked for that and may."""
        pairs = [(name, one) for name, some in self._followed.items() for one in some]
        by_itself = {name for name, subject in pairs if name == subject}
        self._names = {subject: name for name, subject in pairs if subject not in by_itself}

    async def _subjects_of(self, names: list[str]) -> dict[str, list[str] | None]:
        """The hub's subjects for each requested name: a miner's frames carry their addresses.

        None for a handle that nobody, or nobody public, has. An address that is not public has no
        subject; otherwise clients cannot distinguish it from one that has not mined yet.
        """
        found: dict[str, list[str] | None] = {name: [name] for name in names}
        if _OWN in found:
            found[_OWN] = [] if self._own is None else [f"me:{self._own}"]
        miners = {name: name.removeprefix("miner:") for name in names if name.startswith("miner:")}
        if not miners:
            return found
        try:
            async with self._turn():
                if not self._is_open():
                    return {}
                async with self._database.transaction() as tx:
                    players, taken = await followable(tx, list(miners.values()), own=self._own)
        except Exception as error:
            self._come_again_later(error)  # it is unknown who may be followed
            return found | {name: [] for name in miners}
        for name, handle in miners.items():
            player = players.get(handle)
            if player is not None and (player.public or player.id == self._own):
                own = [f"miner:{address}" for address in player.addresses]
                found[name] = [f"page:{player.id}", *own]
            elif self._is_address(handle):
                # Their first share is seen here, unless somebody has the address and hides it.
                found[name] = [f"page:{handle}", *([] if handle in taken else [name])]
            else:
                found[name] = None
        return found

    def _is_open(self) -> bool:
        """Whether the client may still read what is sent."""
        open_ = self._socket.scope.get("extensions", {}).get("tbg.is_open", lambda: True)
        return not self._mailbox.closed and bool(open_())

    def _is_followed(self, packet: Packet) -> bool:
        """Whether a frame that waited may still be sent; control frames always may."""
        is_asked_for = packet.subject.startswith(("me:", "miner:"))
        return not is_asked_for or packet.subject in self._mailbox.subjects

    def _as_asked(self, packet: Packet) -> str:
        """A frame whose subject is called what this client called it."""
        return packet.text(self._names.get(packet.subject, packet.subject) or None)

    def _is_address(self, handle: str) -> bool:
        try:
            return bool(bitcoin.normalise(handle, self._network))
        except bitcoin.AddressRefused:
            return False

    def _subject(self, name: str) -> str | None:
        """A requested name in our spelling; None (and an error sent) if it does not exist."""
        if name == "pool":
            return name
        kind, _, address = name.partition(":")
        if kind == "miner":
            try:
                return f"miner:{bitcoin.normalise(address, self._network)}"
            except bitcoin.AddressRefused as error:
                if why_no_handle(address) is None:
                    return name
                self._refuse("unknown_channel", str(error), name=name[:200])
        elif name == _OWN:
            if self._own is not None:
                return name
            detail = "this channel is private: sign in first"
            self._refuse("sign_in_needed", detail, name=name)
        else:
            detail = "a channel is `me`, `pool`, or `miner:` and a handle or address"
            self._refuse("unknown_channel", detail, name=name[:200])
        return None

    def _refuse_order(self, words: Any) -> None:
        op = words.get("op") if isinstance(words, dict) else None
        order = next((model for ops, model in _FIELDS_OF if op in ops), None)
        if order and (unknown := sorted(words.keys() - order.model_fields.keys())):
            self._refuse("unknown_field", f"{op} has no field `{unknown[0][:100]}`")
        elif order is Channels:
            most = limits.SOCKET_SUBJECTS
            detail = f"channels must be a list of at most {most} names"
            self._refuse("bad_channels", detail)
        else:
            detail = "op must be subscribe, unsubscribe, resume or ping"
            self._refuse("unknown_op", detail)

    def _refuse(self, code: str, detail: str, *, name: str | None = None) -> None:
        self._say(ErrorData(code=code, detail=detail, name=name))

    def _say(self, data: FrameData) -> None:
        self._mailbox.offer(packet_of(Frame("", data), at=self._database.clock.now()))

    def _hang_up(self, code: int) -> None:
        """Close from our side, at once even when the client takes nothing any more."""
        hang_up = self._socket.scope.get("extensions", {}).get("tbg.hang_up")
        if hang_up is not None:
            hang_up(code, self._why)
        else:
            self._closing = asyncio.ensure_future(self._close(code))

    async def _close(self, code: int) -> None:
        async with asyncio.timeout(limits.SOCKET_SEND_SECONDS):
            await self._socket.close(code, self._why)


async def _asker(socket: WebSocket, principal_of: PrincipalOf) -> Principal | None:
    """The user who opens the socket, if signed in; public subjects do not require it."""
    try:
        who = await principal_of(socket)
    except Exception as error:
        if not is_passing(error):
            raise
        return None
    return who if isinstance(who, Principal) else None
