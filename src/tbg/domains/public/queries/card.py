"""What a preview says of a miner: the facts of a card, and of the page's description."""

from __future__ import annotations

from typing import NamedTuple

from tbg.adapters.pictures import MinerCard
from tbg.core.tx import Tx
from tbg.domains.accounts.queries import KnownMiner, miner
from tbg.domains.accounts.rules import short_address
from tbg.domains.gamification import queries as gamification
from tbg.domains.gamification.rules import LEVELS, compute_level


class MinerPreview(NamedTuple):
    """A miner as a link to their page shows them; `handle` is what their page is found by."""

    handle: str
    card: MinerCard
    streak: int


async def miner_preview(tx: Tx, name: str) -> MinerPreview | None:
    """The preview of a miner by handle or address, in our spelling; None if they are not public.

    The same for everybody who asks, the miner included: a card is for other people's eyes.
    """
    found = await miner(tx, name)
    if found is None or not found.profile_public:
        return None
    standing = await gamification.standing(tx, found.id)
    catalogue = await gamification.badge_catalogue(tx)
    reached = compute_level(standing.total_xp)
    card = MinerCard(
        names=_names(found, name),
        seed=found.seed,
        level=reached.level,
        title=reached.title,
        ordinal=sum(one.cumulative <= standing.total_xp for one in LEVELS),
        levels=len(LEVELS),
        badges=standing.badges_earned,
        badges_total=len(catalogue),
    )
    return MinerPreview(found.handle or name, card, standing.run.shown(tx.now.date()))


def _names(found: KnownMiner, name: str) -> tuple[str, ...]:
    """What they may be called, the best first; never more of the address than they show."""
    shown = found.address_shown
    address = shown and (short_address(shown) if shown == found.address else shown)
    names = (found.display_name, found.handle, address)
    return tuple(one for one in names if one) or (found.handle or name,)
