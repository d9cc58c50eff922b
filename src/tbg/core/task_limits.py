"""Bounds of durable tasks, and of what they share with deliveries, each with its reason."""

from __future__ import annotations

from datetime import timedelta

LEASE_MARGIN = timedelta(seconds=15)
"""How much longer than its time limit a task is leased: the sender that runs it has ended it and
recorded the result before another sender may take it."""

STOP_SECONDS = 5.0
"""The time that running tasks get to finish when the sender stops; `tbg up` waits longer."""

SWEEP_SECONDS = 0.5
"""How often the sender looks for due tasks: the longest delay of a notification."""

TARGET_PAUSE_SECONDS = 60
"""The longest pause of a target that does not answer; after it, one task tries again."""

KEPT = timedelta(days=7)
"""How long finished tasks are kept; for that time, their keys prevent doing the same work twice."""

RESULT_BYTES = 8_192
"""Largest result of a task: a receipt and what it refers to, never a document."""

LONGEST_RETRY_SECONDS = 3_600
"""The longest wait between two attempts of a delivery or a task; waits double from 2 s."""

ERROR_CHARACTERS = 2_000
"""How much of the error of a delivery or a task is kept: the message, and its subject."""
