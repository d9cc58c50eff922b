"""Looks for transactions that do not declare the owners' lock although they need it.

A merge or an erasure locks `user_addresses` against everybody who declares that they share it, and
against nobody who only reads. So whoever writes by what an address said takes the lock first, or
they may write for a user who is no more. And whoever takes it does so before they lock anything
that a merge may want, or the two may wait for each other. A test during which a transaction did
otherwise fails, without needing the bad luck.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

_ADDRESSES = re.compile(r"\buser_addresses\b")
_OWNERS = re.compile(
    r"\b(INSERT INTO|UPDATE|DELETE FROM|LOCK TABLE) user_addresses\b"
    r"|\bTRUNCATE\b[^;]*\buser_addresses\b"
)
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
    connection.info["read_first"] = None


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
        return
    if _ADDRESSES.search(statement):
        state["read_first"] = state.get("read_first") or statement
    if _LOCKS.search(statement) and not any(word in statement for word in _NOBODYS):
        if state.get("read_first"):
            _found.append(f"{_short(statement)} went by {_short(state['read_first'])}")
        state["locked_first"] = state.get("locked_first") or statement


def _short(statement: str) -> str:
    return f"`{' '.join(statement.split())[:120]}`"


def forget() -> None:
    """Forget what was found: for bugs that were planted."""
    _found.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, Any, Any]:
    """Fail the test during which a transaction lacked the lock, or took it too late."""
    _found.clear()
    result = yield
    if _found:
        pytest.fail(f"declare the owners' lock, transaction(owners=…): {_found[:3]}", pytrace=False)
    return result
