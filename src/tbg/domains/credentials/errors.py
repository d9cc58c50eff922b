"""The domain's refusals."""

from __future__ import annotations

from tbg.core.errors import Conflict


class BadgeNotEarned(Conflict):
    """The player does not have the badge of which they want a credential."""

    code = "badge_not_earned"
    title = "This badge has not been earned"
