"""Looks for transactions that could wait for each other over who is who.

A merge or an erasure locks `user_addresses` whole before anything else. So whoever reads an
address reads it, or holds the owners, before it locks anything that a merge may want: a test
during which a transaction did it the other way round fails, without needing the bad luck.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

_OWNERS = re.compile(r"\buser_addresses\b")
_LOCKS = re.compile(
    r"\b(INSERT INTO|UPDATE|DELETE FROM|LOCK TABLE|FOR UPDATE|FOR NO KEY UPDATE|FOR SHARE)\b"
)
_SCHEMA = re.compile(r"\s*(GRANT|REVOKE|CREATE|ALTER|DROP)\b|.*\bpg_has_role\b", re.DOTALL)
"""What a migration does before anybody mines: no merge comes in between."""

_NOBODYS = ("INSERT INTO event_keys", "INSERT INTO users")
"""Locks that no merge needs: the keys of a batch's events, and new users."""

_OF_THE_SCHEMA = "SET LOCAL search_path"
"""The first statement of the tables' owner, who changes the schema and no rows of users."""

_found: list[str] = []


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    connection.info["owners_held"] = False
    connection.info["locked_first"] = None


@event.listens_for(Engine, "before_cursor_execute")
def _execute(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
    state = connection.info
    if state.get("owners_held") or _SCHEMA.match(statement):
        return
    if "alembic_version" in statement:
        state["owners_held"] = True  # a migration, which no merge comes between
    elif _OWNERS.search(statement) or statement.startswith(_OF_THE_SCHEMA):
        state["owners_held"] = True
        if state.get("locked_first"):
            _found.append(f"{_short(state['locked_first'])} came before {_short(statement)}")
    elif (
        _LOCKS.search(statement)
        and not state.get("locked_first")
        and not any(word in statement for word in _NOBODYS)
    ):
        state["locked_first"] = statement


def _short(statement: str) -> str:
    return f"`{' '.join(statement.split())[:120]}`"


def forget() -> None:
    """Forget what was found: for bugs that were planted."""
    _found.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, Any, Any]:
    """Fail the test that did it the wrong way round."""
    _found.clear()
    result = yield
    if _found:
        pytest.fail(f"whoever reads an address holds the owners first: {_found[:3]}", pytrace=False)
    return result
