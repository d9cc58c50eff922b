"""Personal data: every column that refers to a user is declared, and is dealt with as declared."""

from __future__ import annotations

import json
from datetime import timedelta

import httpx
import pytest
from redis.asyncio import Redis

from tbg.adapters.broadcast import Broadcast
from tbg.adapters.credentials import CredentialKeys, Issuer
from tbg.app.lifecycle import erase_due
from tbg.app.relay import Relay
from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.personal import NotExported, not_users
from tbg.core.tx import Database
from tbg.domains.accounts.jobs import clean_tokens
from tbg.domains.credentials.actions import issue
from tbg.domains.gamification.actions.champion import crown_champions
from tbg.domains.mining.actions import roll_up_all
from tests.accounts import leave as leave_by_the_api
from tests.accounts import link, player, sign_in, unlink
from tests.api import keys_dir
from tests.app.lives import SECRET, WORDS, furnish, join, leave, taken_along, user_of
from tests.conftest import NOW
from tests.domains.gamification.play import ALICE, BOB, CAROL, block, execute, play, share
from tests.domains.quests.doing import evaluate, quest_jobs
from tests.personal import (
    declared,
    left_in,
    references,
    rows_as_text,
    undeclared,
    user_columns,
)

WEEK = timedelta(weeks=1)


async def live(db: Database, redis: Redis, address: str) -> int:
    """A user with rows in every table that refers to users; gives the id."""
    await play(db, [share(NOW - WEEK, user=address, sdiff=2e9, worker="Basement")])
    await play(db, [block(NOW, user=address), share(NOW, user=address, accepted=False)])
    await evaluate(db)
    await crown_champions(db)
    await Relay(db, Broadcast(redis)).drain()
    user = await user_of(db, address)
    await furnish(db, user)
    issuer = Issuer("https://game.example", "The pool", CredentialKeys(keys_dir(), db.clock))
    async with db.transaction(owners="shared") as tx:
        await issue(tx, issuer, user_id=user, slug="first_share")
    # What waits: quests, rollups, a summary, messages, and one whose delivery failed.
    await play(db, [share(NOW - WEEK, user=address, history=True, worker="Basement")])
    await roll_up_all(db)
    await quest_jobs()["quest_changes"].run(db)
    await play(db, [share(NOW, user=address, worker="Basement")])
    await roll_up_all(db)
    await play(db, [share(NOW, user=address, sdiff=5e12, worker="Basement")])
    await execute(
        db,
        "INSERT INTO failed_deliveries (message_id, handler, attempts, next_at, error)"
        f" SELECT max(id), 'h', 1, max(created_at), 'not for {address}' FROM outbox",
    )
    return user


async def two_lives(db: Database, redis: Redis) -> tuple[int, int]:
    """BOB, whom CAROL became part of: both ids. Every declared column names BOB."""
    carol = await live(db, redis, CAROL)
    await play(db, [share(NOW, user=BOB)])
    await join(db, CAROL, BOB)
    bob = await live(db, redis, BOB)
    rows = await named(db, bob)
    assert [name for name, count in rows.items() if not count] == [], "let `live` make such rows"
    return bob, carol


async def named(db: Database, *ids: int) -> dict[str, int]:
    async with db.transaction() as tx:
        return await references(tx, declared(), ids)


class TestDeclared:
    async def test_every_column_that_may_hold_a_users_id_is_declared(self, db: Database) -> None:
        async with db.transaction() as tx:
            assert await undeclared(tx, declared()) == []

    @pytest.mark.parametrize(
        ("column", "type_"),
        [
            ("user_id", "bigint"),
            ("winner", "bigint"),
            ("invited", "bigint[]"),
            ("number", "bigint GENERATED ALWAYS AS IDENTITY"),
            ("rival", "player"),
        ],
    )
    async def test_a_planted_column_is_named_with_what_to_write(
        self, db: Database, column: str, type_: str
    ) -> None:
        async with db.transaction() as tx:
            await tx.run("CREATE DOMAIN player AS bigint")
            await tx.run(f"CREATE TABLE toys (place integer, colour text, {column} {type_})")
            (message,) = await undeclared(tx, declared())
            assert message.startswith(f"toys.{column} may hold a user's id and is not declared")
            assert "in its domain's tables.py, as UserColumn(merge=…" in message
            assert f'not_users("{column}")' in message
            toys = {"toys": not_users(column)}
            assert await undeclared(tx, {**declared(), **toys}) == []

    async def test_a_planted_column_of_a_declared_table_is_named(self, db: Database) -> None:
        async with db.transaction() as tx:
            await tx.run("ALTER TABLE blocks ADD witness bigint")
            (message,) = await undeclared(tx, declared())
            assert message.startswith("blocks.witness may hold a user's id")

    async def test_a_declared_column_that_is_gone_is_named(self, db: Database) -> None:
        async with db.transaction() as tx:
            await tx.run("ALTER TABLE tasks DROP user_ids")
            assert await undeclared(tx, declared()) == ["tasks.user_ids is declared and not there"]


class TestDone:
    async def test_a_merge_does_with_every_column_what_is_declared(
        self, db: Database, redis: Redis
    ) -> None:
        gone, _ = await two_lives(db, redis)
        async with db.transaction() as tx:
            kept = await tx.value("INSERT INTO users (created_at) VALUES (:now) RETURNING id",
                                  now=tx.now)  # fmt: skip
        before = await named(db, kept)
        await join(db, gone, kept)
        left, after = await named(db, gone), await named(db, kept)
        done = {
            name: "kept" if left[name] else "moved" if after[name] > before[name] else "removed"
            for name in left
        }
        assert done == {f"{t}.{c}": what.merge for t, c, what in user_columns(declared())}

    async def test_an_erasure_does_with_every_column_what_is_declared(
        self, db: Database, redis: Redis
    ) -> None:
        user, merged = await two_lives(db, redis)
        await play(db, [share(NOW, user=ALICE)])
        alice = await user_of(db, ALICE)
        hers = await named(db, alice)
        await leave(db, BOB)
        done = {
            name: "kept" if rows else "removed"
            for name, rows in (await named(db, user, merged)).items()
        }
        assert done == {f"{t}.{c}": what.erase for t, c, what in user_columns(declared())}
        assert await named(db, alice) == hers, "nobody else loses anything"

    async def test_an_export_has_every_row_that_is_declared_and_no_secret(
        self, db: Database, redis: Redis
    ) -> None:
        user, merged = await two_lives(db, redis)
        await play(db, [share(NOW, user=ALICE)])
        with await taken_along(db, user) as archive:
            assert archive.testzip() is None
            files = {name: archive.read(name) for name in archive.namelist()}
        own, both = await named(db, user), await named(db, user, merged)
        rows = {
            what.export: (own if what.export in _OF_THE_USER_ALONE else both)[f"{table}.{column}"]
            for table, column, what in user_columns(declared())
            if not isinstance(what.export, NotExported)
        }
        found = {
            name.partition(".")[0]: len(text.splitlines() if "ndjson" in name else json.loads(text))
            for name, text in files.items()
            if name != "README.txt"
        }
        assert found == rows
        assert all(name in files["README.txt"].decode() for name in found)
        (profile,) = json.loads(files["profile.json"])
        assert (profile["handle"], profile["settings"]) == ("satsuma", {"a": [1]})
        everything = b"".join(files.values())
        assert SECRET.encode() not in everything
        assert ALICE.encode() not in everything

    async def test_of_an_erased_person_no_table_has_a_word_left(
        self, db: Database, redis: Redis
    ) -> None:
        await two_lives(db, redis)
        await play(db, [share(NOW, user=ALICE)])
        words = (*WORDS, BOB, CAROL, "asement", "ASEMENT")
        async with db.transaction() as tx:
            before = await rows_as_text(tx)
        assert [word for word in words[:-1] if not left_in(before, [word])] == [], "not searched"
        await leave(db, BOB)
        async with db.transaction() as tx:
            after = await rows_as_text(tx)
        assert left_in(after, words) == []
        assert left_in(after, [ALICE]) != []

    async def test_of_a_player_who_leaves_by_the_api_no_table_has_a_word_left(
        self, db: Database, client: httpx.AsyncClient, clock: FixedClock
    ) -> None:
        await sign_in(client, 1)
        who = await sign_in(client)
        for handle in ("satsuma", "mandarin"):
            profile = {"handle": handle, "display_name": "Satsuma", "bio": "brews tea"}
            (await who.ask("PATCH", "/users/me", json=profile)).raise_for_status()
        wish = {"name": "Alpine rig", "scope": "read"}
        (await who.ask("POST", "/users/me/api-keys", json=wish)).raise_for_status()
        (await link(who, 1)).raise_for_status()
        (await unlink(who, 1)).raise_for_status()
        (await leave_by_the_api(who)).raise_for_status()
        # An address that was removed is nobody's, and has a challenge left, for some minutes.
        clock.move(limits.CHALLENGE_AGE * 2)
        await clean_tokens(db)
        words = ["mandarin", "Satsuma", "brews tea", "Alpine rig"]
        words += [who.key.address, player(1).address]
        async with db.transaction() as tx:
            before = await rows_as_text(tx)
        assert [word for word in words if not left_in(before, [word])] == [], "not searched"
        clock.move(timedelta(days=8))
        assert await erase_due(db) == 1
        async with db.transaction() as tx:
            after = await rows_as_text(tx)
        assert left_in(after, (*words, "satsuma")) == []
        assert after["audit_log"].count("handle.change") == 2, "it keeps what was done"


_OF_THE_USER_ALONE = {"profile", "audit_log"}
"""Sections without what a merged account left."""
