"""Handles that were given up and rest for a while before others may have them."""

from tbg.core.migration import run

revision = "0003_handles"
down_revision = "0002_accounts"

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
    run(RESTING)
