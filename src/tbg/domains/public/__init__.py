"""What anybody may read: the pool's totals, a miner's page."""

from tbg.core.domain import Domain

DOMAIN = Domain(name="public", router="tbg.domains.public.routes:router")
