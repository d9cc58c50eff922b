"""Pictures that the server draws: the preview cards of pages, as PNG."""

from tbg.adapters.pictures.badge import badge_picture
from tbg.adapters.pictures.card import MinerCard, miner_card, pool_card
from tbg.adapters.pictures.studio import Studio

__all__ = ["MinerCard", "Studio", "badge_picture", "miner_card", "pool_card"]
