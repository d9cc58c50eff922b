"""Credentials over HTTP: on request only, checkable, revocable, silent about private players."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from xml.etree import ElementTree

import httpx
import jwt
import pytest
from jwt.types import Options

from tbg.core.tx import Database
from tbg.domains.credentials import actions
from tests.app.lives import join, leave
from tests.domains.credentials.issued import earner, made, read
from tests.domains.gamification.play import execute, value

PARTS = ("", "/jwt", "/badge.png", "/badge.svg")


async def revoked(client: httpx.AsyncClient) -> list[int]:
    """The places that the published list says are revoked."""
    text = (await read(client, "revocations"))["credentialSubject"]["encodedList"]
    assert text[0] == "u"
    bits = gzip.decompress(base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4)))
    assert len(bits) * 8 == 131_072
    return [n for n in range(len(bits) * 8) if bits[n // 8] & 0x80 >> n % 8]


async def test_a_badge_becomes_a_credential_on_request_only(
    db: Database, client: httpx.AsyncClient
) -> None:
    who = await earner(db, client)
    assert (await who.ask("GET", "/users/me/credentials")).json() == {"credentials": []}
    id_ = await made(who)
    assert await made(who) == id_, "the same badge, the same credential"
    ((one),) = (await who.ask("GET", "/users/me/credentials")).json()["credentials"]
    assert one["url"] == f"http://127.0.0.1:8000/api/v1/credentials/{id_}"
    document = await read(client, id_)
    assert document["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert document["credentialSubject"]["achievement"]["name"] == document["name"]
    assert who.key.address not in json.dumps(document), "it names nobody"
    check = await read(client, f"{id_}/verify")
    assert (check["valid"], check["earner"]) == (True, who.key.address)


async def test_a_badge_that_was_not_earned_is_refused(
    db: Database, client: httpx.AsyncClient
) -> None:
    who = await earner(db, client)
    for slug in ("block_finder", "no_such_badge"):
        answer = await who.ask("POST", "/users/me/credentials", json={"badge": slug})
        assert answer.json()["type"] == "/problems/badge_not_earned"


async def test_what_is_changed_afterwards_is_not_signed(
    db: Database, client: httpx.AsyncClient
) -> None:
    id_ = await made(await earner(db, client))
    await execute(
        db, """UPDATE credentials SET document = replace(document, '"name":"F', '"name":"f')"""
    )
    check = await read(client, f"{id_}/verify")
    assert check["valid"] is False


async def test_the_token_says_the_same_and_names_a_key_that_verifies_it(
    db: Database, client: httpx.AsyncClient
) -> None:
    id_ = await made(await earner(db, client))
    token = (await client.get(f"/api/v1/credentials/{id_}/jwt")).text
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    key = jwt.PyJWK((await client.get(header["kid"])).json())
    options: Options = {"verify_nbf": False}
    claims = jwt.decode(token, key, algorithms=["RS256"], options=options)
    document = await read(client, id_)
    assert {k: v for k, v in claims.items() if k in document} == {
        k: v for k, v in document.items() if k != "proof"
    }
    assert (claims["jti"], claims["iss"]) == (document["id"], document["issuer"]["id"])
    other = token[:-8] + ("A" if token[-8] != "A" else "B") + token[-7:]
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(other, key, algorithms=["RS256"], options=options)


async def test_pictures_carry_the_credential(db: Database, client: httpx.AsyncClient) -> None:
    id_ = await made(await earner(db, client))
    document = await read(client, id_)
    png = (await client.get(f"/api/v1/credentials/{id_}/badge.png")).content
    at, chunks = 8, {}
    while at < len(png):
        size, kind = int.from_bytes(png[at : at + 4]), png[at + 4 : at + 8]
        body = png[at + 8 : at + 8 + size]
        check = int.from_bytes(png[at + 8 + size : at + 12 + size])
        assert check == zlib.crc32(kind + body)
        chunks[kind] = body
        at += 12 + size
    keyword, text = chunks[b"iTXt"].split(b"\0\0\0\0\0")
    assert (keyword, json.loads(text)) == (b"openbadgecredential", document)
    svg = ElementTree.fromstring((await client.get(f"/api/v1/credentials/{id_}/badge.svg")).text)
    assert svg[0].tag == "{https://purl.imsglobal.org/ob/v3p0}credential"
    assert json.loads(svg[0].text or "") == document


async def test_nobody_else_sees_a_private_player_s_credential(
    db: Database, client: httpx.AsyncClient
) -> None:
    who = await earner(db, client)
    id_ = await made(who)
    hidden = ("profile_public = false", "address_shown = 'hidden'")
    for change in hidden:
        await execute(db, "UPDATE users SET profile_public = true, address_shown = 'whole'")
        await execute(db, f"UPDATE users SET {change}")
        for part in (*PARTS, "/verify"):
            assert (await client.get(f"/api/v1/credentials/{id_}{part}")).status_code == 404
        assert (await who.ask("GET", f"/credentials/{id_}")).status_code == 200
    assert await revoked(client) == [], "those to whom it was shown before may still check it"


async def test_a_revoked_credential_is_gone_and_on_the_list(
    db: Database, client: httpx.AsyncClient
) -> None:
    other = await earner(db, client, 1)
    theirs = await made(other)
    who = await earner(db, client)
    id_ = await made(who)
    place = int((await read(client, id_))["credentialStatus"]["statusListIndex"])
    assert (await other.ask("DELETE", f"/users/me/credentials/{id_}")).status_code == 404
    assert (await who.ask("DELETE", f"/users/me/credentials/{id_}")).status_code == 204
    for part in PARTS:
        assert (await client.get(f"/api/v1/credentials/{id_}{part}")).status_code == 404
    check = await read(client, f"{id_}/verify")
    assert (check["valid"], check["badge"], check["earner"]) == (False, None, None)
    assert check["revoked_at"] is not None
    assert await revoked(client) == [place]
    assert (await read(client, f"{theirs}/verify"))["valid"]
    assert await made(who) != id_


async def test_an_erased_player_s_credentials_are_revoked(
    db: Database, client: httpx.AsyncClient
) -> None:
    who = await earner(db, client)
    id_ = await made(who)
    await leave(db, who.key.address)
    assert len(await revoked(client)) == 1
    assert not (await read(client, f"{id_}/verify"))["valid"]
    assert await value(db, "SELECT count(*) FROM credentials") == 0


async def test_a_merged_player_s_credentials_stay_valid(
    db: Database, client: httpx.AsyncClient
) -> None:
    gone, kept = await earner(db, client), await earner(db, client, 1)
    id_ = await made(gone)
    await join(db, gone.key.address, kept.key.address)
    check = await read(client, f"{id_}/verify")
    assert (check["valid"], check["earner"]) == (True, kept.key.address)


async def test_there_is_no_list_before_its_time(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/credentials/revocations?list=2")).status_code == 404


async def test_an_operator_takes_a_credential_back(db: Database, client: httpx.AsyncClient) -> None:
    id_ = await made(await earner(db, client))
    async with db.transaction(owners="shared") as tx:
        await actions.revoke(tx, id_, why="operator")
    assert len(await revoked(client)) == 1
    assert not (await read(client, f"{id_}/verify"))["valid"]
