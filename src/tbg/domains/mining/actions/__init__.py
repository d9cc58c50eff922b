"""Changes of mining's tables outside the projection."""

from tbg.domains.mining.actions.history import move_history
from tbg.domains.mining.actions.rollups import roll_up, roll_up_all, take_rolled_up

__all__ = ["move_history", "roll_up", "roll_up_all", "take_rolled_up"]
