"""Views of the long tables by whose each row is, while a merge still has to move some of them."""

from tbg.core.migration import run

revision = "0018_owned_facts"
down_revision = "0017_credentials"

# Two scans by user, not one join, so that a condition on `user_id` uses the index of either.
VIEW = """
CREATE VIEW owned_{table} AS
SELECT {columns} FROM {table} t
WHERE NOT EXISTS (SELECT 1 FROM moved_workers m
    WHERE m.user_id = t.user_id AND m.worker_id = t.worker_id)
UNION ALL
SELECT {moved} FROM {table} t
JOIN moved_workers m ON m.user_id = t.user_id AND m.worker_id = t.worker_id;
"""

TABLES = {
    "shares": "user_id, at, id, worker_id, diff, sdiff, accepted, errn, reject_reason, height,"
    " workinfoid, hash, source",
    "hourly_shares": "user_id, hour, worker_id, accepted, rejected, work, best_sdiff",
    "daily_shares": "user_id, day, worker_id, accepted, rejected, work, best_sdiff",
    "daily_rejects": "user_id, day, worker_id, errn, rejected",
}


def upgrade() -> None:
    for table, names in TABLES.items():
        columns = [f"t.{name}" for name in names.split(", ")]
        moved = [
            f"m.to_{name} AS {name}" if name in ("user_id", "worker_id") else f"t.{name}"
            for name in names.split(", ")
        ]
        run(VIEW.format(table=table, columns=", ".join(columns), moved=", ".join(moved)))
