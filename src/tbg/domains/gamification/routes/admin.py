"""What operators change by hand: XP and badges. Each change has a reason and is audited."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from tbg.adapters.http import Admin, OwnersTransaction, Transaction, idempotent, problems
from tbg.adapters.rate_limit import RateLimit
from tbg.core.errors import NotFound
from tbg.core.tx import Tx
from tbg.domains.accounts import queries as accounts
from tbg.domains.accounts.actions.audit import audit
from tbg.domains.gamification import queries
from tbg.domains.gamification.actions import correct_xp, grant_badge
from tbg.domains.gamification.routes.catalogue import Slug
from tbg.domains.gamification.schemas.admin import (
    BadgeGrant,
    BadgeGranted,
    FoundUser,
    FoundUsers,
    XpCorrected,
    XpCorrection,
)

router = APIRouter(prefix="/admin", tags=["admin"])

ADMIN = RateLimit("admin", "strict")
UserId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Name = Annotated[str, Query(min_length=1, max_length=128)]


@router.get("/users", summary="Find a user", operation_id="find_user")
async def find_user(tx: Transaction, _who: Admin, name: Name) -> FoundUsers:
    """The user with this handle or address, whatever others may see of them."""
    user = await accounts.miner(tx, name.strip(), anybody=True)
    if user is None:
        return FoundUsers(users=[])
    standing = await queries.standing(tx, user.id)
    found = FoundUser(
        id=user.id,
        name=user.handle or user.address,
        address=user.address,
        seed=user.seed,
        total_xp=standing.total_xp,
        badges=[badge.slug for badge in await queries.earned_badges(tx, user.id)],
    )
    return FoundUsers(users=[found])


@router.post("/users/{user_id}/xp-corrections", status_code=201, summary="Give or take XP",
             operation_id="correct_xp", responses=problems(404, 409),
             dependencies=[Depends(ADMIN), Depends(idempotent)])  # fmt: skip
async def post_xp_correction(
    tx: OwnersTransaction, who: Admin, user_id: UserId, wish: XpCorrection
) -> XpCorrected:
    """Write one correction to the ledger; the player reads its reason.

    409 if it would make their total negative.
    """
    if not await accounts.addresses(tx, [user_id]):
        raise NotFound(f"There is no user {user_id}.")
    written = await correct_xp(
        tx, user_id=user_id, amount=wish.amount, reason=wish.reason, by=f"user:{who.user_id}"
    )
    details = {"amount": wish.amount, "reason": wish.reason, "key": written.key}
    await _note(tx, who, "xp.correct", user_id, details)
    standing = await queries.standing(tx, user_id)
    return XpCorrected(user_id=user_id, amount=wish.amount, total_xp=standing.total_xp)


@router.post("/badges/{slug}/grants", status_code=201, summary="Grant a badge",
             operation_id="grant_badge", responses=problems(404, 409),
             dependencies=[Depends(ADMIN), Depends(idempotent)])  # fmt: skip
async def post_badge_grant(
    tx: OwnersTransaction,
    who: Admin,
    slug: Slug,
    wish: BadgeGrant,
) -> BadgeGranted:
    """Grant a badge of an event to a user, by their handle or address.

    `granted` is false if they have it already. 409 for a badge that follows from what was mined.
    """
    user = await accounts.miner(tx, wish.user, anybody=True)
    if user is None:
        raise NotFound(f"There is no user called {wish.user}.")
    granted = await grant_badge(
        tx, user_id=user.id, slug=slug, reason=wish.reason, by=f"user:{who.user_id}"
    )
    if granted:
        await _note(tx, who, "badge.grant", user.id, {"badge": slug, "reason": wish.reason})
    return BadgeGranted(user_id=user.id, slug=slug, granted=granted)


async def _note(tx: Tx, who: Admin, action: str, user_id: int, details: dict[str, object]) -> None:
    await audit(
        tx,
        actor_id=who.user_id,
        actor="session",
        action=action,
        subject=f"user:{user_id}",
        details=details,
    )
