"""Messages name all users that they are about; grants and levels say when they were earned."""

from tbg.core.migration import run

revision = "0011_event_subjects"
down_revision = "0010_tasks"

SUBJECTS = """
ALTER TABLE outbox ADD COLUMN user_ids bigint[] NOT NULL DEFAULT '{}';
UPDATE outbox SET user_ids = ARRAY[CAST(payload ->> 'user_id' AS bigint)]
WHERE payload ? 'user_id';
ALTER TABLE outbox ALTER COLUMN user_ids DROP DEFAULT;
CREATE INDEX outbox_users ON outbox USING gin (user_ids);
"""

# Those that wait: this program reads them.
EARNED = """
UPDATE outbox SET payload = payload || jsonb_build_object('at', created_at)
WHERE type = 'LevelUp';
UPDATE outbox SET payload = payload || jsonb_build_object('at', created_at, 'description', '',
    'total_after', payload -> 'total_xp')
WHERE type = 'XpGained';
"""


def upgrade() -> None:
    run(SUBJECTS)
    run(EARNED)
