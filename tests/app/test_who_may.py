"""Every route and everybody who might ask: a route without a row here fails."""

from __future__ import annotations

from datetime import timedelta

import httpx
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from redis.asyncio import Redis

from tbg.adapters.http import SCHEMES, Admin, Allowed
from tbg.core.clock import FixedClock
from tbg.core.tx import Database
from tests.accounts import key_of, link, promoted, sign_in, signed_challenge, unlink

# P everybody, U a session, K a session or a key that reads, S a service's key, A an admin's
# session: the letters of the API document.
WHO_MAY = {
    "POST /api/v1/admin/badges/{slug}/grants": "A",
    "GET /api/v1/admin/users": "A",
    "POST /api/v1/admin/users/{user_id}/xp-corrections": "A",
    "GET /api/v1/asyncapi.json": "P",
    "GET /api/v1/openapi.json": "P",
    "GET /.well-known/jwks.json": "P",
    "GET /api/v1/badges": "P",
    "GET /api/v1/badges/{slug}": "P",
    "GET /api/v1/badges/{slug}/picture.svg": "P",
    "GET /api/v1/config": "P",
    "GET /api/v1/credentials/issuer": "P",
    "GET /api/v1/credentials/keys/{kid}": "P",
    "GET /api/v1/credentials/revocations": "P",
    "GET /api/v1/credentials/{credential_id}": "P",
    "GET /api/v1/credentials/{credential_id}/badge.png": "P",
    "GET /api/v1/credentials/{credential_id}/badge.svg": "P",
    "GET /api/v1/credentials/{credential_id}/jwt": "P",
    "GET /api/v1/credentials/{credential_id}/verify": "P",
    "GET /api/v1/demo/miners": "P",
    "GET /api/v1/levels": "P",
    "GET /api/v1/mining/personal-bests": "K",
    "GET /api/v1/public/card.png": "P",
    "GET /api/v1/public/miners/{handle}": "P",
    "GET /api/v1/public/miners/{handle}/card.png": "P",
    "GET /api/v1/public/stats": "P",
    "GET /api/v1/quests": "P",
    "GET /api/v1/quests/{slug}": "P",
    "POST /api/v1/quests/completions": "S",
    "GET /api/v1/registry/badges": "P",
    "GET /api/v1/registry/badges.schema.json": "P",
    "GET /api/v1/rewards/feed": "U",
    "GET /api/v1/rewards/summary": "U",
    "GET /api/v1/users/me": "U",
    "PATCH /api/v1/users/me": "U",
    "DELETE /api/v1/users/me": "U",
    "GET /api/v1/users/me/activity": "U",
    "GET /api/v1/users/me/addresses": "U",
    "GET /api/v1/users/me/badges": "U",
    "GET /api/v1/users/me/gamification": "U",
    "GET /api/v1/users/me/quests": "U",
    "GET /api/v1/users/me/streak": "U",
    "PATCH /api/v1/users/me/streak": "U",
    "GET /api/v1/users/me/streak/calendar": "U",
    "GET /api/v1/users/me/xp": "U",
    "GET /api/v1/users/me/xp/history": "U",
    "POST /api/v1/users/me/addresses": "U",
    "DELETE /api/v1/users/me/addresses/{address}": "U",
    "GET /api/v1/users/me/api-keys": "U",
    "POST /api/v1/users/me/api-keys": "U",
    "DELETE /api/v1/users/me/api-keys/{key_id}": "U",
    "GET /api/v1/users/me/credentials": "U",
    "POST /api/v1/users/me/credentials": "U",
    "DELETE /api/v1/users/me/credentials/{credential_id}": "U",
    "GET /api/v1/users/me/export": "U",
    "POST /api/v1/users/me/restore": "U",
    "GET /api/v1/users/me/sessions": "U",
    "DELETE /api/v1/users/me/sessions/{session_id}": "U",
    "GET /api/v1/users/me/settings": "U",
    "PATCH /api/v1/users/me/settings": "U",
    "POST /api/v1/auth/approve": "U",
    "POST /api/v1/auth/challenge": "P",
    "POST /api/v1/auth/logout": "U",
    "POST /api/v1/auth/logout-all": "U",
    "POST /api/v1/auth/refresh": "P",
    "POST /api/v1/auth/verify": "P",
    "POST /api/v1/demo/sign": "P",
    "GET /health": "P",
    "GET /health/ready": "P",
    "GET /manifest.webmanifest": "P",
    "GET /version": "P",
}
NOT_IN_DOCUMENT = {  # the documents, and a file of the web app
    "GET /api/v1/openapi.json",
    "GET /api/v1/asyncapi.json",
    "GET /manifest.webmanifest",
}
LETTERS = {None: "P"} | {scheme: letter for letter, scheme in SCHEMES.items()}
MAY = {
    "P": {"nobody", "owner", "other", "read", "mining", "service", "admin"},
    "U": {"owner", "other", "admin"},
    "K": {"owner", "other", "admin", "read", "mining"},
    "S": {"service"},
    "A": {"admin"},
}
ASKERS = sorted(MAY["P"])
_FILLED = {
    "slug": "first_share",
    "handle": "nobody-here",
    "address": "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "key_id": "1k00000000",
    "kid": "0123456789abcdef",
    "credential_id": "0" * 32,
    "session_id": "00000000-0000-4000-8000-000000000000",
    "user_id": "999999",
}


async def askers(db: Database, client: httpx.AsyncClient) -> dict[str, dict[str, str]]:
    """The headers of each kind of caller."""
    owner, other = await sign_in(client, 0), await sign_in(client, 1)
    admin = await promoted(db, await sign_in(client, 2))
    found = {"nobody": {}, "owner": owner.headers, "other": other.headers, "admin": admin.headers}
    for scope, whose in (("read", owner), ("mining", owner), ("service", admin)):
        key = (await key_of(whose, scope))["key"]
        found[scope] = {"Authorization": f"Bearer {key}"}
    return found


def letters_of(dependant: Dependant | None) -> set[str]:
    """What a route asks for, however deep in its dependencies; nothing: everybody may."""
    inner = [] if dependant is None else dependant.dependencies
    own = {dependant.call.letter} if dependant and isinstance(dependant.call, Allowed) else set()
    return set[str](own).union(*(letters_of(one) for one in inner))


def routes_of(app: FastAPI) -> dict[str, str]:
    """Every route there is, in the document or not, and its letter."""
    found: dict[str, str] = {}
    for route in iter_route_contexts(app.routes):
        assert route.methods, f"{route.path} takes every method: give it a row of its own here"
        (letter,) = letters_of(getattr(route, "dependant", None)) or {"P"}
        found |= {f"{method} {route.path}": letter for method in route.methods - {"HEAD"}}
    return found


def test_the_table_has_a_row_for_every_route(app: FastAPI) -> None:
    # Besides routes there are `/ws`, which anybody may open (its own tests cover what they may
    # follow), and the web app's files.
    assert routes_of(app) == WHO_MAY
    app.add_api_route("/api/v1/back-door", for_admins, include_in_schema=False)
    assert set(routes_of(app)) - set(WHO_MAY) == {"GET /api/v1/back-door"}


async def test_the_document_tells_the_letters(client: httpx.AsyncClient) -> None:
    document = (await client.get("/api/v1/openapi.json")).json()
    told = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            schemes = [name for one in operation.get("security", []) for name in one] or [None]
            assert len(schemes) == 1
            told[f"{method.upper()} {path}"] = LETTERS[schemes[0]]
    assert told == {route: who for route, who in WHO_MAY.items() if route not in NOT_IN_DOCUMENT}


ENDS = {"DELETE /api/v1/users/me", "POST /api/v1/auth/logout", "POST /api/v1/auth/logout-all"}
"""What an asker can ask for no more than once: these come last, with askers of their own."""


async def test_only_permitted_callers_are_admitted(
    db: Database, client: httpx.AsyncClient, redis: Redis
) -> None:
    everybody = await askers(db, client)
    wrong = []
    for route in sorted(WHO_MAY, key=lambda route: (route in ENDS, route)):
        if route in ENDS:
            await redis.flushdb()  # rate limits are reset
            everybody = await askers(db, client)
        wrong += await wrongly_met(client, everybody, route, WHO_MAY[route])
    assert wrong == []


async def for_admins(who: Admin) -> int:
    return who.user_id


async def wrongly_met(
    client: httpx.AsyncClient, everybody: dict[str, dict[str, str]], route: str, letter: str
) -> list[str]:
    """Whom a route lets in whom its letter does not name, or refuses otherwise than it should."""
    method, path = route.split(" ")
    for name, value in _FILLED.items():
        path = path.replace(f"{{{name}}}", value)
    wrong = []
    for asker, headers in everybody.items():
        body: dict[str, str] | None = {} if method in ("POST", "PATCH") else None
        answer = await client.request(method, path, headers=headers, json=body)
        problem = answer.json().get("type", "") if answer.status_code >= 400 else ""
        refused = problem in ("/problems/sign_in_required", "/problems/not_allowed")
        status = 401 if asker == "nobody" else 403
        if (
            refused != (asker not in MAY[letter])
            or (refused and answer.status_code != status)
            or answer.status_code == 429  # which says nothing about permissions
            or (answer.status_code >= 500 and path != "/health/ready")
        ):
            wrong.append(f"{route} as {asker}: {answer.status_code} {answer.text}")
    return wrong


async def test_what_is_another_s_is_not_there(
    db: Database, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    owner, other = await sign_in(client, 0), await sign_in(client, 1)
    admin = await promoted(db, await sign_in(client, 2))
    clock.move(timedelta(seconds=1))
    assert (await link(owner, 3)).status_code == 201
    key = (await key_of(owner, "read"))["api_key"]["id"]
    (session,) = (await owner.ask("GET", "/users/me/sessions")).json()["sessions"]
    address = (await owner.ask("GET", "/users/me/addresses")).json()["addresses"][1]["address"]
    paths = [f"/users/me/api-keys/{key}", f"/users/me/addresses/{address}",
             f"/users/me/sessions/{session['id']}"]  # fmt: skip
    for path in paths:
        for stranger in (other, admin):
            assert (await stranger.ask("DELETE", path)).status_code == 404
    challenge = await signed_challenge(client, owner.key, headers=owner.headers, purpose="link")
    answer = await other.ask("POST", "/users/me/addresses", json=challenge)
    assert answer.json()["type"] == "/problems/challenge_spent"
    assert (await owner.ask("DELETE", paths[0])).status_code == 204
    assert (await unlink(owner, 3)).status_code == 204
    assert (await owner.ask("DELETE", paths[2])).status_code == 204


async def test_a_revoked_role_ends_at_once(db: Database, client: httpx.AsyncClient) -> None:
    admin = await promoted(db, await sign_in(client))
    key = await key_of(admin, "service")
    async with db.transaction() as tx:
        await tx.run("UPDATE users SET role = 'user'")
    assert (await admin.ask("GET", "/users/me")).json()["role"] == "user"
    wish = {"name": "again", "scope": "service"}
    assert (await admin.ask("POST", "/users/me/api-keys", json=wish)).status_code == 403
    headers = {"Authorization": f"Bearer {key['key']}"}
    answer = await client.get("/api/v1/mining/personal-bests", headers=headers)
    assert answer.status_code == 401  # not 403: the key itself is no good any more
