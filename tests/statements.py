"""Every SQL statement of the program, found in its sources and parsed.

Module constants are taken from the imported modules (so those that are put together from parts
are whole), literals inside functions from the syntax tree. What cannot be parsed is an error, and
so is an argument of `Tx.run` and its like that is not recognised as a statement: see `unresolved`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import sqlglot
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import asyncpg
from sqlglot import exp

ROOT = Path(__file__).parents[1] / "src"

NOT_OURS = (
    "tbg/adapters/ckpool/record",  # the collector's own SQLite file
)

FRAGMENTS = (
    "tbg.core.checks:",
    "tbg.core.database_roles:_FAMILY",
    "tbg.domains.gamification.actions.checks:_SQL[",
)
"""Constants that look like statements and are parts of others, which are found whole."""

_SQL = re.compile(
    r"\s*(WITH|SELECT|VALUES|INSERT INTO|UPDATE|DELETE FROM|MERGE INTO|TRUNCATE|LOCK( TABLE)?|SET"
    r"|RESET|LISTEN|UNLISTEN|NOTIFY|CREATE|ALTER|DROP|GRANT|REVOKE|PREPARE|DECLARE|COPY)\s+\S"
)

_EXECUTES = {"rows", "row", "value", "run", "pages", "exec_driver_sql"}
_ON = {"tx", "connection"}
_DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]


class Statement(NamedTuple):
    """A statement and where it is: module and function, or module and constant."""

    place: str
    sql: str


def sources() -> Iterator[Path]:
    """The program's modules, as far as their statements run on the game's database."""
    for path in sorted((ROOT / "tbg").rglob("*.py")):
        if not str(path.relative_to(ROOT)).startswith(NOT_OURS):
            yield path


@lru_cache(maxsize=1)
def statements() -> tuple[Statement, ...]:
    """Every statement of the program."""
    return tuple(found for path in sources() for found in of_module(path, _module(path)))


@cache
def parse(sql: str) -> exp.Expr:
    """A statement's tree, its bound values as parameters."""
    # The parser does not know this clause, which says nothing about tables.
    plain = sql.replace("OVERRIDING SYSTEM VALUE", "")
    compiled = str(text(plain).compile(dialect=_DIALECT))
    return sqlglot.parse_one(compiled, dialect="postgres")


def parse_error(sql: str) -> str:
    """Why a statement cannot be parsed; empty: it can be."""
    try:
        parse(sql)
    except sqlglot.errors.SqlglotError as error:
        return str(error)
    return ""


def unresolved(path: Path, root: Path = ROOT) -> list[str]:
    """Where a statement is run, or put together, that is not found as a whole by `statements`."""
    tree, name = ast.parse(path.read_text()), _module(path, root)
    known = {
        target.id
        for node in ast.walk(tree)
        if (isinstance(node, ast.For) and _is_constants(node.iter))
        or (isinstance(node, ast.Assign) and _recognised(node.value))
        for target in ast.walk(node.target if isinstance(node, ast.For) else node.targets[0])
        if isinstance(target, ast.Name)
    }
    found = []
    for function, node in _named(tree):
        if isinstance(node, ast.JoinedStr) and _folded(node, None) is None:
            start = node.values[0]
            if isinstance(start, ast.Constant) and _SQL.match(f"{start.value!s}x"):
                found.append(f"{name}:{function} builds {ast.unparse(node)[:40]}")
        if isinstance(node, ast.Call) and _runs_sql(node):
            argument = node.args[0]
            if not _recognised(argument) and ast.unparse(argument) not in known:
                found.append(f"{name}:{function} runs {ast.unparse(argument)[:40]}")
    return found


def _runs_sql(call: ast.Call) -> bool:
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr in _EXECUTES
        and ast.unparse(call.func.value).rpartition(".")[2] in _ON
        and bool(call.args)
    )


def _is_constants(iterable: ast.expr) -> bool:
    """Whether a loop goes through a constant of the module, or through its items."""
    if isinstance(iterable, ast.Call) and isinstance(iterable.func, ast.Attribute):
        iterable = iterable.func.value
    return isinstance(iterable, ast.Name) and iterable.id.strip("_").isupper()


def _recognised(argument: ast.expr) -> bool:
    if isinstance(argument, ast.Constant):
        return isinstance(argument.value, str) and bool(_SQL.match(argument.value))
    if isinstance(argument, ast.Subscript):
        return _recognised(argument.value)
    if isinstance(argument, ast.JoinedStr):
        return _folded(argument, None) is not None
    return isinstance(argument, ast.Name) and argument.id.strip("_").isupper()


def _folded(string: ast.JoinedStr, module: Any) -> str | None:
    """An f-string of constants of the module as it is run; None: other values are put in."""
    parts = []
    for value in string.values:
        if isinstance(value, ast.Constant):
            parts.append(str(value.value))
        elif isinstance(value, ast.FormattedValue) and _recognised(value.value):
            parts.append(str(getattr(module, ast.unparse(value.value), "")))
        else:
            return None
    return "".join(parts)


def of_module(path: Path, name: str) -> Iterator[Statement]:
    """Every statement of a module, which can be imported by this name."""
    module = import_module(name)
    tree = ast.parse(path.read_text())
    for target in _constants(tree):
        yield from _within(f"{name}:{target}", getattr(module, target, None))
    for function, node in _named(tree):
        sql: Any = None
        if isinstance(node, ast.Constant):
            sql = node.value
        elif isinstance(node, ast.JoinedStr):
            sql = _folded(node, module)
        if function and isinstance(sql, str) and _SQL.match(sql):
            yield Statement(f"{name}:{function}", sql)


def _constants(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def _within(place: str, value: Any) -> Iterator[Statement]:
    """The statements in a constant: itself, or what a tuple or a mapping holds."""
    if isinstance(value, str):
        if _SQL.match(value) and not place.startswith(FRAGMENTS):
            yield Statement(place, value)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _within(f"{place}[{key}]", part)
    elif isinstance(value, tuple | list):
        for number, part in enumerate(value):
            yield from _within(f"{place}[{number}]", part)


def _named(tree: ast.AST, function: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Every node with the name of the function or method it is in, without docstrings."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        inside = function
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inside = f"{function}.{node.name}" if function else node.name
        yield inside, node
        if not isinstance(node, ast.JoinedStr):  # its parts are no statements
            yield from _named(node, inside)


def _module(path: Path, root: Path = ROOT) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
