"""Ringing a bell."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from tbg.adapters.http import OwnersTransaction, SignedIn, idempotent
from tbg.adapters.rate_limit import RateLimit
from tests.toy.actions import ring
from tests.toy.schemas import Bell

RINGS = RateLimit("rings", (3, 60))

router = APIRouter(prefix="/bells", tags=["bells"])


@router.post("", summary="Ring a bell", operation_id="ring_bell",
             dependencies=[Depends(RINGS), Depends(idempotent)])  # fmt: skip
async def ring_bell(tx: OwnersTransaction, who: SignedIn) -> Bell:
    """Ring the next one."""
    return Bell(number=await ring(tx, user_id=who.user_id))
