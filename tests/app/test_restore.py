"""A dump of the embedded PostgreSQL restored as docs/OPERATING.md says, and the gap after it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tbg.app.local.postgres import programs
from tests import servers
from tests.commands import tbg

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "tests" / "fixtures" / "ckpool" / "b" / "logs"
_EARNED = """
SELECT address, total_xp, badges FROM user_addresses JOIN user_gamification USING (user_id)
CROSS JOIN LATERAL (SELECT array_agg(badge_slug ORDER BY badge_slug) AS badges FROM user_badges b
    WHERE b.user_id = user_addresses.user_id) ORDER BY address
"""
_SIGNED_IN = """
INSERT INTO sessions (user_id, id, kind, address, device, created_at, last_used_at, expires_at)
SELECT user_id, gen_random_uuid(), 'cookie', address, '', now(), now(), now() + interval '30 days'
FROM user_addresses LIMIT 1
"""
_BLOCK = re.compile(r"^```\n(.*?)^```", re.MULTILINE | re.DOTALL)


def documented(word: str) -> str:
    """The one block of commands in the operator's document that holds this word."""
    text = (ROOT / "docs" / "OPERATING.md").read_text()
    (block,) = [block for block in _BLOCK.findall(text) if word in block]
    return str(block)


class Game:
    """A game with servers of its own, and the pool's log directory."""

    def __init__(self, place: Path) -> None:
        self.logs = place / "logs"
        self.dump = place / "tbg.dump"
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        mine = {"TBG_DATA_DIR": str(place / "data"), "TBG_NETWORK": "regtest", "PATH": path}
        self.shell = self.env = os.environ | mine

    def run(self, commands: str) -> list[str]:
        """Run lines of a shell, in the checkout; fails where one of them does."""
        lines = commands.replace("/var/log/ckpool", str(self.logs))
        words = ["sh", "-ec", lines.replace("tbg.dump", str(self.dump))]
        done = subprocess.run(
            words, cwd=ROOT, env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout.splitlines()

    def tbg(self, words: str) -> list[str]:
        """Run one command here, which is quicker than a shell."""
        done = tbg(*words.split(), env=self.env)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout.splitlines()

    def find(self) -> None:
        """Have the next commands use the servers that run now."""
        exports = re.findall(r"^export (\w+)='?(.*?)'?;$", "\n".join(self.tbg("env")), re.MULTILINE)
        self.env = self.shell | dict(exports)

    def play(self) -> list[Any]:
        """Read what the pool wrote; the books of it all then."""
        self.tbg(f"collect {self.logs} --source mypool --once")
        self.tbg("ingest --drain")
        return self.books()

    def books(self) -> list[Any]:
        """What every worker has mined, and what every user has earned."""
        rows = [json.loads(line) for line in self.tbg("mining totals --json")]
        mined = [row | {"work": pytest.approx(row["work"])} for row in rows]
        return mined + self.sql(_EARNED)

    def sql(self, statement: str) -> list[str]:
        """What a statement gives."""
        return self.run(f'{programs()}/psql -qAt "$TBG_DATABASE_URL" -c "{statement}"')

    def mine(self, folders: slice) -> None:
        """Have the pool write the logs of some of its heights, as it did when recorded."""
        for folder in sorted(RECORDED.glob("0*"))[folders]:
            shutil.copytree(folder, self.logs / folder.name)


@pytest.fixture
def game(tmp_path: Path) -> Iterator[Game]:
    game = Game(tmp_path)
    servers.copy_pristine(tmp_path / "data")
    game.run("tbg local start")
    game.find()
    yield game
    game.run("tbg local stop")


def test_a_restored_game_equals_the_lost_one(game: Game) -> None:
    game.tbg("migrate")
    game.mine(slice(6))
    early = game.play()
    game.sql(_SIGNED_IN)
    game.run(documented("pg_dump"))
    game.sql("UPDATE sessions SET ended_at = now(), ended_why = 'signed out'")
    game.mine(slice(6, None))
    shutil.copy(RECORDED / "ckpool.log", game.logs)
    whole = game.play()

    game.run("tbg local stop")
    game.env = game.shell
    game.run(documented("pg_restore"))
    game.find()
    assert game.sql("SELECT ended_why FROM sessions") == ["ended by the pool"]
    assert game.play() == early != whole, "by itself nobody reads again what is lost"
    game.run(documented("--from"))
    assert game.books() == whole
