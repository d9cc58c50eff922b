"""Two database roles: the doors can do all they have to, and cannot rewrite the audit log."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote, urlsplit, urlunsplit

import httpx
import pytest
from redis.asyncio import Redis
from sqlalchemy.exc import DBAPIError

from tbg.adapters.broadcast import Broadcast
from tbg.app import people
from tbg.app.relay import Relay
from tbg.app.worker import JOBS, Worker
from tbg.core.clock import FixedClock
from tbg.core.tx import Database, connect
from tbg.domains.accounts.actions.audit import first_broken
from tbg.domains.mining.jobs import keep_partitions
from tests import servers
from tests.accounts import leave, link, player, sign_in
from tests.conftest import NOW
from tests.domains.gamification.play import execute, play, rows, value
from tests.domains.gamification.play import share as bare_share
from tests.events import door, publish, share

NO_PRIVILEGE = "42501"
PASSWORD = "not-a-secret-of-anybody"


@dataclass(frozen=True)
class Roles:
    """One database as each of its two roles, neither a superuser; their names need quotes."""

    superuser: str
    owner: str
    application: str

    @classmethod
    def of(cls, url: str) -> Roles:
        """The URLs of a database that was opened as a superuser."""
        return cls(url, _as(url, OWNER), _as(url, APPLICATION))


OWNER = f'tbg "owner" {os.getpid()}'
APPLICATION = f"tbg :'app' %s {os.getpid()}"
MEMBER = f"tbg member {os.getpid()}"


def _as(url: str, role: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(role, safe='')}:{PASSWORD}@{host}"))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@pytest.fixture(scope="module")
def migrated(pg_url: str) -> Iterator[str]:
    """The name of a database that the owner migrated, to be copied from."""
    owner, application, member = map(_quoted, (OWNER, APPLICATION, MEMBER))
    servers.execute(
        pg_url,
        f"CREATE ROLE {owner} LOGIN PASSWORD '{PASSWORD}'",
        f"CREATE ROLE {application} LOGIN PASSWORD '{PASSWORD}'",
        f"GRANT {application} TO {owner}",
        f"CREATE ROLE {member} LOGIN PASSWORD '{PASSWORD}' IN ROLE {owner}",
    )
    try:
        with servers.database(pg_url, owner=owner) as url:
            roles = Roles.of(url)
            servers.migrate(roles.application, owner=roles.owner)
            yield url.rpartition("/")[2]
    finally:
        servers.execute(pg_url, f"DROP ROLE {application}, {owner}, {member}")


@pytest.fixture
def roles(pg_url: str, migrated: str) -> Iterator[Roles]:
    """A database of the test's own, as both roles."""
    with servers.database(pg_url, template=migrated, owner=_quoted(OWNER)) as url:
        yield Roles.of(url)


@pytest.fixture
def fresh_database(roles: Roles) -> str:
    """What `db`, `app` and `client` are made of here: they are the application."""
    return roles.application


async def test_neither_role_is_a_superuser(db: Database, roles: Roles) -> None:
    who = "SELECT rolname, rolsuper FROM pg_roles WHERE rolname = current_user"
    assert await rows(db, who) == [(APPLICATION, False)]
    owner = connect(roles.owner, FixedClock(NOW))
    assert await rows(owner, who) == [(OWNER, False)]
    await owner.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'x'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "INSERT INTO audit_log TABLE audit_log ON CONFLICT (id) DO UPDATE SET actor = 'x'",
        "MERGE INTO audit_log a USING (SELECT 3 AS id) b ON a.id = b.id WHEN MATCHED THEN DELETE",
        "LOCK TABLE audit_log IN ACCESS EXCLUSIVE MODE",
        "ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only",
        "ALTER TABLE audit_log DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_log_append_only ON audit_log",
        "CREATE TRIGGER t BEFORE INSERT ON audit_log EXECUTE FUNCTION audit_log_is_append_only()",
        "ALTER FUNCTION audit_log_is_append_only() SET search_path = mine",
        "DROP FUNCTION audit_log_is_append_only() CASCADE",
        "ALTER TABLE audit_log OWNER TO CURRENT_USER",
        "ALTER TABLE audit_log RENAME TO old_log",
        "DROP TABLE audit_log",
        "DROP SCHEMA public CASCADE",
        "SET ROLE {owner}",
        "SET session_replication_role = replica",
        "ALTER TABLE xp_ledger DISABLE TRIGGER ALL",
        "TRUNCATE xp_ledger",
    ],
)
async def test_the_application_may_not(db: Database, statement: str) -> None:
    async with db.transaction() as tx:
        with pytest.raises(DBAPIError) as refused:
            await tx.connection.exec_driver_sql(statement.replace("{owner}", _quoted(OWNER)))
    assert getattr(refused.value.orig, "sqlstate", None) == NO_PRIVILEGE


async def test_what_people_do_stands_in_the_log(
    db: Database, redis: Redis, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    for index in (0, 1):
        await publish(redis, share(NOW, user=player(index).address))
    await door(db, redis).drain()
    me = await sign_in(client)
    assert (await link(me, 1)).status_code == 201  # two users unite: the lock of who is who
    assert await value(db, "SELECT count(DISTINCT user_id) FROM user_addresses") == 1
    assert (await leave(me)).is_success
    clock.move(timedelta(days=40))
    assert await people.erase_due(db) == 1
    assert await value(db, "SELECT count(*) FROM user_addresses") == 0
    done = [("session.begin",), ("address.link",), ("account.delete",), ("account.erase",)]
    assert await rows(db, "SELECT action FROM audit_log ORDER BY id") == done
    async with db.transaction() as tx:
        assert await first_broken(tx) is None


async def test_the_doors_do_all_they_have_to(
    db: Database, redis: Redis, redis_url: str, clock: FixedClock
) -> None:
    """The registry, which locks its table, was loaded by the application when it migrated."""
    assert await value(db, "SELECT count(*) FROM badge_definitions") >= 20
    await publish(redis, *[share(NOW - timedelta(minutes=n)) for n in range(30)])
    await door(db, redis).drain()
    assert await value(db, "SELECT sum(accepted)::int FROM daily_shares") == 30
    assert await Relay(db, Broadcast(redis)).deliver() > 0
    clock.move(timedelta(days=9))
    ran = await Worker(db, redis, redis_url).run_all_due()
    assert ran == [job.name for job in JOBS]


async def test_months_are_made_filled_and_dropped(db: Database, clock: FixedClock) -> None:
    await months_go_by(db, clock)


async def test_a_database_that_one_role_had_made(
    pg_url: str, migrated_template: str, migrated: str, clock: FixedClock
) -> None:
    """As an installation of one role is, and every data directory made before there were two."""
    assert migrated  # the roles are there
    with servers.database(pg_url, template=migrated_template) as url:
        servers.migrate(Roles.of(url).application, owner=url)
        db = connect(Roles.of(url).application, clock)
        await months_go_by(db, clock)
        with pytest.raises(DBAPIError, match="permission denied for table audit_log"):
            await execute(db, "DELETE FROM audit_log")
        await db.close()


async def months_go_by(db: Database, clock: FixedClock) -> None:
    """Partitions are made where there are none, and dropped when their time is over."""
    months = """
        SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'
            AND relname <> 'shares_default' ORDER BY 1
    """
    for (name,) in await rows(db, months):  # of the day on which the test runs
        await execute(db, f'DROP TABLE "{name}"')
    await play(db, [bare_share(NOW)])
    await keep_partitions(db)
    assert await value(db, "SELECT count(*) FROM shares_2026_03") == 1
    clock.move(timedelta(days=150))
    await keep_partitions(db)
    made = [name for (name,) in await rows(db, months)]
    assert (made[0], made[-1]) == ("shares_2026_05", "shares_2026_11")


async def test_to_migrate_again_mends_what_was_granted(roles: Roles, db: Database) -> None:
    app = _quoted(APPLICATION)
    servers.execute(
        roles.owner,
        f"GRANT ALL ON audit_log TO {app}",
        "GRANT UPDATE (actor) ON audit_log TO PUBLIC",
        f"REVOKE ALL ON users FROM {app}",
        "CREATE TABLE another (id bigint GENERATED ALWAYS AS IDENTITY)",
    )
    for _ in range(2):
        servers.migrate(roles.application, owner=roles.owner)
    assert await value(db, "SELECT count(*) FROM users") == 0
    await execute(db, "INSERT INTO another DEFAULT VALUES")
    with pytest.raises(DBAPIError, match="permission denied for table audit_log"):
        await execute(db, "UPDATE audit_log SET actor = 'x'")


@pytest.mark.parametrize("application", ["superuser", "owner", "member"])
async def test_an_application_that_could_rewrite_the_log_is_refused(
    roles: Roles, application: str
) -> None:
    url, owner = {
        "superuser": (roles.superuser, roles.owner),
        "owner": (roles.owner, roles.superuser),
        "member": (_as(roles.owner, MEMBER), roles.owner),
    }[application]
    with pytest.raises(RuntimeError, match=r"could rewrite the audit log.*OPERATING\.md"):
        servers.migrate(url, owner=owner)


async def test_one_role_is_as_good_as_ever(roles: Roles) -> None:
    """Two settings that name the same role are one role."""
    servers.migrate(roles.owner, owner=roles.owner)
    owner = connect(roles.owner, FixedClock(NOW))
    with pytest.raises(DBAPIError, match="the audit log is append-only"):
        await execute(owner, "TRUNCATE audit_log")
    await owner.close()
