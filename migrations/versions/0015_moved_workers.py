"""Where raw shares and hours of users who became part of others still have to go."""

from tbg.core.migration import run

revision = "0015_moved_workers"
down_revision = "0014_badge_pictures"

MOVED = """
CREATE TABLE moved_workers (
    user_id bigint NOT NULL,
    worker_id bigint NOT NULL,
    to_user_id bigint NOT NULL,
    to_worker_id bigint NOT NULL,
    CONSTRAINT moved_workers_pk PRIMARY KEY (user_id, worker_id)
);
CREATE INDEX moved_workers_to ON moved_workers (to_user_id);
"""


def upgrade() -> None:
    run(MOVED)
