"""Users for whom a job fails are parked: the job goes on without them until a person says so."""

from tbg.core.migration import run

revision = "0012_parked_users"
down_revision = "0011_event_subjects"

# parked_at NULL: to be tried again by the job's next run.
PARKED = """
CREATE TABLE parked_users (
    user_id bigint NOT NULL,
    job text NOT NULL,
    error text NOT NULL,
    parked_at timestamptz,
    attempts integer NOT NULL,
    CONSTRAINT parked_users_pk PRIMARY KEY (user_id, job)
);
CREATE INDEX parked_users_job ON parked_users (job, user_id);
"""


def upgrade() -> None:
    run(PARKED)
