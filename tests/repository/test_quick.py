"""`make quick` selects what a change touches, the nearest first, and says what it leaves out."""

from __future__ import annotations

from pathlib import Path

import grimp
import pytest

from tools import quick

ROOT = Path(__file__).parents[2]
RULES = "src/tbg/domains/gamification/rules.py"


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(
        "tbg", "lab", "tests", exclude_type_checking_imports=True, cache_dir=None
    )


def test_a_change_in_a_domain_selects_its_folder_first_and_what_imports_it(
    graph: grimp.ImportGraph,
) -> None:
    chosen = list(quick.select([RULES], graph).tests)
    folder = sorted((ROOT / "tests" / "domains" / "gamification").glob("test_*.py"))
    assert chosen[: len(folder)] == [str(path.relative_to(ROOT)) for path in folder]
    assert "tests/registry/test_badges.py" in chosen
    assert "tests/app/test_api.py" not in chosen, "through the application all import all"
    assert len(chosen) - len(folder) < 13


@pytest.mark.parametrize("file", ["__init__.py", "actions/ring.py"])
def test_a_new_domain_does_not_select_the_tests_of_the_others(file: str) -> None:
    assert list(quick.mirrored(f"src/tbg/domains/bells/{file}")) == []
    assert list(quick.mirrored(f"src/tbg/domains/gamification/{file}")) != []


def test_a_change_in_the_application_selects_what_imports_it(graph: grimp.ImportGraph) -> None:
    chosen = quick.select(["src/tbg/app/relay.py"], graph)
    assert chosen.tests["tests/app/test_relay.py"] == "mirrors src/tbg/app/relay.py"
    assert "tests/faults/test_races.py" in chosen.tests
    assert "tests/faults/test_harness.py" in chosen.left_out


@pytest.mark.parametrize(
    ("file", "test"),
    [
        ("migrations/versions/2030_01_01_new.py", "tests/core/test_schema.py"),
        ("src/tbg/registry/badges.json", "tests/registry/test_badges.py"),
        ("docs/HOUSE.md", "tests/repository/test_told.py"),
        ("tests/repository/test_shape.py", "tests/repository/test_shape.py"),
        ("tests/wallets.py", "tests/adapters/bitcoin/test_signatures.py"),
        ("src/tbg/core/errors.py", "tests/core/test_settings.py"),
        ("src/tbg/domains/accounts/routes/users.py", "tests/app/test_who_may.py"),
        ("src/tbg/domains/mining/tables.py", "tests/app/test_personal.py"),
        ("src/tbg/domains/mining/actions/lifecycle.py", "tests/app/test_personal.py"),
        ("lab/shares.py", "tests/bench/test_shares.py"),
        ("lab/faults/oracle.py", "tests/faults/test_oracle.py"),
    ],
)
def test_any_other_file_selects_the_tests_about_it(
    graph: grimp.ImportGraph, file: str, test: str
) -> None:
    assert test in quick.select([file], graph).tests


def test_a_change_in_the_web_app_selects_its_own_tests(graph: grimp.ImportGraph) -> None:
    chosen = quick.select(["web/src/api/session.ts"], graph)
    assert (chosen.web, chosen.tests) == (True, {})


def test_what_is_named_in_the_tables_is_there() -> None:
    named = [place for tests in quick.FILES.values() for place in tests.split()]
    named += [place for tests in quick.DECLARED.values() for place in tests]
    assert [name for name in [*named, *quick.SLOW] if not (ROOT / name).exists()] == []
    assert [start for start in quick.FILES if not (ROOT / start).exists()] == []
