"""`tbg keys`, `tbg admin` and `tbg events`, as an operator types them."""

from __future__ import annotations

import asyncio
import json
import os
from functools import partial
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tbg.adapters.keys import KeyRing
from tbg.adapters.streams import DEAD_LETTER, Reader
from tbg.core import limits
from tbg.core.clock import FixedClock, SystemClock
from tbg.core.kept import KeptLines
from tbg.core.tx import Database
from tbg.domains.accounts.actions.audit import seal_audit_log
from tests import commands
from tests.accounts import player, sign_in
from tests.api import client_of, make_app
from tests.conftest import NOW
from tests.events import ingest_on, one, publish, share


@pytest.fixture
def env(fresh_database: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    return os.environ | {
        "TBG_DATABASE_URL": fresh_database,
        "TBG_REDIS_URL": redis_url,
        "TBG_KEYS_DIR": str(tmp_path / "keys"),
    }


def tbg(env: dict[str, str], *words: str, code: int = 0) -> list[str]:
    """Run it; the lines of stdout, or of stderr when it is to fail."""
    done = commands.tbg(*words, env=env)
    assert done.returncode == code, done.stderr
    return (done.stderr if code else done.stdout).splitlines()


def test_keys_that_are_not_there_are_not_made(env: dict[str, str], tmp_path: Path) -> None:
    for words in (("keys", "list"), ("keys", "rotate")):
        (said,) = tbg(env, *words, code=1)
        assert str(tmp_path / "keys") in said
        assert "TBG_DATA_DIR" in said
    (tmp_path / "keys").mkdir()
    tbg(env, "keys", "rotate", code=1)
    assert tbg(env, "admin", "audit", "--json") == []
    assert list((tmp_path / "keys").iterdir()) == []


def test_keys_are_listed_and_rotated(env: dict[str, str], tmp_path: Path) -> None:
    KeyRing(tmp_path / "keys", SystemClock(), "tests").prepare()
    (first,) = (json.loads(line) for line in tbg(env, "keys", "list", "--json"))
    assert (first["signs"], first["trusted_until"]) == (True, None)
    (said,) = tbg(env, "keys", "rotate")
    assert "signs in 120 s" in said
    (entry,) = (json.loads(line) for line in tbg(env, "admin", "audit", "--json"))
    assert (entry["action"], entry["subject"]) == ("keys.rotate", said.split()[0])
    assert entry["by"].startswith("tbg keys (")
    second, again = (json.loads(line) for line in tbg(env, "keys", "list", "--json"))
    assert again["kid"] == first["kid"]
    assert (again["signs"], second["signs"]) == (True, False)
    assert again["trusted_until"] > second["made_at"]
    assert "signs soon" in "".join(tbg(env, "keys", "list"))
    (tmp_path / "keys" / "secret").chmod(0o644)
    (refusal,) = tbg(env, "keys", "list", code=1)
    assert "chmod 600" in refusal


async def test_roles_are_granted_and_logged(
    db: Database, redis: Redis, env: dict[str, str]
) -> None:
    assert "nobody yet" in tbg(env, "admin", "roles")[0]
    assert "there is no user" in tbg(env, "admin", "grant", "stoker", "admin", code=1)[0]
    async with client_of(make_app(db, redis)) as client:
        me = await sign_in(client)
        await me.ask("PATCH", "/users/me", json={"handle": "Stoker"})
        assert tbg(env, "admin", "grant", player(0).address, "moderator") == [
            "Stoker: user → moderator"
        ]
        assert tbg(env, "admin", "grant", "stoker") == ["Stoker: moderator → admin"]
        assert (await me.ask("GET", "/users/me")).json()["role"] == "admin"
    assert tbg(env, "admin", "roles") == ["admin      Stoker"]
    assert "Invalid value" in "".join(tbg(env, "admin", "grant", "stoker", "king", code=2))
    entries = [json.loads(line) for line in tbg(env, "admin", "audit", "--json")]
    assert [(entry["id"], entry["action"], entry["details"]) for entry in entries[:2]] == [
        (4, "role.grant", {"before": "moderator", "after": "admin"}),
        (3, "role.grant", {"before": "user", "after": "moderator"}),
    ]
    assert [entry["action"] for entry in entries[2:]] == ["handle.change", "session.begin"]
    assert entries[0]["by"].startswith("tbg admin (")


async def test_all_sessions_are_ended_and_with_an_option_all_api_keys(
    db: Database, redis: Redis, env: dict[str, str], clock: FixedClock
) -> None:
    clock.at = SystemClock().now()  # which the command reads
    async with client_of(make_app(db, redis)) as client:
        people = [await sign_in(client, index) for index in range(2)]
        await people[0].ask("POST", "/auth/logout")
        me = await sign_in(client)
        made = await me.ask("POST", "/users/me/api-keys", json={"name": "a", "scope": "read"})
        key = {"Authorization": f"Bearer {made.json()['key']}"}
        bests = "/api/v1/mining/personal-bests"

        (said,) = tbg(env, "admin", "end-sessions")
        assert said.startswith("2 sessions ended, 0 API keys revoked; 1 API keys still work (")
        for one in (me, people[1]):
            answer = await one.ask("GET", "/users/me")
            assert answer.status_code == 401
            assert "The pool has ended all sessions" in answer.json()["detail"]
            body = {"refresh_token": one.refresh_token}
            refused = await client.post("/api/v1/auth/refresh", json=body)
            assert (refused.status_code, refused.json()["ended"]) == (401, "ended by the pool")
        assert (await client.get(bests, headers=key)).status_code == 200

        (said,) = tbg(env, "admin", "end-sessions", "--api-keys", "--json")
        assert json.loads(said) == {"sessions_ended": 0, "api_keys_revoked": 1, "api_keys_left": 0}
        assert (await client.get(bests, headers=key)).status_code == 401
        assert (await (await sign_in(client)).ask("GET", "/users/me")).status_code == 200
    entries = [json.loads(line) for line in tbg(env, "admin", "audit", "--json")]
    ours = [one for one in entries if one["action"] == "sessions.end"]
    assert [(one["subject"], one["details"]) for one in ours] == [
        ("everybody", {"sessions_ended": 0, "api_keys_revoked": 1}),
        ("everybody", {"sessions_ended": 2, "api_keys_revoked": 0}),
    ]


async def test_a_changed_audit_log_is_reported(
    db: Database, redis: Redis, env: dict[str, str]
) -> None:
    async with client_of(make_app(db, redis)) as client:
        for index in range(3):
            me = await sign_in(client, index)
            await me.ask("POST", "/auth/logout")
    said = tbg(env, "admin", "audit", "--verify")[-1]
    assert said.endswith("6 are waiting to be sealed, which the worker does every minute")
    await seal_audit_log(db)
    assert tbg(env, "admin", "audit", "--verify")[-1].endswith("none is missing")
    async with db.transaction() as tx:
        await tx.run("ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only")
        await tx.run("UPDATE audit_log SET subject = 'user:7' WHERE id = 2")
    (said,) = tbg(env, "admin", "audit", "--verify", code=3)
    assert "entry 2 was changed or is missing" in said
    async with db.transaction() as tx:
        await tx.run("DELETE FROM audit_log WHERE id = 2")
    (said,) = tbg(env, "admin", "audit", "--verify", code=3)
    assert "entry 2 was changed or is missing" in said


async def test_dead_letters_too_many_for_redis_are_put_back_from_their_file(
    db: Database, env: dict[str, str], redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DEAD_LETTERS", 0)
    shelf = KeptLines(tmp_path / "dead-letters.jsonl")
    await publish(redis, *[share(NOW, worker=f"rig{n}", diff="nan") for n in range(3)])
    ingest = ingest_on(db, redis, shelf=shelf)
    ingest.stopping.set()
    await ingest.reader.ensure_group()
    await ingest.process(await ingest.reader.read(block_ms=None))
    await ingest.housekeeping()
    assert await redis.xlen(DEAD_LETTER) == 0
    shelf.path.write_bytes(shelf.path.read_bytes().replace(b"nan", b"1000"))
    first = json.loads(shelf.path.read_bytes().splitlines()[0])
    with shelf.path.open("a") as file:
        file.write(json.dumps(first | {"stream": "no:such:stream"}) + "\n")
    put_back = ("events", "replay", "--file", str(shelf.path))
    assert await asyncio.to_thread(tbg, env, *put_back) == [
        "3 put back, 1 of no known stream left out"
    ]
    await ingest_on(db, redis).drain()
    assert await one(db, "SELECT count(*) FROM shares") == 3


async def test_dead_letters_are_listed_put_back_and_thrown_away(
    env: dict[str, str], redis: Redis
) -> None:
    assert await asyncio.to_thread(tbg, env, "events", "dead-letters") == [
        "No dead letters: every event so far could be read."
    ]
    reader = Reader(redis, consumer="a")
    await reader.ensure_group()
    await publish(redis, *[share(NOW, worker=f"rig{n}") for n in range(4)])
    for entry in await reader.read(block_ms=None):
        await reader.dead_letter(entry, reason="future", detail="its clock is ahead")

    def look() -> list[str]:
        lines = tbg(env, "events", "dead-letters", "--json")
        return [json.loads(line)["id"] for line in lines]

    ids = await asyncio.to_thread(look)
    assert len(ids) == 4
    table = await asyncio.to_thread(tbg, env, "events", "dead-letters")
    assert table[-1] == "4 future"
    for words, said in (
        (("replay", ids[0]), "1 put back"),
        (("drop", ids[1]), "1 discarded"),
        (("drop", "--all"), "2 discarded"),
        (("drop", "--all"), "0 discarded"),
    ):
        assert await asyncio.to_thread(tbg, env, "events", *words) == [said]
    assert await asyncio.to_thread(look) == []
    (again,) = await reader.read(block_ms=None)
    assert again.fields[b"worker"] == b"rig0"
    refused: dict[tuple[str, ...], int] = {
        ("drop", "7-7"): 1, ("drop",): 2, ("replay", "1-1", "--all"): 2,
        ("replay", "--file", __file__): 1,
    }  # fmt: skip
    for wrong, code in refused.items():
        (line,) = await asyncio.to_thread(partial(tbg, code=code), env, "events", *wrong)
        assert line.startswith("tbg: ")
