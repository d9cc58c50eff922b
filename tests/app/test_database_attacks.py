"""What the application role can try to become the owner of the tables, and that none of it works.

Each attack is done as the application role does it, against a real server.
"""

from __future__ import annotations

from collections.abc import Iterator

import asyncpg
import pytest

from tbg.core import database_roles, schema
from tbg.core.clock import FixedClock
from tbg.core.errors import CannotRun
from tbg.core.tx import Database, connect
from tests import servers
from tests.conftest import NOW
from tests.domains.gamification.play import execute, rows, value
from tests.roles import (
    APPLICATION,
    OTHER,
    OWNER,
    Roles,
    leave_as_before,
    made,
    quoted,
    upgrade,
)

NO_PRIVILEGE = "42501"
INVALID = "22023"

RAISES = "RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''called''; END'"
HOOK = "EXECUTE FUNCTION suppress_redundant_updates_trigger()"
XML = "query_to_xml('DELETE FROM audit_log', true, true, '')"
"""A function of PostgreSQL's own that runs any statement, as whoever calls it."""

REFUSED = (
    "UPDATE audit_log SET actor = 'x'",
    "DELETE FROM audit_log",
    "TRUNCATE audit_log",
    "INSERT INTO audit_log SELECT ON CONFLICT (id) DO UPDATE SET actor = 'x'",
    "INSERT INTO audit_log (id) OVERRIDING SYSTEM VALUE VALUES (9223372036854775807)",
    "SELECT setval(pg_get_serial_sequence('audit_log', 'id'), 9223372036854775807)",
    "UPDATE audit_seals SET hash = ''",
    "DELETE FROM audit_seals",
    "MERGE INTO audit_log a USING (SELECT 3 AS id) b ON a.id = b.id WHEN MATCHED THEN DELETE",
    "BEGIN; LOCK TABLE audit_log IN ACCESS EXCLUSIVE MODE",
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
    "UPDATE xp_ledger SET amount = 1",
    "DELETE FROM xp_ledger",
    "UPDATE alembic_version SET version_num = 'x'",
    "DELETE FROM alembic_version",
    "CREATE FUNCTION public.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION pg_catalog.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE AGGREGATE public.a (integer) (SFUNC = int4pl, STYPE = integer)",
    "CREATE OPERATOR public.=== (FUNCTION = int4eq, LEFTARG = integer, RIGHTARG = integer)",
    "CREATE TABLE public.t (n integer)",
    "CREATE VIEW public.v AS SELECT 1 AS n",
    "CREATE SEQUENCE public.s",
    "CREATE TYPE public.e AS ENUM ('x')",
    "CREATE DOMAIN public.d AS text CHECK (length(VALUE) > 0)",
    'CREATE COLLATION public.c FROM "C"',
    "CREATE SCHEMA mine",
    "CREATE SCHEMA AUTHORIZATION CURRENT_USER",
    "CREATE ROLE another",
    "CREATE DATABASE another",
    "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION audit_log_is_append_only()",
    "CREATE TRIGGER t BEFORE INSERT ON shares EXECUTE FUNCTION audit_log_is_append_only()",
    "CREATE TRIGGER t BEFORE INSERT ON users EXECUTE FUNCTION audit_log_is_append_only()",
    "CREATE RULE r AS ON INSERT TO shares DO ALSO DELETE FROM users",
    "CREATE POLICY p ON shares USING (true)",
    "CREATE INDEX ON shares (source)",
    "CREATE STATISTICS public.st ON source, hash FROM shares",
    "ALTER TABLE shares ADD CHECK (query_to_xml('SELECT 1', true, true, '') IS NOT NULL)",
    "ALTER TABLE shares ALTER source SET DEFAULT 'x'",
    "ALTER TABLE shares DETACH PARTITION shares_default",
    "ALTER TABLE shares OWNER TO CURRENT_USER",
    "DROP TABLE shares_default",
    "INSERT INTO shares_default TABLE shares_default",
    "DELETE FROM shares_default",
    "DROP TABLE shares",
    "TRUNCATE shares",
    "SELECT setval(pg_get_serial_sequence('users', 'id'), 1)",
    "ALTER FUNCTION make_month_of_shares(date) RESET search_path",
    "DROP FUNCTION make_month_of_shares(date)",
    "CREATE CAST (text AS integer) WITH INOUT",
    "GRANT {owner} TO CURRENT_USER",
    "ALTER ROLE {owner} SET search_path = public",
    "ALTER ROLE CURRENT_USER CREATEROLE",
    "ALTER DATABASE {database} SET search_path = public",
    "ALTER SYSTEM SET session_preload_libraries = 'x'",
    "SET SESSION AUTHORIZATION {owner}",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT lo_export(0, 'x')",
)


@pytest.fixture(scope="module")
def all_roles(pg_url: str) -> Iterator[None]:
    """The roles are there."""
    with made(pg_url):
        yield


@pytest.fixture(scope="module")
def migrated(pg_url: str, all_roles: None) -> Iterator[str]:
    """The name of a database that the owner migrated, to be copied from."""
    with servers.database(pg_url, owner=quoted(OWNER)) as url:
        upgrade(Roles.of(url))
        yield servers.name_of(url)


@pytest.fixture(scope="module")
def before(pg_url: str, all_roles: None) -> Iterator[str]:
    """The name of a database that the version before left, with shares in it."""
    with servers.database(pg_url, owner=quoted(OWNER)) as url:
        leave_as_before(Roles.of(url))
        yield servers.name_of(url)


@pytest.fixture
def roles(pg_url: str, migrated: str) -> Iterator[Roles]:
    """A database of this version, of the test's own."""
    with servers.database(pg_url, template=migrated, owner=quoted(OWNER)) as url:
        yield Roles.of(url)


@pytest.fixture
def old(pg_url: str, before: str) -> Iterator[Roles]:
    """A database of the version before, of the test's own."""
    app, owner = quoted(APPLICATION), quoted(OWNER)
    servers.execute(pg_url, f"GRANT {app} TO {owner}")  # as the manual had it
    try:
        with servers.database(pg_url, template=before, owner=owner) as url:
            yield Roles.of(url)
    finally:
        servers.execute(pg_url, f"REVOKE {app} FROM {owner}")


@pytest.fixture
def fresh_database(roles: Roles) -> str:
    """What `db` is made of here: it is the application."""
    return roles.application


async def refusal(connection: asyncpg.Connection, statement: str) -> str | None:
    """The SQLSTATE with which a statement was refused; None when it was not."""
    try:
        await connection.execute(statement)
    except asyncpg.PostgresError as error:
        return error.sqlstate
    finally:
        await connection.execute("ROLLBACK")
    return None


async def test_the_application_creates_owns_and_rewrites_nothing(roles: Roles) -> None:
    names = {"{owner}": quoted(OWNER), "{database}": quoted(servers.name_of(roles.owner))}
    connection = await asyncpg.connect(roles.application)
    allowed = {}
    for statement in REFUSED:
        said = statement
        for name, what in names.items():
            said = said.replace(name, what)
        state = await refusal(connection, said)
        if state != NO_PRIVILEGE:
            allowed[said] = state
    await connection.close()
    assert allowed == {}


async def test_everything_belongs_to_the_owner_and_runs_as_the_caller(
    db: Database, roles: Roles
) -> None:
    """But for the functions that make and drop months: closed to others, with a fixed path."""
    owned = """
        SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class
        WHERE relnamespace = CAST('public' AS regnamespace)
        UNION SELECT pg_get_userbyid(proowner) FROM pg_proc
        WHERE pronamespace = CAST('public' AS regnamespace)
    """
    assert await rows(db, owned) == [(OWNER,)]
    definers = """
        SELECT proname, proconfig[1], has_function_privilege(CAST(:other AS name), oid, 'EXECUTE')
        FROM pg_proc WHERE prosecdef AND pronamespace = CAST('public' AS regnamespace) ORDER BY 1
    """
    async with db.transaction() as tx:
        found = [tuple(row) for row in await tx.rows(definers, other=OTHER)]
    path = "search_path=pg_catalog, pg_temp"
    assert found == [("forget_old_shares", path, False), ("make_month_of_shares", path, False)]
    triggers = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
    assert await rows(db, triggers) == [
        *[("audit_log",)] * 2, *[("audit_seals",)] * 2, *[("xp_ledger",)] * 2
    ]  # fmt: skip


async def test_a_role_that_was_given_settings_is_refused_and_they_are_named(
    db: Database, roles: Roles
) -> None:
    app = quoted(APPLICATION)
    name = quoted(servers.name_of(roles.owner))
    connection = await asyncpg.connect(roles.application)  # a role may do so to itself
    await connection.execute(f"ALTER ROLE {app} SET default_transaction_read_only = on")
    await connection.execute(f"ALTER ROLE {app} IN DATABASE {name} SET search_path = nowhere")
    await connection.close()
    again = connect(roles.application, FixedClock(NOW))
    try:
        with pytest.raises(
            CannotRun, match=r"default_transaction_read_only=on, search_path=nowhere.*RESET ALL"
        ):
            await schema.require_current(again)
    finally:
        servers.execute(
            roles.superuser,
            f"ALTER ROLE {app} RESET ALL",
            f"ALTER ROLE {app} IN DATABASE {name} RESET ALL",
        )
    await schema.require_current(again)
    await again.close()


class TestMonths:
    async def test_made_in_utc_whatever_the_session_says(self, db: Database) -> None:
        """Nor are names taken from the session: its temporary tables and functions are ignored."""
        async with db.transaction() as tx:
            for statement in (
                "CREATE TEMPORARY TABLE shares (LIKE public.shares)",
                "CREATE TEMPORARY TABLE shares_default (LIKE public.shares)",
                f"CREATE FUNCTION pg_temp.format(text, text) {RAISES}",
                f"CREATE FUNCTION pg_temp.to_char(date, text) {RAISES}",
                "SET LOCAL search_path = pg_temp, public",
                "SET LOCAL timezone = 'Asia/Tokyo'",
                "SET LOCAL datestyle = 'SQL, DMY'",
            ):
                await tx.run(statement)
            made = await tx.value("SELECT public.make_month_of_shares('2027-05-01'::date)")
            assert made == "shares_2027_05"
            bound = await tx.value(
                """
                SELECT pg_get_expr(relpartbound, oid) FROM pg_class
                WHERE oid = 'public.shares_2027_05'::regclass
                """
            )
        assert bound == (
            "FOR VALUES FROM ('01/05/2027 09:00:00 JST') TO ('01/06/2027 09:00:00 JST')"
        )
        owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'shares_2027_05'"
        assert await value(db, owner) == OWNER

    async def test_refused_out_of_range(self, roles: Roles) -> None:
        connection = await asyncpg.connect(roles.application)
        for call in (
            "make_month_of_shares(NULL)",
            "make_month_of_shares('2027-05-02')",
            "make_month_of_shares('infinity')",
            "make_month_of_shares('0044-03-01 BC')",
            "make_month_of_shares('3000-01-01')",
            "forget_old_shares(NULL)",
            "forget_old_shares('infinity')",
            "forget_old_shares('-infinity')",
            "forget_old_shares(now() + interval '1 hour')",
        ):
            assert await refusal(connection, f"SELECT * FROM {call}") == INVALID, call
        await connection.close()

    async def test_not_made_without_end(self, db: Database) -> None:
        many = """
            SELECT count(make_month_of_shares(CAST(month AS date)))
            FROM generate_series(timestamp '2030-01-01', '2035-12-01', '1 month') month
        """
        with pytest.raises(Exception, match="too many partitions"):
            await value(db, many)


class TestUpgrade:
    """From a version in which the application created in the schema and owned the raw shares."""

    async def test_the_raw_shares_go_to_the_owner_with_all_that_is_in_them(
        self, old: Roles, clock: FixedClock
    ) -> None:
        for _ in range(2):
            upgrade(old)
        db = connect(old.application, clock)
        where = "SELECT CAST(tableoid AS regclass)::text, source FROM shares ORDER BY 1"
        assert await rows(db, where) == [("shares_2026_03", "pool"), ("shares_default", "pool")]
        assert await value(db, "SELECT make_month_of_shares('2026-05-01')") == "shares_2026_05"
        moved = [("shares_2026_03", "pool"), ("shares_2026_05", "pool")]
        assert await rows(db, where) == moved
        owners = "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relname ~ '^share'"
        assert await rows(db, owners) == [(OWNER,)]
        for partition in ("shares_default", "shares_2026_03", "shares_2026_05"):
            assert (
                await value(db, f"SELECT count(*) FROM {partition}") is not None
            )  # as a dump does
        assert await rows(db, "SELECT forget_old_shares('2026-04-15')") == [("shares_2026_03",)]
        await db.close()
        connection = await asyncpg.connect(old.application)
        for statement in (
            "CREATE FUNCTION public.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
            "ALTER TABLE shares ADD x integer",
            "UPDATE alembic_version SET version_num = 'x'",
        ):
            assert await refusal(connection, statement) == NO_PRIVILEGE
        await connection.close()

    @pytest.mark.parametrize("kind", ["integer", "bigint", "text"])
    async def test_a_function_that_waits_for_the_owner_is_found_and_never_run(
        self, old: Roles, kind: str
    ) -> None:
        """The attack that was reported: a better match for a call that the owner makes."""
        servers.execute(
            old.application,
            f"""
            CREATE FUNCTION public.pg_advisory_xact_lock(key {kind}) RETURNS void
            LANGUAGE plpgsql AS $$ BEGIN
                ALTER TABLE public.audit_log DISABLE TRIGGER ALL;
                DELETE FROM public.audit_log;
            END $$
            """,
        )
        with pytest.raises(CannotRun, match=r"should not own: function public\.pg_advisory"):
            upgrade(old)
        owner = connect(old.owner, FixedClock(NOW))
        assert await value(owner, "SELECT count(*) FROM audit_log") == 1
        await owner.close()
        connection = await asyncpg.connect(old.application)  # no second attempt
        again = f"CREATE FUNCTION public.f(integer) {RAISES}"
        assert await refusal(connection, again) == NO_PRIVILEGE
        await connection.close()

    @pytest.mark.parametrize(
        "statement",
        [
            f"CREATE FUNCTION public.f(integer) {RAISES}",
            f"CREATE TRIGGER t BEFORE UPDATE ON shares_2026_03 FOR EACH ROW {HOOK}",
            f"CREATE TRIGGER t BEFORE UPDATE ON shares FOR EACH ROW {HOOK}",
            f"ALTER TABLE shares_default ADD CHECK ({XML} IS NOT NULL) NOT VALID",
            f"ALTER TABLE shares ALTER hash SET DEFAULT {XML}",
            "CREATE RULE r AS ON DELETE TO shares_default DO ALSO DELETE FROM audit_log",
            "CREATE POLICY p ON shares_default USING (pg_sleep(1) IS NULL)",
            "CREATE INDEX ON shares_default (lower(source))",
            "CREATE STATISTICS st ON lower(source), lower(hash) FROM shares_default",
            "CREATE TABLE public.mine (n integer)",
            "CREATE VIEW public.mine AS SELECT 1 AS n",
            "CREATE TYPE public.regclass AS ENUM ('x')",
            "CREATE OPERATOR public.= (FUNCTION = texteq, LEFTARG = text, RIGHTARG = text)",
        ],
        ids=lambda statement: statement.partition("(")[0][:40],
    )
    async def test_objects_of_the_application_are_named_and_not_taken_over(
        self, old: Roles, statement: str
    ) -> None:
        servers.execute(old.application, statement)
        with pytest.raises(
            CannotRun, match=r"owns objects that it should not own|owned the raw shares"
        ):
            upgrade(old)

    async def test_what_is_committed_only_while_the_owner_migrates_comes_too_late(
        self, old: Roles
    ) -> None:
        """A better match for a comparison of Alembic's, made ready before rights were revoked."""
        attacker = await asyncpg.connect(old.application)
        await attacker.execute(
            "BEGIN; CREATE FUNCTION public.f(name, varchar) RETURNS boolean LANGUAGE sql"
            " AS 'DELETE FROM audit_log; SELECT true'; CREATE OPERATOR public.="
            " (FUNCTION = public.f, LEFTARG = name, RIGHTARG = varchar)"
        )
        with pytest.raises(CannotRun, match="1 open transactions: stop all services"):
            upgrade(old)
        await attacker.execute("COMMIT")
        with pytest.raises(CannotRun, match="should not own"):
            upgrade(old)
        await attacker.execute("DROP FUNCTION public.f(name, varchar) CASCADE")
        upgrade(old)  # an idle session may stay
        await attacker.close()

    async def test_raw_shares_that_the_owner_may_not_take_are_named(self, old: Roles) -> None:
        names = f"{quoted(APPLICATION)} FROM {quoted(OWNER)}"
        servers.execute(old.superuser, f"REVOKE {names}")
        with pytest.raises(CannotRun, match=r"grant that role to the one of TBG_OWNER_DATABASE_U"):
            upgrade(old)


class TestOwner:
    async def test_takes_no_function_of_the_schema_for_one_of_postgresql(
        self, roles: Roles
    ) -> None:
        """Better matches than PostgreSQL's own, of any role, for what the owner calls."""
        for name, arguments in (
            ("pg_advisory_xact_lock", "integer"),
            ("current_schema", "integer DEFAULT 1"),
            ("version", "VARIADIC integer[]"),
            ("to_regclass", "varchar"),
            ("format", "varchar, varchar"),
            ("format", "varchar, text, text"),
            ("format", "text, text, text"),
            ("has_schema_privilege", "oid, varchar, varchar"),
            ("pg_has_role", "oid, oid, varchar"),
            ("pg_has_role", "varchar, varchar"),
            ("set_config", "varchar, varchar, boolean"),
        ):
            servers.execute(
                roles.superuser,
                f"CREATE FUNCTION public.{name}({arguments}) {RAISES}",
            )
        servers.execute(roles.superuser, "UPDATE alembic_version SET version_num = version_num")
        upgrade(roles)

    async def test_begins_with_a_fixed_search_path(self, roles: Roles) -> None:
        """Whatever is set for its role or its database."""
        name = quoted(servers.name_of(roles.owner))
        servers.execute(roles.owner, f"ALTER DATABASE {name} SET search_path = public, pg_catalog")
        owner = connect(roles.owner, FixedClock(NOW))
        async with database_roles.owner_transaction(owner) as tx:
            assert await tx.value("SHOW search_path") == "pg_catalog, pg_temp"
        async with owner.transaction() as tx:  # nothing of it stays in the session
            assert await tx.value("SHOW search_path") == "public, pg_catalog"
        await owner.close()

    async def test_refuses_an_application_with_powers(self, roles: Roles) -> None:
        app, owner = quoted(APPLICATION), quoted(OWNER)
        setting = "SET ON PARAMETER session_replication_role"
        for change, back in (
            (f"ALTER ROLE {app} CREATEROLE", f"ALTER ROLE {app} NOCREATEROLE"),
            (f"ALTER ROLE {app} REPLICATION", f"ALTER ROLE {app} NOREPLICATION"),
            (f"ALTER ROLE {app} BYPASSRLS", f"ALTER ROLE {app} NOBYPASSRLS"),
            (f"GRANT {owner} TO {app}", f"REVOKE {owner} FROM {app}"),
            *(
                (f"GRANT {role} TO {app}", f"REVOKE {role} FROM {app}")
                for role in ("pg_write_all_data", "pg_execute_server_program")
            ),
            (f"GRANT {setting} TO {app}", f"REVOKE {setting} FROM {app}"),
        ):
            servers.execute(roles.superuser, change)
            try:
                with pytest.raises(CannotRun, match=r"could rewrite the audit log.*OPERATING\.md"):
                    upgrade(roles)
            finally:
                servers.execute(roles.superuser, back)
        upgrade(roles)

    async def test_privileges_to_create_are_revoked(self, roles: Roles) -> None:
        app, name = quoted(APPLICATION), quoted(servers.name_of(roles.owner))
        servers.execute(
            roles.superuser,
            "GRANT CREATE ON SCHEMA public TO PUBLIC",
            f"GRANT CREATE ON SCHEMA public TO {app}",
            f"GRANT CREATE ON DATABASE {name} TO {app}",
            f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {app}",
            f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {app}",
        )
        upgrade(roles)
        await test_the_application_creates_owns_and_rewrites_nothing(roles)

    async def test_migrates_an_empty_database(self, pg_url: str, all_roles: None) -> None:
        with servers.database(pg_url, owner=quoted(OWNER)) as url:
            upgrade(Roles.of(url))
            owner = connect(url, FixedClock(NOW))
            assert await schema.current(owner) == schema.REVISION
            await execute(owner, "SELECT 1")
            await owner.close()
