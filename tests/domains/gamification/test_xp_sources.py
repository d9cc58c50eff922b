"""XP sources: one registry, which the ledger, whoever grants and the merge go by."""

from __future__ import annotations

import re

import pytest

from tbg.core.tx import Database
from tbg.domains.gamification.actions import Grant, lock, reward
from tbg.domains.gamification.rules import XP_SOURCES
from tests.app.lives import join, user_of
from tests.conftest import NOW
from tests.domains.gamification.play import ALICE, BOB, execute, play, share, value, xp

OTHERS = [source for source, rederivable in XP_SOURCES.items() if not rederivable]


async def grant(db: Database, user: int, source: str, *, key: str | None = None) -> None:
    async with db.transaction(owners="shared") as tx:
        await lock(tx, [user])
        name = key or f"{source}:{user}:x"
        await reward(tx, grants=[Grant(user, name, 40, source, "x", "x", tx.now)])


async def test_the_ledger_accepts_the_sources_of_the_registry_and_no_other(db: Database) -> None:
    sql = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'xp_ledger_source'"
    constraint = await value(db, sql)
    assert set(re.findall(r"'(\w+)'", constraint)) == set(XP_SOURCES), (
        "a source is in XP_SOURCES, and in a migration that changes the ledger's constraint"
    )


async def test_a_grant_of_an_unknown_source_is_refused(db: Database) -> None:
    await play(db, [share(NOW)])
    with pytest.raises(ValueError, match="no XP source is called bounty: add it to XP_SOURCES"):
        await grant(db, 1, "bounty")


@pytest.mark.parametrize("key", ["quest:x:1", "quest:11:x", "x", "lesson:1:x"])
async def test_a_key_that_a_merge_could_not_give_to_another_user_is_refused(
    db: Database, key: str
) -> None:
    await play(db, [share(NOW)])
    with pytest.raises(ValueError, match="does not begin with quest:1:"):
        await grant(db, 1, "quest", key=key)


@pytest.mark.parametrize("source", OTHERS)
async def test_a_merge_grants_again_what_cannot_be_derived(db: Database, source: str) -> None:
    await play(db, [share(NOW), share(NOW, user=BOB)])
    bob = await user_of(db, BOB)
    await grant(db, bob, source)
    await join(db, BOB, ALICE)
    assert await xp(db, source=source) == 40


async def test_a_merge_grants_again_what_is_of_a_source_that_is_new(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await execute(db, "ALTER TABLE xp_ledger DROP CONSTRAINT xp_ledger_source")
    monkeypatch.setitem(XP_SOURCES, "bounty", False)
    await play(db, [share(NOW), share(NOW, user=BOB)])
    for address in (ALICE, BOB):
        await grant(db, await user_of(db, address), "bounty")
    await grant(db, await user_of(db, BOB), "bounty", key=f"bounty:{await user_of(db, BOB)}:y")
    await join(db, BOB, ALICE)
    assert await xp(db, source="bounty") == 80, "what both have is granted once"


async def test_a_merge_with_xp_of_an_unknown_source_fails_and_loses_nothing(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await execute(db, "ALTER TABLE xp_ledger DROP CONSTRAINT xp_ledger_source")
    await play(db, [share(NOW), share(NOW, user=BOB)])
    with monkeypatch.context() as patch:
        patch.setitem(XP_SOURCES, "bounty", False)
        await grant(db, await user_of(db, BOB), "bounty")
    before = await xp(db, BOB)
    with pytest.raises(ValueError, match="bounty"):
        await join(db, BOB, ALICE)
    assert await xp(db, BOB) == before > 40
