"""The collector: a ckpool log directory into the streams, each line once.

**Order of writes.** A batch is published in one MULTI/EXEC together with a receipt, the batch's
number (`outlet.py`). After that, the record (`record.py`, on the collector's disk) says how far
every file was read. So each failure is covered:

- Killed after publishing and before the record was written: the batch is read and published
  again, with the same event ids, and the game drops what it has seen.
- Redis loses its latest entries (or everything): the receipt that the next batch replaces is not
  the one that was left there. All files with events of the lost batches are read again from their
  beginning, and the event ids drop what was not lost.
- The record is lost: Redis still has the receipt of another record. Lines older than
  `limits.EVENT_AGE` are then skipped and counted, because their keys may have been pruned; younger
  ones are read again, since all their keys exist. `--from` reads older ones without this check.
- Both are lost, or nothing existed yet: everything is read, as in a first run. If you empty Redis
  *and* delete the record *and* keys have been pruned, you must use `--from`.

**Old lines.** Event keys are kept for `limits.KEY_AGE` (100 days) from the day on which the event
was processed. A line that is read again is published only if it is younger than 90 days, or if its
file was first read less than 90 days ago: in both cases its key still exists. Everything else was
processed long ago and is skipped, with or without `--from`.

**Files.** A file is recognised by its contents before the offset, not by name or inode. A file
that shrank or was replaced is read from its beginning; a renamed ckpool.log continues where it
was. The events of a file that is copied or renamed are the same, so the game drops them: an
accepted share is known by its hash, any other record by what it says and how many equal ones
stand before it (looked for in the 64 KiB before it). A tail without a line end waits. After 15
minutes it is published if it is a complete record, and quarantined if it is not, but the offset
stays at its beginning: if it grows after all (a full disk joins the next record to it), the line
is read as a whole, with the same identity.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import partial
from math import ceil

from tbg.adapters.ckpool import refusals, sharelog
from tbg.adapters.ckpool.batch import Counts, LineOutcome, PendingBatch, Position, Reading
from tbg.adapters.ckpool.files import Found, Line, LogDir, equal_before, lines, mark
from tbg.adapters.ckpool.judge import LOST, TAIL_SECONDS, Judge
from tbg.adapters.ckpool.outlet import NOTICES, Outlet
from tbg.adapters.ckpool.poollog import Alarm, ConnectionChange, PoolLog, Solved
from tbg.adapters.ckpool.record import Progress, worker_of
from tbg.adapters.ckpool.refusals import Refusal
from tbg.adapters.streams import SHARE_SUBMITTED
from tbg.core import limits
from tbg.core.clock import Clock
from tbg.core.telemetry import log

BATCH_ENTRIES = 1_000
"""Events of one MULTI/EXEC: enough to save single commands, without blocking Redis."""

HOT_SECONDS = 3_600
"""Shares of a job arrive for minutes after the next one began; an hour is ample."""

ALL_SECONDS = 300
"""How often every height directory is looked at, hot or not: each sweep takes its part of them."""

CONTEXT_BYTES = 64 * 1024
"""How much of ckpool.log is read again before a new piece, for the possible solve of a block."""

_log = log("collect")


@dataclass(slots=True)
class Collector:
    """Reads one log directory for one source.

    `zone` is ckpool.log's (None: this machine's). `since` (unix): read again from there, whatever
    the record says. `once`: do not wait for the share of a solved block. `progress` receives the
    bytes read.
    """

    logs: LogDir
    source: str
    outlet: Outlet
    clock: Clock
    zone: tzinfo | None
    since: int | None = None
    once: bool = False
    progress: Callable[[int], None] = lambda _: None
    counts: Counts = field(default_factory=Counts)
    _batch: PendingBatch = field(default_factory=PendingBatch)
    _looked: int | None = None
    _counted_to: Position = ("", "", 0)
    _cold: list[str] = field(default_factory=list)
    _hot: dict[str, float] = field(default_factory=dict)
    _judge: Judge = field(init=False)

    def __post_init__(self) -> None:
        record = self.outlet.record
        self._judge = Judge(self.logs, record, self.source, self.network, self.counts)

    @property
    def network(self) -> str:
        """The Bitcoin network of the game, and so of its addresses."""
        return self.outlet.network

    async def sweep(self) -> None:
        """Read everything available, once; what remains has no line end yet.

        RedisLost: the record was set back, sweep again. RedisError, OSError: nothing that was
        read is lost, sweep again later.
        """
        self._batch = PendingBatch()
        self.counts.partial = 0
        await self.outlet.check(since=self.since)
        if self.outlet.read_again():
            self.look_everywhere()
        heights = self.logs.heights()
        self.outlet.record.newest_height = int(heights[-1], 16) if heights else 0
        every = self.since is not None or self._looked is None
        hot = self._hot_of(heights)
        for height in heights if every else hot:
            await self._folder(height)
        await self._flush()
        await self._poollogs()
        await self._flush()
        if not every:
            for height in self._cold_of(heights, hot):
                await self._folder(height)
        self._judge.look(heights)
        await self._believe(first=every)
        await self._flush()
        self.counts.links = len(self.logs.links)
        self.counts.unreadable = len(self.logs.unreadable)
        self.counts.networks = self.outlet.record.foreign()
        self.since = None
        self._looked = self._now()

    def look_everywhere(self) -> None:
        """Have the next sweep look at all directories: the record was set back."""
        self._cold = []
        self._looked = None if self._looked is None else 0

    def _now(self) -> int:
        return int(self.clock.now().timestamp())

    def _hot_of(self, heights: list[str]) -> list[str]:
        now = self._now()
        self._hot = {h: at for h, at in self._hot.items() if now - at < HOT_SECONDS}
        return sorted(self._hot.keys() & set(heights) | set(heights[-2:]))

    def _cold_of(self, heights: list[str], hot: list[str]) -> list[str]:
        """The part of all other directories whose turn it is, so that each has one in time."""
        assert self._looked is not None
        if not self._cold:
            self._cold = sorted(set(heights) - set(hot), reverse=True)
        passed = max(self._now() - self._looked, 1)
        part = ceil(len(heights) * passed / ALL_SECONDS)
        self._cold, turn = self._cold[:-part], self._cold[-part:]
        return turn[::-1]

    async def _folder(self, height: str) -> None:
        known = self.outlet.record.folder(height)
        for found in self.logs.sharelogs(height):
            if self._now() - found.mtime < HOT_SECONDS:
                self._hot[height] = self._now()
            await self._sharelog(found, known.get(found.name))
        await asyncio.sleep(0)  # a stop signal is noticed here, however much there is to read

    # --- one file --------------------------------------------------------------------------
    async def _sharelog(self, found: Found, progress: Progress | None) -> None:
        if progress and self._unchanged(found, progress):
            self._pass_over(found, progress)
            return
        with self.logs.open(found) as fd:
            if fd is None:
                return
            self._batch.sums.files += self._is_new(found, progress)
            reading, start = self._begin(fd, found, progress)
            read = reading.progress.lines if start else 0
            if not reading.counted:
                self._batch.sums.already_seen += read
            for line in lines(fd, start):
                if not line.whole:
                    self._tail(line, reading)
                    break
                read += self._line(line, reading)
                if self._full():
                    self._note_progress(reading, line.end, read)
                    self._batch.read_to = (found.folder, found.name, line.end)
                    await self._flush()
                start = line.end
            self._note_progress(reading, start, read, stamp=found.stamp)
            self._batch.read_to = (found.folder, found.name, max(start, reading.progress.reported))
            if self._full():
                await self._flush()
        self.progress(found.size)

    def _pass_over(self, found: Found, progress: Progress) -> None:
        end = max(progress.offset, progress.reported)
        if self._is_new(found, progress):
            self._batch.sums.files += 1
            self._batch.sums.already_seen += progress.lines + (progress.reported > progress.offset)
        self._batch.read_to = (found.folder, found.name, end)
        self.counts.partial += found.size > end
        self.progress(found.size)

    def _is_new(self, found: Found, progress: Progress | None) -> bool:
        """Whether this run has not counted the file yet; its first sweep counts every file."""
        ahead = (found.folder, found.name) > self._counted_to[:2]
        return progress is None or (self._looked is None and ahead)

    def _counted(self, found: Found, progress: Progress | None) -> int:
        """Up to where this run has counted the file's lines, in its first sweep or an earlier one.

        A sweep that failed, or of which Redis lost a part, comes by the same lines again.
        """
        if progress is None or self._is_new(found, progress):
            return 0
        *place, offset = self._counted_to
        if self._looked is None and [found.folder, found.name] == place:
            return offset
        return max(progress.reached, progress.reported)

    def _unchanged(self, found: Found, progress: Progress) -> bool:
        if self.since is not None or found.stamp != progress.stamp:
            return False
        stale = self._now() - found.mtime >= TAIL_SECONDS
        return not (stale and found.size > max(progress.offset, progress.reported))

    def _begin(self, fd: int, found: Found, progress: Progress | None) -> tuple[Reading, int]:
        """Where to continue: after the known part, or at 0 if the file is not the one we know."""
        now = self._now()
        counted = self._counted(found, progress)
        if progress is None:
            progress = Progress(found.folder, found.name, first_read=now)
        if progress.offset and mark(fd, progress.offset) != progress.mark:
            _log.warning("file_replaced", source=self.source, path=found.path)
            progress.offset = progress.lines = progress.reported = counted = 0
        known = progress.offset
        old = now - int(limits.EVENT_AGE.total_seconds())
        history = now - int(limits.HISTORY_AFTER.total_seconds())
        reading = Reading(fd, found, progress, known, old, history, counted)
        return reading, 0 if self.since is not None else known

    def _note_progress(self, reading: Reading, offset: int, read: int, *, stamp: str = "") -> None:
        # Reading again from the beginning keeps what is known.
        if offset >= reading.known:
            progress = reading.at(offset, lines=read)
            progress.stamp = stamp
            self._batch.files[reading.found.path] = progress

    def _line(self, line: Line, reading: Reading) -> int:
        """Take one line, which may hold several records; how many it held."""
        data = line.data.rstrip(b"\r")
        if not data:
            return 0
        if line.long:
            said = Refusal(refusals.TOO_LONG, "longer than 64 KiB")
            self._bad(line.offset, line.end, data, said, reading)
            return 1
        if self._read_share(line.offset, data, reading) is None:
            return 1
        pieces = sharelog.apart(data, line.offset)
        for offset, piece in pieces:
            if reason := self._read_share(offset, piece, reading):
                said = Refusal(refusals.DAMAGED, reason)
                self._bad(offset, offset + len(piece), piece, said, reading)
        return len(pieces)

    def _read_share(self, offset: int, data: bytes, reading: Reading) -> str | None:
        """Put a share into the batch or elsewhere; return the reason if it cannot be read."""
        found = reading.found
        place = sharelog.Place(self.source, int(found.folder, 16))
        before = partial(equal_before, reading.fd, offset, data)
        try:
            at, fields = sharelog.event(data, place, equal_before=before)
        except sharelog.Unreadable as error:
            return str(error)
        self._batch.notes.workers.add(worker_of(fields))
        end = offset + len(data)
        outcome = self._outcome(at, end, reading)
        said = None
        if outcome is LineOutcome.PUBLISH:
            said = self._add(SHARE_SUBMITTED, fields, at, reading)
        if said:
            if end > reading.known:
                self._batch.hold(said, at, found)
            self._bad(offset, end, data, said, reading)
        else:
            self._count(outcome, end, reading)
        return None

    def _count(self, outcome: LineOutcome, end: int, reading: Reading) -> None:
        if end > reading.counted:
            self._batch.sums.count(outcome)

    def _outcome(self, at: int, end: int, reading: Reading) -> LineOutcome:
        asked = self.since is not None and at >= self.since
        if not asked:
            if at < self.outlet.record.floor:
                return LineOutcome.SKIP
            if end <= reading.known or end <= reading.progress.reported:
                return LineOutcome.SEEN
        was = reading.progress
        if end <= was.reached and at < reading.old and was.first_read < reading.old:
            return LineOutcome.SEEN
        return LineOutcome.PUBLISH

    def _add(
        self, stream: str, fields: dict[str, str], at: int, reading: Reading
    ) -> Refusal | None:
        """Put an event into the batch; return why if the game would refuse it."""
        if at < reading.history:
            fields["history"] = "true"
        now = self.clock.now()
        if said := refusals.refusal(stream, fields, network=self.network, now=now):
            return said
        self._batch.entries.append((stream, fields))
        self._batch.sources[reading.found.path] = reading.progress
        return None

    def _bad(self, offset: int, end: int, data: bytes, said: Refusal, reading: Reading) -> None:
        if end <= reading.progress.reached or end <= reading.progress.reported:
            self._count(LineOutcome.SEEN, end, reading)
            return
        self._count(LineOutcome.BAD, end, reading)
        self._quarantine(reading.found.path, offset, said, sharelog.sample(data))

    def _notice(self, kind: str) -> None:
        self._batch.sums.notices[kind] += 1

    def _quarantine(self, path: str, offset: int, said: Refusal, sample: str) -> None:
        self._notice(said.kind)
        self._batch.bad.append(
            {
                "at": self.clock.now().isoformat(timespec="seconds"),
                "path": path,
                "offset": offset,
                "kind": said.kind,
                "reason": said.reason,
                "sample": sample,
            }
        )

    def _tail(self, line: Line, reading: Reading) -> None:
        found, progress = reading.found, reading.progress
        if self._now() - found.mtime < TAIL_SECONDS or line.end > found.size:
            self.counts.partial += 1
        elif line.end > progress.reported:
            # The beginning of another record is left for when it has come: with it, the record
            # before would be unreadable, and not looked at again.
            begun = sharelog.begun(line.data)
            end = line.end - begun
            self._line(line._replace(data=line.data[: len(line.data) - begun], end=end), reading)
            progress.reported = end
        else:
            self._count(LineOutcome.SEEN, line.end, reading)

    # --- ckpool.log ------------------------------------------------------------------------
    async def _poollogs(self) -> None:
        known = self.outlet.record.folder("")
        for found in self.logs.poollogs():
            progress = known.get(found.name)
            if progress and progress.stamp == found.stamp and self.since is None:
                continue
            with self.logs.open(found) as fd:
                if fd is None:
                    continue
                same = _same_log(fd, found, known)
                if same is None and progress and progress.offset == 0:
                    same = progress
                reading, start = self._begin(fd, found, same)
                await self._poollog(reading, start)
            self.progress(found.size)

    async def _poollog(self, reading: Reading, start: int) -> None:
        reader = PoolLog(self.zone, self.network)
        offset = start
        for line in lines(reading.fd, max(0, start - CONTEXT_BYTES)):
            if not line.whole:
                break
            said = None if line.long else reader.read(line.data.rstrip(b"\r"))
            if line.end <= start:
                continue  # read only for possible solves
            offset = line.end
            if said and self._outcome(said.at, line.end, reading) is LineOutcome.PUBLISH:
                self._add_log_event(said, reading)
            if self._full():
                self._note_progress(reading, offset, 0)
                await self._flush()
        self._note_progress(reading, offset, 0, stamp=reading.found.stamp)

    def _add_log_event(self, said: ConnectionChange | Solved | Alarm, reading: Reading) -> None:
        if isinstance(said, Solved):
            self._batch.solved.append(said)
        elif isinstance(said, Alarm):
            self._batch.sums.alarms += 1
            self._notice(refusals.alarm(said.text))
            if said.at >= reading.history:
                _log.warning("pool_alarm", source=self.source, text=said.text)
        else:
            self._connection(said, reading)

    def _connection(self, said: ConnectionChange, reading: Reading) -> None:
        now, fields = self.clock.now(), said.fields | {"source": self.source}
        if bad := refusals.refusal(said.stream, fields, network=self.network, now=now):
            self._notice(bad.kind)
        elif self._judge.knows(said, self._batch):
            self._add(said.stream, fields, said.at, reading)
            self._batch.sums.connections += 1
        else:
            self._batch.notes.waiting.append(said)

    # --- what other records agree with -----------------------------------------------------
    async def _believe(self, *, first: bool) -> None:
        """Publish what is backed by now of ckpool.log; quarantine what never can be."""
        await self._flush()
        now = self._now()
        self._judge.connections(self._batch, now=now, anyway=first)
        for block in self._judge.blocks(self._batch, now=now, first=first, once=self.once):
            text = sharelog.sample(f"block {block.height} by {block.worker}".encode())
            self._quarantine("ckpool.log", 0, Refusal(refusals.NO_SHARE, LOST), text)

    # --- out -------------------------------------------------------------------------------
    async def _flush(self) -> None:
        batch, self._batch = self._batch, PendingBatch()
        again = self.since is not None
        await self.outlet.flush(batch, again=again, recorded=partial(self._add_up, batch))

    def _add_up(self, batch: PendingBatch) -> None:
        self.counts.add(batch.sums)
        for kind, count in batch.sums.notices.items():
            NOTICES.labels(self.source, kind).inc(count)
        self._counted_to = batch.read_to or self._counted_to

    def _full(self) -> bool:
        batch = self._batch
        most = max(len(batch.entries), len(batch.bad), len(batch.files))
        return max(most, len(batch.solved), len(batch.notes.waiting)) >= BATCH_ENTRIES


def _same_log(fd: int, found: Found, known: dict[str, Progress]) -> Progress | None:
    """The progress of this very log, whatever it was called when it was read."""
    own = known.get(found.name)
    for progress in sorted(known.values(), key=lambda p: (p is not own, -p.offset)):
        if 0 < progress.offset <= found.size and mark(fd, progress.offset) == progress.mark:
            return Progress(
                "", found.name, "", progress.offset, 0, progress.mark,
                progress.reached, progress.first_read, progress.batch,
            )  # fmt: skip
    return None
