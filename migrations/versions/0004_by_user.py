"""What a merge and an erasure look for by user, found without reading whole tables.

Both hold a lock meanwhile that every batch waits for.
"""

from tbg.core.migration import run

revision = "0004_by_user"
down_revision = "0003_handles"

BY_USER = """
CREATE INDEX outbox_user ON outbox (CAST(payload ->> 'user_id' AS bigint));
CREATE INDEX users_merged ON users (merged_into) WHERE merged_into IS NOT NULL;
"""


def upgrade() -> None:
    run(BY_USER)
