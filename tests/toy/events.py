"""What the domain announces."""

from __future__ import annotations

from datetime import datetime

from tbg.core.event import PlayerEvent


class BellRung(PlayerEvent):
    """A player rang their `number`-th bell; `heard_by` is another player who stood beside it."""

    number: int
    at: datetime
    heard_by: int | None = None

    def subjects(self) -> tuple[int, ...]:
        """The player, and who heard it."""
        return (self.user_id,) if self.heard_by is None else (self.user_id, self.heard_by)
