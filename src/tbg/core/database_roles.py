"""Two database roles: the owner migrates, the application works and never rewrites the audit log.

What the owner says here it says with nothing but PostgreSQL's own functions in its path: the
application may put others into the schema.
"""

from __future__ import annotations

from tbg.core.errors import CannotRun
from tbg.core.tx import AnyRow, Database, Tx

_LET_IN = "GRANT USAGE, CREATE ON SCHEMA %1$I TO %3$I"
_READ_AND_WRITE = "GRANT SELECT, INSERT, UPDATE, DELETE ON %1$I.%2$I TO %3$I"
_APPEND = (
    "REVOKE ALL ON %1$I.%2$I FROM PUBLIC, %3$I",
    "GRANT SELECT, INSERT ON %1$I.%2$I TO %3$I",
)
_COUNT = "GRANT USAGE, SELECT, UPDATE ON SEQUENCE %1$I.%2$I TO %3$I"
# Partitions come and go by the application's own hand: only an owner may attach and drop them.
_HAND_OVER = "ALTER TABLE %1$I.%2$I OWNER TO %3$I"


async def current_role(database: Database) -> str:
    """The role as which it is connected."""
    async with database.transaction() as tx:
        return str(await tx.value("SELECT CAST(current_user AS text)"))


async def let_in(owner: Database, *, application: str, lock: int) -> None:
    """Grant a role what the game needs, and of the audit log no more than to read and to add.

    Nothing to do when it is the owner itself: then triggers alone keep the log. `lock`: the one
    that migrations take.
    """
    if await current_role(owner) == application:
        return
    async with owner.transaction() as tx:
        await tx.run("SELECT pg_advisory_xact_lock(:key)", key=lock)
        schema = str(await tx.value("SELECT CAST(current_schema() AS text)"))
        await tx.run("SET LOCAL search_path = pg_catalog")
        for template in _APPEND:
            await _say(tx, template, schema=schema, name="audit_log", application=application)
        if await _may_rewrite(tx, schema=schema, application=application):
            raise CannotRun(
                f"the role {application} of TBG_DATABASE_URL could rewrite the audit log: it may "
                "be no superuser, own neither tables nor schema nor database, and be no member "
                "of who does (docs/OPERATING.md has the lines that make both roles)"
            )
        await _say(tx, _LET_IN, schema=schema, application=application)
        for row in await _not_its_own(tx, schema=schema, application=application):
            template = _COUNT if row.counts else _HAND_OVER if row.shares else _READ_AND_WRITE
            await _say(tx, template, schema=schema, name=row.name, application=application)


async def _not_its_own(tx: Tx, *, schema: str, application: str) -> list[AnyRow]:
    """The owner's other tables and sequences, but for what was handed over before."""
    rows = await tx.rows(
        """
        SELECT c.relname AS name, c.relkind = 'S' AS counts,
            c.relname = 'shares' OR c.relispartition AS shares
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = :schema AND c.relkind IN ('r', 'p', 'S') AND c.relname <> 'audit_log'
            AND pg_has_role(c.relowner, 'USAGE') AND pg_get_userbyid(c.relowner) <> :application
        ORDER BY c.oid
        """,
        schema=schema,
        application=application,
    )
    return list(rows)


async def _say(tx: Tx, template: str, *, schema: str, application: str, name: str = "") -> None:
    statement = await tx.value(
        """
        SELECT format(:template, CAST(:schema AS text), CAST(:name AS text),
            CAST(:application AS text))
        """,
        template=template,
        schema=schema,
        name=name,
        application=application,
    )
    await tx.connection.exec_driver_sql(statement)


async def _may_rewrite(tx: Tx, *, schema: str, application: str) -> bool:
    """Whether a role has, or can give itself, more of the audit log than it was granted."""
    found = await tx.value(
        """
        SELECT pg_has_role(r.oid, c.relowner, 'MEMBER')
            OR pg_has_role(r.oid, n.nspowner, 'MEMBER')
            OR pg_has_role(r.oid, d.datdba, 'MEMBER')
            OR has_table_privilege(r.oid, c.oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')
        FROM pg_roles r, pg_database d, pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE r.rolname = :application AND d.datname = current_database()
            AND n.nspname = :schema AND c.relname = 'audit_log'
        """,
        application=application,
        schema=schema,
    )
    return bool(found)
