"""A block can be a mere report, and several users can be reported to have found it.

Blocks that were recorded before have been rewarded, and rewards are not taken away: they stay
confirmed by the pool's word.
"""

from alembic import op

revision = "2026_11_28_blocks"
down_revision = "2026_11_28_accounts"

# confirmed_by NULL: only reported.
REPORTS = """
ALTER TABLE blocks ALTER confirmed_by DROP NOT NULL;
ALTER TABLE blocks DROP CONSTRAINT blocks_pk;
ALTER TABLE blocks ADD CONSTRAINT blocks_pk PRIMARY KEY (user_id, hash);
"""


def upgrade() -> None:
    for statement in REPORTS.strip().removesuffix(";").split(";\n"):
        op.execute(statement)
