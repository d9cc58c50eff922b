"""A domain reads and writes its own tables; those of others it reads through their `queries`."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOMAINS = ROOT / "src/tbg/domains"

VERIFIERS = {
    "gamification/actions/checks.py",
    "gamification/actions/verify.py",
    "quests/actions/checks.py",
}
"""What compares the books of all domains reads them all."""

EXCEPTIONS = {
    "gamification/actions/backfill.py: blocks",
    "gamification/actions/backfill.py: owned_daily_shares",
    "gamification/actions/backfill.py: personal_bests",
    "gamification/actions/backfill.py: workers",
    "gamification/actions/champion.py: personal_bests",
    "gamification/actions/lifecycle.py: blocks",
    "gamification/actions/lifecycle.py: users",
    "gamification/actions/personal_bests.py: owned_daily_shares",
    "gamification/actions/streaks.py: users",
    "mining/queries/__init__.py: user_addresses",
    "public/queries/pool.py: badge_definitions",
    "public/queries/pool.py: user_badges",
    "public/queries/pool.py: user_gamification",
}
"""What else reads another's table, as `file: table`. This list may only shrink."""

_NAMED = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE|LOCK TABLE|USING)\s+(?:ONLY\s+)?(\w+)\b")


def owners() -> dict[str, str]:
    """Table → its domain, as the table of tables in docs/HOUSE.md has them."""
    text = (ROOT / "docs/HOUSE.md").read_text().partition("## Tables by domain")[2]
    found: dict[str, str] = {}
    for domain, tables in re.findall(r"^\| (\w+) \| (.*) \|$", text, re.MULTILINE):
        found |= dict.fromkeys(re.findall(r"`(\w+)`", tables), domain)
    return {table: domain for table, domain in found.items() if domain != "core"}


def strangers(domain: str, code: str) -> set[str]:
    """Tables of other domains that the statements of a file name."""
    of = owners()
    named = {
        table
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for table in _NAMED.findall(node.value)
    }
    return {table for table in named if of.get(table, domain) != domain}


def all_strangers() -> set[str]:
    return {
        f"{name}: {table}"
        for path in sorted(DOMAINS.rglob("*.py"))
        if (name := str(path.relative_to(DOMAINS))) not in VERIFIERS
        for table in strangers(name.partition("/")[0], path.read_text())
    }


def test_no_statement_of_a_domain_names_another_s_table_but_the_exceptions() -> None:
    found = all_strangers()
    assert found - EXCEPTIONS == set(), "read it through the queries of the domain that has it"
    assert EXCEPTIONS - found == set(), "these are no exceptions any more: take them off the list"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("X = 'SELECT a FROM xp_ledger x JOIN users u ON u.id = x.user_id'", {"users"}),
        ("X = 'INSERT INTO frames (id) VALUES (1)'", {"frames"}),
        ("X = 'SELECT a FROM xp_ledger'", set()),
    ],
)
def test_another_s_table_in_a_statement_is_found(code: str, found: set[str]) -> None:
    assert owners()["xp_ledger"] == "gamification"
    assert strangers("gamification", code) == found
