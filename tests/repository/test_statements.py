"""Statements keep the rules for several database nodes: every one in the program's sources.

The numbers are those of the rules in `docs/decisions/0013-sql-that-scales.md`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import tests.toy
from tbg.core.tables import Distributed
from tests.placements import declared, declared_views
from tests.scaling import faults
from tests.statements import of_module, parse, parse_error, sources, statements, unresolved
from tests.toy.tables import TABLES

EXCEPTIONS = {
    # Whoever migrates is alone in the whole cluster: migrations run on the coordinator.
    ("tbg.core.schema:_alone", "rule 8: pg_advisory_xact_lock excludes others on one node alone"),
    # The log is local, and so is the one chain of its seals.
    (
        "tbg.domains.accounts.actions.audit:_seal_batch",
        "rule 8: pg_advisory_xact_lock excludes others on one node alone",
    ),
    # One statement makes a user and an address; the foreign key makes their order matter.
    (
        "tbg.domains.accounts.actions.users:admit_addresses",
        "rule 7: writes in several places: user_addresses, users",
    ),
    # One index probe a week instead of reading all users' weeks; a table of weeks replaces it.
    (
        "tbg.domains.gamification.actions.champion:_WEEKS",
        "rule 6: a recursive CTE over personal_bests",
    ),
    # A merge compares two users, who may be on two nodes: it is to read one and then the other.
    (
        "tbg.domains.gamification.actions.lifecycle:_UNITE[1]",
        "rule 2: joins user_gamification, user_gamification not by user_id",
    ),
    (
        "tbg.domains.mining.actions.lifecycle:_WORKERS",
        "rule 2: joins workers, workers not by user_id",
    ),
    (
        "tbg.domains.mining.actions.lifecycle:_TWINS",
        "rule 2: joins old, workers not by user_id",
    ),
    # Start-up and an operator's command, both beside a LOCK TABLE that can replace it.
    (
        "tbg.domains.gamification.actions.registry:load_registry",
        "rule 8: pg_advisory_xact_lock excludes others on one node alone",
    ),
    (
        "tbg.domains.gamification.actions.registry:retire",
        "rule 8: pg_advisory_xact_lock excludes others on one node alone",
    ),
    # A batch locks its users before it reads what they have; a sorted upsert can replace it.
    (
        "tbg.domains.gamification.actions.reward:_LOCK",
        "rule 3: locks rows of several users of user_gamification",
    ),
    # Partitions are made and dropped by one process, on the coordinator.
    (
        "tbg.domains.mining.actions.partitions:hold_partitions",
        "rule 8: pg_advisory_xact_lock excludes others on one node alone",
    ),
    # The roll-up is one statement for all its tables: one INSERT per table is to follow.
    (
        "tbg.domains.mining.actions.rollups:_ROLL_UP",
        "rule 3: locks rows of several users of workers",
    ),
    (
        "tbg.domains.mining.actions.rollups:_ROLL_UP",
        (
            "rule 7: writes in several places: daily_rejects, daily_shares, hourly_shares,"
            " personal_bests, pool_totals, rollup_queue, workers"
        ),
    ),
    (
        "tbg.domains.mining.actions.rollups:roll_up",
        "rule 8: pg_advisory_xact_lock excludes others on one node alone",
    ),
    (
        "tbg.domains.mining.projection:_note_workers",
        "rule 3: locks rows of several users of workers",
    ),
}
"""Statements that do not keep the rules yet. This list may only shrink: fix new statements
instead."""

PASSED_ON = {
    # Statements that PostgreSQL has put together from the catalogue, with names it has quoted.
    "tbg.core.database_roles:revoke runs statement",
    "tbg.core.database_roles:grant runs statement",
    "tbg.core.database_roles:_take_back runs statement",
    # Their callers pass constants, which are found by their values.
    "tbg.core.database_roles:_strings runs sql",
    "tbg.domains.mining.actions.partitions:_patiently runs statement",
    "tbg.app.verifier:_run runs check.sum_up",
    "tbg.domains.gamification.actions.verify:_disagreeing runs check.find",
}
"""Where a statement is run that is not written there. This list may only shrink."""

STARTUP_PARAMETERS = {"application_name", "client_encoding", "datestyle", "timezone"}
"""What a pooler in transaction mode passes on; `SET LOCAL` does for everything else."""

STARTUP_EXCEPTIONS = {
    "tbg/core/tx.py: statement_timeout",  # a pooler that refuses it has it set for the role
    "tbg/app/local/postgres.py: search_path",  # to its own server, with no pooler between
}


def test_every_statement_can_be_parsed() -> None:
    found = statements()
    assert len(found) > 250
    assert [(s.place, error) for s in found if (error := parse_error(s.sql))] == []


def test_every_statement_that_is_run_is_found() -> None:
    assert {place for path in sources() for place in unresolved(path)} == PASSED_ON


def test_the_example_of_a_domain_keeps_the_rules() -> None:
    places = declared() | dict(TABLES)
    found = [
        (statement.place, fault)
        for path in sorted(Path(tests.toy.__file__).parent.glob("[!_]*.py"))
        for statement in of_module(path, f"tests.toy.{path.stem}")
        if not statement.sql.lstrip().startswith(("CREATE", "DROP"))
        for fault in faults(parse(statement.sql), statement.sql, places)
    ]
    assert found == []


def test_statements_keep_the_rules_but_for_the_named_exceptions() -> None:
    places = declared() | declared_views()
    found = [
        (statement.place, fault)
        for statement in statements()
        for fault in faults(parse(statement.sql), statement.sql, places)
    ]
    assert sorted(set(found) - EXCEPTIONS) == [], "docs/decisions/0013-sql-that-scales.md"
    assert sorted(EXCEPTIONS - set(found)) == []  # fixed: remove it from the list
    assert len(found) == len(set(found))  # no second statement hides behind an exception


def test_sessions_begin_with_nothing_that_a_pooler_refuses() -> None:
    found = {name for path in sources() for name in startup_parameters(path)}
    assert found == STARTUP_EXCEPTIONS


def test_what_a_statement_returns_is_matched_by_key_and_not_by_place() -> None:
    assert [place for path in sources() for place in in_order(path.read_text(), path)] == []


PLANTED = [
    ("rule 2: joins", "SELECT 1 FROM shares s JOIN workers w ON w.id = s.worker_id"),
    (
        "rule 2: joins",
        "SELECT 1 FROM shares s WHERE EXISTS (SELECT 1 FROM workers w WHERE w.id = s.worker_id)",
    ),
    (
        "rule 2: joins",
        (
            "WITH l AS (SELECT worker_id FROM shares GROUP BY worker_id)"
            " SELECT 1 FROM workers w, l WHERE w.id = l.worker_id"
        ),
    ),
    (
        "rule 2: joins",
        "UPDATE workers w SET name = '' FROM shares s WHERE w.id = s.worker_id",
    ),
    (
        "rule 2: joins",
        "SELECT 1 FROM shares s JOIN workers w ON w.user_id = s.user_id OR w.id = s.worker_id",
    ),
    (
        "rule 2: joins",
        "DELETE FROM workers w USING shares s WHERE w.user_id = :one AND s.user_id = :other",
    ),
    ("rule 3: locks", "SELECT 1 FROM workers WHERE user_id = ANY(:ids ::bigint[]) FOR UPDATE"),
    ("rule 3: locks", "SELECT 1 FROM users WHERE role = :role FOR UPDATE"),
    ("rule 3: locks", "SELECT 1 FROM blocks b JOIN workers w USING (user_id) FOR SHARE OF w"),
    ("rule 3: SKIP", "SELECT 1 FROM frames WHERE user_id = :id FOR UPDATE SKIP LOCKED"),
    ("rule 4:", "UPDATE blocks SET user_id = :kept WHERE user_id = :gone"),
    (
        "rule 4:",
        (
            "INSERT INTO blocks AS b (hash) VALUES ('') ON CONFLICT (hash)"
            " DO UPDATE SET user_id = excluded.user_id"
        ),
    ),
    ("rule 6: EXISTS", "SELECT EXISTS (SELECT FROM users)"),
    (
        "rule 6: a recursive",
        (
            "WITH RECURSIVE w (id) AS (SELECT min(id) FROM workers UNION ALL SELECT (SELECT min(id)"
            " FROM workers v WHERE v.id > w.id) FROM w WHERE w.id IS NOT NULL) SELECT id FROM w"
        ),
    ),
    ("rule 6: aggregates", "SELECT array_agg((day, accepted)) FROM daily_shares"),
    ("rule 6: aggregates", "SELECT json_agg(d) FROM daily_shares d"),
    (
        "rule 7:",
        "WITH a AS (INSERT INTO frame_counters VALUES (1, 1)) UPDATE job_marks SET job = ''",
    ),
    (
        "rule 7:",
        "WITH a AS (DELETE FROM frames WHERE user_id = 1) INSERT INTO job_marks VALUES (1)",
    ),
    ("rule 8:", "SELECT pg_advisory_xact_lock(7)"),
    ("rule 8:", "SELECT pg_catalog.pg_try_advisory_xact_lock(7)"),
    ("rule 10:", "SELECT pg_advisory_lock(7)"),
    ("rule 10:", "SET statement_timeout = 0"),
    ("rule 10:", "SELECT set_config('lock_timeout', '1s', false)"),
    ("rule 10:", "LISTEN news"),
    ("rule 10:", "CREATE TEMP TABLE t (n int)"),
    ("no table of ours is called toys", "SELECT 1 FROM toys"),
    ("no table of ours is called toys", "DELETE FROM toys"),
]


@pytest.mark.parametrize(("fault", "sql"), PLANTED)
def test_a_planted_statement_that_breaks_a_rule_is_named(fault: str, sql: str) -> None:
    (found,) = faults(parse(sql), sql, declared())
    assert found.startswith(fault)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM shares s JOIN workers w ON w.user_id = s.user_id AND w.id = s.worker_id",
        "SELECT 1 FROM shares s, workers w WHERE s.user_id = :id AND w.user_id = :id",
        "SELECT 1 FROM shares JOIN workers USING (user_id) JOIN frames USING (user_id)",
        (
            "WITH life AS (SELECT worker_id FROM shares WHERE user_id = :id)"
            " SELECT 1 FROM workers w JOIN life ON life.worker_id = w.id WHERE w.user_id = :id"
        ),
        (
            "SELECT 1 FROM user_addresses a JOIN users u ON u.id = a.user_id, frames f"
            " JOIN shares s USING (user_id) WHERE s.user_id = u.id"
        ),
        "SELECT 1 FROM (SELECT count(*) FROM workers) w, (SELECT max(at) FROM shares) s",
        "SELECT 1 FROM workers WHERE user_id = :id FOR UPDATE",
        "SELECT 1 FROM users WHERE id = :id FOR UPDATE",
        "SELECT 1 FROM outbox ORDER BY id LIMIT 5 FOR UPDATE SKIP LOCKED",
        (
            "WITH moved AS (DELETE FROM blocks WHERE user_id = :gone RETURNING *)"
            " INSERT INTO blocks (hash) SELECT hash FROM moved"
        ),
        "SELECT set_config('lock_timeout', :wait, true)",
        "SET LOCAL statement_timeout = 0",
        "SELECT array_agg(day ORDER BY day) FROM daily_shares",
    ],
)
def test_a_statement_that_keeps_the_rules_passes(sql: str) -> None:
    assert faults(parse(sql), sql, declared()) == []


def test_the_join_of_a_table_with_another_column_is_by_that_one() -> None:
    sql = "SELECT 1 FROM event_keys a JOIN toys b ON {}"
    places = declared() | {"toys": Distributed("key")}
    by_key, by_user = sql.format("a.key = b.key"), sql.format("a.user_id = b.user_id")
    assert faults(parse(by_key), by_key, places) == []
    assert faults(parse(by_user), by_user, places) == ["rule 2: joins event_keys, toys not by key"]


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("async def f(tx):\n await tx.run(make())", "m:f runs make()"),
        ("async def f(tx):\n await tx.rows('select 1')", "m:f runs 'select 1'"),
        ("async def f(tx, sql):\n await tx.value(sql)", "m:f runs sql"),
        ("async def f(tx, n):\n return f'DELETE FROM {n}'", "m:f builds f'DELETE FROM {n}'"),
        ("async def f(tx, a):\n await tx.run('SELECT ' + a)", "m:f runs 'SELECT ' + a"),
    ],
)
def test_a_planted_statement_that_could_not_be_found_is_named(
    tmp_path: Path, code: str, fault: str
) -> None:
    path = tmp_path / "m.py"
    path.write_text(code)
    assert unresolved(path, tmp_path) == [fault]


def test_a_planted_startup_parameter_is_named(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text("connect(server_settings={'timezone': 'UTC', 'work_mem': '1GB'})")
    assert list(startup_parameters(path)) == ["m.py: work_mem"]


def test_planted_code_that_matches_returned_rows_by_position_is_named() -> None:
    code = (
        "async def f(tx, a):\n"
        "    rows = await tx.rows('INSERT INTO workers SELECT 1 RETURNING id')\n"
        "    return dict(zip(a, rows))\n"
    )
    assert list(in_order(code, Path("m.py"))) == ["m.py:f matches rows by place"]
    assert list(in_order(code.replace("zip", "pair"), Path("m.py"))) == []


def startup_parameters(path: Path) -> Iterator[str]:
    """Rule 10: the settings that a connection begins with, beyond what a pooler passes on."""
    shown = str(path).rpartition("/src/")[2] if "/src/" in str(path) else path.name
    for node in ast.walk(ast.parse(path.read_text())):
        pairs: list[tuple[ast.expr | None, ast.expr]] = []
        if isinstance(node, ast.Dict):
            pairs = list(zip(node.keys, node.values, strict=True))
        elif isinstance(node, ast.Call):
            pairs = [(ast.Constant(word.arg), word.value) for word in node.keywords]
        for key, value in pairs:
            if isinstance(key, ast.Constant) and key.value == "server_settings":
                assert isinstance(value, ast.Dict), f"{shown}: write the settings out"
                names = {ast.literal_eval(name) for name in value.keys if name is not None}
                yield from (f"{shown}: {name}" for name in sorted(names - STARTUP_PARAMETERS))


def in_order(code: str, path: Path) -> Iterator[str]:
    """Rule 7: where rows that a write returned are paired with what it was given."""
    for function in ast.walk(ast.parse(code)):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        returned = {
            ast.unparse(node.targets[0])
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and _returning(node.value)
        }
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"zip", "enumerate"}:
                for name in sorted(returned & {ast.unparse(argument) for argument in node.args}):
                    yield f"{path.name}:{function.name} matches {name} by place"


def _returning(value: ast.expr) -> bool:
    return any(
        isinstance(node, ast.Constant) and isinstance(node.value, str) and "RETURNING" in node.value
        for node in ast.walk(value)
    )
