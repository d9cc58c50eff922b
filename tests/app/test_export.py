"""What users take along: everything there is of them, written without holding others up."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from typing import Any

import httpx
import pytest

from tbg.app import lifecycle
from tbg.core.tx import Database
from tests.accounts import player, promoted, sign_in
from tests.app.lives import taken_along, user_of
from tests.commands import tbg
from tests.conftest import NOW
from tests.domains.gamification.play import ALICE, play, share


async def test_an_unknown_user_has_an_empty_export(db: Database) -> None:
    with await taken_along(db, 99) as archive:
        assert json.loads(archive.read("profile.json")) == []
        assert archive.read("shares.ndjson") == b""


async def test_the_exported_audit_log_says_which_entries_are_an_operator_s(
    db: Database, client: httpx.AsyncClient, fresh_database: str, redis_url: str
) -> None:
    env = {"TBG_DATABASE_URL": fresh_database, "TBG_REDIS_URL": redis_url}
    admin, me = await promoted(db, await sign_in(client, 5)), await sign_in(client)
    user = me.user["id"]
    body = {"amount": 5, "reason": "a gift"}
    answer = await admin.ask("POST", f"/admin/users/{user}/xp-corrections", json=body)
    assert answer.status_code == 201
    assert tbg("admin", "grant", player(0).address, env=env).returncode == 0
    await me.ask("POST", "/auth/logout")
    with await taken_along(db, user) as archive:
        entries = json.loads(archive.read("audit_log.json"))
    assert [(entry["action"], entry["actor"]) for entry in entries] == [
        ("session.begin", "session"),
        ("xp.correct", "operator"),
        ("role.grant", "operator"),
        ("session.end", "session"),
    ]
    assert entries[1]["details"]["reason"] == "a gift"


class AskingTheLoop(io.BytesIO):
    """A file for whose every write the loop must answer: in the loop's own thread it cannot."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.loop = loop
        self.asked = 0

    def write(self, data: Any, /) -> int:
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self.loop).result(timeout=5)
        self.asked += 1
        return super().write(data)


async def test_the_loop_serves_others_while_an_export_is_written(db: Database) -> None:
    await play(db, [share(NOW, worker=f"rig{n}") for n in range(50)])
    out = AskingTheLoop(asyncio.get_running_loop())
    async with db.transaction() as tx:
        await lifecycle.export(tx, user_id=await user_of(db, ALICE), out=out)
    assert out.asked > 50
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None
        assert len(archive.read("shares.ndjson").splitlines()) == 50


async def test_one_export_is_read_at_a_time(
    db: Database, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    export, running, most = lifecycle.export, 0, 0

    async def counting(*args: Any, **options: Any) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await export(*args, **options)
        running -= 1

    monkeypatch.setattr(lifecycle, "export", counting)
    people = [await sign_in(client, index) for index in range(3)]
    answers = await asyncio.gather(*(me.ask("GET", "/users/me/export") for me in people))
    assert [answer.status_code for answer in answers] == [200] * 3
    assert (running, most) == (0, 1)
