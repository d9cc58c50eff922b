"""Changes of mining's tables outside the projection."""

from tbg.domains.mining.actions.rollups import roll_up, roll_up_all

__all__ = ["roll_up", "roll_up_all"]
