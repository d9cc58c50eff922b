"""The domain's events; each becomes a notification to the account's owner only."""

from __future__ import annotations

from datetime import datetime

from tbg.core.event import PlayerEvent


class AccountChanged(PlayerEvent):
    """Something was done to an account that its owner should know about, whoever did it.

    `action` as in the account's activity list; `about` names the address or the key.
    """

    action: str
    about: str | None
    at: datetime
