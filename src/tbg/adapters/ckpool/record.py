"""What a collector has read of one source: a small SQLite file beside it.

Why not in Redis. A pool makes up to a million sharelog files a year, and the record has to
outlive a Redis that is emptied: event keys are pruned after `limits.KEY_AGE`, and what was
published longer ago than that can only be kept from counting twice by knowing that it was read.
Redis gets a receipt instead, the number of the last batch, in the transaction that adds the
batch's events (`collector.py`), so that a Redis that has lost its tail gives itself away.
"""

from __future__ import annotations

import fcntl
import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, field
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from tbg.adapters.ckpool import record_sql
from tbg.adapters.ckpool.poollog import ConnectionChange, Solved
from tbg.core.errors import CannotRun

PENDING, GIVEN_UP = 0, -1
"""Instead of a batch number: a solved block not published yet, and one without its share."""

AHEAD, NEVER = "ahead", 2**62
"""Of lines held back: their time has not come; nothing but other settings makes them readable."""

MOST_WAITING = 10_000
"""Most stored connections of workers that no other record knows yet: anybody who writes lines into
ckpool.log can make up any number."""

MOST_OPEN = 10_000
"""Most stored solved blocks without backing, for the same reason. Of more, those without a share
are dropped first, of these the ones by workers that have sent none, then those of heights that
nobody mines now: lines that a miner makes up displace no block of another."""

MOST_BY_WORKER = 2
"""Most of them of one height by one worker, who has rarely solved it once: more lines say the same,
and the worker's best share of that height is looked at whichever they name."""

WAITING_SECONDS = 86_400
"""How long they are kept: ckpool reports a worker within a minute of its first share."""


@dataclass(slots=True)
class Progress:
    """How far one file was read.

    `offset`: the next read begins there, always a line's begin. `lines`: records before it.
    `mark`: checksum of what stands before it. `reached`: the furthest that was ever read, and
    `first_read` (unix) when that began; neither is ever taken back. `batch`: the last batch
    with events of this file. `reported`: a tail without line end was dealt with up to there.
    """

    folder: str
    name: str
    stamp: str = ""
    offset: int = 0
    lines: int = 0
    mark: int = 0
    reached: int = 0
    first_read: int = 0
    batch: int = 0
    reported: int = 0


@dataclass(slots=True)
class Notes:
    """What a batch learned, beside how far files were read.

    `workers`: those that have sent shares; `waiting`: connections of others; `released`:
    ids of those that are published now; `reported`: blocks published as reports.
    """

    workers: set[str] = field(default_factory=set)
    waiting: list[ConnectionChange] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    reported: list[Solved] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Difficulty:
    """The network's difficulty in a period, at least until `at` (unix)."""

    value: float
    at: float


@dataclass(frozen=True, slots=True)
class UnbackedBlock:
    """A solved block without evidence yet: since when (unix), and its state."""

    block: Solved
    seen: int
    given_up: bool
    reported: bool


@dataclass(slots=True)
class Held:
    """Lines of one file that were not published for a reason that may pass.

    `why`: the network of their addresses, `example` one of these; or AHEAD. `due` (unix): when to
    read the file again; NEVER: when the network of the settings is another one.
    """

    folder: str
    name: str
    why: str
    lines: int = 0
    due: int = 0
    example: str = ""


def _is_same(place: Path, other: Path) -> bool:
    """Whether two paths lead to one folder, if only by a bind mount."""
    try:
        return place == other or place.samefile(other)
    except OSError:
        return False  # one is gone


def _places(record: Path) -> set[Path]:
    """The folder that another source reads; empty if its record does not say, or is no record."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(record))}?mode=ro", uri=True)) as db:
            return {Path(row[0]) for row in db.execute("SELECT logs FROM place")}
    except sqlite3.Error:
        return set()


class Record:
    """The open record of one source; only one process has it open at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = path.with_suffix(".lock").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(record_sql.SCHEMA)
            self._add_names()
            self._db.execute(
                "INSERT INTO about SELECT ?, 0, -1 WHERE NOT EXISTS (SELECT 1 FROM about)",
                (uuid4().hex[:16],),
            )
            found = self._db.execute("SELECT id, batch, floor FROM about").fetchone()
        except BlockingIOError:
            raise CannotRun(f"{path}: another `tbg collect` is running for this source") from None
        except (OSError, sqlite3.Error) as error:
            raise CannotRun(f"{path}: cannot store the collector's record there: {error}") from None
        self.newest_height = 0
        """The greatest height of which there are shares; the collector keeps it up to date."""
        self.id: str = found[0]
        self.batch: int = found[1]
        self.floor: int = found[2]

    def _add_names(self) -> None:
        """Records of earlier versions have no `name` for the worker of a solved block."""
        columns = {row[1] for row in self._db.execute("PRAGMA table_info(solved)")}
        if "name" not in columns:
            self._db.execute("ALTER TABLE solved ADD COLUMN name TEXT NOT NULL DEFAULT ''")

    def keep_place(self, logs: Path) -> None:
        """Remember which folder this source reads; CannotRun if another source here reads it.

        Under a second name every share would count a second time.
        """
        place = logs.resolve()
        for path in sorted(self.path.parent.glob("collect-*.sqlite")):
            if path != self.path and any(_is_same(place, other) for other in _places(path)):
                raise CannotRun(
                    f"{logs} is already read as --source {path.stem.removeprefix('collect-')}: use "
                    "that name, or its shares would count twice; if another pool writes there "
                    f"now, remove {path}"
                )
        self._db.execute("DELETE FROM place")
        self._db.execute("INSERT INTO place VALUES (?)", (str(place),))

    @property
    def new(self) -> bool:
        """Has nothing been decided yet?"""
        return self.floor < 0

    def close(self) -> None:
        """Close the file and let the next process have it."""
        self._db.close()
        self._lock.close()

    def folder(self, folder: str) -> dict[str, Progress]:
        """File name → progress, of one folder."""
        rows = self._db.execute("SELECT * FROM progress WHERE folder = ?", (folder,))
        return {row[1]: Progress(*row) for row in rows}

    def unsettled(self) -> list[UnbackedBlock]:
        """Solved blocks that nothing backs yet."""
        rows = self._db.execute(
            "SELECT at, height, worker, diffs, seen, s.batch, r.batch FROM solved s"
            " LEFT JOIN reported r USING (at, height, worker, diffs) WHERE s.batch <= ?",
            (PENDING,),
        )
        return [
            UnbackedBlock(
                Solved(at, height, worker, tuple(json.loads(diffs))),
                seen,
                given_up=batch == GIVEN_UP,
                reported=reported is not None,
            )
            for at, height, worker, diffs, seen, batch, reported in rows
        ]

    def knows(self, worker: str) -> bool:
        """Has this worker (`worker_of`) sent a share?"""
        row = self._db.execute("SELECT 1 FROM workers WHERE name = ?", (worker,)).fetchone()
        return row is not None

    def waiting(self) -> list[tuple[ConnectionChange, bool]]:
        """Connections that wait for their worker to be known, and whether it has sent a share."""
        rows = self._db.execute(
            "SELECT at, stream, fields, k.name FROM waiting w"
            " LEFT JOIN workers k USING (name) WHERE batch = ?",
            (PENDING,),
        )
        return [
            (ConnectionChange(at, stream, json.loads(fields)), known is not None)
            for at, stream, fields, known in rows
        ]

    def difficulty(self, period: int) -> Difficulty | None:
        """What is known about the network's difficulty in a period."""
        rows = self._db.execute("SELECT value, at FROM difficulty WHERE period = ?", (period,))
        row = rows.fetchone()
        return None if row is None else Difficulty(*row)

    def learn(self, period: int, difficulty: Difficulty) -> None:
        """The greatest that was seen counts: test networks ask for less now and then."""
        self._db.execute(
            "INSERT INTO difficulty VALUES (?, ?, ?) ON CONFLICT (period) DO UPDATE SET"
            " value = max(value, excluded.value), at = max(at, excluded.at)",
            (period, difficulty.value, difficulty.at),
        )

    def no_block(self, period: int, sdiff: float) -> None:
        """A share of this difficulty was no block: the network asked for more in this period."""
        self._db.execute(
            "INSERT INTO easier VALUES (?, ?) ON CONFLICT (period) DO UPDATE SET"
            " value = max(value, excluded.value)",
            (period, sdiff),
        )

    def too_easy(self, period: int) -> float:
        """The greatest difficulty that is known to have been no block in a period; else 0."""
        rows = self._db.execute("SELECT value FROM easier WHERE period = ?", (period,))
        return float(next(rows, (0.0,))[0])

    def save(
        self,
        files: Iterable[Progress],
        *,
        batch: int,
        solved: Sequence[Solved] = (),
        again: bool = False,
        now: int = 0,
        settled: Iterable[tuple[Solved, int]] = (),
        notes: Notes | None = None,
        held: Iterable[Held] = (),
    ) -> None:
        """Record what a batch has read, completely or not at all.

        `solved`: blocks read of (`again`: also those that were published before); `settled`:
        those published in a batch, or GIVEN_UP; `held`: lines to add to those held back.
        """
        with self._transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [_row(progress) for progress in files],
            )
            rows = [_row_of(block, seen=now) for block in solved]
            if again:
                self._db.executemany(record_sql.SOLVED_AGAIN, rows)
            self._db.executemany(record_sql.SOLVED, rows)
            self._db.executemany(record_sql.SEEN_AGAIN, rows)  # those stored instead of such a line
            if again:
                self._db.executemany(
                    "DELETE FROM reported WHERE at = ? AND height = ? AND worker = ? AND diffs = ?",
                    [_key(block) for block in solved],
                )
            self._db.executemany(
                "UPDATE solved SET batch = ?"
                " WHERE at = ? AND height = ? AND worker = ? AND diffs = ?",
                [(number, *_key(block)) for block, number in settled],
            )
            self._db.executemany(record_sql.HELD, [astuple(lines) for lines in held])
            if notes is not None:
                self._note(notes, batch=batch, again=again, now=now)
            if solved:  # after the workers are noted that this batch is of
                bounds = {"pending": PENDING, "newest": self.newest_height, "most": MOST_OPEN}
                self._db.execute(record_sql.TOO_MANY_OPEN, bounds)
            self._db.execute("UPDATE about SET batch = ?", (batch,))
        self.batch = batch

    def _note(self, notes: Notes, *, batch: int, again: bool, now: int) -> None:
        self._db.executemany(
            "INSERT OR IGNORE INTO workers VALUES (?)", [(worker,) for worker in notes.workers]
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO reported VALUES (?, ?, ?, ?, ?)",
            [(*_key(block), batch) for block in notes.reported],
        )
        self._db.executemany(
            "UPDATE waiting SET batch = ? WHERE id = ?", [(batch, id_) for id_ in notes.released]
        )
        if notes.waiting:
            self._db.execute("DELETE FROM waiting WHERE seen < ?", (now - WAITING_SECONDS,))
            (there,) = self._db.execute("SELECT count(*) FROM waiting").fetchone()
            self._db.executemany(
                record_sql.WAITING_AGAIN if again else record_sql.WAITING,
                [
                    (
                        one.fields["event_id"],
                        one.at,
                        worker_of(one.fields),
                        one.stream,
                        json.dumps(one.fields),
                        now,
                        PENDING,
                    )
                    for one in notes.waiting[: max(0, MOST_WAITING - there)]
                ],
            )

    def foreign(self) -> dict[str, tuple[int, str]]:
        """Lines held back for their network: network → how many, and an address as an example."""
        rows = self._db.execute(
            "SELECT why, sum(lines), max(example) FROM held WHERE due = ? GROUP BY why", (NEVER,)
        )
        return {why: (lines, example) for why, lines, example in rows}

    def read_again(self, *, network: str, now: int) -> int:
        """Set back the files with lines held back that may be readable now; how many files.

        Those of addresses when the network is another one than last time, and then ckpool.log and
        its blocks too; those ahead of their time when it has come. A file of which every line was
        held back is as if never read; of others, lines may count as seen (see `collector`).
        """
        with self._transaction():
            found = self._db.execute("SELECT network FROM read_as").fetchone()
            changed = found != (network,)
            if changed:
                self._db.execute("DELETE FROM read_as")
                self._db.execute("INSERT INTO read_as VALUES (?)", (network,))
            due = self._db.execute(
                "SELECT DISTINCT folder, name FROM held WHERE due <= ? OR (? AND due = ?)",
                (now, changed, NEVER),
            ).fetchall()
            lost = "SELECT 1 FROM solved WHERE batch = ?"
            if changed and (due or self._db.execute(lost, (GIVEN_UP,)).fetchone()):
                self._db.execute("DELETE FROM solved WHERE batch = ?", (GIVEN_UP,))
                logs = "SELECT folder, name FROM progress WHERE folder = ''"
                due = list({*due, *self._db.execute(logs)})
            self._db.executemany(record_sql.NEVER_READ, [(now, *file, *file) for file in due])
            self._db.executemany(record_sql.FROM_THE_BEGINNING, due)
            self._db.executemany("DELETE FROM held WHERE folder = ? AND name = ?", due)
        return len(due)

    def begin_at(self, floor: int) -> None:
        """Lines before `floor` (unix) are not this record's to publish."""
        self._db.execute("UPDATE about SET floor = ?", (floor,))
        self.floor = floor

    def forget(self, after: int) -> None:
        """Read again every file with events of batches after this one: Redis has lost them."""
        with self._transaction():
            self._db.execute(
                "DELETE FROM held WHERE (folder, name) IN"
                " (SELECT folder, name FROM progress WHERE batch > ?)",
                (after,),
            )
            self._db.execute(
                "UPDATE progress SET offset = 0, lines = 0, stamp = '', reported = 0, batch = ?"
                " WHERE batch > ?",
                (after, after),
            )
            self._db.execute("UPDATE solved SET batch = ? WHERE batch > ?", (PENDING, after))
            self._db.execute("UPDATE waiting SET batch = ? WHERE batch > ?", (PENDING, after))
            self._db.execute("DELETE FROM reported WHERE batch > ?", (after,))
            self._db.execute("UPDATE about SET batch = ?", (after,))
        self.batch = after

    def _transaction(self) -> sqlite3.Connection:
        self._db.execute("BEGIN IMMEDIATE")
        return self._db


def _row(progress: Progress) -> tuple[str | int, ...]:
    return (
        progress.folder,
        progress.name,
        progress.stamp,
        progress.offset,
        progress.lines,
        progress.mark,
        progress.reached,
        progress.first_read,
        progress.batch,
        progress.reported,
    )


def worker_of(fields: dict[str, str]) -> str:
    """The user and worker of an event."""
    return f"{fields['user']} {fields['worker']}"


def _key(block: Solved) -> tuple[int, int, str, str]:
    return block.at, block.height, block.worker, json.dumps(block.diffs)


def _row_of(block: Solved, *, seen: int) -> dict[str, int | str]:
    address, worker = block.by
    return {
        "at": block.at,
        "height": block.height,
        "worker": block.worker,
        "diffs": json.dumps(block.diffs),
        "seen": seen,
        "name": worker_of({"user": address, "worker": worker}),
        "pending": PENDING,
        "most": MOST_BY_WORKER,
    }
