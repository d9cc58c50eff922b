"""A miner's own figures, for themselves and for programs with their API key."""

from __future__ import annotations

from fastapi import APIRouter

from tbg.adapters.http import Reader, Transaction
from tbg.domains.mining import queries
from tbg.domains.mining.schemas import MinerBests

router = APIRouter(prefix="/mining", tags=["mining"])


@router.get(
    "/personal-bests",
    summary="The player's best difficulties",
    operation_id="personal_bests",
)
async def personal_bests(tx: Transaction, who: Reader) -> MinerBests:
    """The best of all time, of this month, of this week."""
    return MinerBests.model_validate(await queries.bests(tx, who.user_id))
