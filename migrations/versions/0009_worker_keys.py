"""Workers have their user first in their key, as every table does that is about one user."""

from tbg.core.migration import run

revision = "0009_worker_keys"
down_revision = "0008_seals"

# Batches wait for the owners' lock, and so none of them holds a worker meanwhile. No table refers
# to a worker by a foreign key.
KEYS = """
LOCK TABLE user_addresses IN ACCESS EXCLUSIVE MODE;
ALTER TABLE workers DROP CONSTRAINT workers_pk;
ALTER TABLE workers ADD CONSTRAINT workers_pk PRIMARY KEY (user_id, id);
"""


def upgrade() -> None:
    run(KEYS)
