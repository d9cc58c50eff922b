"""Quests, who completed them, and whose progress has to be evaluated again."""

from tbg.core.migration import run

revision = "0020_quests"
down_revision = "0019_streak_freezes"

QUESTS = """
CREATE TABLE rolled_up (
    id bigint GENERATED ALWAYS AS IDENTITY,
    user_ids bigint[] NOT NULL,
    days date[] NOT NULL,
    CONSTRAINT rolled_up_pk PRIMARY KEY (id)
);
CREATE TABLE quest_definitions (
    slug text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    period text NOT NULL,
    fact text NOT NULL,
    threshold double precision NOT NULL,
    xp integer NOT NULL,
    badge text,
    starts date,
    ends date,
    sort_order integer NOT NULL,
    is_active boolean NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT quest_definitions_pk PRIMARY KEY (slug),
    CONSTRAINT quest_definitions_period CHECK (period IN ('once', 'daily', 'weekly', 'season'))
);
CREATE TABLE quest_completions (
    user_id bigint NOT NULL,
    quest text NOT NULL,
    period text NOT NULL,
    at timestamptz NOT NULL,
    written_at timestamptz NOT NULL,
    xp integer NOT NULL,
    reported_by text,
    request text,
    cause jsonb NOT NULL,
    CONSTRAINT quest_completions_pk PRIMARY KEY (user_id, quest, period)
);
CREATE INDEX quest_completions_newest ON quest_completions (user_id, at DESC, quest, period);
CREATE TABLE quest_waiting (
    user_id bigint NOT NULL,
    day date NOT NULL,
    silent boolean NOT NULL,
    CONSTRAINT quest_waiting_pk PRIMARY KEY (user_id, day)
);
"""


def upgrade() -> None:
    run(QUESTS)
