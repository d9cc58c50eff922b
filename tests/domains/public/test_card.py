"""What a miner's preview card shows: nothing that their page would not."""

from __future__ import annotations

import pytest

from tbg.adapters.pictures import miner_card
from tbg.core.tx import Database
from tbg.domains.accounts.rules import handle_key
from tbg.domains.public.queries import MinerPreview, miner_preview
from tests.conftest import NOW
from tests.domains.gamification.play import ALICE, share
from tests.domains.public.mining import mine

SHORT = f"{ALICE[:4]}…{ALICE[-4:]}"


async def preview(db: Database, name: str, **values: object) -> MinerPreview | None:
    """The preview by a name, of a miner with a handle and these columns."""
    await mine(db, [share(NOW, sdiff=1234.0)])
    values |= {"handle": "Stoker", "handle_key": handle_key("Stoker"), "claimed_at": NOW}
    async with db.transaction() as tx:
        sets = ", ".join(f"{column} = :{column}" for column in values)
        await tx.run(f"UPDATE users SET {sets}", **values)
    async with db.transaction() as tx:
        return await miner_preview(tx, name)


@pytest.mark.parametrize(
    ("how", "names"),
    [("whole", ("Stoker", SHORT)), ("short", ("Stoker", SHORT)), ("hidden", ("Stoker",))],
)
async def test_a_card_names_no_more_of_an_address_than_is_shown(
    db: Database, how: str, names: tuple[str, ...]
) -> None:
    found = await preview(db, "stoker", address_shown=how)
    assert found is not None
    assert found.card.names == names
    assert found.handle == "Stoker"
    svg = miner_card(found.card, pool="The Bitcoin Game")
    assert ALICE not in svg
    assert (SHORT in svg) == (how != "hidden")
    # Nor can the tile be compared with those of all addresses, unless the address is shown.
    assert (found.card.seed == ALICE) == (how == "whole")


async def test_a_card_has_level_and_badges(db: Database) -> None:
    found = await preview(db, ALICE, display_name="The stoker")
    assert found is not None
    card = found.card
    assert card.names == ("The stoker", "Stoker", SHORT)
    assert (card.level, card.title, card.ordinal, card.levels) == (1, "Nocoiner", 1, 15)
    assert (card.badges, card.badges_total, found.streak) == (1, 20, 1)


async def test_a_miner_who_is_not_public_has_no_card(db: Database) -> None:
    assert await preview(db, "Stoker", profile_public=False) is None


async def test_a_miner_without_a_handle_is_called_by_the_short_address(db: Database) -> None:
    await mine(db, [share(NOW)])
    async with db.transaction() as tx:
        found = await miner_preview(tx, ALICE)
    assert found is not None
    assert (found.handle, found.card.names) == (ALICE, (SHORT,))
