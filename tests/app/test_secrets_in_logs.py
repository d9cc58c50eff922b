"""No secret is in a log or in a refusal, whatever goes wrong; and it is noticed if one is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
from redis.asyncio import Redis

from tbg.adapters.keys import KeyRing
from tbg.core.clock import SystemClock
from tests import canary, servers
from tests.accounts import player, sign_in, signed_challenge
from tests.e2e.game import Game
from tests.serving import environment, free_port, get

ROOT = Path(__file__).parents[2]


async def live(client: httpx.AsyncClient) -> list[int]:
    """Use every secret there is, rightly and wrongly; the statuses of the answers."""
    answers = []

    async def ask(method: str, path: str, **rest: object) -> httpx.Response:
        answer = await client.request(method, f"/api/v1{path}", **rest)  # type: ignore[arg-type]
        answers.append(answer)
        return answer

    me = await sign_in(client)
    cookies = await signed_challenge(client, player(1))
    await ask("POST", "/auth/verify", json=cookies | {"session": "cookie"})
    client.cookies.clear()  # what follows is asked with tokens and keys
    made = await ask(
        "POST", "/users/me/api-keys", json={"name": "x", "scope": "read"}, headers=me.headers
    )
    key = made.json()["key"]
    bent = key[:-1] + ("0" if key[-1] != "0" else "1")
    for credential in (key, bent, me.access_token, me.access_token[:-4], me.refresh_token):
        headers = {"Authorization": f"Bearer {credential}"}
        await ask("GET", "/mining/personal-bests", headers=headers)
        await ask("GET", f"/badges/{credential}?token={credential}", headers=headers)
        await ask("POST", "/auth/refresh", content=f'{{"refresh_token": "{credential}')
        await ask("POST", "/auth/refresh", json={"refresh_token": credential, "x": credential})
        await ask("POST", "/auth/verify", json={"challenge_id": credential, "signature": 7})
        await ask("POST", "/auth/challenge", json={"address": credential[:200]})
    for signature in (cookies["signature"], cookies["signature"][:-8]):
        body = {"challenge_id": cookies["challenge_id"], "signature": signature}
        await ask("POST", "/auth/verify", json=body)
        await ask("POST", "/auth/verify", json=body | {"address": signature})
    for _ in range(2):
        await ask("POST", "/auth/refresh", json={"refresh_token": me.refresh_token})
    return [answer.status_code for answer in answers]


@contextmanager
def logging_to(log: Path, env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The API's process, all that it writes in a file: a pipe would be full of tracebacks."""
    words = [sys.executable, "-m", "tbg", "serve"]
    with log.open("w") as out, subprocess.Popen(words, env=env, stderr=out, text=True) as process:
        try:
            yield process
            process.terminate()
            process.wait(20)
        finally:
            process.kill()


@pytest.mark.parametrize("form", ["json", "console"])
async def test_a_real_process_that_logs_all_it_can_logs_no_secret(
    fresh_database: str, redis: Redis, redis_url: str, tmp_path: Path, form: str
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    env = environment(
        fresh_database, redis_url, TBG_PORT=str(port), TBG_PUBLIC_URL=url, TBG_LOG_LEVEL="debug",
        TBG_LOG_FORMAT=form, TBG_KEYS_DIR=str(tmp_path / "keys"),
    )  # fmt: skip
    log = tmp_path / "log"
    with logging_to(log, env) as process:
        get(f"{url}/health", process)
        hooks = {"response": [canary.listen]}
        async with httpx.AsyncClient(base_url=url, event_hooks=hooks) as client:
            await redis.flushdb()
            assert {200, 201, 401, 409, 422} <= set(await live(client))
            # What a broken database makes of it: a traceback, with the statement that failed.
            broken = await signed_challenge(client, player(2))
            me = await sign_in(client, 3)
            servers.execute(
                fresh_database,
                "ALTER TABLE refresh_tokens ADD CHECK (digest = '') NOT VALID",
                "ALTER TABLE api_keys ADD CHECK (hash = '') NOT VALID",
            )
            wish = {"name": "x", "scope": "read"}
            for answer in (
                await client.post("/api/v1/auth/verify", json=broken),
                await client.post(
                    "/api/v1/auth/refresh", json={"refresh_token": me.refresh_token}
                ),
                await me.ask("POST", "/users/me/api-keys", json=wish),
                await me.ask("POST", "/users/me/api-keys", json=wish,
                             headers={"Idempotency-Key": "0123456789abcdef"}),
            ):  # fmt: skip
                assert answer.status_code == 500
        canary.remember("an idempotency key", "0123456789abcdef")
        ring = KeyRing(tmp_path / "keys", SystemClock(), url)
        ring.prepare()
        canary.remember("the secret", (tmp_path / "keys" / "secret").read_bytes().hex())
    said = log.read_text()
    assert said.count("request_failed") == 4
    assert said.count("Traceback") >= 4
    assert "refresh_tokens" in said
    if form == "json":
        assert len([line for line in said.splitlines() if json.loads(line)]) > 40
    assert canary.leaks(said) == []
    # Nor the digests, nor whose they are: the rows that were refused are not quoted.
    assert said.count("Failing row contains (...).") >= 4
    assert "argon2id" not in said
    assert "\\x" not in said


# --- the canary itself ------------------------------------------------------------------------

PLANTED = """
import logging, subprocess, sys
import pytest
from tbg.core.telemetry import log

TOKEN = {token!r}

def test_a_log_line():
    log("x").info("signed in", token=TOKEN)

def test_an_exception():
    try:
        raise ValueError(TOKEN)
    except ValueError:
        log("x").exception("failed")

def test_a_log_of_the_standard_library():
    logging.getLogger("x").warning("got %s", TOKEN)

def test_another_process():
    subprocess.run([sys.executable, "-c", f"print({{TOKEN!r}})"], check=True)

@pytest.fixture
def late():
    yield
    print(TOKEN)

def test_at_the_end(late):
    assert late is None

def test_in_the_middle_of_a_line():
    print(f"x{{TOKEN}}y")
"""

TOKENS = {
    "access": "eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiI0MiIsInNpZCI6IjAifQ.c2lnbmVk",
    "refresh": f"tbr_42_{'0' * 32}_{'ab' * 32}",
    "key": f"tbg_42k0123abcd_{'cd' * 20}_{'ef' * 8}",
    "pem": "-----BEGIN PRIVATE KEY-----",
    "harmless": "tbr tbg_42 eyJ.eyJ k0123abcd",
}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, dict[str, str]]]:
    """What a run of pytest with a module for each token says; each test's outcome by module."""
    place = tmp_path_factory.mktemp("planted")
    for which, token in TOKENS.items():
        (place / f"test_{which}.py").write_text(PLANTED.format(token=token))
    words = [sys.executable, "-m", "pytest", "-p", "tests.canary", "-q", "-p", "no:cacheprovider",
             "-p", "no:hypothesispytest", "-p", "no:schemathesis", "--show-capture=no",
             "--junit-xml", str(place / "outcomes.xml"), "--rootdir", str(place),
             str(place)]  # fmt: skip
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stdout
    outcomes: dict[str, dict[str, str]] = {which: {} for which in TOKENS}
    for case in ElementTree.parse(place / "outcomes.xml").iter("testcase"):
        which = case.attrib["classname"].rpartition("test_")[2]
        name = case.attrib["name"]
        outcomes[which][name] = " ".join(sorted(found.tag for found in case)) or "passed"
    return ran.stdout, outcomes


@pytest.mark.parametrize("which", TOKENS)
def test_a_test_that_writes_a_secret_fails(
    planted: tuple[str, dict[str, dict[str, str]]], which: str
) -> None:
    said, outcomes = planted
    if which == "harmless":
        assert list(outcomes[which].values()) == ["passed"] * 6
        return
    at_the_end = outcomes[which].pop("test_at_the_end")
    assert at_the_end == "error"  # it had passed before its fixture wrote it
    assert list(outcomes[which].values()) == ["failure"] * 5
    assert said.count("in what was written there is") >= 6 * (len(TOKENS) - 1)
    assert TOKENS[which] not in said  # it does not write it once more


def test_the_logs_of_a_browser_s_game_are_looked_through(tmp_path: Path) -> None:
    game = Game(database="unused", redis="unused", directory=tmp_path)
    (tmp_path / "serve.log").write_text("signed in\n")
    game.stop()
    (tmp_path / "worker.log").write_text(f'{{"token": "{TOKENS["refresh"]}"}}\n')
    with pytest.raises(AssertionError, match=r"in worker\.log there is a refresh token"):
        game.stop()


def test_the_canary_learns_secrets_from_api_answers() -> None:
    secret = "H0mNb9yT" * 8  # no shape gives it away
    assert canary.leaks(f"… {secret} …") == []
    canary.remember("a signature", secret)
    assert canary.leaks(f"… {secret} …") == ["a signature (H0mNb9yTH0mN…)"]


async def test_a_refusal_that_contains_a_secret_fails_its_test() -> None:
    body = {"detail": f"Not {TOKENS['refresh']}"}
    headers = {"content-type": "application/problem+json"}
    answer = httpx.Response(401, headers=headers, json=body)
    with pytest.raises(AssertionError, match="a refresh token"):
        await canary.listen(answer)
