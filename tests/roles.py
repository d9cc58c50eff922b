"""The two database roles of a test server, and databases that the owner migrated for them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

from tbg.core import database_roles, schema
from tbg.core.clock import SystemClock
from tbg.core.tx import connect
from tests import servers
from tests.migrating import migrate_to

PASSWORD = "not-a-secret-of-anybody"
OWNER = f'tbg "owner" {os.getpid()}'
APPLICATION = f"tbg :'app' %s {os.getpid()}"
MEMBER = f"tbg member {os.getpid()}"
OTHER = f"tbg other {os.getpid()}"


@dataclass(frozen=True)
class Roles:
    """One database as each of its two roles, neither a superuser; their names need quotes."""

    superuser: str
    owner: str
    application: str

    @classmethod
    def of(cls, url: str) -> Roles:
        """The URLs of a database that was opened as a superuser."""
        return cls(url, as_role(url, OWNER), as_role(url, APPLICATION))


def as_role(url: str, role: str) -> str:
    """The same database as another of the test's roles."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(role, safe='')}:{PASSWORD}@{host}"))


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def made(pg_url: str) -> Iterator[None]:
    """All four roles while it lasts."""
    owner, application, member, other = map(quoted, (OWNER, APPLICATION, MEMBER, OTHER))
    servers.execute(
        pg_url,
        f"CREATE ROLE {owner} LOGIN PASSWORD '{PASSWORD}'",
        f"CREATE ROLE {application} LOGIN PASSWORD '{PASSWORD}'",
        f"CREATE ROLE {member} LOGIN PASSWORD '{PASSWORD}' IN ROLE {owner}",
        f"CREATE ROLE {other} LOGIN PASSWORD '{PASSWORD}'",
    )
    try:
        yield
    finally:
        servers.execute(pg_url, f"DROP ROLE {application}, {owner}, {member}, {other}")


def upgrade(roles: Roles) -> None:
    """Migrate as `tbg migrate` does for these two roles, without a process of its own."""

    async def run() -> None:
        owner = connect(roles.owner, SystemClock(), size=1)
        application = connect(roles.application, SystemClock(), size=1)
        try:
            role = await database_roles.current_role(application)
            await schema.upgrade(owner, application=role)
        finally:
            await owner.close()
            await application.close()

    with ThreadPoolExecutor(1) as thread:  # a thread of its own: the test may have a loop here
        thread.submit(asyncio.run, run()).result()


# What the version before left: the application creates in the schema, owns the raw shares, and
# writes every table but the log.
_AS_BEFORE = """
    GRANT USAGE, CREATE ON SCHEMA public TO {app};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app};
    GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {app};
    REVOKE ALL ON audit_log FROM {app};
    GRANT SELECT, INSERT ON audit_log TO {app};
    ALTER TABLE shares OWNER TO {app};
    ALTER TABLE shares_default OWNER TO {app};
"""
_PLAYED = """
    CREATE TABLE shares_2026_03 (LIKE shares INCLUDING ALL);
    ALTER TABLE shares ATTACH PARTITION shares_2026_03
        FOR VALUES FROM ('2026-03-01 00:00:00+00') TO ('2026-04-01 00:00:00+00');
    INSERT INTO users (created_at) VALUES ('2026-03-04 12:00:00+00');
    INSERT INTO shares SELECT 1, at, gen_random_uuid(), 1, 1, 1, true, NULL, NULL, NULL, NULL,
        NULL, 'pool' FROM unnest(ARRAY[timestamptz '2026-03-04 12:00:00+00',
        timestamptz '2026-05-04 12:00:00+00']) at;
    INSERT INTO audit_log VALUES (1, '2026-03-04 12:00:00+00', 1, 'owner', 'session.begin', 's',
        '{}', '', '');
"""


def leave_as_before(roles: Roles) -> None:
    """Make an empty database what the version before the functions of the owner left, in use."""

    async def run() -> None:
        owner = connect(roles.owner, SystemClock(), size=1)
        await migrate_to(owner, "0004_by_user")
        await owner.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()
    servers.execute(roles.superuser, _AS_BEFORE.replace("{app}", quoted(APPLICATION)))
    servers.execute(roles.application, _PLAYED)
