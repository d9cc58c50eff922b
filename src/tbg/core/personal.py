"""What merge, erasure and export do with each column that refers to a user.

Each domain's record declares its columns (`personal`); the foundation's own are here. Tests compare
that with the migrated database, where any bigint may be a user's id, and with what the domains'
`merge`, `erase` and `export` do. Nothing reads it while the game runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class NotExported:
    """The export leaves the rows out, for a reason."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserColumn:
    """A column that holds a user's id, or an array of them.

    `merge`, of the user who became part of another: "moved": what the rows say is said of the kept
    user afterwards; "removed": the rows go, or no longer name the merged user; "kept": they go on
    naming the merged user.
    `erase`: "removed": no row names the user; "kept": the rows stay, without a person behind the
    number.
    `export`: the section that has the rows.
    """

    merge: Literal["moved", "removed", "kept"]
    erase: Literal["removed", "kept"]
    export: str | NotExported


NotAUser: TypeAlias = Literal["not a user"]
Personal: TypeAlias = Mapping[str, Mapping[str, UserColumn | NotAUser]]
"""Table → column → what it is: every column of type bigint or bigint[]."""


def not_users(*columns: str) -> dict[str, UserColumn | NotAUser]:
    """Numbers and ids of other things."""
    return dict.fromkeys(columns, "not a user")


def facts_of_a_user(section: str, *others: str) -> dict[str, UserColumn | NotAUser]:
    """The columns of a table of facts: a merge moves them, and an erasure leaves the numbers."""
    return {
        "user_id": UserColumn(merge="moved", erase="kept", export=section),
        **not_users(*others),
    }


PERSONAL: Personal = {
    "event_keys": not_users("digest"),
    "outbox": {
        "user_ids": UserColumn(
            merge="kept",  # nobody is notified of a merged user: the handlers pass over them
            erase="removed",
            export=NotExported("what was delivered of it is in the frames"),
        ),
        **not_users("id"),
    },
    "failed_deliveries": not_users("message_id"),
    "tasks": {
        "user_ids": UserColumn(
            merge="kept",
            erase="removed",
            export=NotExported(
                "calls to other services that are to be made, or were in the last week"
            ),
        ),
        **not_users("id"),
    },
    "parked_users": {
        "user_id": UserColumn(
            merge="removed",
            erase="removed",
            export=NotExported("a job that failed, which waits for the operator"),
        ),
    },
}
