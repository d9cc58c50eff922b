"""Signatures for one purpose, keys that end with their address, an account's own list of activity;
and handles compared anew by what they look like.

Handles that rest are kept as digests, which nobody can compute anew: those few whose likeness is
another one now (with a j, a 9, or a hidden pair in them) rest for what is left of their month
under the old one only.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from tbg.core.migration import run

revision = "0006_signatures"
down_revision = "0005_database"

# As a merge, it waits for whoever reads an address before it takes what they may want.
# A challenge lives for five minutes: those of before are not worth reading.
SIGNATURES = """
LOCK TABLE user_addresses IN ACCESS EXCLUSIVE MODE;
DELETE FROM auth_challenges;
ALTER TABLE auth_challenges
    ADD purpose text NOT NULL,
    ADD subject text,
    ADD signed_at timestamptz;
ALTER TABLE api_keys ADD address text;
UPDATE api_keys k SET address = a.address FROM (
    SELECT user_id, min(address) AS address FROM user_addresses
    GROUP BY user_id HAVING count(*) = 1) AS a WHERE a.user_id = k.user_id;
CREATE TABLE account_activity (
    user_id bigint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    action text NOT NULL,
    about text,
    session_id uuid NOT NULL,
    device text NOT NULL,
    signed_in_with text NOT NULL,
    CONSTRAINT account_activity_pk PRIMARY KEY (user_id, id)
);
CREATE INDEX account_activity_age ON account_activity USING brin (at);
CREATE UNIQUE INDEX users_handle_lower ON users (lower(handle));
"""

# As `handle_key` was in domains/accounts/rules.py when this was written.
_SAME = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "8": "b", "2": "z", "9": "g",
                       "u": "v", "_": None, "-": None})  # fmt: skip
_PAIRS = (("m", "rn"), ("w", "vv"), ("d", "cl"))

# Whoever has had theirs for longest comes first; the log knows since when.
_HANDLES = """
SELECT u.id, u.handle FROM users u LEFT JOIN (
    SELECT actor_id, max(at) AS at FROM audit_log WHERE action = 'handle.change'
    GROUP BY actor_id) AS changed ON changed.actor_id = u.id
WHERE u.handle IS NOT NULL ORDER BY changed.at NULLS FIRST, u.id
"""


def _key(handle: str) -> str:
    key = handle.casefold().translate(_SAME)
    for narrow, wide in _PAIRS:
        key = key.replace(narrow, wide).replace(wide, narrow)
    return key


def upgrade() -> None:
    run(SIGNATURES)
    bind = op.get_bind()
    taken: set[str] = set()
    keys = []
    for user_id, handle in bind.execute(text(_HANDLES)).all():
        key = _key(handle)
        # Who came later stays too, under a key that no handle has.
        keys.append({"id": user_id, "key": f"{key}~{user_id}" if key in taken else key})
        taken.add(key)
    # In two steps: a new key may be somebody's old one.
    bind.execute(text("UPDATE users SET handle_key = '~' || id WHERE handle IS NOT NULL"))
    if keys:
        bind.execute(text("UPDATE users SET handle_key = :key WHERE id = :id"), keys)
