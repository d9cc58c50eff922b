"""What anybody may read: the pool's page, a miner's page, the configuration."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

import tbg
from tbg.adapters import bitcoin
from tbg.adapters.http import AppSettings, Asker, SharedAnswer, Transaction
from tbg.core import limits
from tbg.core.errors import NotFound
from tbg.core.principal import reader
from tbg.domains.accounts.errors import NotAnAddress
from tbg.domains.accounts.queries import miner
from tbg.domains.accounts.rules import why_no_handle
from tbg.domains.gamification.schemas import CATEGORIES, RARITIES
from tbg.domains.public import queries
from tbg.domains.public.schemas import Config, PublicMiner, PublicStats

router = APIRouter()

POOL_PAGE = SharedAnswer(
    queries.pool_page, seconds=limits.POOL_STATS_SECONDS, share=limits.POOL_STATS_SHARE
)


@router.get(
    "/config", summary="What a client needs to know about this pool", operation_id="get_config"
)
async def get_config(settings: AppSettings) -> Config:
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


@router.get(
    "/public/stats",
    summary="The pool's totals, its wall and the latest news",
    operation_id="public_stats",
    response_model=PublicStats,
)
async def public_stats(page: Annotated[bytes, Depends(POOL_PAGE)]) -> Response:
    """The pool's page, made once for all who ask within the same seconds."""
    return Response(page, media_type="application/json")


@router.get(
    "/public/miners/{handle}",
    summary="One miner's public page",
    operation_id="public_miner",
)
async def public_miner(
    settings: AppSettings, asker: Asker, tx: Transaction, handle: str
) -> PublicMiner:
    """A miner by handle or address; 404 if the miner is unknown or not public."""
    try:
        name = bitcoin.normalise(handle, settings.network)
    except bitcoin.AddressRefused as error:
        if why_no_handle(handle) is not None:
            raise NotAnAddress(f"This is {error}, and not a handle.") from None
        name = handle
    own = reader(asker)
    found = await miner(tx, name, own=own)
    if found is None or not (found.profile_public or found.id == own):
        raise NotFound("This address has not sent a share yet, or its miner is not public.")
    return await queries.miner_page(tx, found, handle=found.handle or name)
