"""What is declared of the columns that may refer to users, beside what the database has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tbg.app.domains import DOMAINS
from tbg.core import personal as core
from tbg.core.domain import Domain
from tbg.core.personal import Personal, UserColumn
from tbg.core.tx import Tx

_COLUMNS = """
SELECT t.relname AS table, a.attname AS column, a.atttypid::regtype::text LIKE '%[]' AS is_array
FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid
    JOIN pg_type y ON y.oid = a.atttypid
WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p', 'm')
    AND NOT t.relispartition AND a.attnum > 0 AND NOT a.attisdropped
    AND COALESCE(NULLIF(y.typbasetype, 0), y.oid) IN ('bigint'::regtype, 'bigint[]'::regtype)
ORDER BY 1, 2
"""


def declared(domains: Iterable[Domain] = DOMAINS) -> Personal:
    """Table → column → what it is, of the foundation and of every domain."""
    found = dict(core.PERSONAL)
    for domain in domains:
        if twice := sorted(found.keys() & domain.personal.keys()):
            raise ValueError(f"declared twice: {', '.join(twice)}")
        found |= domain.personal
    return found


def user_columns(personal: Personal) -> Iterator[tuple[str, str, UserColumn]]:
    """Table, column and declaration of each that refers to users."""
    for table, columns in personal.items():
        for column, what in columns.items():
            if isinstance(what, UserColumn):
                yield table, column, what


async def undeclared(tx: Tx, personal: Personal) -> list[str]:
    """Columns that may hold a user's id and are not declared, and declared ones that are gone."""
    there = {(row.table, row.column) for row in await tx.rows(_COLUMNS)}
    named = {(table, column) for table, columns in personal.items() for column in columns}
    missing = [
        f"{table}.{column} may hold a user's id and is not declared: write what merge, erasure and"
        " export do with it into PERSONAL in its domain's tables.py, as UserColumn(merge=…,"
        f' erase=…, export=…), or as not_users("{column}") when it is no user\'s id'
        for table, column in sorted(there - named)
    ]
    return missing + [f"{table}.{column} is declared and not there" for table, column in
                      sorted(named - there)]  # fmt: skip


async def references(tx: Tx, personal: Personal, ids: Sequence[int]) -> dict[str, int]:
    """`table.column` → in how many rows it names one of these users, for each declared one."""
    arrays = {(row.table, row.column) for row in await tx.rows(_COLUMNS) if row.is_array}
    found = {}
    for table, column, _ in user_columns(personal):
        names = "&& :ids ::bigint[]" if (table, column) in arrays else "= ANY(:ids ::bigint[])"
        sql = f"SELECT count(*) FROM {table} WHERE {column} {names}"
        found[f"{table}.{column}"] = await tx.value(sql, ids=list(ids))
    return found


async def rows_as_text(tx: Tx) -> dict[str, str]:
    """Table → all its rows, every column of them, as text; what is binary as hexadecimal digits."""
    tables = await tx.rows(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    )
    return {
        name: "\n".join([row[0] for row in await tx.rows(f"SELECT CAST(t AS text) FROM {name} t")])
        for (name,) in tables
    }


def left_in(texts: dict[str, str], words: Iterable[str]) -> list[str]:
    """Where one of the words is, plain or as hexadecimal digits: `table: word`."""
    return [
        f"{table}: {word}"
        for table, text in texts.items()
        for word in words
        if word in text or word.encode().hex() in text
    ]
