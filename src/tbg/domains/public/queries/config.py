"""What a client needs to know about this pool."""

from __future__ import annotations

import tbg
from tbg.core.settings import Settings
from tbg.domains.gamification.schemas import CATEGORIES, RARITIES
from tbg.domains.public.schemas import Config


def pool_config(settings: Settings) -> Config:
    """The network, the name, what is switched on, and the words a client meets."""
    return Config(
        network=settings.network,
        name=settings.pool_name,
        version=tbg.__version__,
        demo=settings.demo,
        stratum=settings.stratum_url,
        features={"live": True, "sign_in": True, "demo_sign_in": settings.demo},
        categories=list(CATEGORIES),
        rarities=list(RARITIES),
    )
