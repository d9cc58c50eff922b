"""Two database roles: the services can do all they have to, as a role that owns nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from redis.asyncio import Redis
from sqlalchemy.exc import DBAPIError

from tbg.adapters.broadcast import Broadcast
from tbg.app import lifecycle
from tbg.app.relay import Relay
from tbg.app.worker import JOBS, Worker
from tbg.core.clock import FixedClock
from tbg.core.tx import Database, connect
from tbg.domains.accounts.actions.audit import first_fault, seal_audit_log
from tbg.domains.mining.jobs import keep_partitions
from tests import servers
from tests.accounts import leave, link, player, sign_in
from tests.conftest import NOW
from tests.domains.gamification.play import execute, play, rows, value
from tests.domains.gamification.play import share as bare_share
from tests.events import ingest_on, publish, share
from tests.roles import APPLICATION, MEMBER, OWNER, Roles, as_role, made, quoted


@pytest.fixture(scope="module")
def migrated(pg_url: str) -> Iterator[str]:
    """The name of a database that the owner migrated, to be copied from."""
    with made(pg_url), servers.database(pg_url, owner=quoted(OWNER)) as url:
        roles = Roles.of(url)
        servers.migrate(roles.application, owner=roles.owner)
        yield servers.name_of(url)


@pytest.fixture
def roles(pg_url: str, migrated: str) -> Iterator[Roles]:
    """A database of the test's own, as both roles."""
    with servers.database(pg_url, template=migrated, owner=quoted(OWNER)) as url:
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


async def test_actions_are_in_the_audit_log(
    db: Database, redis: Redis, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    for index in (0, 1):
        await publish(redis, share(NOW, user=player(index).address))
    await ingest_on(db, redis).drain()
    me = await sign_in(client)
    assert (await link(me, 1)).status_code == 201  # two users merge: the owners' lock
    assert await value(db, "SELECT count(DISTINCT user_id) FROM user_addresses") == 1
    assert (await leave(me)).is_success
    clock.move(timedelta(days=40))
    assert await lifecycle.erase_due(db) == 1
    assert await value(db, "SELECT count(*) FROM user_addresses") == 0
    done = [("session.begin",), ("address.link",), ("account.delete",), ("account.erase",)]
    assert await rows(db, "SELECT action FROM audit_log ORDER BY id") == done
    assert await seal_audit_log(db) == len(done)
    async with db.transaction() as tx:
        assert await first_fault(tx) is None


async def test_the_services_role_suffices_for_all_work(
    db: Database, redis: Redis, redis_url: str, clock: FixedClock
) -> None:
    """The registry, which locks its table, was loaded by the application when it migrated."""
    assert await value(db, "SELECT count(*) FROM badge_definitions") >= 20
    await publish(redis, *[share(NOW - timedelta(minutes=n)) for n in range(30)])
    await ingest_on(db, redis).drain()
    assert await value(db, "SELECT sum(accepted)::int FROM daily_shares") == 30
    assert await Relay(db, Broadcast(redis)).deliver() > 0
    clock.move(timedelta(days=9))
    ran = await Worker(db, redis, redis_url).run_all_due()
    assert ran == [job.name for job in JOBS]


async def test_months_are_made_filled_and_dropped(
    db: Database, roles: Roles, clock: FixedClock
) -> None:
    await months_go_by(db, clock, superuser=roles.superuser)


async def test_a_database_that_one_role_had_made(
    pg_url: str, migrated_template: str, migrated: str, clock: FixedClock
) -> None:
    """As an installation of one role is, and every data directory made before there were two."""
    assert migrated  # the roles are there
    with servers.database(pg_url, template=migrated_template) as url:
        servers.migrate(Roles.of(url).application, owner=url)
        db = connect(Roles.of(url).application, clock)
        await months_go_by(db, clock, superuser=url)
        with pytest.raises(DBAPIError, match="permission denied for table audit_log"):
            await execute(db, "DELETE FROM audit_log")
        await db.close()


async def months_go_by(db: Database, clock: FixedClock, *, superuser: str) -> None:
    """Partitions are made where there are none, and dropped when their time is over."""
    months = """
        SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'
            AND relname <> 'shares_default' ORDER BY 1
    """
    today = await rows(db, months)  # of the day on which the test runs
    servers.execute(superuser, *[f'DROP TABLE "{name}"' for (name,) in today])
    await play(db, [bare_share(NOW)])
    await keep_partitions(db)
    where = "SELECT CAST(CAST(tableoid AS regclass) AS text) FROM shares"
    assert await rows(db, where) == [("shares_2026_03",)]
    clock.move(timedelta(days=150))
    await keep_partitions(db)
    made = [name for (name,) in await rows(db, months)]
    assert (made[0], made[-1]) == ("shares_2026_05", "shares_2026_11")


async def test_migrating_again_restores_the_grants(roles: Roles, db: Database) -> None:
    app = quoted(APPLICATION)
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
        "member": (as_role(roles.owner, MEMBER), roles.owner),
    }[application]
    with pytest.raises(
        RuntimeError, match=r"could rewrite the audit log.*(superuser|member).*OPERATING\.md"
    ):
        servers.migrate(url, owner=owner)


async def test_one_role_is_as_good_as_ever(roles: Roles) -> None:
    """Two settings that name the same role are one role."""
    servers.migrate(roles.owner, owner=roles.owner)
    owner = connect(roles.owner, FixedClock(NOW))
    with pytest.raises(DBAPIError, match="the audit log is append-only"):
        await execute(owner, "TRUNCATE audit_log")
    await owner.close()
