"""The public pages, put together from the domains below; a fixed number of bounded statements."""

from tbg.domains.public.queries.card import MinerPreview, miner_preview
from tbg.domains.public.queries.config import pool_config
from tbg.domains.public.queries.miner import miner_page
from tbg.domains.public.queries.pool import pool_page

__all__ = ["MinerPreview", "miner_page", "miner_preview", "pool_config", "pool_page"]
