"""Bounds of durable tasks, and of what they share with deliveries, each with its reason."""

from __future__ import annotations

from datetime import timedelta

LEASE_MARGIN = timedelta(seconds=15)
"""How much longer than its time limit a task is leased: the sender that runs it has ended it, and
written down what came of it, before another sender may take it."""

STOP_SECONDS = 5.0
"""What tasks in hand get to finish when the sender is told to stop; `tbg up` waits for longer."""

SWEEP_SECONDS = 0.5
"""How often the sender looks for tasks that are due: the most that a notification waits for it."""

TARGET_PAUSE_SECONDS = 60
"""The longest pause of a target that does not answer: one task then tries whether it is back."""

KEPT = timedelta(days=7)
"""How long finished tasks stay; for as long their keys keep the same work from being done twice."""

RESULT_BYTES = 8_192
"""Largest result of a task: a receipt and what it refers to, never a document."""

LONGEST_RETRY_SECONDS = 3_600
"""The longest wait between two tries of a delivery or a task: waits double from 2 s on."""

ERROR_CHARACTERS = 2_000
"""How much is kept of why a delivery or a task failed: the message, and what it was about."""
