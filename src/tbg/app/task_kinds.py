"""The kinds of tasks that the sender runs: none yet."""

from __future__ import annotations

from tbg.core.tasks import TaskKind

TASK_KINDS: tuple[TaskKind, ...] = ()
