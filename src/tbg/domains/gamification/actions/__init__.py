"""Everything that changes rewards. All XP passes through `reward`, whatever its source."""

from tbg.domains.gamification.actions.corrections import correct_xp, grant_badge
from tbg.domains.gamification.actions.events import record_event, record_occurrences
from tbg.domains.gamification.actions.reward import Award, Grant, lock, reward

__all__ = [
    "Award",
    "Grant",
    "correct_xp",
    "grant_badge",
    "lock",
    "record_event",
    "record_occurrences",
    "reward",
]
