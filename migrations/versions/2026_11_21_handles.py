"""Handles that were given up and rest for a while before others may have them."""

from alembic import op

revision = "2026_11_21_handles"
down_revision = "2026_11_21_accounts"

# A digest is enough to refuse a name and shows it to nobody; who guesses a name can ask for it, as
# he can at the door. former_id: who may have it back at once; nobody when he was erased.
RESTING = """
CREATE TABLE resting_handles (
    digest bytea NOT NULL,
    former_id bigint,
    until timestamptz NOT NULL,
    CONSTRAINT resting_handles_pk PRIMARY KEY (digest)
);
CREATE INDEX resting_handles_former ON resting_handles (former_id);
"""


def upgrade() -> None:
    for statement in RESTING.strip().removesuffix(";").split(";\n"):
        op.execute(statement)
