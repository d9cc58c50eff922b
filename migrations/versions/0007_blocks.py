"""A block can be a mere report, and several users can be reported to have found it.

Blocks that were recorded before have been rewarded, and rewards are not taken away: they stay
confirmed by the pool's word.
"""

from tbg.core.migration import run

revision = "0007_blocks"
down_revision = "0006_signatures"

# confirmed_by NULL: only reported.
REPORTS = """
ALTER TABLE blocks ALTER confirmed_by DROP NOT NULL;
ALTER TABLE blocks DROP CONSTRAINT blocks_pk;
ALTER TABLE blocks ADD CONSTRAINT blocks_pk PRIMARY KEY (user_id, hash);
"""


def upgrade() -> None:
    run(REPORTS)
