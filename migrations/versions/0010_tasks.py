"""Deliveries that failed, each of one message to one handler; durable tasks.

What was in the way of a message as a whole moves to a row for `*`, every handler of its event.
"""

from tbg.core.migration import run

revision = "0010_tasks"
down_revision = "0009_worker_keys"

DELIVERIES = """
CREATE TABLE failed_deliveries (
    message_id bigint NOT NULL,
    handler text NOT NULL,
    attempts integer NOT NULL,
    next_at timestamptz NOT NULL,
    parked_at timestamptz,
    error text NOT NULL,
    CONSTRAINT failed_deliveries_pk PRIMARY KEY (message_id, handler)
);
CREATE INDEX failed_deliveries_due ON failed_deliveries (next_at) WHERE parked_at IS NULL;
CREATE INDEX failed_deliveries_parked ON failed_deliveries (message_id)
    WHERE parked_at IS NOT NULL;

INSERT INTO failed_deliveries (message_id, handler, attempts, next_at, parked_at, error)
SELECT id, '*', attempts, next_at, parked_at, COALESCE(error, '') FROM outbox
WHERE sent_at IS NULL AND attempts > 0;
UPDATE outbox SET sent_at = COALESCE(parked_at, next_at) WHERE sent_at IS NULL AND attempts > 0;

DROP INDEX outbox_waiting;
DROP INDEX outbox_parked;
ALTER TABLE outbox DROP COLUMN next_at, DROP COLUMN attempts, DROP COLUMN parked_at,
    DROP COLUMN error;
CREATE INDEX outbox_waiting ON outbox (id) WHERE sent_at IS NULL;
"""

# finished_at and parked_at both NULL: it waits for run_at, or runs until leased_until.
TASKS = """
CREATE TABLE tasks (
    id bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    key text NOT NULL,
    target text NOT NULL,
    payload jsonb NOT NULL,
    user_ids bigint[] NOT NULL,
    created_at timestamptz NOT NULL,
    run_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    lease uuid,
    leased_until timestamptz,
    finished_at timestamptz,
    parked_at timestamptz,
    result jsonb,
    error text,
    CONSTRAINT tasks_pk PRIMARY KEY (id),
    CONSTRAINT tasks_kind_key UNIQUE (kind, key)
);
CREATE INDEX tasks_waiting ON tasks (kind, run_at, id) INCLUDE (target, leased_until)
    WHERE finished_at IS NULL AND parked_at IS NULL;
CREATE INDEX tasks_parked ON tasks (id) WHERE parked_at IS NOT NULL;
CREATE INDEX tasks_finished ON tasks USING brin (finished_at);
CREATE INDEX tasks_users ON tasks USING gin (user_ids);
"""


def upgrade() -> None:
    run(DELIVERIES)
    run(TASKS)
