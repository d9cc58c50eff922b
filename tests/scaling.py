"""The rules for statements that several database nodes can run, over a statement's tree.

`faults` names each rule that a statement breaks, by its number in
`docs/decisions/0013-sql-that-scales.md`. It judges what stands in the statement: a value that a
program computes may be of one user or of several, so `= :value` counts as one and `= ANY(…)` as
several.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from tbg.core.tables import Distributed, Placement, Reference

_QUERY = exp.Select | exp.SetOperation | exp.Insert | exp.Update | exp.Delete
_SESSION = re.compile(
    r"\s*(LISTEN|UNLISTEN|RESET|PREPARE|DECLARE|CREATE\s+(GLOBAL\s+|LOCAL\s+)?TEMP"
    r"|SET\s+(?!LOCAL\b|TRANSACTION\b))",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Source:
    """What a query reads from: a table, or a query inside it."""

    table: str = ""
    column: str = ""
    """By which it is distributed; empty: it is not, so that every node may join it."""
    pinned: str = ""
    """The one value of that column that it can have, where the statement says so."""
    key: str = ""
    """What names a row of a reference table."""


@dataclass(slots=True)
class _Equal:
    """Which expressions a query says are equal."""

    parents: dict[str, str] = field(default_factory=dict)

    def root(self, name: str) -> str:
        while name in self.parents:
            name = self.parents[name]
        return name

    def join(self, one: str, other: str) -> None:
        first, second = sorted((self.root(one), self.root(other)), key=lambda n: n[:1] != "$")
        if first != second:  # a parameter becomes the root: two of them are two values
            self.parents[second] = first


Sources = dict[str, _Source]


@dataclass(slots=True)
class _Judge:
    """Goes through one statement, and collects what it breaks."""

    places: Mapping[str, Placement]
    found: list[str] = field(default_factory=list)

    def query(self, node: exp.Expr, known: Sources, outer: Sources) -> _Source:
        """Judge a query and all in it; what it is as a source of another one."""
        known = dict(known)
        for cte in _ctes(node):
            if _is_recursive(node):
                known[cte.alias] = _Source()
            known[cte.alias] = self.query(cte.this, known, outer)
        if isinstance(node, exp.SetOperation):
            parts = [self.query(part, known, outer) for part in (node.left, node.right)]
            spread = [part for part in parts if part.column]
            same = {part.pinned for part in parts}
            return _Source(
                column=spread[0].column if spread else "",
                pinned=same.pop() if len(same) == 1 else "",
            )
        sources = self.sources(node, known, outer)
        equal = _equalities(node, sources)
        for alias, source in sources.items():
            if source.pinned:
                equal.join(f"{alias}.{source.column}", source.pinned)
        self.joins(node, sources, outer, equal)
        self.locks(node, sources, equal)
        for inner in _inner(node):
            self.query(inner, known, outer | sources)
        return _as_source(node, sources, equal, self.places)

    def sources(self, node: exp.Expr, known: Sources, outer: Sources) -> Sources:
        """What a query reads from, by alias."""
        found: Sources = {}
        for source in _from(node):
            alias = source.alias_or_name
            if isinstance(source, exp.Subquery):
                inner = source.unnest()
                seen = outer | found if isinstance(source.parent, exp.Lateral) else outer
                found[alias] = self.query(inner, known, seen)
            elif isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
                found[alias] = known.get(source.name) or self.table(source)
            else:
                found[alias] = _Source()  # a function's rows
        return found

    def table(self, node: exp.Table) -> _Source:
        if node.db == "pg_catalog" or node.name.startswith("pg_") or node.name.endswith("_seq"):
            return _Source()  # of PostgreSQL
        place = self.places.get(node.name)
        if place is None:
            self.found.append(f"no table of ours is called {node.name}")
        if isinstance(place, Distributed):
            return _Source(node.name, place.column)
        return _Source(node.name, key=place.key if isinstance(place, Reference) else "")

    def joins(self, node: exp.Expr, sources: Sources, outer: Sources, equal: _Equal) -> None:
        """Rule 2: what is distributed is joined by what it is distributed by."""
        spread = [(alias, source) for alias, source in sources.items() if source.column]
        if not spread:
            return
        used = {column.text("table") for column in _own(node, exp.Column)} & outer.keys()
        spread += [(alias, outer[alias]) for alias in sorted(used) if outer[alias].column]
        for alias, source in spread:  # what an outer query has pinned is pinned here too
            if alias in used and source.pinned:
                equal.join(f"{alias}.{source.column}", source.pinned)
        groups = {equal.root(f"{alias}.{source.column}") for alias, source in spread}
        if len(groups) > 1:
            names = ", ".join(sorted(source.table or alias for alias, source in spread))
            columns = " or ".join(sorted({source.column for _, source in spread}))
            self.found.append(f"rule 2: joins {names} not by {columns}")

    def locks(self, node: exp.Expr, sources: Sources, equal: _Equal) -> None:
        """Rule 3: rows are locked where they are of one user, or in a local queue."""
        for lock in node.args.get("locks") or []:
            named = [table.name for table in lock.expressions] or list(sources)
            for alias in named:
                source = sources.get(alias, _Source())
                column = source.column or source.key
                if not column:
                    continue
                if lock.args.get("wait") is False:
                    self.found.append(f"rule 3: SKIP LOCKED over {source.table or alias}")
                elif not equal.root(f"{alias}.{column}").startswith("$"):
                    self.found.append(f"rule 3: locks rows of several users of {source.table}")


def faults(tree: exp.Expr, sql: str, places: Mapping[str, Placement]) -> list[str]:
    """What a statement breaks, each with the rule's number."""
    judge = _Judge(places)
    if isinstance(tree, _QUERY):
        judge.query(tree, {}, {})
        if isinstance(tree, exp.Insert | exp.Update | exp.Delete):
            judge.table(_target(tree))
    return sorted({
        *judge.found,
        *_moves(tree),
        *_shapes(tree, places),
        *_orders(tree),
        *_sessions(tree, sql),
    })  # fmt: skip


def _moves(tree: exp.Expr) -> Iterator[str]:
    """Rule 4: no row is given to another user where it is."""
    for node in tree.find_all(exp.Update, exp.OnConflict):
        for change in node.expressions:
            if isinstance(change, exp.EQ) and change.this.name == "user_id":
                yield "rule 4: sets user_id"


def _shapes(tree: exp.Expr, places: Mapping[str, Placement]) -> Iterator[str]:
    """Rule 6: what a node would refuse."""
    for exists in tree.find_all(exp.Exists):
        if isinstance(exists.this, exp.Select) and not exists.this.expressions:
            yield "rule 6: EXISTS (SELECT FROM …) without a column"
    for clause in tree.find_all(exp.With):
        if clause.recursive:
            for name in sorted({table.name for table in clause.find_all(exp.Table)}):
                if isinstance(places.get(name), Distributed):
                    yield f"rule 6: a recursive CTE over {name}"
    aliases = {table.alias_or_name for table in tree.find_all(exp.Table, exp.Subquery)}
    for aggregate in tree.find_all(exp.AggFunc, exp.Anonymous):
        for argument in [aggregate.this, *aggregate.expressions]:
            value = argument.this if isinstance(argument, exp.Order | exp.Distinct) else argument
            row = isinstance(value, exp.Tuple) or (
                isinstance(value, exp.Column) and not value.table and value.name in aliases
            )
            if row and ("agg" in aggregate.sql_name().lower() or "agg" in aggregate.name.lower()):
                yield "rule 6: aggregates rows without a type"


def _orders(tree: exp.Expr) -> Iterator[str]:
    """Rule 7: one INSERT or UPDATE, at most fed by what a DELETE returns."""
    writes = list(tree.find_all(exp.Insert, exp.Update, exp.Delete, exp.Merge))
    changes = [node for node in writes if not isinstance(node, exp.Delete)]
    silent = [
        node for node in writes if isinstance(node, exp.Delete) and not node.args.get("returning")
    ]
    if len(changes) > 1 or (len(writes) > 1 and silent):
        names = ", ".join(sorted(_target(node).name for node in writes))
        yield f"rule 7: writes in several places: {names}"


def _sessions(tree: exp.Expr, sql: str) -> Iterator[str]:
    """Rules 8 and 10: locks of one node, and what a session would have to remember."""
    if _SESSION.match(sql):
        yield "rule 10: changes the session"
    for function in tree.find_all(exp.Anonymous):
        name = function.name.lower()
        if name.startswith(("pg_advisory", "pg_try_advisory")):
            yield f"rule {8 if 'xact' in name else 10}: {name} excludes others on one node alone"
        if name == "set_config" and function.expressions[-1].sql().upper() != "TRUE":
            yield "rule 10: changes the session"


def _ctes(node: exp.Expr) -> list[exp.CTE]:
    clause = node.args.get("with_")
    return list(clause.expressions) if clause else []


def _is_recursive(node: exp.Expr) -> bool:
    return bool(node.args["with_"].recursive)


def _target(node: exp.Expr) -> exp.Table:
    """The table that a statement writes."""
    found = node.this.find(exp.Table)
    assert isinstance(found, exp.Table)
    return found


def _own(node: exp.Expr, *kinds: type[exp.Expr]) -> Iterator[exp.Expr]:
    """The parts of a query that are of these kinds and not of a query inside it."""
    for part in node.iter_expressions():
        if isinstance(part, kinds):
            yield part
        if not isinstance(part, (_QUERY, exp.With)):
            yield from _own(part, *kinds)


def _from(node: exp.Expr) -> Iterator[exp.Expr]:
    """The tables, queries and functions that a query reads from."""
    if isinstance(node, exp.Insert):
        return
    for part in _own(node, exp.Table, exp.Subquery, exp.Unnest, exp.Values):
        above = part.parent
        if isinstance(above, exp.From | exp.Join | exp.Lateral | exp.Update | exp.Delete) and (
            not isinstance(above, exp.Join) or part.arg_key == "this"
        ):
            yield part


def _inner(node: exp.Expr) -> Iterator[exp.Expr]:
    """The queries in a query that are no source of it: conditions, columns, what is inserted."""
    sources = {id(part.unnest()) for part in _from(node) if isinstance(part, exp.Subquery)}
    for part in _own(node, *_QUERY.__args__):
        if id(part) not in sources:
            yield part


def _conditions(node: exp.Expr | None) -> Iterator[exp.Expr]:
    """The conditions that all hold."""
    if isinstance(node, exp.And):
        yield from _conditions(node.left)
        yield from _conditions(node.right)
    elif isinstance(node, exp.Paren):
        yield from _conditions(node.this)
    elif node is not None:
        yield node


def _equalities(node: exp.Expr, sources: Sources) -> _Equal:
    """What the conditions of a query make equal."""
    equal = _Equal()
    where = node.args.get("where")
    held = list(_conditions(where.this if where else None))
    before = [part.alias_or_name for part in _from(node) if not isinstance(part.parent, exp.Join)]
    for join in _own(node, exp.Join):
        held += _conditions(join.args.get("on"))
        alias = join.this.alias_or_name
        for column in join.args.get("using") or []:
            for other in before:
                equal.join(f"{other}.{column.name}", f"{alias}.{column.name}")
        before.append(alias)
    spread = [alias for alias, source in sources.items() if source.column or source.key]
    for condition in held:
        if isinstance(condition, exp.EQ):
            one, other = (_named(side, spread) for side in (condition.left, condition.right))
            if one and other:
                equal.join(one, other)
    return equal


def _named(side: exp.Expr, spread: list[str]) -> str:
    """A column as `alias.column`, a value as it stands; empty: neither."""
    while isinstance(side, exp.Cast | exp.Paren):
        side = side.this
    if isinstance(side, exp.Column):
        alone = spread[0] if len(spread) == 1 else ""
        return f"{side.table or alone}.{side.name}"
    if isinstance(side, exp.Parameter | exp.Placeholder | exp.Literal):
        return f"${side.sql(dialect='postgres')}"
    return ""


def _as_source(
    node: exp.Expr, sources: Sources, equal: _Equal, places: Mapping[str, Placement]
) -> _Source:
    """What a query is for the one around it."""
    if isinstance(node, exp.Insert):
        place = places.get(_target(node).name)
        return _Source(column=place.column if isinstance(place, Distributed) else "")
    if _is_one_row(node):
        return _Source()
    for alias, source in sources.items():
        if source.column:
            root = equal.root(f"{alias}.{source.column}")
            return _Source(column=source.column, pinned=root if root.startswith("$") else "")
    return _Source()


def _is_one_row(node: exp.Expr) -> bool:
    """Whether a query gives one row over everything, which belongs to no user."""
    return (
        isinstance(node, exp.Select)
        and not node.args.get("group")
        and bool(node.expressions)
        and all(part.find(exp.AggFunc) and not part.find(exp.Window) for part in node.expressions)
    )
