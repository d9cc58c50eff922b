"""Somebody else's program reads our credentials: `make credentials` installs it and runs this."""

from __future__ import annotations

import asyncio
import copy
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from tbg.core.tx import Database
from tests.domains.credentials.issued import earner, made, read

PROGRAM = Path(__file__).parent / "outside"

pytestmark = pytest.mark.skipif(
    not (PROGRAM / "node_modules").is_dir(), reason="its packages come with `make credentials`"
)


async def judged(client: httpx.AsyncClient, credential: dict[str, Any]) -> dict[str, Any]:
    """What the program says, with the pool's answers of this moment."""
    status = credential["credentialStatus"]["statusListCredential"]
    issuer = credential["issuer"]["id"]
    documents = {url: (await client.get(url)).json() for url in (status, issuer)}
    node = shutil.which("node")
    assert node, "Node is not installed"
    asked = json.dumps({"credential": credential, "documents": documents})
    running = await asyncio.create_subprocess_exec(
        node, "validate.mjs", cwd=PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    told, _ = await running.communicate(asked.encode())
    verdict: dict[str, Any] = json.loads(told)
    return verdict


async def test_it_accepts_ours_and_refuses_a_changed_and_a_revoked_one(
    db: Database, client: httpx.AsyncClient
) -> None:
    who = await earner(db, client)
    id_ = await made(who)
    credential = await read(client, id_)
    good = await judged(client, credential)
    print(f"\nas it was made:     {good}")
    assert good == {"verified": True, "errors": [], "status": True}
    changed = copy.deepcopy(credential)
    name = changed["name"]
    changed["name"] = name[:-1] + chr(ord(name[-1]) ^ 1)
    bad = await judged(client, changed)
    print(f"one byte changed:   {bad}")
    assert not bad["verified"]
    assert "Invalid signature." in bad["errors"]
    await who.ask("DELETE", f"/users/me/credentials/{id_}")
    revoked = await judged(client, credential)
    print(f"after revocation:   {revoked}")
    assert (revoked["verified"], revoked["status"]) == (False, False)


async def test_it_accepts_credentials_of_every_key(
    db: Database, client: httpx.AsyncClient, app: Any
) -> None:
    credential = await read(client, await made(await earner(db, client)))
    app.state.issuer.keys.rotate()
    verdict = await judged(client, credential)
    print(f"\nafter a rotation:   {verdict}")
    assert verdict["verified"]
