"""The walking house: events in, mining facts, rewards, frames out."""

from alembic import op

from tbg.core.migration import run

revision = "0001_walking_house"
down_revision = None

# Infrastructure: which events were seen, what is to be told, when jobs last ran.
CORE = """
CREATE TABLE event_keys (
    key uuid NOT NULL,
    digest bigint NOT NULL,
    seen_on date NOT NULL,
    CONSTRAINT event_keys_pk PRIMARY KEY (key)
);
CREATE INDEX event_keys_seen_on ON event_keys USING brin (seen_on);

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY,
    event_id uuid NOT NULL,
    type text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    next_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    sent_at timestamptz,
    parked_at timestamptz,
    error text,
    CONSTRAINT outbox_pk PRIMARY KEY (id)
);
CREATE INDEX outbox_waiting ON outbox (id) WHERE sent_at IS NULL AND parked_at IS NULL;
CREATE INDEX outbox_parked ON outbox (id) WHERE parked_at IS NOT NULL;
CREATE INDEX outbox_sent ON outbox USING brin (sent_at);

CREATE TABLE job_marks (
    job text NOT NULL,
    mark timestamptz NOT NULL,
    CONSTRAINT job_marks_pk PRIMARY KEY (job)
);
"""

ACCOUNTS = """
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY,
    created_at timestamptz NOT NULL,
    claimed_at timestamptz,
    CONSTRAINT users_pk PRIMARY KEY (id)
);

CREATE TABLE user_addresses (
    address text NOT NULL,
    user_id bigint NOT NULL,
    linked_at timestamptz NOT NULL,
    CONSTRAINT user_addresses_pk PRIMARY KEY (address),
    CONSTRAINT user_addresses_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE INDEX user_addresses_user ON user_addresses (user_id);
"""

# shares.id is the event's key: the same share has the same id however often it is delivered.
# Foreign keys to users are left out of the tables that a batch writes by the thousand: user ids
# come from this transaction's own read, and each key would cost a lookup per row.
MINING = """
CREATE TABLE workers (
    id bigint GENERATED ALWAYS AS IDENTITY,
    user_id bigint NOT NULL,
    name_key text NOT NULL,
    name text NOT NULL,
    agent text,
    source text NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    connected boolean,
    connected_at timestamptz,
    CONSTRAINT workers_pk PRIMARY KEY (id),
    CONSTRAINT workers_user_name UNIQUE (user_id, name_key)
) WITH (fillfactor = 80);

CREATE TABLE shares (
    user_id bigint NOT NULL,
    at timestamptz NOT NULL,
    id uuid NOT NULL,
    worker_id bigint NOT NULL,
    diff double precision NOT NULL,
    sdiff double precision NOT NULL,
    accepted boolean NOT NULL,
    errn smallint,
    reject_reason text,
    height integer,
    workinfoid bigint,
    hash text,
    source text NOT NULL,
    CONSTRAINT shares_pk PRIMARY KEY (user_id, at, id)
) {shares_storage};

CREATE TABLE rollup_queue (
    id bigint GENERATED ALWAYS AS IDENTITY,
    created_at timestamptz NOT NULL,
    user_ids bigint[] NOT NULL,
    worker_ids bigint[] NOT NULL,
    ats double precision[] NOT NULL,
    share_ids uuid[] NOT NULL,
    diffs double precision[] NOT NULL,
    sdiffs double precision[] NOT NULL,
    kinds smallint[] NOT NULL,
    errns smallint[] NOT NULL,
    CONSTRAINT rollup_queue_pk PRIMARY KEY (id)
);
ALTER TABLE rollup_queue
    ALTER user_ids SET STORAGE EXTERNAL, ALTER worker_ids SET STORAGE EXTERNAL,
    ALTER ats SET STORAGE EXTERNAL, ALTER share_ids SET STORAGE EXTERNAL,
    ALTER diffs SET STORAGE EXTERNAL, ALTER sdiffs SET STORAGE EXTERNAL,
    ALTER kinds SET STORAGE EXTERNAL, ALTER errns SET STORAGE EXTERNAL;

CREATE TABLE hourly_shares (
    user_id bigint NOT NULL,
    hour timestamptz NOT NULL,
    worker_id bigint NOT NULL,
    accepted bigint NOT NULL,
    rejected bigint NOT NULL,
    work numeric NOT NULL,
    best_sdiff double precision NOT NULL,
    CONSTRAINT hourly_shares_pk PRIMARY KEY (user_id, hour, worker_id)
) WITH (fillfactor = 80);
CREATE INDEX hourly_shares_hour ON hourly_shares USING brin (hour);

CREATE TABLE daily_shares (
    user_id bigint NOT NULL,
    day date NOT NULL,
    worker_id bigint NOT NULL,
    accepted bigint NOT NULL,
    rejected bigint NOT NULL,
    work numeric NOT NULL,
    best_sdiff double precision NOT NULL,
    CONSTRAINT daily_shares_pk PRIMARY KEY (user_id, day, worker_id)
) WITH (fillfactor = 80);

CREATE TABLE daily_rejects (
    user_id bigint NOT NULL,
    day date NOT NULL,
    worker_id bigint NOT NULL,
    errn smallint NOT NULL,
    rejected bigint NOT NULL,
    CONSTRAINT daily_rejects_pk PRIMARY KEY (user_id, day, worker_id, errn)
);

CREATE TABLE personal_bests (
    user_id bigint NOT NULL,
    timeframe text NOT NULL,
    period_key text NOT NULL,
    best_difficulty double precision NOT NULL,
    at timestamptz NOT NULL,
    share_id uuid NOT NULL,
    worker_id bigint NOT NULL,
    CONSTRAINT personal_bests_pk PRIMARY KEY (user_id, timeframe, period_key),
    CONSTRAINT personal_bests_timeframe CHECK (timeframe IN ('alltime', 'month', 'week'))
) WITH (fillfactor = 80);
CREATE INDEX personal_bests_top
    ON personal_bests (timeframe, period_key, best_difficulty DESC, at, user_id);

CREATE TABLE pool_totals (
    one boolean NOT NULL DEFAULT true,
    accepted bigint NOT NULL,
    rejected bigint NOT NULL,
    work numeric NOT NULL,
    CONSTRAINT pool_totals_pk PRIMARY KEY (one),
    CONSTRAINT pool_totals_single CHECK (one)
);
INSERT INTO pool_totals VALUES (true, 0, 0, 0);

CREATE TABLE blocks (
    hash text NOT NULL,
    height integer NOT NULL,
    user_id bigint NOT NULL,
    worker_id bigint NOT NULL,
    found_at timestamptz NOT NULL,
    sdiff double precision NOT NULL,
    reward_sats bigint,
    source text NOT NULL,
    confirmed_by text NOT NULL,
    CONSTRAINT blocks_pk PRIMARY KEY (hash),
    CONSTRAINT blocks_confirmed_by CHECK (confirmed_by IN ('pool', 'node'))
);
CREATE INDEX blocks_user ON blocks (user_id, height);
CREATE INDEX blocks_height ON blocks (height DESC);
"""

# user_gamification.previous_best is what best_difficulty was before the last batch: an upsert can
# return what it wrote, but (before PostgreSQL 18) not what was there.
# The ledger is append-only by the database's own hand: the trigger refuses what no code of ours
# should ever try.
GAMIFICATION = """
CREATE TABLE badge_definitions (
    slug text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    category text NOT NULL,
    rarity text NOT NULL,
    xp_reward integer NOT NULL,
    trigger_type text NOT NULL,
    trigger_config jsonb NOT NULL,
    icon_url text,
    sort_order integer NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    backfilled_at timestamptz,
    CONSTRAINT badge_definitions_pk PRIMARY KEY (slug)
);

CREATE TABLE user_badges (
    user_id bigint NOT NULL,
    badge_slug text NOT NULL,
    earned_at timestamptz NOT NULL,
    awarded_at timestamptz NOT NULL,
    metadata jsonb NOT NULL,
    CONSTRAINT user_badges_pk PRIMARY KEY (user_id, badge_slug),
    CONSTRAINT user_badges_badge_fk FOREIGN KEY (badge_slug) REFERENCES badge_definitions (slug)
);
CREATE INDEX user_badges_recent ON user_badges (badge_slug, earned_at DESC, user_id);
CREATE INDEX user_badges_latest ON user_badges (earned_at DESC, user_id);

CREATE TABLE badge_stats (
    badge_slug text NOT NULL,
    total_earned bigint NOT NULL,
    percentage numeric(5, 2) NOT NULL,
    last_earned_at timestamptz,
    counted_to bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT badge_stats_pk PRIMARY KEY (badge_slug),
    CONSTRAINT badge_stats_badge_fk FOREIGN KEY (badge_slug) REFERENCES badge_definitions (slug)
);

CREATE TABLE xp_ledger (
    user_id bigint NOT NULL,
    idempotency_key text NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    amount bigint NOT NULL,
    source text NOT NULL,
    source_id text,
    description text NOT NULL,
    created_at timestamptz NOT NULL,
    written_at timestamptz NOT NULL,
    CONSTRAINT xp_ledger_pk PRIMARY KEY (user_id, idempotency_key),
    CONSTRAINT xp_ledger_source CHECK (source IN ('badge', 'share', 'personal_best', 'streak',
        'lesson', 'track', 'competition', 'quest', 'correction', 'merge'))
);
CREATE INDEX xp_ledger_history ON xp_ledger (user_id, id DESC);
CREATE FUNCTION xp_ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % is refused', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER xp_ledger_append_only BEFORE UPDATE OR DELETE ON xp_ledger
    FOR EACH ROW EXECUTE FUNCTION xp_ledger_is_append_only();
CREATE TRIGGER xp_ledger_no_truncate BEFORE TRUNCATE ON xp_ledger
    FOR EACH STATEMENT EXECUTE FUNCTION xp_ledger_is_append_only();

CREATE TABLE user_gamification (
    user_id bigint NOT NULL,
    total_xp bigint NOT NULL DEFAULT 0,
    level smallint NOT NULL DEFAULT 1,
    level_title text NOT NULL DEFAULT 'Nocoiner',
    level_told smallint NOT NULL DEFAULT 1,
    badges_earned integer NOT NULL DEFAULT 0,
    current_streak integer NOT NULL DEFAULT 0,
    longest_streak integer NOT NULL DEFAULT 0,
    streak_start_date date,
    last_active_week text,
    total_shares bigint NOT NULL DEFAULT 0,
    best_difficulty double precision NOT NULL DEFAULT 0,
    best_on date,
    previous_best double precision NOT NULL DEFAULT 0,
    previous_best_on date,
    blocks_found integer NOT NULL DEFAULT 0,
    streak_broken_told text,
    streak_warned_week text,
    updated_at timestamptz NOT NULL,
    CONSTRAINT user_gamification_pk PRIMARY KEY (user_id),
    CONSTRAINT user_gamification_xp CHECK (total_xp >= 0)
) WITH (fillfactor = 70);

CREATE TABLE streak_calendar (
    user_id bigint NOT NULL,
    week_iso text NOT NULL,
    week_start date NOT NULL,
    share_count bigint NOT NULL,
    best_diff double precision NOT NULL,
    days smallint NOT NULL,
    is_active boolean NOT NULL,
    paid boolean NOT NULL DEFAULT false,
    CONSTRAINT streak_calendar_pk PRIMARY KEY (user_id, week_iso)
) WITH (fillfactor = 80);
CREATE INDEX streak_calendar_unpaid ON streak_calendar (user_id, week_start) WHERE NOT paid;
CREATE INDEX streak_calendar_week ON streak_calendar (week_start, user_id);

CREATE TABLE weekly_champions (
    week_iso text NOT NULL,
    user_id bigint NOT NULL,
    best_difficulty double precision NOT NULL,
    crowned_at timestamptz NOT NULL,
    CONSTRAINT weekly_champions_pk PRIMARY KEY (week_iso)
);

CREATE TABLE silent_rewards (
    user_id bigint NOT NULL,
    badges integer NOT NULL,
    xp bigint NOT NULL,
    last_at timestamptz NOT NULL,
    CONSTRAINT silent_rewards_pk PRIMARY KEY (user_id)
);
"""

REALTIME = """
CREATE TABLE frames (
    user_id bigint NOT NULL,
    id bigint NOT NULL,
    channel text NOT NULL,
    type text NOT NULL,
    data jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT frames_pk PRIMARY KEY (user_id, id)
);
CREATE INDEX frames_age ON frames USING brin (created_at);
CREATE TABLE frame_counters (
    user_id bigint NOT NULL,
    last_id bigint NOT NULL,
    CONSTRAINT frame_counters_pk PRIMARY KEY (user_id)
);
"""


def upgrade() -> None:
    # pg_settings shows nothing, where current_setting() would fail, to who may not see it all.
    timescale = op.get_bind().exec_driver_sql(
        "SELECT 1 FROM pg_available_extensions e, pg_settings s"
        " WHERE e.name = 'timescaledb' AND s.name = 'shared_preload_libraries'"
        " AND 'timescaledb' = ANY (string_to_array(replace(s.setting, ' ', ''), ','))"
    )
    hypertable = timescale.scalar() is not None
    storage = "" if hypertable else "PARTITION BY RANGE (at)"
    for part in (CORE, ACCOUNTS, MINING.format(shares_storage=storage), GAMIFICATION, REALTIME):
        run(part)
    if hypertable:
        run("CREATE EXTENSION IF NOT EXISTS timescaledb")
        run("SELECT create_hypertable('shares', 'at', create_default_indexes => false)")
    else:
        run("CREATE TABLE shares_default PARTITION OF shares DEFAULT")
