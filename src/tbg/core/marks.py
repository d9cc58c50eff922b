"""How far a job has come: one moment per name, set in the transaction of the work up to it."""

from __future__ import annotations

from datetime import datetime

from tbg.core.tx import Tx


async def read(tx: Tx, name: str) -> datetime | None:
    """The mark's moment; None if it was never set."""
    found: datetime | None = await tx.value("SELECT mark FROM job_marks WHERE job = :job", job=name)
    return found


async def move(tx: Tx, name: str, *, to: datetime) -> None:
    """Move a mark forward to `to`; a mark never goes back."""
    await tx.run(
        """
        INSERT INTO job_marks AS m (job, mark) VALUES (:job, :mark)
        ON CONFLICT (job) DO UPDATE SET mark = GREATEST(m.mark, excluded.mark)
        """,
        job=name,
        mark=to,
    )
