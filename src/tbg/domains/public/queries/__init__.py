"""The public pages, put together from the domains below; a fixed number of bounded statements."""

from tbg.domains.public.queries.miner import miner_page
from tbg.domains.public.queries.pool import pool_page

__all__ = ["miner_page", "pool_page"]
