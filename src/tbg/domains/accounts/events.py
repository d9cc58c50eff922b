"""What accounts announce; each ends as a notification to the account's owner alone."""

from __future__ import annotations

from datetime import datetime

from tbg.core.event import PlayerEvent


class AccountChanged(PlayerEvent):
    """Something was done to an account that its owner should know of, whoever did it.

    `action` as the account's list of activity has it; `about` names the address or the key.
    """

    action: str
    about: str | None
    at: datetime
