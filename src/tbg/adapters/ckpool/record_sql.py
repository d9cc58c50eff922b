"""The tables of a collector's record, in SQLite, and the statements that take more than a line."""

from __future__ import annotations

SCHEMA = """
CREATE TABLE IF NOT EXISTS progress (
    folder TEXT NOT NULL, name TEXT NOT NULL, stamp TEXT NOT NULL, offset INTEGER NOT NULL,
    lines INTEGER NOT NULL, mark INTEGER NOT NULL, reached INTEGER NOT NULL,
    first_read INTEGER NOT NULL, batch INTEGER NOT NULL, reported INTEGER NOT NULL,
    PRIMARY KEY (folder, name)
) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS solved (
    at INTEGER NOT NULL, height INTEGER NOT NULL, worker TEXT NOT NULL, diffs TEXT NOT NULL,
    seen INTEGER NOT NULL, batch INTEGER NOT NULL, name TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (at, height, worker, diffs)
) WITHOUT ROWID, STRICT;
CREATE INDEX IF NOT EXISTS solved_by ON solved (height, worker);
CREATE TABLE IF NOT EXISTS reported (
    at INTEGER NOT NULL, height INTEGER NOT NULL, worker TEXT NOT NULL, diffs TEXT NOT NULL,
    batch INTEGER NOT NULL,
    PRIMARY KEY (at, height, worker, diffs)
) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS workers (name TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS waiting (
    id TEXT NOT NULL PRIMARY KEY, at INTEGER NOT NULL, name TEXT NOT NULL, stream TEXT NOT NULL,
    fields TEXT NOT NULL, seen INTEGER NOT NULL, batch INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS difficulty (
    period INTEGER NOT NULL PRIMARY KEY, value REAL NOT NULL, at REAL NOT NULL
) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS easier (
    period INTEGER NOT NULL PRIMARY KEY, value REAL NOT NULL
) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS place (logs TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS about (
    id TEXT NOT NULL, batch INTEGER NOT NULL, floor INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS held (
    folder TEXT NOT NULL, name TEXT NOT NULL, why TEXT NOT NULL, lines INTEGER NOT NULL,
    due INTEGER NOT NULL, example TEXT NOT NULL,
    PRIMARY KEY (folder, name, why)
) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS read_as (network TEXT NOT NULL) STRICT;
"""

SOLVED = """
INSERT OR IGNORE INTO solved (at, height, worker, diffs, seen, batch, name)
SELECT :at, :height, :worker, :diffs, :seen, :pending, :name
WHERE (SELECT count(*) FROM solved WHERE height = :height AND worker = :worker) < :most
"""
SEEN_AGAIN = """
UPDATE solved SET seen = :seen WHERE height = :height AND worker = :worker AND batch <= :pending
"""
TOO_MANY_OPEN = """
DELETE FROM solved WHERE (at, height, worker, diffs) IN (
    SELECT at, height, worker, diffs FROM solved s LEFT JOIN reported r
        USING (at, height, worker, diffs)
        LEFT JOIN workers k ON k.name = s.name
    WHERE s.batch <= :pending
    ORDER BY r.batch IS NULL, k.name IS NULL, s.height > :newest + 1, s.height DESC, seen DESC
    LIMIT -1 OFFSET :most
)
"""
WAITING = "INSERT OR IGNORE INTO waiting VALUES (?, ?, ?, ?, ?, ?, ?)"
WAITING_AGAIN = "INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, ?, ?, ?, ?)"
SOLVED_AGAIN = """
UPDATE solved SET batch = :pending, seen = :seen
WHERE at = :at AND height = :height AND worker = :worker AND diffs = :diffs
"""
HELD = """
INSERT INTO held VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (folder, name, why) DO UPDATE
SET lines = lines + excluded.lines, due = max(due, excluded.due)
"""
NEVER_READ = """
UPDATE progress SET reached = 0, first_read = ? WHERE folder = ? AND name = ?
AND lines = (SELECT sum(lines) FROM held WHERE folder = ? AND name = ?)
"""
FROM_THE_BEGINNING = """
UPDATE progress SET offset = 0, lines = 0, stamp = '', reported = 0 WHERE folder = ? AND name = ?
"""
