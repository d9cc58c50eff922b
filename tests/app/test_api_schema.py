"""The API's document: complete, the same every time, and true of what the API answers."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tbg.app.api.guard import BY_IP, BY_USER
from tbg.app.domains import DOMAINS
from tbg.core.tx import Database
from tbg.domains.accounts.routes.auth import BY_ADDRESS
from tests.accounts import sign_in
from tests.api import client_of, make_app, served
from tests.commands import tbg
from tests.conftest import NOW
from tests.declarations import rate_limits_of
from tests.domains.gamification.play import ALICE, play, share

ROOT = Path(__file__).parents[2]


@lru_cache
def printed() -> str:
    """What `tbg openapi` prints: it needs no server and no setting."""
    return tbg("openapi").stdout


def test_the_web_app_s_copy_is_the_program_s_own() -> None:
    assert (ROOT / "web" / "openapi.json").read_text() == printed(), "run `make api`"


def test_the_document_of_frames_is_the_program_s_own_and_complete() -> None:
    text = tbg("openapi", "--frames").stdout
    assert (ROOT / "web" / "asyncapi.json").read_text() == text, "run `make api`"
    document = json.loads(text)
    sent = {one["$ref"] for one in document["operations"]["sendFrame"]["messages"]}
    shown = {data for domain in DOMAINS for data in domain.frames}
    assert len(sent) == len(shown) > 10
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', text):
        place = document
        for step in reference.split("/"):
            place = place[step]  # KeyError: it leads nowhere


def test_every_refusal_in_the_document_is_a_problem() -> None:
    document = json.loads(printed())
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if status.startswith("2") or (path, status) == ("/health/ready", "503"):
                    continue
                schema = response["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}, (path, status)
            assert "default" in operation["responses"]
    assert "HTTPValidationError" not in document["components"]["schemas"]


def named_alone(folder: Path) -> Path:
    """The document without `default`, by which any status would be as documented."""
    document = json.loads(printed())
    for operations in document["paths"].values():
        for operation in operations.values():
            del operation["responses"]["default"]
    path = folder / "openapi.json"
    path.write_text(json.dumps(document))
    return path


CONFIG = """
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "406", "413", "422", "428"]
"""
"""What refuses a wrong request: a body that is too large, too."""


@pytest.mark.parametrize("who", ["nobody", "somebody"])
async def test_whatever_is_asked_the_answer_is_in_the_document(
    db: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, who: str
) -> None:
    """Schemathesis, anonymous and signed in, on every route: no 5xx, each answer as documented."""
    await play(db, [share(NOW, user=ALICE, sdiff=2e9) for _ in range(101)])
    for service in ("ingest", "relay", "sender", "worker"):
        await redis.set(f"tbg:heartbeat:{service}", "1")
    app = make_app(db, redis)
    # Widened, or most answers would be a 429 that says nothing of the route.
    for limit in {BY_IP, BY_USER, BY_ADDRESS, *rate_limits_of(app)}:
        monkeypatch.setattr(limit, "quota", (1_000_000, 60))
    words: tuple[str, ...] = ()
    if who == "somebody":
        async with client_of(app) as client:
            me = await sign_in(client)
        words = (
            "--header", f"Authorization: {me.headers['Authorization']}",
            "--exclude-path=/api/v1/auth/logout", "--exclude-path=/api/v1/auth/logout-all",
        )  # fmt: skip
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    async with served(app) as host:
        running = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "schemathesis.cli",
            "--config-file", str(tmp_path / "schemathesis.toml"), "run",
            str(named_alone(tmp_path)), f"--url=http://{host}",
            "--phases=examples,coverage,fuzzing", "--max-examples=12", "--seed=1",
            "--checks=all", "--generation-database=none", "--no-color", "--warnings=off",
            "--exclude-checks=positive_data_acceptance,use_after_free", *words,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await running.communicate()
    assert running.returncode == 0, said.decode()[-6000:]
