"""Players for tests, who sign in with real keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from tbg.adapters.simulator import DemoKey, demo_key, sign_message
from tbg.core.tx import Database
from tests import canary


def player(index: int) -> DemoKey:
    """The key of a player; the first four have an address of each type."""
    return demo_key("tests", index)


@dataclass
class SignedIn:
    """A session, and requests that bear its token."""

    client: httpx.AsyncClient
    key: DemoKey
    user: dict[str, Any]
    access_token: str
    refresh_token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}

    async def ask(self, method: str, path: str, **rest: Any) -> httpx.Response:
        """A request to the API as this player."""
        headers = self.headers | rest.pop("headers", {})
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **rest)


async def signed_challenge(
    client: httpx.AsyncClient, key: DemoKey, *, headers: dict[str, str] | None = None, **wish: Any
) -> dict[str, str]:
    """A challenge for a key's address, and its signature: the body of `verify`."""
    made = await client.post(
        "/api/v1/auth/challenge", json={"address": key.address, **wish}, headers=headers or {}
    )
    assert made.status_code == 201, made.text
    challenge = made.json()
    signature = sign_message(key, challenge["message"])
    canary.remember("a signature", signature)
    return {"challenge_id": challenge["challenge_id"], "signature": signature}


async def sign_in(client: httpx.AsyncClient, index: int = 0) -> SignedIn:
    """Sign a player in with tokens."""
    key = player(index)
    body = await signed_challenge(client, key)
    answer = await client.post("/api/v1/auth/verify", json=body)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    return SignedIn(client, key, told["user"], told["access_token"], told["refresh_token"])


async def approval(
    who: SignedIn, purpose: str, *, by: DemoKey | None = None, **wish: Any
) -> dict[str, str]:
    """An approval of an account, signed by its first key or another one: what a request takes."""
    body = await signed_challenge(
        who.client, by or who.key, headers=who.headers, purpose=purpose, **wish
    )
    answer = await who.ask("POST", "/auth/approve", json=body)
    assert answer.status_code == 200, answer.text
    return {"approval": answer.json()["approval"]}


async def link(who: SignedIn, index: int) -> httpx.Response:
    """Link a further player's address to this one's account, with both signatures."""
    key = player(index)
    body = await signed_challenge(who.client, key, headers=who.headers, purpose="link")
    body |= await approval(who, "let_in", subject=key.address)
    return await who.ask("POST", "/users/me/addresses", json=body)


async def unlink(who: SignedIn, index: int, *, by: DemoKey | None = None) -> httpx.Response:
    """Remove a player's address from this one's account, as an address that stays approves."""
    address = player(index).address
    params = await approval(who, "unlink", by=by, subject=address)
    return await who.ask("DELETE", f"/users/me/addresses/{address}", params=params)


async def leave(who: SignedIn) -> httpx.Response:
    """Have the account deleted in a week."""
    return await who.ask("DELETE", "/users/me", params=await approval(who, "delete_account"))


async def key_of(who: SignedIn, scope: str) -> dict[str, Any]:
    wish = {"name": scope, "scope": scope}
    if scope == "service":
        wish |= await approval(who, "make_service_key")
    answer = await who.ask("POST", "/users/me/api-keys", json=wish)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def promoted(db: Database, who: SignedIn) -> SignedIn:
    async with db.transaction() as tx:
        await tx.run("UPDATE users SET role = 'admin' WHERE id = :id", id=who.user["id"])
    return who
