"""What anybody may read: the pool's page, a miner's page, the configuration."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from tbg.adapters import bitcoin
from tbg.adapters.http import (
    AppDatabase,
    AppSettings,
    AppStudio,
    Asker,
    SharedAnswer,
    Transaction,
)
from tbg.adapters.pictures import miner_card, pool_card
from tbg.adapters.rate_limit import RateLimit, client
from tbg.core import limits, page_limits
from tbg.core.errors import NotFound
from tbg.core.principal import reader
from tbg.core.settings import Settings
from tbg.domains.accounts.errors import NotAnAddress
from tbg.domains.accounts.queries import miner
from tbg.domains.accounts.rules import why_no_handle
from tbg.domains.public import queries
from tbg.domains.public.schemas import Config, PublicMiner, PublicStats

router = APIRouter()

POOL_PAGE = SharedAnswer(
    queries.pool_page, seconds=limits.POOL_STATS_SECONDS, share=limits.POOL_STATS_SHARE
)

_NOBODY = "This address has not sent a share yet, or its miner is not public."
_PICTURES = RateLimit("pictures", page_limits.RATE_PICTURES, per=client)
_PNG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}}}


@router.get(
    "/config", summary="What a client needs to know about this pool", operation_id="get_config"
)
async def get_config(settings: AppSettings) -> Config:
    """The network, the name, what is switched on, and the words a client meets."""
    return queries.pool_config(settings)


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
    name = _name_of(handle, settings)
    own = reader(asker)
    found = await miner(tx, name, own=own)
    if found is None or not (found.profile_public or found.id == own):
        raise NotFound(_NOBODY)
    return await queries.miner_page(tx, found, handle=found.handle or name)


def _name_of(handle: str, settings: Settings) -> str:
    """An address or a handle in our spelling; refuses what can be neither."""
    try:
        return bitcoin.normalise(handle, settings.network)
    except bitcoin.AddressRefused as error:
        if why_no_handle(handle) is not None:
            raise NotAnAddress(f"This is {error}, and not a handle.") from None
        return handle


@router.get(
    "/public/card.png",
    summary="The pool's preview card",
    operation_id="pool_card",
    response_class=Response,
    responses=_PNG,
    dependencies=[Depends(_PICTURES)],
)
async def get_pool_card(settings: AppSettings, studio: AppStudio) -> Response:
    """The picture that a link to a page without a card of its own shows."""
    return _picture(await studio.draw(pool_card(settings.pool_name)))


@router.get(
    "/public/miners/{handle}/card.png",
    summary="One miner's preview card",
    operation_id="miner_card",
    response_class=Response,
    responses=_PNG,
    dependencies=[Depends(_PICTURES)],
)
async def get_miner_card(
    settings: AppSettings, database: AppDatabase, studio: AppStudio, handle: str
) -> Response:
    """The picture that a link to a miner's page shows; 404 if the miner is not public."""
    name = _name_of(handle, settings)
    async with database.transaction() as tx:
        preview = await queries.miner_preview(tx, name)
    if preview is None:
        raise NotFound(_NOBODY)
    return _picture(await studio.draw(miner_card(preview.card, pool=settings.pool_name)))


def _picture(png: bytes) -> Response:
    cached = {"Cache-Control": f"public, max-age={page_limits.PICTURE_CACHED}"}
    return Response(png, media_type="image/png", headers=cached)
