"""Tables can be distributed: the migrated database against what each domain's `tables` declares.

The numbers are those of the rules for schemas in `docs/decisions/0013-sql-that-scales.md`.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tbg.core.tables import Distributed, Placement, Reference
from tbg.core.tx import Database, Tx
from tests.placements import declared, declared_views

TRIGGERS = {
    ("audit_log", "audit_log_append_only"): "history is not rewritten",
    ("audit_log", "audit_log_no_truncate"): "history is not rewritten",
    ("audit_seals", "audit_seals_append_only"): "history is not rewritten",
    ("audit_seals", "audit_seals_no_truncate"): "history is not rewritten",
    ("xp_ledger", "xp_ledger_append_only"): "what was paid is not rewritten",
    ("xp_ledger", "xp_ledger_no_truncate"): "what was paid is not rewritten",
}
"""The only triggers there may be. This list may only shrink: each costs its table a setting."""

_TABLES = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""

_VIEWS = """
SELECT viewname FROM pg_views v WHERE schemaname = 'public' AND NOT EXISTS (SELECT 1
    FROM pg_depend d WHERE d.objid = format('public.%I', v.viewname)::regclass AND d.deptype = 'e')
"""

_KEYS = """
SELECT t.relname AS table, i.indexrelid::regclass::text AS name, i.indisprimary AS is_primary,
    ARRAY(SELECT COALESCE(a.attname::text, '') FROM unnest(i.indkey) WITH ORDINALITY k (n, place)
        LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.n AND k.n > 0
        ORDER BY place) AS columns
FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
WHERE i.indisunique AND t.relnamespace = 'public'::regnamespace AND NOT t.relispartition
    AND t.relkind IN ('r', 'p')
ORDER BY 1, 2
"""

_FOREIGN_KEYS = """
SELECT c.conname AS name, f.relname AS table, t.relname AS target,
    ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k (n, place)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n ORDER BY place) AS own,
    ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k (n, place)
        JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.n ORDER BY place) AS other
FROM pg_constraint c JOIN pg_class f ON f.oid = c.conrelid JOIN pg_class t ON t.oid = c.confrelid
WHERE c.contype = 'f' AND f.relnamespace = 'public'::regnamespace AND NOT f.relispartition
ORDER BY 1
"""

_TRIGGERS = """
SELECT t.relname, g.tgname FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
WHERE NOT g.tgisinternal AND t.relnamespace = 'public'::regnamespace AND NOT t.relispartition
    AND NOT EXISTS (SELECT 1 FROM pg_depend d
        WHERE d.classid = 'pg_proc'::regclass AND d.objid = g.tgfoid AND d.deptype = 'e')
"""


class Key(NamedTuple):
    table: str
    name: str
    is_primary: bool
    columns: list[str]


async def undeclared(tx: Tx, places: dict[str, Placement]) -> list[str]:
    """What is in the database and not declared, or the other way round."""
    there = {name for (name,) in await tx.rows(_TABLES)}
    missing = [
        f"{table} is not declared: add it to TABLES in its domain's tables.py, as Distributed()"
        ' (its rows are about one user), Reference("key") (small, changed seldom) or'
        ' Local("why it is on one node")'
        for table in sorted(there - places.keys())
    ]
    return missing + [f"{table} is declared and not there" for table in places.keys() - there]


async def bad_keys(tx: Tx, places: dict[str, Placement]) -> list[str]:
    """Rule 1: unique keys without the column of distribution, primary keys that begin otherwise."""
    found, begins = [], {}
    for key in (Key(*row) for row in await tx.rows(_KEYS)):
        place = places.get(key.table)
        if key.is_primary:
            begins[key.table] = key.columns[0]
        if isinstance(place, Distributed) and place.column not in key.columns:
            found.append(f"rule 1: the unique key {key.name} of {key.table} lacks {place.column}")
    for table, place in places.items():
        first = (
            place.column
            if isinstance(place, Distributed)
            else place.key
            if isinstance(place, Reference)
            else None
        )
        if first is not None and begins.get(table) != first:
            found.append(f"rule 1: the primary key of {table} does not begin with {first}")
    return found


async def bad_foreign_keys(tx: Tx, places: dict[str, Placement]) -> list[str]:
    """Rule 5: foreign keys that would need another node's rows."""
    found = []
    for row in await tx.rows(_FOREIGN_KEYS):
        own, target = places.get(row.table), places.get(row.target)
        if isinstance(target, Reference):
            continue
        together = (
            isinstance(own, Distributed)
            and isinstance(target, Distributed)
            and (own.column, target.column) in zip(row.own, row.other, strict=True)
        )
        if not together:
            found.append(
                f"rule 5: the foreign key {row.name} of {row.table} refers to {row.target}, which"
                " is neither a reference table nor found on the same node by both keys"
            )
    return found


async def triggers(tx: Tx) -> set[tuple[str, str]]:
    """Every trigger that is not PostgreSQL's or an extension's own."""
    return {(table, name) for table, name in await tx.rows(_TRIGGERS)}


async def test_every_table_declares_where_it_is(db: Database) -> None:
    async with db.transaction() as tx:
        assert await undeclared(tx, declared()) == []


async def test_every_view_declares_where_its_rows_are(db: Database) -> None:
    async with db.transaction() as tx:
        assert {name for (name,) in await tx.rows(_VIEWS)} == declared_views().keys()


async def test_keys_begin_with_the_distribution_column_and_all_contain_it(
    db: Database,
) -> None:
    async with db.transaction() as tx:
        assert await bad_keys(tx, declared()) == []


async def test_foreign_keys_stay_on_a_node(db: Database) -> None:
    async with db.transaction() as tx:
        assert await bad_foreign_keys(tx, declared()) == []


async def test_there_are_no_triggers_but_the_named_ones(db: Database) -> None:
    async with db.transaction() as tx:
        assert await triggers(tx) == set(TRIGGERS)


async def test_a_table_without_a_declaration_is_named_with_the_remedy(db: Database) -> None:
    async with db.transaction() as tx:
        await tx.run("CREATE TABLE toys (user_id bigint PRIMARY KEY)")
        (message,) = await undeclared(tx, declared())
        assert message.startswith("toys is not declared: add it to TABLES in its domain's tables")
        assert await undeclared(tx, declared() | {"toys": Distributed()}) == []
        (message,) = await undeclared(tx, declared() | {"toys": Distributed(), "x": Distributed()})
        assert message == "x is declared and not there"


@pytest.mark.parametrize(
    ("toy", "fault"),
    [
        (
            "CREATE TABLE toys (user_id bigint, id bigint, CONSTRAINT k PRIMARY KEY (id))",
            "rule 1: the unique key k of toys lacks user_id",
        ),
        (
            "CREATE TABLE toys (user_id bigint PRIMARY KEY, id bigint, CONSTRAINT k UNIQUE (id))",
            "rule 1: the unique key k of toys lacks user_id",
        ),
        (
            "CREATE TABLE toys (user_id bigint, id bigint, PRIMARY KEY (id, user_id))",
            "rule 1: the primary key of toys does not begin with user_id",
        ),
        (
            "CREATE TABLE toys (user_id bigint)",
            "rule 1: the primary key of toys does not begin with user_id",
        ),
    ],
)
async def test_a_planted_key_that_cannot_be_distributed_is_named(
    db: Database, toy: str, fault: str
) -> None:
    async with db.transaction() as tx:
        await tx.run(toy)
        assert fault in await bad_keys(tx, declared() | {"toys": Distributed()})


@pytest.mark.parametrize(
    "reference",
    [
        "FOREIGN KEY (block, height) REFERENCES rows (hash, height)",
        "FOREIGN KEY (height, user_id) REFERENCES others (user_id, n)",
    ],
)
async def test_a_planted_foreign_key_to_another_node_is_named(db: Database, reference: str) -> None:
    toys = (
        "CREATE TABLE rows (hash text, height bigint, PRIMARY KEY (hash, height))",
        "CREATE TABLE others (user_id bigint, n bigint, PRIMARY KEY (user_id, n))",
        "CREATE TABLE toys (user_id bigint PRIMARY KEY, block text, height bigint)",
        f"ALTER TABLE toys ADD CONSTRAINT away {reference}",
    )
    async with db.transaction() as tx:
        for toy in toys:
            await tx.run(toy)
        places = declared() | {"toys": Distributed(), "others": Distributed()}
        (message,) = await bad_foreign_keys(tx, places)
        assert message.startswith("rule 5: the foreign key away of toys refers to")


async def test_a_planted_trigger_is_found(db: Database) -> None:
    async with db.transaction() as tx:
        await tx.run(
            "CREATE TRIGGER toy BEFORE UPDATE ON users FOR EACH ROW"
            " EXECUTE FUNCTION xp_ledger_is_append_only()"
        )
        assert await triggers(tx) - set(TRIGGERS) == {("users", "toy")}
