"""Credentials, made by the API from shares that were really mined."""

from __future__ import annotations

from typing import Any

import httpx

from tbg.core.tx import Database
from tests.accounts import SignedIn, sign_in
from tests.conftest import NOW
from tests.domains.gamification.play import play, share


async def earner(db: Database, client: httpx.AsyncClient, index: int = 0) -> SignedIn:
    """A player who has the badge `first_share`."""
    who = await sign_in(client, index)
    await play(db, [share(NOW, user=who.key.address)])
    return who


async def made(who: SignedIn, badge: str = "first_share") -> str:
    """The id of a new credential."""
    answer = await who.ask("POST", "/users/me/credentials", json={"badge": badge})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def read(client: httpx.AsyncClient, path: str) -> Any:
    """The JSON at a path below `/credentials`."""
    answer = await client.get(f"/api/v1/credentials/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()
