"""Builds the verifier's statements from what a domain compares."""

from __future__ import annotations

_SUM_UP = """
SELECT count(*) AS rows, count(*) FILTER (WHERE bad) AS mismatches,
    (array_agg(user_id ORDER BY user_id) FILTER (WHERE bad))[1:CAST(:most AS integer)] AS users
FROM checked
"""

_FIND = """
SELECT DISTINCT user_id FROM checked WHERE bad AND user_id > :after
ORDER BY user_id LIMIT :most
"""


def sum_up(comparison: str, *needs: str) -> str:
    """The statement that counts the rows of a comparison, `(user_id, bad)`, and those that are bad.

    `needs`: common table expressions that it reads, `name AS (…)`.
    """
    return _with(comparison, needs) + _SUM_UP


def find(comparison: str, *needs: str) -> str:
    """The statement that lists the users of bad rows, `after` one, `most` at once."""
    return _with(comparison, needs) + _FIND


def _with(comparison: str, needs: tuple[str, ...]) -> str:
    return "WITH " + ", ".join([*needs, "checked AS (" + comparison + ")"])
