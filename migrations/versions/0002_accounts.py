"""Accounts: people behind addresses, how they sign in, what was done in whose name."""

from tbg.core.migration import run

revision = "0002_accounts"
down_revision = "0001_walking_house"

# A person is a few columns of the user that mining made; all of them go when the person does.
# handle_key is the handle as confusable letters make it: what looks alike may not be had twice.
USERS = """
ALTER TABLE users
    ADD handle text,
    ADD handle_key text,
    ADD display_name text,
    ADD country text,
    ADD bio text,
    ADD role text NOT NULL DEFAULT 'user',
    ADD profile_public boolean NOT NULL DEFAULT true,
    ADD address_shown text NOT NULL DEFAULT 'whole',
    ADD on_leaderboards boolean NOT NULL DEFAULT true,
    ADD settings jsonb NOT NULL DEFAULT '{}',
    ADD deletion_at timestamptz,
    ADD merged_into bigint,
    ADD erased_at timestamptz,
    ADD CONSTRAINT users_role CHECK (role IN ('user', 'provider', 'moderator', 'admin')),
    ADD CONSTRAINT users_address_shown CHECK (address_shown IN ('whole', 'short', 'hidden')),
    ADD CONSTRAINT users_handle CHECK ((handle IS NULL) = (handle_key IS NULL));
CREATE UNIQUE INDEX users_handle_key ON users (handle_key);
CREATE INDEX users_deletion ON users (deletion_at) WHERE deletion_at IS NOT NULL;

ALTER TABLE user_addresses ADD proved_at timestamptz, ADD merged_at timestamptz;
"""

# Secrets are kept as digests. A session is a family of refresh tokens, of which one is good.
SIGN_IN = """
CREATE TABLE auth_challenges (
    id uuid NOT NULL,
    address text NOT NULL,
    for_user bigint,
    message text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT auth_challenges_pk PRIMARY KEY (id)
);
CREATE INDEX auth_challenges_expiry ON auth_challenges (expires_at);

CREATE TABLE sessions (
    user_id bigint NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    address text NOT NULL,
    device text NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_why text,
    CONSTRAINT sessions_pk PRIMARY KEY (user_id, id),
    CONSTRAINT sessions_kind CHECK (kind IN ('bearer', 'cookie'))
);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    user_id bigint NOT NULL,
    session_id uuid NOT NULL,
    digest bytea NOT NULL,
    created_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT refresh_tokens_pk PRIMARY KEY (user_id, session_id, digest),
    CONSTRAINT refresh_tokens_session_fk FOREIGN KEY (user_id, session_id)
        REFERENCES sessions (user_id, id) ON DELETE CASCADE
);

CREATE TABLE api_keys (
    user_id bigint NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    scope text NOT NULL,
    mac bytea NOT NULL,
    hash text NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT api_keys_pk PRIMARY KEY (user_id, id),
    CONSTRAINT api_keys_scope CHECK (scope IN ('read', 'mining', 'service'))
);
"""

# The answer is kept sealed with what only its asker knows: it may hold a secret shown once.
GUARD = """
CREATE TABLE idempotency_keys (
    user_id bigint NOT NULL,
    digest bytea NOT NULL,
    request bytea NOT NULL,
    created_at timestamptz NOT NULL,
    status smallint,
    answer bytea,
    CONSTRAINT idempotency_keys_pk PRIMARY KEY (user_id, digest)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys USING brin (created_at);

CREATE TABLE audit_log (
    id bigint NOT NULL,
    at timestamptz NOT NULL,
    actor_id bigint,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    details jsonb NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT audit_log_pk PRIMARY KEY (id)
);
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_log_is_append_only();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
"""

APPEND_ONLY = """
CREATE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only: % is refused', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$
"""


def upgrade() -> None:
    for part in (APPEND_ONLY, USERS, SIGN_IN, GUARD):
        run(part)
