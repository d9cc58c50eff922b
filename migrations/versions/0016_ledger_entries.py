"""The number of entries in each user's ledger, kept with their totals; XP by time."""

from tbg.core.migration import run

revision = "0016_ledger_entries"
down_revision = "0015_moved_workers"

ENTRIES = """
ALTER TABLE user_gamification ADD COLUMN xp_entries bigint NOT NULL DEFAULT 0;
UPDATE user_gamification g SET xp_entries = l.entries
FROM (SELECT user_id, count(*) AS entries FROM xp_ledger GROUP BY user_id) l
WHERE g.user_id = l.user_id;
CREATE INDEX xp_ledger_by_time ON xp_ledger (user_id, created_at) INCLUDE (source, amount);
"""


def upgrade() -> None:
    run(ENTRIES)
