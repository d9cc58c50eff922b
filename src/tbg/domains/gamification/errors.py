"""The domain's refusals."""

from __future__ import annotations

from tbg.core.errors import Conflict, Invalid


class BelowZero(Conflict):
    """A correction would take a total of XP below nothing."""

    code = "xp_below_zero"
    title = "A total of XP cannot be negative"


class EarnedByMining(Conflict):
    """A badge that follows from what was mined: giving it would contradict the books."""

    code = "badge_earned_by_mining"
    title = "The game awards this badge itself"


class NothingToCorrect(Invalid):
    """A correction of 0 XP, or one without a reason or a name."""

    code = "nothing_to_correct"
    title = "A correction needs an amount, a reason and a name"
