"""`tbg doctor`: what is wrong is found, and what to do about it is said."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple

import pytest

from lab.faults.pack import PACK
from tbg.adapters.keys import KeyRing
from tbg.core.clock import SystemClock
from tbg.core.tx import Database
from tbg.domains.gamification.actions.registry import load_registry
from tbg.domains.gamification.events import LevelUp
from tests.commands import tbg


class Finding(NamedTuple):
    """What one check said."""

    ok: bool
    detail: str


@pytest.fixture
def env(fresh_database: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    return os.environ | {
        "TBG_DATABASE_URL": fresh_database,
        "TBG_REDIS_URL": redis_url,
        "TBG_DATA_DIR": str(tmp_path / "data"),
    }


def findings(env: dict[str, str], **more: str) -> dict[str, Finding]:
    """What `tbg doctor` says of each check; no service runs, so that something always is wrong."""
    done = tbg("doctor", "--json", env=env | more)
    assert done.returncode == 3, done.stderr
    assert done.stderr.startswith("tbg: ")
    return {name: Finding(**found) for name, found in json.loads(done.stdout).items()}


def test_keys_are_checked_and_never_created(env: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "data" / "keys"
    assert findings(env)["keys"] == (True, f"none yet: the API makes them in {folder}")
    assert not folder.exists()
    KeyRing(folder, SystemClock(), "tests").prepare()
    assert findings(env)["keys"] == (True, f"1 in {folder}: include them in the database's backups")
    (folder / "secret").chmod(0o644)
    found = findings(env)["keys"]
    assert not found.ok
    assert "chmod 600" in found.detail


async def test_a_badge_of_a_pack_that_is_not_here_is_named(
    db: Database, env: dict[str, str], tmp_path: Path
) -> None:
    assert findings(env)["badges"] == (True, "20 active")
    (tmp_path / "faults.json").write_text(json.dumps(PACK))
    async with db.transaction() as tx:
        added = await load_registry(tx, packs=tmp_path)
    found = findings(env)["badges"]
    assert not found.ok
    assert f"`tbg registry retire {added[0]}" in found.detail
    assert findings(env, TBG_BADGE_PACKS=str(tmp_path))["badges"].ok


async def test_a_parked_message_is_reported_with_its_command(
    db: Database, env: dict[str, str]
) -> None:
    well = (True, "0 parked messages, 0 waiting for more than a minute")
    assert findings(env)["outbox"] == well
    async with db.transaction() as tx:
        tx.announce(
            LevelUp(user_id=1, old_level=1, new_level=2, title="x", total_xp=100, at=tx.now)
        )
    async with db.transaction() as tx:
        await tx.run(
            """
            INSERT INTO failed_deliveries (message_id, handler, attempts, next_at, parked_at, error)
            SELECT id, 'realtime.push', 10, :now, :now, 'Why' FROM outbox
            """,
            now=tx.now,
        )
    found = findings(env)["outbox"]
    assert not found.ok
    assert found.detail.startswith("1 parked messages: see `tbg events parked`")


def test_https_without_production_is_reported(env: dict[str, str]) -> None:
    assert findings(env)["settings"] == (True, "development, mainnet")
    found = findings(env, TBG_PUBLIC_URL="https://game.example")["settings"]
    assert not found.ok
    assert "TBG_ENV" in found.detail
    more = {"TBG_PUBLIC_URL": "https://game.example", "TBG_ENV": "production"}
    assert findings(env, **more)["settings"] == (True, "production, mainnet")
