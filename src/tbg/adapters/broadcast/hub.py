"""The listening side of the broadcast: one Redis connection per process, one mailbox per socket.

A packet is made once for all followers of its subject; mailboxes hold references to it. If a socket
does not keep up, its mailbox is closed, and the others continue.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import Counter, Gauge
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from tbg.adapters.broadcast.publish import Packet, channel_of, decode
from tbg.core import limits
from tbg.core.cancel import end
from tbg.core.telemetry import log

SOCKETS = Gauge("tbg_sockets_open", "WebSockets open in this process")
FRAMES = Counter("tbg_socket_frames_sent_total", "Frames sent to sockets")
OVERFLOWS = Counter("tbg_socket_overflows_total", "Sockets closed because their queue was full")
SUBJECTS = Gauge("tbg_socket_subjects", "Subjects to which this process is subscribed")
LOST = Counter("tbg_socket_redis_lost_total", "How often the connection to Redis was lost")

_SILENCE_SECONDS = 15.0
"""A connection that is silent for so long, pings included, is opened anew."""

_RETRY_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0)
_PREFIX = channel_of("")
_log = log(__name__)


class Mailbox:
    """The subjects of one socket, and the frames that wait for it.

    `on_close` is called once, with the close code, when the mailbox is closed from this side.
    """

    __slots__ = ("_packets", "_waiter", "closed", "on_close", "sending_since", "subjects")

    def __init__(self, on_close: Callable[[int], None]) -> None:
        self.subjects: set[str] = set()
        self.sending_since: float | None = None
        self.closed = False
        self.on_close = on_close
        self._packets: deque[Packet] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def offer(self, packet: Packet) -> None:
        """Put a packet in; a full mailbox is closed with 1013 (try again later)."""
        if self.closed:
            return
        if len(self._packets) >= limits.SOCKET_QUEUE:
            OVERFLOWS.inc()
            self.close(1013)
            return
        self._packets.append(packet)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self, code: int) -> None:
        """Take nothing more, forget what waits, and have the socket closed with `code`."""
        if not self.closed:
            self.closed = True
            self._packets.clear()
            self.on_close(code)

    async def take(self) -> Packet:
        """The next packet, as soon as there is one."""
        while not self._packets:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self._packets.popleft()


class Hub:
    """All mailboxes of a process, and the subjects that Redis sends it frames of."""

    def __init__(self, redis: Redis, *, snapshot: Callable[[], Packet]) -> None:
        """`snapshot` makes the packet that says: read again, something may have been missed."""
        self._redis = redis
        self._snapshot = snapshot
        self._mailboxes: set[Mailbox] = set()
        self._followers: dict[str, set[Mailbox]] = {}
        self._told: set[str] = set()  # subjects this connection was asked for
        self._confirmed: set[str] = set()
        self._awaited: dict[str, asyncio.Future[None]] = {}
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._ping = False
        self._lost = False

    def __len__(self) -> int:
        """The number of open mailboxes."""
        return len(self._mailboxes)

    def join(self, mailbox: Mailbox) -> None:
        """A socket has opened."""
        self._mailboxes.add(mailbox)
        SOCKETS.set(len(self._mailboxes))

    def leave(self, mailbox: Mailbox) -> None:
        """A socket has closed."""
        self.unfollow(mailbox, list(mailbox.subjects))
        self._mailboxes.discard(mailbox)
        SOCKETS.set(len(self._mailboxes))

    async def follow(self, mailbox: Mailbox, subjects: Iterable[str]) -> None:
        """Put frames of these subjects in the mailbox; returns when Redis sends them.

        Redis away: returns after a moment, and a snapshot frame follows once it is back.
        """
        loop = asyncio.get_running_loop()
        awaited = []
        for subject in subjects:
            mailbox.subjects.add(subject)
            if subject not in self._followers:
                self._change(subject)
            self._followers.setdefault(subject, set()).add(mailbox)
            if subject not in self._confirmed:
                awaited.append(self._awaited.setdefault(subject, loop.create_future()))
        if awaited:
            await asyncio.wait(awaited, timeout=limits.SUBSCRIBE_SECONDS)

    def unfollow(self, mailbox: Mailbox, subjects: Iterable[str]) -> None:
        """No more frames of these subjects."""
        for subject in subjects:
            mailbox.subjects.discard(subject)
            followers = self._followers.get(subject, set())
            followers.discard(mailbox)
            if not followers and self._followers.pop(subject, None) is not None:
                self._change(subject)

    async def run(self) -> None:
        """Listen until cancelled, even if Redis is down at times."""
        watch = asyncio.create_task(self._watch())
        tries = 0
        try:
            while True:
                connection = self._redis.connection_pool.make_connection()  # type: ignore[no-untyped-call]
                try:
                    await connection.connect()
                    tries = 0
                    await self._hear(connection)
                except (RedisError, OSError) as error:
                    LOST.inc()
                    self._lost = True
                    _log.warning("frames_connection_lost", error=str(error)[:300])
                finally:
                    await connection.disconnect(nowait=True)
                await asyncio.sleep(_RETRY_SECONDS[min(tries, len(_RETRY_SECONDS) - 1)])
                tries += 1
        finally:
            await end(watch)

    async def _hear(self, connection: AbstractConnection) -> None:
        """Read this connection until it fails, while another task writes to it."""
        self._told.clear()
        self._confirmed.clear()
        missing = set(self._followers)
        self._changed |= missing
        self._wake.set()
        teller = asyncio.create_task(self._tell(connection))
        silent = False
        try:
            while True:
                if self._lost and not missing:
                    self._lost = False
                    self._offer(self._mailboxes, self._snapshot())
                reply = await connection.read_response(timeout=_SILENCE_SECONDS)
                if reply is None:
                    if silent:
                        raise OSError("Redis does not answer")
                    silent = self._ping = True
                    self._wake.set()
                    continue
                silent = False
                await self._take(reply)
                missing -= self._confirmed | (missing - self._followers.keys())
        finally:
            await end(teller)

    async def _take(self, reply: object) -> None:
        if not isinstance(reply, list) or len(reply) != 3:
            return  # the answer to a ping
        kind, channel, payload = reply
        subject = channel.decode()[len(_PREFIX) :]
        if kind == b"message":
            packet = decode(subject, payload)
            if packet is not None:
                self._offer(self._followers.get(subject, ()), packet)
            # Without this, a burst that came in one packet would fill every mailbox before any
            # socket had its turn.
            await asyncio.sleep(0)
        elif kind == b"subscribe" and subject in self._followers:
            self._confirmed.add(subject)
            awaited = self._awaited.pop(subject, None)
            if awaited is not None and not awaited.done():
                awaited.set_result(None)

    async def _tell(self, connection: AbstractConnection) -> None:
        """Subscribe to followed subjects and unsubscribe from others, many in one command."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            changed, self._changed = self._changed, set()
            wanted = sorted(s for s in changed - self._told if s in self._followers)
            unwanted = sorted(s for s in changed & self._told if s not in self._followers)
            self._told = (self._told | set(wanted)) - set(unwanted)
            self._confirmed -= set(unwanted)
            SUBJECTS.set(len(self._told))
            for command, subjects in (("SUBSCRIBE", wanted), ("UNSUBSCRIBE", unwanted)):
                for some in _slices(subjects):
                    channels = [channel_of(subject) for subject in some]
                    await connection.send_command(command, *channels, check_health=False)
            if self._ping:
                self._ping = False
                await connection.send_command("PING", check_health=False)

    async def _watch(self) -> None:
        """Close sockets whose client does not read what it is sent."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(1)
            late = loop.time() - limits.SOCKET_SEND_SECONDS
            for mailbox in list(self._mailboxes):
                if mailbox.sending_since is not None and mailbox.sending_since < late:
                    mailbox.close(1013)

    def _change(self, subject: str) -> None:
        if subject not in self._followers:
            awaited = self._awaited.pop(subject, None)
            if awaited is not None and not awaited.done():
                awaited.set_result(None)
        self._changed.add(subject)
        self._wake.set()

    @staticmethod
    def _offer(mailboxes: Iterable[Mailbox], packet: Packet) -> None:
        for mailbox in list(mailboxes):
            mailbox.offer(packet)


def _slices(subjects: list[str], size: int = 1_000) -> Iterator[list[str]]:
    for start in range(0, len(subjects), size):
        yield subjects[start : start + size]
