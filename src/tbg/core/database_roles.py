"""Two database roles: the owner migrates, the application works and owns nothing.

Whatever the application role can put into the database must never run as the owner. So it creates
nothing in the schema, owns no table, is a member of no role; and the owner looks names up in
PostgreSQL's own catalogue alone, in every transaction, from its first statement on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tbg.core.errors import CannotRun
from tbg.core.tx import Database, Tx

_MANUAL = "docs/OPERATING.md shows how to create both roles"

# Temporary objects come last, or they would come first. LOCAL: a connection pooler in transaction
# mode gives the session to others.
_PATH = "SET LOCAL search_path = pg_catalog, pg_temp"
_MIGRATION_PATH = "SET LOCAL search_path = public, pg_temp"


@asynccontextmanager
async def owner_transaction(database: Database) -> AsyncIterator[Tx]:
    """A transaction of the owner of the tables: it looks names up in PostgreSQL's catalogue."""
    async with database.transaction() as tx:
        await tx.run(_PATH)
        yield tx


@asynccontextmanager
async def bare_names(tx: Tx) -> AsyncIterator[None]:
    """Let migrations find and create the game's tables by their unqualified names."""
    await tx.run(_MIGRATION_PATH)
    yield
    await tx.run(_PATH)


async def current_role(database: Database) -> str:
    """The role of this connection, in a way that nothing in the database can falsify."""
    async with database.transaction() as tx:
        return str(await tx.value("SELECT current_user"))  # no cast: types can be forged


async def require_no_settings(tx: Tx) -> None:
    """CannotRun if the role of this connection has its own settings.

    A role may give itself any, so anybody who knows its password could stop the game from working:
    with another search path, read-only transactions, or a timeout of a millisecond.
    """
    if settings := [text for (text,) in await tx.rows(_SETTINGS)]:
        raise CannotRun(
            f"the role {await tx.value('SELECT current_user')} of TBG_DATABASE_URL has its own "
            f"settings: {', '.join(settings)}. {_REMEDY}"
        )


async def revoke(tx: Tx, *, application: str) -> None:
    """Revoke a role's right to create anything; commit this before doing anything else."""
    for statement in await _strings(tx, _MAY_CREATE, application=application):
        await tx.connection.exec_driver_sql(statement)


async def secure(tx: Tx, *, application: str) -> None:
    """As the owner, revoke whatever could make a role the owner; CannotRun if that fails.

    Call this before anything in the schema is looked up.
    """
    if powers := await _strings(tx, _POWERS, application=application):
        raise CannotRun(
            f"the role {application} of TBG_DATABASE_URL could rewrite the audit log, because it "
            f"{', '.join(powers)}; {_MANUAL}"
        )
    await _take_back(tx, application)
    if strange := await _strings(tx, _PROPERTY, application=application):
        raise CannotRun(
            f"the role {application} of TBG_DATABASE_URL owns objects that it should not own: "
            f"{', '.join(strange[:5])}. The game does not create them: find out who did, and drop "
            "them or give them to another role"
        )


async def require_quiet(tx: Tx, *, application: str) -> None:
    """CannotRun while a role that could create until now has transactions open.

    They could still commit what they created, and migrations look names up in the schema. What is
    committed by then is found by `secure`.
    """
    await _to_take_back(tx, application)  # reports what is missing before anybody has to wait
    if count := await tx.value(_OPEN, application=application):
        raise CannotRun(
            f"the role {application} of TBG_DATABASE_URL has {count} open transactions: stop all "
            "services, end its remaining sessions, and migrate again"
        )


async def grant(tx: Tx, *, application: str) -> None:
    """Grant a role what the game needs; for logs only reading and appending."""
    for statement in await _strings(tx, _GRANTS, application=application):
        await tx.connection.exec_driver_sql(statement)
    if await tx.value(_REWRITES, application=application):
        raise CannotRun(
            f"the role {application} of TBG_DATABASE_URL could rewrite the audit log: a role "
            f"other than the owner granted it more than reading and appending; {_MANUAL}"
        )


async def _strings(tx: Tx, sql: str, *, application: str) -> list[str]:
    return [text for (text,) in await tx.rows(sql, application=application)]


async def _take_back(tx: Tx, application: str) -> None:
    """Give the raw shares back to the owner, if the application has them.

    Before there were functions for it, the application made and dropped the partitions itself, and
    owned them. What it attached to them would run as the owner from now on.
    """
    theirs = await _to_take_back(tx, application)
    for statement in theirs:
        await tx.connection.exec_driver_sql(statement)
    # Checked last: now the tables are locked, and nothing can be added.
    if theirs and (strange := [text for (text,) in await tx.rows(_HUNG_ON)]):
        raise CannotRun(
            f"the role {application} of TBG_DATABASE_URL owned the raw shares and has attached "
            f"objects to them that the game does not create: {', '.join(strange[:5])}. Find out "
            "who did, and drop them"
        )


async def _to_take_back(tx: Tx, application: str) -> list[str]:
    statements = await _strings(tx, _SHARES, application=application)
    if statements and not await tx.value(_MEMBER, application=application):
        raise CannotRun(
            f"the raw shares belong to the role {application} but must belong to the owner: as a "
            f"superuser, grant that role to the one of TBG_OWNER_DATABASE_URL; {_MANUAL}"
        )
    return statements


_SETTINGS = """
SELECT pg_catalog.unnest(s.setconfig) FROM pg_catalog.pg_db_role_setting s
JOIN pg_catalog.pg_roles r ON r.oid = s.setrole AND r.rolname = current_user
WHERE s.setdatabase = 0 OR s.setdatabase = (
    SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
ORDER BY 1
"""

_REMEDY = (
    "Remove them with ALTER ROLE … RESET ALL and ALTER ROLE … IN DATABASE … RESET ALL; for "
    "settings that you want, use ALTER DATABASE"
)

# All following statements run with `_PATH`, so that unqualified names are PostgreSQL's own.

# Only existing privileges are revoked: a role that owns neither schema nor database would be
# refused.
_MAY_CREATE = """
SELECT format('REVOKE CREATE ON SCHEMA public FROM PUBLIC, %I', r.rolname)
FROM pg_roles r WHERE r.rolname = CAST(:application AS name) AND NOT r.rolsuper
    AND has_schema_privilege(r.oid, CAST('public' AS text), CAST('CREATE' AS text))
UNION ALL
SELECT format('REVOKE CREATE ON DATABASE %I FROM PUBLIC, %I', current_database(), r.rolname)
FROM pg_roles r WHERE r.rolname = CAST(:application AS name) AND NOT r.rolsuper
    AND has_database_privilege(r.oid, CAST(current_database() AS text), CAST('CREATE' AS text))
"""

# Members of these roles see more of the server's state, but cannot change anything.
_POWERS = """
SELECT p.what
FROM pg_roles r CROSS JOIN LATERAL (VALUES
    (r.rolsuper, 'is a superuser'),
    (r.rolcreaterole, 'may change roles (NOCREATEROLE takes that away)'),
    (r.rolreplication, 'may replicate (NOREPLICATION takes that away)'),
    (r.rolbypassrls, 'passes row security by (NOBYPASSRLS takes that away)'),
    (has_parameter_privilege(r.oid, CAST('session_replication_role' AS text),
        CAST('SET' AS text)), 'may set session_replication_role'),
    (has_schema_privilege(r.oid, CAST('public' AS text), CAST('CREATE' AS text)),
        'may create in the schema public'),
    (has_database_privilege(r.oid, CAST(current_database() AS text), CAST('CREATE' AS text)),
        'may create schemas in the database')
) p (so, what)
WHERE r.rolname = CAST(:application AS name) AND p.so
UNION ALL
SELECT format('is a member of %I', other.rolname)
FROM pg_roles r JOIN pg_roles other ON other.oid <> r.oid
WHERE r.rolname = CAST(:application AS name) AND NOT r.rolsuper
    AND pg_has_role(r.oid, other.oid, CAST('MEMBER' AS text))
    AND other.rolname NOT IN ('pg_monitor', 'pg_read_all_settings', 'pg_read_all_stats',
        'pg_stat_scan_tables', 'pg_use_reserved_connections')
"""

# Before there were functions for it, the application created the partitions. Sessions that we may
# not inspect are shown by name only.
_OPEN = """
SELECT CASE WHEN to_regprocedure(CAST('public.make_month_of_shares(date)' AS text)) IS NULL THEN
    (SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = CAST(:application AS name)
        AND (xact_start IS NOT NULL OR state IS NULL))
    + (SELECT count(*) FROM pg_prepared_xacts
    WHERE database = current_database() AND owner = CAST(:application AS name))
    ELSE 0 END
"""

# The raw shares and their partitions.
_FAMILY = """
WITH RECURSIVE family AS (
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relname = 'shares'
    UNION SELECT i.inhrelid FROM pg_inherits i JOIN family f ON f.oid = i.inhparent
)
"""

_SHARES = (
    _FAMILY  # noqa: S608 - constants alone
    + """
SELECT format('ALTER TABLE %I.%I OWNER TO CURRENT_USER', n.nspname, c.relname)
FROM family f JOIN pg_class c ON c.oid = f.oid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relowner = (SELECT oid FROM pg_roles WHERE rolname = CAST(:application AS name))
ORDER BY c.oid
"""
)

# Each of these would run code when the owner writes, reads or analyses the table. Those of an
# extension (TimescaleDB's) are a superuser's; comparisons in its checks call no function.
_HUNG_ON = (
    _FAMILY  # noqa: S608 - constants alone
    + """
SELECT pg_describe_object(found.kind, found.oid, 0)
FROM family f CROSS JOIN LATERAL (
    SELECT CAST('pg_class' AS regclass), oid FROM pg_class
        WHERE oid = f.oid AND relkind NOT IN ('r', 'p')
    UNION ALL SELECT CAST('pg_trigger' AS regclass), t.oid FROM pg_trigger t
        WHERE t.tgrelid = f.oid AND NOT t.tgisinternal AND NOT EXISTS (SELECT 1
            FROM pg_depend d WHERE d.classid = CAST('pg_proc' AS regclass) AND d.objid = t.tgfoid
                AND d.deptype = 'e')
    UNION ALL SELECT CAST('pg_rewrite' AS regclass), oid FROM pg_rewrite WHERE ev_class = f.oid
    UNION ALL SELECT CAST('pg_policy' AS regclass), oid FROM pg_policy WHERE polrelid = f.oid
    UNION ALL SELECT CAST('pg_attrdef' AS regclass), oid FROM pg_attrdef WHERE adrelid = f.oid
    UNION ALL SELECT CAST('pg_constraint' AS regclass), oid FROM pg_constraint
        WHERE conrelid = f.oid AND contype NOT IN ('p', 'n')
            AND (contype <> 'c' OR CAST(conbin AS text)
                ~ '[{](?!(OPEXPR|VAR|CONST|BOOLEXPR|NULLTEST|RELABELTYPE) )')
    UNION ALL SELECT CAST('pg_class' AS regclass), indexrelid FROM pg_index
        WHERE indrelid = f.oid AND (indexprs IS NOT NULL OR indpred IS NOT NULL)
    UNION ALL SELECT CAST('pg_class' AS regclass), partrelid FROM pg_partitioned_table
        WHERE partrelid = f.oid AND partexprs IS NOT NULL
    UNION ALL SELECT CAST('pg_statistic_ext' AS regclass), oid FROM pg_statistic_ext
        WHERE stxrelid = f.oid
) found (kind, oid)
"""
)

_MEMBER = "SELECT pg_has_role(CAST(:application AS name), CAST('USAGE' AS text))"

# Everything in this database that belongs to the application. Temporary things are seen by their
# own session alone; large objects and default privileges run nothing.
_PROPERTY = """
SELECT pg_describe_object(s.classid, s.objid, 0)
FROM pg_shdepend s CROSS JOIN LATERAL pg_identify_object(s.classid, s.objid, 0) i
WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND s.refclassid = CAST('pg_authid' AS regclass)
    AND s.refobjid = (SELECT oid FROM pg_roles WHERE rolname = CAST(:application AS name))
    AND s.deptype = 'o'
    AND s.classid NOT IN (CAST('pg_largeobject' AS regclass), CAST('pg_default_acl' AS regclass))
    AND coalesce(i.schema, '') !~ '^pg_temp'
ORDER BY s.classid, s.objid
"""

# Of each kind of relation, all at once: first nothing, then what it may. Partitions are written
# through `shares`, but a dump reads each, also those to come. Tables of extensions are not ours.
# Identity columns of logs are PostgreSQL's alone: with the last number taken, none would follow.
_GRANTS = """
WITH ours AS (
    SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', ' ORDER BY c.oid) AS names, k.kind,
        (SELECT string_agg(format('%I', a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
            WHERE a.attrelid = any(array_agg(c.oid)) AND a.attnum > 0 AND NOT a.attisdropped
            AND a.attidentity = '') AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (SELECT CASE
        WHEN c.relkind = 'S' THEN 'counts'
        WHEN c.relispartition OR c.relkind = 'v' THEN 'read'
        WHEN c.relname IN ('audit_log', 'audit_seals', 'xp_ledger') THEN 'log'
        WHEN c.relname = 'alembic_version' THEN 'mark'
        ELSE 'table' END) k (kind)
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'S')
        AND pg_has_role(c.relowner, CAST('USAGE' AS text))
        AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = CAST('pg_class' AS regclass)
            AND d.objid = c.oid AND d.deptype = 'e')
    GROUP BY k.kind, CASE WHEN k.kind = 'log' THEN c.oid END
)
SELECT format(said.template, ours.names, CAST(:application AS text), ours.columns)
FROM ours RIGHT JOIN (VALUES
    (1, 'counts', 'REVOKE ALL ON SEQUENCE %1$s FROM PUBLIC, %2$I'),
    (1, 'read', 'REVOKE ALL ON %1$s FROM PUBLIC, %2$I'),
    (1, 'log', 'REVOKE ALL ON %1$s FROM PUBLIC, %2$I'),
    (1, 'mark', 'REVOKE ALL ON %1$s FROM PUBLIC, %2$I'),
    (1, 'table', 'REVOKE ALL ON %1$s FROM PUBLIC, %2$I'),
    (2, 'counts', 'GRANT USAGE, SELECT ON SEQUENCE %1$s TO %2$I'),
    (2, 'read', 'GRANT SELECT ON %1$s TO %2$I'),
    (2, 'log', 'GRANT SELECT, INSERT (%3$s) ON %1$s TO %2$I'),
    (2, 'mark', 'GRANT SELECT ON %1$s TO %2$I'),
    (2, 'table', 'GRANT SELECT, INSERT, UPDATE, DELETE ON %1$s TO %2$I'),
    (2, NULL, 'GRANT USAGE ON SCHEMA public TO %2$I'),
    (2, NULL, 'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO %2$I'),
    (2, NULL, 'GRANT EXECUTE ON FUNCTION public.make_month_of_shares(date),'
        ' public.forget_old_shares(timestamptz) TO %2$I')
) said (turn, kind, template) ON said.kind = ours.kind
WHERE said.kind IS NULL OR ours.kind IS NOT NULL
ORDER BY said.turn
"""

_REWRITES = """
SELECT bool_or(has_table_privilege(CAST(:application AS name), c.oid,
    CAST('UPDATE, DELETE, TRUNCATE, TRIGGER' AS text)))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relname IN ('audit_log', 'audit_seals', 'xp_ledger')
"""
