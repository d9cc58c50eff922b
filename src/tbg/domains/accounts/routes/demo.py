"""On a demo, the demo miners' keys: everybody may sign in as one of them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from tbg.adapters.http import AppSettings, Transaction, idempotent, problems
from tbg.adapters.rate_limit import CHANGES
from tbg.adapters.simulator import DEMO_SEED, DemoKey, demo_key, sign_message
from tbg.core.errors import NotFound
from tbg.domains.accounts import queries
from tbg.domains.accounts.errors import ChallengeSpent
from tbg.domains.accounts.schemas import DemoMiners, DemoSignature, DemoWish

_MINERS = 8


async def _on_a_demo(settings: AppSettings) -> dict[str, DemoKey]:
    if not settings.demo:
        raise NotFound("This pool is not a demo.")
    keys = [demo_key(DEMO_SEED, index, network=settings.network) for index in range(_MINERS)]
    return {key.address: key for key in keys}


Keys = Annotated[dict[str, DemoKey], Depends(_on_a_demo)]

router = APIRouter(prefix="/demo", tags=["demo"])


@router.get("/miners", summary="The demo miners that anybody can sign in as",
            operation_id="list_demo_miners", responses=problems(404))  # fmt: skip
async def list_demo_miners(tx: Transaction, keys: Keys) -> DemoMiners:
    """Demo miners that have mined, in the demo's order."""
    return DemoMiners(addresses=await queries.known_addresses(tx, list(keys)))


@router.post("/sign", summary="Sign as a demo miner", operation_id="sign_as_demo_miner",
             responses=problems(404),
             dependencies=[Depends(CHANGES), Depends(idempotent)])  # fmt: skip
async def sign_as_demo_miner(tx: Transaction, keys: Keys, wish: DemoWish) -> DemoSignature:
    """What the demo miner's wallet would answer: a signature of the challenge's message."""
    found = await queries.open_challenge(tx, UUID(str(wish.challenge_id)))
    if found is None:
        raise ChallengeSpent("It has already been used, or its five minutes are over.")
    if found.address not in keys:
        raise NotFound("This is not the address of a demo miner.")
    return DemoSignature(signature=sign_message(keys[found.address], found.message))
