"""Runs the statements of migrations; only migrations import it.

Its meaning must not change after a release, because migrations are never rewritten.
"""

from __future__ import annotations

from alembic import op

from tbg.core.limits import TABLE_LOCK_SECONDS


def run(script: str) -> None:
    """Run the statements of a script; each waits for locks only as long as services can wait.

    Statements end with a semicolon at the end of a line, except inside a function's `$$ … $$`. The
    bound holds until the end of the transaction, so it also applies to statements that a migration
    runs itself.
    """
    bind = op.get_bind()
    bind.exec_driver_sql(
        "SELECT pg_catalog.set_config('lock_timeout', $1, true)", (f"{TABLE_LOCK_SECONDS}s",)
    )
    for statement in statements(script):
        bind.exec_driver_sql(statement)


def statements(script: str) -> list[str]:
    """The statements of a script, one by one: the driver cannot prepare two at once."""
    found: list[str] = []
    lines: list[str] = []
    in_body = False
    for line in script.strip().splitlines():
        lines.append(line)
        in_body ^= line.count("$$") % 2 == 1
        if line.rstrip().endswith(";") and not in_body:
            found.append("\n".join(lines).rstrip().removesuffix(";"))
            lines = []
    if lines:
        found.append("\n".join(lines))
    return found
